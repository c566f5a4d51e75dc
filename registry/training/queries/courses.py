"""Courses: in a list, with their sessions and instructor, and what a new one is made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, not_, or_, select
from sqlalchemy.orm import Session, aliased

from registry.accounts.models import Unit
from registry.certificates.models import BatchLine, Certificate, CredentialType
from registry.core.scope import Scope
from registry.core.write import chunks
from registry.people.models import Person
from registry.people.queries import starts_with, within_reach
from registry.training.models import (
    Course,
    CourseInstructor,
    CourseSession,
    CourseType,
    CourseTypeVersion,
    Enrolment,
)
from registry.training.stages import Stage

INSTRUCTOR_CREDENTIAL = "instructor"
MOST_INSTRUCTORS = 500


@dataclass(frozen=True)
class Instructor:
    """Someone who may teach: `valid_until` is the last valid day, None when the credential does not end."""

    person_id: int
    name: str
    valid_until: date | None


def certified() -> ColumnElement[bool]:
    """Whether a certificate was issued from the course.

    With its own limit it is asked course by course, as far as the list is read. As EXISTS it would be
    answered for the trainees of all courses at once.
    """
    issued = (
        select(literal(1))
        .where(
            Enrolment.course_id == Course.id,
            Enrolment.batch_line_id == BatchLine.id,
            BatchLine.certificate_id == Certificate.id,
            Certificate.voided_at.is_(None),
        )
        .limit(1)
    )
    return issued.correlate(Course).scalar_subquery().is_not(None)


def in_stage(stage: Stage, today: date) -> ColumnElement[bool]:
    """The same as `stage_of`, as a condition."""
    open_now = Course.state == "open"
    return {
        Stage.ENROLLING: and_(open_now, Course.starts_on > today),
        Stage.RUNNING: and_(open_now, Course.starts_on <= today, Course.ends_on >= today),
        Stage.ASSESSING: and_(open_now, Course.ends_on < today),
        Stage.CLOSED: and_(Course.state == "closed", not_(certified())),
        Stage.CERTIFIED: and_(Course.state == "closed", certified()),
        Stage.CANCELLED: Course.state == "cancelled",
    }[stage]


def courses(
    scope: Scope,
    *,
    today: date,
    text: str = "",
    type_id: int | None = None,
    stage: Stage | None = None,
    starts_from: date | None = None,
    starts_to: date | None = None,
) -> Select[Any]:
    """Courses within reach as rows (Course, CourseType, Unit, certified)."""
    rows: Any = (
        select(Course, CourseType, Unit, certified().label("certified"))
        .join(CourseTypeVersion, CourseTypeVersion.id == Course.course_type_version_id)
        .join(CourseType, CourseType.id == CourseTypeVersion.course_type_id)
        .join(Unit, Unit.id == Course.unit_id)
        .where(scope.where(Course.unit_id))
    )
    if text:
        rows = rows.where(
            or_(
                starts_with(Course.number, text),
                Course.title.contains(text, autoescape=True),
                Course.venue.contains(text, autoescape=True),
            )
        )
    if type_id is not None:
        rows = rows.where(CourseType.id == type_id)
    if stage is not None:
        rows = rows.where(in_stage(stage, today))
    if starts_from is not None:
        rows = rows.where(Course.starts_on >= starts_from)
    if starts_to is not None:
        rows = rows.where(Course.starts_on <= starts_to)
    return rows  # type: ignore[no-any-return]


def course_types(session: Session) -> Sequence[CourseType]:
    """The kinds of courses, in the order they were added."""
    return session.execute(select(CourseType).order_by(CourseType.id)).scalars().all()


def version_in_force(session: Session, course_type_id: int, day: date) -> CourseTypeVersion | None:
    """The rules of a course type on a day: the latest version that has started."""
    return session.execute(
        select(CourseTypeVersion)
        .where(CourseTypeVersion.course_type_id == course_type_id, CourseTypeVersion.starts_on <= day)
        .order_by(CourseTypeVersion.starts_on.desc(), CourseTypeVersion.version.desc())
        .limit(1)
    ).scalar()


def version_of(session: Session, course: Course) -> CourseTypeVersion:
    """The rules the course was opened under."""
    return session.get_one(CourseTypeVersion, course.course_type_version_id)


def sessions_of(session: Session, course_id: int) -> Sequence[CourseSession]:
    """The sessions of a course in their order."""
    return (
        session.execute(
            select(CourseSession)
            .where(CourseSession.course_id == course_id, CourseSession.voided_at.is_(None))
            .order_by(CourseSession.number)
        )
        .scalars()
        .all()
    )


def _instructors_until(session: Session, day: date, person_id: int | None = None) -> dict[int, date]:
    """Canonical persons with the last valid day of their instructor credentials valid on the day.

    Grouped here: asked to group them, a database would walk through all persons.
    """
    holder = aliased(Person)
    kind = select(CredentialType.id).where(CredentialType.code == INSTRUCTOR_CREDENTIAL).scalar_subquery()
    rows = (
        select(holder.canonical_id, func.coalesce(Certificate.valid_until, date.max))
        .join(Certificate, Certificate.person_id == holder.id)
        .where(
            Certificate.credential_type_id == kind,
            Certificate.voided_at.is_(None),
            Certificate.valid_from <= day,
            or_(Certificate.valid_until.is_(None), Certificate.valid_until >= day),
            or_(Certificate.ended_on.is_(None), Certificate.ended_on > day),
        )
    )
    if person_id is not None:
        rows = rows.where(holder.canonical_id == person_id)
    found: dict[int, date] = {}
    for person, until in session.execute(rows):
        found[person] = max(until, found.get(person, until))
    return found


def instructors(session: Session, scope: Scope, day: date) -> list[Instructor]:
    """People within reach with a valid instructor credential on the day, at most 500, by pinyin."""
    until = _instructors_until(session, day)
    found: list[tuple[str, int, str]] = []
    for ids in chunks(until):
        rows = select(Person.pinyin, Person.id, Person.name).where(
            Person.id.in_(ids), within_reach(scope, Person.id), Person.state == "active"
        )
        found += [(pinyin, person_id, name) for pinyin, person_id, name in session.execute(rows)]
    return [_instructor(i, name, until[i]) for _, i, name in sorted(found)[:MOST_INSTRUCTORS]]


def instructor_of(session: Session, course: Course) -> tuple[Instructor | None, bool]:
    """Who teaches the course, and whether a credential is valid on all of its days."""
    holder, canonical = aliased(Person), aliased(Person)
    row = session.execute(
        select(canonical.id, canonical.name)
        .select_from(CourseInstructor)
        .join(holder, holder.id == CourseInstructor.person_id)
        .join(canonical, canonical.id == holder.canonical_id)
        .where(CourseInstructor.course_id == course.id, CourseInstructor.voided_at.is_(None))
        .order_by(CourseInstructor.lead.desc(), CourseInstructor.id)
        .limit(1)
    ).one_or_none()
    if row is None:
        return None, False
    person_id, name = row
    until = _instructors_until(session, course.starts_on, person_id).get(person_id)
    return _instructor(person_id, name, until), until is not None and until >= course.ends_on


def _instructor(person_id: int, name: str, until: date | None) -> Instructor:
    return Instructor(person_id, name, None if until == date.max else until)


def earlier_courses(session: Session, scope: Scope, limit: int = 20) -> Sequence[Course]:
    """The latest courses within reach, to copy one."""
    return (
        session.execute(
            select(Course)
            .where(scope.where(Course.unit_id), Course.state != "cancelled")
            .order_by(Course.starts_on.desc(), Course.id.desc())
            .limit(limit)
        )
        .scalars()
        .all()
    )


def numbers_taken(session: Session, prefix: str) -> list[str]:
    """The course numbers that start with the prefix."""
    return list(session.execute(select(Course.number).where(starts_with(Course.number, prefix))).scalars())


def courses_before(session: Session, course_type_id: int, unit_id: int, year: int) -> int:
    """How many courses of the type the unit has opened for the year, cancelled ones included."""
    return session.execute(
        select(func.count())
        .select_from(Course)
        .join(CourseTypeVersion, CourseTypeVersion.id == Course.course_type_version_id)
        .where(
            CourseTypeVersion.course_type_id == course_type_id,
            Course.unit_id == unit_id,
            Course.starts_on.between(date(year, 1, 1), date(year, 12, 31)),
        )
    ).scalar_one()
