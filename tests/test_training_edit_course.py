"""A course and its plan are changed; what is recorded holds them in place."""

from __future__ import annotations

from datetime import date, timedelta

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
from registry.training.commands import AttendanceMark, PlannedSession
from registry.training.models import Course, CourseInstructor, CourseSession
from registry.training.queries.courses import sessions_of
from tests import factories as make
from tests import training as t


def edit(session: Session, found: Course, **changes: object) -> Course:
    told = {
        "title": found.title,
        "venue": found.venue,
        "starts_on": found.starts_on,
        "capacity": found.capacity,
        "instructor_id": None,
        **changes,
    }
    return run(SYSTEM, commands.edit_course, found, **told)  # type: ignore[arg-type]


def plan(session: Session, found: Course) -> list[PlannedSession]:
    return [
        PlannedSession(s.held_on, s.starts, s.ends, s.title, s.minutes, s.id)
        for s in sessions_of(session, found.id)
    ]


def mark_first(session: Session, found: Course) -> None:
    (enrolment,) = t.enrolled(session, found, 1)
    first = sessions_of(session, found.id)[0]
    run(
        SYSTEM,
        commands.record_attendance,
        found,
        marks=[AttendanceMark(enrolment.id, first.id, 180)],
        key="a" * 32,
    )


def test_another_first_day_moves_all_sessions(session: Session) -> None:
    found = t.course(session)
    before = [s.held_on for s in sessions_of(session, found.id)]
    edit(session, found, starts_on=found.starts_on + timedelta(days=3), title="新名称")
    assert [s.held_on - timedelta(days=3) for s in sessions_of(session, found.id)] == before
    assert (found.title, found.ends_on) == ("新名称", before[-1] + timedelta(days=3))
    assert t.last_action(session) == "training.edit_course"


def test_the_first_day_stays_once_attendance_is_recorded(session: Session) -> None:
    found = t.course(session)
    mark_first(session, found)
    with pytest.raises(RuleError, match="Attendance is recorded already"):
        edit(session, found, starts_on=found.starts_on + timedelta(days=1))
    assert edit(session, found, venue="另一处").venue == "另一处"


def test_seats_are_never_fewer_than_taken(session: Session) -> None:
    found = t.course(session)
    t.enrolled(session, found, 3)
    with pytest.raises(RuleError, match="3 seats are taken already"):
        edit(session, found, capacity=2)
    assert edit(session, found, capacity=3).capacity == 3


def test_another_instructor_voids_the_row_of_the_first(session: Session) -> None:
    one, two = make.persons(session, 2)
    found = t.course(session, instructor_id=one)
    edit(session, found, instructor_id=two)
    edit(session, found, instructor_id=two)
    rows = session.execute(select(CourseInstructor).order_by(CourseInstructor.id)).scalars().all()
    assert [(r.person_id, r.voided_at is None) for r in rows] == [(one, False), (two, True)]
    edit(session, found, instructor_id=one)
    assert t.rows_of(session, CourseInstructor) == 3


def test_a_closed_course_is_not_changed(session: Session) -> None:
    found = t.course(session)
    run(SYSTEM, commands.cancel_course, found, reason="人数不足")
    with pytest.raises(RuleError, match="was cancelled"):
        edit(session, found, title="新名称")


def test_sessions_are_added_left_out_and_numbered_by_time(session: Session) -> None:
    found = t.course(session)
    first, second, third, fourth = plan(session, found)
    early = PlannedSession(first.held_on - timedelta(days=1), "09:00", "10:00", "开班", 45)
    run(SYSTEM, commands.edit_sessions, found, sessions=[fourth, early, third, first])
    after = sessions_of(session, found.id)
    assert [s.title for s in after] == [early.title, first.title, third.title, fourth.title]
    assert [s.number for s in after] == [1, 2, 3, 4]
    assert found.starts_on == early.held_on
    left_out = session.get_one(CourseSession, second.id)
    assert left_out.voided_at is not None


