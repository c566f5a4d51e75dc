"""The shifts that a volunteer is offered on the own page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from registry.accounts.models import Unit
from registry.accounts.queries import tree_on
from registry.core.i18n import Message
from registry.people.models import Person
from registry.volunteers.models import Activity, Booking, Shift, Volunteer
from registry.volunteers.queries.booking import is_over, reason_against
from registry.volunteers.queries.standing import insured_on, kinds_on, skills_on

# A phone shows this many; who looks for one further ahead asks the unit.
MOST_OFFERED = 40


@dataclass(frozen=True)
class Offer:
    """A coming shift as the own page shows it.

    `booking` is the state of the volunteer's own booking, None without one; `against` why they may not be
    booked; `begun` whether the time of the shift has come.
    """

    shift: Shift
    activity: Activity
    unit: Unit
    booking: str | None
    against: Message | None
    begun: bool


def is_offered(session: Session, shift: Shift, volunteer: Volunteer, day: date) -> bool:
    """Whether the shift belongs to a public activity of the volunteer's unit or of one above it."""
    activity = session.get_one(Activity, shift.activity_id)
    return activity.public and shift.unit_id in tree_on(session, day).path(volunteer.unit_id)


def offers(session: Session, volunteer: Volunteer, person: Person, day: date, minute: int) -> list[Offer]:
    """The coming shifts that are offered to the volunteer, and those they are booked for, by time.

    `day` and `minute` are now in Shanghai. What the volunteer is, can do and is insured for is asked once for
    each day on which there are shifts, whatever their number.
    """
    own = _own(session, person, day)
    booked = [(shift, title) for shift, title, state in own if state == "booked"]
    states = {shift.id: state for shift, _, state in own}
    on_day: dict[date, _OnDay] = {}
    found = []
    for shift, activity, unit in _coming(session, volunteer, states, day):
        if is_over(shift, day, minute):
            continue
        against = None
        if shift.id not in states:
            if shift.held_on not in on_day:
                on_day[shift.held_on] = _on_day(session, volunteer, person, shift.held_on)
            known = on_day[shift.held_on]
            against = reason_against(
                person,
                shift,
                kind=known.kind,
                skills=known.skills,
                insured=not activity.risky or known.insured,
                busy=next((title for other, title in booked if _overlap(other, shift)), None),
            )
        begun = (shift.held_on, shift.starts) <= (day, minute)
        found.append(Offer(shift, activity, unit, states.get(shift.id), against, begun))
    return found


@dataclass(frozen=True)
class _OnDay:
    kind: str | None
    skills: set[int]
    insured: bool


def _on_day(session: Session, volunteer: Volunteer, person: Person, day: date) -> _OnDay:
    return _OnDay(
        kinds_on(session, [volunteer.id], day).get(volunteer.id),
        skills_on(session, [person.id], day).get(person.id, set()),
        person.id in insured_on(session, [person.id], day),
    )


def _overlap(one: Shift, other: Shift) -> bool:
    return one.held_on == other.held_on and one.starts < other.ends and one.ends > other.starts


def _own(session: Session, person: Person, day: date) -> list[tuple[Shift, str, str]]:
    """The coming shifts the human being is booked for or waits for, with the title of the activity."""
    rows = session.execute(
        select(Shift, Activity.title, Booking.state)
        .join(Booking, Booking.shift_id == Shift.id)
        .join(Person, Person.id == Booking.person_id)
        .join(Activity, Activity.id == Shift.activity_id)
        .where(
            Person.canonical_id == person.id,
            Booking.state.in_(("booked", "waiting")),
            Shift.held_on >= day,
            Shift.voided_at.is_(None),
            Activity.state != "cancelled",
        )
        .order_by(Booking.state.desc())
    )
    return [(shift, title, state) for shift, title, state in rows]


def _coming(
    session: Session, volunteer: Volunteer, own: Iterable[int], day: date
) -> Iterable[tuple[Shift, Activity, Unit]]:
    units = tree_on(session, day).path(volunteer.unit_id)
    rows = session.execute(
        select(Shift, Activity, Unit)
        .join(Activity, Activity.id == Shift.activity_id)
        .join(Unit, Unit.id == Shift.unit_id)
        .where(
            Shift.held_on >= day,
            Shift.voided_at.is_(None),
            Activity.state == "open",
            or_(and_(Activity.public, Shift.unit_id.in_(units)), Shift.id.in_(list(own))),
        )
        .order_by(Shift.held_on, Shift.starts, Shift.id)
        .limit(MOST_OFFERED)
    )
    return [(shift, activity, unit) for shift, activity, unit in rows]
