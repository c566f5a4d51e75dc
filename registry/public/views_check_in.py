"""A volunteer checks in to a shift by the code that is shown at the place."""

from __future__ import annotations

from flask import flash, g, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.core import clock
from registry.core.db import db
from registry.core.errors import BusyError, RuleError, StorageError
from registry.core.write import run
from registry.public.blueprint import blueprint, in_chosen_language
from registry.public.own_phone import volunteer_of_phone
from registry.volunteers.check_codes import is_current
from registry.volunteers.commands.check_in import check_self
from registry.volunteers.hours import time_of
from registry.volunteers.models import Activity, Shift
from registry.volunteers.queries.presence import presences
from registry.web.forms import BaseForm
from registry.web.guard import PUBLIC, permit


class CheckSelfForm(BaseForm):
    """Nothing but the button."""


@blueprint.route("/checkin/<int:shift_id>/<code>", methods=["GET", "POST"])
@permit(PUBLIC)
@in_chosen_language
def check_in(shift_id: int, code: str) -> ResponseReturnValue:
    """Come to a shift or leave it. Who has the code only sees no more than what the shift is."""
    shift = db.session.get(Shift, shift_id)
    volunteer = volunteer_of_phone(db.session())
    current = shift is not None and shift.voided_at is None and is_current(shift, code, clock.now())
    form = CheckSelfForm()
    if shift is not None and volunteer is not None and form.validate_on_submit():
        try:
            event = run(g.actor, check_self, shift, volunteer, code=code, key=f"qr:{form.form_key.data}")
        except (RuleError, BusyError, StorageError) as error:
            form.add_refusal(error)
        else:
            moment = clock.local(event.occurred_at)
            time = time_of(moment.hour * 60 + moment.minute)
            if event.kind == "in":
                flash(
                    _("You are checked in since %(time)s. Scan the code again when you leave.", time=time),
                    "success",
                )
            else:
                flash(_("You are checked out at %(time)s. Thank you!", time=time), "success")
            # Back to this very address, in the language it was opened in.
            return redirect(request.full_path.rstrip("?"), 303)
    there = None
    if current and shift is not None and volunteer is not None:
        there = presences(db.session(), shift).get(volunteer.id)
    return render_template(
        "public/check_in.html",
        form=form,
        shift=shift if current else None,
        activity=db.session.get_one(Activity, shift.activity_id) if current and shift is not None else None,
        times=f"{time_of(shift.starts)}–{time_of(shift.ends)}" if current and shift is not None else "",
        known=volunteer is not None,
        there=there,
    )
