"""The second implementation of the figures of volunteering, written from the rules in words.

It works on rows as plain values, read from the tables or replayed from the journal.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from registry.core.db import Base
from registry.volunteers.models import ServiceLine, Volunteer, VolunteerPeriod

TABLES: dict[str, tuple[type[Base], tuple[str, ...]]] = {
    "volunteer": (Volunteer, ("id", "person_id", "number", "voided_at")),
    "volunteer_period": (
        VolunteerPeriod,
        ("id", "volunteer_id", "person_id", "unit_id", "kind", "starts_on", "ended_on", "voided_at"),
    ),
    "service_line": (
        ServiceLine,
        ("id", "person_id", "unit_id", "served_on", "minutes", "active_until", "reverses_id"),
    ),
}


def must_day(value: Any) -> date:
    """A day, as a table or as the journal tells it."""
    return date.fromisoformat(value) if isinstance(value, str) else value


@dataclass(frozen=True)
class State:
    """What a natural person was as a volunteer, since when, and from which day on no longer."""

    human: int
    unit: int
    kind: str
    since: date
    number: str
    id: int
    over_on: date | None

    def held(self, day: date) -> bool:
        """Whether it was so on a day."""
        return self.since <= day and not (self.over_on is not None and self.over_on <= day)


@dataclass(frozen=True)
class Service:
    """A stretch of service that stands in the ledger and was not reversed."""

    human: int
    unit: int
    day: date
    minutes: int
    id: int
    active_to: date


def states(tables: dict[str, dict[int, dict[str, Any]]]) -> list[State]:
    """The states of people and volunteers that were not entered in error."""
    found = []
    for row in tables["volunteer_period"].values():
        volunteer, person = tables["volunteer"][row["volunteer_id"]], tables["person"][row["person_id"]]
        if row["voided_at"] is None and volunteer["voided_at"] is None and person["state"] != "void":
            found.append(
                State(
                    person["canonical_id"],
                    row["unit_id"],
                    row["kind"],
                    must_day(row["starts_on"]),
                    volunteer["number"],
                    row["id"],
                    must_day(row["ended_on"]) if row["ended_on"] else None,
                )
            )
    return found


def services(tables: dict[str, dict[int, dict[str, Any]]]) -> list[Service]:
    """The lines of the ledger that stand: neither reversed nor a reversal."""
    lines = tables["service_line"].values()
    struck = {row["reverses_id"] for row in lines} | {row["id"] for row in lines if row["reverses_id"]}
    found = []
    for row in lines:
        person = tables["person"][row["person_id"]]
        if row["id"] not in struck and person["state"] != "void":
            found.append(
                Service(
                    person["canonical_id"],
                    row["unit_id"],
                    must_day(row["served_on"]),
                    row["minutes"],
                    row["id"],
                    must_day(row["active_until"]),
                )
            )
    return found


def are(known: Iterable[State], kind: str, as_of: date) -> Iterator[tuple[int, date, int]]:
    """Each person who is so on the day once, at the unit of the period that began earliest."""
    best: dict[int, State] = {}
    for state in known:
        if state.kind == kind and state.held(as_of):
            now = best.setdefault(state.human, state)
            if (state.since, state.number, state.id) < (now.since, now.number, now.id):
                best[state.human] = state
    for state in best.values():
        yield state.unit, as_of, 1


def active(known: Iterable[Service], as_of: date) -> Iterator[tuple[int, date, int]]:
    """Each person with a service that still holds once, at the unit of the earliest of these."""
    best: dict[int, Service] = {}
    for service in known:
        if service.day <= as_of <= service.active_to:
            now = best.setdefault(service.human, service)
            if (service.day, service.id) < (now.day, now.id):
                best[service.human] = service
    for service in best.values():
        yield service.unit, as_of, 1


def times(known: Iterable[Service], from_on: date, as_of: date) -> Iterator[tuple[int, date, int]]:
    """Every stretch in the period is one."""
    return ((one.unit, one.day, 1) for one in known if from_on <= one.day <= as_of)


def minutes(known: Iterable[Service], from_on: date, as_of: date) -> Iterator[tuple[int, date, int]]:
    """Every stretch in the period with its minutes."""
    return ((one.unit, one.day, one.minutes) for one in known if from_on <= one.day <= as_of)
