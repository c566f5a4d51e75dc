"""Who came to a shift is noted by the staff: at once, or later from a computer that had no network."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.errors import RuleError
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.volunteers.commands.activities import cancel_activity, reopen_activity
from registry.volunteers.commands.bookings import book
from registry.volunteers.commands.check_in import Mark, check_in
from registry.volunteers.forms.check_in import moment_of
from registry.volunteers.models import Activity, CheckEvent, Shift, Volunteer
from registry.volunteers.queries.presence import presences
from tests import certificates
from tests import factories as make
from tests import volunteers as maker
from tests.training import Browser, rows_of, told
from tests.watching import last_entry, statements

# At noon of the day of every shift here.
# Of tomorrow: a write takes no moment before that of the last one.
NOON = clock.start_of_day(clock.today() + timedelta(days=1)) + timedelta(hours=12)


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)


@pytest.fixture
def browser(app: Flask, session: Session) -> Browser:
    return Browser(app, session, Role.VOLUNTEER_COORDINATOR)


def crew(session: Session, count: int = 3, **more: Any) -> tuple[Shift, list[Volunteer]]:
    """A shift from 9 to 13 o'clock today with volunteers booked."""
    shift = maker.shift(session, maker.activity(session), **more)
    people = maker.volunteers(session, count)
    run(SYSTEM, book, shift, volunteer_ids=[one.id for one in people])
    session.rollback()
    return shift, people


def there(session: Session, shift: Shift) -> dict[int, tuple[int, int | None]]:
    session.rollback()
    found = presences(session, session.get_one(Shift, shift.id))
    return {one: (presence.came, presence.left) for one, presence in found.items()}


def mark(number: int, volunteer: Volunteer, kind: str = "in", at: datetime = NOON, **more: Any) -> Mark:
    return Mark(f"{number:032x}", volunteer.id, kind, at, **more)


def sent_mark(number: int, volunteer: Volunteer, kind: str, at: datetime, **more: Any) -> dict[str, Any]:
    occurred_at = at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return {
        "key": f"{number:032x}",
        "volunteer_id": volunteer.id,
        "kind": kind,
        "occurred_at": occurred_at,
        **more,
    }


def address(shift: Shift) -> str:
    return f"/volunteers/shifts/{shift.id}/check_in"


def test_all_booked_came_in_one_click_and_once(session: Session, browser: Browser) -> None:
    shift, people = crew(session)
    sent = browser.fill(address(shift), mark="in:all")
    first, second = browser.post(address(shift), sent), browser.post(address(shift), sent)
    assert first.status_code == second.status_code == 303
    assert there(session, shift) == {one.id: (540, None) for one in people}
    assert rows_of(session, CheckEvent) == 3
    entry = last_entry(session)
    assert (entry.action, entry.unit_id) == ("volunteers.check_in", shift.unit_id)


def test_one_comes_and_leaves_by_buttons(session: Session, browser: Browser) -> None:
    shift, (one, _two, _three) = crew(session)
    browser.submit(address(shift), mark=f"in:{one.id}")
    assert there(session, shift) == {one.id: (720, None)}
    browser.submit(address(shift), mark=f"out:{one.id}")
    assert there(session, shift) == {one.id: (720, 720)}
    browser.submit(address(shift), mark=f"void:{one.id}")
    assert there(session, shift) == {}


def test_all_left_is_the_end_of_the_shift_and_not_before(session: Session, browser: Browser) -> None:
    over, people = crew(session, 2, ends=700)
    browser.submit(address(over), mark="in:all")
    assert browser.submit(address(over), mark="out:all").status_code == 303
    assert there(session, over) == {one.id: (540, 700) for one in people}
    running, _people = crew(session, 1)
    browser.submit(address(running), mark="in:all")
    assert "The shift ends at 13:00" in told(browser.submit(address(running), mark="out:all"))
    assert "There is nobody to mark" in told(browser.submit(address(running), mark="in:all"))


