"""Values, their parts, and the records behind them.

A value as known now is read from cells: whole months plus at most 31 day cells per unit. A value as
known at a past entry of the journal is recounted from the contributions of that entry. The records
behind a value are found by the condition that counts them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select, true, union_all
from sqlalchemy.orm import Session

from registry.accounts.models import Unit
from registry.core import clock
from registry.indicators.indicator import Rows
from registry.indicators.kinds import ONE_DAY
from registry.indicators.models import Cell, Contribution, MonthCell
from registry.indicators.question import EVER, Question
from registry.indicators.trees import Period
from registry.people.models import Person


@dataclass(frozen=True)
class Breakdown:
    """A value in parts. `own` is each unit's own part and sums to `value`; `total` is each unit with
    everything below it; `children` are the totals of the units directly below."""

    value: int
    own: dict[int, int]
    total: dict[int, int]
    children: dict[int, int]


def value(session: Session, question: Question) -> int:
    """The number: the unit with everything below it."""
    return sum(sum(found.values()) for _period, found in _own_sums(session, question))


def by_unit(session: Session, question: Question) -> dict[int, int]:
    """Each unit's own part; the parts sum to the value. Units below the asked one on the as-of day are
    there even when they are zero."""
    return breakdown(session, question).own


def by_unit_below(session: Session, question: Question) -> dict[int, int]:
    """The units directly below, each with everything below it."""
    return breakdown(session, question).children


def breakdown(session: Session, question: Question) -> Breakdown:
    """The value by unit, with the same statements as the value alone."""
    tree = question.history.on(question.as_of)
    own = dict.fromkeys(tree.below(question.unit_id), 0)
    total = dict(own)
    children = {unit: 0 for unit, parent in tree.parent.items() if parent == question.unit_id}
    for period, found in _own_sums(session, question):
        for unit_id, quantity in found.items():
            own[unit_id] = own.get(unit_id, 0) + quantity
            path = period.tree.path(unit_id)
            path = path[: path.index(question.unit_id) + 1]
            for above in path:
                total[above] = total.get(above, 0) + quantity
            if len(path) > 1:
                children[path[-2]] = children.get(path[-2], 0) + quantity
    return Breakdown(total[question.unit_id], own, total, children)


def _own_sums(session: Session, question: Question) -> Iterator[tuple[Period, dict[int, int]]]:
    """Per period of the tree, each unit's own sum."""
    for period in question.periods():
        units = period.tree.below(question.unit_id)
        if question.known_seq is None:
            statement: Rows = _cell_sums(question.indicator.code, units, period.first, period.last)
        else:
            statement = (
                select(Contribution.unit_id, func.sum(Contribution.quantity))
                .where(counts(question), _on_days(question, period), Contribution.unit_id.in_(sorted(units)))
                .group_by(Contribution.unit_id)
            )
        yield period, {unit_id: int(quantity) for unit_id, quantity in session.execute(statement)}


def _cell_sums(code: str, units: frozenset[int], first: date, last: date) -> Rows:
    """Each unit's sum of day changes from first to last, from whole months and the days at the edges.

    A running sum up to a day is that of the months before plus its days so far, or that of the months
    up to its end minus its days to come, whichever reads fewer days.
    """
    plus_months, plus_days, plus_sign = _running_sum(last)
    less_months, less_days, less_sign = _running_sum(first - ONE_DAY) if first > EVER else (EVER, None, 0)
    parts = [
        select(MonthCell.unit_id, MonthCell.quantity).where(
            MonthCell.indicator == code,
            MonthCell.unit_id.in_(sorted(units)),
            MonthCell.month >= less_months,
            MonthCell.month < plus_months,
        )
    ]
    for days, sign in ((plus_days, plus_sign), (less_days, -less_sign)):
        if days is not None:
            parts.append(
                select(Cell.unit_id, (Cell.quantity * literal(sign)).label("quantity")).where(
                    Cell.indicator == code, Cell.unit_id.in_(sorted(units)), Cell.day.between(*days)
                )
            )
    read = union_all(*parts).subquery()
    return select(read.c.unit_id, func.sum(read.c.quantity)).group_by(read.c.unit_id)


def _running_sum(day: date) -> tuple[date, tuple[date, date] | None, int]:
    """(the month before which whole months enter, the days to read, whether they are added or taken)."""
    month = day.replace(day=1)
    following = clock.add_months(month, 1)
    if day.day <= 15:
        return month, (month, day), 1
    if day == following - ONE_DAY:
        return following, None, 0
    return following, (day + ONE_DAY, following - ONE_DAY), -1


def counts(question: Question) -> ColumnElement[bool]:
    """The contributions that make the value, whatever their unit: the drill-down and the recount."""
    return and_(_known(question), _in_period(question, question.first, question.as_of))


def _known(question: Question) -> ColumnElement[bool]:
    """The contributions of the indicator as known at the entry that is asked for."""
    c, known = Contribution, question.known_seq
    live = (
        c.void_seq.is_(None)
        if known is None
        else and_(c.known_seq <= known, or_(c.void_seq.is_(None), c.void_seq > known))
    )
    return and_(c.indicator == question.indicator.code, live)


