"""The kinds of figures, and how candidate rows fold into the intervals that are counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple

ONE_DAY = timedelta(days=1)
# Part of every definition hash: raise it when a fold below changes what is counted.
FOLD_VERSION = 1


class Kind(StrEnum):
    """What a candidate row adds to a figure, and when."""

    FLOW = "flow"  # Its quantity, on its day.
    STOCK = "stock"  # Its quantity, from its start to its end.
    FIRST = "first"  # One per subject, on the day of the first row, for that row's unit.
    DISTINCT_STOCK = "distinct_stock"  # One per subject while a row holds, for the earliest row in force.

    @property
    def is_stock(self) -> bool:
        """Whether the figure is what holds on a day, rather than what happened in a period."""
        return self in (Kind.STOCK, Kind.DISTINCT_STOCK)


class Candidate(NamedTuple):
    """A record that counts, as `select` gives it.

    `ends_on` is the last day that counts, `stops_on` the first day that no longer does; each may be
    missing, and the earlier end holds. `tie` orders rows that start on the same day.
    """

    subject_id: int
    record_id: int
    unit_id: int
    starts_on: date
    ends_on: date | None
    stops_on: date | None
    quantity: int
    tie: str

    @property
    def last_day(self) -> date | None:
        """The last day that counts; None when there is no end."""
        if self.stops_on is None:
            return self.ends_on
        before = self.stops_on - ONE_DAY
        return before if self.ends_on is None else min(before, self.ends_on)

    @property
    def order(self) -> tuple[date, str, int]:
        """The earliest start first; ties by issue number, then id."""
        return (self.starts_on, self.tie, self.record_id)


class Interval(NamedTuple):
    """What one record adds to a figure: `quantity` for `unit_id`, from its first day to its last."""

    subject_id: int
    starts_on: date
    record_id: int
    unit_id: int
    ends_on: date | None
    quantity: int


Fold = Callable[[list[Candidate]], Iterable[Interval]]


def fold(kind: Kind, own: Fold | None, rows: Iterable[Candidate]) -> Iterator[Interval]:
    """The intervals of all subjects in `rows`; `own` replaces the fold of the kind."""
    per_subject = own or FOLDS[kind]
    for _, group in groupby(sorted(rows), key=lambda row: row.subject_id):
        yield from per_subject(list(group))


def _flow(rows: list[Candidate]) -> Iterator[Interval]:
    for row in rows:
        yield Interval(row.subject_id, row.starts_on, row.record_id, row.unit_id, None, row.quantity)


def _stock(rows: list[Candidate]) -> Iterator[Interval]:
    for row in rows:
        last = row.last_day
        if last is None or last >= row.starts_on:
            yield Interval(row.subject_id, row.starts_on, row.record_id, row.unit_id, last, row.quantity)


def _first(rows: list[Candidate]) -> Iterator[Interval]:
    row = min(rows, key=lambda row: row.order)
    yield Interval(row.subject_id, row.starts_on, row.record_id, row.unit_id, None, 1)


def _distinct_stock(rows: list[Candidate]) -> Iterator[Interval]:
    free = date.min  # The first day that no row so far covers.
    for row in sorted(rows, key=lambda row: row.order):
        start, last = max(row.starts_on, free), row.last_day
        if last is not None and last < start:
            continue
        yield Interval(row.subject_id, start, row.record_id, row.unit_id, last, 1)
        if last is None or last == date.max:
            return
        free = last + ONE_DAY


FOLDS: dict[Kind, Fold] = {
    Kind.FLOW: _flow,
    Kind.STOCK: _stock,
    Kind.FIRST: _first,
    Kind.DISTINCT_STOCK: _distinct_stock,
}
