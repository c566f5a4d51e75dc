"""Courses, class lists, attendance and results taken over from files, each file as one write."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import TypeVar

from sqlalchemy import select

from registry.accounts.models import Unit
from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.i18n import N_
from registry.core.imports import Imported, ListRefusedError, RowError, only, plain
from registry.core.permissions import Permission
from registry.core.write import Write, command
from registry.training.commands.assessment import AssessmentMark, record_assessment, value_of
from registry.training.commands.attendance import AttendanceMark, record_attendance
from registry.training.commands.courses import open_course
from registry.training.commands.roster import enrol
from registry.training.commands.seats import refuse_unless_open
from registry.training.imports_courses import CourseRow
from registry.training.imports_marks import AssessmentRow, AttendanceRow, TraineeName
from registry.training.imports_rosters import CourseRoster, no_course
from registry.training.models import Course, CourseSession, CourseType
from registry.training.queries.courses import sessions_of, version_of
from registry.training.queries.progress import THEORY, marks_of, minutes_present
from registry.training.queries.roll import Roll, courses_numbered, roll_of
from registry.training.queries.roster import standing_import

M = TypeVar("M", AttendanceRow, AssessmentRow)


@command(Permission.COURSE_EDIT)
def import_courses(w: Write, *, rows: Sequence[CourseRow]) -> Imported:
    """Open the courses of a list under the numbers they carry, or under new ones.

    ListRefusedError naming every row whose number is taken or whose day no course can begin on.
    """
    taken = courses_numbered(w.session, (row.number for row in rows if row.number))
    types = {kind.id: kind for kind in w.session.execute(select(CourseType)).scalars()}
    units = {unit.id: unit for unit in w.session.execute(select(Unit)).scalars()}
    errors: list[RowError] = []
    # Numbers that courses carry come first, so that a new one is not given to another course.
    for row in sorted(rows, key=lambda row: row.number is None):
        if row.number in taken:
            told = N_("A course with the number %(number)s exists already; delete the row.")
            errors.append(RowError(row.row, "number", RuleError(told, number=row.number).message))
            continue
        try:
            course = open_course(
                w,
                course_type=types[row.course_type_id],
                unit=units[row.unit_id],
                starts_on=row.starts_on,
                venue=row.venue,
                title=row.title,
                capacity=row.capacity,
            )
        except RuleError as error:
            errors.append(RowError(row.row, "starts_on", error.message))
            continue
        if row.number is not None:
            course.number = row.number
    if errors:
        raise ListRefusedError(errors)
    w.unit_id = only({row.unit_id for row in rows})
    return Imported(len(rows))


@command(Permission.COURSE_EDIT)
def import_rosters(
    w: Write, *, rosters: Sequence[CourseRoster], file_name: str = "", digest: str = ""
) -> Imported:
    """Enrol the people of checked lists; who is enrolled already stays so.

    `digest` refuses the same file while an import of it stands. Each course takes the same number of
    statements, whatever the length of its list.
    """
    courses = _courses(w, [roster.course_id for roster in rosters])
    errors: list[RowError] = []
    saved = 0
    for roster in rosters:
        course = courses[roster.course_id]
        if not roster.entries and standing_import(w.session, course.id, digest) is None:
            continue
        try:
            taken = enrol(
                w, course, entries=roster.entries, source="import", file_name=file_name, digest=digest
            )
        except RuleError as error:
            errors.append(RowError(roster.row, "course", error.message))
        else:
            saved += taken.saved_count
    if errors:
        raise ListRefusedError(errors)
    w.unit_id = only({course.unit_id for course in courses.values()})
    told = sum(len(roster.entries) + roster.enrolled for roster in rosters)
    return Imported(saved, told - saved)


@command(Permission.COURSE_EDIT)
def import_attendance(w: Write, *, rows: Sequence[AttendanceRow]) -> Imported:
    """Record the attendance of a list. A mark that stands already has no effect.

    ListRefusedError naming every row that fits no course, trainee or session.
    """
    errors: list[RowError] = []
    marks: list[tuple[Course, list[AttendanceMark]]] = []
    saved = 0
    for course, roll, of_course in _classes(w, rows, errors):
        sessions = {session.number: session for session in sessions_of(w.session, course.id)}
        now = minutes_present(w.session, course.id)
        cells = _Cells(roll, errors)
        found: list[AttendanceMark] = []
        for row in of_course:
            session = sessions.get(row.session)
            enrolment = cells.take(row.trainee, row.session)
            refusal = _refuse_session(row, session, len(sessions), w.today)
            if refusal is not None:
                errors.append(RowError(row.trainee.row, refusal.field, refusal.message))
            elif enrolment is not None and session is not None:
                minutes = session.minutes if row.minutes is None else row.minutes
                saved += now.get(enrolment, {}).get(session.id) != minutes
                found.append(AttendanceMark(enrolment, session.id, minutes, "import"))
        marks.append((course, found))
    if errors:
        raise ListRefusedError(errors)
    for course, of_one in marks:
        record_attendance(w, course, marks=of_one, key=f"import-{w.seq}")
    w.unit_id = only({course.unit_id for course, _marks in marks})
    return Imported(saved, len(rows) - saved)


@command(Permission.COURSE_EDIT)
def import_assessments(w: Write, *, rows: Sequence[AssessmentRow]) -> Imported:
    """Record the results of a list. One that stands already has no effect, another corrects its attempt.

    ListRefusedError naming every row that fits no course, trainee or component.
    """
    errors: list[RowError] = []
    marks: list[tuple[Course, date, list[AssessmentMark]]] = []
    saved = 0
    for course, roll, of_course in _classes(w, rows, errors):
        items = version_of(w.session, course).practical_items
        components = {plain(item[key]): item["code"] for item in items for key in ("code", "name", "name_en")}
        components[THEORY] = THEORY
        names = "、".join(item["name"] for item in items)
        now = marks_of(w.session, course.id)
        cells = _Cells(roll, errors)
        by_day: dict[date, list[AssessmentMark]] = {}
        for row in of_course:
            component = components.get(row.component)
            enrolment = cells.take(row.trainee, component or row.component)
            day = row.assessed_on or min(course.ends_on, w.today)
            refusal = _refuse_result(row, component, names, course, day)
            if refusal is not None:
                errors.append(RowError(row.trainee.row, refusal.field, refusal.message))
            elif enrolment is not None and component is not None:
                saved += value_of(now.get(enrolment, {}).get(component)) != row.value
                by_day.setdefault(day, []).append(AssessmentMark(enrolment, component, row.value, "import"))
        marks += [(course, day, of_day) for day, of_day in sorted(by_day.items())]
    if errors:
        raise ListRefusedError(errors)
    for course, day, of_day in marks:
        record_assessment(w, course, marks=of_day, assessed_on=day)
    w.unit_id = only({course.unit_id for course, _day, _marks in marks})
    return Imported(saved, len(rows) - saved)


def _courses(w: Write, course_ids: Sequence[int]) -> dict[int, Course]:
    scope = w.actor.scope(Permission.COURSE_EDIT)
    rows = w.session.execute(
        select(Course).where(Course.id.in_(sorted(set(course_ids))), scope.where(Course.unit_id))
    )
    courses = {course.id: course for course in rows.scalars()}
    if len(courses) < len(set(course_ids)):
        raise RecordNotFoundError("course")
    return courses


def _classes(w: Write, rows: Sequence[M], errors: list[RowError]) -> Iterator[tuple[Course, Roll, list[M]]]:
    """The rows of a list course by course; those of a course unknown or not open become errors."""
    by_number: dict[str, list[M]] = {}
    for row in rows:
        by_number.setdefault(row.trainee.course, []).append(row)
    courses = courses_numbered(w.session, by_number, w.actor.scope(Permission.COURSE_EDIT))
    for number, of_course in by_number.items():
        try:
            if number not in courses:
                raise no_course(number)
            refuse_unless_open(courses[number])
        except RuleError as error:
            errors += [RowError(row.trainee.row, "course", error.message) for row in of_course]
        else:
            yield courses[number], roll_of(w.session, courses[number].id), of_course


class _Cells:
    """The cells of one course that rows fill: each trainee with each session or component once."""

    def __init__(self, roll: Roll, errors: list[RowError]) -> None:
        self._roll = roll
        self._errors = errors
        self._row_of: dict[tuple[int, int | str], int] = {}

    def take(self, trainee: TraineeName, part: int | str) -> int | None:
        """The enrolment of the trainee; None, and an error told, when unknown or filled by another row."""
        try:
            enrolment = self._roll.find(trainee.document_hash, trainee.name)
            earlier = self._row_of.setdefault((enrolment, part), trainee.row)
            if earlier != trainee.row:
                raise RuleError(
                    N_("Row %(row)s is about the same trainee and part; delete one of the two."), row=earlier
                )
        except RuleError as error:
            self._errors.append(RowError(trainee.row, error.field, error.message))
            return None
        return enrolment


def _refuse_session(
    row: AttendanceRow, session: CourseSession | None, count: int, today: date
) -> RuleError | None:
    """Why a row cannot be about this session."""
    if session is None:
        told = N_("The course has no session %(number)s; it has %(count)s.")
        return RuleError(told, "session", number=row.session, count=count)
    if session.held_on > today:
        told = N_("Session %(number)s is on %(day)s; attendance is recorded from that day on.")
        return RuleError(told, "session", number=row.session, day=session.held_on.isoformat())
    if row.minutes is not None and row.minutes > session.minutes:
        told = N_("Session %(number)s has %(minutes)s minutes; write at most that many.")
        return RuleError(told, "minutes", number=row.session, minutes=session.minutes)
    return None


def _refuse_result(
    row: AssessmentRow, component: str | None, names: str, course: Course, day: date
) -> RuleError | None:
    """Why a row cannot be a result of this course."""
    if component is None:
        told = N_("This course assesses no “%(text)s”. Write 理论 (theory) or one of: %(names)s.")
        return RuleError(told, "component", text=row.component[:60], names=names)
    if day < course.starts_on:
        told = N_("The course began on %(day)s; the assessment cannot be earlier.")
        return RuleError(told, "assessed_on", day=course.starts_on.isoformat())
    return None