def _in_period(question: Question, first: date, as_of: date) -> ColumnElement[bool]:
    """A stock counts what holds on the as-of day, a flow what happened from the first day to it."""
    c = Contribution
    if question.indicator.is_stock:
        return and_(c.starts_on <= as_of, or_(c.ends_on.is_(None), c.ends_on >= as_of))
    return c.starts_on.between(first, as_of)


def _on_days(question: Question, period: Period) -> ColumnElement[bool]:
    return (
        true() if question.indicator.is_stock else Contribution.starts_on.between(period.first, period.last)
    )


def in_units(question: Question, unit: Any, day: Any) -> ColumnElement[bool]:
    """Whether a row belongs to the asked unit or one below it, by the parent that holds for it."""
    parts: list[tuple[Period, frozenset[int]]] = []
    for period in question.periods():
        units = period.tree.below(question.unit_id)
        if parts and parts[-1][1] == units:
            parts[-1] = (replace(parts[-1][0], last=period.last), units)
        else:
            parts.append((period, units))
    if len(parts) == 1:
        return unit.in_(sorted(parts[0][1]))  # type: ignore[no-any-return]
    return or_(*(and_(day.between(p.first, p.last), unit.in_(sorted(units))) for p, units in parts))


def records(question: Question) -> Rows:
    """The contributions behind the value, with the name of each record and its holder. Not ordered.

    Columns: id, record_id, subject_id, unit_id, starts_on, ends_on, quantity, opens (what its page is found
    by), label, holder, unit_name, unit_name_en, and one for each group of the indicator.
    """
    link, c = question.indicator.record, Contribution
    groups = [group.column.label(key) for key, group in question.indicator.groups.items()]
    rows = (
        select(
            c.id,
            c.record_id,
            c.subject_id,
            c.unit_id,
            c.starts_on,
            c.ends_on,
            c.quantity,
            link.key.label("opens"),
            link.label.label("label"),
            Person.name.label("holder"),
            Unit.name.label("unit_name"),
            Unit.name_en.label("unit_name_en"),
            *groups,
        )
        .join(Unit, Unit.id == c.unit_id)
        .join(link.model, link.model.id == c.record_id)  # type: ignore[attr-defined]
        .join(Person, Person.id == link.person)
        .where(counts(question), in_units(question, c.unit_id, c.starts_on))
    )
    return rows if link.joined is None else rows.join(*link.joined)


def by_month(session: Session, question: Question, months: int = 12) -> list[tuple[date, int]]:
    """The last months up to the as-of day, as (first day of the month, value).

    Of a flow what happened in the month within the period, of a stock what held on the month's last day;
    the last month ends on the as-of day.
    """
    starts = [clock.add_months(question.as_of.replace(day=1), -back) for back in range(months - 1, -1, -1)]
    ends = [min(clock.add_months(start, 1) - ONE_DAY, question.as_of) for start in starts]
    below = {p.tree.below(question.unit_id) for p in question.history.periods(starts[0], question.as_of)}
    if question.known_seq is not None and len(below) == 1:
        return _months_known(session, question, starts, ends, below.pop())
    whole = _whole_months(session, question, starts, ends)
    found: list[tuple[date, int]] = []
    for start, end in zip(starts, ends, strict=True):
        first = max(start, question.first)
        if start in whole:
            running = found[-1][1] if question.indicator.is_stock else 0
            found.append((start, running + whole[start]))
        elif first <= end:
            found.append((start, value(session, question.at(from_on=first, as_of=end))))
        else:
            found.append((start, 0))
    return found


def _months_known(
    session: Session, question: Question, starts: list[date], ends: list[date], units: frozenset[int]
) -> list[tuple[date, int]]:
    """The months as known at a past entry, recounted with one statement."""
    sums = [
        func.coalesce(
            func.sum(case((_in_period(question, max(start, question.first), end), Contribution.quantity))), 0
        )
        for start, end in zip(starts, ends, strict=True)
    ]
    found = session.execute(
        select(*sums).where(_known(question), Contribution.unit_id.in_(sorted(units)))
    ).one()
    return [(start, int(quantity)) for start, quantity in zip(starts, found, strict=True)]


def _whole_months(
    session: Session, question: Question, starts: list[date], ends: list[date]
) -> dict[date, int]:
    """The change of each month, but of the first one, that lies wholly in the period, when one statement
    can tell it: as known now, and with the same units below in all of them."""
    below = {question.history.on(day).below(question.unit_id) for day in (*starts, *ends)}
    months = [
        start
        for start, end in zip(starts, ends, strict=True)
        if start > starts[0] and start >= question.first and end == clock.add_months(start, 1) - ONE_DAY
    ]
    cuts = {p.first for p in question.history.periods(starts[0], question.as_of)}
    if question.known_seq is not None or len(below) > 1 or not months or cuts - set(starts):
        return {}
    sums = session.execute(
        select(MonthCell.month, func.sum(MonthCell.quantity))
        .where(
            MonthCell.indicator == question.indicator.code,
            MonthCell.unit_id.in_(sorted(below.pop())),
            MonthCell.month.between(months[0], months[-1]),
        )
        .group_by(MonthCell.month)
    )
    return dict.fromkeys(months, 0) | {month: int(quantity) for month, quantity in sums}
