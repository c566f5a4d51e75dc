"""Lists of courses: the columns they have, and how other lists name a course."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from registry.accounts.imports import UnitNames
from registry.core.errors import RuleError
from registry.core.i18n import N_
from registry.core.imports import Row, plain, present, read_whole
from registry.core.text import clean, narrow, read_date
from registry.training.queries.courses import course_types

COURSE_HEADERS: dict[str, tuple[str, ...]] = {
    "number": ("班次编号", "编号", "course number", "course no."),
    "course_type": ("班次类型", "培训类型", "课程类型", "course type"),
    "unit": ("主办单位", "承办单位", "单位", "单位代码", "organizer", "unit code"),
    "starts_on": ("开班日期", "开始日期", "start date"),
    "title": ("班次名称", "名称", "course title"),
    "venue": ("培训地点", "地点", "place"),
    "capacity": ("人数上限", "名额", "seats"),
}
COURSE_REQUIRED = ("course_type", "starts_on")

# How a list of trainees, of attendance or of results names the course of a row.
COURSE_COLUMN = {"course": ("班次编号", "班次", "course number", "course no.")}

LONGEST_NUMBER = 40
LONGEST_NAME = 120
MOST_SEATS = 10_000


@dataclass(frozen=True, slots=True)
class CourseRow:
    """A checked row of a list of courses. `number` None lets the registry number the course."""

    row: int
    number: str | None
    course_type_id: int
    unit_id: int
    starts_on: date
    title: str
    venue: str
    capacity: int | None


def read_course_number(text: str) -> str:
    """A course number as it is stored and looked up: half width, without spaces; RuleError otherwise."""
    number = "".join(narrow(clean(text)).split())
    if not number:
        raise RuleError(N_("The course number is missing."))
    if len(number) > LONGEST_NUMBER:
        raise RuleError(
            N_("The course number has %(length)s characters; at most %(limit)s fit."),
            length=len(number),
            limit=LONGEST_NUMBER,
        )
    return number


def read_course(row: Row, course: str | None) -> str | None:
    """The number of the course a row names; `course` where it names none."""
    if course is not None and not row.text("course"):
        return course
    return row.read("course", lambda text: read_course_number(present(text)))


@dataclass(frozen=True)
class CourseTypeNames:
    """Course types by code and names, these also without 培训 at the end."""

    ids: dict[str, int]
    names: list[str]

    @classmethod
    def load(cls, session: Session) -> CourseTypeNames:
        """Read them once for a whole list."""
        types = course_types(session)
        return cls(
            {
                plain(name).removesuffix("培训"): kind.id
                for kind in types
                for name in (kind.code, kind.name, kind.name_en)
            },
            [kind.name for kind in types],
        )

    def find(self, text: str) -> int:
        """The course type a row names; RuleError when there is none."""
        found = self.ids.get(plain(text).removesuffix("班").removesuffix("培训"))
        if found is None:
            raise RuleError(
                N_("There is no course type “%(text)s”. Write one of: %(names)s."),
                text=text[:60],
                names="、".join(self.names),
            )
        return found


def read_courses(
    rows: Sequence[Row], *, types: CourseTypeNames, units: UnitNames, unit_id: int | None
) -> list[CourseRow]:
    """The courses of a list; what is wrong is told in the rows. `unit_id` holds those that name no unit."""
    found = []
    seen: dict[str, int] = {}
    for row in rows:
        number = row.optional("number", read_course_number)
        course_type = row.read("course_type", lambda text: types.find(present(text)))
        unit = units.read(row, "unit", unit_id)
        starts_on = row.read("starts_on", read_date)
        title, venue = row.bounded("title", LONGEST_NAME), row.bounded("venue", LONGEST_NAME)
        capacity = row.optional("capacity", _seats)
        if number is not None and seen.setdefault(number, row.number) != row.number:
            told = N_("Row %(row)s has the same course number; correct one of the two.")
            row.refuse(RuleError(told, row=seen[number]), "number")
        if not row.errors and course_type is not None and unit is not None and starts_on is not None:
            found.append(CourseRow(row.number, number, course_type, unit, starts_on, title, venue, capacity))
    return found


def _seats(text: str) -> int:
    seats = read_whole(text, MOST_SEATS)
    if not seats:
        raise RuleError(N_("A course has at least one seat."))
    return seats
