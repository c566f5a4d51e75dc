"""Drafts are corrected, kept, or dropped; an import is undone as far as nobody built on it."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.journal import JournalLine
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.people.models import Person
from registry.training import commands
from registry.training.commands import AttendanceMark
from registry.training.models import Course, Enrolment, RosterDraft, RosterImport
from registry.training.queries.courses import sessions_of
from tests import factories as make
from tests import training as t


def with_drafts(app: Flask, session: Session, *bad: dict[str, str]) -> tuple[Course, t.Browser, str]:
    found = t.course(session)
    browser = t.Browser(app, session)
    url = f"/training/courses/{found.id}"
    answer = browser.submit(f"{url}/enrol", [t.row(), *bad], rest="drafts")
    assert answer.status_code == 303
    return found, browser, f"{url}/drafts"


def drafts(session: Session) -> list[RosterDraft]:
    session.expire_all()
    return list(session.execute(select(RosterDraft).order_by(RosterDraft.id)).scalars())


def rows(session: Session) -> list[dict[str, Any]]:
    return [{"id": str(d.id), **d.values} for d in drafts(session) if d.state == "open"]


def test_the_values_of_a_draft_are_not_in_the_journal(app: Flask, session: Session) -> None:
    with_drafts(app, session, t.row("欧阳娜娜", "123"))
    told = session.execute(
        select(JournalLine.changes).where(JournalLine.table_name == "roster_draft")
    ).scalar_one()
    assert "欧阳娜娜" not in told
    assert '"values":"•"' in told


def test_the_page_tells_again_what_was_wrong(app: Flask, session: Session) -> None:
    found, browser, url = with_drafts(app, session, t.row("欧阳娜娜", "2201021980010100111"))
    page = browser.get(url)
    assert "欧阳娜娜" in page
    assert "Please correct this" not in page
    assert "this one has 19" in page
    assert "1 rows of class lists wait to be corrected." in browser.get(f"/training/courses/{found.id}")


def test_corrected_drafts_are_enrolled(app: Flask, session: Session) -> None:
    found, browser, url = with_drafts(app, session, t.row(number="1"), t.row(number="2"))
    right = t.row()["document_number"]
    (one, two) = rows(session)
    both = [{**one, "document_number": right}, {**two, "document_number": "3"}]
    answer = browser.submit(url, both)
    assert "Save 1 good rows, keep 1 as drafts" in t.told(answer)
    assert t.rows_of(session, Enrolment) == 1
    assert browser.submit(url, both, rest="drafts").status_code == 303
    assert [d.state for d in drafts(session)] == ["done", "open"]
    assert drafts(session)[1].values["document_number"] == "3"
    assert t.rows_of(session, Enrolment) == 2
    session.refresh(found)
    assert found.seats_taken == 2
    assert t.last_action(session) == "training.correct_draft"


def test_a_deleted_row_is_dropped(app: Flask, session: Session) -> None:
    _found, browser, url = with_drafts(app, session, t.row(number="1"), t.row(number="2"))
    (one, _two) = rows(session)
    answer = browser.submit(url, [{**one, "document_number": t.row()["document_number"]}])
    assert answer.status_code == 303
    assert [d.state for d in drafts(session)] == ["done", "dropped"]
    assert "Every row of the class lists is in the course." in browser.get(url)


def test_who_was_enrolled_meanwhile_is_not_enrolled_twice(app: Flask, session: Session) -> None:
    found, browser, url = with_drafts(app, session, t.row("김민준", "1"))
    (one,) = rows(session)
    right = {**one, "name": "김민준", "document_number": t.row()["document_number"]}
    course_url = f"/training/courses/{found.id}/enrol"
    assert browser.submit(course_url, [{k: v for k, v in right.items() if k != "id"}]).status_code == 303
    assert browser.submit(url, [right]).status_code == 303
    assert [d.state for d in drafts(session)] == ["dropped"]
    assert t.rows_of(session, Enrolment) == 2


def test_drafts_of_another_course_are_not_found(app: Flask, session: Session) -> None:
    with_drafts(app, session, t.row(number="1"))
    other = t.course(session)
    (draft,) = drafts(session)
    with pytest.raises(RecordNotFoundError):
        run(SYSTEM, commands.correct_draft, other, corrected={}, dropped=[draft.id])
    assert drafts(session)[0].state == "open"


def test_two_people_on_the_same_drafts(app: Flask, session: Session) -> None:
    found, _browser, _url = with_drafts(app, session, t.row(number="1"))
    (draft,) = drafts(session)
    found = session.merge(found)
    run(SYSTEM, commands.correct_draft, found, corrected={}, dropped=[draft.id])
    with pytest.raises(RuleError, match="Somebody else worked on these drafts"):
        run(SYSTEM, commands.correct_draft, found, corrected={}, dropped=[draft.id])


# Undoing an import, and leaving a course


def taken_in(session: Session, count: int = 3) -> tuple[Course, RosterImport, list[Enrolment]]:
    found = t.course(session)
    enrolled = t.enrolled(session, found, count)
    return found, session.execute(select(RosterImport)).scalar_one(), enrolled


def test_undoing_takes_back_what_nobody_built_on(session: Session) -> None:
    found, taken, (one, two, three) = taken_in(session)
    first = sessions_of(session, found.id)[0]
    mark = AttendanceMark(two.id, first.id, 180)
    run(SYSTEM, commands.record_attendance, found, marks=[mark], key="a" * 32)
    run(SYSTEM, commands.undo_import, taken, reason="名单有误")
    assert [e.voided_at is not None for e in (one, two, three)] == [True, False, True]
    assert (taken.state, found.seats_taken, t.rows_of(session, Person)) == ("undone", 1, 3)
    with pytest.raises(RuleError, match="undone already"):
        run(SYSTEM, commands.undo_import, taken, reason="再次")


def test_undoing_drops_the_drafts(app: Flask, session: Session) -> None:
    with_drafts(app, session, t.row(number="1"))
    taken = session.execute(select(RosterImport)).scalar_one()
    run(SYSTEM, commands.undo_import, taken, reason="名单有误")
    assert [d.state for d in drafts(session)] == ["dropped"]


def test_the_pages_tell_who_was_known_and_undo(app: Flask, session: Session) -> None:
    known = make.entrant("欧阳娜娜")
    from registry.people.commands import add_person

    run(SYSTEM, add_person, entrant=known, unit_id=make.unit(session).id)
    found = t.course(session)
    browser = t.Browser(app, session)
    assert known.document is not None
    rows_sent = [t.row("欧阳娜娜", known.document.number), t.row()]
    answer = browser.submit(f"/training/courses/{found.id}/enrol", rows_sent)
    page = t.told(browser.client.get(answer.location))
    assert "Known before 1" in page
    undone = browser.submit(f"{answer.location}/undo", reason="名单有误")
    assert undone.status_code == 303
    assert "taken back" in browser.get(undone.location)
    assert t.rows_of(session, Enrolment) == 2


def test_withdrawing_frees_the_seat_and_keeps_the_row(app: Flask, session: Session) -> None:
    found, _taken, (one, *_rest) = taken_in(session)
    browser = t.Browser(app, session)
    url = f"/training/enrolments/{one.id}/withdraw"
    assert browser.submit(url, reason="出差").status_code == 303
    session.expire_all()
    assert (one.withdraw_reason, found.seats_taken) == ("出差", 2)
    assert one.withdrawn_on is not None
    again = browser.submit(url, reason="出差")
    assert "takes no part any more" in t.told(again)


def test_imports_and_trainees_of_a_sibling_are_not_found(app: Flask, session: Session) -> None:
    _found, taken, (one, *_rest) = taken_in(session)
    browser = t.Browser(app, session, unit_code=make.YANJI)
    for url in (
        f"/training/imports/{taken.id}",
        f"/training/imports/{taken.id}/undo",
        f"/training/enrolments/{one.id}/withdraw",
    ):
        assert browser.client.get(url).status_code == 404
