"""The way of a trainer in a browser, with every click and every load of a page counted."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.certificates.models import BatchLine
from registry.training.models import Course, Enrolment
from tests import factories as make
from tests import training as t

pytestmark = pytest.mark.browser


class Counter:
    """A browser window that counts: clicks by the mouse, and navigations to a new page."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.clicks = self.loads = 0

    def reset(self) -> None:
        """Start counting."""
        self.clicks = self.loads = 0
        self.page.on("request", self._asked)

    def _asked(self, request: Any) -> None:
        if request.is_navigation_request() and request.redirected_from is None:
            self.loads += 1

    def click(self, selector: str) -> None:
        """One click."""
        self.clicks += 1
        self.page.locator(selector).first.click()

    def follow(self, selector: str) -> None:
        """One click that leads to another page."""
        with self.page.expect_event("load"):
            self.click(selector)

    def paste(self, text: str) -> None:
        """Ctrl+V of cells copied in a spreadsheet, into what has the focus."""
        self.page.evaluate(
            """text => {
                const data = new DataTransfer();
                data.setData("text/plain", text);
                document.activeElement.dispatchEvent(
                    new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
            }""",
            text,
        )


@pytest.fixture
def window(app: Flask, session: Session, page: Any) -> Counter:
    """A window with a trainer signed in, in English."""
    user = make.user(session)
    session.rollback()
    page.goto("/training/courses")
    page.fill("[name=username]", user.username)
    page.fill("[name=password]", make.PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url("**/training/courses")
    return Counter(page)


def enrolments(session: Session) -> list[Enrolment]:
    session.rollback()  # What the browser saved is newer than what this session began to read.
    return list(session.execute(select(Enrolment).order_by(Enrolment.id)).scalars())


def test_forty_people_from_a_pasted_list_in_five_clicks(session: Session, window: Counter) -> None:
    found = t.course(session)
    lines = ["序号\t姓名\t身份证号\t手机"]
    for number in range(1, 41):
        row = t.row()
        lines.append(f"{number}\t{row['name']}\t{row['document_number']}\t{row['phone']}")
    session.rollback()
    window.page.goto(f"/training/courses/{found.id}")
    window.reset()
    window.follow("a.btn-primary")
    window.click("[data-grid] td input")
    window.paste("\n".join(lines))
    window.follow("[data-main]")
    assert len(enrolments(session)) == 40
    assert (window.clicks, window.loads) == (3, 2)


def test_forty_people_from_attendance_to_certificates(session: Session, window: Counter) -> None:
    found = t.course(session)
    t.enrolled(session, found, 40)
    session.rollback()
    page = window.page
    page.goto(f"/training/courses/{found.id}")
    window.reset()
    window.follow("a.btn-primary")
    for sitting in (1, 2):
        window.click(f"[data-grid] tbody tr:nth-child(1) td:nth-of-type({sitting + 1}) button")
        page.keyboard.press("a")
    window.follow("[data-main]")
    window.click("[data-grid] tbody tr:nth-child(1) td input[inputmode]")
    window.paste("\n".join(["90", "79", *["85"] * 38]))
    window.click("[data-grid] tbody tr:nth-child(3) td:nth-of-type(3) button")
    page.keyboard.press("f")
    window.follow("[data-main]")
    window.click("[name=attested]")
    window.follow("[data-main]")
    results = [e.result for e in enrolments(session)]
    assert results == ["failed"] * 3 + ["passed"] * 37
    assert len(session.execute(select(BatchLine.id)).all()) == 37
    assert session.get_one(Course, found.id).state == "closed"
    assert window.clicks <= 12
    assert window.loads <= 4
    reasons = [[r["code"] for r in e.result_basis["reasons"]] for e in enrolments(session)[:3]]
    assert reasons == [["absent", "absent", "absent_total"], ["theory_low"], ["item_failed"]]
