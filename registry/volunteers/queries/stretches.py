"""Which stretches of service stand on the days of a person, and where two of them overlap."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import Session, aliased

from registry.core.scope import Scope
from registry.core.write import chunks
from registry.people.models import Person
from registry.volunteers.models import Activity, ServiceEntry

# Entries that take up their time: rejected and withdrawn ones do not.
STANDING = ("submitted", "approved")


@dataclass(frozen=True, slots=True)
class Stretch:
    """A standing stretch of a canonical person on one day, in minutes since midnight. `told` is what it
    was."""

    entry_id: int
    starts: int
    ends: int
    told: str


@dataclass
class Days:
    """The standing stretches by canonical person and day."""

    found: dict[tuple[int, date], list[Stretch]]

    def clash(
        self, person_id: int, day: date, starts: int, ends: int, without: Collection[int] = ()
    ) -> Stretch | None:
        """A stretch that overlaps, those of the entries `without` left aside."""
        for other in self.found.get((person_id, day), ()):
            if other.starts < ends and starts < other.ends and other.entry_id not in without:
                return other
        return None

    def minutes(self, person_id: int, day: date, without: Collection[int] = ()) -> int:
        """How many minutes of the day are taken, overlaps counted twice."""
        stretches = self.found.get((person_id, day), ())
        return sum(one.ends - one.starts for one in stretches if one.entry_id not in without)


def standing_days(session: Session, person_ids: Iterable[int], days: Collection[date]) -> Days:
    """The standing stretches of canonical persons from the first to the last of some days, with those
    entered for rows that were merged into them."""
    found: dict[tuple[int, date], list[Stretch]] = {}
    for ids in chunks(person_ids):
        rows = session.execute(
            select(
                Person.canonical_id,
                ServiceEntry.id,
                ServiceEntry.served_on,
                ServiceEntry.starts,
                ServiceEntry.minutes,
                ServiceEntry.content,
                Activity.title,
            )
            .join(Person, Person.id == ServiceEntry.person_id)
            .outerjoin(Activity, Activity.id == ServiceEntry.activity_id)
            .where(
                Person.canonical_id.in_(ids),
                ServiceEntry.served_on.between(min(days), max(days)),
                ServiceEntry.state.in_(STANDING),
            )
        )
        for person_id, entry_id, day, starts, minutes, content, title in rows:
            stretch = Stretch(entry_id, starts, starts + minutes, title or content)
            found.setdefault((person_id, day), []).append(stretch)
    return Days(found)


def overlaps(scope: Scope) -> Select[Any]:
    """The ids of standing entries within reach that overlap with another one of the same human being.

    Entering and approving refuse an overlap, so these come from persons that were merged later; somebody has
    to decide which of them holds.
    """
    other = aliased(ServiceEntry)
    own, same = aliased(Person), aliased(Person)
    return (
        select(ServiceEntry.id)
        .join(own, own.id == ServiceEntry.person_id)
        .join(same, same.canonical_id == own.canonical_id)
        .join(
            other,
            and_(
                other.person_id == same.id,
                other.served_on == ServiceEntry.served_on,
                other.id != ServiceEntry.id,
            ),
        )
        .where(
            scope.where(ServiceEntry.unit_id),
            # Only who was merged has several rows, and nobody else can overlap.
            own.canonical_id.in_(select(Person.canonical_id).where(Person.id != Person.canonical_id)),
            ServiceEntry.state.in_(STANDING),
            other.state.in_(STANDING),
            other.starts < ServiceEntry.starts + ServiceEntry.minutes,
            ServiceEntry.starts < other.starts + other.minutes,
        )
    )
