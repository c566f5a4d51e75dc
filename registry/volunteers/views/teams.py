"""Teams: the list, one team, and founding, changing and dissolving one."""

from __future__ import annotations

from typing import Any

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from registry.accounts.models import Unit
from registry.accounts.queries import narrowed
from registry.core import clock
from registry.core.db import db
from registry.core.permissions import Permission
from registry.core.text import mask_name
from registry.volunteers.commands import teams as commands
from registry.volunteers.fields import FIELDS
from registry.volunteers.forms.teams import (
    DissolveForm,
    FoundTeamForm,
    MemberFilters,
    TeamFilters,
    TeamForm,
)
from registry.volunteers.models import Team, TeamMembership, Volunteer
from registry.volunteers.queries import teams as queries
from registry.volunteers.views.blueprint import PERIOD_STATES, blueprint
from registry.volunteers.views.volunteers import joined
from registry.web.columns import Cell, Column, Link, Status, linked, named
from registry.web.guard import permit
from registry.web.listing import Listing
from registry.web.load import load
from registry.web.locale import local_name, translate
from registry.web.submit import submit


def _field() -> Cell:
    names = {code: translate(label) for code, label in FIELDS.items()}
    return lambda row: names.get(row.field, row.field)


def _leaders(row: Any) -> str | None:
    return joined(sorted(set(row.leaders.split(",")))) if row.leaders else None


TEAMS = Listing(
    key="volunteers.teams",
    identity=Team.id,
    columns=(
        Column(
            "name",
            _l("Team"),
            sort=Team.name,
            css="title",
            made=linked("volunteers.team", "team_id", text="name"),
        ),
        Column("field", _l("Field of service"), made=_field),
        Column("unit", _l("Unit"), made=named("unit")),
        Column("members", _l("Members now"), css="num"),
        Column("leaders", _l("Leaders"), value=_leaders, masked=lambda row: _masked(row.leaders)),
        Column("starts_on", _l("Founded on"), sort=Team.starts_on),
        Column("ended_on", _l("Dissolved from")),
    ),
    filters=TeamFilters,
    default_sort="-starts_on",
    title=_l("Teams"),
)


def _masked(names: str | None) -> str | None:
    return joined([mask_name(name) for name in sorted(set(names.split(",")))]) if names else None


@blueprint.get("/teams")
@permit(Permission.VOLUNTEER_VIEW)
def teams() -> ResponseReturnValue:
    """Teams within reach."""
    asked = TEAMS.read(request.args, current_user.id)
    chosen = asked.filters
    rows = queries.teams(
        narrowed(db.session(), g.scope, chosen.get("unit"), clock.today()),
        clock.today(),
        field=chosen.get("field"),
        state=chosen.get("state"),
        text=chosen.get("text", ""),
    )
    if asked.export:
        return asked.download(db.session(), rows)
    may_edit = g.actor.may(Permission.VOLUNTEER_EDIT)
    page = asked.page(
        db.session(),
        rows,
        empty_title=_("No team yet"),
        empty_hint=_("Found a team, then put volunteers into it."),
        empty_action=(_l("Found a team"), "volunteers.found_team") if may_edit else None,
    )
    return render_template("volunteers/teams.html", page=page, may_edit=may_edit)


def _member(row: Any) -> Any:
    """The name, which leads to the volunteer where that one is within reach."""
    if not g.scope.holds(row.unit_id):
        return row.name
    return Link(url_for("volunteers.volunteer", volunteer_id=row.volunteer_id), row.name)


def _may_edit_row(row: Any) -> bool:
    return bool(g.may_edit_team) and row.ended_on is None


