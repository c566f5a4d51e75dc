"""A course is opened, changed, cancelled, and opened again."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from registry.accounts.models import Unit
from registry.certificates.models import BatchLine, Certificate, CertificateBatch
from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.i18n import N_
from registry.core.permissions import Permission
from registry.core.write import Write, command
from registry.training.commands.plan import (
    marked_sessions,
    move_sessions,
    plan_sessions,
    refuse_far_ahead,
    session_row,
)
from registry.training.commands.seats import refuse_unless_open
from registry.training.models import (
    Course,
    CourseInstructor,
    CourseSession,
    CourseType,
    Enrolment,
)
from registry.training.queries.courses import courses_before, numbers_taken, sessions_of, version_in_force


def default_title(type_name: str, earlier: int) -> str:
    """救护员培训班（第3期）: the kind of course and its number within the unit and year."""
    return f"{type_name.removesuffix('班')}班（第{earlier + 1}期）"


@command(Permission.COURSE_EDIT)
def open_course(
    w: Write,
    *,
    course_type: CourseType,
    unit: Unit,
    starts_on: date,
    venue: str,
    title: str = "",
    capacity: int | None = None,
    instructor_id: int | None = None,
    copied: Course | None = None,
) -> Course:
    """Open a course under the rules in force on its first day.

    Its number is {unit code}-{year}-{serial}. The sessions come from the course type, or from `copied`,
    an earlier course whose sessions are moved to the new first day.
    """
    if not w.actor.scope(Permission.COURSE_EDIT).holds(unit.id):
        raise RecordNotFoundError("unit")
    refuse_far_ahead(w, starts_on)
    version = version_in_force(w.session, course_type.id, starts_on)
    if version is None:
        raise RuleError(
            N_(
                "No rules of this course type are in force on %(day)s. Nothing was saved; choose another day."
            ),
            "starts_on",
            day=starts_on.isoformat(),
        )
    if copied is not None and copied.course_type_version_id == version.id:
        planned = move_sessions(sessions_of(w.session, copied.id), starts_on)
    else:
        planned = plan_sessions(version, starts_on)
    if not title:
        title = default_title(
            course_type.name, courses_before(w.session, course_type.id, unit.id, starts_on.year)
        )
    course = w.add(
        Course(
            number=_next_number(w, unit, starts_on.year),
            course_type_version_id=version.id,
            unit_id=unit.id,
            title=title,
            venue=venue,
            starts_on=starts_on,
            ends_on=max((s.held_on for s in planned), default=starts_on),
            capacity=capacity or version.max_trainees,
            seats_taken=0,
            state="open",
        )
    )
    w.unit_id = unit.id
    w.insert_many(
        CourseSession,
        [session_row(course, number, s) for number, s in enumerate(planned, start=1)],
    )
    if instructor_id is not None:
        w.add(CourseInstructor(course_id=course.id, person_id=instructor_id, unit_id=unit.id))
    return course


@command(Permission.COURSE_EDIT)
def edit_course(
    w: Write,
    course: Course,
    *,
    title: str,
    venue: str,
    starts_on: date,
    capacity: int,
    instructor_id: int | None = None,
) -> Course:
    """Change what is planned. Another first day moves all sessions, as long as no attendance is recorded."""
    refuse_unless_open(course)
    if capacity < course.seats_taken:
        raise RuleError(
            N_("%(taken)s seats are taken already. Nothing was saved; name at least that many."),
            "capacity",
            taken=course.seats_taken,
        )
    if starts_on != course.starts_on:
        refuse_far_ahead(w, starts_on)
        if marked_sessions(w, course):
            raise RuleError(
                N_(
                    "Attendance is recorded already. Nothing was saved; "
                    "change the days of single sessions instead."
                ),
                "starts_on",
            )
        moved = starts_on - course.starts_on
        for session in sessions_of(w.session, course.id):
            session.held_on += moved
        course.starts_on, course.ends_on = starts_on, course.ends_on + moved
    course.title, course.venue, course.capacity = title, venue, capacity
    _name_instructor(w, course, instructor_id)
    w.unit_id = course.unit_id
    return course


@command(Permission.COURSE_EDIT)
def cancel_course(w: Write, course: Course, *, reason: str) -> Course:
    """Cancel a course that does not take place. What is recorded stays and counts nowhere."""
    refuse_unless_open(course)
    course.state, course.state_reason = "cancelled", reason
    w.reason, w.unit_id = reason, course.unit_id
    return course


@command(Permission.COURSE_EDIT)
def reopen_course(w: Write, course: Course, *, reason: str) -> Course:
    """Open a closed or cancelled course again. Frozen results are taken back and have to be attested anew."""
    if course.state == "open":
        raise RuleError(N_("The course %(number)s is open. Nothing was changed."), number=course.number)
    enrolled = w.session.execute(select(Enrolment).where(Enrolment.course_id == course.id)).scalars().all()
    _refuse_certified(w, course)
    for enrolment in enrolled:
        enrolment.result, enrolment.result_basis, enrolment.batch_line_id = None, None, None
    course.state, course.state_reason, course.closed_on = "open", "", None
    w.reason, w.unit_id = reason, course.unit_id
    return course


def _refuse_certified(w: Write, course: Course) -> None:
    """Certificates that count, or wait to be approved, stand on the results as they are."""
    rows = w.session.execute(
        select(CertificateBatch.state, Certificate.id)
        .select_from(Enrolment)
        .join(BatchLine, BatchLine.id == Enrolment.batch_line_id)
        .join(CertificateBatch, CertificateBatch.id == BatchLine.batch_id)
        .outerjoin(
            Certificate, (Certificate.id == BatchLine.certificate_id) & Certificate.voided_at.is_(None)
        )
        .where(Enrolment.course_id == course.id)
    ).all()
    counting = sum(certificate is not None for _, certificate in rows)
    if counting:
        raise RuleError(
            N_(
                "%(count)s certificates of the course %(number)s count. Nothing was changed; "
                "void them first if the results are wrong."
            ),
            count=counting,
            number=course.number,
        )
    if any(state == "prepared" for state, _ in rows):
        raise RuleError(
            N_(
                "Certificates of the course %(number)s wait for approval. Nothing was changed; "
                "have the batch rejected first."
            ),
            number=course.number,
        )


def _name_instructor(w: Write, course: Course, person_id: int | None) -> None:
    named = (
        w.session.execute(
            select(CourseInstructor).where(
                CourseInstructor.course_id == course.id, CourseInstructor.voided_at.is_(None)
            )
        )
        .scalars()
        .all()
    )
    for row in named:
        if row.person_id != person_id:
            row.voided_at = w.at
    if person_id is not None and all(row.person_id != person_id for row in named):
        w.session.flush()
        w.add(CourseInstructor(course_id=course.id, person_id=person_id, unit_id=course.unit_id))


def _next_number(w: Write, unit: Unit, year: int) -> str:
    prefix = f"{unit.code or f'U{unit.id}'}-{year}-"
    serials = [n.removeprefix(prefix) for n in numbers_taken(w.session, prefix)]
    return f"{prefix}{max((int(s) for s in serials if s.isdecimal()), default=0) + 1:03d}"
