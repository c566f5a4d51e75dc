"""The shifts of an activity are changed: what volunteers rely on is not moved or taken out in silence."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.people.models import Person
from registry.volunteers.commands.activities import Terms, edit_activity
from registry.volunteers.commands.bookings import book
from registry.volunteers.commands.check_in import Mark, check_in
from registry.volunteers.commands.shifts import PlannedShift, edit_shifts
from registry.volunteers.models import Activity, Shift
from registry.volunteers.queries.activities import shifts_of
from tests import factories as make
from tests import volunteers as maker
from tests.test_volunteers_withdraw_booking import booking_of
from tests.training import Browser, last_action, told
from tests.watching import last_entry


def as_planned(shift: Shift, **more: Any) -> PlannedShift:
    names = ("held_on", "starts", "ends", "needed", "credential_type_id", "min_age", "id")
    return PlannedShift(**{**{name: getattr(shift, name) for name in names}, **more})


def change(session: Session, shift: Shift, reason: str = "", **more: Any) -> None:
    session.rollback()
    activity = session.get_one(Activity, shift.activity_id)
    run(SYSTEM, edit_shifts, activity, shifts=[as_planned(shift, **more)], reason=reason)
    session.rollback()


@pytest.fixture
def shift(session: Session) -> Shift:
    return maker.shift(session, maker.activity(session), needed=1)


def test_rows_are_changed_added_and_taken_out(app: Flask, session: Session, shift: Shift) -> None:
    browser = Browser(app, session, Role.VOLUNTEER_COORDINATOR)
    gone = maker.shift(session, session.get_one(Activity, shift.activity_id), 800, 900)
    kept, out = {"id": str(shift.id), "starts": "8:30", "ends": "12:00", "needed": "7"}, gone.id
    fresh = {"held_on": clock.today().isoformat(), "starts": "14:00", "ends": "16:00", "needed": "3"}
    answer = browser.submit(f"/volunteers/activities/{shift.activity_id}/shifts", [kept, fresh])
    assert answer.status_code == 303
    first, second = shifts_of(session, shift.activity_id)
    assert (first.id, first.starts, first.needed) == (shift.id, 510, 7)
    assert (second.starts, second.needed) == (840, 3)
    assert session.get_one(Shift, out).voided_at is not None
    assert last_action(session) == "volunteers.edit_shifts"
    assert "Shifts that were taken out" in browser.get(answer.location)


def test_a_booked_shift_moves_with_a_reason_only(app: Flask, session: Session, shift: Shift) -> None:
    browser = Browser(app, session, Role.VOLUNTEER_COORDINATOR)
    one, waits = maker.volunteers(session, 2)
    run(SYSTEM, book, shift, volunteer_ids=[one.id, waits.id])
    url = f"/volunteers/activities/{shift.activity_id}/shifts"
    row = {"id": str(shift.id), "starts": "10:00", "ends": "14:00", "needed": "1"}
    answer = browser.submit(url, [row])
    assert "2 volunteers are booked for the shift" in told(answer)
    assert session.get_one(Shift, shift.id).starts == 540
    assert browser.submit(url, [row], reason="场地有变").status_code == 303
    session.expire_all()
    assert session.get_one(Shift, shift.id).starts == 600
    assert booking_of(session, one).state == "booked"
    entry = last_entry(session)
    assert (entry.unit_id, entry.reason) == (shift.unit_id, "场地有变")


def test_taken_out_it_shows_who_has_to_be_told(app: Flask, session: Session, shift: Shift) -> None:
    browser = Browser(app, session, Role.VOLUNTEER_COORDINATOR)
    one, waits = maker.volunteers(session, 2)
    run(SYSTEM, book, shift, volunteer_ids=[one.id, waits.id])
    url = f"/volunteers/activities/{shift.activity_id}/shifts"
    other = {"starts": "14:00", "ends": "16:00", "needed": "3"}
    assert "say why it changes" in told(browser.submit(url, [other]))
    answer = browser.submit(url, [other], reason="场地取消")
    assert answer.status_code == 303
    assert booking_of(session, one).state == booking_of(session, waits).state == "withdrawn"
    page = browser.get(answer.location)
    for found in (one, waits):
        assert session.get_one(Person, found.person_id).name in page


def test_after_a_check_in_day_and_times_stay(session: Session, shift: Shift) -> None:
    one = maker.volunteer(session)
    run(SYSTEM, book, shift, volunteer_ids=[one.id])
    run(SYSTEM, check_in, shift, marks=[Mark("b" * 32, one.id, "in", clock.now())])
    with pytest.raises(RuleError, match="keeps its day and times"):
        change(session, shift, reason="改时间", starts=600)
    with pytest.raises(RuleError, match="keeps its day and times"):
        change(session, shift, reason="取消", id=None)
    change(session, shift, needed=4)
    assert session.get_one(Shift, shift.id).needed == 4


def test_more_places_let_those_who_wait_move_up(session: Session, shift: Shift) -> None:
    one, waits, last = maker.volunteers(session, 3)
    run(SYSTEM, book, shift, volunteer_ids=[one.id, waits.id, last.id])
    change(session, shift, needed=2)
    assert [booking_of(session, found).state for found in (waits, last)] == ["booked", "waiting"]
    with pytest.raises(RuleError, match="2 volunteers have a place"):
        change(session, shift, needed=1)


def test_nobody_is_moved_into_another_shift_of_theirs(session: Session, shift: Shift) -> None:
    one = maker.volunteer(session)
    other = maker.shift(session, maker.activity(session), 800, 900)
    run(SYSTEM, book, shift, volunteer_ids=[one.id])
    run(SYSTEM, book, other, volunteer_ids=[one.id])
    with pytest.raises(RuleError, match="booked for another one at that time"):
        change(session, shift, reason="改时间", ends=801)
    change(session, shift, reason="改时间", ends=800)


def test_refusals(app: Flask, session: Session, shift: Shift) -> None:
    browser = Browser(app, session, Role.VOLUNTEER_COORDINATOR)
    url = f"/volunteers/activities/{shift.activity_id}/shifts"
    row = {"id": str(shift.id), "starts": "10:00", "ends": "9:00", "needed": "1"}
    assert "Row 1 · Finishes at" in told(browser.submit(url, [row]))
    assert "at least one shift" in told(browser.submit(url, []))
    with pytest.raises(RecordNotFoundError):
        change(session, maker.shift(session, maker.activity(session)), id=shift.id)
    with pytest.raises(RecordNotFoundError):
        change(session, shift, credential_type_id=999_999)
    closed = maker.shift(session, maker.activity(session, state="closed"))
    with pytest.raises(RuleError, match="not open any more"):
        change(session, closed)
    elsewhere = maker.activity(session, make.YANJI)
    assert browser.client.get(f"/volunteers/activities/{elsewhere.id}/shifts").status_code == 404
    assert Browser(app, session, Role.AUDITOR).client.get(url).status_code == 403


def test_the_days_of_an_activity_contain_its_shifts(app: Flask, session: Session, shift: Shift) -> None:
    browser = Browser(app, session, Role.VOLUNTEER_COORDINATOR)
    url = f"/volunteers/activities/{shift.activity_id}/edit"
    again = {"place": "新的地点", "field": "youth", "starts_on": clock.today().isoformat()}
    answer = browser.submit(url, title="新的名称", **again)
    assert answer.status_code == 303
    session.expire_all()
    found = session.get_one(Activity, shift.activity_id)
    assert (found.title, found.field, found.place) == ("新的名称", "youth", "新的地点")
    assert last_action(session) == "volunteers.edit_activity"
    late = {**again, "starts_on": "2099-01-01", "ends_on": ""}
    assert "two years ahead" in told(browser.submit(url, title="新的名称", **late))
    day = clock.today().replace(year=clock.today().year + 1, day=1)
    terms = Terms("题", "处", "youth", day, day)
    with pytest.raises(RuleError, match="lies outside these days"):
        run(SYSTEM, edit_activity, session.get_one(Activity, shift.activity_id), terms=terms)
