"""The shifts a volunteer is offered on the own page: book a place, or give it back."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, flash, g, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.core import clock
from registry.core.db import db
from registry.core.errors import BusyError, RecordNotFoundError, RuleError, StorageError
from registry.core.text import mask_name
from registry.core.write import run
from registry.people.identity import is_minor
from registry.public.blueprint import blueprint, in_chosen_language
from registry.public.own_phone import remember
from registry.volunteers.commands.bookings import book_shift as take
from registry.volunteers.commands.bookings import leave_shift as give_back
from registry.volunteers.models import Shift, Volunteer
from registry.volunteers.queries.offers import offers
from registry.volunteers.queries.own_page import volunteer_by_page
from registry.web.forms import BaseForm
from registry.web.guard import PUBLIC, permit
from registry.web.locale import LOCALES


class ShiftForm(BaseForm):
    """Nothing but the button."""


@blueprint.get("/my/<token>/shifts")
@permit(PUBLIC)
@in_chosen_language
def own_shifts(token: str) -> ResponseReturnValue:
    """Coming shifts and own bookings. This telephone is known from now on as the volunteer's."""
    return _page(token, ShiftForm())


@blueprint.post("/my/<token>/shifts/<int:shift_id>/book")
@permit(PUBLIC)
@in_chosen_language
def book_shift(token: str, shift_id: int) -> ResponseReturnValue:
    """Book a place in a shift, or wait for one."""

    def done(volunteer: Volunteer, shift: Shift) -> str:
        booking = run(g.actor, take, shift, volunteer)
        if booking.state == "waiting":
            return str(_("No place is left; you are on the waiting list and move up by yourself."))
        return str(_("You are booked. Thank you!"))

    return _change(token, shift_id, done)


@blueprint.post("/my/<token>/shifts/<int:shift_id>/leave")
@permit(PUBLIC)
@in_chosen_language
def leave_shift(token: str, shift_id: int) -> ResponseReturnValue:
    """Give a place back, or leave the waiting list."""

    def done(volunteer: Volunteer, shift: Shift) -> str:
        run(g.actor, give_back, shift, volunteer)
        return str(_("Your booking is withdrawn."))

    return _change(token, shift_id, done)


def _change(token: str, shift_id: int, done: Callable[[Volunteer, Shift], str]) -> ResponseReturnValue:
    volunteer, _person = volunteer_by_page(db.session(), token)
    shift = db.session.get(Shift, shift_id)
    if shift is None or shift.voided_at is not None:
        raise RecordNotFoundError("shift")
    form = ShiftForm()
    if not form.validate_on_submit():
        return _page(token, form)
    try:
        flash(done(volunteer, shift), "success")
    except (RuleError, BusyError, StorageError) as error:
        form.add_refusal(error)
        return _page(token, form)
    return redirect(url_for("public.own_shifts", token=token, lang=_language()), 303)


def _language() -> str | None:
    """The language that the address asks for, kept in the forms of the page."""
    lang = request.args.get("lang")
    return lang if lang in LOCALES else None


def _page(token: str, form: ShiftForm) -> Response:
    volunteer, person = volunteer_by_page(db.session(), token)
    now = clock.local(clock.now())
    found = offers(db.session(), volunteer, person, now.date(), now.hour * 60 + now.minute)
    page = make_response(
        render_template(
            "public/own_shifts.html",
            form=form,
            token=token,
            lang=_language(),
            name=mask_name(person.name, minor=is_minor(person.birth_on, now.date())),
            own=[one for one in found if one.booking],
            others=[one for one in found if not one.booking],
        )
    )
    remember(page, volunteer)
    return page
