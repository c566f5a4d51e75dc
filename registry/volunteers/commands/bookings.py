"""Volunteers are booked for a shift, wait for a place, withdraw, and send somebody else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from registry.core.clock import local
from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.i18n import N_
from registry.core.permissions import Permission
from registry.core.text import stated_reason
from registry.core.write import Write, chunks, command
from registry.volunteers.commands.places import move_up, take_places
from registry.volunteers.models import Booking, Shift, Volunteer
from registry.volunteers.queries.booking import WAITING, is_over, people_of, unfit, why_not
from registry.volunteers.queries.offers import is_offered
from registry.volunteers.queries.presence import presences

OWN_REASON = "本人取消"


@dataclass(frozen=True)
class Booked:
    """What became of those chosen, in their order: the ids of the bookings with and without a place."""

    booked: list[int]
    waiting: list[int]


@command(Permission.VOLUNTEER_EDIT)
def book(w: Write, shift: Shift, *, volunteer_ids: Sequence[int]) -> Booked:
    """Book several volunteers within reach for a shift; who finds no place left waits in their order.

    RuleError when something stands against one of them, with nobody booked.
    """
    w.unit_id = shift.unit_id
    chosen = within(w, volunteer_ids)
    if not chosen:
        raise RuleError(N_("Nobody was chosen. Nothing was saved; tick the volunteers first."), "chosen")
    against = why_not(w.session, shift, chosen, w.today)
    refused = [one for one in chosen if against[one.id] is not None]
    if len(refused) == len(chosen) == 1:
        reason = against[refused[0].id]
        assert reason is not None
        raise RuleError(N_("%(reason)s Nothing was saved; choose somebody else."), "chosen", reason=reason)
    if refused:
        raise RuleError(
            N_(
                "%(count)s of those chosen cannot be booked; the reasons are shown below. Nothing was "
                "saved; the others are still ticked."
            ),
            "chosen",
            count=len(refused),
        )
    return _enter(w, shift, chosen, "staff")


@command(None)
def book_shift(w: Write, shift: Shift, volunteer: Volunteer) -> Booking:
    """A volunteer takes a place in a shift, or waits for one, from the own page.

    Sent twice it is one booking. RecordNotFoundError for a shift that is not offered to the volunteer.
    """
    w.unit_id = shift.unit_id
    refresh(w, shift, volunteer)
    there = standing_booking(w, shift, volunteer)
    if there is not None:
        return there
    if not is_offered(w.session, shift, volunteer, w.today):
        raise RecordNotFoundError("shift")
    moment = local(w.at)
    minute = moment.hour * 60 + moment.minute
    reason = why_not(w.session, shift, [volunteer], w.today, minute=minute)[volunteer.id]
    if reason is not None:
        raise RuleError(N_("%(reason)s You are not booked; choose another shift."), reason=reason)
    made = _enter(w, shift, [volunteer], "phone")
    return w.session.get_one(Booking, (made.booked + made.waiting)[0])


@command(Permission.VOLUNTEER_EDIT)
def withdraw_booking(w: Write, booking: Booking, *, reason: str) -> Booking:
    """Take a booking back, with the reason; the first who waits and may serve gets the place.

    RuleError for one that does not stand any more, or whose volunteer has checked in.
    """
    stated = stated_reason(reason)
    w.reason, w.unit_id = stated, booking.unit_id
    refuse_unless_standing(booking)
    return _leave(w, booking, stated)


@command(None)
def leave_shift(w: Write, shift: Shift, volunteer: Volunteer) -> Booking | None:
    """A volunteer gives a place back from the own page, until the shift begins. Sent twice it is once."""
    w.unit_id = shift.unit_id
    refresh(w, shift, volunteer)
    booking = standing_booking(w, shift, volunteer)
    if booking is None:
        return None
    moment = local(w.at)
    begun = (moment.date(), moment.hour * 60 + moment.minute) >= (shift.held_on, shift.starts)
    if begun and booking.state == "booked":
        raise RuleError(N_("The shift has begun. Your booking stays; call the unit if you cannot come."))
    w.reason = OWN_REASON
    return _leave(w, booking, OWN_REASON)


@command(Permission.VOLUNTEER_EDIT)
def swap_booking(w: Write, booking: Booking, *, volunteer_id: int, reason: str) -> Booking:
    """Another volunteer comes instead: both bookings are kept, the earlier one names the later.

    Who comes may have been waiting for the same shift. RuleError when something stands against them.
    """
    stated = stated_reason(reason)
    w.reason, w.unit_id = stated, booking.unit_id
    refuse_unless_standing(booking)
    if booking.state != "booked":
        raise RuleError(
            N_("Somebody who waits has no place to give. Nothing was saved; withdraw the booking instead.")
        )
    shift = w.session.get_one(Shift, booking.shift_id)
    _refuse_present(w, shift, booking)
    (instead,) = within(w, [volunteer_id]) or (None,)
    if instead is None:
        raise RecordNotFoundError("volunteer")
    against = why_not(w.session, shift, [instead], w.today)[instead.id]
    waiting = standing_booking(w, shift, instead)
    if against is not None and against.text == WAITING and waiting is not None:
        against = unfit(w.session, shift, [instead])[instead.id]
    else:
        waiting = None
    if against is not None:
        raise RuleError(
            N_("%(reason)s Nothing was saved; choose somebody else."), "volunteer", reason=against
        )
    if waiting is not None:
        waiting.state = "booked"
        there = waiting
    else:
        there = w.add(Booking(**_row(shift, instead, "booked", "staff"), booked_at=w.at))
    w.session.flush()
    booking.state, booking.swapped_for_id = "swapped", there.id
    booking.left_at, booking.left_reason = w.at, stated
    return there


def within(w: Write, volunteer_ids: Sequence[int]) -> list[Volunteer]:
    """The volunteers within reach, in the order given; RecordNotFoundError when one is not."""
    scope = w.actor.scope(Permission.VOLUNTEER_EDIT)
    found = {
        one.id: one
        for ids in chunks(volunteer_ids)
        for one in w.session.execute(
            select(Volunteer).where(Volunteer.id.in_(ids), scope.where(Volunteer.unit_id))
        ).scalars()
    }
    if set(volunteer_ids) - found.keys():
        raise RecordNotFoundError("volunteer")
    return [found[one] for one in dict.fromkeys(volunteer_ids)]


def refuse_unless_standing(booking: Booking) -> None:
    """RuleError for a booking that was taken back or given to somebody else."""
    if booking.state not in ("booked", "waiting"):
        raise RuleError(N_("This booking does not stand any more. Nothing was saved."))


def refresh(w: Write, shift: Shift, volunteer: Volunteer) -> None:
    """Read both records anew under the lock."""
    w.session.refresh(shift)
    w.session.refresh(volunteer)


def standing_booking(w: Write, shift: Shift, volunteer: Volunteer) -> Booking | None:
    """The booking of the human being for the shift, with a place before one that waits."""
    person = people_of(w.session, [volunteer.person_id])[volunteer.person_id]
    rows = w.session.execute(
        select(Booking)
        .where(Booking.shift_id == shift.id, Booking.state.in_(("booked", "waiting")))
        .order_by(Booking.state, Booking.id)
    ).scalars()
    found = list(rows)
    people = people_of(w.session, [one.person_id for one in found])
    return next((one for one in found if people[one.person_id].id == person.id), None)


def _enter(w: Write, shift: Shift, chosen: Sequence[Volunteer], source: str) -> Booked:
    """Bookings in the order given: as many as there are places, and the others wait."""
    people = people_of(w.session, [one.person_id for one in chosen])
    once: dict[int, Volunteer] = {}
    for one in chosen:
        once.setdefault(people[one.person_id].id, one)
    # Who waits already comes before who is entered now.
    move_up(w, shift)
    free = shift.needed - shift.places_taken
    rows = [
        {**_row(shift, one, "booked" if place < free else "waiting", source), "booked_at": w.at}
        for place, one in enumerate(once.values())
    ]
    ids = w.insert_many(Booking, rows)
    count = min(free, len(rows))
    take_places(w, shift, count)
    return Booked(ids[:count], ids[count:])


def _leave(w: Write, booking: Booking, reason: str) -> Booking:
    shift = w.session.get_one(Shift, booking.shift_id)
    had_place = booking.state == "booked"
    _refuse_present(w, shift, booking)
    booking.state, booking.left_at, booking.left_reason = "withdrawn", w.at, reason
    if had_place:
        take_places(w, shift, -1)
        if not is_over(shift, w.today):
            move_up(w, shift)
    return booking


def _refuse_present(w: Write, shift: Shift, booking: Booking) -> None:
    if booking.volunteer_id in presences(w.session, shift):
        raise RuleError(
            N_(
                "The volunteer has checked in for this shift. Nothing was saved; take the check-in back "
                "first if it is wrong."
            )
        )


def _row(shift: Shift, volunteer: Volunteer, state: str, source: str) -> dict[str, object]:
    return {
        "shift_id": shift.id,
        "volunteer_id": volunteer.id,
        "person_id": volunteer.person_id,
        "unit_id": shift.unit_id,
        "state": state,
        "source": source,
    }
