"""An activity ends: cancelled before anybody came, or closed; closed too early it is opened again."""

from __future__ import annotations

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.core.db import db
from registry.core.permissions import Permission
from registry.volunteers.commands.activities import cancel_activity as cancel
from registry.volunteers.commands.activities import close_activity as close
from registry.volunteers.commands.activities import reopen_activity as reopen
from registry.volunteers.forms.activities import CloseActivityForm
from registry.volunteers.models import Activity
from registry.volunteers.queries import activities as queries
from registry.volunteers.views.activities import activity_trail, page_of
from registry.volunteers.views.blueprint import blueprint
from registry.web.forms import ReasonForm
from registry.web.guard import permit
from registry.web.load import load
from registry.web.submit import submit


@blueprint.route("/activities/<int:activity_id>/cancel", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_EDIT)
def cancel_activity(activity_id: int) -> ResponseReturnValue:
    """Cancel an activity, with the reason."""
    found = load(Activity, activity_id)
    form = ReasonForm()
    if form.validate_on_submit():
        done = submit(
            form,
            cancel,
            found,
            reason=form.reason.data,
            locate=page_of,
            saved=_("The activity is cancelled."),
        )
        if done is not None:
            return done
    booked = sum(shift.places_taken for shift in queries.shifts_of(db.session(), found.id))
    return render_template(
        "volunteers/cancel_activity.html",
        form=form,
        activity=found,
        trail=activity_trail(found),
        booked=booked,
    )


@blueprint.route("/activities/<int:activity_id>/close", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_EDIT)
def close_activity(activity_id: int) -> ResponseReturnValue:
    """Close an activity that took place."""
    found = load(Activity, activity_id)
    form = CloseActivityForm()
    if form.validate_on_submit():
        done = submit(form, close, found, locate=page_of, saved=_("The activity is closed."))
        if done is not None:
            return done
    return render_template(
        "volunteers/close_activity.html", form=form, activity=found, trail=activity_trail(found)
    )


@blueprint.route("/activities/<int:activity_id>/reopen", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_EDIT)
def reopen_activity(activity_id: int) -> ResponseReturnValue:
    """Open a closed activity again, with the reason."""
    found = load(Activity, activity_id)
    form = ReasonForm()
    if form.validate_on_submit():
        done = submit(
            form,
            reopen,
            found,
            reason=form.reason.data,
            locate=page_of,
            saved=_("The activity is open again."),
        )
        if done is not None:
            return done
    return render_template(
        "volunteers/reopen_activity.html", form=form, activity=found, trail=activity_trail(found)
    )
