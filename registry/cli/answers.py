"""What `flask indicators show` and `records` print of a figure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from registry.accounts.models import Unit
from registry.core.db import db
from registry.indicators.groups import Part, by_group
from registry.indicators.indicator import Group
from registry.indicators.question import Question
from registry.indicators.read import breakdown, records
from registry.web.locale import translate


def _names() -> dict[int, str]:
    """The GB code of every unit, or its id as text."""
    return {unit.id: unit.code or str(unit.id) for unit in db.session.execute(select(Unit)).scalars()}


def shown(
    question: Question, unit: Unit, known_on: date | datetime | None, by: Sequence[str] = ()
) -> dict[str, Any]:
    """What `show --json` prints; `by` are the groups that are printed as well."""
    names = _names()
    told = breakdown(db.session(), question)
    as_shown = question.indicator.shown
    printed = {
        "code": question.indicator.code,
        "version": question.indicator.version,
        "unit": names[unit.id],
        "from": question.from_on.isoformat() if question.from_on else None,
        "as_of": question.as_of.isoformat(),
        "known_on": known_on.isoformat() if known_on else None,
        "known_seq": question.known_seq,
        "value": _plain(as_shown(told.value)),
        "quantity": told.value,
        "per": question.indicator.per,
        "by_unit": _by_name(question, told.own, names),
        "by_unit_below": _by_name(question, told.children, names),
    }
    return printed | {f"by_{key}": _by_group(question, key) for key in by}


def _plain(number: int | Decimal) -> int | float:
    """A number as JSON has them."""
    return number if isinstance(number, int) else float(number)


def _by_name(question: Question, values: dict[int, int], names: dict[int, str]) -> dict[str, int | float]:
    as_shown = question.indicator.shown
    return dict(sorted((names[unit_id], _plain(as_shown(quantity))) for unit_id, quantity in values.items()))


def _by_group(question: Question, key: str) -> list[dict[str, Any]]:
    """The parts of a group, the largest first; `key` is null for records that say nothing."""
    group, as_shown = question.indicator.groups[key], question.indicator.shown
    return [
        {
            "key": part.key,
            "name": _part_name(group, part),
            "value": _plain(as_shown(part.quantity)),
            "quantity": part.quantity,
        }
        for part in by_group(db.session(), question, group)
    ]


def _part_name(group: Group, part: Part) -> str:
    if part.key is None:
        return group.none.zh
    return part.name or translate((group.names or {}).get(part.key, str(part.key)))


def record_rows(question: Question) -> Iterator[dict[str, Any]]:
    """What `records` prints, one record after the other; no one is named."""
    names = _names()
    rows = records(question).subquery()
    ordered = select(rows).order_by(rows.c.starts_on, rows.c.id).execution_options(yield_per=1_000)
    for row in db.session.execute(ordered):
        yield {
            "record": row.record_id,
            "number": row.label,
            "person": row.subject_id,
            "unit": names[row.unit_id],
            "starts_on": row.starts_on.isoformat(),
            "ends_on": row.ends_on.isoformat() if row.ends_on else None,
            "quantity": _plain(question.indicator.shown(row.quantity)),
        }
