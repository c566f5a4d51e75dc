"""Forms in a real browser: signing in, an ended session, Back, a double click, an input method."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, Request, ViewportSize
from sqlalchemy import make_url, update
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.ops import WebSession, ops_session
from registry.core.permissions import Role
from registry.training.models import Course, Enrolment
from tests import factories as make
from tests import training
from tests.browser.conftest import LANGUAGES, NARROW, WIDE, OpenWindow
from tests.browser.counter import Window

pytestmark = [pytest.mark.browser, pytest.mark.sqlite_only]


def rows_of(session: Session, model: Any) -> int:
    """How many rows there are now."""
    session.rollback()
    return training.rows_of(session, model)


def sign_in(window: Window, username: str) -> None:
    """Fill in the sign-in page and send it with Enter."""
    window.type("[name=username]", username)
    window.type("[name=password]", make.PASSWORD)
    window.send("Enter")


@pytest.mark.parametrize(("language", "viewport"), [("zh_CN", NARROW), ("en", WIDE)], ids=LANGUAGES)
def test_signing_in_and_out(
    session: Session, open_window: OpenWindow, language: str, viewport: ViewportSize
) -> None:
    user = make.user(session, Role.TRAINER)
    username, name = user.username, user.name
    window = open_window(None, language, viewport)
    window.open("/training/courses")
    assert "/sign-in" in window.page.url
    window.type("[name=username]", username)
    window.type("[name=password]", "wrong-" + make.PASSWORD)
    window.follow("[data-main]")
    assert window.page.locator("[role=alert]").inner_text()
    assert window.page.input_value("[name=username]") == username
    assert window.page.input_value("[name=password]") == ""
    sign_in(window, username)
    # Where one wanted to go when asked to sign in.
    assert window.page.url.endswith("/training/courses")
    window.click("details.user summary")
    assert name in window.text(".user")
    window.follow("form[action$='/sign-out'] button")
    window.open("/training/courses")
    assert "/sign-in" in window.page.url


def test_typed_fields_come_back_after_an_expired_session(session: Session, open_window: OpenWindow) -> None:
    course = training.course(session, capacity=30)
    trainer = make.user(session, Role.TRAINER)
    username = trainer.username
    row = training.row("欧阳娜娜")
    window = open_window(trainer)
    window.open(f"/training/courses/{course.id}/enrol/one")
    window.type("[name=name]", row["name"])
    window.type("[name=document_number]", row["document_number"])
    window.type("[name=employer]", "南关区民康街道办事处")
    session.rollback()
    with ops_session() as ops:
        ops.execute(update(WebSession).values(seen_at=clock.now() - timedelta(hours=2)))
    window.follow("[data-main]")

    assert window.page.locator("[name=password]").count() == 1
    assert rows_of(session, Enrolment) == 0
    assert row["document_number"] not in window.page.content()
    sign_in(window, username)
    window.follow("[data-main]")
    assert window.page.input_value("[name=name]") == row["name"]
    assert window.page.input_value("[name=document_number]") == row["document_number"]
    assert window.page.input_value("[name=employer]") == "南关区民康街道办事处"
    window.follow("[data-main]")
    assert rows_of(session, Enrolment) == 1


def fill_in_a_course(page: Page, venue: str) -> None:
    """Type a new course; nothing of it makes a second one impossible."""
    page.select_option("[name=course_type]", index=1)
    page.select_option("[name=unit]", index=1) if page.input_value("[name=unit]") == "" else None
    page.fill("[name=starts_on]", "2026-12-01")
    page.fill("[name=venue]", venue)


def test_back_and_submit_again_has_one_effect(session: Session, open_window: OpenWindow) -> None:
    window = open_window(make.user(session, Role.TRAINER))
    window.open("/training/courses/open")
    fill_in_a_course(window.page, "一号教室")
    window.follow("[data-main]")
    saved = window.page.url
    assert rows_of(session, Course) == 1
    window.page.go_back()
    window.settled()
    if window.page.input_value("[name=venue]") == "":
        fill_in_a_course(window.page, "一号教室")
    window.follow("[data-main]")
    assert rows_of(session, Course) == 1
    assert window.page.url == saved


def test_back_and_submit_again_is_asked_about_without_script(
    session: Session, open_window: OpenWindow
) -> None:
    window = open_window(make.user(session, Role.TRAINER), java_script_enabled=False)
    window.open("/training/courses/open")
    fill_in_a_course(window.page, "一号教室")
    window.follow("[data-main]")
    saved = window.page.url
    window.page.go_back()
    window.settled()
    fill_in_a_course(window.page, "一号教室")
    window.follow("[data-main]")
    assert rows_of(session, Course) == 1
    assert window.page.input_value("[name=venue]") == "一号教室"
    assert window.page.locator("[role=alert] a").get_attribute("href") in saved
    # It was meant as another course.
    window.follow("[name=as_new]")
    assert rows_of(session, Course) == 2


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_second_click_while_saving_has_no_effect(
    app: Flask, session: Session, open_window: OpenWindow, script: bool
) -> None:
    window = open_window(make.user(session, Role.TRAINER), java_script_enabled=script)
    window.open("/training/courses/open")
    fill_in_a_course(window.page, "二号教室")
    button = window.page.locator("[data-main]")
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    assert box is not None
    place = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    sent: list[str] = []
    window.page.on("request", lambda request: sent.append(request.method))

    def posts(request: Request) -> bool:
        return request.method == "POST"

    # Somebody else is writing, so that the first click is not done when the second comes.
    session.rollback()
    file = make_url(app.config["SQLALCHEMY_DATABASE_URI"]).database
    assert file is not None
    with closing(sqlite3.connect(file)) as other:
        other.execute("BEGIN IMMEDIATE")
        with window.page.expect_request(posts):
            window.page.mouse.click(*place)
        if script:
            window.page.mouse.click(*place)
        else:
            with window.page.expect_request(posts):
                window.page.mouse.click(*place)
    window.page.wait_for_url(re.compile(r"/training/courses/\d+$"))
    assert sent.count("POST") == (1 if script else 2)
    assert rows_of(session, Course) == 1


def test_enter_that_ends_a_composition_does_not_submit(session: Session, open_window: OpenWindow) -> None:
    course = training.course(session, capacity=30)
    window = open_window(make.user(session, Role.TRAINER))
    keys = window.page.context.new_cdp_session(window.page)
    for path, field in (
        (f"/training/courses/{course.id}/enrol/one", "[name=name]"),
        (f"/training/courses/{course.id}/enrol", "[data-grid] tbody tr:nth-child(1) [data-c='0']"),
    ):
        window.open(path)
        window.click(field)
        at = window.page.url
        keys.send("Input.imeSetComposition", {"text": "ouyang", "selectionStart": 6, "selectionEnd": 6})
        loads = window.loads
        window.press("Enter")
        keys.send("Input.insertText", {"text": "欧阳"})
        assert window.page.input_value(field) == "欧阳"
        assert window.page.evaluate(
            "field => document.activeElement === document.querySelector(field)", field
        )
        window.idle()
        assert (window.page.url, window.loads) == (at, loads)
    # The next Enter is meant for the form.
    window.open(f"/training/courses/{course.id}/enrol/one")
    window.click("[name=name]")
    window.send("Enter")
    assert window.page.locator("[role=alert]").count() == 1
    assert rows_of(session, Enrolment) == 0
