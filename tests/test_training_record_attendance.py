"""Attendance is events; only what changed is recorded, and the later mark wins."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.db import db
from registry.core.errors import ForbiddenError, RecordNotFoundError, RuleError
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.training import commands
from registry.training.commands import AttendanceMark
from registry.training.models import AttendanceEvent, Course, CourseSession, Enrolment
from registry.training.queries.courses import sessions_of
from registry.training.queries.progress import latest_event, minutes_present
from tests import factories as make
from tests import training as t
from tests.watching import statements


class Class:
    """A course with trainees."""

    def __init__(self, session: Session, count: int = 2, **more: Any) -> None:
        self.session = session
        self.course = t.course(session, **more)
        self.people = t.enrolled(session, self.course, count)
        self.sessions = list(sessions_of(session, self.course.id))

    def mark(self, *marks: AttendanceMark, key: str = "k", **more: Any) -> None:
        run(SYSTEM, commands.record_attendance, self.course, marks=list(marks), key=key, **more)

    def cell(self, person: int, session: int, minutes: int | None, method: str = "grid") -> AttendanceMark:
        return AttendanceMark(self.people[person].id, self.sessions[session].id, minutes, method)

    def minutes(self) -> dict[int, dict[int, int]]:
        return minutes_present(self.session, self.course.id)

    def events(self) -> list[tuple[str, int, str]]:
        rows = self.session.execute(select(AttendanceEvent).order_by(AttendanceEvent.id)).scalars()
        return [(e.kind, e.minutes, e.method) for e in rows]


def test_kinds_follow_from_minutes(session: Session) -> None:
    own = Class(session)
    own.mark(own.cell(0, 0, 180), own.cell(0, 1, 0), own.cell(0, 2, 90), own.cell(0, 3, None))
    assert own.events() == [("present", 180, "grid"), ("absent", 0, "grid"), ("partial", 90, "grid")]
    assert t.last_action(session) == "training.record_attendance"


def test_only_changed_cells_are_recorded_and_the_later_wins(session: Session) -> None:
    own = Class(session)
    own.mark(own.cell(0, 0, 180), own.cell(1, 0, 180), key="a")
    seen = latest_event(session, own.course.id)
    own.mark(own.cell(0, 0, 0), own.cell(1, 0, 180), key="b", seen_event=seen)
    assert len(own.events()) == 3
    assert own.minutes() == {
        own.people[0].id: {own.sessions[0].id: 0},
        own.people[1].id: {own.sessions[0].id: 180},
    }
    own.mark(own.cell(0, 0, None), key="c", seen_event=latest_event(session, own.course.id))
    assert own.minutes() == {own.people[1].id: {own.sessions[0].id: 180}}


def test_an_old_page_does_not_undo_what_somebody_else_marked(session: Session) -> None:
    own = Class(session)
    own.mark(own.cell(0, 0, 180), key="a")
    seen = latest_event(session, own.course.id)
    own.mark(own.cell(0, 0, 90), key="b", seen_event=seen)
    own.mark(own.cell(0, 0, 180), own.cell(1, 0, 180), key="c", seen_event=seen)
    assert own.minutes()[own.people[0].id] == {own.sessions[0].id: 90}
    assert own.minutes()[own.people[1].id] == {own.sessions[0].id: 180}


def test_the_same_mark_under_the_same_key_is_refused_by_the_database(session: Session) -> None:
    own = Class(session)
    own.mark(own.cell(0, 0, 180), key="a")
    with pytest.raises(IntegrityError):
        own.mark(own.cell(0, 0, 0), key="a", seen_event=latest_event(session, own.course.id))
    assert len(own.events()) == 1


def test_events_are_never_changed(session: Session) -> None:
    own = Class(session)
    own.mark(own.cell(0, 0, 180))
    with pytest.raises(DatabaseError), db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE attendance_event SET minutes = 0")


def test_a_session_ahead_is_refused(session: Session) -> None:
    own = Class(session, starts_on=clock.today())
    own.mark(own.cell(0, 0, 180), key="a")
    with pytest.raises(RuleError, match="attendance is recorded from that day on"):
        own.mark(own.cell(0, 2, 180), key="b")
    assert len(own.events()) == 1


def test_more_minutes_than_the_session_has_are_refused(session: Session) -> None:
    own = Class(session)
    with pytest.raises(RuleError, match="Session 1 has 180 minutes"):
        own.mark(own.cell(0, 0, 181))
    with pytest.raises(RuleError, match="Session 1 has 180 minutes"):
        own.mark(own.cell(0, 0, -1))


def test_cells_of_another_course_or_of_who_left_are_not_found(session: Session) -> None:
    own, other = Class(session), Class(session)
    with pytest.raises(RecordNotFoundError):
        own.mark(AttendanceMark(other.people[0].id, own.sessions[0].id, 180))
    with pytest.raises(RecordNotFoundError):
        own.mark(AttendanceMark(own.people[0].id, other.sessions[0].id, 180))
    run(SYSTEM, commands.withdraw_trainee, own.people[0], reason="出差")
    with pytest.raises(RecordNotFoundError):
        own.mark(own.cell(0, 0, 180))
    assert own.events() == []


def test_roles_and_reach(session: Session) -> None:
    own = Class(session)
    with pytest.raises(ForbiddenError):
        run(make.actor(session, Role.AUDITOR), commands.record_attendance, own.course, marks=[], key="k")
    sibling = make.actor(session, Role.TRAINER, make.YANJI)
    with pytest.raises(RecordNotFoundError):
        run(sibling, commands.record_attendance, own.course, marks=[], key="k")


def test_statements_do_not_depend_on_the_number_of_cells(session: Session) -> None:
    counts = []
    for size in (5, 50):
        own = Class(session, size)
        marks = [own.cell(p, s, 180) for p in range(size) for s in range(4)]
        with statements() as sent:
            own.mark(*marks, key=f"k{size}")
        counts.append(len(sent))
    assert counts[0] == counts[1]


# The page


def url(found: Course) -> str:
    return f"/training/courses/{found.id}/attendance"


def grid(people: list[Enrolment], **cells: str) -> list[dict[str, str]]:
    return [{"id": str(e.id), **cells} for e in people]


def key_of(session: CourseSession) -> str:
    return f"s{session.id}"


def test_the_rest_is_marked_present_in_one_click_and_recorded_as_such(app: Flask, session: Session) -> None:
    own = Class(session)
    rows = grid(own.people)
    rows[0][key_of(own.sessions[0])] = "A"
    rows[0][key_of(own.sessions[1])] = "90"
    answer = t.Browser(app, session).submit(url(own.course), rows, rest="present")
    assert answer.location.endswith(f"/training/courses/{own.course.id}/assessment")
    events = own.events()
    assert ("absent", 0, "grid") in events
    assert ("partial", 90, "grid") in events
    assert events.count(("present", 180, "all_present")) == 6


def test_without_that_click_nobody_becomes_present(app: Flask, session: Session) -> None:
    own = Class(session)
    rows = grid(own.people)
    rows[1][key_of(own.sessions[0])] = "P"
    assert t.Browser(app, session).submit(url(own.course), rows).status_code == 303
    assert own.events() == [("present", 180, "grid")]


def test_the_page_shows_what_is_recorded_and_records_nothing_twice(app: Flask, session: Session) -> None:
    own = Class(session, 1)
    browser = t.Browser(app, session)
    rows = grid(own.people, **{key_of(own.sessions[0]): "P", key_of(own.sessions[1]): "135"})
    sent = browser.fill(url(own.course), rows)
    assert browser.post(url(own.course), sent).status_code == 303
    assert browser.post(url(own.course), sent).status_code == 303
    page = browser.get(url(own.course))
    assert f"&#34;{key_of(own.sessions[1])}&#34;: &#34;135&#34;" in page
    assert browser.submit(url(own.course), rows).status_code == 303
    assert len(own.events()) == 2


def test_a_cell_that_is_no_choice_is_marked(app: Flask, session: Session) -> None:
    own = Class(session, 1)
    answer = t.Browser(app, session).submit(
        url(own.course), grid(own.people, **{key_of(own.sessions[0]): "X"})
    )
    assert "Not one of the choices." in t.told(answer)
    assert own.events() == []


def test_only_sessions_held_so_far_are_shown(app: Flask, session: Session) -> None:
    own = Class(session, 1, starts_on=clock.today() - timedelta(days=0))
    browser = t.Browser(app, session)
    page = browser.get(url(own.course))
    assert "2 sessions lie ahead" in page
    answer = browser.submit(url(own.course), grid(own.people), rest="present")
    assert answer.location.endswith(f"/training/courses/{own.course.id}")
    assert len(own.events()) == 2


def test_a_course_ahead_and_one_without_trainees_say_so(app: Flask, session: Session) -> None:
    browser = t.Browser(app, session)
    empty = t.course(session)
    assert "Nobody is enrolled yet" in browser.get(url(empty))
    ahead = Class(session, 1, starts_on=clock.today() + timedelta(days=3))
    assert "No session was held yet" in browser.get(url(ahead.course))


def test_siblings_and_readers_are_kept_out(app: Flask, session: Session) -> None:
    found = t.course(session, make.YANJI)
    for path in ("attendance", "assessment", "close", "certificates"):
        address = f"/training/courses/{found.id}/{path}"
        assert t.Browser(app, session).client.get(address).status_code == 404
        assert t.Browser(app, session, Role.AUDITOR, make.YANJI).client.get(address).status_code == 403
