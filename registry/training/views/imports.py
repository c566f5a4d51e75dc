"""What an import brought, and taking it back."""

from __future__ import annotations

from datetime import date

from flask import g, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.core.db import db
from registry.core.permissions import Permission
from registry.training import commands
from registry.training.models import Course, Enrolment, RosterImport
from registry.training.queries.courses import version_of
from registry.training.queries.roster import holders, import_rows
from registry.training.views.blueprint import (
    blueprint,
    course_trail,
    import_page,
    import_source,
    import_state,
)
from registry.web.columns import Link, Status
from registry.web.forms import ReasonForm
from registry.web.guard import permit
from registry.web.load import load
from registry.web.submit import submit


@blueprint.get("/imports/<int:import_id>")
@permit(Permission.COURSE_EDIT)
def roster_import(import_id: int) -> ResponseReturnValue:
    """What an import brought: who was new, who was known, for whom this is a refresher."""
    taken = load(RosterImport, import_id)
    course = load(Course, taken.course_id)
    rows = import_rows(db.session(), taken)
    holding = holders(
        db.session(),
        (person_id for _enrolment, person_id, _name in rows),
        version_of(db.session(), course).credential_type_id,
        course.starts_on,
    )
    return render_template(
        "training/roster_import.html",
        taken=taken,
        course=course,
        trail=course_trail(course),
        source=import_source(taken),
        state=import_state(taken),
        # A person added by this import has an id after the import's own.
        known_before=sum(person_id < taken.id for _enrolment, person_id, _name in rows),
        table=[
            (
                Link(url_for("desk.person", person_id=person_id), name)
                if g.actor.may(Permission.PERSON_VIEW)
                else name,
                _("yes") if person_id < taken.id else _("no"),
                _held(holding.get(person_id)),
                _stands(enrolment),
            )
            for enrolment, person_id, name in rows
        ],
    )


def _held(until: date | None) -> str | None:
    if until is None:
        return None
    if until == date.max:
        return str(_("permanent; this is a refresher"))
    return str(_("valid until %(day)s; this is a refresher", day=until.isoformat()))


def _stands(enrolment: Enrolment) -> Status:
    if enrolment.voided_at is not None:
        return Status("off", _("taken back"))
    if enrolment.withdrawn_on is not None:
        return Status("off", _("withdrawn"))
    return Status("good", _("enrolled"))


@blueprint.route("/imports/<int:import_id>/undo", methods=["GET", "POST"])
@permit(Permission.COURSE_EDIT)
def undo_import(import_id: int) -> ResponseReturnValue:
    """Take an import back, as far as nobody built on it."""
    taken = load(RosterImport, import_id)
    course = load(Course, taken.course_id)
    form = ReasonForm()
    if form.validate_on_submit():
        done = submit(
            form,
            commands.undo_import,
            taken,
            reason=form.reason.data,
            locate=import_page,
            saved=_(
                "The import was undone. Who has records already stays in the course and is listed below."
            ),
        )
        if done is not None:
            return done
    return render_template(
        "training/undo_import.html", form=form, taken=taken, course=course, trail=course_trail(course)
    )
