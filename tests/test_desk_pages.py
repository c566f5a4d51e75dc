"""The search at the top of every page, and the page of one person."""

from __future__ import annotations

import re

from flask import Flask
from sqlalchemy.orm import Session

from registry.certificates.commands import void_certificate
from registry.core import clock
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.people import commands as people
from registry.people.commands import Entrant
from registry.training import commands
from tests import certificates
from tests import factories as make
from tests import training as t


def search(browser: t.Browser, text: str, **more: str) -> str:
    """What the search tells, without the words that were searched for."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/"))
    assert token
    answer = browser.client.post("/search", data={"csrf_token": token[1], "q": text, **more})
    assert answer.status_code == 200
    page = answer.get_data(as_text=True)
    return page[page.index("<main") :] if "<main" in page else page


def test_people_of_one_name_are_told_apart(app: Flask, session: Session) -> None:
    for employer in ("第一中学", "第二医院"):
        make.person(session, name="欧阳娜娜", employer=employer, phone="13812345678")
    make.person(session, make.YANJI, name="欧阳娜", employer="延边大学")
    page = search(t.Browser(app, session), "欧阳")
    assert "第一中学" in page
    assert "第二医院" in page
    assert "138****5678" in page
    assert "13812345678" not in page
    assert "延边大学" not in page


def test_a_certificate_names_its_holder_and_state(app: Flask, session: Session) -> None:
    person = make.person(session, name="欧阳娜娜")
    (certificate,) = certificates.issued(session, [person.id])
    browser = t.Browser(app, session)
    page = search(browser, certificate.number[:8])
    assert "欧阳娜娜" in page
    assert "Valid" in page
    run(SYSTEM, void_certificate, certificate, reason="重复录入")
    assert "Void" in search(browser, certificate.number)
    suggestions = search(browser, certificate.number, part="1")
    assert f'href="/certificates/{certificate.id}"' in suggestions
    assert "欧阳娜娜" in suggestions


def test_a_course_is_found_by_number_and_by_what_its_title_holds(app: Flask, session: Session) -> None:
    course = t.course(session, title="民康街道春季班")
    hidden = t.course(session, make.YANJI, title="延吉春季班")
    browser = t.Browser(app, session)
    for text in (course.number, "春季", "红十字会培训室"):
        page = search(browser, text)
        assert f'href="/training/courses/{course.id}"' in page
        assert hidden.title not in page
    # A sign of the pattern language is no wildcard.
    assert f'href="/training/courses/{course.id}"' not in search(browser, "民%班")


def test_a_whole_number_tells_the_credentials_in_the_language_of_the_page(
    app: Flask, session: Session
) -> None:
    number = make.resident_number(clock.today().replace(year=1990, day=1), 7)
    person = make.person(session, make.YANJI, name="欧阳娜娜", number=number)
    certificates.issued(session, [person.id], unit_code=make.YANJI)
    page = search(t.Browser(app, session), number)
    assert "This number is registered" in page
    assert "欧阳**" in page
    assert "Red Cross certified rescuer: valid until" in page


def test_the_page_of_a_person_tells_documents_courses_and_results(app: Flask, session: Session) -> None:
    course = t.course(session, title="民康街道春季班")
    first, second = t.enrolled(session, course, 2)
    t.record_all(session, course)
    browser = t.Browser(app, session)
    page = browser.get(f"/persons/{first.person_id}")
    assert "Resident ID card" in page
    assert "民康街道春季班" in page
    assert "enrolled" in page
    run(SYSTEM, commands.withdraw_trainee, second, reason="出差")
    run(SYSTEM, commands.close_course, course, attested=True)
    assert "Passed" in browser.get(f"/persons/{first.person_id}")
    assert "withdrawn" in browser.get(f"/persons/{second.person_id}")


def test_somebody_without_a_number_is_told_so(app: Flask, session: Session) -> None:
    entrant = Entrant.of("欧阳娜娜", None, phone="13812345678")
    person = run(SYSTEM, people.add_person, entrant=entrant, unit_id=make.unit(session).id)
    assert "No document number is registered" in t.Browser(app, session).get(f"/persons/{person.id}")


def test_who_may_see_persons_only_finds_nothing_else(app: Flask, session: Session) -> None:
    person = make.person(session, name="欧阳娜娜")
    (certificate,) = certificates.issued(session, [person.id])
    course = t.course(session, title="民康街道春季班")
    browser = t.Browser(app, session, Role.VOLUNTEER_COORDINATOR)
    assert "欧阳娜娜" in search(browser, "欧阳")
    assert certificate.number not in search(browser, certificate.number[:6]).replace(
        f'value="{certificate.number[:6]}"', ""
    )
    assert course.title not in search(browser, "春季")
