"""Hours and the call-out list on both widths: accessible, and from a part of the hours to its records."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import ViewportSize
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.permissions import Role
from registry.indicators.commands import build_missing
from tests import factories as make
from tests import volunteers as volunteering
from tests.browser.conftest import LANGUAGES, NARROW, WIDE, OpenWindow
from tests.browser.test_screens import slips, troubles
from tests.figures import certify

pytestmark = [pytest.mark.browser, pytest.mark.sqlite_only]


@pytest.mark.parametrize(("language", "viewport"), [("zh_CN", WIDE), ("en", NARROW)], ids=LANGUAGES)
def test_hours_by_field_lead_to_their_records_and_phones_stay_masked(
    session: Session, open_window: OpenWindow, language: str, viewport: ViewportSize
) -> None:
    build_missing(session)
    day = clock.today()
    group = volunteering.team(session, name="南关应急救援队")
    phone = "13812340001"
    found = volunteering.volunteer(session, entrant=make.entrant(phone=phone))
    certify(session, found.person_id, day - timedelta(days=30), clock.add_months(day, 35))
    volunteering.insured(session, [found])
    volunteering.served(session, found, minutes=270, field="rescue", team_id=group.id)
    volunteering.served(session, found, minutes=60, starts=900, field="elderly")
    window = open_window(
        make.user(session, Role.VOLUNTEER_COORDINATOR, make.CHANGCHUN),
        language,
        viewport,
        reduced_motion="reduce",
    )
    wrong: list[str] = []

    def look() -> None:
        told = [*slips(window, language), *troubles(window, ("dark", "wide", "narrow"))]
        wrong.extend(f"{window.page.url} {one}" for one in told)
        window.page.set_viewport_size(viewport)
        window.page.emulate_media(color_scheme="light")

    window.open("/indicators/service_hours")
    assert "5.5" in window.text("main .figure-value")
    look()
    window.follow(window.page.locator("main a[href*='field=rescue']"))
    assert window.page.locator("main tbody tr").count() == 1
    assert "4.5" in window.text("main tbody")
    look()
    window.open("/volunteers/call-out?insured=y&trained_within=12")
    assert window.page.locator("main tbody tr").count() == 1
    assert phone not in window.text()
    look()
    window.follow(window.page.locator("main a[href*='/call-out/reveal']"))
    window.page.locator("main textarea").fill("延吉洪水应急")
    window.follow(window.page.locator("main form [data-main]"))
    assert phone in window.text("main tbody")
    look()
    assert wrong == [], "\n".join(wrong)
