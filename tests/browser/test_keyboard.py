"""Jobs 1 and 2 from the class list to the certificates, without a mouse."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.certificates.models import Certificate
from registry.core.permissions import Role
from registry.training.models import AttendanceEvent, Enrolment
from tests import certificates, training
from tests import factories as make
from tests.browser.conftest import LANGUAGES, OpenWindow
from tests.browser.counter import Window
from tests.browser.lists import as_copied, class_list

pytestmark = [pytest.mark.browser, pytest.mark.sqlite_only]


def focused(window: Window) -> str:
    """What has the focus, and whether it can be seen to have it."""
    told: str = window.page.evaluate(
        """() => {
          const it = document.activeElement, box = it.getBoundingClientRect(), style = getComputedStyle(it);
          if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) { return "no ring"; }
          const seen = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
          const bare = seen && (it.contains(seen) || seen.contains(it));
          return bare ? "seen" : "covered: " + it.outerHTML.slice(0, 120);
        }"""
    )
    return told


def tab_to(window: Window, selector: str) -> None:
    """Press Tab until an element has the focus; everything on the way shows where the focus is."""
    for _ in range(80):
        window.press("Tab")
        if window.page.evaluate("selector => document.activeElement.matches(selector)", selector):
            assert focused(window) == "seen"
            return
        if not window.page.evaluate("document.activeElement.matches('body, .skip')"):
            assert focused(window) == "seen"
    raise AssertionError(f"Tab never reaches {selector}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_from_the_class_list_to_the_certificates(
    app: Flask, session: Session, open_window: OpenWindow, language: str
) -> None:
    app.config["PUBLIC_URL"] = certificates.PUBLIC_URL
    certificates.confirm_address()
    course = training.course(session, capacity=50)
    window = open_window(make.user(session, Role.TRAINER), language)
    window.open(f"/training/courses/{course.id}")
    window.copy(as_copied(class_list(12)))
    window.start_counting()

    # The class list: the empty table has the focus already.
    window.send("n")
    window.paste()
    window.send("Control+Enter")
    session.rollback()
    assert training.rows_of(session, Enrolment) == 12
    tab_to(window, f"a.btn-primary[href$='/courses/{course.id}']")
    window.send()

    # Attendance: number 1 was never there.
    window.send("n")
    tab_to(window, "[data-grid] tbody [data-c]")
    sittings = window.page.locator("[data-grid] tbody tr").first.locator("[data-c]").count()
    for _sitting in range(sittings):
        window.press("a")
        window.press("ArrowUp")
        window.press("ArrowRight")
    window.send("Control+Enter")
    session.rollback()
    marks = select(func.count()).select_from(AttendanceEvent).where(AttendanceEvent.kind == "absent")
    assert session.execute(marks).scalar_one() == sittings

    # Results: a column of scores; then what is missing is read and attested.
    window.copy("\r\n".join(["", *["90"] * 11]))
    tab_to(window, "[data-grid] tbody [data-c='1']")
    window.paste()
    window.send("Control+Enter")
    tab_to(window, "[name=attested]")
    window.press("Space")
    window.send("Control+Enter")
    assert window.clicks == 0

    approver = open_window(make.user(session, Role.CERTIFICATE_APPROVER), language)
    approver.open("/certificates/batches")
    tab_to(approver, "input[name=ids]")
    approver.press("Space")
    tab_to(approver, "[data-batch] .buttons button")
    approver.send()
    approver.send("n")
    assert approver.clicks == 0
    session.rollback()
    assert training.rows_of(session, Certificate) == 11
