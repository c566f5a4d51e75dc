"""Whom insurance policies cover: several volunteers at once, one voided, and the covers of one volunteer."""

from __future__ import annotations

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.core import clock
from registry.core.db import db
from registry.core.permissions import Permission
from registry.volunteers.commands import insurance as commands
from registry.volunteers.forms.bookings import ticked
from registry.volunteers.forms.insurance import POLICY_STATES, CoverForm
from registry.volunteers.models import InsuranceCover, InsurancePolicy, Volunteer
from registry.volunteers.queries import insurance as queries
from registry.volunteers.queries.booking import people_of
from registry.volunteers.queries.bookings import candidates, named
from registry.volunteers.views.blueprint import blueprint, tabs_of
from registry.volunteers.views.insurance import page_of, status_of, trail_to
from registry.web.columns import Link, Status
from registry.web.forms import ReasonForm
from registry.web.guard import permit
from registry.web.load import load
from registry.web.navigation import known
from registry.web.submit import submit


@blueprint.route("/insurance/<int:policy_id>/cover", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_EDIT)
def cover_volunteers(policy_id: int) -> ResponseReturnValue:
    """Cover several volunteers at once."""
    policy = load(InsurancePolicy, policy_id)
    chosen = ticked()
    found = candidates(
        db.session(), g.scope, unit_id=policy.unit_id, text=request.form.get("text", ""), also=chosen
    )
    form = CoverForm(
        found, data={"starts_on": max(policy.starts_on, clock.today()), "ends_on": policy.ends_on}
    )
    if form.validate_on_submit():
        done = submit(
            form,
            commands.cover_volunteers,
            policy,
            volunteer_ids=form.volunteer_ids,
            starts_on=form.starts_on.data,
            ends_on=form.ends_on.data,
            activity_id=int(form.activity.data) if form.activity.data else None,
            locate=page_of,
            saved=_("Covered."),
        )
        if done is not None:
            return done
    return render_template(
        "volunteers/cover_volunteers.html",
        form=form,
        policy=policy,
        trail=trail_to(policy),
        can=found,
        cannot=[],
        ticked=set(chosen),
    )


@blueprint.route("/insurance/covers/<int:cover_id>/void", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_EDIT)
def void_cover(cover_id: int) -> ResponseReturnValue:
    """Void a cover that was entered in error."""
    cover = load(InsuranceCover, cover_id)
    policy = db.session.get_one(InsurancePolicy, cover.insurance_policy_id)
    form = ReasonForm()
    if form.validate_on_submit():
        done = submit(
            form,
            commands.void_cover,
            cover,
            reason=form.reason.data,
            locate=lambda cover: url_for("volunteers.insurance_policy", policy_id=cover.insurance_policy_id),
            saved=_("The cover is void."),
        )
        if done is not None:
            return done
    return render_template(
        "volunteers/void_cover.html",
        form=form,
        policy=policy,
        cover=cover,
        trail=trail_to(policy),
        name=named(db.session(), [cover.volunteer_id])[cover.volunteer_id].name,
    )


@blueprint.get("/<int:volunteer_id>/insurance")
@permit(Permission.VOLUNTEER_VIEW)
def insurance(volunteer_id: int) -> ResponseReturnValue:
    """Which policies cover a volunteer, and when."""
    volunteer = load(Volunteer, volunteer_id)
    person = people_of(db.session(), [volunteer.person_id])[volunteer.person_id]
    items, current = tabs_of(volunteer, "volunteers.insurance")
    return render_template(
        "volunteers/insurance.html",
        volunteer=volunteer,
        name=person.name,
        tabs=items,
        current=current,
        has_list=known("volunteers.volunteers"),
        rows=[
            (
                Link(page_of(policy), policy.number) if g.scope.holds(policy.unit_id) else policy.number,
                policy.insurer,
                cover.starts_on,
                cover.ends_on,
                Status("bad", POLICY_STATES["void"]) if policy.voided_at is not None else status_of(cover),
            )
            for cover, policy in queries.covers_of_person(db.session(), person.id)
        ],
    )
