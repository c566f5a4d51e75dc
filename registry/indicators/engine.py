"""Keeps the contributions and the cells behind every figure true to the records.

`refresh` runs at the end of every write: the subjects whose records changed are folded again, and only
the differences are written, in the same transaction. `rebuild` does the same for all subjects.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from registry.core.db import Base
from registry.core.engines import upsert_add
from registry.core.journal import Line
from registry.core.write import NO_FIGURES, Write, chunks
from registry.indicators.definitions import INDICATORS
from registry.indicators.indicator import Indicator, Source
from registry.indicators.kinds import ONE_DAY, Candidate, Interval, fold
from registry.indicators.models import Cell, Contribution, IndicatorState, MonthCell

# (indicator, unit, day) → by how much its cell moves.
Moves = defaultdict[tuple[str, int, date], int]

_INTERVAL = (
    Contribution.subject_id,
    Contribution.starts_on,
    Contribution.record_id,
    Contribution.unit_id,
    Contribution.ends_on,
    Contribution.quantity,
)
_IN_FORCE = select(Contribution.version, Contribution.id, *_INTERVAL).where(
    Contribution.indicator == bindparam("code"),
    Contribution.subject_id.in_(bindparam("subjects", expanding=True)),
    Contribution.void_seq.is_(None),
)


@dataclass
class _Changes:
    """What one write adds to and takes from the contributions."""

    moves: Moves = field(default_factory=lambda: defaultdict(int))
    digest: Any = field(default_factory=hashlib.sha256)
    count: int = 0

    def told(self) -> str:
        return self.digest.hexdigest() if self.count else NO_FIGURES


def refresh(w: Write) -> None:
    """Fold the figures of the records this write touched; sets `figures_digest`."""
    touched = _touched(w.lines)
    if not touched:
        return
    changes = _Changes()
    for code in sorted(touched):
        indicator = INDICATORS[code]
        _refold(w, indicator, indicator.subjects(w.session, touched[code]), changes)
    _move_cells(w.session, changes.moves)
    w.figures_digest = changes.told()


def rebuild(w: Write, codes: Iterable[str]) -> int:
    """Fold every subject of the indicators, write the differences, and set right every cell.

    Returns how many contributions were added or voided and cells corrected. To be called inside a write
    that changes nothing else.
    """
    changes = _Changes()
    corrected = 0
    for code in sorted(codes):
        indicator = INDICATORS[code]
        before = changes.count
        _refold(w, indicator, _all_subjects(w.session, indicator), changes)
        _move_cells(w.session, changes.moves)
        changes.moves.clear()
        wrong = cell_differences(w.session, code)
        _move_cells(w.session, wrong.days, Cell)
        _move_cells(w.session, wrong.months, MonthCell)
        corrected += len(wrong.days) + len(wrong.months)
        state = w.session.get(IndicatorState, code)
        definition = indicator.definition_hash
        if state is None:
            w.add(IndicatorState(indicator=code, definition_hash=definition, built_seq=w.seq))
        elif state.definition_hash != definition or changes.count != before:
            state.definition_hash, state.built_seq = definition, w.seq
    w.figures_digest = changes.told()
    return changes.count + corrected


def _touched(lines: Sequence[Line]) -> dict[str, set[int]]:
    """The ids, per indicator, whose figures the changed records enter."""
    sources: dict[type[Base], list[tuple[str, Source]]] = defaultdict(list)
    for code, indicator in INDICATORS.items():
        for source in indicator.sources:
            sources[source.model].append((code, source))
    touched: dict[str, set[int]] = defaultdict(set)
    for line in lines:
        for code, source in sources.get(line.model, ()):
            touched[code] |= source.touched(line)
    return {code: ids for code, ids in touched.items() if ids}


def _all_subjects(session: Session, indicator: Indicator) -> set[int]:
    candidates = indicator.select(None).subquery()
    return {
        *session.execute(select(candidates.c.subject_id).distinct()).scalars(),
        *session.execute(
            select(Contribution.subject_id)
            .where(Contribution.indicator == indicator.code, Contribution.void_seq.is_(None))
            .distinct()
        ).scalars(),
    }


def candidates_of(session: Session, indicator: Indicator, subjects: Sequence[int]) -> Iterator[Candidate]:
    """The rows of these subjects that are not excluded, with one statement."""
    return (Candidate(*row) for row in session.execute(indicator.candidates, {"subjects": list(subjects)}))


def _refold(w: Write, indicator: Indicator, subjects: Collection[int], changes: _Changes) -> None:
    """Fold subjects and write only what differs from the contributions in force."""
    for some in chunks(subjects):
        wanted = set(fold(indicator.kind, indicator.fold, candidates_of(w.session, indicator, some)))
        live: dict[Interval, int] = {}
        stale: list[tuple[Interval, int, int]] = []
        stored: Any = w.session.execute(_IN_FORCE, {"code": indicator.code, "subjects": some})
        for version, new_id, *values in stored:
            interval = Interval(*values)
            if version == indicator.version and interval in wanted:
                live[interval] = new_id
            else:
                stale.append((interval, version, new_id))
        added = [interval for interval in wanted if interval not in live]
        _note(indicator, added, stale, changes)
        for ids in chunks(new_id for _, _, new_id in stale):
            w.session.execute(update(Contribution).where(Contribution.id.in_(ids)).values(void_seq=w.seq))
        common = {"indicator": indicator.code, "version": indicator.version, "known_seq": w.seq}
        w.insert_many(
            Contribution, [{**interval._asdict(), **common} for interval in sorted(added, key=_order)]
        )


def _note(
    indicator: Indicator, added: list[Interval], stale: list[tuple[Interval, int, int]], changes: _Changes
) -> None:
    for interval in added:
        _count(changes.moves, indicator, interval, interval.quantity)
    for interval, _version, _id in stale:
        _count(changes.moves, indicator, interval, -interval.quantity)
    told = [("+", indicator.version, interval) for interval in added]
    told += [("-", version, interval) for interval, version, _id in stale]
    for sign, version, interval in sorted(told, key=lambda item: (_order(item[2]), item[0], item[1])):
        changes.digest.update(digest_line(sign, indicator.code, version, interval))
    changes.count += len(told)


def _order(interval: Interval) -> tuple[int, date, int, int, date, int]:
    """A total order of intervals; no end comes last."""
    return (*interval[:4], interval.ends_on or date.max, interval.quantity)


def digest_line(sign: str, code: str, version: int, interval: Interval) -> bytes:
    """One contribution added (+) or voided (-) as the figures digest of a journal entry takes it in.

    The digest is SHA-256 over these lines, ordered by indicator, subject, start, record, unit, end (none
    last), quantity, sign and version.
    """
    subject, start, record, unit, end, quantity = interval
    last = end.isoformat() if end is not None else ""
    return f"{sign}|{code}|{version}|{subject}|{unit}|{start}|{last}|{quantity}|{record}\n".encode()


def _count(moves: Moves, indicator: Indicator, interval: Interval, quantity: int) -> None:
    moves[indicator.code, interval.unit_id, interval.starts_on] += quantity
    if indicator.is_stock and interval.ends_on is not None and interval.ends_on < date.max:
        moves[indicator.code, interval.unit_id, interval.ends_on + ONE_DAY] -= quantity


def _move_cells(session: Session, moves: Moves, only: type[Base] | None = None) -> None:
    """Move the day cells and the month cells, with one statement per table."""
    months: Moves = defaultdict(int)
    for (code, unit_id, day), quantity in moves.items():
        months[code, unit_id, day.replace(day=1)] += quantity
    for model, day_column, changed in ((Cell, "day", moves), (MonthCell, "month", months)):
        if only in (None, model):
            rows = [
                {"indicator": code, "unit_id": unit_id, day_column: day, "quantity": quantity}
                for (code, unit_id, day), quantity in sorted(changed.items())
                if quantity
            ]
            upsert_add(session, model.__table__, ("indicator", "unit_id", day_column), rows)  # type: ignore[arg-type]


@dataclass(frozen=True)
class CellDifferences:
    """By how much cells would have to move to equal the contributions in force."""

    days: Moves
    months: Moves
    compared: int


def cell_differences(session: Session, code: str) -> CellDifferences:
    """Compare the cells of an indicator with its contributions; empty when all is well."""
    indicator = INDICATORS[code]
    days: Moves = defaultdict(int)
    months: Moves = defaultdict(int)
    sums = _sums(session, code)
    for unit_id, starts_on, ends_on, quantity in sums:
        _count(days, indicator, Interval(0, starts_on, 0, unit_id, ends_on, quantity), quantity)
    for (_, unit_id, day), quantity in days.items():
        months[code, unit_id, day.replace(day=1)] += quantity
    for unit_id, day, quantity in session.execute(
        select(Cell.unit_id, Cell.day, Cell.quantity).where(Cell.indicator == code)
    ):
        days[code, unit_id, day] -= quantity
    for unit_id, month, quantity in session.execute(
        select(MonthCell.unit_id, MonthCell.month, MonthCell.quantity).where(MonthCell.indicator == code)
    ):
        months[code, unit_id, month] -= quantity
    return CellDifferences(_not_zero(days), _not_zero(months), len(days) + len(months))


def _sums(session: Session, code: str) -> Iterable[Any]:
    return session.execute(
        select(
            Contribution.unit_id,
            Contribution.starts_on,
            Contribution.ends_on,
            func.sum(Contribution.quantity),
        )
        .where(Contribution.indicator == code, Contribution.void_seq.is_(None))
        .group_by(Contribution.unit_id, Contribution.starts_on, Contribution.ends_on)
    )


def _not_zero(moves: Moves) -> Moves:
    return defaultdict(int, {key: quantity for key, quantity in moves.items() if quantity})
