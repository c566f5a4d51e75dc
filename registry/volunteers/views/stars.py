"""The lists of star levels: who is proposed, under public notice, and awarded."""

from __future__ import annotations

from typing import Any

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from registry.accounts.queries import narrowed
from registry.core import clock
from registry.core.db import db
from registry.core.permissions import Permission
from registry.core.text import mask_name
from registry.people.identity import is_minor
from registry.volunteers.forms.stars import (
    STATES,
    ProposalFilters,
    StarFilters,
)
from registry.volunteers.hours import hours_of
from registry.volunteers.models import StarAward, Volunteer
from registry.volunteers.queries import stars as queries
from registry.volunteers.rules import rule_on
from registry.volunteers.views.blueprint import blueprint
from registry.web.columns import Column, Link, Status, linked, named
from registry.web.guard import permit
from registry.web.listing import BatchAction, Listing

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
        Column("hours", _l("Hours"), value=lambda row: hours_of(row.minutes), css="num"),
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
        Column("hours", _l("Hours"), value=lambda row: hours_of(int(row.minutes)), css="num"),
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


def awards_of_list(chosen: dict[str, Any]) -> Any:
    """The star levels within reach that the filters find."""
    level = int(chosen["level"]) if "level" in chosen else None
    return queries.star_awards(
        narrowed(db.session(), g.scope, chosen.get("unit"), clock.today()),
        state=chosen.get("state"),
        level=level,
    )


def proposals_of_list(chosen: dict[str, Any]) -> Any:
    """The volunteers within reach who have reached a level they do not hold."""
    rule = rule_on(db.session(), "stars", clock.today())
    level = int(chosen["level"]) if "level" in chosen else None
    return queries.proposals(
        narrowed(db.session(), g.scope, chosen.get("unit"), clock.today()), rule, level=level
    )


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


@blueprint.get("/stars/notice")
@permit(Permission.VOLUNTEER_VIEW)
def star_notice() -> ResponseReturnValue:
    """The notice for the board: every level within reach that is published today, names shortened."""
    today = clock.today()
    units: dict[int, dict[str, Any]] = {}
    for row in queries.on_notice(db.session(), g.scope, today):
        minor = is_minor(row.birth_on, today)
        unit = units.setdefault(row.unit_id, {"unit": row.unit_name, "rows": []})
        unit["rows"].append(
            [
                row.number,
                mask_name(row.holder, minor=minor),
                level_name(row.level),
                hours_of(row.minutes),
                f"{row.published_on.isoformat()} – {row.published_until.isoformat()}",
            ]
        )
    return render_template("volunteers/star_notice.html", units=list(units.values()), today=today)
