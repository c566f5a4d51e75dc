"""Forms about attendance, results and closing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, HiddenField
from wtforms.validators import InputRequired, Length, Optional

from registry.training.commands import AssessmentMark, AttendanceMark
from registry.training.models import CourseSession
from registry.training.queries.progress import THEORY, Progress
from registry.web.forms import BaseForm
from registry.web.grid import GridColumn, GridField
from registry.web.locale import local_name

PRESENT, ABSENT = "P", "A"
PASSED, FAILED = "1", "0"


class _Item:
    """A practical item as a record with names, so that one function picks the language."""

    def __init__(self, item: Mapping[str, str]) -> None:
        self.name, self.name_en = item["name"], item["name_en"]


def item_name(item: Mapping[str, str]) -> str:
    """The name of a practical item in the language of the page."""
    return local_name(_Item(item))


def attendance_columns(progress: Progress) -> tuple[GridColumn, ...]:
    """The name, then one column per session: present, absent, or present for some of its class hours."""
    return (
        GridColumn("name", _l("Name"), readonly=True),
        *(_session_column(session, progress) for session in progress.sessions),
    )


def _session_column(session: CourseSession, progress: Progress) -> GridColumn:
    step = progress.version.class_hour_minutes
    recorded = {found.get(session.id) for found in progress.minutes.values()}
    partial = set(range(step, session.minutes, step)) | {
        m for m in recorded if m is not None and 0 < m < session.minutes
    }
    choices = [(PRESENT, _("present"), "p"), (ABSENT, _("absent"), "a")] + [
        (str(minutes), _("%(minutes)s min", minutes=minutes), "") for minutes in sorted(partial, reverse=True)
    ]
    label = _("Session %(number)s, %(day)s", number=session.number, day=session.held_on.strftime("%m-%d"))
    return GridColumn(f"s{session.id}", label, type="choice", choices=tuple(choices), toggle=True)


def attendance_form(progress: Progress, held: Sequence[CourseSession], **kwargs: Any) -> AttendanceForm:
    """The form of a course, with a column for each session held so far."""
    columns = attendance_columns(progress)
    wanted = {"name", *(f"s{session.id}" for session in held)}

    class Form(AttendanceForm):
        rows = GridField(_l("Attendance"), columns=[c for c in columns if c.key in wanted], max_rows=5_000)

    return Form(**kwargs)


class AttendanceForm(BaseForm):
    """Who came to which session. `seen` is the latest event when the page was drawn."""

    rows: GridField
    seen = HiddenField(validators=[Optional(), Length(max=12)])

    def marks(self, held: Sequence[CourseSession], rest_present: bool) -> list[AttendanceMark]:
        """The cells as marks; with `rest_present` whoever is not marked was present."""
        found = []
        for row in self.rows.data:
            if not row.get("id", "").isdecimal():
                continue
            for session in held:
                cell = row.get(f"s{session.id}", "")
                method = "grid"
                if not cell and rest_present:
                    cell, method = PRESENT, "all_present"
                elif cell and self.rows.set_all.get(f"s{session.id}") == cell:
                    method = "all_present"
                minutes = {PRESENT: session.minutes, ABSENT: 0, "": None}.get(
                    cell, int(cell) if cell.isdecimal() else None
                )
                found.append(AttendanceMark(int(row["id"]), session.id, minutes, method))
        return found


def assessment_columns(progress: Progress) -> list[GridColumn]:
    """The name, the theory score, then one column per practical item."""
    columns = [GridColumn("name", _l("Name"), readonly=True)]
    if progress.version.theory_pass is not None:
        label = _("Theory (pass: %(score)s)", score=progress.version.theory_pass)
        columns.append(
            GridColumn(THEORY, label, type="number", aliases=("理论", "理论成绩", "成绩", "theory", "score"))
        )
    for item in progress.version.practical_items:
        columns.append(
            GridColumn(
                item["code"],
                item_name(item),
                type="choice",
                choices=((PASSED, _("passed"), "p"), (FAILED, _("failed"), "f")),
                toggle=True,
                aliases=(item["name"], item["name_en"]),
            )
        )
    return columns


def assessment_form(progress: Progress, **kwargs: Any) -> AssessmentForm:
    """The form of a course, with a column for each component of its type."""
    columns = assessment_columns(progress)

    class Form(AssessmentForm):
        rows = GridField(_l("Results"), columns=columns, max_rows=5_000)

    return Form(**kwargs)


class AssessmentForm(BaseForm):
    """Scores and practical items. `seen` is the latest row when the page was drawn."""

    rows: GridField
    seen = HiddenField(validators=[Optional(), Length(max=12)])
    assessed_on = DateField(_l("Assessed on"), validators=[InputRequired()])
    retake = BooleanField(_l("The changed results are of a retake (补考)"))

    def marks(self, progress: Progress, rest_passed: bool) -> list[AssessmentMark]:
        """The cells as marks; with `rest_passed` practical items not marked were passed.

        A score that is not a whole number from 0 to 100 is marked in the grid.
        """
        found = []
        grid = self.rows
        for index, row in enumerate(grid.data):
            if not row.get("id", "").isdecimal():
                continue
            enrolment_id = int(row["id"])
            if progress.version.theory_pass is not None:
                cell = row.get(THEORY, "").removesuffix(".0")
                if cell and not (cell.isdecimal() and len(cell) < 4 and int(cell) <= 100):
                    grid.add_cell_error(index, THEORY, _("A whole number from 0 to 100."))
                else:
                    found.append(AssessmentMark(enrolment_id, THEORY, int(cell) if cell else None))
            for item in progress.version.practical_items:
                code = item["code"]
                cell, method = row.get(code, ""), "grid"
                if not cell and rest_passed:
                    cell, method = PASSED, "all_passed"
                elif cell and grid.set_all.get(code) == cell == PASSED:
                    method = "all_passed"
                value = {PASSED: True, FAILED: False}.get(cell)
                found.append(AssessmentMark(enrolment_id, code, value, method))
        return found


class CloseForm(BaseForm):
    """The trainer's word. `seen` is the digest of the outcomes on the page."""

    seen = HiddenField(validators=[Length(max=64)])
    attested = BooleanField(_l("I attest that attendance and results are true and complete"))
    accept_incomplete = BooleanField(
        _l("Close although something was never recorded: these trainees close as incomplete")
    )


class PrepareForm(BaseForm):
    """Nothing to fill in: the form carries its key."""
