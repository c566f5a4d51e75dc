"""Counting again from the records, in front of the reader: what counts, and what does not and why.

Contributions and cells are not read here. One expression gives each candidate row the reason why it
does not count, or NULL; the rows without a reason are the value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Subquery, and_, case, exists, func, or_, select, tuple_
from sqlalchemy.orm import Session

from registry.accounts.models import Unit
from registry.core.i18n import N_
from registry.indicators.indicator import Rows
from registry.indicators.kinds import Kind
from registry.indicators.question import Question
from registry.indicators.read import in_units
from registry.people.models import Person

# Beside the reasons of a definition.
REASONS: Mapping[str, str] = {
    "before": N_("Dated before the period"),
    "after": N_("Dated after the as-of date"),
    "not_first": N_("Not the first of this person"),
    "not_yet": N_("Not yet valid on the as-of date"),
    "expired": N_("Expired before the as-of date"),
    "ended": N_("Ended before the as-of date"),
    "other_counts": N_("Another record of this person in force counts"),
    "merged": N_("The same person, entered twice and merged, counts already"),
}


@dataclass(frozen=True)
class Recount:
    """The value counted anew, and how many rows do not count, by reason."""

    value: int
    excluded: dict[str, int]


def recount(session: Session, question: Question) -> Recount:
    """Count from the records as they are now, with one statement."""
    rows = question.indicator.select(None).subquery()
    reason = _reason(question, rows).label("reason")
    found = session.execute(
        select(reason, func.count(), func.sum(rows.c.quantity))
        .where(in_units(question, rows.c.unit_id, rows.c.starts_on))
        .group_by(reason)
    ).all()
    return Recount(
        value=sum(int(quantity) for code, _count, quantity in found if code is None),
        excluded={code: count for code, count, _quantity in found if code is not None},
    )


def excluded(question: Question) -> Rows:
    """The rows that do not count, each with its reason. Not ordered.

    Columns: id and record_id (the record), unit_id, starts_on, ends_on, stops_on, reason, opens, label,
    holder, unit_name, unit_name_en.
    """
    link = question.indicator.record
    rows = question.indicator.select(None).subquery()
    reason = _reason(question, rows)
    found = (
        select(
            rows.c.record_id.label("id"),
            rows.c.record_id,
            rows.c.unit_id,
            rows.c.starts_on,
            rows.c.ends_on,
            rows.c.stops_on,
            reason.label("reason"),
            link.key.label("opens"),
            link.label.label("label"),
            Person.name.label("holder"),
            Unit.name.label("unit_name"),
            Unit.name_en.label("unit_name_en"),
        )
        .join(Unit, Unit.id == rows.c.unit_id)
        .join(link.model, link.model.id == rows.c.record_id)  # type: ignore[attr-defined]
        .join(Person, Person.id == link.person)
        .where(reason.is_not(None), in_units(question, rows.c.unit_id, rows.c.starts_on))
    )
    return found if link.joined is None else found.join(*link.joined)


def reason_text(question: Question, code: str) -> str:
    """The reason in words."""
    return question.indicator.reasons.get(code) or REASONS[code]


def _reason(question: Question, rows: Subquery) -> ColumnElement[Any]:
    assert question.indicator.fold is None, "a figure with its own fold is recounted by that fold"
    c, day = rows.c, question.as_of
    reasons: list[tuple[ColumnElement[bool], Any]] = [(c.excluded.is_not(None), c.excluded)]
    if not question.indicator.is_stock:
        reasons += [(c.starts_on < question.first, "before"), (c.starts_on > day, "after")]
    else:
        stopped = and_(c.stops_on <= day, or_(c.ends_on.is_(None), c.stops_on <= c.ends_on))
        reasons += [(c.starts_on > day, "not_yet"), (stopped, "ended"), (c.ends_on < day, "expired")]
    if question.indicator.kind in (Kind.FIRST, Kind.DISTINCT_STOCK):
        own = "not_first" if question.indicator.kind is Kind.FIRST else "other_counts"
        reasons += [
            (_precedes(question, rows, same="holder_id"), own),
            (_precedes(question, rows, same="subject_id"), "merged"),
        ]
    return case(*reasons)


def _precedes(question: Question, rows: Subquery, same: str) -> ColumnElement[bool]:
    """Whether an earlier row of the same holder, or of the same person after merges, counts instead."""
    others = question.indicator.select(None).subquery()
    c, o, day = rows.c, others.c, question.as_of
    conditions = [
        o[same] == c[same],
        # Says again what `same` may already say, so that the rows of one person are found by their index.
        o.subject_id == c.subject_id,
        o.excluded.is_(None),
        tuple_(o.starts_on, o.tie, o.record_id) < tuple_(c.starts_on, c.tie, c.record_id),
    ]
    if question.indicator.is_stock:
        conditions += [
            o.starts_on <= day,
            or_(o.ends_on.is_(None), o.ends_on >= day),
            or_(o.stops_on.is_(None), o.stops_on > day),
        ]
    return exists().where(*conditions).correlate(rows)
