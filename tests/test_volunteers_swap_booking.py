"""Another volunteer comes instead: both bookings are kept, and the place stays taken."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.volunteers.commands.bookings import book, swap_booking
from registry.volunteers.models import Shift
from tests import factories as make
from tests import volunteers as maker
from tests.test_volunteers_withdraw_booking import booking_of, full
from tests.training import Browser, last_action, told


def test_somebody_else_comes_instead(app: Flask, session: Session) -> None:
    browser = Browser(app, session, Role.VOLUNTEER_COORDINATOR)
    shift, (first,) = full(session, people=1)
    other = maker.volunteer(session)
    url = f"/volunteers/bookings/{booking_of(session, first).id}/swap"
    answer = browser.submit(url, volunteer=str(other.id), reason="换班")
    assert answer.status_code == 303
    before, after = booking_of(session, first), booking_of(session, other)
    assert (before.state, before.swapped_for_id, before.left_reason) == ("swapped", after.id, "换班")
    assert after.state == "booked"
    assert session.get_one(Shift, shift.id).places_taken == 1
    assert last_action(session) == "volunteers.swap_booking"
    assert "comes instead" in browser.get(answer.location)


def test_who_waited_comes_with_the_booking_they_had(session: Session) -> None:
    shift, (first, second, third) = full(session)
    run(SYSTEM, swap_booking, booking_of(session, first), volunteer_id=third.id, reason="换班")
    assert booking_of(session, third).state == "booked"
    assert booking_of(session, second).state == "waiting"
    assert booking_of(session, first).swapped_for_id == booking_of(session, third).id
    assert session.get_one(Shift, shift.id).places_taken == 1


def test_refusals(app: Flask, session: Session) -> None:
    _shift, (first, second) = full(session, people=2)
    absent, elsewhere = maker.volunteer(session), maker.volunteer(session, make.YANJI)
    maker.on_leave(session, absent)
    booking = booking_of(session, first)
    with pytest.raises(RuleError, match="not an enrolled"):
        run(SYSTEM, swap_booking, booking, volunteer_id=absent.id, reason="换班")
    with pytest.raises(RuleError, match="booked for this shift already"):
        run(SYSTEM, swap_booking, booking_of(session, first), volunteer_id=first.id, reason="换班")
    with pytest.raises(RuleError, match="has no place to give"):
        run(SYSTEM, swap_booking, booking_of(session, second), volunteer_id=absent.id, reason="换班")
    actor = make.actor(session, Role.VOLUNTEER_COORDINATOR)
    with pytest.raises(RecordNotFoundError):
        run(actor, swap_booking, booking_of(session, first), volunteer_id=elsewhere.id, reason="换班")
    browser = Browser(app, session, Role.VOLUNTEER_COORDINATOR)
    url = f"/volunteers/bookings/{booking_of(session, first).id}/swap"
    assert "Is not an enrolled" in told(browser.submit(url, volunteer=str(absent.id), reason="换班"))
    assert Browser(app, session, Role.AUDITOR).client.get(url).status_code == 403
    stranger = Browser(app, session, Role.VOLUNTEER_COORDINATOR, make.YANJI)
    assert stranger.client.get(url).status_code == 404


def test_who_is_booked_at_that_time_cannot_come_instead(session: Session) -> None:
    _shift, (first,) = full(session, people=1)
    busy = maker.volunteer(session)
    run(SYSTEM, book, maker.shift(session, maker.activity(session)), volunteer_ids=[busy.id])
    with pytest.raises(RuleError, match="at the same time"):
        run(SYSTEM, swap_booking, booking_of(session, first), volunteer_id=busy.id, reason="换班")
