"""Lists of attendance and of results: one row for one trainee and session, or trainee and component."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from registry.core.errors import RuleError
from registry.core.i18n import N_
from registry.core.imports import Row, plain, present, read_whole
from registry.core.text import clean_name, read_date
from registry.people.commands import number_hash
from registry.people.identity import read_document
from registry.people.imports import PERSON_HEADERS
from registry.people.kinds import read_kind
from registry.training.imports_courses import COURSE_COLUMN, read_course
from registry.training.queries.progress import THEORY

_TRAINEE_COLUMNS: dict[str, tuple[str, ...]] = {
    **COURSE_COLUMN,
    **{key: PERSON_HEADERS[key] for key in ("document_number", "document_kind", "name")},
}
ATTENDANCE_HEADERS: dict[str, tuple[str, ...]] = {
    **_TRAINEE_COLUMNS,
    "session": ("课次", "场次", "session number"),
    "minutes": ("出勤", "出勤分钟", "考勤", "attendance"),
}
ATTENDANCE_REQUIRED = ("session", "minutes")
ASSESSMENT_HEADERS: dict[str, tuple[str, ...]] = {
    **_TRAINEE_COLUMNS,
    "component": ("考核项目", "项目", "item"),
    "value": ("成绩", "结果", "score", "result"),
    "assessed_on": ("考核日期", "assessment date"),
}
ASSESSMENT_REQUIRED = ("component", "value")

MOST_SESSIONS = 999
MOST_MINUTES = 1_440
FULL_SCORE = 100

_PRESENT = frozenset({"出勤", "到", "到课", "全勤", "√", "✓", "present"})
_ABSENT = frozenset({"缺勤", "缺席", "缺", "未到", "旷课", "×", "absent"})
_THEORY = frozenset({"理论", "理论考试", "理论成绩", "理论考核", THEORY})
_PASSED = frozenset({"合格", "通过", "及格", "√", "✓", "passed", "pass"})
_FAILED = frozenset({"不合格", "未通过", "不及格", "×", "failed", "fail"})


@dataclass(frozen=True, slots=True)
class TraineeName:
    """Whom a row of a list means: by document number, or by a name that only one trainee has."""

    row: int
    course: str
    document_hash: str | None
    name: str | None


@dataclass(frozen=True, slots=True)
class AttendanceRow:
    """A checked row of a list of attendance. `minutes` None means the whole session."""

    trainee: TraineeName
    session: int
    minutes: int | None


@dataclass(frozen=True, slots=True)
class AssessmentRow:
    """A checked row of a list of results: a score for theory, passed or not for a practical item.

    `component` is theory, or what the list calls the item; `assessed_on` None means the last day of the
    course.
    """

    trainee: TraineeName
    component: str
    value: int | bool
    assessed_on: date | None


def read_attendance(rows: Sequence[Row], *, course: str | None, today: date) -> list[AttendanceRow]:
    """The marks of a list; what is wrong is told in the rows. `course` is that of rows that name none."""
    found = []
    for row in rows:
        trainee = _read_trainee(row, course, today)
        session = row.read("session", _session)
        present_minutes = row.read("minutes", _minutes)
        if trainee is not None and session is not None and not row.errors:
            found.append(AttendanceRow(trainee, session, present_minutes))
    return found


def read_assessments(rows: Sequence[Row], *, course: str | None, today: date) -> list[AssessmentRow]:
    """The results of a list; what is wrong is told in the rows. `course` is that of rows that name none."""
    found = []
    for row in rows:
        trainee = _read_trainee(row, course, today)
        component = row.read("component", lambda text: _component(present(text)))
        assessed_on = row.optional("assessed_on", lambda text: _past(read_date(text), today))
        reader = _score if component == THEORY else _passed
        value = row.read("value", reader) if component is not None else None
        if trainee is not None and component is not None and value is not None and not row.errors:
            found.append(AssessmentRow(trainee, component, value, assessed_on))
    return found


def _read_trainee(row: Row, course: str | None, today: date) -> TraineeName | None:
    number = read_course(row, course)
    name = row.optional("name", clean_name)
    kind = row.optional("document_kind", read_kind)
    document = row.optional("document_number", lambda text: read_document(kind, text, today=today))
    if not row.text("document_number") and not row.text("name") and not row.errors:
        row.refuse(RuleError(N_("Name the trainee by document number, or by name.")), "document_number")
    if row.errors or number is None:
        return None
    return TraineeName(row.number, number, number_hash(document) if document is not None else None, name)


def _session(text: str) -> int:
    number = plain(present(text)).removeprefix("第").removesuffix("次").removesuffix("课")
    return read_whole(number, MOST_SESSIONS)


def _minutes(text: str) -> int | None:
    word = plain(present(text))
    if word in _PRESENT:
        return None
    if word in _ABSENT:
        return 0
    try:
        return read_whole(word.removesuffix("分钟").removesuffix("分"), MOST_MINUTES)
    except RuleError:
        raise RuleError(
            N_("Write the minutes present, or 出勤 (present) or 缺勤 (absent)."), "minutes"
        ) from None


def _component(text: str) -> str:
    word = plain(text)
    return THEORY if word in _THEORY else word


def _score(text: str) -> int:
    return read_whole(plain(present(text)).removesuffix("分"), FULL_SCORE)


def _passed(text: str) -> bool:
    word = plain(present(text))
    if word not in _PASSED | _FAILED:
        raise RuleError(N_("Write 合格 (passed) or 不合格 (failed)."))
    return word in _PASSED


def _past(day: date, today: date) -> date:
    if day > today:
        raise RuleError(N_("The date %(day)s lies in the future."), day=day.isoformat())
    return day
