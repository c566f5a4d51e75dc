"""Registration: who is proposed, who waits for a decision, and what was decided."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from registry.accounts.queries import narrowed
from registry.core import clock
from registry.core.db import db
from registry.core.errors import AlreadySavedError, ForbiddenError, RecordNotFoundError, RuleError
from registry.core.permissions import Permission
from registry.core.text import mask_name
from registry.volunteers.commands.registrations import (
    apply_registrations as apply_command,
)
from registry.volunteers.commands.registrations import (
    approve_registration,
    reject_registration,
)
from registry.volunteers.forms.registrations import ApproveForm, ChosenForm, RegistrationFilters, RejectForm
from registry.volunteers.hours import hours_of
from registry.volunteers.models import RegistrationApplication, Volunteer
from registry.volunteers.queries import registrations as queries
from registry.volunteers.queries.chosen import chosen
from registry.volunteers.rules import rule_on
from registry.volunteers.views.blueprint import blueprint
from registry.web.columns import Column, Status, linked, named
from registry.web.guard import permit
from registry.web.listing import BatchAction, Listing, Selection
from registry.web.load import load
from registry.web.locale import translate
from registry.web.submit import SAVED_ALREADY, submit, submit_each

MOST_CHOSEN = 200

STATES = {
    "waiting": Status("wait", _l("Waiting for a decision")),
    "approved": Status("good", _l("Registration approved")),
    "rejected": Status("off", _l("Registration rejected")),
}


def _name(number: str) -> Column:
    return Column(
        "name",
        _l("Name"),
        made=linked("volunteers.volunteer", "volunteer_id", text="name", number=number),
        masked=lambda row: mask_name(row.name),
        css="who",
    )


PROPOSALS = Listing(
    key="volunteers.proposals",
    identity=Volunteer.id,
    columns=(
        Column("number", _l("Volunteer no."), sort=Volunteer.number, css="nowrap"),
        _name("id"),
        Column("unit", _l("Unit"), made=named("unit")),
        Column("year", _l("Year of service"), css="num", value=lambda row: str(row.year)),
        Column("hours", _l("Hours in that year"), css="num", value=lambda row: hours_of(int(row.minutes))),
    ),
    filters=RegistrationFilters,
    default_sort="number",
    batch=(BatchAction(_l("Apply for registration"), "volunteers.apply_registrations", icon="check"),),
    title=_l("Proposed for registration"),
)

APPLICATIONS = Listing(
    key="volunteers.registrations",
    identity=RegistrationApplication.id,
    columns=(
        Column("number", _l("Volunteer no."), css="nowrap"),
        _name("volunteer_id"),
        Column("unit", _l("Unit"), made=named("unit")),
        Column("year", _l("Year of service"), css="num", value=lambda row: str(row.year)),
        Column("hours", _l("Hours in that year"), css="num", value=lambda row: hours_of(row.minutes)),
        Column("applied_by_name", _l("Applied by")),
        Column("applied_at", _l("Applied at"), sort=RegistrationApplication.applied_at),
        Column("state", _l("State"), value=lambda row: STATES[row.state]),
        Column("decided_by_name", _l("Decided by")),
        Column("decided_at", _l("Decided")),
        Column("document", _l("Number of the decision"), default_visible=False),
        Column("decision_reason", _l("Reason"), css="why"),
    ),
    filters=RegistrationFilters,
    default_sort="-applied_at",
    batch=(
        BatchAction(_l("Approve the selected"), "volunteers.approve_registrations", icon="check"),
        BatchAction(_l("Reject the selected"), "volunteers.reject_registrations", danger=True),
    ),
    title=_l("Applications for registration"),
)


@blueprint.get("/registrations")
@permit(Permission.VOLUNTEER_VIEW)
def registrations() -> ResponseReturnValue:
    """Proposals, or the applications in a state."""
    state = request.args.get("state", "")
    listing = APPLICATIONS if state in ("waiting", "decided") else PROPOSALS
    asked = listing.read(request.args, current_user.id)
    rows = _applications(asked.filters) if listing is APPLICATIONS else _proposals(asked.filters)
    if asked.export:
        return asked.download(db.session(), rows)
    right = Permission.VOLUNTEER_EDIT if listing is PROPOSALS else Permission.VOLUNTEER_APPROVE
    page = asked.page(
        db.session(),
        rows,
        empty_title=_("Nobody here now"),
        empty_hint=_(
            "Enrolled volunteers are proposed by themselves once their approved hours reach the rule."
        ),
        batch=None if g.actor.may(right) and state != "decided" else (),
    )
    tabs = [("proposed", _("Proposed")), ("waiting", _("Waiting")), ("decided", _("Already decided"))]
    return render_template(
        "volunteers/registrations.html",
        page=page,
        tabs_shown=[(label, url_for("volunteers.registrations", state=key), None) for key, label in tabs],
        current={"waiting": 1, "decided": 2}.get(state, 0),
        needed=hours_of(_least()),
        may_rules=g.actor.may(Permission.SETTING_VIEW),
    )


def _least() -> int:
    return int(rule_on(db.session(), "registration", clock.today()).terms["minutes_in_year"])


def _year(chosen: dict[str, Any]) -> int | None:
    return int(chosen["year"]) if "year" in chosen else None


def _proposals(chosen: dict[str, Any]) -> Any:
    scope = narrowed(db.session(), g.scope, chosen.get("unit"), clock.today())
    return queries.proposals(scope, clock.today(), _least(), _year(chosen))


def _applications(chosen: dict[str, Any]) -> Any:
    states = ("approved", "rejected") if chosen.get("state") == "decided" else ("waiting",)
    return queries.applications(
        narrowed(db.session(), g.scope, chosen.get("unit"), clock.today()), states, _year(chosen)
    )


def _chosen(picked: Selection, rows: Callable[[dict[str, Any]], Any]) -> list[int] | ResponseReturnValue:
    """The numbers of the records selected in a list; or back to it, with the reason told."""
    back = url_for("volunteers.registrations") + (f"?{picked.query}" if picked.query else "")
    if not picked:
        flash(_("Nobody is selected. Nothing was changed; tick the volunteers first."), "warning")
        return redirect(back, 303)
    found = [
        row.id for row in db.session().execute(picked.narrow(rows(picked.filters)).limit(MOST_CHOSEN + 1))
    ]
    if len(found) > MOST_CHOSEN:
        text = _("At most %(limit)s at once. Nothing was changed; select fewer.", limit=MOST_CHOSEN)
        flash(text, "warning")
        return redirect(back, 303)
    if not found:
        flash(_("None of them is in this list any more. Nothing was changed."), "warning")
        return redirect(back, 303)
    return found


def _list(state: str) -> str:
    return url_for("volunteers.registrations", state=state)


@blueprint.route("/registrations/apply", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_EDIT)
def apply_registrations() -> ResponseReturnValue:
    """Apply for the registration of the volunteers chosen among the proposed."""
    if request.method == "GET":  # Back, or an address out of the history: there is no selection any more.
        return redirect(_list("proposed"), 303)
    form = ChosenForm()
    if not form.chosen.data:
        found = _chosen(PROPOSALS.selection(request.form), _proposals)
        if not isinstance(found, list):
            return found
        form = ChosenForm(formdata=None)
        form.chosen.data = ",".join(map(str, found))
    elif form.validate_on_submit():
        chosen = _volunteers(form.ids)
        done = submit(
            form,
            apply_command,
            chosen,
            locate=lambda _applied: _list("waiting"),
            saved=_("%(count)s applications wait for a decision by somebody else.", count=len(chosen)),
        )
        if done is not None:
            return done
    rows = queries.chosen_proposals(db.session(), g.scope, clock.today(), _least(), form.ids)
    return render_template(
        "volunteers/apply_registrations.html",
        form=form,
        people=list(rows.values()),
        needed=hours_of(_least()),
        hours=hours_of,
    )


def _volunteers(ids: Iterable[int]) -> list[Volunteer]:
    return chosen(db.session(), Volunteer, g.scope, tuple(ids)[:MOST_CHOSEN])


@blueprint.route("/registrations/approve", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_APPROVE)
def approve_registrations() -> ResponseReturnValue:
    """Make the volunteers of the chosen applications registered ones, each by a write of its own."""
    if request.method == "GET":
        return redirect(_list("waiting"), 303)
    return _decide(
        ApproveForm,
        lambda form: (
            approve_registration,
            {"starts_on": form.starts_on.data, "document": form.document.data or ""},
        ),
        "volunteers/approve_registrations.html",
        lambda count: _("%(count)s volunteers are registered.", count=count),
    )


@blueprint.route("/registrations/reject", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_APPROVE)
def reject_registrations() -> ResponseReturnValue:
    """Reject the chosen applications for one reason, each by a write of its own."""
    if request.method == "GET":
        return redirect(_list("waiting"), 303)
    return _decide(
        RejectForm,
        lambda form: (reject_registration, {"reason": form.reason.data}),
        "volunteers/reject_registrations.html",
        lambda count: _("%(count)s applications are rejected.", count=count),
    )


def _decide(
    kind: type[ChosenForm], meant: Callable[[Any], Any], template: str, said: Callable[[int], str]
) -> ResponseReturnValue:
    """Decide on the chosen applications. Those refused stay on the page, each with its reason; the others are
    decided."""
    form = kind()
    if not form.chosen.data:
        found = _chosen(APPLICATIONS.selection(request.form), _applications)
        if not isinstance(found, list):
            return found
        form = kind(formdata=None, data={"starts_on": clock.today()})
        form.chosen.data = ",".join(map(str, found))
    elif form.validate_on_submit():
        verb, values = meant(form)
        rows = {row.id: row for row in _chosen_applications(form.ids)}
        told = submit_each(
            form,
            verb,
            rows,
            lambda one: load(RegistrationApplication, one),
            locate=lambda _application: _list("decided"),
            **values,
        )
        done = sum(why is None for why in told.values())
        refused = {one: why for one, why in told.items() if why and not isinstance(why, AlreadySavedError)}
        if done:
            flash(said(done), "success")
        elif not refused:
            flash(_(SAVED_ALREADY), "info")
        if not refused:
            return redirect(_list("decided"), 303)
        for one, why in refused.items():
            form.form_errors.append(f"{rows[one].number}: {_in_words(why)}")
        form.chosen.data = ",".join(map(str, refused))
    people = _chosen_applications(form.ids)
    return render_template(template, form=form, people=people, own=current_user.id, hours=hours_of)


def _chosen_applications(ids: Iterable[int]) -> list[Any]:
    rows = queries.applications(g.scope, ("waiting", "approved", "rejected")).where(
        RegistrationApplication.id.in_(tuple(ids)[:MOST_CHOSEN])
    )
    found = list(db.session().execute(rows.order_by(RegistrationApplication.id)))
    if not found:
        raise RecordNotFoundError("registration_application")
    return found


def _in_words(why: Any) -> str:
    if isinstance(why, ForbiddenError):
        return str(_("Your role does not let you decide on it."))
    return translate(why.message if isinstance(why, RuleError) else str(why))
