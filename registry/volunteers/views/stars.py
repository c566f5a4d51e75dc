"""Star levels: proposals, those under public notice, and their awards."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import select

from registry.accounts.queries import tree_on
from registry.core import clock
from registry.core.db import db
from registry.core.errors import RecordNotFoundError
from registry.core.permissions import Permission
from registry.core.scope import Scope
from registry.core.text import mask_name
from registry.people.identity import age_on
from registry.people.models import Person
from registry.volunteers.commands import stars as commands
from registry.volunteers.commands.points import expire_points as write_off
from registry.volunteers.forms.stars import (
    STATES,
    ChosenForm,
    DecideStarForm,
    ExpirePointsForm,
    ProposalFilters,
    StarFilters,
)
from registry.volunteers.models import StarAward, Volunteer
from registry.volunteers.queries import stars as queries
from registry.volunteers.rules import rule_on
from registry.volunteers.sheets import decimal_hours
from registry.volunteers.views.blueprint import blueprint
from registry.web.columns import Column, Link, Status, linked, named
from registry.web.guard import permit
from registry.web.listing import BatchAction, Listing
from registry.web.load import load
from registry.web.submit import submit

ADULT = 18
MOST_CHOSEN = 500
KINDS = {"published": "wait", "awarded": "good", "rejected": "bad", "withdrawn": "off"}


def level_name(level: int) -> str:
    """A level as offices write it: ★★★."""
    return "★" * level


AWARDS = Listing(
    key="volunteers.star_awards",
    identity=StarAward.id,
    columns=(
        Column("number", _l("Volunteer no."), sort=Volunteer.number),
        Column(
            "holder",
            _l("Volunteer"),
            made=linked("volunteers.recognition", "volunteer_id", text="holder", number="volunteer_id"),
            masked=lambda row: mask_name(row.holder),
        ),
        Column("unit", _l("Unit"), made=named("unit")),
        Column("level", _l("Star level"), sort=StarAward.level, value=lambda row: level_name(row.level)),
        Column("hours", _l("Hours"), value=lambda row: decimal_hours(row.minutes), css="num"),
        Column("published_until", _l("Notice until"), sort=StarAward.published_until),
        Column("state", _l("State"), value=lambda row: Status(KINDS[row.state], STATES[row.state])),
        Column("decided_on", _l("Decided on")),
        Column("decide", _l("Decision"), value=lambda row: _way(row), export=False),
    ),
    filters=StarFilters,
    default_sort="-published_until",
    batch=(BatchAction(_l("Award the selected"), "volunteers.award_stars", icon="star"),),
    title=_l("Star levels"),
)
PROPOSALS = Listing(
    key="volunteers.star_proposals",
    identity=Volunteer.id,
    columns=(
        Column("number", _l("Volunteer no."), sort=Volunteer.number),
        Column(
            "holder",
            _l("Volunteer"),
            made=linked("volunteers.recognition", "volunteer_id", text="holder"),
            masked=lambda row: mask_name(row.holder),
        ),
        Column("unit", _l("Unit"), made=named("unit")),
        Column("level", _l("Star level reached"), value=lambda row: level_name(row.level)),
        Column("skipped", _l("Levels skipped below it"), value=lambda row: row.skipped or None, css="num"),
        Column("hours", _l("Hours"), value=lambda row: decimal_hours(int(row.minutes)), css="num"),
    ),
    filters=ProposalFilters,
    default_sort="number",
    batch=(BatchAction(_l("Publish the selected"), "volunteers.publish_stars", icon="star"),),
    title=_l("Star levels proposed"),
)


def _way(row: Any) -> Link | None:
    if not g.actor.scope(Permission.VOLUNTEER_APPROVE).holds(row.unit_id):
        return None
    if row.state == "published":
        return Link(url_for("volunteers.reject_star", award_id=row.id), _("Do not award"))
    if row.state == "awarded":
        return Link(url_for("volunteers.withdraw_star", award_id=row.id), _("Take the level back"))
    return None


def _within(unit: str | None) -> Scope:
    scope: Scope = g.scope
    if unit is None:
        return scope
    below = tree_on(db.session(), clock.today()).below(int(unit))
    return Scope(below if scope.units is None else below & scope.units)


def awards_of_list(chosen: dict[str, Any]) -> Any:
    """The star levels within reach that the filters find."""
    level = int(chosen["level"]) if "level" in chosen else None
    return queries.star_awards(_within(chosen.get("unit")), state=chosen.get("state"), level=level)


def proposals_of_list(chosen: dict[str, Any]) -> Any:
    """The volunteers within reach who have reached a level they do not hold."""
    rule = rule_on(db.session(), "stars", clock.today())
    level = int(chosen["level"]) if "level" in chosen else None
    return queries.proposals(_within(chosen.get("unit")), rule, level=level)


def _tabs() -> list[tuple[str, str, None]]:
    return [
        (_("Under notice and awarded"), url_for("volunteers.star_awards"), None),
        (_("Waiting for a star level"), url_for("volunteers.star_proposals"), None),
    ]


@blueprint.get("/stars")
@permit(Permission.VOLUNTEER_VIEW)
def star_awards() -> ResponseReturnValue:
    """Star levels within reach: under public notice, awarded, or not."""
    asked = AWARDS.read(request.args, current_user.id)
    rows = awards_of_list(asked.filters)
    if asked.export:
        return asked.download(db.session(), rows)
    may_approve = g.actor.may(Permission.VOLUNTEER_APPROVE)
    page = asked.page(
        db.session(),
        rows,
        empty_title=_l("No star level yet"),
        empty_hint=_l("Publish those who have reached a level; after the notice they are awarded here."),
        empty_action=(_l("Star levels proposed"), "volunteers.star_proposals"),
        batch=None if may_approve else (),
    )
    return render_template(
        "volunteers/star_awards.html",
        page=page,
        tabs=_tabs(),
        may_approve=may_approve,
    )


@blueprint.get("/stars/proposed")
@permit(Permission.VOLUNTEER_VIEW)
def star_proposals() -> ResponseReturnValue:
    """Volunteers who have reached a level they neither hold nor are published for."""
    asked = PROPOSALS.read(request.args, current_user.id)
    rows = proposals_of_list(asked.filters)
    if asked.export:
        return asked.download(db.session(), rows)
    page = asked.page(
        db.session(),
        rows,
        empty_title=_l("Nobody waits for a star level"),
        empty_hint=_l("Whoever reaches a level with approved hours is proposed here by itself."),
        batch=None if g.actor.may(Permission.VOLUNTEER_EDIT) else (),
    )
    rule = rule_on(db.session(), "stars", clock.today())
    return render_template("volunteers/star_proposals.html", page=page, tabs=_tabs(), rule=rule)


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
        rows=[
            [row.number, row.holder, level_name(row.level), decimal_hours(int(row.minutes))] for row in found
        ],
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
                decimal_hours(row.minutes),
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
    chosen = select(Volunteer).where(Volunteer.id.in_(ids[:MOST_CHOSEN]), g.scope.where(Volunteer.unit_id))
    return list(db.session().execute(chosen).scalars())


def _awards(ids: tuple[int, ...]) -> list[StarAward]:
    chosen = select(StarAward).where(StarAward.id.in_(ids[:MOST_CHOSEN]), g.scope.where(StarAward.unit_id))
    return list(db.session().execute(chosen).scalars())


@blueprint.get("/stars/notice")
@permit(Permission.VOLUNTEER_VIEW)
def star_notice() -> ResponseReturnValue:
    """The notice for the board: every level within reach that is published today, names shortened."""
    today = clock.today()
    units: dict[int, dict[str, Any]] = {}
    for row in queries.on_notice(db.session(), g.scope, today):
        minor = row.birth_on is not None and age_on(row.birth_on, today) < ADULT
        unit = units.setdefault(row.unit_id, {"unit": row.unit_name, "rows": []})
        unit["rows"].append(
            [
                row.number,
                mask_name(row.holder, minor=minor),
                level_name(row.level),
                decimal_hours(row.minutes),
                f"{row.published_on.isoformat()} – {row.published_until.isoformat()}",
            ]
        )
    return render_template("volunteers/star_notice.html", units=list(units.values()), today=today)


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
    form = DecideStarForm()
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