MEMBERS = Listing(
    key="volunteers.members",
    identity=TeamMembership.id,
    columns=(
        Column(
            "name",
            _l("Name"),
            sort=queries.PERSON.pinyin,
            value=_member,
            masked=lambda row: mask_name(row.name),
        ),
        Column("number", _l("Volunteer no."), sort=Volunteer.number, css="nowrap"),
        Column("state", _l("State today"), value=lambda row: PERIOD_STATES.get(row.kind)),
        Column(
            "leader",
            _l("Role in the team"),
            value=lambda row: Status("info", _("leads the team")) if row.leader else None,
        ),
        Column("starts_on", _l("Member from"), sort=TeamMembership.starts_on),
        Column("ended_on", _l("Out of the team from")),
        Column("end_reason", _l("Reason"), css="why", default_visible=False),
        Column(
            "lead",
            _l("Leading"),
            value=lambda row: (
                Link(
                    url_for("volunteers.name_leader", membership_id=row.id),
                    _("End leading") if row.leader else _("Name as leader"),
                )
                if _may_edit_row(row)
                else None
            ),
            export=False,
        ),
        Column(
            "end",
            _l("Leaving"),
            value=lambda row: (
                Link(url_for("volunteers.end_membership", membership_id=row.id), _("End the membership"))
                if _may_edit_row(row)
                else None
            ),
            export=False,
        ),
    ),
    filters=MemberFilters,
    default_sort="name",
    size=50,
    title=_l("Members of the team"),
)


@blueprint.get("/teams/<int:team_id>")
@permit(Permission.VOLUNTEER_VIEW)
def team(team_id: int) -> ResponseReturnValue:
    """One team and who is in it."""
    session, today = db.session(), clock.today()
    record = load(Team, team_id)
    g.may_edit_team = may_edit = record.ended_on is None and g.actor.scope(Permission.VOLUNTEER_EDIT).holds(
        record.unit_id
    )
    asked = MEMBERS.read(request.args, current_user.id)
    rows = queries.members(record.id, today, ended=asked.filters.get("taking") == "ended")
    if asked.export:
        return asked.download(session, rows, title=record.name)
    page = asked.page(
        session,
        rows,
        empty_title=_("Nobody is in this team"),
        empty_hint=_("Put volunteers into it by their numbers, or tick them in the list of volunteers."),
    )
    unit = session.get_one(Unit, record.unit_id)
    return render_template(
        "volunteers/team.html",
        team=record,
        page=page,
        may_edit=may_edit,
        known_facts=[
            (_("Field of service"), translate(FIELDS.get(record.field, record.field))),
            (_("Unit"), local_name(unit)),
            (_("Founded on"), record.starts_on),
            (_("Members now"), queries.members_now(session, record.id, today)),
        ],
    )


@blueprint.route("/teams/found", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_EDIT)
def found_team() -> ResponseReturnValue:
    """A new team of a unit."""
    form = FoundTeamForm(data={"starts_on": clock.today(), "unit": str(g.actor.home_unit_id or "")})
    if form.validate_on_submit():
        done = submit(
            form,
            commands.found_team,
            unit_id=int(form.unit.data),
            name=form.name.data,
            field=form.field.data,
            starts_on=form.starts_on.data,
            locate=lambda made: url_for("volunteers.team", team_id=made.id),
            saved=_("The team is founded. Next: who is in it."),
        )
        if done is not None:
            return done
    return render_template("volunteers/found_team.html", form=form)


@blueprint.route("/teams/<int:team_id>/edit", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_EDIT)
def edit_team(team_id: int) -> ResponseReturnValue:
    """Change name and field."""
    record = load(Team, team_id)
    form = TeamForm(data={"name": record.name, "field": record.field})
    if form.validate_on_submit():
        done = submit(
            form,
            commands.edit_team,
            record,
            name=form.name.data,
            field=form.field.data,
            locate=lambda changed: url_for("volunteers.team", team_id=changed.id),
            saved=_("The team is changed."),
        )
        if done is not None:
            return done
    return render_template("volunteers/edit_team.html", form=form, team=record)


@blueprint.route("/teams/<int:team_id>/dissolve", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_EDIT)
def dissolve_team(team_id: int) -> ResponseReturnValue:
    """End a team with all its memberships."""
    record = load(Team, team_id)
    form = DissolveForm(data={"ended_on": clock.today()})
    if form.validate_on_submit():
        done = submit(
            form,
            commands.dissolve_team,
            record,
            ended_on=form.ended_on.data,
            reason=form.reason.data,
            locate=lambda ended: url_for("volunteers.team", team_id=ended.id),
            saved=_("The team is dissolved, and its memberships are over."),
        )
        if done is not None:
            return done
    inside = queries.members_now(db.session(), record.id, clock.today())
    return render_template("volunteers/dissolve_team.html", form=form, team=record, inside=inside)
