"""Results of the theory test and the practical items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.i18n import N_
from registry.core.permissions import Permission
from registry.core.write import Write, command
from registry.training.commands.attendance import active_enrolments
from registry.training.commands.seats import refuse_unless_open
from registry.training.models import Assessment, Course
from registry.training.queries.courses import version_of
from registry.training.queries.progress import THEORY, Mark, marks_of

FULL_SCORE = 100


@dataclass(frozen=True, slots=True)
class AssessmentMark:
    """One cell: a score for theory, passed or not for a practical item, None where nothing is recorded.

    `method` is grid, all_passed (passed with everyone else at once) or import.
    """

    enrolment_id: int
    component: str
    value: int | bool | None
    method: str = "grid"


@command(Permission.COURSE_EDIT)
def record_assessment(
    w: Write,
    course: Course,
    *,
    marks: Sequence[AssessmentMark],
    assessed_on: date,
    retake: bool = False,
    seen_row: int = 0,
) -> Course:
    """Record the cells changed since the assessment row `seen_row`, with who recorded them and the day.

    A changed value corrects the attempt it belongs to; with `retake` it is another attempt (补考).
    """
    refuse_unless_open(course)
    _refuse_day(w, course, assessed_on)
    items = {item["code"] for item in version_of(w.session, course).practical_items}
    there = active_enrolments(w, course)
    seen = marks_of(w.session, course.id, until_row=seen_row) if seen_row else {}
    now = marks_of(w.session, course.id)
    rows = []
    for mark in marks:
        if mark.enrolment_id not in there or mark.component not in items | {THEORY}:
            raise RecordNotFoundError("assessment")
        _refuse_score(mark)
        before = now.get(mark.enrolment_id, {}).get(mark.component)
        shown = seen.get(mark.enrolment_id, {}).get(mark.component)
        if mark.value == value_of(shown) or mark.value == value_of(before):
            continue
        attempt = before.attempt if before is not None else 1
        rows.append(
            {
                "enrolment_id": mark.enrolment_id,
                "component": mark.component,
                "attempt": attempt + (retake and before is not None),
                "score": mark.value if mark.component == THEORY else None,
                "passed": None if mark.component == THEORY else mark.value,
                "cleared": mark.value is None,
                "method": mark.method,
                "assessed_on": assessed_on,
                "by_id": w.actor.user_id,
            }
        )
    w.insert_many(Assessment, rows)
    w.unit_id = course.unit_id
    return course


def value_of(mark: Mark | None) -> int | bool | None:
    """What a cell shows of a mark."""
    if mark is None:
        return None
    return mark.score if mark.score is not None else mark.passed


def _refuse_score(mark: AssessmentMark) -> None:
    if mark.component == THEORY and mark.value is not None and not 0 <= mark.value <= FULL_SCORE:
        raise RuleError(
            N_("A score is a whole number from 0 to %(most)s. Nothing was saved; correct it."),
            "rows",
            most=FULL_SCORE,
        )


def _refuse_day(w: Write, course: Course, day: date) -> None:
    if day > w.today:
        raise RuleError(
            N_("%(day)s lies in the future. Nothing was saved; name the day of the assessment."),
            "assessed_on",
            day=day.isoformat(),
        )
    if day < course.starts_on:
        raise RuleError(
            N_("The course began on %(day)s. Nothing was saved; the assessment cannot be earlier."),
            "assessed_on",
            day=course.starts_on.isoformat(),
        )
