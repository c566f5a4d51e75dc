"""The queue of sign-ups, and one of them."""

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
from registry.core.errors import RuleError
from registry.core.permissions import Permission
from registry.core.scope import Scope
from registry.core.text import mask_name, mask_phone
from registry.core.write import run
from registry.people.identity import age_on
from registry.people.queries import number_mask
from registry.volunteers.commands.applicants import admission_of
from registry.volunteers.commands.decide_sign_ups import hindrances
from registry.volunteers.commands.reveal_sign_up import reveal_sign_up as reveal
from registry.volunteers.fields import FIELDS
from registry.volunteers.forms.sign_ups import ApproveSignUpsForm, RevealSignUpForm, SignUpFilters
from registry.volunteers.models import SignUp
from registry.volunteers.queries.sign_ups import sign_ups as all_sign_ups
from registry.volunteers.queries.sign_ups import sign_ups_of
from registry.volunteers.views.blueprint import blueprint
from registry.web.columns import Cell, Column, Link, Status, named
from registry.web.guard import permit
from registry.web.listing import BatchAction, Listing
from registry.web.load import load
from registry.web.locale import translate
from registry.web.navigation import known

SIGN_UP_STATES = {
    "waiting": Status("wait", _l("To review")),
    "approved": Status("good", _l("Admitted")),
    "rejected": Status("bad", _l("Not admitted")),
    "withdrawn": Status("off", _l("Withdrawn")),
}


def name_of(row: Any) -> str:
    """Whom a sign-up is about: in clear while it waits and when admitted, shortened otherwise."""
    values = row.SignUp.values
    return str(values.get("name") or row.admitted_name or values.get("masked") or "")


def known_status(row: Any) -> Status | None:
    """Whether the register knows the number already; nothing of what was decided."""
    if row.SignUp.state != "waiting":
        return None
    if row.volunteer_known:
        return Status("info", _("volunteer already"))
    return Status("info", _("person known")) if row.known_id is not None else Status("off", _("new"))


def _age(row: Any) -> int | None:
    born = admission_of(row.SignUp).entrant.birth_on if row.SignUp.state == "waiting" else None
    return age_on(born, clock.today()) if born is not None else None


def _number() -> Cell:
    mask = number_mask(db.session())
    return lambda row: mask(row.SignUp.values["number"]) if row.SignUp.values.get("number") else None


def _field(row: Any) -> str | None:
    code = row.SignUp.values.get("field")
    return _(FIELDS[code]) if code in FIELDS else None


SIGN_UPS = Listing(
    key="volunteers.sign_ups",
    identity=SignUp.id,
    row_id=lambda row: row.SignUp.id,
    columns=(
        Column(
            "name",
            _l("Name"),
            value=lambda row: Link(
                url_for("volunteers.sign_up", sign_up_id=row.SignUp.id), name_of(row) or "—"
            ),
            masked=lambda row: mask_name(name_of(row)),
        ),
        Column("number", _l("Document number"), made=_number, css="nowrap"),
        Column("age", _l("Age"), value=_age, css="num"),
        Column("unit", _l("Unit"), made=named("unit")),
        Column("activity", _l("Activity"), value=lambda row: row.activity_title, default_visible=False),
        Column("field", _l("Wants to help with"), value=_field),
        Column(
            "minor",
            _l("Under age"),
            value=lambda row: Status("wait", _("guardian consented")) if row.SignUp.minor else None,
        ),
        Column("known", _l("In the register"), value=known_status),
        Column(
            "signed_up_at", _l("Waiting since"), sort=SignUp.id, value=lambda row: row.SignUp.signed_up_at
        ),
        Column("state", _l("State"), value=lambda row: SIGN_UP_STATES[row.SignUp.state]),
        Column(
            "decided_by",
            _l("Decided by"),
            value=lambda row: row.decided_by_name,
            default_visible=False,
        ),
    ),
    filters=SignUpFilters,
    default_sort="signed_up_at",
    size=50,
    batch=(
        BatchAction(_l("Approve"), "volunteers.approve_sign_ups", icon="check"),
        BatchAction(_l("Turn down"), "volunteers.reject_sign_ups", danger=True),
    ),
    title=_l("Applications"),
)


