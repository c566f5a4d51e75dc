"""The grid of results."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.core import clock
from registry.core.db import db
from registry.core.permissions import Permission
from registry.training import commands
from registry.training.forms.records import FAILED, PASSED, assessment_form
from registry.training.models import Course
from registry.training.queries.progress import THEORY, Progress, latest_assessment, progress_of
from registry.training.views.blueprint import blueprint, course_trail
from registry.web.guard import permit
from registry.web.load import load
from registry.web.submit import submit


@blueprint.route("/courses/<int:course_id>/assessment", methods=["GET", "POST"])
@permit(Permission.COURSE_EDIT)
def record_assessment(course_id: int) -> ResponseReturnValue:
    """Theory scores and practical items, typed or pasted as a block."""
    course = load(Course, course_id)
    progress = progress_of(db.session(), course)
    seen = latest_assessment(db.session(), course.id)
    form = assessment_form(
        progress,
        data={"rows": _rows(progress), "seen": str(seen), "assessed_on": min(clock.today(), course.ends_on)},
    )
    if form.validate_on_submit():
        marks = form.marks(progress, rest_passed=request.form.get("rest") == "passed")
        if not form.rows.cell_errors:
            over = course.ends_on <= clock.today()
            done = submit(
                form,
                commands.record_assessment,
                course,
                marks=marks,
                assessed_on=form.assessed_on.data,
                retake=form.retake.data,
                seen_row=int(form.seen.data) if (form.seen.data or "").isdecimal() else 0,
                locate=lambda course: url_for(
                    "training.close_course" if over else "training.course", course_id=course.id
                ),
                saved=_("Results saved."),
            )
            if done is not None:
                return done
    return render_template(
        "training/record_assessment.html",
        form=form,
        course=course,
        trail=course_trail(course),
        version=progress.version,
        people=len(progress.trainees),
    )


def _rows(progress: Progress) -> list[dict[str, object]]:
    rows = []
    for trainee in progress.trainees:
        marks = progress.marks.get(trainee.enrolment.id, {})
        row: dict[str, object] = {"id": trainee.enrolment.id, "name": trainee.name}
        for code, mark in marks.items():
            row[code] = mark.score if code == THEORY else PASSED if mark.passed else FAILED
        rows.append(row)
    return rows
