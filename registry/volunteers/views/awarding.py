"""Star levels are published, awarded, rejected and withdrawn; points that ran out are written off."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.core import clock
from registry.core.db import db
from registry.core.errors import RecordNotFoundError
from registry.core.permissions import Permission
from registry.people.models import Person
from registry.volunteers.commands import stars as commands
from registry.volunteers.commands.points import expire_points as write_off
from registry.volunteers.forms.stars import STATES, ChosenForm, ExpirePointsForm
from registry.volunteers.hours import hours_of
from registry.volunteers.models import StarAward, Volunteer
from registry.volunteers.queries import stars as queries
from registry.volunteers.queries.chosen import chosen
from registry.volunteers.rules import rule_on
from registry.volunteers.views.blueprint import blueprint
from registry.volunteers.views.stars import (
    AWARDS,
    KINDS,
    PROPOSALS,
    awards_of_list,
    level_name,
    proposals_of_list,
)
from registry.web.columns import Status
from registry.web.forms import ReasonForm
from registry.web.guard import permit
from registry.web.listing import Listing
from registry.web.load import load
from registry.web.submit import submit

MOST_CHOSEN = 500


@blueprint.route("/stars/publish", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_EDIT)
def publish_stars() -> ResponseReturnValue:
    """The proposals chosen in the list, named once more, and then published for objections."""
    back = url_for("volunteers.star_proposals")
    form, sent_back = _chosen(PROPOSALS, proposals_of_list, back)
    if form is None:
        return sent_back
    rows = proposals_of_list({}).where(Volunteer.id.in_(form.ids))
    found = db.session().execute(rows.order_by(Volunteer.number)).all()
    if request.form.get("chosen") and form.validate_on_submit():
        done = submit(
            form,
            commands.publish_stars,
            _volunteers(form.ids),
            document=form.document.data or "",
            locate=lambda _ids: url_for("volunteers.star_awards", state="published"),
            saved=_("The star levels are published. Print the notice and put it up."),
        )
        if done is not None:
            return done
    elif not found:
        flash(_("None of these volunteers waits for a star level. Nothing was published."), "warning")
        return redirect(back, 303)
    rule = rule_on(db.session(), "stars", clock.today())
    return render_template(
        "volunteers/publish_stars.html",
        form=form,
        rows=[[row.number, row.holder, level_name(row.level), hours_of(int(row.minutes))] for row in found],
        days=rule.terms["notice_days"],
        back=back,
    )


@blueprint.route("/stars/award", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_APPROVE)
def award_stars() -> ResponseReturnValue:
    """The published levels chosen in the list, named once more, and then awarded."""
    back = url_for("volunteers.star_awards", state="published")
    form, sent_back = _chosen(AWARDS, awards_of_list, back)
    if form is None:
        return sent_back
    if request.form.get("chosen") and form.validate_on_submit():
        done = submit(
            form,
            commands.award_stars,
            _awards(form.ids),
            document=form.document.data or "",
            locate=lambda _awards: url_for("volunteers.star_awards", state="awarded"),
            saved=_("The star levels are awarded."),
        )
        if done is not None:
            return done
    rows = queries.star_awards(g.scope).where(StarAward.id.in_(form.ids))
    return render_template(
        "volunteers/award_stars.html",
        form=form,
        rows=[
            [
                row.number,
                row.holder,
                level_name(row.level),
                hours_of(row.minutes),
                row.published_until,
                Status(KINDS[row.state], STATES[row.state]),
            ]
            for row in db.session().execute(rows.order_by(Volunteer.number))
        ],
        back=back,
    )


def _chosen(listing: Listing, rows_of_list: Any, back: str) -> tuple[ChosenForm | None, ResponseReturnValue]:
    """The form with what was ticked, or where to go when nothing was."""
    sent_back = redirect(back, 303)
    if request.method == "GET":  # Back, or an address out of the history: there is no selection any more.
        return None, sent_back
    form = ChosenForm()
    if form.chosen.data:
        return form, sent_back
    picked = listing.selection(request.form)
    if not picked:
        flash(_("Nobody is selected. Nothing was changed; tick the volunteers first."), "warning")
        return None, sent_back
    rows = picked.narrow(rows_of_list(picked.filters)).order_by(listing.identity)
    ids = [row.id for row in db.session().execute(rows.limit(MOST_CHOSEN + 1))]
    if len(ids) > MOST_CHOSEN:
        flash(
            _("At most %(limit)s are taken at once. Nothing was changed; select fewer.", limit=MOST_CHOSEN),
            "warning",
        )
        return None, sent_back
    if not ids:
        raise RecordNotFoundError(listing.key)
    form = ChosenForm(formdata=None)
    form.chosen.data = ",".join(map(str, ids))
    return form, sent_back


def _volunteers(ids: tuple[int, ...]) -> list[Volunteer]:
    return chosen(db.session(), Volunteer, g.scope, ids[:MOST_CHOSEN])


def _awards(ids: tuple[int, ...]) -> list[StarAward]:
    return chosen(db.session(), StarAward, g.scope, ids[:MOST_CHOSEN])


@blueprint.route("/stars/<int:award_id>/reject", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_APPROVE)
def reject_star(award_id: int) -> ResponseReturnValue:
    """An objection to a published level was upheld."""
    return _decide(
        award_id,
        commands.reject_star,
        "volunteers/reject_star.html",
        _("The star level is not awarded."),
    )


@blueprint.route("/stars/<int:award_id>/withdraw", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_APPROVE)
def withdraw_star(award_id: int) -> ResponseReturnValue:
    """Take back a level that was awarded in error."""
    return _decide(
        award_id,
        commands.withdraw_star,
        "volunteers/withdraw_star.html",
        _("The star level is withdrawn."),
    )


def _decide(award_id: int, verb: Any, template: str, saved: str) -> ResponseReturnValue:
    award = load(StarAward, award_id)
    form = ReasonForm()
    if form.validate_on_submit():
        done = submit(
            form,
            verb,
            award,
            reason=form.reason.data,
            locate=lambda found: url_for("volunteers.recognition", volunteer_id=found.volunteer_id),
            saved=saved,
        )
        if done is not None:
            return done
    award = load(StarAward, award_id)
    return render_template(
        template,
        form=form,
        award=award,
        stars=level_name(award.level),
        person=db.session.get_one(Person, award.person_id),
        back=url_for("volunteers.star_awards"),
    )


@blueprint.route("/points/expire", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_APPROVE)
def expire_points() -> ResponseReturnValue:
    """Write off the points within reach that have run out by today."""
    form = ExpirePointsForm()
    if form.validate_on_submit():
        done = submit(
            form,
            write_off,
            clock.today(),
            locate=lambda _count: url_for("volunteers.star_awards"),
            saved=_("Points that had run out are written off."),
        )
        if done is not None:
            return done
    return render_template("volunteers/expire_points.html", form=form, back=url_for("volunteers.star_awards"))
