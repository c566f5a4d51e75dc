"""The unit tree through time, read with one statement."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from registry.accounts.models import UnitParent
from registry.accounts.queries import UnitTree
from registry.indicators.kinds import ONE_DAY


@dataclass(frozen=True)
class Period:
    """Days, both included, on which the unit tree was the same."""

    first: date
    last: date
    tree: UnitTree


@dataclass
class UnitHistory:
    """Which unit stood under which on any day. A unit is under its first parent before that one's first day,
    so that a figure of the province is the same under every parentage."""

    rows: list[tuple[date, int, int]]  # (starts on, unit, parent), in order.
    _changes: list[date] = field(default_factory=list)
    _trees: dict[int, UnitTree] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._changes = sorted({starts_on for starts_on, _, _ in self.rows})

    @classmethod
    def read(cls, session: Session, known_seq: int | None = None) -> UnitHistory:
        """As known now, or as known at a journal entry."""
        rows = select(UnitParent.starts_on, UnitParent.unit_id, UnitParent.parent_id)
        if known_seq is None:
            rows = rows.where(UnitParent.void_seq.is_(None))
        else:
            rows = rows.where(
                UnitParent.known_seq <= known_seq,
                or_(UnitParent.void_seq.is_(None), UnitParent.void_seq > known_seq),
            )
        found = session.execute(rows.order_by(UnitParent.starts_on, UnitParent.id))
        return cls([(starts_on, unit_id, parent_id) for starts_on, unit_id, parent_id in found])

    def on(self, day: date) -> UnitTree:
        """The tree of a day."""
        position = bisect_right(self._changes, day)
        if position not in self._trees:
            parents: dict[int, int] = {}
            for starts_on, unit_id, parent_id in self.rows:
                if starts_on <= day or unit_id not in parents:
                    parents[unit_id] = parent_id
            self._trees[position] = UnitTree(parents)
        return self._trees[position]

    def periods(self, first: date, last: date) -> list[Period]:
        """The days from first to last, cut where the tree changes."""
        cuts = [day for day in self._changes if first < day <= last]
        starts = [first, *cuts]
        ends = [*(cut - ONE_DAY for cut in cuts), last]
        return [Period(start, end, self.on(start)) for start, end in zip(starts, ends, strict=True)]
