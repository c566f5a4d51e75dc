"""A value split by what its records say: the field of service, the team."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from registry.indicators.indicator import Group, Rows
from registry.indicators.models import Contribution
from registry.indicators.question import Question
from registry.indicators.read import counts, in_units


class Part(NamedTuple):
    """The part of a value whose records say `key`; `name` is set where the key is a row with a name."""

    key: Any
    name: str | None
    quantity: int


def by_group(session: Session, question: Question, group: Group) -> list[Part]:
    """The parts of the value, the largest first; they sum to it. One statement.

    They are summed over the contributions behind the value, so the time it takes grows with their number.
    """
    model: Any = question.indicator.record.model
    columns = [group.column] if group.named is None else [group.column, group.name]
    rows: Rows = (
        select(*columns, func.sum(Contribution.quantity))
        .select_from(Contribution)
        .join(model, model.id == Contribution.record_id)
        .where(counts(question), in_units(question, Contribution.unit_id, Contribution.starts_on))
        .group_by(*columns)
    )
    if group.named is not None:
        rows = rows.outerjoin(group.named, group.named.id == group.column)
    found = [
        Part(key, named[0] if named else None, int(quantity))
        for key, *named, quantity in session.execute(rows)
    ]
    return sorted(found, key=lambda part: (-part.quantity, str(part.key)))


def summed(
    session: Session, question: Question, chosen: Mapping[str, Any], *more: ColumnElement[bool]
) -> tuple[int, int]:
    """How many records are behind the value and what they add up to: those that say what is `chosen` (group →
    key), under more conditions on contributions. One statement, without the names that a list joins."""
    rows: Rows = (
        select(func.count(), func.coalesce(func.sum(Contribution.quantity), 0))
        .select_from(Contribution)
        .where(counts(question), in_units(question, Contribution.unit_id, Contribution.starts_on), *more)
    )
    if chosen:
        model: Any = question.indicator.record.model
        rows = rows.join(model, model.id == Contribution.record_id)
        rows = rows.where(*(says(question.indicator.groups[name], key) for name, key in chosen.items()))
    count, quantity = session.execute(rows).one()
    return count, int(quantity)


def says(group: Group, key: Any) -> ColumnElement[bool]:
    """Whether a record says `key`; the records joined by `read.records` are meant."""
    return group.column.is_(None) if key is None else group.column == key  # type: ignore[no-any-return]