def test_somebody_who_is_not_booked_comes_when_nothing_stands_against_it(
    session: Session, browser: Browser
) -> None:
    shift, _people = crew(session, 1)
    walks_in, absent = maker.volunteers(session, 2)
    maker.on_leave(session, absent)
    page = browser.submit(address(shift), text=walks_in.number, look="1").get_data(as_text=True)
    assert f'value="in:{walks_in.id}"' in page
    assert "Is not booked" in page
    assert browser.submit(address(shift), mark=f"in:{walks_in.id}").status_code == 303
    assert walks_in.id in there(session, shift)
    assert "not booked" in browser.get(address(shift))
    answer = browser.submit(address(shift), mark=f"in:{absent.id}")
    assert "cannot serve here" in told(answer)
    assert absent.id not in there(session, shift)


def test_a_walk_in_without_the_certificate_is_refused(session: Session) -> None:
    kind = certificates.credential(session).id
    shift = maker.shift(session, maker.activity(session), credential_type_id=kind)
    one = maker.volunteer(session)
    with pytest.raises(RuleError, match="Holds no certificate"):
        run(SYSTEM, check_in, shift, marks=[mark(1, one)])


# Kept on a computer without network, sent later


def replay(browser: Browser, shift: Shift, *marks: dict[str, Any]) -> dict[str, Any]:
    sent = browser.fill(address(shift), marks=json.dumps(marks))
    answer = browser.post(address(shift), sent)
    assert answer.status_code == 200
    return dict(answer.get_json())


def test_kept_marks_keep_their_own_time_and_are_one_event_however_often_sent(
    session: Session, browser: Browser
) -> None:
    shift, (one, two, _three) = crew(session)
    came, left = NOON - timedelta(hours=2), NOON - timedelta(minutes=30)
    kept = [
        sent_mark(1, one, "in", came, offline=True),
        sent_mark(2, one, "out", left, offline=True),
        sent_mark(3, two, "in", came, offline=True),
    ]
    first = replay(browser, shift, *kept[:2])
    assert first == {"saved": [kept[0]["key"], kept[1]["key"]], "refused": {}}
    again = replay(browser, shift, *kept)
    assert sorted(again["saved"]) == [one["key"] for one in kept]
    assert replay(browser, shift, *kept)["refused"] == {}
    session.rollback()
    events = list(session.execute(select(CheckEvent).order_by(CheckEvent.id)).scalars())
    assert [event.method for event in events] == ["offline"] * 3
    assert [event.occurred_at for event in events] == [came, left, came]
    assert {event.received_at for event in events} == {NOON}
    assert there(session, shift) == {one.id: (600, 690), two.id: (600, None)}


def test_an_implausible_mark_keeps_none_of_the_others(session: Session, browser: Browser) -> None:
    shift, (one, two, three) = crew(session)
    future = sent_mark(1, one, "in", NOON + timedelta(minutes=6))
    old = sent_mark(2, two, "in", NOON - timedelta(days=1))
    good = sent_mark(3, three, "in", NOON + timedelta(minutes=4))
    out = sent_mark(4, one, "out", NOON)
    told_back = replay(browser, shift, future, old, good, out)
    assert told_back["saved"] == [good["key"]]
    refused = told_back["refused"]
    assert "lies in the future" in refused[future["key"]]
    assert "does not belong to the day of the shift" in refused[old["key"]]
    assert "Has not checked in" in refused[out["key"]]
    assert set(there(session, shift)) == {three.id}


@pytest.mark.parametrize(
    ("hours", "plausible"), [(-16, True), (-17, False), (15, False), (-12, True), (0, True)]
)
def test_the_time_belongs_to_the_day_of_the_shift(session: Session, hours: int, plausible: bool) -> None:
    shift, (one,) = crew(session, 1)
    at = NOON + timedelta(hours=hours)
    if plausible:
        assert run(SYSTEM, check_in, shift, marks=[mark(1, one, at=at)]).saved
    else:
        with pytest.raises(RuleError, match="It was not saved"):
            run(SYSTEM, check_in, shift, marks=[mark(1, one, at=at)])


