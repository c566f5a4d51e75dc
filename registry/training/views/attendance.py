"""The attendance grid."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.core import clock
from registry.core.db import db
from registry.core.permissions import Permission
from registry.training import commands
from registry.training.forms.records import ABSENT, PRESENT, attendance_form
from registry.training.models import Course, CourseSession
from registry.training.queries.progress import Progress, latest_event, progress_of
from registry.training.views.blueprint import blueprint, course_trail
from registry.web.guard import permit
from registry.web.load import load
from registry.web.submit import submit


@blueprint.route("/courses/<int:course_id>/attendance", methods=["GET", "POST"])
@permit(Permission.COURSE_EDIT)
def record_attendance(course_id: int) -> ResponseReturnValue:
    """Who came to which of the sessions held so far. Nobody is present by default."""
    course = load(Course, course_id)
    progress = progress_of(db.session(), course)
    held = [session for session in progress.sessions if session.held_on <= clock.today()]
    seen = latest_event(db.session(), course.id)
    form = attendance_form(progress, held, data={"rows": _rows(progress, held), "seen": str(seen)})
    if form.validate_on_submit():
        marks = form.marks(held, rest_present=request.form.get("rest") == "present")
        over = len(held) == len(progress.sessions)
        done = submit(
            form,
            commands.record_attendance,
            course,
            marks=marks,
            key=form.form_key.data,
            seen_event=int(form.seen.data) if (form.seen.data or "").isdecimal() else 0,
            locate=lambda course: url_for(
                "training.record_assessment" if over else "training.course", course_id=course.id
            ),
            saved=_("Attendance saved."),
        )
        if done is not None:
            return done
    return render_template(
        "training/record_attendance.html",
        form=form,
        course=course,
        trail=course_trail(course),
        held=held,
        ahead=len(progress.sessions) - len(held),
        people=len(progress.trainees),
    )


def _rows(progress: Progress, held: list[CourseSession]) -> list[dict[str, object]]:
    rows = []
    for trainee in progress.trainees:
        minutes = progress.minutes.get(trainee.enrolment.id, {})
        row: dict[str, object] = {"id": trainee.enrolment.id, "name": trainee.name}
        for session in held:
            if session.id in minutes:
                row[f"s{session.id}"] = _cell(minutes[session.id], session.minutes)
        rows.append(row)
    return rows


def _cell(minutes: int, whole: int) -> str:
    if minutes <= 0:
        return ABSENT
    return PRESENT if minutes >= whole else str(minutes)
