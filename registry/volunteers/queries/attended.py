"""Whose hours are entered for a shift: who checked in, and who was booked for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from registry.people.models import Person
from registry.volunteers.models import Booking, Shift, Volunteer
from registry.volunteers.queries.presence import Presence, presences
from registry.volunteers.queries.service_entries import entered_for_shift


@dataclass(frozen=True, slots=True)
class Attended:
    """A volunteer who checked in at a shift, or was booked for it. `presence` None is who did not come."""

    volunteer_id: int
    name: str
    number: str
    presence: Presence | None


def held_shifts(session: Session, activity_id: int, day: date) -> list[Shift]:
    """The shifts of an activity begun by a day, in their order; void ones left out."""
    rows = select(Shift).where(
        Shift.activity_id == activity_id, Shift.voided_at.is_(None), Shift.held_on <= day
    )
    return list(session.execute(rows.order_by(Shift.held_on, Shift.starts, Shift.id)).scalars())


def attended(session: Session, shift: Shift) -> tuple[list[Attended], int]:
    """Whose hours are still to be entered for a shift, who came first, by name; and how many have theirs.

    One human being is named once, also when two rows of volunteers were merged.
    """
    there = presences(session, shift)
    booked = session.execute(
        select(Booking.volunteer_id).where(Booking.shift_id == shift.id, Booking.state == "booked")
    ).scalars()
    entered = entered_for_shift(session, shift.id)
    found: dict[int, Attended] = {}
    done: set[int] = set()
    for volunteer_id, number, person_id, name in _named(session, {*there, *booked}):
        if person_id in entered:
            done.add(person_id)
            continue
        before = found.get(person_id)
        if before is None or before.presence is None:
            found[person_id] = Attended(volunteer_id, name, number, there.get(volunteer_id))
    people = sorted(found.values(), key=lambda one: (one.presence is None, one.name, one.volunteer_id))
    return people, len(done)


def _named(session: Session, volunteer_ids: Iterable[int]) -> list[tuple[int, str, int, str]]:
    holder, person = aliased(Person), aliased(Person)
    rows = session.execute(
        select(Volunteer.id, Volunteer.number, person.id, person.name)
        .join(holder, holder.id == Volunteer.person_id)
        .join(person, person.id == holder.canonical_id)
        .where(Volunteer.id.in_(sorted(set(volunteer_ids))), Volunteer.voided_at.is_(None))
        .order_by(Volunteer.id)
    )
    return [(volunteer_id, number, person_id, name) for volunteer_id, number, person_id, name in rows]
