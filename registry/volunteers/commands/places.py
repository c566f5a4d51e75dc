"""Places of a shift: counted by a guarded UPDATE, so that nobody gets a place taken by someone else."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import CursorResult, inspect, select, update
from sqlalchemy.orm.attributes import set_committed_value

from registry.core.errors import RuleError
from registry.core.i18n import N_
from registry.core.journal import Line
from registry.core.write import Write
from registry.volunteers.models import Booking, Shift, Volunteer
from registry.volunteers.queries.booking import people_of, unfit, why_closed


def take_places(w: Write, shift: Shift, count: int) -> None:
    """Take `count` places, or give back when negative; RuleError when that many are not left."""
    if count == 0:
        return
    w.session.flush()
    before = shift.places_taken
    done = cast(
        "CursorResult[Any]",
        w.session.execute(
            update(Shift)
            .where(
                Shift.id == shift.id,
                Shift.places_taken + count <= Shift.needed,
                Shift.places_taken + count >= 0,
            )
            .values(places_taken=Shift.places_taken + count)
            .execution_options(synchronize_session=False)
        ),
    )
    if done.rowcount != 1:
        raise RuleError(
            N_("Places left: %(left)s, needed: %(needed)s. Nothing was saved; look at the shift again."),
            left=shift.needed - before,
            needed=count,
        )
    set_committed_value(shift, "places_taken", before + count)
    new = {attr.key: getattr(shift, attr.key) for attr in inspect(Shift).column_attrs}
    w.lines.append(Line(Shift, shift.id, "update", {**new, "places_taken": before}, new))


def move_up(w: Write, shift: Shift) -> list[Booking]:
    """Give the free places to the first of the waiting list for whom nothing stands against it, in order.

    Somebody who may not serve at the moment keeps the place in the list and is passed over.
    """
    free = shift.needed - shift.places_taken
    if free <= 0 or why_closed(w.session, shift, w.today) is not None:
        return []
    w.session.flush()
    waiting = w.session.execute(
        select(Booking, Volunteer)
        .join(Volunteer, Volunteer.id == Booking.volunteer_id)
        .where(Booking.shift_id == shift.id, Booking.state == "waiting")
        .order_by(Booking.id)
    ).all()
    if not waiting:
        return []
    against = unfit(w.session, shift, [volunteer for _, volunteer in waiting])
    people = people_of(w.session, [volunteer.person_id for _, volunteer in waiting])
    booked = w.session.execute(
        select(Booking.person_id).where(Booking.shift_id == shift.id, Booking.state == "booked")
    ).scalars()
    there = {person.id for person in people_of(w.session, booked).values()}
    moved: list[Booking] = []
    for booking, volunteer in waiting:
        person_id = people[volunteer.person_id].id
        if len(moved) < free and against[volunteer.id] is None and person_id not in there:
            booking.state = "booked"
            there.add(person_id)
            moved.append(booking)
    take_places(w, shift, len(moved))
    return moved
