"""Courses: the list, and opening, changing, cancelling and reopening one."""

from __future__ import annotations

from typing import Any

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from registry.accounts.models import Unit
from registry.accounts.queries import narrowed
from registry.core import clock
from registry.core.db import db
from registry.core.permissions import Permission
from registry.core.write import Command
from registry.training import commands
from registry.training.forms.courses import (
    CourseFilters,
    EditCourseForm,
    OpenCourseForm,
    SessionsForm,
)
from registry.training.models import Course, CourseType
from registry.training.queries import courses as queries
from registry.training.stages import Stage, stage_of
from registry.training.views.blueprint import blueprint, course_trail, stage_status
from registry.web.forms import ReasonForm
from registry.web.guard import permit
from registry.web.listing import Column, Link, Listing
from registry.web.load import load
from registry.web.locale import local_name
from registry.web.submit import submit


def _stage(row: Any) -> Any:
    course = row.Course
    return stage_status(
        stage_of(course.state, course.starts_on, course.ends_on, row.certified, clock.today())
    )


COURSES = Listing(
    key="training.courses",
    identity=Course.id,
    row_id=lambda row: row.Course.id,
    columns=(
        Column(
            "title",
            _l("Title"),
            sort=Course.title,
            css="title",
            value=lambda row: Link(url_for("training.course", course_id=row.Course.id), row.Course.title),
        ),
        Column(
            "number",
            _l("Course no."),
            sort=Course.number,
            css="nowrap",
            value=lambda row: row.Course.number,
        ),
        Column("stage", _l("Stage"), value=_stage),
        Column("starts_on", _l("First day"), sort=Course.starts_on, value=lambda row: row.Course.starts_on),
        Column("ends_on", _l("Last day"), sort=Course.ends_on, value=lambda row: row.Course.ends_on),
        Column(
            "trainees",
            _l("Trainees"),
            sort=Course.seats_taken,
            css="num",
            value=lambda row: row.Course.seats_taken,
        ),
        Column("seats", _l("Seats"), css="num", value=lambda row: row.Course.capacity, default_visible=False),
        Column("unit", _l("Unit"), value=lambda row: local_name(row.Unit)),
        Column("type", _l("Course type"), value=lambda row: local_name(row.CourseType)),
        Column("venue", _l("Venue"), value=lambda row: row.Course.venue, default_visible=False),
    ),
    filters=CourseFilters,
    default_sort="-starts_on",
    title=_l("Courses"),
)


@blueprint.get("/courses")
@permit(Permission.COURSE_VIEW)
def courses() -> ResponseReturnValue:
    """Courses within reach."""
    asked = COURSES.read(request.args, current_user.id)
    chosen = asked.filters
    rows = queries.courses(
        narrowed(db.session(), g.scope, chosen.get("unit"), clock.today()),
        today=clock.today(),
        text=chosen.get("text", ""),
        type_id=int(chosen["type"]) if "type" in chosen else None,
        stage=Stage(chosen["stage"]) if "stage" in chosen else None,
        starts_from=chosen.get("starts_from"),
        starts_to=chosen.get("starts_to"),
    )
    if asked.export:
        return asked.download(db.session(), rows)
    may_open = g.actor.may(Permission.COURSE_EDIT)
    page = asked.page(
        db.session(),
        rows,
        empty_title=_("No course yet"),
        empty_hint=_("Open a course, then paste its class list."),
        empty_action=(_l("Open a course"), "training.open_course") if may_open else None,
    )
    return render_template("training/courses.html", page=page, may_open=may_open)


@blueprint.route("/courses/open", methods=["GET", "POST"])
@permit(Permission.COURSE_EDIT)
def open_course() -> ResponseReturnValue:
    """A new course, from its type or like an earlier one."""
    copied = _copied()
    form = OpenCourseForm(data=_like(copied))
    if form.validate_on_submit():
        done = submit(
            form,
            commands.open_course,
            course_type=db.session.get_one(CourseType, int(form.course_type.data)),
            unit=db.session.get_one(Unit, int(form.unit.data)),
            starts_on=form.starts_on.data,
            venue=form.venue.data,
            title=form.title.data or "",
            capacity=form.capacity.data,
            instructor_id=form.instructor_id,
            copied=copied,
            locate=lambda course: url_for("training.course", course_id=course.id),
            saved=_("The course is open. Next: its class list."),
        )
        if done is not None:
            return done
    earlier = queries.earlier_courses(db.session(), g.scope)
    return render_template("training/open_course.html", form=form, earlier=earlier, copied=copied)


