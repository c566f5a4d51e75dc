"""A session whose attendance is recorded took place: it does not move into the future."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.errors import RuleError
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.training.commands import AttendanceMark, PlannedSession, edit_sessions, record_attendance
from registry.training.models import Course
from registry.training.queries.courses import sessions_of
from tests.training import course, enrolled


def plan(session: Session, found: Course) -> list[PlannedSession]:
    return [
        PlannedSession(s.held_on, s.starts, s.ends, s.title, s.minutes, s.id)
        for s in sessions_of(session, found.id)
    ]


def test_a_marked_session_stays_in_the_past(session: Session) -> None:
    found = course(session)
    (enrolment,) = enrolled(session, found, 1)
    first = sessions_of(session, found.id)[0]
    mark = AttendanceMark(enrolment.id, first.id, first.minutes)
    run(SYSTEM, record_attendance, found, marks=[mark], key="one")
    planned = plan(session, found)
    tomorrow = clock.today() + timedelta(days=1)
    moved = replace(planned[0], held_on=tomorrow)
    with pytest.raises(RuleError, match="Attendance of session 1 is recorded"):
        run(SYSTEM, edit_sessions, found, sessions=[moved, *planned[1:]])
    run(SYSTEM, edit_sessions, found, sessions=[replace(planned[0], held_on=clock.today()), *planned[1:]])
    session.rollback()
    planned = plan(session, found)
    moved = replace(planned[0], held_on=tomorrow)
    assert planned[0].id != first.id
    run(SYSTEM, edit_sessions, found, sessions=[moved, *planned[1:]])
    assert found.ends_on == tomorrow
