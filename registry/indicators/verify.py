"""A second implementation of every figure, written from the rule in words.

It shares nothing with the way figures are kept and served: records are read from their own tables, or
replayed from the journal for a past entry, and counted one by one. What differs is a defect.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.accounts.models import UnitParent
from registry.certificates.models import Certificate, CredentialType
from registry.core.db import Base
from registry.core.journal import JournalLine
from registry.indicators import verify_volunteers
from registry.indicators.verify_volunteers import (
    Service,
    State,
    must_day,
    services,
    states,
)
from registry.people.models import Person

TABLES: dict[str, tuple[type[Base], tuple[str, ...]]] = {
    "certificate": (
        Certificate,
        (
            "id",
            "person_id",
            "unit_id",
            "credential_type_id",
            "number",
            "issued_on",
            "valid_from",
            "valid_until",
            "ended_on",
            "voided_at",
        ),
    ),
    "person": (Person, ("id", "canonical_id", "state")),
    "unit_parent": (UnitParent, ("id", "unit_id", "parent_id", "starts_on", "known_seq", "void_seq")),
    "credential_type": (CredentialType, ("id", "code")),
    **verify_volunteers.TABLES,
}

# table → id → column → value
Tables = dict[str, dict[int, dict[str, Any]]]


def read_tables(session: Session) -> Tables:
    """The records as they stand now."""
    tables: Tables = {}
    for name, (model, columns) in TABLES.items():
        rows = session.execute(select(*(getattr(model, column) for column in columns)))
        tables[name] = {row[0]: dict(zip(columns, row, strict=True)) for row in rows}
    return tables


def replay(session: Session, entries: Iterable[int]) -> Iterator[tuple[int, Tables]]:
    """The records as they stood after each of these journal entries, in ascending order.

    The tables given out are changed by the next step; use them before asking for it.
    """
    tables: Tables = {name: {} for name in TABLES}
    done = 0
    for entry in sorted(set(entries)):
        lines = session.execute(
            select(JournalLine.table_name, JournalLine.record_id, JournalLine.op, JournalLine.changes)
            .where(JournalLine.seq > done, JournalLine.seq <= entry, JournalLine.table_name.in_(TABLES))
            .order_by(JournalLine.seq, JournalLine.number)
            .execution_options(yield_per=5_000)
        )
        for name, record_id, op, changes in lines:
            _apply(tables[name], TABLES[name][1], record_id, op, json.loads(changes))
        done = entry
        yield entry, tables


def _apply(
    table: dict[int, dict[str, Any]],
    columns: tuple[str, ...],
    record_id: int,
    op: str,
    changes: dict[str, Any],
) -> None:
    if op == "insert":
        table[record_id] = {column: changes.get(column) for column in columns} | {"id": record_id}
    elif op == "update":
        for column in set(changes).intersection(columns):
            table[record_id][column] = changes[column][1]


@dataclass(frozen=True)
class Held:
    """A rescuer certificate of a natural person, not void."""

    id: int
    human: int
    unit: int
    number: str
    issued: date
    begins: date
    last_valid_day: date | None

    def valid_on(self, day: date) -> bool:
        """Valid from the first to the last day, both included."""
        return self.begins <= day and (self.last_valid_day is None or day <= self.last_valid_day)


class World:
    """What the records say: who held which rescuer certificate, was which kind of volunteer and served how
    long, and which unit stood where."""

    def __init__(self, tables: Tables) -> None:
        self.states: list[State] = states(tables)
        self.services: list[Service] = services(tables)
        self.held: dict[int, list[Held]] = defaultdict(list)
        kinds = {row["id"]: row["code"] for row in tables["credential_type"].values()}
        people = tables["person"]
        for row in tables["certificate"].values():
            holder = people[row["person_id"]]
            is_rescuer = kinds[row["credential_type_id"]] == "rescuer"
            if row["voided_at"] is not None or holder["state"] == "void" or not is_rescuer:
                continue
            last = must_day(row["valid_until"]) if row["valid_until"] else None
            if row["ended_on"] is not None:
                before_end = must_day(row["ended_on"]) - timedelta(days=1)
                last = before_end if last is None or before_end < last else last
            self.held[holder["canonical_id"]].append(
                Held(
                    row["id"],
                    holder["canonical_id"],
                    row["unit_id"],
                    row["number"],
                    must_day(row["issued_on"]),
                    must_day(row["valid_from"]),
                    last,
                )
            )
        self._moves: dict[int, list[tuple[date, int, int]]] = defaultdict(list)
        for row in tables["unit_parent"].values():
            if row["void_seq"] is None:
                self._moves[row["unit_id"]].append((must_day(row["starts_on"]), row["id"], row["parent_id"]))
        self._above: dict[tuple[int, date], list[int]] = {}

    def parent(self, unit: int, day: date) -> int | None:
        """The unit above on a day: the latest move so far, or the first one when none was made yet."""
        moves = sorted(self._moves.get(unit, ()))
        if not moves:
            return None
        so_far = [move for move in moves if move[0] <= day]
        return (so_far[-1] if so_far else moves[0])[2]

    def chain(self, unit: int, day: date) -> list[int]:
        """The unit and all units above it on a day."""
        if (unit, day) not in self._above:
            chain, above = [unit], self.parent(unit, day)
            while above is not None and above not in chain:
                chain.append(above)
                above = self.parent(above, day)
            self._above[unit, day] = chain
        return self._above[unit, day]


# The unit counted for, the day on which its place in the tree matters, and how much.
Counted = tuple[int, date, int]


def _first_certificates(world: World, from_on: date, as_of: date) -> Iterator[Counted]:
    """Each person once: where and when the first certificate was issued, if that was in the period."""
    for certificates in world.held.values():
        first = min(certificates, key=lambda c: (c.issued, c.number, c.id))
        if from_on <= first.issued <= as_of:
            yield first.unit, first.issued, 1


def _valid_holders(world: World, _from_on: date, as_of: date) -> Iterator[Counted]:
    """Each person with a valid certificate once, at the unit of the one that began earliest."""
    for certificates in world.held.values():
        valid = [c for c in certificates if c.valid_on(as_of)]
        if valid:
            yield min(valid, key=lambda c: (c.begins, c.number, c.id)).unit, as_of, 1


RULES: dict[str, Callable[[World, date, date], Iterator[Counted]]] = {
    "rescuers_first": _first_certificates,
    "rescuers_valid": _valid_holders,
    "volunteers_registered": lambda world, _first, day: verify_volunteers.are(
        world.states, "registered", day
    ),
    "volunteers_enrolled": lambda world, _first, day: verify_volunteers.are(world.states, "enrolled", day),
    "volunteers_active": lambda world, _first, day: verify_volunteers.active(world.services, day),
    "service_person_times": lambda world, first, day: verify_volunteers.times(world.services, first, day),
    "service_hours": lambda world, first, day: verify_volunteers.minutes(world.services, first, day),
}


def totals(world: World, code: str, from_on: date, as_of: date) -> dict[int, int]:
    """How much is counted at each unit with everything below it; units that count nothing are absent."""
    counted: dict[int, int] = defaultdict(int)
    for unit, day, quantity in RULES[code](world, from_on, as_of):
        for above in world.chain(unit, day):
            counted[above] += quantity
    return dict(counted)