@pytest.mark.parametrize(
    "marks", ["nonsense", "{}", "[1]", '[{"key":"a"}]', '[{"key":"x","volunteer_id":1,"kind":"in"}]']
)
def test_marks_that_cannot_be_read_are_refused_whole(session: Session, browser: Browser, marks: str) -> None:
    shift, _people = crew(session, 1)
    answer = browser.submit(address(shift), marks=marks)
    assert answer.status_code in (200, 400)
    assert rows_of(session, CheckEvent) == 0


def test_marks_of_a_closed_activity_arrive_and_of_a_cancelled_one_are_not_lost(
    session: Session, browser: Browser
) -> None:
    shift, (one,) = crew(session, 1)
    run(SYSTEM, cancel_activity, session.get_one(Activity, shift.activity_id), reason="天气原因")
    with pytest.raises(RuleError, match="if it took place, open the activity again"):
        run(SYSTEM, check_in, session.get_one(Shift, shift.id), marks=[mark(1, one)])
    # The computer is not told to forget them, so they arrive when it is open again.
    kept = sent_mark(1, one, "in", NOON, offline=True)
    told_back = replay(browser, shift, kept)
    assert (told_back["saved"], told_back["refused"]) == ([], {})
    assert "Nothing was saved" in told_back["error"]
    run(SYSTEM, reopen_activity, session.get_one(Activity, shift.activity_id), reason="照常举办")
    assert replay(browser, shift, kept)["saved"] == [kept["key"]]
    closed = maker.shift(session, maker.activity(session, state="closed"))
    assert run(SYSTEM, check_in, closed, marks=[mark(2, maker.volunteer(session))]).saved


def test_two_hundred_marks_take_as_many_statements_as_two(session: Session) -> None:
    shift, people = crew(session, 60, needed=60)
    counts = []
    for number, group in enumerate((people[:2], people[2:])):
        found = session.get_one(Shift, shift.id)
        marks = [mark(1_000 * number + one.id, one) for one in group]
        session.rollback()
        with statements() as sent:
            run(SYSTEM, check_in, found, marks=marks)
        counts.append(len(sent))
    assert counts[0] == counts[1]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=st.lists(st.sets(st.integers(0, 5), min_size=1), min_size=1, max_size=5))
def test_in_whatever_parts_marks_are_sent_each_is_one_event(session: Session, sent: list[set[int]]) -> None:
    """A connection that comes and goes sends all it has kept, again and again."""
    shift, people = crew(session)
    kept = []
    for number, one in enumerate(people):
        came, left = NOON - timedelta(hours=2), NOON - timedelta(minutes=number)
        kept += [mark(100 * one.id, one, "in", came), mark(100 * one.id + 1, one, "out", left)]
    arrived: set[int] = set()
    for part in sent:
        # Nobody can mark that somebody left before it is marked that they came.
        whole_part = part | {number - 1 for number in part if number % 2}
        arrived |= whole_part
        found = session.get_one(Shift, shift.id)
        told_back = run(SYSTEM, check_in, found, marks=[kept[number] for number in whole_part])
        assert not told_back.refused
    session.rollback()
    rows = session.execute(select(CheckEvent.client_key).where(CheckEvent.shift_id == shift.id)).scalars()
    assert sorted(rows) == sorted(kept[number].key for number in arrived)
    whole = {kept[number].volunteer_id for number in arrived if number % 2}
    assert {one for one, (_came, left) in there(session, shift).items() if left is not None} == whole


def test_only_who_may_and_within_reach(app: Flask, session: Session, browser: Browser) -> None:
    shift, _people = crew(session, 1)
    elsewhere = maker.shift(session, maker.activity(session, make.YANJI))
    stranger = maker.volunteer(session, make.YANJI)
    assert browser.client.get(address(elsewhere)).status_code == 404
    assert Browser(app, session, Role.AUDITOR).client.get(address(shift)).status_code == 403
    told_back = replay(browser, shift, sent_mark(1, stranger, "in", NOON))
    assert "no volunteer within your reach" in next(iter(told_back["refused"].values()))
    assert there(session, shift) == {}


def test_the_moments_of_a_shift_are_those_of_shanghai(session: Session) -> None:
    shift = maker.shift(session, maker.activity(session))
    assert moment_of(shift, 540) == NOON - timedelta(hours=3)
