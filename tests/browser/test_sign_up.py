"""Signing up on a telephone without script, and a batch of applicants admitted in three clicks."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.volunteers.commands.decide_sign_ups import approve_sign_ups
from registry.volunteers.commands.own_page import give_page
from registry.volunteers.models import SignUp, Volunteer
from tests import factories as make
from tests import sign_ups
from tests import volunteers as makers
from tests.browser.conftest import LANGUAGES, NARROW, OpenWindow
from tests.browser.counter import Window
from tests.browser.test_forms import rows_of
from tests.browser.test_screens import slips, troubles

pytestmark = [pytest.mark.browser, pytest.mark.sqlite_only]


def looked_at(window: Window, language: str) -> list[str]:
    """What is wrong with the page shown, in its words and its looks; colours are those of both languages."""
    if language == "zh_CN":
        return slips(window, language) + troubles(window, ("wide", "dark", "narrow"))
    return slips(window, language) + troubles(window, ("wide", "narrow"), colours=False)


@pytest.mark.parametrize("language", LANGUAGES)
def test_sign_up_without_script_and_open_the_own_page(
    session: Session, open_window: OpenWindow, language: str
) -> None:
    told = sign_ups.typed()
    window = open_window(None, language, NARROW, java_script_enabled=False)
    window.open(f"/join/{make.NANGUAN}")
    assert window.page.locator("main input:visible, main select:visible").count() == 8
    for name in ("name", "phone"):
        window.page.fill(f"[name={name}]", told[name])
    window.page.fill("[name=document_number]", "220102199001011234")
    window.page.select_option("[name=field]", told["field"])
    window.page.check("[name=consent]")
    button = "main button[type=submit]"
    window.follow(button)
    # What is wrong is said, and nothing has to be typed again but the number.
    assert window.page.locator("#document_number-error").count() == 1
    window.page.fill("[name=document_number]", told["document_number"])
    window.follow(button)
    assert "/join/receipt/" in window.page.url
    session.rollback()
    record = session.execute(select(SignUp)).scalar_one()
    run(SYSTEM, approve_sign_ups, [record])
    session.rollback()
    window.open(window.page.url)
    window.follow(button)
    assert "/my/" in window.page.url
    session.rollback()
    assert session.execute(select(Volunteer.number)).scalar_one() in window.text()
    assert told["name"] not in window.text()


def test_all_applicants_are_admitted_in_three_clicks(session: Session, open_window: OpenWindow) -> None:
    for _ in range(6):
        sign_ups.received(session)
    window = open_window(make.user(session, Role.VOLUNTEER_COORDINATOR), "zh_CN")
    window.open("/volunteers/sign-ups")
    window.start_counting()
    window.click("thead [data-all]")
    window.follow("[data-batch] .buttons button >> nth=0")
    window.follow("main button[data-key=n], header button[data-key=n], button[data-key=n]")
    assert window.clicks == 3
    assert rows_of(session, Volunteer) == 6


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_of_sign_ups_are_accessible(
    session: Session, open_window: OpenWindow, language: str
) -> None:
    records = [sign_ups.received(session) for _ in range(3)]
    known = make.entrant(serial=91)
    makers.volunteers(session, 1, entrant=known)
    wrong_name = sign_ups.received(session, told=sign_ups.typed(91, name="别人家"))
    gathering = makers.activity(session, state="cancelled")
    page = run(SYSTEM, give_page, makers.volunteer(session))
    chosen = "&".join(f"sign_up={one.record.id}" for one in (*records, wrong_name))
    session.rollback()
    visitor = open_window(None, language, reduced_motion="reduce")
    staff = open_window(make.user(session, Role.VOLUNTEER_COORDINATOR), language, reduced_motion="reduce")
    wrong = []
    for window, path in (
        (visitor, f"/join/{gathering.sign_up_token}"),
        (visitor, f"/join/receipt/{records[0].token}"),
        (visitor, f"/my/{page}"),
        (staff, "/volunteers/sign-ups"),
        (staff, f"/volunteers/sign-ups/{wrong_name.record.id}"),
        (staff, f"/volunteers/sign-ups/{records[0].record.id}"),
        (staff, f"/volunteers/sign-ups/{records[0].record.id}/reveal"),
        (staff, f"/volunteers/sign-ups/approve?{chosen}"),
        (staff, f"/volunteers/sign-ups/reject?{chosen}"),
        (staff, "/volunteers/add"),
        (staff, "/volunteers/add-list"),
        (staff, "/volunteers/added?new=3&returned=1&already=2"),
        (staff, f"/volunteers/units/{gathering.unit_id}/poster?activity={gathering.id}"),
    ):
        window.open(path)
        wrong += [f"{path} {one}" for one in looked_at(window, language)]
    # The address of an own page, while it is shown.
    staff.open(f"/volunteers/{makers.volunteer(session).id}/page")
    staff.follow("[data-main]")
    assert staff.page.locator("svg.qr").count() == 1
    wrong += [f"the own page given {one}" for one in looked_at(staff, language)]
    # A refused form of the telephone.
    visitor.open(f"/join/{make.NANGUAN}")
    visitor.follow("main button[type=submit]")
    wrong += [f"refused {one}" for one in looked_at(visitor, language)]
    assert wrong == [], "\n".join(wrong)
