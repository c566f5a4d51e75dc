"""Everything one does to a single record works in a browser that runs no script."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from registry.core.permissions import Role
from registry.training.models import Course, Enrolment
from tests import certificates, training
from tests import factories as make
from tests.browser.conftest import LANGUAGES, OpenWindow
from tests.browser.lists import as_copied, class_list
from tests.browser.test_forms import fill_in_a_course, rows_of

pytestmark = [pytest.mark.browser, pytest.mark.sqlite_only]


@pytest.mark.parametrize("language", LANGUAGES)
def test_sign_in_open_a_course_and_enrol(session: Session, open_window: OpenWindow, language: str) -> None:
    trainer = make.user(session, Role.TRAINER)
    window = open_window(None, language, java_script_enabled=False)
    window.open("/training/courses/open")
    window.page.fill("[name=username]", trainer.username)
    window.page.fill("[name=password]", make.PASSWORD)
    window.follow("[data-main]")
    fill_in_a_course(window.page, "一号教室")
    window.follow("[data-main]")
    assert rows_of(session, Course) == 1

    course = window.page.url
    row = training.row("欧阳娜娜")
    window.follow("main a[href$='/enrol/one']")
    for name in ("name", "document_number", "phone"):
        window.page.fill(f"[name={name}]", row[name])
    window.follow("[data-main]")
    assert window.page.url == course
    assert rows_of(session, Enrolment) == 1
    assert row["name"] in window.text()

    window.follow("a[data-key=n]")
    window.page.fill("textarea[name=rows]", as_copied(class_list(3)))
    window.follow("[data-main]")
    assert rows_of(session, Enrolment) == 4


@pytest.mark.parametrize("language", LANGUAGES)
def test_verify_a_certificate_by_number_and_name(
    session: Session, open_window: OpenWindow, language: str
) -> None:
    person = make.person(session, name="欧阳娜娜")
    (certificate,) = certificates.issued(session, [person.id])
    valid = {"zh_CN": "有效", "en": "Valid"}[language]
    window = open_window(None, language, java_script_enabled=False)
    window.open("/verify")
    window.page.fill("[name=number]", certificate.number)
    window.page.fill("[name=name]", "欧阳娜娜")
    window.follow("main button[type=submit]")
    assert valid in window.text()
    window.open(f"/v/{certificate.token}")
    assert valid in window.text()
    window.page.fill("[name=name]", "欧阳某某")
    window.follow("main button[type=submit]")
    assert window.page.locator("[role=status]").count() == 1
