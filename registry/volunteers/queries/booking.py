"""Why a volunteer may not be booked for a shift."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.core.i18n import N_, Message
from registry.core.write import chunks
from registry.people.identity import age_on
from registry.people.models import Person
from registry.volunteers.fields import SERVING
from registry.volunteers.models import Activity, Booking, Shift, Volunteer
from registry.volunteers.queries.standing import insured_on, kinds_on, skills_on

NOT_SERVING = N_("Is not an enrolled or registered volunteer on the day of the shift.")
NO_CREDENTIAL = N_("Holds no certificate of the kind this shift asks for that is valid on its day.")
NOT_INSURED = N_("No insurance covers the day of the shift, and the activity is a risky one.")
AGE_UNKNOWN = N_("The date of birth is not known, and the shift has a minimum age of %(limit)s.")
TOO_YOUNG = N_("Is %(age)s on the day of the shift; the minimum age is %(limit)s.")
BOOKED = N_("Is booked for this shift already.")
WAITING = N_("Is on the waiting list of this shift already.")
OVERLAPPING = N_("Is booked at the same time for “%(title)s”.")
CLOSED = N_("The activity is closed and takes no more bookings.")
CANCELLED = N_("The activity was cancelled.")
TAKEN_OUT = N_("The shift was taken out of the activity.")
OVER = N_("The shift is over.")


def why_not(
    session: Session,
    shift: Shift,
    volunteers: Sequence[Volunteer],
    day: date,
    *,
    minute: int | None = None,
) -> dict[int, Message | None]:
    """Volunteer → why they may not be booked for a shift, None where nothing stands against it.

    `day` is today; with `minute`, the time of day in Shanghai, a shift of today is over from its end on. The
    number of statements does not depend on how many volunteers are asked about.
    """
    closed = why_closed(session, shift, day, minute)
    if closed is not None:
        return dict.fromkeys((one.id for one in volunteers), closed)
    found = unfit(session, shift, volunteers)
    people = _people(session, volunteers)
    booked = booked_for(session, shift, (one.id for one in people.values()))
    return {one.id: booked.get(people[one.id].id) or found[one.id] for one in volunteers}


def why_closed(session: Session, shift: Shift, day: date, minute: int | None = None) -> Message | None:
    """Why nobody may be booked for a shift any more, None while it takes bookings."""
    activity = session.get_one(Activity, shift.activity_id)
    if activity.state == "cancelled":
        return Message(CANCELLED)
    if activity.state == "closed":
        return Message(CLOSED)
    if shift.voided_at is not None:
        return Message(TAKEN_OUT)
    if is_over(shift, day, minute):
        return Message(OVER)
    return None


def is_over(shift: Shift, day: date, minute: int | None = None) -> bool:
    """Whether a shift lies behind; without the minute it is over the day after."""
    return shift.held_on < day or (shift.held_on == day and minute is not None and minute >= shift.ends)


def unfit(session: Session, shift: Shift, volunteers: Sequence[Volunteer]) -> dict[int, Message | None]:
    """Volunteer → what of their state, certificates, insurance, age or other bookings stands against serving
    in a shift; whether the shift still takes bookings is not asked."""
    people = _people(session, volunteers)
    person_ids = [one.id for one in people.values()]
    day = shift.held_on
    kinds = kinds_on(session, (one.id for one in volunteers), day)
    skills = skills_on(session, person_ids, day) if shift.credential_type_id is not None else {}
    risky = session.get_one(Activity, shift.activity_id).risky
    insured = insured_on(session, person_ids, day) if risky else set()
    busy = overlapping(session, shift, person_ids)
    return {
        one.id: reason_against(
            people[one.id],
            shift,
            kind=kinds.get(one.id) if one.voided_at is None else None,
            skills=skills.get(people[one.id].id, set()),
            insured=not risky or people[one.id].id in insured,
            busy=busy.get(people[one.id].id),
        )
        for one in volunteers
    }


def reason_against(
    person: Person, shift: Shift, *, kind: str | None, skills: set[int], insured: bool, busy: str | None
) -> Message | None:
    """What stands against a canonical person serving in a shift, of what is known of them on its day.

    `busy` is the title of an activity they are booked for at that time, `insured` whether they are covered or
    need not be.
    """
    if kind not in SERVING:
        return Message(NOT_SERVING)
    if busy is not None:
        return Message(OVERLAPPING, {"title": busy})
    if shift.credential_type_id is not None and shift.credential_type_id not in skills:
        return Message(NO_CREDENTIAL)
    if not insured:
        return Message(NOT_INSURED)
    return None if shift.min_age is None else _age(person, shift.held_on, shift.min_age)


def _age(person: Person, day: date, limit: int) -> Message | None:
    if person.birth_on is None:
        return Message(AGE_UNKNOWN, {"limit": limit})
    age = age_on(person.birth_on, day)
    return Message(TOO_YOUNG, {"age": age, "limit": limit}) if age < limit else None


def booked_for(session: Session, shift: Shift, person_ids: Iterable[int]) -> dict[int, Message]:
    """Canonical person → that they are booked for this very shift, or wait for it."""
    found: dict[int, Message] = {}
    for ids in chunks(person_ids):
        rows = session.execute(
            select(Person.canonical_id, Booking.state)
            .join(Booking, Booking.person_id == Person.id)
            .where(
                Person.canonical_id.in_(ids),
                Booking.shift_id == shift.id,
                Booking.state.in_(("booked", "waiting")),
            )
        )
        for person_id, state in rows:
            if state == "booked" or person_id not in found:
                found[person_id] = Message(BOOKED if state == "booked" else WAITING)
    return found


def overlapping(session: Session, shift: Shift, person_ids: Iterable[int]) -> dict[int, str]:
    """Canonical person → the title of an activity for which they are booked at the time of another shift."""
    found: dict[int, str] = {}
    for ids in chunks(person_ids):
        rows = session.execute(
            select(Person.canonical_id, Activity.title)
            .join(Booking, Booking.person_id == Person.id)
            .join(Shift, Shift.id == Booking.shift_id)
            .join(Activity, Activity.id == Shift.activity_id)
            .where(
                Person.canonical_id.in_(ids),
                Booking.state == "booked",
                Shift.id != shift.id,
                Shift.held_on == shift.held_on,
                Shift.starts < shift.ends,
                Shift.ends > shift.starts,
                Shift.voided_at.is_(None),
                Activity.state != "cancelled",
            )
            .order_by(Booking.id)
        )
        for person_id, title in rows:
            found.setdefault(person_id, title)
    return found


def _people(session: Session, volunteers: Sequence[Volunteer]) -> dict[int, Person]:
    """Volunteer → the canonical person."""
    canonical = people_of(session, (one.person_id for one in volunteers))
    return {one.id: canonical[one.person_id] for one in volunteers}


def people_of(session: Session, person_ids: Iterable[int]) -> dict[int, Person]:
    """Person → the canonical person, with two statements."""
    ids = set(person_ids)
    rows = {
        row.id: row
        for some in chunks(ids)
        for row in session.execute(select(Person).where(Person.id.in_(some))).scalars()
    }
    merged = {row.canonical_id for row in rows.values()} - rows.keys()
    for some in chunks(merged):
        rows.update(
            {row.id: row for row in session.execute(select(Person).where(Person.id.in_(some))).scalars()}
        )
    return {one: rows[rows[one].canonical_id] for one in ids}
