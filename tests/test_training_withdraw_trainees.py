"""Several trainees of a course withdraw at once, for one reason."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.training import commands
from registry.training.models import Course, Enrolment
from tests import factories as make
from tests import training as t
from tests.watching import last_entry


def url_of(course: Course) -> str:
    return f"/training/courses/{course.id}"


def select_rows(browser: t.Browser, course: Course, ids: list[int], **more: Any) -> Any:
    """Tick rows in the list of trainees and press the button of the batch bar."""
    sent = browser.fill(url_of(course), ids=ids, **more)
    return browser.post(url_of(course) + "/withdraw", sent)


def filled(answer: Any, **fields: Any) -> dict[str, Any]:
    """The form of the page that asks for the reason, as a browser sends it."""
    page = answer.get_data(as_text=True)
    form = page[page.index('class="panel confirm') :]
    sent = {}
    for tag in re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", form):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        assert name
        sent[name[1]] = html.unescape(value[1]) if value else ""
    return {**sent, **fields}


def gone(session: Session, course: Course) -> list[int]:
    session.rollback()
    rows = select(Enrolment.id).where(Enrolment.course_id == course.id, Enrolment.withdrawn_on.is_not(None))
    return sorted(session.execute(rows).scalars())


def test_the_selected_withdraw_for_one_reason(app: Flask, session: Session) -> None:
    course = t.course(session)
    first, second, third = t.enrolled(session, course, 3)
    browser = t.Browser(app, session)
    answer = select_rows(browser, course, [first.id, third.id])
    assert answer.status_code == 200
    assert "Withdraw 2 trainees from the course?" in t.told(answer)
    assert gone(session, course) == []
    done = browser.post(url_of(course) + "/withdraw", filled(answer, reason="单位统一出差"))
    assert (done.status_code, done.location) == (303, url_of(course))
    assert gone(session, course) == [first.id, third.id]
    session.refresh(course)
    session.refresh(first)
    assert course.seats_taken == 1
    assert (first.withdrawn_on, first.withdraw_reason) == (clock.today(), "单位统一出差")
    page = browser.get(url_of(course))
    assert "2 trainees take no part any more; their seats are free." in page
    assert "Trainees (1)" in page
    # Who left is found again in the list, with day and reason.
    left = browser.get(url_of(course) + "?taking=withdrawn")
    assert left.count("单位统一出差") >= 2
    assert second.id


def test_one_entry_of_the_journal_for_all_of_them(app: Flask, session: Session) -> None:
    course = t.course(session)
    people = t.enrolled(session, course, 3)
    browser = t.Browser(app, session)
    answer = select_rows(browser, course, [one.id for one in people])
    browser.post(url_of(course) + "/withdraw", filled(answer, reason="停班"))
    session.rollback()
    entry = last_entry(session)
    assert (entry.action, entry.reason) == ("training.withdraw_trainees", "停班")
    assert (entry.actor_id, entry.unit_id, entry.line_count) == (browser.user.id, course.unit_id, 4)
    assert "Trainees withdrawn" in browser.get(url_of(course))


def test_all_rows_of_the_filters(app: Flask, session: Session) -> None:
    course = t.course(session)
    people = t.enrolled(session, course, 4)
    t.record_all(session, course, absent=[people[0].id, people[2].id])
    browser = t.Browser(app, session)
    answer = select_rows(browser, course, [], all="1", query="result=absent")
    assert "Withdraw 2 trainees from the course?" in t.told(answer)
    browser.post(url_of(course) + "/withdraw", filled(answer, reason="未到课"))
    assert gone(session, course) == [people[0].id, people[2].id]


def test_the_same_form_twice_is_once(app: Flask, session: Session) -> None:
    course = t.course(session)
    people = t.enrolled(session, course, 2)
    browser = t.Browser(app, session)
    sent = filled(select_rows(browser, course, [one.id for one in people]), reason="出差")
    first = browser.post(url_of(course) + "/withdraw", sent)
    second = browser.post(url_of(course) + "/withdraw", sent)
    assert first.location == second.location == url_of(course)
    assert "nothing was saved twice" in browser.get(url_of(course))
    session.rollback()
    session.refresh(course)
    assert course.seats_taken == 0


def test_a_reason_is_asked_for_and_the_selection_kept(app: Flask, session: Session) -> None:
    course = t.course(session)
    people = t.enrolled(session, course, 2)
    browser = t.Browser(app, session)
    sent = filled(select_rows(browser, course, [one.id for one in people]), reason="")
    refused = browser.post(url_of(course) + "/withdraw", sent)
    assert "Nothing was saved. Please correct this" in t.told(refused)
    assert gone(session, course) == []
    browser.post(url_of(course) + "/withdraw", filled(refused, reason="出差"))
    assert len(gone(session, course)) == 2


def test_nobody_selected(app: Flask, session: Session) -> None:
    course = t.course(session)
    t.enrolled(session, course, 1)
    browser = t.Browser(app, session)
    answer = select_rows(browser, course, [])
    assert (answer.status_code, answer.location) == (303, url_of(course))
    assert "Nobody is selected. Nothing was changed" in browser.get(url_of(course))
    assert browser.client.get(url_of(course) + "/withdraw").location == url_of(course)


def test_all_of_them_or_nobody(app: Flask, session: Session) -> None:
    """Somebody else withdrew one of them meanwhile."""
    course = t.course(session)
    first, second = t.enrolled(session, course, 2)
    browser = t.Browser(app, session)
    answer = select_rows(browser, course, [first.id, second.id])
    run(SYSTEM, commands.withdraw_trainee, first, reason="搬家")
    refused = browser.post(url_of(course) + "/withdraw", filled(answer, reason="出差"))
    assert "1 of these trainees take no part any more. Nothing was changed" in t.told(refused)
    assert "出差" in refused.get_data(as_text=True)
    assert gone(session, course) == [first.id]


def test_a_closed_course_has_no_button_and_refuses(app: Flask, session: Session) -> None:
    course = t.course(session)
    people = t.enrolled(session, course, 2)
    t.record_all(session, course)
    browser = t.Browser(app, session)
    answer = select_rows(browser, course, [people[0].id])
    run(SYSTEM, commands.close_course, course, attested=True)
    refused = browser.post(url_of(course) + "/withdraw", filled(answer, reason="出差"))
    assert "was closed meanwhile. Nothing was saved" in t.told(refused)
    assert gone(session, course) == []
    assert "/withdraw" not in browser.get(url_of(course))


def test_trainees_of_other_courses_and_units_do_not_exist(app: Flask, session: Session) -> None:
    course, beside, far = t.course(session), t.course(session), t.course(session, make.YANJI)
    (own,), (other,), (hidden,) = (t.enrolled(session, one, 1) for one in (course, beside, far))
    browser = t.Browser(app, session)
    answer = select_rows(browser, course, [own.id, other.id, hidden.id])
    assert "Withdraw 1 trainees from the course?" in t.told(answer)
    assert select_rows(browser, course, [other.id]).status_code == 404
    sent = browser.fill(url_of(course), ids=[hidden.id])
    assert browser.post(url_of(far) + "/withdraw", sent).status_code == 404
    forged = filled(answer, reason="出差", chosen=f"{own.id},{hidden.id}")
    assert browser.post(url_of(course) + "/withdraw", forged).status_code == 404
    assert gone(session, course) == gone(session, far) == gone(session, beside) == []


@pytest.mark.parametrize("role", [Role.CERTIFICATE_APPROVER, Role.AUDITOR, Role.SUPERVISOR])
def test_a_role_that_does_not_edit_courses_may_not(app: Flask, session: Session, role: Role) -> None:
    course = t.course(session)
    t.enrolled(session, course, 1)
    browser = t.Browser(app, session, role)
    token = re.search(
        r'name="csrf_token" value="([^"]+)"', browser.client.get("/profile").get_data(as_text=True)
    )
    assert token
    answer = browser.post(url_of(course) + "/withdraw", {"csrf_token": token[1]})
    assert answer.status_code == 403
    if role is not Role.SUPERVISOR:
        assert 'name="ids"' not in browser.get(url_of(course))


def test_the_command_takes_trainees_of_its_course_only(session: Session) -> None:
    course, beside = t.course(session), t.course(session)
    (own,), (other,) = t.enrolled(session, course, 1), t.enrolled(session, beside, 1)
    with pytest.raises(RecordNotFoundError):
        run(SYSTEM, commands.withdraw_trainees, course, enrolment_ids=[own.id, other.id], reason="出差")
    with pytest.raises(RecordNotFoundError):
        run(SYSTEM, commands.withdraw_trainees, course, enrolment_ids=[], reason="出差")
    run(SYSTEM, commands.withdraw_trainees, course, enrolment_ids=[own.id, own.id], reason="出差")
    with pytest.raises(RuleError, match="takes no part any more"):
        run(SYSTEM, commands.withdraw_trainees, course, enrolment_ids=[own.id], reason="出差")
