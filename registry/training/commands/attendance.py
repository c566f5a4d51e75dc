"""Attendance is recorded as events; nobody is present by default."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.i18n import N_
from registry.core.permissions import Permission
from registry.core.write import Write, command
from registry.training.commands.seats import refuse_unless_open
from registry.training.models import AttendanceEvent, Course, CourseSession, Enrolment
from registry.training.queries.courses import sessions_of
from registry.training.queries.progress import minutes_present


@dataclass(frozen=True, slots=True)
class AttendanceMark:
    """One cell of the grid: minutes present, None where nothing is marked.

    `method` is grid, all_present (marked with everyone else at once) or import.
    """

    enrolment_id: int
    session_id: int
    minutes: int | None
    method: str = "grid"


@command(Permission.COURSE_EDIT)
def record_attendance(
    w: Write, course: Course, *, marks: Sequence[AttendanceMark], key: str, seen_event: int = 0
) -> Course:
    """Record the cells that were changed since the event `seen_event`; the later event of a cell wins.

    `key` names this recording: the same mark sent again under it is refused by the database.
    """
    refuse_unless_open(course)
    sessions = {s.id: s for s in sessions_of(w.session, course.id)}
    there = active_enrolments(w, course)
    seen = minutes_present(w.session, course.id, until_event=seen_event) if seen_event else {}
    now = minutes_present(w.session, course.id)
    rows = []
    for mark in marks:
        session = sessions.get(mark.session_id)
        if session is None or mark.enrolment_id not in there:
            raise RecordNotFoundError("attendance_event")
        if mark.minutes == seen.get(mark.enrolment_id, {}).get(session.id):
            continue
        if mark.minutes == now.get(mark.enrolment_id, {}).get(session.id):
            continue
        if session.held_on > w.today:
            raise RuleError(
                N_(
                    "Session %(number)s is on %(day)s. Nothing was saved; "
                    "attendance is recorded from that day on."
                ),
                "rows",
                number=session.number,
                day=session.held_on.isoformat(),
            )
        rows.append(_event(w, mark, session, key))
    w.insert_many(AttendanceEvent, rows)
    w.unit_id = course.unit_id
    return course


def active_enrolments(w: Write, course: Course) -> set[int]:
    """The enrolments of a course that take part."""
    return set(
        w.session.execute(
            select(Enrolment.id).where(
                Enrolment.course_id == course.id,
                Enrolment.voided_at.is_(None),
                Enrolment.withdrawn_on.is_(None),
            )
        ).scalars()
    )


def _event(w: Write, mark: AttendanceMark, session: CourseSession, key: str) -> dict[str, object]:
    minutes = mark.minutes
    if minutes is None:
        kind = "cleared"
    elif minutes == 0:
        kind = "absent"
    elif 0 < minutes < session.minutes:
        kind = "partial"
    elif minutes == session.minutes:
        kind = "present"
    else:
        raise RuleError(
            N_("Session %(number)s has %(minutes)s minutes. Nothing was saved; name at most that many."),
            "rows",
            number=session.number,
            minutes=session.minutes,
        )
    return {
        "client_key": f"{key}:{mark.enrolment_id}:{session.id}",
        "course_session_id": session.id,
        "enrolment_id": mark.enrolment_id,
        "kind": kind,
        "minutes": minutes or 0,
        "method": mark.method,
        "occurred_at": w.at,
        "received_at": w.at,
        "by_id": w.actor.user_id,
    }
