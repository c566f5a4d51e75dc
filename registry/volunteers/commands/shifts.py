"""The shifts of an activity: planned, moved, taken out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from registry.certificates.models import CredentialType
from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.i18n import N_
from registry.core.permissions import Permission
from registry.core.secrets import new_token
from registry.core.text import stated_reason
from registry.core.write import Write, command
from registry.volunteers.commands.places import move_up
from registry.volunteers.hours import DAY, time_of
from registry.volunteers.models import Activity, Booking, Shift
from registry.volunteers.queries.activities import people_at, shifts_of
from registry.volunteers.queries.booking import overlapping, people_of

END_FIRST = N_(
    "The shift ends before it begins. Nothing was saved; a shift over midnight is entered as two, up to "
    "24:00 and from 00:00."
)


@dataclass(frozen=True)
class PlannedShift:
    """A shift as it is planned, in minutes since midnight; `id` is set when it exists already."""

    held_on: date
    starts: int
    ends: int
    needed: int
    credential_type_id: int | None = None
    min_age: int | None = None
    id: int | None = None


def refuse_impossible(planned: PlannedShift, first: date, last: date) -> None:
    """RuleError for a shift that cannot be, or lies outside the days of its activity."""
    if not 0 <= planned.starts < DAY or not 0 < planned.ends <= DAY:
        raise RuleError(N_("A time lies outside the day. Nothing was saved; correct it."), "rows")
    if planned.ends <= planned.starts:
        raise RuleError(END_FIRST, "rows")
    if planned.needed < 1:
        raise RuleError(N_("A shift needs at least one volunteer. Nothing was saved."), "rows")
    if not first <= planned.held_on <= last:
        raise RuleError(
            N_("The shift on %(day)s lies outside the days of the activity. Nothing was saved; correct it."),
            "rows",
            day=planned.held_on.isoformat(),
        )


def shift_row(activity: Activity, planned: PlannedShift) -> dict[str, object]:
    """A new shift as a row."""
    return {
        "activity_id": activity.id,
        "unit_id": activity.unit_id,
        "held_on": planned.held_on,
        "starts": planned.starts,
        "ends": planned.ends,
        "needed": planned.needed,
        "credential_type_id": planned.credential_type_id,
        "min_age": planned.min_age,
        "check_secret": new_token(),
    }


@command(Permission.VOLUNTEER_EDIT)
def edit_shifts(
    w: Write, activity: Activity, *, shifts: Sequence[PlannedShift], reason: str = ""
) -> Activity:
    """Replace the plan: rows with an id are changed, others added, shifts left out are taken out.

    A shift that somebody checked in to keeps its day and times. One with bookings is moved or taken out with
    a reason; taken out, its bookings are withdrawn for that reason, so that it shows who has to be told.
    """
    w.unit_id = activity.unit_id
    if activity.state != "open":
        raise RuleError(
            N_("The activity %(number)s is not open any more. Nothing was saved; look at its page."),
            number=activity.number,
        )
    if not shifts:
        raise RuleError(N_("An activity has at least one shift. Nothing was saved; add a row."), "rows")
    kinds = set(w.session.execute(select(CredentialType.id)).scalars())
    for planned in shifts:
        refuse_impossible(planned, activity.starts_on, activity.ends_on)
        if planned.credential_type_id is not None and planned.credential_type_id not in kinds:
            raise RecordNotFoundError("credential_type")
    existing = {shift.id: shift for shift in shifts_of(w.session, activity.id)}
    kept = {planned.id: planned for planned in shifts if planned.id is not None}
    if set(kept) - existing.keys():
        raise RecordNotFoundError("shift")
    present = people_at(w.session, activity.id)
    gone = [shift for shift in existing.values() if shift.id not in kept]
    moved = [shift for shift in existing.values() if shift.id in kept and _is_moved(shift, kept[shift.id])]
    booked = _booked(w, activity)
    for shift in [*gone, *moved]:
        if present.get(shift.id):
            raise RuleError(
                N_(
                    "%(count)s volunteers have checked in to the shift of %(day)s, %(time)s. Nothing was "
                    "saved; it keeps its day and times."
                ),
                "rows",
                count=len(present[shift.id]),
                day=shift.held_on.isoformat(),
                time=time_of(shift.starts),
            )
    touched = [shift for shift in [*gone, *moved] if booked.get(shift.id)]
    if touched and len(reason.strip()) < 2:
        raise RuleError(
            N_(
                "%(count)s volunteers are booked for the shift of %(day)s, %(time)s. Nothing was saved; say "
                "why it changes, and tell them."
            ),
            "reason",
            count=len(booked[touched[0].id]),
            day=touched[0].held_on.isoformat(),
            time=time_of(touched[0].starts),
        )
    stated = stated_reason(reason) if touched else reason.strip()
    w.reason = stated or None
    for shift in gone:
        shift.voided_at, shift.void_reason = w.at, stated or None
        shift.places_taken = 0
        for booking in booked.get(shift.id, ()):
            booking.state, booking.left_at, booking.left_reason = "withdrawn", w.at, stated
    for shift_id, planned in kept.items():
        _change(w, existing[shift_id], planned)
    w.session.flush()
    for shift in moved:
        _refuse_overlap(w, shift, booked.get(shift.id, ()))
    for shift_id in kept:
        move_up(w, existing[shift_id])
    w.insert_many(Shift, [shift_row(activity, planned) for planned in shifts if planned.id is None])
    return activity


def _is_moved(shift: Shift, planned: PlannedShift) -> bool:
    return (shift.held_on, shift.starts, shift.ends) != (planned.held_on, planned.starts, planned.ends)


def _booked(w: Write, activity: Activity) -> dict[int, list[Booking]]:
    rows = w.session.execute(
        select(Booking)
        .join(Shift, Shift.id == Booking.shift_id)
        .where(Shift.activity_id == activity.id, Booking.state.in_(("booked", "waiting")))
        .order_by(Booking.id)
    ).scalars()
    found: dict[int, list[Booking]] = {}
    for booking in rows:
        found.setdefault(booking.shift_id, []).append(booking)
    return found


def _change(w: Write, shift: Shift, planned: PlannedShift) -> None:
    if planned.needed < shift.places_taken:
        raise RuleError(
            N_(
                "%(taken)s volunteers have a place in the shift of %(day)s, %(time)s. Nothing was saved; "
                "name at least that many, or withdraw bookings first."
            ),
            "rows",
            taken=shift.places_taken,
            day=shift.held_on.isoformat(),
            time=time_of(shift.starts),
        )
    shift.held_on, shift.starts, shift.ends = planned.held_on, planned.starts, planned.ends
    shift.needed, shift.min_age = planned.needed, planned.min_age
    shift.credential_type_id = planned.credential_type_id


def _refuse_overlap(w: Write, shift: Shift, bookings: Sequence[Booking]) -> None:
    people = people_of(w.session, [one.person_id for one in bookings if one.state == "booked"])
    busy = overlapping(w.session, shift, {person.id for person in people.values()})
    if busy:
        raise RuleError(
            N_(
                "%(count)s of those booked for the shift of %(day)s, %(time)s are booked for another one at "
                "that time. Nothing was saved; choose another time, or withdraw their bookings first."
            ),
            "rows",
            count=len(busy),
            day=shift.held_on.isoformat(),
            time=time_of(shift.starts),
        )
