"""The list of the staff at a shift, and the QR code that volunteers check in by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import current_app, g, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.core import clock
from registry.core.db import db
from registry.core.errors import BusyError, RuleError, StorageError
from registry.core.permissions import Permission
from registry.core.qr import qr_rects
from registry.core.write import run
from registry.volunteers.check_codes import STEP_SECONDS, code_at
from registry.volunteers.commands.check_in import Checked, Mark
from registry.volunteers.commands.check_in import check_in as note_marks
from registry.volunteers.forms.check_in import CheckInForm, moment_of
from registry.volunteers.hours import time_of
from registry.volunteers.models import Shift
from registry.volunteers.queries.booking import unfit
from registry.volunteers.queries.bookings import activity_of, candidates
from registry.volunteers.queries.check_in import Expected, expected_at
from registry.volunteers.views.activity import shift_trail, when
from registry.volunteers.views.blueprint import blueprint
from registry.web.guard import permit
from registry.web.load import load
from registry.web.locale import translate
from registry.web.submit import submit


@blueprint.route("/shifts/<int:shift_id>/check_in", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_EDIT)
def check_in(shift_id: int) -> ResponseReturnValue:
    """Who came and who left. The script sends marks as JSON, and again when there was no network."""
    shift = load(Shift, shift_id)
    people = expected_at(db.session(), shift)
    form = CheckInForm()
    if form.validate_on_submit():
        if form.marks.data:
            return _answer(shift, form.read)
        marks = form.pressed(shift, people, clock.now())
        if form.mark.data == "out:all" and clock.now() < moment_of(shift, shift.ends):
            form.form_errors.append(
                _(
                    "The shift ends at %(time)s. Nothing was saved; until then mark each who leaves.",
                    time=time_of(shift.ends),
                )
            )
        else:
            done = submit(
                form,
                note_marks,
                shift,
                marks=marks,
                locate=lambda _told: url_for("volunteers.check_in", shift_id=shift_id),
                saved=_("Marked: %(count)s.", count=len(marks)),
            )
            if done is not None:
                return done
    elif form.marks.errors:
        return jsonify(error=form.marks.errors[0]), 400
    return _page(shift_id, form)


def _answer(shift: Shift, marks: Sequence[Mark]) -> ResponseReturnValue:
    """What the script is told: by key, what is saved and what cannot be."""
    try:
        told = run(g.actor, note_marks, shift, marks=marks)
    except RuleError as error:
        text = translate(error.message)
        if error.field != "marks":  # Nothing is wrong with the marks: the computer keeps them.
            return jsonify(saved=[], refused={}, error=text)
        return jsonify(saved=[], refused={mark.key: text for mark in marks})
    except (BusyError, StorageError) as error:
        return jsonify(error=translate(str(error))), 503
    return jsonify(_as_json(told))


def _as_json(told: Checked) -> dict[str, Any]:
    return {
        "saved": told.saved + told.known,
        "refused": {key: translate(reason) for key, reason in told.refused.items()},
    }


def _page(shift_id: int, form: CheckInForm) -> ResponseReturnValue:
    shift = load(Shift, shift_id)
    activity = activity_of(db.session(), shift)
    people = expected_at(db.session(), shift)
    text = (form.text.data or "").strip()
    known = {one.volunteer.id for one in people}
    found = (
        [
            one
            for one in candidates(db.session(), g.scope, unit_id=shift.unit_id, text=text)
            if one.volunteer.id not in known
        ]
        if text
        else []
    )
    # Of who is booked as well: an insurance may have run out since, and whoever leads the shift has to know.
    shown = [one.volunteer for one in people] + [one.volunteer for one in found]
    against = unfit(db.session(), shift, shown)
    return render_template(
        "volunteers/check_in.html",
        form=form,
        shift=shift,
        activity=activity,
        when=when(shift),
        trail=shift_trail(activity, shift),
        people=[(one, _there(one), against[one.volunteer.id]) for one in people],
        came=sum(one.there is not None for one in people),
        missing=sum(one.booked and one.there is None for one in people),
        staying=sum(one.there is not None and one.there.left is None for one in people),
        first=moment_of(shift, shift.starts).isoformat(),
        last=moment_of(shift, shift.ends).isoformat(),
        ends=time_of(shift.ends),
        text=text,
        found=[(one, against[one.volunteer.id]) for one in found],
    )


def _there(one: Expected) -> str:
    if one.there is None:
        return ""
    if one.there.left is None:
        return str(_("came %(time)s", time=time_of(one.there.came)))
    return f"{time_of(one.there.came)}–{time_of(one.there.left)}"


@blueprint.get("/shifts/<int:shift_id>/check_in/code")
@permit(Permission.VOLUNTEER_EDIT)
def check_in_code(shift_id: int) -> ResponseReturnValue:
    """The QR code of this minute, to be shown at the place; the page asks for the next by itself."""
    shift = load(Shift, shift_id)
    activity = activity_of(db.session(), shift)
    now = clock.now()
    path_there = url_for("public.check_in", shift_id=shift.id, code=code_at(shift, now))
    # Without a public address a telephone in the same network finds the host this page was asked for by.
    address = (current_app.config["PUBLIC_URL"] or request.host_url.rstrip("/")) + path_there
    side, rects = qr_rects(address)
    # A picture counts downwards from its upper left corner.
    path = "".join(f"M{x} {side - 1 - y}h{width}v{height}h-{width}z" for x, y, width, height in rects)
    return render_template(
        "volunteers/check_in_code.html",
        shift=shift,
        activity=activity,
        when=when(shift),
        trail=shift_trail(activity, shift),
        size=side,
        path=path,
        # The next code a moment after this one ends.
        refresh=STEP_SECONDS - int(now.timestamp()) % STEP_SECONDS + 1,
    )
