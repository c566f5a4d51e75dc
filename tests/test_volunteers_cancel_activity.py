"""An activity is cancelled, or closed and opened again; after a check-in nothing served is lost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.errors import RuleError
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.volunteers.commands.activities import cancel_activity, close_activity, reopen_activity
from registry.volunteers.commands.bookings import book, withdraw_booking
from registry.volunteers.commands.check_in import Mark, check_in
from registry.volunteers.models import Activity, Booking, CheckEvent, Shift
from registry.volunteers.queries.presence import presences
from tests import factories as make
from tests import volunteers as maker
from tests.training import Browser, last_action, rows_of, told
from tests.watching import last_entry


def checked_in(session: Session) -> Shift:
    """A shift that somebody came to."""
    shift = maker.shift(session, maker.activity(session))
    one = maker.volunteer(session)
    run(SYSTEM, book, shift, volunteer_ids=[one.id])
    run(SYSTEM, check_in, shift, marks=[Mark("c" * 32, one.id, "in", clock.now())])
    session.rollback()
    return shift


def test_what_does_not_take_place_is_cancelled(app: Flask, session: Session) -> None:
    browser = Browser(app, session, Role.VOLUNTEER_COORDINATOR)
    activity = maker.activity(session)
    url = f"/volunteers/activities/{activity.id}/cancel"
    sent = browser.fill(url, reason="天气原因")
    answer = browser.post(url, sent)
    assert answer.status_code == 303
    assert browser.post(url, sent).location == answer.location
    session.expire_all()
    assert session.get_one(Activity, activity.id).state == "cancelled"
    entry = last_entry(session)
    told_of = (entry.action, entry.unit_id, entry.reason)
    assert told_of == ("volunteers.cancel_activity", activity.unit_id, "天气原因")
    page = browser.get(answer.location)
    assert "天气原因" in page
    assert "/cancel" not in page
    assert "/reopen" in page
    with pytest.raises(RuleError, match="was cancelled"):
        run(SYSTEM, close_activity, session.get_one(Activity, activity.id))


def test_after_a_check_in_it_is_closed_instead_and_nothing_is_lost(app: Flask, session: Session) -> None:
    browser = Browser(app, session, Role.VOLUNTEER_COORDINATOR)
    shift = checked_in(session)
    url = f"/volunteers/activities/{shift.activity_id}"
    answer = browser.submit(f"{url}/cancel", reason="天气原因")
    assert answer.status_code == 200
    assert "close it instead" in told(answer)
    assert "天气原因" in answer.get_data(as_text=True)
    session.expire_all()
    assert session.get_one(Activity, shift.activity_id).state == "open"
    assert rows_of(session, CheckEvent) == 1
    assert browser.submit(f"{url}/close").status_code == 303
    session.expire_all()
    assert session.get_one(Activity, shift.activity_id).state == "closed"
    assert last_action(session) == "volunteers.close_activity"
    assert len(presences(session, session.get_one(Shift, shift.id))) == 1
    with pytest.raises(RuleError, match="is closed"):
        run(SYSTEM, close_activity, session.get_one(Activity, shift.activity_id))


def test_a_check_in_taken_back_lets_it_be_cancelled(session: Session) -> None:
    shift = checked_in(session)
    volunteer_id = session.execute(select(CheckEvent.volunteer_id)).scalar_one()
    run(SYSTEM, check_in, shift, marks=[Mark("d" * 32, volunteer_id, "void", clock.now())])
    session.rollback()
    activity = session.get_one(Activity, shift.activity_id)
    assert run(SYSTEM, cancel_activity, activity, reason="天气原因").state == "cancelled"


def test_before_its_first_day_it_is_not_closed(session: Session) -> None:
    activity = maker.activity(session, on=clock.today() + timedelta(days=1))
    with pytest.raises(RuleError, match="cancel it if it does not take place"):
        run(SYSTEM, close_activity, activity)


def test_closed_too_early_it_is_opened_again_with_a_reason(app: Flask, session: Session) -> None:
    browser = Browser(app, session, Role.VOLUNTEER_COORDINATOR)
    activity = maker.activity(session, state="closed")
    url = f"/volunteers/activities/{activity.id}"
    assert f"{url}/reopen" in browser.get(url)
    sent = browser.fill(f"{url}/reopen", reason="结束过早")
    assert browser.post(f"{url}/reopen", sent).location == url
    assert browser.post(f"{url}/reopen", sent).location == url
    session.expire_all()
    assert session.get_one(Activity, activity.id).state == "open"
    entry = last_entry(session)
    told_of = (entry.action, entry.unit_id, entry.reason)
    assert told_of == ("volunteers.reopen_activity", activity.unit_id, "结束过早")
    with pytest.raises(RuleError, match="is open"):
        run(SYSTEM, reopen_activity, maker.activity(session), reason="结束过早")


def test_cancelled_although_it_took_place_it_is_opened_again_unless_people_are_booked_elsewhere(
    session: Session,
) -> None:
    one = maker.volunteer(session)
    shift = maker.shift(session, maker.activity(session))
    run(SYSTEM, book, shift, volunteer_ids=[one.id])
    run(SYSTEM, cancel_activity, session.get_one(Activity, shift.activity_id), reason="天气原因")
    other = maker.shift(session, maker.activity(session), 600, 700)
    run(SYSTEM, book, other, volunteer_ids=[one.id])
    with pytest.raises(RuleError, match="1 of those booked are booked for something else"):
        run(SYSTEM, reopen_activity, session.get_one(Activity, shift.activity_id), reason="照常举办")
    booking = session.execute(select(Booking).where(Booking.shift_id == other.id)).scalar_one()
    run(SYSTEM, withdraw_booking, booking, reason="照常举办")
    again = run(SYSTEM, reopen_activity, session.get_one(Activity, shift.activity_id), reason="照常举办")
    assert (again.state, again.state_reason) == ("open", "")


@pytest.mark.parametrize("verb", ["cancel", "close", "reopen"])
def test_only_who_may_and_within_reach(app: Flask, session: Session, verb: str) -> None:
    own, elsewhere = maker.activity(session), maker.activity(session, make.YANJI)
    coordinator = Browser(app, session, Role.VOLUNTEER_COORDINATOR)
    assert coordinator.client.get(f"/volunteers/activities/{elsewhere.id}/{verb}").status_code == 404
    auditor = Browser(app, session, Role.AUDITOR)
    assert auditor.client.get(f"/volunteers/activities/{own.id}/{verb}").status_code == 403
