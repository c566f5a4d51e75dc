"""Several trainees of a course withdraw at once."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.core.db import db
from registry.core.errors import RecordNotFoundError
from registry.core.permissions import Permission
from registry.training import commands
from registry.training.forms.trainees import WithdrawForm
from registry.training.models import Course
from registry.training.queries.progress import progress_of
from registry.training.queries.roster import trainees
from registry.training.views.blueprint import blueprint, course_trail
from registry.training.views.trainees import TRAINEES, trainees_of_list
from registry.web.guard import permit
from registry.web.load import load
from registry.web.submit import submit


@blueprint.route("/courses/<int:course_id>/withdraw", methods=["GET", "POST"])
@permit(Permission.COURSE_EDIT)
def withdraw_trainees(course_id: int) -> ResponseReturnValue:
    """The trainees chosen in the list of a course, for one reason. The list posts its selection; the page
    then names them and asks for the reason."""
    course = load(Course, course_id)
    if request.method == "GET":  # Back, or an address out of the history: there is no selection any more.
        return redirect(url_for("training.course", course_id=course.id), 303)
    form = WithdrawForm()
    if not form.chosen.data:
        picked = TRAINEES.selection(request.form)
        if not picked:
            flash(_("Nobody is selected. Nothing was changed; tick the trainees first."), "warning")
            return redirect(url_for("training.course", course_id=course.id), 303)
        rows = picked.narrow(trainees_of_list(progress_of(db.session(), course), picked.filters))
        form = WithdrawForm(formdata=None)
        form.chosen.data = ",".join(str(row.Enrolment.id) for row in db.session().execute(rows))
    elif form.validate_on_submit():
        done = submit(
            form,
            commands.withdraw_trainees,
            course,
            enrolment_ids=form.enrolment_ids,
            reason=form.reason.data,
            locate=lambda course: url_for("training.course", course_id=course.id),
            saved=_(
                "%(count)s trainees take no part any more; their seats are free.",
                count=len(form.enrolment_ids),
            ),
        )
        if done is not None:
            return done
    chosen = set(form.enrolment_ids)
    everyone = trainees(db.session(), course.id, withdrawn=True)
    people = [trainee for trainee in everyone if trainee.enrolment.id in chosen]
    if not people:
        raise RecordNotFoundError("enrolment")
    return render_template(
        "training/withdraw_trainees.html",
        form=form,
        course=course,
        trail=course_trail(course),
        people=people,
    )
