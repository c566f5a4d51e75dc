"""The hours on a volunteer's own page: what counts, what waits, and a claim for more."""

from __future__ import annotations

from flask import flash, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.core import clock
from registry.core.db import db
from registry.people.models import Person
from registry.public.blueprint import blueprint, in_chosen_language
from registry.public.forms_hours import ClaimForm, WithdrawClaimForm
from registry.volunteers.commands.claims import MOST_WAITING, claim_hours
from registry.volunteers.commands.claims import withdraw_claim as withdraw_command
from registry.volunteers.hours import hours_of, times_of
from registry.volunteers.models import Volunteer
from registry.volunteers.queries.claims import activities_of, own_entries
from registry.volunteers.queries.ledger import total_minutes
from registry.volunteers.queries.own_page import volunteer_by_page
from registry.web.columns import Status
from registry.web.guard import PUBLIC, permit
from registry.web.locale import translate
from registry.web.submit import submit


@blueprint.route("/my/<token>/hours", methods=["GET", "POST"])
@permit(PUBLIC)
@in_chosen_language
def own_hours(token: str) -> ResponseReturnValue:
    """The hours of the volunteer whose page it is, and a form to claim some that are missing."""
    volunteer, person = volunteer_by_page(db.session(), token)
    form = ClaimForm(activities_of(db.session(), person.id, clock.today()))
    if form.validate_on_submit() and (times := form.times()) is not None:
        chosen = form.activity.data
        done = submit(
            form,
            claim_hours,
            volunteer,
            served_on=form.served_on.data,
            starts=times[0],
            minutes=times[1],
            content=form.content.data or "",
            activity_id=int(chosen) if chosen else None,
            field=form.field.data or "other",
            # Relative, since what is kept of a form must not hold the secret address.
            locate=lambda _entry_id: "hours",
            saved=_("Your hours are noted and wait for approval."),
        )
        if done is not None:
            return done
    return _page(token, volunteer, person, form)


@blueprint.post("/my/<token>/hours/<int:entry_id>/withdraw")
@permit(PUBLIC)
@in_chosen_language
def withdraw_claim(token: str, entry_id: int) -> ResponseReturnValue:
    """Take back a claim that waits."""
    volunteer, person = volunteer_by_page(db.session(), token)
    form = WithdrawClaimForm()
    if form.validate_on_submit():
        done = submit(
            form,
            withdraw_command,
            volunteer,
            entry_id=entry_id,
            locate=lambda _entry: "../../hours",
            saved=_("Your claim is withdrawn."),
        )
        if done is not None:
            return done
    for text in form.form_errors:
        flash(text, "warning")
    activities = activities_of(db.session(), person.id, clock.today())
    return _page(token, volunteer, person, ClaimForm(activities, formdata=None))


def _page(token: str, volunteer: Volunteer, person: Person, form: ClaimForm) -> ResponseReturnValue:
    session = db.session()
    states = {
        "submitted": Status("wait", _("Waiting for approval")),
        "approved": Status("good", _("Approved")),
        "rejected": Status("bad", _("Rejected")),
    }
    entries = [
        {
            "entry": row.ServiceEntry,
            "what": row.activity_title or row.ServiceEntry.content,
            "times": times_of(row.ServiceEntry.starts, row.ServiceEntry.minutes),
            "hours": hours_of(row.ServiceEntry.minutes),
            "state": states[row.ServiceEntry.state],
            "reason": translate(row.ServiceEntry.decision_reason) if row.ServiceEntry.decision_reason else "",
        }
        for row in own_entries(session, person.id)
    ]
    claims = [
        one["entry"] for one in entries if (one["entry"].source, one["entry"].state) == ("claim", "submitted")
    ]
    lang = request.args.get("lang")
    answer = make_response(
        render_template(
            "public/own_hours.html",
            form=form,
            token=token,
            number=volunteer.number,
            total=hours_of(total_minutes(session, person.id)),
            entries=entries,
            claims={entry.id for entry in claims},
            may_claim=len(claims) < MOST_WAITING,
            most=MOST_WAITING,
            lang=lang if lang in ("zh_CN", "en") else None,
        )
    )
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"
    return answer
