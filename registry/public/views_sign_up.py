"""Pages that anyone may open: sign up as a volunteer, and what became of it."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from math import ceil

from flask import Response, flash, g, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.accounts.models import Unit
from registry.accounts.throttle import Gate, take_try
from registry.core import clock
from registry.core.db import db
from registry.core.errors import AlreadySavedError, BusyError, RuleError, StorageError
from registry.core.i18n import N_
from registry.core.ops import key_digest
from registry.core.secrets import blind_index
from registry.core.write import Once, run, run_once
from registry.public.blueprint import asking_address, blueprint, in_chosen_language
from registry.public.branches import branch
from registry.public.forms_sign_up import ReceiptForm, SignUpForm
from registry.volunteers.commands import sign_up as commands
from registry.volunteers.commands.applicants import Applicant, read_applicant
from registry.volunteers.commands.own_page import page_digest
from registry.volunteers.models import Activity, SignUp, Volunteer
from registry.volunteers.queries.sign_ups import (
    is_receipt,
    sign_up_address,
    sign_up_by_receipt,
    sign_up_target,
)
from registry.volunteers.rules import rule_on
from registry.web.guard import PUBLIC, permit
from registry.web.locale import translate

# A class or a works canteen signs up behind one address; one person signs up once.
ADDRESS_SIGN_UPS, NUMBER_SIGN_UPS = 40, 1
_TOO_MANY = N_(
    "Too many people signed up from here just now. Nothing was sent; what you typed is kept: send it again "
    "in %(minutes)s minutes."
)


@blueprint.route("/join/<token>", methods=["GET", "POST"])
@permit(PUBLIC)
@in_chosen_language
def sign_up(token: str) -> ResponseReturnValue:
    """Sign up as a volunteer with a unit, by its own address or that of one of its activities."""
    session = db.session()
    unit, activity = sign_up_target(session, token)
    form = SignUpForm()
    terms = rule_on(session, "admission", clock.today()).terms
    if form.validate_on_submit():
        applicant, errors = read_applicant(form.typed(), terms, clock.today())
        form.mark(errors)
        if applicant is not None:
            done = _send(form, unit, activity, applicant)
            if done is not None:
                return done
    page = _sign_up_page(form, unit, activity)
    if form.wait:
        page.status_code, page.headers["Retry-After"] = 429, str(form.wait)
    return page


def _sign_up_page(form: SignUpForm, unit: Unit, activity: Activity | None) -> Response:
    closed = ""
    if activity is not None:
        try:
            commands.refuse_closed(activity, clock.today())
        except RuleError:
            closed = activity.state
    terms = rule_on(db.session(), "admission", clock.today()).terms
    return make_response(
        render_template(
            "public/sign_up.html",
            form=form,
            branch=branch(unit),
            activity=activity,
            closed=closed,
            # What was typed for an activity that is over can still be sent to the unit.
            action=url_for("public.sign_up", token=sign_up_address(unit)) if closed else "",
            terms=terms,
        )
    )


def _send(
    form: SignUpForm, unit: Unit, activity: Activity | None, applicant: Applicant
) -> ResponseReturnValue | None:
    """Keep a sign-up and lead to its receipt; None when it was refused, which the form then tells.

    The token of the receipt follows from the key of the form, so the same form sent twice leads to the same
    receipt although no token is stored.
    """
    key = str(form.form_key.data)
    token = _derived("sign-up", key)
    location = url_for("public.sign_up_receipt", token=token)
    once = Once(g.actor.user_id or 0, "public.sign_up", key, blind_index("sign-up form", form.digest()))
    number = key_digest("sign-up number", applicant.entrant.document_hash or "")
    gates = [
        Gate(number, NUMBER_SIGN_UPS),
        Gate(key_digest("sign-up", asking_address().key), ADDRESS_SIGN_UPS),
    ]
    try:
        # What was sent already is no new try; it leads to its receipt.
        opens = None if is_receipt(db.session(), token) else take_try(gates)
        if opens is not None:
            form.wait = max(1, ceil((opens - clock.now()).total_seconds()))
            raise RuleError(_TOO_MANY, minutes=ceil(form.wait / 60))
        values = {
            "unit_id": unit.id,
            "activity_id": activity.id if activity is not None else None,
            "applicant": applicant,
            "token": token,
        }
        run_once(g.actor, commands.sign_up, once, lambda _record: "", (), values)
    except (RuleError, BusyError, StorageError) as error:
        form.add_refusal(error)
        return None
    except AlreadySavedError as error:
        if not error.same:
            form.add_already_saved(location)
            return None
    return redirect(location, 303)


def _derived(purpose: str, *secrets: str) -> str:
    """A token of 128 bits that nobody can guess who does not know the secrets and the keys of the server."""
    digest = bytes.fromhex(blind_index(f"{purpose} token", "\x1f".join(secrets)))
    return urlsafe_b64encode(digest).decode("ascii").rstrip("=")


@blueprint.get("/join/receipt/<token>")
@permit(PUBLIC)
@in_chosen_language
def sign_up_receipt(token: str) -> ResponseReturnValue:
    """What became of a sign-up; it can be withdrawn while it waits."""
    record = sign_up_by_receipt(db.session(), token)
    return render_template(
        "public/sign_up_receipt.html",
        record=record,
        token=token,
        form=ReceiptForm(formdata=None),
        branch=branch(db.session.get_one(Unit, record.unit_id)),
        activity=db.session.get(Activity, record.activity_id) if record.activity_id else None,
        page_waits=_page_waits(record),
    )


def _page_waits(record: SignUp) -> bool:
    """Whether the address of the own page can still be taken here."""
    volunteer = db.session.get(Volunteer, record.volunteer_id) if record.volunteer_id else None
    return bool(record.values.get("page")) and volunteer is not None and volunteer.page_digest is None


@blueprint.post("/join/receipt/<token>/withdraw")
@permit(PUBLIC)
@in_chosen_language
def withdraw_sign_up(token: str) -> ResponseReturnValue:
    """The applicant takes the sign-up back."""
    record = sign_up_by_receipt(db.session(), token)
    back = url_for("public.sign_up_receipt", token=token)
    # Sent twice, the second leads to what the first one did.
    if ReceiptForm().validate_on_submit() and record.state != "withdrawn":
        try:
            run(g.actor, commands.withdraw_sign_up, token=token)
        except (RuleError, BusyError, StorageError) as error:
            flash(_in_words(error), "warning")
    return redirect(back, 303)


@blueprint.post("/join/receipt/<token>/page")
@permit(PUBLIC)
@in_chosen_language
def take_page(token: str) -> ResponseReturnValue:
    """From the receipt of an approved sign-up to the own page, whose address is given this once."""
    record = sign_up_by_receipt(db.session(), token)
    form = ReceiptForm()
    back = url_for("public.sign_up_receipt", token=token)
    if record.state != "approved" or not form.validate_on_submit():
        return redirect(back, 303)
    page_token = _derived("own page", token, str(form.form_key.data))
    volunteer = db.session.get(Volunteer, record.volunteer_id)
    if volunteer is None or volunteer.page_digest != page_digest(page_token):
        try:
            run(g.actor, commands.take_page, token=token, page_token=page_token)
        except (RuleError, BusyError, StorageError) as error:
            flash(_in_words(error), "warning")
            return redirect(back, 303)
        flash(_("This is your own page. Keep its address: it is given only once."), "success")
    return redirect(url_for("public.own_page", token=page_token), 303)


def _in_words(error: RuleError | BusyError | StorageError) -> str:
    return translate(error.message if isinstance(error, RuleError) else str(error))
