"""Insurance policies: the list, one policy with whom it covers, adding one and voiding one."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from registry.accounts.models import Unit
from registry.core import clock
from registry.core.db import db
from registry.core.permissions import Permission
from registry.core.text import mask_name
from registry.volunteers.commands import insurance as commands
from registry.volunteers.forms.insurance import (
    POLICY_STATES,
    AddPolicyForm,
    PolicyFilters,
)
from registry.volunteers.models import InsuranceCover, InsurancePolicy, Volunteer
from registry.volunteers.queries import insurance as queries
from registry.volunteers.views.blueprint import blueprint
from registry.web.forms import ReasonForm
from registry.web.guard import permit
from registry.web.listing import Column, Link, Listing, Status
from registry.web.load import load
from registry.web.locale import local_name
from registry.web.submit import submit

KINDS = {"running": "good", "coming": "info", "over": "off", "void": "bad"}


def state_of(record: InsurancePolicy | InsuranceCover, day: date) -> str:
    """running, coming, over or void on a day."""
    if record.voided_at is not None:
        return "void"
    if record.starts_on > day:
        return "coming"
    return "running" if record.ends_on >= day else "over"


def status_of(record: InsurancePolicy | InsuranceCover) -> Status:
    """Whether a policy or a cover holds today, as a badge."""
    state = state_of(record, clock.today())
    return Status(KINDS[state], POLICY_STATES[state])


def page_of(policy: InsurancePolicy) -> str:
    """The address of a policy."""
    return url_for("volunteers.insurance_policy", policy_id=policy.id)


def trail_to(policy: InsurancePolicy | None = None) -> list[tuple[str, str]]:
    """The way to a policy, or to a page below it."""
    trail = [
        (_("Activities"), url_for("volunteers.activities")),
        (_("Insurance policies"), url_for("volunteers.insurance_policies")),
    ]
    return trail if policy is None else [*trail, (policy.number, page_of(policy))]


POLICIES = Listing(
    key="volunteers.insurance_policies",
    identity=InsurancePolicy.id,
    row_id=lambda row: row.InsurancePolicy.id,
    columns=(
        Column(
            "number",
            _l("Policy no."),
            sort=InsurancePolicy.number,
            css="title",
            value=lambda row: Link(page_of(row.InsurancePolicy), row.InsurancePolicy.number),
        ),
        Column(
            "insurer",
            _l("Insurer"),
            sort=InsurancePolicy.insurer,
            value=lambda row: row.InsurancePolicy.insurer,
        ),
        Column("state", _l("State"), value=lambda row: status_of(row.InsurancePolicy)),
        Column(
            "starts_on",
            _l("First day covered"),
            sort=InsurancePolicy.starts_on,
            value=lambda row: row.InsurancePolicy.starts_on,
        ),
        Column(
            "ends_on",
            _l("Last day covered"),
            sort=InsurancePolicy.ends_on,
            value=lambda row: row.InsurancePolicy.ends_on,
        ),
        Column("covered", _l("Volunteers covered"), css="num"),
        Column("unit", _l("Unit"), value=lambda row: local_name(row.Unit)),
    ),
    filters=PolicyFilters,
    default_sort="-starts_on",
    title=_l("Insurance policies"),
)


def _volunteer(volunteer_id: int, name: str) -> Link | str:
    return Link(url_for("volunteers.insurance", volunteer_id=volunteer_id), name)


@blueprint.get("/insurance")
@permit(Permission.VOLUNTEER_VIEW)
def insurance_policies() -> ResponseReturnValue:
    """Policies within reach."""
    asked = POLICIES.read(request.args, current_user.id)
    rows = queries.policies(g.scope, day=clock.today(), **asked.filters)
    if asked.export:
        return asked.download(db.session(), rows)
    may_add = g.actor.may(Permission.VOLUNTEER_EDIT)
    page = asked.page(
        db.session(),
        rows,
        empty_title=_("No policy yet"),
        empty_hint=_("Add the policy, then cover volunteers by it; risky activities ask for that."),
        empty_action=(_l("Add a policy"), "volunteers.add_policy") if may_add else None,
    )
    return render_template(
        "volunteers/insurance_policies.html", page=page, may_add=may_add, trail=trail_to()[:1]
    )


@blueprint.get("/insurance/<int:policy_id>")
@permit(Permission.VOLUNTEER_VIEW)
def insurance_policy(policy_id: int) -> ResponseReturnValue:
    """One policy and whom it covers."""
    policy = load(InsurancePolicy, policy_id)
    edit = g.actor.scope(Permission.VOLUNTEER_EDIT).holds(policy.unit_id)
    asked = COVERS.read(request.args, current_user.id)
    rows = queries.covers_of(policy.id)
    if asked.export:
        return asked.download(db.session(), rows)
    return render_template(
        "volunteers/insurance_policy.html",
        policy=policy,
        state=status_of(policy),
        trail=trail_to(),
        may_edit=edit and policy.voided_at is None,
        facts=[
            (_("Insurer"), policy.insurer),
            (_("Unit that insures"), local_name(db.session.get_one(Unit, policy.unit_id))),
            (_("First day covered"), policy.starts_on),
            (_("Last day covered"), policy.ends_on),
            (_("What it covers"), policy.note or None),
        ],
        page=asked.page(
            db.session(),
            rows,
            empty_title=_("Nobody is covered yet"),
            empty_hint=_("Cover volunteers one by one, or everyone booked for an activity."),
        ),
    )


def _void_link(row: Any) -> Link | str:
    cover = row.InsuranceCover
    if cover.voided_at is not None or not g.actor.scope(Permission.VOLUNTEER_EDIT).holds(cover.unit_id):
        return ""
    return Link(url_for("volunteers.void_cover", cover_id=cover.id), _("Void the cover"))


COVERS = Listing(
    key="volunteers.insurance_policy",
    identity=InsuranceCover.id,
    row_id=lambda row: row.InsuranceCover.id,
    columns=(
        Column(
            "name",
            _l("Name"),
            value=lambda row: _volunteer(row.Volunteer.id, row.name),
            masked=lambda row: mask_name(row.name),
        ),
        Column("number", _l("Volunteer no."), sort=Volunteer.number, value=lambda row: row.Volunteer.number),
        Column("state", _l("State"), value=lambda row: status_of(row.InsuranceCover)),
        Column(
            "starts_on",
            _l("First day covered"),
            sort=InsuranceCover.starts_on,
            value=lambda row: row.InsuranceCover.starts_on,
        ),
        Column(
            "ends_on",
            _l("Last day covered"),
            sort=InsuranceCover.ends_on,
            value=lambda row: row.InsuranceCover.ends_on,
        ),
        Column("void", _l("Entered in error?"), value=_void_link, export=False),
    ),
    filters=None,
    default_sort="-starts_on",
    title=_l("Volunteers covered"),
)


@blueprint.route("/insurance/add", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_EDIT)
def add_policy() -> ResponseReturnValue:
    """A new policy."""
    form = AddPolicyForm(data={"unit": str(g.actor.home_unit_id or "")})
    if form.validate_on_submit():
        done = submit(
            form,
            commands.add_policy,
            unit_id=int(form.unit.data),
            insurer=form.insurer.data,
            number=form.number.data,
            starts_on=form.starts_on.data,
            ends_on=form.ends_on.data,
            note=form.note.data or "",
            locate=page_of,
            saved=_("The policy is added. Next: whom it covers."),
        )
        if done is not None:
            return done
    return render_template("volunteers/add_policy.html", form=form, trail=trail_to())


@blueprint.route("/insurance/<int:policy_id>/void", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_EDIT)
def void_policy(policy_id: int) -> ResponseReturnValue:
    """Void a policy that was entered in error."""
    policy = load(InsurancePolicy, policy_id)
    form = ReasonForm()
    if form.validate_on_submit():
        done = submit(
            form,
            commands.void_policy,
            policy,
            reason=form.reason.data,
            locate=page_of,
            saved=_("The policy is void; nobody counts as covered by it."),
        )
        if done is not None:
            return done
    return render_template("volunteers/void_policy.html", form=form, policy=policy, trail=trail_to(policy))
