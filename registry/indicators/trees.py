"""The unit tree through time, read with one statement."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import Session

from registry.accounts.queries import Parentage, UnitTree, parentages_known, tree_of
from registry.indicators.kinds import ONE_DAY


@dataclass(frozen=True)
class Period:
    """Days, both included, on which the unit tree was the same."""

    first: date
    last: date
    tree: UnitTree


@dataclass
class UnitHistory:
    """Which unit stood under which on any day."""

    rows: list[Parentage]  # In order of their first days.
    _changes: list[date] = field(default_factory=list)
    _trees: dict[int, UnitTree] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._changes = sorted({starts_on for starts_on, _, _ in self.rows})

    @classmethod
    def read(cls, session: Session, known_seq: int | None = None) -> UnitHistory:
        """As known now, or as known at a journal entry."""
        return cls(parentages_known(session, known_seq))

    def on(self, day: date) -> UnitTree:
        """The tree of a day."""
        position = bisect_right(self._changes, day)
        if position not in self._trees:
            self._trees[position] = tree_of(self.rows, day)
        return self._trees[position]

    def periods(self, first: date, last: date) -> list[Period]:
        """The days from first to last, cut where the tree changes."""
        cuts = [day for day in self._changes if first < day <= last]
        starts = [first, *cuts]
        ends = [*(cut - ONE_DAY for cut in cuts), last]
        return [Period(start, end, self.on(start)) for start, end in zip(starts, ends, strict=True)]
