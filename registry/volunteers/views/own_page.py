"""Addresses that volunteers open on their telephones: the own page, and the sign-up page as a poster."""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from flask import current_app, g, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from registry.accounts.models import Unit
from registry.accounts.totp import qr_path
from registry.certificates.snapshots import issuer_of
from registry.core import clock
from registry.core.db import LARGEST_ID, db
from registry.core.errors import RecordNotFoundError
from registry.core.permissions import Permission
from registry.core.secrets import current_keys, seal, unseal
from registry.people.queries import person_within
from registry.volunteers.commands.own_page import give_page as give
from registry.volunteers.forms.sign_ups import GivePageForm
from registry.volunteers.models import Activity, Volunteer
from registry.volunteers.queries.sign_ups import sign_up_address
from registry.volunteers.views.blueprint import blueprint
from registry.volunteers.views.sign_ups import volunteer_url
from registry.web.guard import permit
from registry.web.load import load
from registry.web.locale import is_english
from registry.web.submit import submit

# Where the browser of the member of staff carries the address from giving it to the page that shows it once.
_GIVEN = "own_page"


def outside(path: str) -> str:
    """An address as telephones reach it, with the public address of this installation in front."""
    base = str(current_app.config["PUBLIC_URL"]) or request.url_root.rstrip("/")
    return base + path.removeprefix(request.script_root)


@blueprint.route("/<int:volunteer_id>/page", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_EDIT)
def give_page(volunteer_id: int) -> ResponseReturnValue:
    """Give a volunteer an address of the own page; it is shown once, to be scanned or printed."""
    volunteer = load(Volunteer, volunteer_id)
    form = GivePageForm()
    if form.validate_on_submit():

        def shown(token: str) -> str:
            session[_GIVEN] = seal(current_keys().field_cipher, f"{volunteer_id}:{token}")
            return url_for("volunteers.give_page", volunteer_id=volunteer_id)

        done = submit(form, give, volunteer, locate=shown)
        if done is not None:
            return done
    token = "" if form.errors else _given(volunteer_id)
    address = outside(url_for("public.own_page", token=token)) if token else ""
    return render_template(
        "volunteers/give_page.html",
        volunteer=volunteer,
        person=_person_of(volunteer),
        form=form,
        address=address,
        qr=qr_path(address) if address else None,
        back=volunteer_url(volunteer_id, volunteer.unit_id) or url_for("volunteers.sign_ups"),
    )


def _person_of(volunteer: Volunteer) -> str:
    person = person_within(db.session(), g.scope, volunteer.person_id)
    return person.name


def _given(volunteer_id: int) -> str:
    """The token just given to this volunteer; asked once, it is gone."""
    try:
        number, token = unseal(current_keys().field_cipher, session.pop(_GIVEN, "")).split(":")
    except (InvalidTag, ValueError):
        return ""
    return token if number == str(volunteer_id) else ""


@blueprint.get("/units/<int:unit_id>/poster")
@permit(Permission.VOLUNTEER_VIEW)
def sign_up_poster(unit_id: int) -> ResponseReturnValue:
    """A page to be printed and hung up: the QR code of the sign-up page of a unit or an activity of it."""
    unit = db.session.get(Unit, unit_id) if g.scope.holds(unit_id) else None
    if unit is None:
        raise RecordNotFoundError("unit")
    activity = None
    number = request.args.get("activity", type=int)
    if number is not None:
        activity = load(Activity, min(number, LARGEST_ID))
        if activity.unit_id != unit_id:
            raise RecordNotFoundError("activity")
    issuer = issuer_of(db.session(), unit, clock.today())
    token = activity.sign_up_token if activity is not None else sign_up_address(unit)
    address = outside(url_for("public.sign_up", token=token))
    return render_template(
        "volunteers/sign_up_poster.html",
        unit=issuer.en if is_english() else issuer.zh,
        activity=activity,
        address=address,
        qr=qr_path(address),
    )