@blueprint.get("/sign-ups")
@permit(Permission.VOLUNTEER_VIEW)
def sign_ups() -> ResponseReturnValue:
    """Sign-ups within reach, those that wait unless another state is chosen, the earliest first."""
    asked = SIGN_UPS.read(request.args, current_user.id)
    rows = sign_ups_of_list(asked.filters)
    if asked.export:
        return asked.download(db.session(), rows)
    page = asked.page(
        db.session(),
        rows,
        empty_title=_("Nobody waits"),
        empty_hint=_(
            "Whoever signs up from the QR code of a unit or an activity is listed here. Hang up the poster, "
            "or admit people yourself."
        ),
        batch=None if may_edit() else (),
    )
    home = g.actor.home_unit_id
    return render_template(
        "volunteers/sign_ups.html",
        page=page,
        poster_unit=home if home is not None and g.scope.holds(home) else None,
        may_edit=may_edit(),
    )


def may_edit() -> bool:
    """Whether the reader may admit volunteers anywhere."""
    return bool(g.actor.may(Permission.VOLUNTEER_EDIT))


def sign_ups_of_list(chosen: dict[str, Any], scope: Scope | None = None) -> Any:
    """The sign-ups within reach that the filters find."""
    scope = narrowed(db.session(), scope if scope is not None else g.scope, chosen.get("unit"), clock.today())
    state = chosen.get("state", "waiting")
    return all_sign_ups(scope, state=None if state == "all" else state)


@blueprint.get("/sign-ups/<int:sign_up_id>")
@permit(Permission.VOLUNTEER_VIEW)
def sign_up(sign_up_id: int) -> ResponseReturnValue:
    """One applicant: what was typed, what stands against approving, and the decision."""
    record = load(SignUp, sign_up_id)
    session = db.session()
    (row,) = sign_ups_of(session, g.scope, [record.id])
    waits = record.state == "waiting"
    against = hindrances(session, [record], clock.today()).get(record.id) if waits else None
    values = record.values
    decides = waits and g.actor.scope(Permission.VOLUNTEER_EDIT).holds(record.unit_id)
    return render_template(
        "volunteers/sign_up.html",
        record=record,
        row=row,
        name=name_of(row) or "—",
        state=SIGN_UP_STATES[record.state],
        standing=known_status(row),
        age=_age(row),
        number=_number()(row),
        phone=mask_phone(values["phone"]) if values.get("phone") else None,
        wants=_field(row),
        guardian_name=values.get("guardian_name"),
        guardian_phone=mask_phone(values["guardian_phone"]) if values.get("guardian_phone") else None,
        against=translate(against) if against is not None else None,
        form=ApproveSignUpsForm(formdata=None),
        decides=decides,
        volunteer_url=volunteer_url(record.volunteer_id, row.volunteer_unit_id),
    )


@blueprint.route("/sign-ups/<int:sign_up_id>/reveal", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_EDIT)
def reveal_sign_up(sign_up_id: int) -> ResponseReturnValue:
    """Show number and phones of an applicant in clear, once, with a reason: to call before deciding."""
    record = load(SignUp, sign_up_id)
    form = RevealSignUpForm()
    shown = None
    if form.validate_on_submit():
        try:
            values = run(g.actor, reveal, record, reason=form.reason.data or "")
            labels = {"number": _("Document number"), "phone": _("Phone")}
            labels["guardian_phone"] = _("Phone of the guardian")
            shown = [(labels[key], value) for key, value in values]
        except RuleError as error:
            form.add_refusal(error)
    (row,) = sign_ups_of(db.session(), g.scope, [record.id])
    return render_template(
        "volunteers/reveal_sign_up.html", form=form, record=record, name=name_of(row) or "—", shown=shown
    )


def volunteer_url(volunteer_id: int | None, unit_id: int | None) -> str | None:
    """The page of a volunteer, where the application has one and the unit lies within reach."""
    if volunteer_id is None or not g.scope.holds(unit_id) or not known("volunteers.volunteer"):
        return None
    return url_for("volunteers.volunteer", volunteer_id=volunteer_id)