def test_a_session_with_attendance_stays_and_keeps_its_minutes(session: Session) -> None:
    found = t.course(session)
    mark_first(session, found)
    first, *rest = plan(session, found)
    with pytest.raises(RuleError, match="Attendance of session 1 is recorded"):
        run(SYSTEM, commands.edit_sessions, found, sessions=rest)
    shorter = PlannedSession(first.held_on, "08:30", "11:30", first.title, 90, first.id)
    with pytest.raises(RuleError, match="Attendance of session 1 is recorded"):
        run(SYSTEM, commands.edit_sessions, found, sessions=[shorter, *rest])
    assert len(sessions_of(session, found.id)) == 4


@pytest.mark.parametrize(
    ("starts", "ends", "minutes", "message"),
    [
        ("8点", "11:30", 180, "Times are written as 08:30"),
        ("08:30", "08:30", 10, "ends before it begins"),
        ("08:30", "11:30", 181, "counts more minutes"),
        ("08:30", "11:30", 0, "counts more minutes"),
    ],
)
def test_impossible_sessions_are_refused(
    session: Session, starts: str, ends: str, minutes: int, message: str
) -> None:
    found = t.course(session)
    planned = PlannedSession(found.starts_on, starts, ends, "内容", minutes)
    with pytest.raises(RuleError, match=message):
        run(SYSTEM, commands.edit_sessions, found, sessions=[planned])
    assert len(sessions_of(session, found.id)) == 4


def test_a_course_without_sessions_is_refused(session: Session) -> None:
    with pytest.raises(RuleError, match="at least one session"):
        run(SYSTEM, commands.edit_sessions, t.course(session), sessions=[])


def test_a_session_of_another_course_is_not_found(session: Session) -> None:
    one, other = t.course(session), t.course(session)
    with pytest.raises(RecordNotFoundError):
        run(SYSTEM, commands.edit_sessions, one, sessions=plan(session, other))


def test_the_grid_saves_sessions_and_marks_unreadable_cells(app: Flask, session: Session) -> None:
    found = t.course(session)
    browser = t.Browser(app, session)
    url = f"/training/courses/{found.id}/sessions"
    row = {"held_on": "2026年3月2日", "starts": "8:30", "ends": "9：30", "minutes": "45", "title": "开班"}
    bad = browser.submit(url, [{**row, "held_on": "三月", "minutes": "45.5"}])
    assert "This is not a date" in t.told(bad)
    assert "A whole number of minutes." in t.told(bad)
    assert len(sessions_of(session, found.id)) == 4
    assert browser.submit(url, [row]).status_code == 303
    session.expire_all()
    (only,) = sessions_of(session, found.id)
    assert (only.held_on, only.starts, only.ends, only.minutes) == (date(2026, 3, 2), "08:30", "09:30", 45)


def test_a_sibling_and_a_reader_change_nothing(app: Flask, session: Session) -> None:
    found = t.course(session, make.YANJI)
    sibling = t.Browser(app, session)
    reader = t.Browser(app, session, Role.AUDITOR, make.YANJI)
    for path in ("edit", "sessions", "cancel", "reopen"):
        url = f"/training/courses/{found.id}/{path}"
        assert sibling.client.get(url).status_code == 404
        assert reader.client.get(url).status_code == 403
    assert reader.client.get(f"/training/courses/{found.id}").status_code == 200


def test_the_page_saves_changes(app: Flask, session: Session) -> None:
    found = t.course(session)
    answer = t.Browser(app, session).submit(
        f"/training/courses/{found.id}/edit",
        title="春季班",
        venue="新址",
        starts_on=clock.today().isoformat(),
        capacity="20",
        instructor="",
    )
    assert answer.status_code == 303
    session.refresh(found)
    assert (found.title, found.venue, found.capacity) == ("春季班", "新址", 20)
