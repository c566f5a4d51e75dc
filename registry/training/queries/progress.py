"""How far the trainees of a course are: minutes present and marks, for all of them at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.core.db import LARGEST_ID
from registry.training.models import (
    Assessment,
    AttendanceEvent,
    Course,
    CourseSession,
    CourseTypeVersion,
    Enrolment,
)
from registry.training.outcome import Marks, Outcome, outcome
from registry.training.queries.courses import sessions_of, version_of
from registry.training.queries.roster import Trainee, trainees

THEORY = "theory"


@dataclass(frozen=True)
class Mark:
    """What holds for one component: a score, or passed; `attempt` counts from 1."""

    attempt: int
    score: int | None
    passed: bool | None


@dataclass(frozen=True)
class Progress:
    """A course with everything an outcome is made of."""

    course: Course
    version: CourseTypeVersion
    sessions: Sequence[CourseSession]
    trainees: list[Trainee]
    minutes: Mapping[int, Mapping[int, int]]
    marks: Mapping[int, Mapping[str, Mark]]

    def outcome_of(self, enrolment_id: int) -> Outcome:
        """The outcome of one trainee as the records stand."""
        return outcome(
            self.version,
            self.sessions,
            self.minutes.get(enrolment_id, {}),
            as_marks(self.marks.get(enrolment_id, {})),
        )

    @property
    def marked_cells(self) -> int:
        """In how many of the cells of the attendance grid something is recorded."""
        return sum(len(self.minutes.get(t.enrolment.id, {})) for t in self.trainees)

    @property
    def assessed(self) -> int:
        """How many trainees have every component recorded."""
        wanted = [item["code"] for item in self.version.practical_items]
        if self.version.theory_pass is not None:
            wanted.append(THEORY)
        return sum(all(code in self.marks.get(t.enrolment.id, {}) for code in wanted) for t in self.trainees)


def as_marks(marks: Mapping[str, Mark]) -> Marks:
    """The marks of one trainee as the outcome wants them."""
    theory = marks.get(THEORY)
    return Marks(
        theory.score if theory is not None else None,
        {code: mark.passed for code, mark in marks.items() if code != THEORY},
    )


def minutes_present(
    session: Session, course_id: int, *, until_event: int | None = None
) -> dict[int, dict[int, int]]:
    """Enrolment → session → minutes present, by the latest event of each; not marked is not in it.

    `until_event` reads it as it was up to that event.
    """
    latest = (
        select(func.max(AttendanceEvent.id))
        .join(CourseSession, CourseSession.id == AttendanceEvent.course_session_id)
        .where(CourseSession.course_id == course_id, CourseSession.voided_at.is_(None))
        .group_by(AttendanceEvent.enrolment_id, AttendanceEvent.course_session_id)
    )
    if until_event is not None:
        latest = latest.where(AttendanceEvent.id <= min(until_event, LARGEST_ID))
    rows = session.execute(
        select(
            AttendanceEvent.enrolment_id, AttendanceEvent.course_session_id, AttendanceEvent.minutes
        ).where(AttendanceEvent.id.in_(latest), AttendanceEvent.kind != "cleared")
    )
    found: dict[int, dict[int, int]] = {}
    for enrolment_id, session_id, minutes in rows:
        found.setdefault(enrolment_id, {})[session_id] = minutes
    return found


def marks_of(session: Session, course_id: int, *, until_row: int | None = None) -> dict[int, dict[str, Mark]]:
    """Enrolment → component → mark, by the latest row of each; `until_row` reads it as it was then."""
    latest = (
        select(func.max(Assessment.id))
        .join(Enrolment, Enrolment.id == Assessment.enrolment_id)
        .where(Enrolment.course_id == course_id)
        .group_by(Assessment.enrolment_id, Assessment.component)
    )
    if until_row is not None:
        latest = latest.where(Assessment.id <= min(until_row, LARGEST_ID))
    rows = session.execute(select(Assessment).where(Assessment.id.in_(latest), Assessment.cleared.is_(False)))
    found: dict[int, dict[str, Mark]] = {}
    for row in rows.scalars():
        found.setdefault(row.enrolment_id, {})[row.component] = Mark(row.attempt, row.score, row.passed)
    return found


def latest_event(session: Session, course_id: int) -> int:
    """The id of the latest attendance event of a course, 0 before the first."""
    return (
        session.execute(
            select(func.max(AttendanceEvent.id))
            .join(CourseSession, CourseSession.id == AttendanceEvent.course_session_id)
            .where(CourseSession.course_id == course_id)
        ).scalar()
        or 0
    )


def latest_assessment(session: Session, course_id: int) -> int:
    """The id of the latest assessment row of a course, 0 before the first."""
    return (
        session.execute(
            select(func.max(Assessment.id))
            .join(Enrolment, Enrolment.id == Assessment.enrolment_id)
            .where(Enrolment.course_id == course_id)
        ).scalar()
        or 0
    )


def progress_of(session: Session, course: Course) -> Progress:
    """Everything about the trainees of a course, with a fixed number of statements."""
    return Progress(
        course=course,
        version=version_of(session, course),
        sessions=sessions_of(session, course.id),
        trainees=trainees(session, course.id),
        minutes=minutes_present(session, course.id),
        marks=marks_of(session, course.id),
    )
