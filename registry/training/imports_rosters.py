"""Class lists of one or many courses in one file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from registry.core.errors import RuleError
from registry.core.i18n import N_, Message
from registry.core.imports import Row
from registry.core.scope import Scope
from registry.people.imports import PERSON_HEADERS
from registry.training.imports_courses import COURSE_COLUMN, read_course
from registry.training.models import Course
from registry.training.queries.roll import courses_numbered
from registry.training.roster import RosterEntry, check_rows

ROSTERS_HEADERS: dict[str, tuple[str, ...]] = {**COURSE_COLUMN, **PERSON_HEADERS}
ROSTERS_REQUIRED = ("name",)


@dataclass(frozen=True)
class CourseRoster:
    """The checked list of one course: who is to be enrolled, and how many are already.

    `row` is the first of its rows.
    """

    row: int
    course_id: int
    entries: Sequence[RosterEntry]
    enrolled: int


def read_rosters(
    session: Session, rows: Sequence[Row], *, scope: Scope, course: str | None, today: date
) -> list[CourseRoster]:
    """The lists of a file course by course; what is wrong is told in the rows.

    `course` is the number of the course of rows that name none.
    """
    by_number: dict[str, list[Row]] = {}
    for row in rows:
        named = read_course(row, course)
        if named is not None:
            by_number.setdefault(named, []).append(row)
    courses = courses_numbered(session, by_number, scope)
    found = []
    for number, of_course in by_number.items():
        if number in courses:
            found.append(_check(session, courses[number], of_course, today))
        else:
            for row in of_course:
                row.refuse(no_course(number), "course")
    return found


def no_course(number: str) -> RuleError:
    """The refusal of a course number that nobody within reach has."""
    return RuleError(N_("No course within your reach has the number %(number)s."), number=number)


def _check(session: Session, course: Course, rows: Sequence[Row], today: date) -> CourseRoster:
    try:
        checked = check_rows(session, course, [row.texts for row in rows], today)
    except RuleError as error:
        rows[0].refuse(error, None)
        return CourseRoster(rows[0].number, course.id, [], 0)
    for wrong in checked.errors:
        rows[wrong.row].tell(wrong.column, _in_file(wrong.message, rows))
    entries = [RosterEntry(rows[entry.row_number - 1].number, entry.entrant) for entry in checked.entries]
    return CourseRoster(rows[0].number, course.id, entries, len(checked.enrolled))


def _in_file(message: Message, rows: Sequence[Row]) -> Message:
    """A message that names another row of the list, as one that names the row of the file."""
    if "row" not in message.params:
        return message
    return Message(message.text, {**message.params, "row": rows[message.params["row"] - 1].number})
