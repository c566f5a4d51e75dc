"""Several sign-ups approved or rejected at once; what stands against one keeps none of the others."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.core import clock
from registry.core.db import db
from registry.core.errors import AlreadySavedError, RecordNotFoundError, RuleError
from registry.core.permissions import Permission
from registry.volunteers.commands import decide_sign_ups as commands
from registry.volunteers.commands.decide_sign_ups import Decided, hindrances
from registry.volunteers.forms.sign_ups import ApproveSignUpsForm, RejectSignUpsForm
from registry.volunteers.models import SignUp
from registry.volunteers.queries.sign_ups import sign_ups_of
from registry.volunteers.views.blueprint import blueprint
from registry.volunteers.views.sign_ups import (
    SIGN_UP_STATES,
    SIGN_UPS,
    known_status,
    name_of,
    sign_ups_of_list,
    volunteer_url,
)
from registry.web.columns import Link
from registry.web.guard import permit
from registry.web.listing import whole_numbers
from registry.web.locale import is_english, translate
from registry.web.submit import SAVED_ALREADY, submit_each

MOST_SIGN_UPS = 200


@blueprint.route("/sign-ups/approve", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_EDIT)
def approve_sign_ups() -> ResponseReturnValue:
    """The chosen applicants, what stands against each, and what became of those approved."""
    if request.method == "POST" and "sign_up" not in request.args:
        return _chosen("volunteers.approve_sign_ups")
    rows = _rows()
    if not rows:
        return redirect(url_for("volunteers.sign_ups"), 303)
    form = ApproveSignUpsForm()
    if form.validate_on_submit() and _decide(form, commands.approve_sign_ups, rows):
        return redirect(_page("volunteers.approve_sign_ups", rows), 303)
    against = hindrances(db.session(), [row.SignUp for row in rows], clock.today())
    return render_template(
        "volunteers/approve_sign_ups.html",
        form=form,
        lines=[_line(row, against) for row in rows],
        ready=sum(row.SignUp.id not in against for row in rows),
    )


@blueprint.route("/sign-ups/reject", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_EDIT)
def reject_sign_ups() -> ResponseReturnValue:
    """Reject the chosen applicants with a reason that they read."""
    if request.method == "POST" and "sign_up" not in request.args:
        return _chosen("volunteers.reject_sign_ups")
    rows = _rows()
    if not rows:
        return redirect(url_for("volunteers.sign_ups"), 303)
    form = RejectSignUpsForm()
    if form.validate_on_submit() and _decide(form, commands.reject_sign_ups, rows, reason=form.reason.data):
        return redirect(_page("volunteers.reject_sign_ups", rows), 303)
    return render_template(
        "volunteers/reject_sign_ups.html",
        form=form,
        lines=[_line(row, {}) for row in rows],
        waiting=sum(row.SignUp.state == "waiting" for row in rows),
    )


def _chosen(endpoint: str) -> ResponseReturnValue:
    """From the selection in the list to the page about it."""
    picked = SIGN_UPS.selection(request.form)
    back = url_for("volunteers.sign_ups") + (f"?{picked.query}" if picked.query else "")
    if not picked:
        flash(_("No application is selected. Nothing was decided; tick the applications first."), "warning")
        return redirect(back, 303)
    rows = picked.narrow(sign_ups_of_list(picked.filters if picked.everything else {"state": "all"}))
    found = db.session().execute(rows.order_by(SignUp.id).limit(MOST_SIGN_UPS + 1)).all()
    if len(found) > MOST_SIGN_UPS:
        flash(
            _(
                "At most %(limit)s applications are decided at once. Nothing was decided; select fewer.",
                limit=MOST_SIGN_UPS,
            ),
            "warning",
        )
        return redirect(back, 303)
    if not found:
        raise RecordNotFoundError("sign_up")
    return redirect(_page(endpoint, found), 303)


def _page(endpoint: str, rows: Iterable[Any]) -> str:
    return url_for(endpoint, sign_up=[row.SignUp.id for row in rows])


def _rows() -> list[Any]:
    """The sign-ups of the page; those out of reach do not exist."""
    ids = whole_numbers(request.args.getlist("sign_up"))[:MOST_SIGN_UPS]
    rows = sign_ups_of(db.session(), g.scope, ids) if ids else []
    if ids and not rows:
        raise RecordNotFoundError("sign_up")
    return rows


def _line(row: Any, against: dict[int, Any]) -> list[Any]:
    """A sign-up as the page tells of it."""
    record = row.SignUp
    told: Any = translate(against[record.id]) if record.id in against else None
    if record.state == "approved" and (url := volunteer_url(record.volunteer_id, row.volunteer_unit_id)):
        told = Link(url, _("Open the volunteer"))
    return [
        Link(url_for("volunteers.sign_up", sign_up_id=record.id), name_of(row) or "—"),
        row.unit_name_en if is_english() else row.unit_name,
        known_status(row),
        SIGN_UP_STATES[record.state],
        told or record.decision_reason or None,
    ]


def _decide(form: Any, verb: Any, rows: list[Any], **given: Any) -> bool:
    """One write for each unit, and a line about what was decided and what was not. False when nothing was
    decided, which the form then tells with everything typed still in it.

    All of the page are sent, decided ones as well: under the key of the form they tell whether it was sent
    before, and who was quicker is told.
    """
    by_unit = {
        unit_id: [row.SignUp for row in of_unit]
        for unit_id, of_unit in groupby(
            sorted(rows, key=lambda row: (row.SignUp.unit_id, row.SignUp.id)),
            key=lambda row: row.SignUp.unit_id,
        )
    }
    results: list[Decided] = []

    def located(done: Decided) -> str:
        results.append(done)
        return ""

    told = submit_each(form, verb, by_unit, lambda unit_id: by_unit[unit_id], locate=located, **given)
    decided = sum(len(done.sign_up_ids) for done in results)
    if not decided and any(isinstance(why, AlreadySavedError) for why in told.values()):
        flash(_(SAVED_ALREADY), "info")
        return True
    refusals = sorted({_in_words(why) for why in told.values() if why is not None})
    if not decided:
        form.form_errors.extend(refusals)
        return False
    flash(_("%(count)s applications are decided.", count=decided), "success")
    left = len(rows) - decided
    if left:
        flash(
            _("%(count)s were not decided now; nothing of them was changed, see why below.", count=left),
            "warning",
        )
    return True


def _in_words(why: Any) -> str:
    return translate(why.message if isinstance(why, RuleError) else str(why))
