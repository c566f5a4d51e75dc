"""Volunteers are booked for a shift by staff, withdrawn, and exchanged."""

from __future__ import annotations

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.core import clock
from registry.core.db import db
from registry.core.permissions import Permission
from registry.volunteers.commands.bookings import book as book_all
from registry.volunteers.commands.bookings import swap_booking as swap
from registry.volunteers.commands.bookings import withdraw_booking as withdraw
from registry.volunteers.forms.bookings import (
    ChooseForm,
    SwapBookingForm,
    ticked,
)
from registry.volunteers.models import Booking, Shift
from registry.volunteers.queries.booking import WAITING, why_closed, why_not
from registry.volunteers.queries.bookings import activity_of, candidates, named
from registry.volunteers.views.activity import shift_trail, when
from registry.volunteers.views.blueprint import blueprint
from registry.web.forms import ReasonForm
from registry.web.guard import permit
from registry.web.listing import whole_numbers
from registry.web.load import load
from registry.web.submit import submit


@blueprint.route("/shifts/<int:shift_id>/book", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_EDIT)
def book(shift_id: int) -> ResponseReturnValue:
    """Book several volunteers for a shift; those who cannot be are shown with the reason."""
    shift = load(Shift, shift_id)
    activity = activity_of(db.session(), shift)
    team_id = activity.team_id
    chosen = ticked()
    found = candidates(
        db.session(),
        g.scope,
        unit_id=shift.unit_id,
        team_id=team_id,
        text=request.form.get("text", ""),
        also=chosen,
    )
    form = ChooseForm(found)
    if form.validate_on_submit():
        done = submit(
            form,
            book_all,
            shift,
            volunteer_ids=form.volunteer_ids,
            locate=lambda _made: url_for("volunteers.shift", shift_id=shift_id),
            saved=_("Booked. Who found no place left stands on the waiting list."),
        )
        if done is not None:
            return done
    against = why_not(db.session(), shift, [one.volunteer for one in found], clock.today())
    return render_template(
        "volunteers/book.html",
        form=form,
        shift=shift,
        activity=activity,
        when=when(shift),
        trail=shift_trail(activity, shift),
        closed=why_closed(db.session(), shift, clock.today()),
        can=[one for one in found if against[one.volunteer.id] is None],
        cannot=[(one, against[one.volunteer.id]) for one in found if against[one.volunteer.id] is not None],
        ticked=set(chosen),
        free=shift.needed - shift.places_taken,
    )


@blueprint.route("/bookings/<int:booking_id>/withdraw", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_EDIT)
def withdraw_booking(booking_id: int) -> ResponseReturnValue:
    """Take a booking back, with the reason."""
    booking = load(Booking, booking_id)
    shift_id = booking.shift_id
    form = ReasonForm()
    if form.validate_on_submit():
        done = submit(
            form,
            withdraw,
            booking,
            reason=form.reason.data,
            locate=lambda _left: url_for("volunteers.shift", shift_id=shift_id),
            saved=_("Withdrawn. Who waited first and may serve has the place now."),
        )
        if done is not None:
            return done
    shift = db.session.get_one(Shift, shift_id)
    activity = activity_of(db.session(), shift)
    return render_template(
        "volunteers/withdraw_booking.html",
        form=form,
        shift=shift,
        name=named(db.session(), [booking.volunteer_id])[booking.volunteer_id].name,
        when=when(shift),
        trail=shift_trail(activity, shift),
    )


@blueprint.route("/bookings/<int:booking_id>/swap", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_EDIT)
def swap_booking(booking_id: int) -> ResponseReturnValue:
    """Another volunteer comes instead."""
    booking = load(Booking, booking_id)
    shift_id = booking.shift_id
    shift = db.session.get_one(Shift, shift_id)
    activity = activity_of(db.session(), shift)
    # Who was chosen stays a choice, so that the rule says why not, and the same form twice is once.
    chosen = whole_numbers(request.form.getlist("volunteer")[:1])
    found = candidates(
        db.session(),
        g.scope,
        unit_id=shift.unit_id,
        team_id=activity.team_id,
        text=request.form.get("text", ""),
        also=chosen,
    )
    against = why_not(db.session(), shift, [one.volunteer for one in found], clock.today())
    can = []
    for one in found:
        reason = against[one.volunteer.id]
        if reason is None or reason.text == WAITING or one.volunteer.id in chosen:
            can.append(one)
    form = SwapBookingForm(can)
    if form.validate_on_submit():
        done = submit(
            form,
            swap,
            booking,
            volunteer_id=int(form.volunteer.data),
            reason=form.reason.data,
            locate=lambda _made: url_for("volunteers.shift", shift_id=shift_id),
            saved=_("Saved. Tell both volunteers."),
        )
        if done is not None:
            return done
    return render_template(
        "volunteers/swap_booking.html",
        form=form,
        shift=shift,
        name=named(db.session(), [booking.volunteer_id])[booking.volunteer_id].name,
        when=when(shift),
        trail=shift_trail(activity, shift),
        can=can,
        cannot=[(one, against[one.volunteer.id]) for one in found if one not in can],
    )
