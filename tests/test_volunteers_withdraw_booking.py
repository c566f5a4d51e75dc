"""A booking is taken back: the reason stands in the journal, and who waits first and may serve moves up."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.errors import RuleError
from registry.core.journal import JournalEntry
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.volunteers.commands.bookings import book, withdraw_booking
from registry.volunteers.commands.check_in import Mark, check_in
from registry.volunteers.models import Booking, Shift, Volunteer
from tests import factories as make
from tests import volunteers as maker
from tests.training import Browser


def full(session: Session, places: int = 1, people: int = 3) -> tuple[Shift, list[Volunteer]]:
    """A shift with all places taken and the others waiting."""
    shift = maker.shift(session, maker.activity(session), 0, 1_440, needed=places)
    found = maker.volunteers(session, people)
    run(SYSTEM, book, shift, volunteer_ids=[one.id for one in found])
    return shift, found


def booking_of(session: Session, volunteer: Volunteer) -> Booking:
    session.rollback()
    return session.execute(select(Booking).where(Booking.volunteer_id == volunteer.id)).scalar_one()


def test_the_first_who_waits_moves_up_in_the_same_write(app: Flask, session: Session) -> None:
    browser = Browser(app, session, Role.VOLUNTEER_COORDINATOR)
    shift, (first, second, third) = full(session)
    url = f"/volunteers/bookings/{booking_of(session, first).id}/withdraw"
    sent = browser.fill(url, reason="临时有事")
    answer = browser.post(url, sent)
    assert answer.location == f"/volunteers/shifts/{shift.id}"
    assert browser.post(url, sent).location == answer.location
    assert [booking_of(session, one).state for one in (first, second, third)] == [
        "withdrawn",
        "booked",
        "waiting",
    ]
    assert booking_of(session, first).left_reason == "临时有事"
    assert session.get_one(Shift, shift.id).places_taken == 1
    entries = session.execute(
        select(JournalEntry).where(JournalEntry.action == "volunteers.withdraw_booking")
    ).scalars()
    (entry,) = entries
    assert (entry.unit_id, entry.reason) == (shift.unit_id, "临时有事")
    assert "临时有事" in browser.get(f"/volunteers/shifts/{shift.id}")


def test_who_may_not_serve_is_passed_over_and_keeps_waiting(session: Session) -> None:
    shift, (first, second, third) = full(session)
    maker.on_leave(session, second)
    run(SYSTEM, withdraw_booking, booking_of(session, first), reason="临时有事")
    assert booking_of(session, second).state == "waiting"
    assert booking_of(session, third).state == "booked"
    run(SYSTEM, withdraw_booking, booking_of(session, third), reason="临时有事")
    assert booking_of(session, second).state == "waiting"
    assert session.get_one(Shift, shift.id).places_taken == 0


def test_leaving_the_waiting_list_frees_no_place(session: Session) -> None:
    shift, (first, second, _third) = full(session)
    run(SYSTEM, withdraw_booking, booking_of(session, second), reason="临时有事")
    assert booking_of(session, first).state == "booked"
    assert session.get_one(Shift, shift.id).places_taken == 1


def test_refusals(app: Flask, session: Session) -> None:
    shift, (first, second, _third) = full(session)
    booking = booking_of(session, first)
    with pytest.raises(RuleError, match="Say why"):
        run(SYSTEM, withdraw_booking, booking, reason=" ")
    mark = Mark("a" * 32, first.id, "in", clock.now())
    run(SYSTEM, check_in, session.get_one(Shift, shift.id), marks=[mark])
    with pytest.raises(RuleError, match="has checked in"):
        run(SYSTEM, withdraw_booking, booking_of(session, first), reason="临时有事")
    waiting = booking_of(session, second)
    run(SYSTEM, withdraw_booking, waiting, reason="临时有事")
    with pytest.raises(RuleError, match="does not stand any more"):
        run(SYSTEM, withdraw_booking, booking_of(session, second), reason="再次")
    stranger = Browser(app, session, Role.VOLUNTEER_COORDINATOR, make.YANJI)
    url = f"/volunteers/bookings/{booking_of(session, first).id}/withdraw"
    assert stranger.client.get(url).status_code == 404
    assert Browser(app, session, Role.AUDITOR).client.get(url).status_code == 403
