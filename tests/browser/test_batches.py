"""Acting on several records at once: certificates printed, batches issued, trainees withdrawn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from flask import Flask
from playwright.sync_api import ViewportSize
from sqlalchemy.orm import Session

from registry.certificates.commands import void_certificate
from registry.certificates.models import Certificate
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.training.models import Enrolment
from tests import certificates, training
from tests import factories as make
from tests.browser.conftest import LANGUAGES, NARROW, WIDE, OpenWindow
from tests.browser.counter import Window
from tests.browser.test_screens import troubles

pytestmark = pytest.mark.browser

WHERE = pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["1280", "375"])
BUTTON = "[data-batch] .buttons button"


LOOKS = ("narrow", "dark", "wide")


def tick(window: Window, row: int, **more: Any) -> None:
    """Tick a row of the list; rows count from 0."""
    window.page.locator("input[name=ids]").nth(row).click(**more)


@WHERE
def test_the_selected_certificates_are_one_file(
    session: Session, open_window: OpenWindow, viewport: ViewportSize
) -> None:
    numbers = [c.number for c in certificates.issued(session, make.persons(session, 5))]
    window = open_window(make.user(session, Role.TRAINER), "zh_CN", viewport)
    window.open("/certificates/")
    button = window.page.locator(BUTTON)
    assert not button.is_enabled()
    tick(window, 0)
    tick(window, 2, modifiers=["Shift"])
    assert "3" in window.text("[data-batch-count]")
    with window.page.expect_download() as download:
        window.click(button)
    file = pypdfium2.PdfDocument(Path(download.value.path()).read_bytes())
    told = [page.get_textpage().get_text_bounded() for page in file]
    # The newest certificates stand first in the list, and in the order of their numbers in the file.
    assert [number in page for number, page in zip(numbers[2:], told, strict=True)] == [True] * 3
    file.close()
    # The list still stands as it was, and can be used again.
    window.page.wait_for_function("selector => !document.querySelector(selector).disabled", arg=BUTTON)
    assert "3" in window.text("[data-batch-count]")


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_has_no_pdf_is_told_first(session: Session, open_window: OpenWindow, language: str) -> None:
    good, void = certificates.issued(session, make.persons(session, 2))
    run(SYSTEM, void_certificate, void, reason="重复录入")
    window = open_window(make.user(session, Role.TRAINER), language, reduced_motion="reduce")
    window.open("/certificates/")
    window.click("thead [data-all]")
    window.follow(BUTTON)
    assert void.number in window.text("table")
    assert troubles(window, LOOKS) == []
    with window.page.expect_download() as download:
        window.click("[data-main]")
    assert download.value.suggested_filename == f"{good.number}.pdf"


@WHERE
@pytest.mark.parametrize("language", LANGUAGES)
def test_two_batches_in_three_clicks(
    app: Flask, session: Session, open_window: OpenWindow, language: str, viewport: ViewportSize
) -> None:
    app.config["PUBLIC_URL"] = certificates.PUBLIC_URL
    certificates.confirm_address()
    for _batch in range(2):
        certificates.prepared(session, make.persons(session, 3))
    window = open_window(make.user(session, Role.CERTIFICATE_APPROVER), language, viewport)
    window.open("/certificates/batches")
    window.start_counting()
    window.click(".batch [data-all]" if viewport is NARROW else "thead [data-all]")
    window.follow(BUTTON)
    window.follow("button[data-key=n]")
    assert window.clicks == 3
    session.rollback()
    assert training.rows_of(session, Certificate) == 6
    assert window.page.locator("main a[href$='/pdf']").count() == 2
    assert window.overflow() <= 0
    told = window.text("table")
    # The page of results can be returned to.
    window.open(window.page.url)
    assert window.text("table") == told


@WHERE
@pytest.mark.parametrize("language", LANGUAGES)
def test_several_trainees_withdraw(
    session: Session, open_window: OpenWindow, language: str, viewport: ViewportSize
) -> None:
    course = training.course(session, capacity=20)
    training.enrolled(session, course, 6)
    window = open_window(make.user(session, Role.TRAINER), language, viewport, reduced_motion="reduce")
    window.open(f"/training/courses/{course.id}")
    tick(window, 1)
    tick(window, 3, modifiers=["Shift"])
    window.follow(BUTTON)
    assert troubles(window, LOOKS) == []
    assert window.page.locator(".names li").count() == 3
    assert window.overflow() <= 0
    # Without a reason nothing happens, and the selection stays.
    window.follow("[data-main]")
    assert window.page.locator("[data-error-summary]").count() == 1
    assert window.page.locator(".names li").count() == 3
    window.page.fill("[name=reason]", "单位统一出差")
    window.follow("[data-main]")
    session.rollback()
    left = session.query(Enrolment).filter(Enrolment.withdrawn_on.is_not(None)).count()
    assert left == 3
    assert window.page.locator("input[name=ids]").count() == 3


def test_a_filter_of_the_trainees_arrives_at_the_list(session: Session, open_window: OpenWindow) -> None:
    course = training.course(session, capacity=100)
    training.enrolled(session, course, 60)
    window = open_window(make.user(session, Role.TRAINER))
    window.open(f"/training/courses/{course.id}")
    assert window.page.evaluate("scrollY") == 0
    assert window.page.locator("input[name=ids]").count() == 50
    window.follow("[rel=next]")
    assert window.page.locator("input[name=ids]").count() == 10
    assert window.page.evaluate("scrollY") > 0
    assert window.page.locator("[data-arrive]").evaluate("list => list.getBoundingClientRect().top") < 900
