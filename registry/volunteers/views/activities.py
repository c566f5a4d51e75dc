"""Activities: the list, and opening and changing one with its shifts."""

from __future__ import annotations

from typing import Any

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from registry.accounts.queries import narrowed
from registry.core import clock
from registry.core.db import db
from registry.core.permissions import Permission
from registry.volunteers.commands.activities import (
    edit_activity as edit,
)
from registry.volunteers.commands.activities import (
    open_activity as open_one,
)
from registry.volunteers.commands.shifts import edit_shifts as edit_plan
from registry.volunteers.fields import FIELDS
from registry.volunteers.forms.activities import (
    STATES,
    ActivityFilters,
    EditActivityForm,
    edit_shifts_form,
    open_activity_form,
)
from registry.volunteers.hours import time_of
from registry.volunteers.models import Activity
from registry.volunteers.queries import activities as queries
from registry.volunteers.views.blueprint import blueprint
from registry.web.guard import permit
from registry.web.listing import Column, Link, Listing, Status
from registry.web.load import load
from registry.web.locale import local_name, translate
from registry.web.submit import submit

STATE_KINDS = {"open": "good", "closed": "off", "cancelled": "bad"}


def activity_state(activity: Activity) -> Status:
    """The state of an activity as a badge."""
    return Status(STATE_KINDS[activity.state], STATES[activity.state])


def activity_trail(activity: Activity) -> list[tuple[str, str]]:
    """The way to a page below an activity."""
    return [
        (_("Activities"), url_for("volunteers.activities")),
        (activity.title, url_for("volunteers.activity", activity_id=activity.id)),
    ]


def days_of(activity: Activity) -> str:
    """The day of an activity, or its first and last."""
    first = activity.starts_on.isoformat()
    if activity.ends_on == activity.starts_on:
        return first
    return str(_("%(first)s to %(last)s", first=first, last=activity.ends_on.isoformat()))


ACTIVITIES = Listing(
    key="volunteers.activities",
    identity=Activity.id,
    row_id=lambda row: row.Activity.id,
    columns=(
        Column(
            "title",
            _l("Title"),
            sort=Activity.title,
            css="title",
            value=lambda row: Link(
                url_for("volunteers.activity", activity_id=row.Activity.id), row.Activity.title
            ),
        ),
        Column(
            "number",
            _l("Activity no."),
            sort=Activity.number,
            css="nowrap",
            value=lambda row: row.Activity.number,
        ),
        Column("state", _l("State"), value=lambda row: activity_state(row.Activity)),
        Column(
            "starts_on",
            _l("First day of the activity"),
            sort=Activity.starts_on,
            value=lambda row: row.Activity.starts_on,
        ),
        Column(
            "ends_on",
            _l("Last day"),
            sort=Activity.ends_on,
            value=lambda row: row.Activity.ends_on,
            default_visible=False,
        ),
        Column("field", _l("Field of service"), value=lambda row: translate(FIELDS[row.Activity.field])),
        Column("shifts", _l("Shifts"), css="num"),
        Column("taken", _l("Places taken"), css="num"),
        Column("needed", _l("Needed"), css="num"),
        Column("unit", _l("Unit"), value=lambda row: local_name(row.Unit)),
        Column("place", _l("Meeting place"), value=lambda row: row.Activity.place, default_visible=False),
    ),
    filters=ActivityFilters,
    default_sort="-starts_on",
    title=_l("Activities"),
)


@blueprint.get("/activities")
@permit(Permission.VOLUNTEER_VIEW)
def activities() -> ResponseReturnValue:
    """Activities within reach."""
    asked = ACTIVITIES.read(request.args, current_user.id)
    chosen = asked.filters
    rows = queries.activities(
        narrowed(db.session(), g.scope, chosen.get("unit"), clock.today()),
        text=chosen.get("text", ""),
        field=chosen.get("field"),
        state=chosen.get("state"),
        starts_from=chosen.get("starts_from"),
        starts_to=chosen.get("starts_to"),
    )
    if asked.export:
        return asked.download(db.session(), rows)
    may_open = g.actor.may(Permission.VOLUNTEER_EDIT)
    page = asked.page(
        db.session(),
        rows,
        empty_title=_("No activity yet"),
        empty_hint=_("Open an activity with its shifts; volunteers then book from their phones."),
        empty_action=(_l("Open an activity"), "volunteers.open_activity") if may_open else None,
    )
    return render_template("volunteers/activities.html", page=page, may_open=may_open)


@blueprint.route("/activities/open", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_EDIT)
def open_activity() -> ResponseReturnValue:
    """A new activity with one or several shifts."""
    form = open_activity_form(
        data={"unit": str(g.actor.home_unit_id or ""), "public": True, "responsible": g.actor.name}
    )
    if form.validate_on_submit():
        terms = form.terms
        shifts = form.planned(terms.starts_on, max(terms.starts_on, terms.ends_on))
        if not form.rows.cell_errors:
            done = submit(
                form,
                open_one,
                unit_id=int(form.unit.data),
                terms=terms,
                shifts=shifts,
                locate=page_of,
                saved=_("The activity is open. Next: its volunteers."),
            )
            if done is not None:
                return done
    return render_template("volunteers/open_activity.html", form=form)


@blueprint.route("/activities/<int:activity_id>/edit", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_EDIT)
def edit_activity(activity_id: int) -> ResponseReturnValue:
    """Change what an activity is."""
    found = load(Activity, activity_id)
    form = EditActivityForm(data=_values(found))
    if form.validate_on_submit():
        done = submit(form, edit, found, terms=form.terms, locate=page_of, saved=_("Saved."))
        if done is not None:
            return done
    return render_template(
        "volunteers/edit_activity.html", form=form, activity=found, trail=activity_trail(found)
    )


@blueprint.route("/activities/<int:activity_id>/shifts", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_EDIT)
def edit_shifts(activity_id: int) -> ResponseReturnValue:
    """The shifts of an activity as a grid."""
    found = load(Activity, activity_id)
    planned = queries.shifts_of(db.session(), found.id)
    form = edit_shifts_form(
        data={
            "rows": [
                {
                    "id": shift.id,
                    "held_on": shift.held_on.isoformat(),
                    "starts": time_of(shift.starts),
                    "ends": time_of(shift.ends),
                    "needed": shift.needed,
                    "credential": shift.credential_type_id,
                    "min_age": shift.min_age,
                }
                for shift in planned
            ]
        }
    )
    if form.validate_on_submit():
        shifts = form.planned(found.starts_on, found.ends_on)
        if not form.rows.cell_errors:
            done = submit(
                form,
                edit_plan,
                found,
                shifts=shifts,
                reason=form.reason.data or "",
                locate=page_of,
                saved=_("Saved."),
            )
            if done is not None:
                return done
    return render_template(
        "volunteers/edit_shifts.html",
        form=form,
        activity=found,
        trail=activity_trail(found),
        booked=sum(shift.places_taken for shift in planned),
    )


def page_of(activity: Activity) -> str:
    """The address of an activity."""
    return url_for("volunteers.activity", activity_id=activity.id)


def _values(activity: Activity) -> dict[str, Any]:
    return {
        "title": activity.title,
        "place": activity.place,
        "field": activity.field,
        "team": str(activity.team_id or ""),
        "starts_on": activity.starts_on,
        "ends_on": activity.ends_on,
        "responsible": activity.responsible,
        "content": activity.content,
        "risky": activity.risky,
        "public": activity.public,
    }
