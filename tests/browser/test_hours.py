"""Hours of twenty-three who checked in, entered by one and approved by another; clicks are counted."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.core.permissions import Role
from registry.volunteers.models import ServiceEntry, ServiceLine
from tests import factories as make
from tests import hours
from tests import volunteers as makers
from tests.browser.conftest import OpenWindow
from tests.test_volunteers_enter_hours import came

pytestmark = pytest.mark.browser


def test_hours_of_everybody_take_one_number_and_their_approval_three_clicks(
    session: Session, open_window: OpenWindow
) -> None:
    activity = makers.activity(session, on=hours.yesterday())
    shift = makers.shift(session, activity)
    for one in makers.volunteers(session, 23):
        came(shift, one, ("in", 535))
    users = [make.user(session, Role.VOLUNTEER_COORDINATOR, make.NANGUAN) for _ in range(2)]
    address = f"/volunteers/activities/{activity.id}/hours"
    session.rollback()

    enters = open_window(users[0], language="en")
    enters.open(address)
    enters.start_counting()
    enters.click("#hours_all")
    enters.page.keyboard.type("4")
    enters.follow("button[data-main]")
    # One more click led to the page from the activity.
    assert enters.clicks + 1 <= 4
    assert "23 people are submitted" in enters.text()

    approves = open_window(users[1], language="en")
    approves.open("/volunteers/service")
    approves.start_counting()
    approves.click("thead input[data-all]")
    approves.follow("button[formaction$='/service/approve']")
    approves.follow("button[data-main]")
    assert approves.clicks == 3
    assert "23 entries are approved" in approves.text()

    session.rollback()
    assert set(session.execute(select(ServiceEntry.state)).scalars()) == {"approved"}
    assert session.execute(select(ServiceLine.minutes)).scalars().all() == [240] * 23
