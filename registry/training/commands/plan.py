"""The sessions of a course: foreseen by the course type, moved, changed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select, update

from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.i18n import N_
from registry.core.permissions import Permission
from registry.core.write import Write, command
from registry.training.commands.seats import refuse_unless_open
from registry.training.models import AttendanceEvent, Course, CourseSession, CourseTypeVersion
from registry.training.queries.courses import sessions_of

# A course further ahead than this is a mistyped year.
FURTHEST_AHEAD = timedelta(days=731)
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


@dataclass(frozen=True)
class PlannedSession:
    """A session as it is planned. `minutes` counts as attendance; `id` is set when it exists already."""

    held_on: date
    starts: str
    ends: str
    title: str
    minutes: int
    id: int | None = None


def plan_sessions(version: CourseTypeVersion, starts_on: date) -> list[PlannedSession]:
    """The sessions that the course type foresees, counted from the first day."""
    return [
        PlannedSession(
            held_on=starts_on + timedelta(days=sitting["day"] - 1),
            starts=sitting["starts"],
            ends=sitting["ends"],
            title=sitting["title"],
            minutes=sitting["class_hours"] * version.class_hour_minutes,
        )
        for sitting in version.session_plan
    ]


def move_sessions(sessions: Sequence[CourseSession], starts_on: date) -> list[PlannedSession]:
    """The sessions of an earlier course, moved to another first day."""
    first = min((s.held_on for s in sessions), default=starts_on)
    return [
        PlannedSession(s.held_on + (starts_on - first), s.starts, s.ends, s.title, s.minutes)
        for s in sessions
    ]


@command(Permission.COURSE_EDIT)
def edit_sessions(w: Write, course: Course, *, sessions: Sequence[PlannedSession]) -> Course:
    """Replace the plan: rows with an id are changed, others added, sessions left out are taken out.

    Sessions are numbered in order of time. A session with attendance keeps its minutes and stays.
    """
    refuse_unless_open(course)
    if not sessions:
        raise RuleError(N_("A course has at least one session. Nothing was saved; add a row."), "rows")
    for planned in sessions:
        _refuse_impossible(planned)
        refuse_far_ahead(w, planned.held_on)
    existing = {s.id: s for s in sessions_of(w.session, course.id)}
    marked = marked_sessions(w, course)
    kept = {p.id for p in sessions if p.id is not None}
    for session in existing.values():
        if session.id not in kept:
            _refuse_marked(session, marked)
            session.voided_at = w.at
    ordered = sorted(sessions, key=lambda p: (p.held_on, p.starts))
    numbers = {p.id: number for number, p in enumerate(ordered, start=1) if p.id in existing}
    moving = [i for i, number in numbers.items() if existing[i].number != number]
    w.session.flush()
    if moving:
        # Numbers are unique at every moment; those that change step aside first.
        w.session.execute(
            update(CourseSession)
            .where(CourseSession.id.in_(moving))
            .values(number=-CourseSession.number)
            .execution_options(synchronize_session=False)
        )
    fresh = []
    for number, planned in enumerate(ordered, start=1):
        if planned.id is None:
            fresh.append(session_row(course, number, planned))
            continue
        known = existing.get(planned.id)
        if known is None:
            raise RecordNotFoundError("course_session")
        if known.minutes != planned.minutes:
            _refuse_marked(known, marked)
        if known.id in marked and planned.held_on > w.today:
            raise RuleError(
                N_(
                    "Attendance of session %(number)s is recorded, so it cannot be on %(day)s. Nothing was "
                    "saved; clear its attendance first, or choose an earlier day."
                ),
                "rows",
                number=known.number,
                day=planned.held_on.isoformat(),
            )
        known.number, known.title, known.minutes = number, planned.title, planned.minutes
        known.held_on, known.starts, known.ends = planned.held_on, planned.starts, planned.ends
    w.insert_many(CourseSession, fresh)
    course.starts_on, course.ends_on = ordered[0].held_on, ordered[-1].held_on
    w.unit_id = course.unit_id
    return course


def refuse_far_ahead(w: Write, day: date) -> None:
    """RuleError for a day so far ahead that its year is mistyped."""
    if day > w.today + FURTHEST_AHEAD:
        raise RuleError(
            N_("%(day)s is more than two years ahead. Nothing was saved; check the year."),
            "starts_on",
            day=day.isoformat(),
        )


def _refuse_impossible(planned: PlannedSession) -> None:
    if not (_TIME.fullmatch(planned.starts) and _TIME.fullmatch(planned.ends)):
        raise RuleError(N_("Times are written as 08:30. Nothing was saved; correct them."), "rows")
    if planned.ends <= planned.starts:
        raise RuleError(
            N_("The session on %(day)s ends before it begins. Nothing was saved; correct the times."),
            "rows",
            day=planned.held_on.isoformat(),
        )
    hours, minutes = (int(planned.ends[i : i + 2]) - int(planned.starts[i : i + 2]) for i in (0, 3))
    if not 0 < planned.minutes <= hours * 60 + minutes:
        raise RuleError(
            N_(
                "The session on %(day)s counts more minutes than there are between its times. "
                "Nothing was saved; correct the minutes."
            ),
            "rows",
            day=planned.held_on.isoformat(),
        )


def _refuse_marked(session: CourseSession, marked: set[int]) -> None:
    if session.id in marked:
        raise RuleError(
            N_(
                "Attendance of session %(number)s is recorded; it cannot be taken out and keeps its minutes. "
                "Nothing was saved; clear its attendance first."
            ),
            "rows",
            number=session.number,
        )


def marked_sessions(w: Write, course: Course) -> set[int]:
    """The sessions in which somebody's attendance is recorded now."""
    latest = (
        select(AttendanceEvent.course_session_id, AttendanceEvent.kind, AttendanceEvent.enrolment_id)
        .join(CourseSession, CourseSession.id == AttendanceEvent.course_session_id)
        .where(CourseSession.course_id == course.id)
        .order_by(AttendanceEvent.id)
    )
    state = {(session, who): kind for session, kind, who in w.session.execute(latest)}
    return {session for (session, _), kind in state.items() if kind != "cleared"}


def session_row(course: Course, number: int, planned: PlannedSession) -> dict[str, object]:
    """A planned session as a row of its course."""
    return {
        "course_id": course.id,
        "unit_id": course.unit_id,
        "number": number,
        "title": planned.title,
        "held_on": planned.held_on,
        "starts": planned.starts,
        "ends": planned.ends,
        "minutes": planned.minutes,
    }