def _copied() -> Course | None:
    wanted = request.args.get("copy", "")
    return load(Course, int(wanted)) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 12 else None


def _like(course: Course | None) -> dict[str, Any]:
    if course is None:
        return {"unit": str(g.actor.home_unit_id or "")}
    instructor, _valid = queries.instructor_of(db.session(), course)
    return {
        "course_type": str(queries.version_of(db.session(), course).course_type_id),
        "unit": str(course.unit_id),
        "venue": course.venue,
        "capacity": course.capacity,
        "instructor": str(instructor.person_id) if instructor else "",
    }


@blueprint.route("/courses/<int:course_id>/edit", methods=["GET", "POST"])
@permit(Permission.COURSE_EDIT)
def edit_course(course_id: int) -> ResponseReturnValue:
    """Change title, venue, first day, seats and instructor."""
    course = load(Course, course_id)
    named, _valid = queries.instructor_of(db.session(), course)
    form = EditCourseForm(
        named,
        data={
            "title": course.title,
            "venue": course.venue,
            "starts_on": course.starts_on,
            "capacity": course.capacity,
            "instructor": str(named.person_id) if named else "",
        },
    )
    if form.validate_on_submit():
        done = submit(
            form,
            commands.edit_course,
            course,
            title=form.title.data,
            venue=form.venue.data,
            starts_on=form.starts_on.data,
            capacity=form.capacity.data,
            instructor_id=form.instructor_id,
            locate=lambda course: url_for("training.course", course_id=course.id),
            saved=_("Saved."),
        )
        if done is not None:
            return done
    return render_template("training/edit_course.html", form=form, course=course, trail=course_trail(course))


@blueprint.route("/courses/<int:course_id>/sessions", methods=["GET", "POST"])
@permit(Permission.COURSE_EDIT)
def edit_sessions(course_id: int) -> ResponseReturnValue:
    """The plan of a course as a grid."""
    course = load(Course, course_id)
    planned = queries.sessions_of(db.session(), course.id)
    form = SessionsForm(
        data={
            "rows": [
                {
                    "id": s.id,
                    "held_on": s.held_on.isoformat(),
                    "starts": s.starts,
                    "ends": s.ends,
                    "minutes": s.minutes,
                    "title": s.title,
                }
                for s in planned
            ]
        }
    )
    if form.validate_on_submit():
        sessions = form.planned()
        if not form.rows.cell_errors:
            done = submit(
                form,
                commands.edit_sessions,
                course,
                sessions=sessions,
                locate=lambda course: url_for("training.course", course_id=course.id),
                saved=_("Saved."),
            )
            if done is not None:
                return done
    return render_template(
        "training/edit_sessions.html", form=form, course=course, trail=course_trail(course)
    )


@blueprint.route("/courses/<int:course_id>/cancel", methods=["GET", "POST"])
@permit(Permission.COURSE_EDIT)
def cancel_course(course_id: int) -> ResponseReturnValue:
    """Cancel a course, with the reason."""
    return _with_reason(course_id, commands.cancel_course, "training/cancel_course.html", _("Cancelled."))


@blueprint.route("/courses/<int:course_id>/reopen", methods=["GET", "POST"])
@permit(Permission.COURSE_EDIT)
def reopen_course(course_id: int) -> ResponseReturnValue:
    """Open a closed or cancelled course again, with the reason."""
    return _with_reason(
        course_id, commands.reopen_course, "training/reopen_course.html", _("The course is open again.")
    )


def _with_reason(
    course_id: int, verb: Command[Any, Course], template: str, saved: str
) -> ResponseReturnValue:
    course = load(Course, course_id)
    form = ReasonForm()
    if form.validate_on_submit():
        done = submit(
            form,
            verb,
            course,
            reason=form.reason.data,
            locate=lambda course: url_for("training.course", course_id=course.id),
            saved=saved,
        )
        if done is not None:
            return done
    return render_template(template, form=form, course=course, trail=course_trail(course))
