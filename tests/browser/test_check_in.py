"""Without network the marks of a shift are kept on the computer and sent once it is back, each one time."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.people.models import Person
from registry.volunteers.commands.bookings import book
from registry.volunteers.models import CheckEvent, Shift, Volunteer
from tests import factories as make
from tests import volunteers as maker
from tests.browser.conftest import NARROW, WIDE, OpenWindow

pytestmark = pytest.mark.browser


def crew(session: Session) -> tuple[Shift, list[Volunteer]]:
    """A shift that lasts all day with three volunteers booked."""
    shift = maker.shift(session, maker.activity(session), 0, 1_440)
    people = maker.volunteers(session, 3)
    run(SYSTEM, book, shift, volunteer_ids=[one.id for one in people])
    session.rollback()
    return shift, people


def kept(page: Page, shift_id: int) -> list[dict[str, Any]]:
    return list(json.loads(page.evaluate(f"localStorage.getItem('check-in:{shift_id}')") or "[]"))


def nothing_kept(page: Page, shift_id: int) -> None:
    """Wait until everything that was kept is sent."""
    page.wait_for_function(
        "place => JSON.parse(localStorage.getItem(place) || '[]').length === 0", arg=f"check-in:{shift_id}"
    )


def events(session: Session) -> list[tuple[int, str, str]]:
    session.rollback()
    rows = session.execute(select(CheckEvent).order_by(CheckEvent.id)).scalars()
    return [(one.volunteer_id, one.kind, one.method) for one in rows]


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["1280", "375"])
def test_marks_made_without_network_arrive_later_and_once(
    session: Session, open_window: OpenWindow, viewport: Any
) -> None:
    shift, (first, second, third) = crew(session)
    ids = [one.id for one in (first, second, third)]
    names = [session.get_one(Person, one.person_id).name for one in (first, second, third)]
    shift_id = shift.id
    window = open_window(make.user(session, Role.VOLUNTEER_COORDINATOR), "en", viewport)
    session.rollback()
    page = window.page
    window.open(f"/volunteers/shifts/{shift_id}/check_in")
    # With network a mark is saved at once.
    page.click(f"button[value='in:{ids[0]}']")
    expect(page.locator(f"button[value='void:{ids[0]}']")).to_be_visible()
    nothing_kept(page, shift_id)
    assert events(session) == [(ids[0], "in", "list")]

    page.context.set_offline(True)
    page.click(f"button[value='in:{ids[1]}']")
    page.click(f"button[value='in:{ids[2]}']")
    page.click(f"button[value='out:{ids[2]}']")
    expect(page.get_by_text("No network: 3 marks are kept")).to_be_visible()
    expect(page.locator(f"[data-volunteer='{ids[1]}']")).to_contain_text("not sent yet")
    marks = kept(page, shift_id)
    assert [(mark["volunteer_id"], mark["kind"]) for mark in marks] == [
        (ids[1], "in"),
        (ids[2], "in"),
        (ids[2], "out"),
    ]
    # Ids and times only.
    assert {key for mark in marks for key in mark} == {
        "key",
        "volunteer_id",
        "kind",
        "occurred_at",
        "offline",
    }
    assert not any(name in json.dumps(marks, ensure_ascii=False) for name in names)
    assert len(events(session)) == 1

    page.context.set_offline(False)
    nothing_kept(page, shift_id)
    expect(page.get_by_text("not sent yet")).to_have_count(0)
    expect(page.locator("[data-check-in-count=in]")).to_have_text("3")
    assert events(session)[1:] == [
        (ids[1], "in", "offline"),
        (ids[2], "in", "offline"),
        (ids[2], "out", "offline"),
    ]
    # An answer that got lost: the same marks are kept once more and sent again.
    page.evaluate(
        "([place, marks]) => localStorage.setItem(place, marks)", [f"check-in:{shift_id}", json.dumps(marks)]
    )
    with page.expect_event("load"):
        page.reload()
    expect(page.get_by_text("No network")).to_have_count(0)
    nothing_kept(page, shift_id)
    assert len(events(session)) == 4
    assert window.overflow() <= 0
    # The only troubles are requests that found no network.
    window.troubles[:] = [told for told in window.troubles if "ERR_INTERNET_DISCONNECTED" not in told]


def test_everyone_in_one_click(session: Session, open_window: OpenWindow) -> None:
    shift, people = crew(session)
    ids = [one.id for one in people]
    window = open_window(make.user(session, Role.VOLUNTEER_COORDINATOR), "en")
    shift_id = shift.id
    address = f"/volunteers/shifts/{shift_id}/check_in"
    session.rollback()
    window.open(address)
    window.start_counting()
    window.click("button[value='in:all']")
    expect(window.page.locator("[data-check-in-count=missing]")).to_have_text("0")
    nothing_kept(window.page, shift_id)
    assert sorted(events(session)) == sorted((one, "in", "list") for one in ids)
    assert window.clicks == 1


def test_the_code_of_the_place_changes_by_itself(
    session: Session, open_window: OpenWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = clock.now().replace(second=58)
    monkeypatch.setattr(clock, "now", lambda: moment)  # Read anew each time: the minute goes on below.
    shift, _people = crew(session)
    window = open_window(make.user(session, Role.VOLUNTEER_COORDINATOR), "en")
    window.open(f"/volunteers/shifts/{shift.id}/check_in/code")
    code = window.page.locator("svg.qr path")
    drawn = code.get_attribute("d") or ""
    moment += timedelta(minutes=1)
    expect(code).not_to_have_attribute("d", drawn, timeout=10_000)
    assert window.loads == 1
