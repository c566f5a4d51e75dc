"""From telephones to hours that count: twenty-three people, at most nine clicks of the staff."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run, write
from registry.volunteers.commands.check_in import Mark, check_in
from registry.volunteers.models import (
    PointsLine,
    ServiceEntry,
    ServiceLine,
    Shift,
    Volunteer,
    VolunteerPeriod,
)
from tests import factories as make
from tests import sign_ups
from tests import volunteers as makers
from tests.browser.conftest import LANGUAGES, OpenWindow
from tests.browser.test_forms import rows_of

pytestmark = pytest.mark.browser

PEOPLE = 23
MOST_CLICKS = 9


def everyone_was_there(session: Session, shift: Shift) -> None:
    """All volunteers checked in and out by the code at the place."""
    moment = datetime.combine(shift.held_on, time(8, 55), clock.SHANGHAI)
    marks = [
        Mark(f"{kind}-{volunteer_id}", volunteer_id, kind, moment + timedelta(hours=hours))
        for volunteer_id in session.execute(select(Volunteer.id)).scalars()
        for kind, hours in (("in", 0), ("out", 4.2))
    ]
    run(SYSTEM, check_in, shift, marks=marks)


@pytest.mark.parametrize("language", LANGUAGES)
def test_applicants_become_volunteers_and_their_hours_count(
    session: Session, open_window: OpenWindow, language: str
) -> None:
    for _ in range(PEOPLE):
        sign_ups.received(session)
    coordinator = open_window(make.user(session, Role.VOLUNTEER_COORDINATOR), language)
    coordinator.open("/volunteers/sign-ups")
    coordinator.start_counting()
    coordinator.click("thead [data-all]")
    coordinator.follow("[data-batch] .buttons button >> nth=0")
    coordinator.follow("[data-key=n]")
    session.rollback()
    assert rows_of(session, Volunteer) == PEOPLE
    admitted = coordinator.clicks

    # As if they had been admitted some days before.
    day = clock.today() - timedelta(days=1)
    with write("volunteers.factory", SYSTEM) as w:
        for period in w.session.execute(select(VolunteerPeriod)).scalars():
            period.starts_on = day
    gathering = makers.activity(session, on=day)
    everyone_was_there(session, makers.shift(session, gathering))
    coordinator.open(f"/volunteers/activities/{gathering.id}")
    coordinator.start_counting()
    coordinator.follow("a[data-key=n]")
    coordinator.page.fill("[name=hours_all]", "4")
    coordinator.follow("[data-main]")
    session.rollback()
    assert session.execute(select(func.sum(ServiceEntry.minutes))).scalar_one() == PEOPLE * 240
    entered = coordinator.clicks

    second = open_window(make.user(session, Role.VOLUNTEER_COORDINATOR), language)
    second.open("/volunteers/service")
    second.start_counting()
    second.click("thead [data-all]")
    second.follow("[data-batch] .buttons button >> nth=0")
    if rows_of(session, ServiceLine) == 0:
        second.follow("[data-main]")
    session.rollback()
    lines = session.execute(select(func.count(), func.sum(ServiceLine.minutes))).one()
    assert tuple(lines) == (PEOPLE, PEOPLE * 240)
    assert rows_of(session, PointsLine) == PEOPLE
    approved = second.clicks
    assert max(admitted, approved) <= 3, (admitted, approved)
    assert entered <= 4
    assert admitted + entered + approved <= MOST_CLICKS, (admitted, entered, approved)

    second.open("/indicators/service_hours")
    assert second.page.locator(".figure-value strong").inner_text() == str(PEOPLE * 4)
