"""The kinds of lists: their columns, the right they need, and the command that takes them in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from registry.accounts.imports import (
    UNIT_PARENT_HEADERS,
    UNIT_PARENT_REQUIRED,
    UnitNames,
    import_unit_parents,
    read_unit_parents,
)
from registry.certificates.commands import import_certificate_events, import_certificates
from registry.certificates.imports import (
    CERTIFICATE_HEADERS,
    CERTIFICATE_REQUIRED,
    EVENT_HEADERS,
    EVENT_REQUIRED,
    check_certificate_events,
    check_certificates,
)
from registry.core.imports import Headers, Imported, ListFile
from registry.core.permissions import Permission
from registry.core.scope import Actor, Scope
from registry.core.write import Command
from registry.people.imports import PEOPLE_HEADERS, PEOPLE_REQUIRED, import_people, read_people
from registry.training.commands_import import (
    import_assessments,
    import_attendance,
    import_courses,
    import_rosters,
)
from registry.training.imports_courses import (
    COURSE_HEADERS,
    COURSE_REQUIRED,
    CourseTypeNames,
    read_courses,
)
from registry.training.imports_marks import (
    ASSESSMENT_HEADERS,
    ASSESSMENT_REQUIRED,
    ATTENDANCE_HEADERS,
    ATTENDANCE_REQUIRED,
    read_assessments,
    read_attendance,
)
from registry.training.imports_rosters import ROSTERS_HEADERS, ROSTERS_REQUIRED, read_rosters
from registry.volunteers.commands.import_service import import_service_entries
from registry.volunteers.commands.import_volunteers import import_volunteers
from registry.volunteers.imports_service import SERVICE_HEADERS, SERVICE_REQUIRED, read_service_entries
from registry.volunteers.imports_volunteers import VOLUNTEER_HEADERS, VOLUNTEER_REQUIRED, read_volunteers


@dataclass(frozen=True)
class Asked:
    """Who imports which file, with the unit and the course of rows that name none."""

    session: Session
    actor: Actor
    today: date
    file: str
    unit_id: int | None = None
    course: str | None = None


# A command with what it is given: the rows that are right, as far as a row alone can tell.
Prepared = tuple[Command[Any, Any], Mapping[str, Any]]


@dataclass(frozen=True)
class Kind:
    """A kind of list. `prepare` tells what is wrong in the rows of the file.

    `filled` names a column that an option of the command fills where the list has none: unit or course.
    """

    headers: Headers
    required: tuple[str, ...]
    permission: Permission
    prepare: Callable[[Asked, ListFile, Scope], Prepared]
    filled: str | None = None
    told: Callable[[Any], Imported] = lambda imported: imported

    def required_for(self, asked: Asked) -> tuple[str, ...]:
        """The columns the list must have, given what the options fill."""
        given = {"unit": asked.unit_id, "course": asked.course}
        if self.filled is None or given[self.filled] is not None:
            return self.required
        return (self.filled, *self.required)


def _people(asked: Asked, listed: ListFile, scope: Scope) -> Prepared:
    units = UnitNames.load(asked.session, scope, asked.today)
    rows = read_people(listed.rows, units=units, unit_id=asked.unit_id, today=asked.today)
    return import_people, {"rows": rows}


def _courses(asked: Asked, listed: ListFile, scope: Scope) -> Prepared:
    units = UnitNames.load(asked.session, scope, asked.today)
    types = CourseTypeNames.load(asked.session)
    return import_courses, {
        "rows": read_courses(listed.rows, types=types, units=units, unit_id=asked.unit_id)
    }


def _rosters(asked: Asked, listed: ListFile, scope: Scope) -> Prepared:
    rosters = read_rosters(asked.session, listed.rows, scope=scope, course=asked.course, today=asked.today)
    return import_rosters, {"rosters": rosters, "file_name": asked.file, "digest": listed.digest}


def _attendance(asked: Asked, listed: ListFile, _scope: Scope) -> Prepared:
    return import_attendance, {"rows": read_attendance(listed.rows, course=asked.course, today=asked.today)}


def _assessments(asked: Asked, listed: ListFile, _scope: Scope) -> Prepared:
    return import_assessments, {"rows": read_assessments(listed.rows, course=asked.course, today=asked.today)}


def _certificates(asked: Asked, listed: ListFile, scope: Scope) -> Prepared:
    rows, errors = check_certificates(
        asked.session,
        [row.cells for row in listed.rows],
        scope=scope,
        today=asked.today,
        unit_id=asked.unit_id,
    )
    _tell(listed, errors)
    return import_certificates, {"rows": rows}


def _certificate_events(asked: Asked, listed: ListFile, scope: Scope) -> Prepared:
    rows, errors = check_certificate_events(
        asked.session, [row.cells for row in listed.rows], scope=scope, today=asked.today
    )
    _tell(listed, errors)
    return import_certificate_events, {"rows": rows}


def _tell(listed: ListFile, errors: Any) -> None:
    rows = {row.number: row for row in listed.rows}
    for error in errors:
        rows[error.row].tell(error.column, error.message)


def _service_entries(asked: Asked, listed: ListFile, scope: Scope) -> Prepared:
    units = UnitNames.load(asked.session, scope, asked.today)
    rows = read_service_entries(listed.rows, units=units, unit_id=asked.unit_id, today=asked.today)
    return import_service_entries, {"rows": rows}


def _unit_parents(asked: Asked, listed: ListFile, scope: Scope) -> Prepared:
    units = UnitNames.load(asked.session, scope, asked.today)
    return import_unit_parents, {"rows": read_unit_parents(listed.rows, units=units, unit_id=asked.unit_id)}


def _volunteers(asked: Asked, listed: ListFile, scope: Scope) -> Prepared:
    units = UnitNames.load(asked.session, scope, asked.today)
    rows = read_volunteers(listed.rows, units=units, unit_id=asked.unit_id, today=asked.today)
    return import_volunteers, {"rows": rows}


KINDS: dict[str, Kind] = {
    "people": Kind(PEOPLE_HEADERS, PEOPLE_REQUIRED, Permission.PERSON_EDIT, _people, "unit"),
    "courses": Kind(COURSE_HEADERS, COURSE_REQUIRED, Permission.COURSE_EDIT, _courses, "unit"),
    "rosters": Kind(ROSTERS_HEADERS, ROSTERS_REQUIRED, Permission.COURSE_EDIT, _rosters, "course"),
    "attendance": Kind(
        ATTENDANCE_HEADERS, ATTENDANCE_REQUIRED, Permission.COURSE_EDIT, _attendance, "course"
    ),
    "assessments": Kind(
        ASSESSMENT_HEADERS, ASSESSMENT_REQUIRED, Permission.COURSE_EDIT, _assessments, "course"
    ),
    "certificates": Kind(
        CERTIFICATE_HEADERS,
        CERTIFICATE_REQUIRED,
        Permission.CERTIFICATE_IMPORT,
        _certificates,
        "unit",
        lambda imported: Imported(imported.added, imported.known),
    ),
    "certificate_events": Kind(
        EVENT_HEADERS,
        EVENT_REQUIRED,
        Permission.CERTIFICATE_IMPORT,
        _certificate_events,
        told=Imported,
    ),
    "unit_parents": Kind(UNIT_PARENT_HEADERS, UNIT_PARENT_REQUIRED, Permission.UNIT_EDIT, _unit_parents),
    "volunteers": Kind(VOLUNTEER_HEADERS, VOLUNTEER_REQUIRED, Permission.VOLUNTEER_EDIT, _volunteers, "unit"),
    "service_entries": Kind(
        SERVICE_HEADERS, SERVICE_REQUIRED, Permission.VOLUNTEER_EDIT, _service_entries, "unit"
    ),
}
