"""Who is booked for a shift, and who could be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session, aliased

from registry.core.scope import Scope
from registry.core.text import tidy_name
from registry.core.write import chunks
from registry.people.models import Person
from registry.people.queries import starts_with
from registry.volunteers.models import (
    Activity,
    Booking,
    Shift,
    TeamMembership,
    Volunteer,
    VolunteerPeriod,
)

# As many are shown at once; a name or a number finds the others.
MOST_CANDIDATES = 60


@dataclass(frozen=True)
class Candidate:
    """A volunteer with the name of the canonical person."""

    volunteer: Volunteer
    name: str


@dataclass(frozen=True)
class BookedVolunteer:
    """A booking with whom it is for; `instead` is the name of who came in their place."""

    booking: Booking
    volunteer: Volunteer
    name: str
    instead: str | None


_holder, _person = aliased(Person), aliased(Person)


def _volunteers() -> Select[Volunteer, str]:
    return (
        select(Volunteer, _person.name)
        .join(_holder, _holder.id == Volunteer.person_id)
        .join(_person, _person.id == _holder.canonical_id)
    )


def named(session: Session, volunteer_ids: Iterable[int]) -> dict[int, Candidate]:
    """Volunteer → who it is."""
    found: dict[int, Candidate] = {}
    for ids in chunks(volunteer_ids):
        for volunteer, name in session.execute(_volunteers().where(Volunteer.id.in_(ids))):
            found[volunteer.id] = Candidate(volunteer, name)
    return found


def candidates(
    session: Session,
    scope: Scope,
    *,
    unit_id: int,
    team_id: int | None = None,
    text: str = "",
    also: Sequence[int] = (),
) -> list[Candidate]:
    """Volunteers within reach who have not left, by pinyin.

    With `text` those whose name or number begins with it, else those of the team or the unit. `also` are
    volunteers who were chosen before; they come along while they are within reach.
    """
    rows = (
        _volunteers()
        .join(VolunteerPeriod, VolunteerPeriod.volunteer_id == Volunteer.id)
        .where(
            scope.where(Volunteer.unit_id),
            Volunteer.voided_at.is_(None),
            VolunteerPeriod.voided_at.is_(None),
            VolunteerPeriod.ended_on.is_(None),
            VolunteerPeriod.kind != "left",
        )
    )
    text = text.strip()
    if text:
        rows = rows.where(
            or_(starts_with(_person.name, tidy_name(text)), starts_with(Volunteer.number, text.upper()))
        )
    elif team_id is not None:
        rows = rows.where(
            Volunteer.id.in_(
                select(TeamMembership.volunteer_id).where(
                    TeamMembership.team_id == team_id,
                    TeamMembership.ended_on.is_(None),
                    TeamMembership.voided_at.is_(None),
                )
            )
        )
    else:
        rows = rows.where(Volunteer.unit_id == unit_id)
    rows = rows.order_by(_person.pinyin, Volunteer.id).limit(MOST_CANDIDATES)
    found = [Candidate(volunteer, name) for volunteer, name in session.execute(rows)]
    missing = set(also) - {one.volunteer.id for one in found}
    if missing:
        before = [one for one in named(session, missing).values() if scope.holds(one.volunteer.unit_id)]
        found = before + found
    return found


def bookings_of(
    session: Session, shift_ids: Sequence[int], *, standing: bool = False
) -> list[BookedVolunteer]:
    """The bookings of shifts in their order; with `standing` only those with a place or waiting for one."""
    rows = (
        select(Booking, Volunteer, _person.name)
        .join(Volunteer, Volunteer.id == Booking.volunteer_id)
        .join(_holder, _holder.id == Volunteer.person_id)
        .join(_person, _person.id == _holder.canonical_id)
        .where(Booking.shift_id.in_(shift_ids))
        .order_by(Booking.id)
    )
    if standing:
        rows = rows.where(Booking.state.in_(("booked", "waiting")))
    found = session.execute(rows).all()
    names = {booking.id: name for booking, _, name in found}
    return [
        BookedVolunteer(booking, volunteer, name, names.get(booking.swapped_for_id or 0))
        for booking, volunteer, name in found
    ]


def booked_volunteers(session: Session, activity_id: int) -> list[Volunteer]:
    """The volunteers with a place in any shift of an activity, each once."""
    booked = (
        select(Booking.volunteer_id)
        .join(Shift, Shift.id == Booking.shift_id)
        .where(Shift.activity_id == activity_id, Shift.voided_at.is_(None), Booking.state == "booked")
    )
    rows = session.execute(select(Volunteer).where(Volunteer.id.in_(booked)).order_by(Volunteer.id))
    return list(rows.scalars())


def activity_of(session: Session, shift: Shift) -> Activity:
    """The activity a shift belongs to."""
    return session.get_one(Activity, shift.activity_id)
