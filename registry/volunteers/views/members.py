"""Who joins a team, leads it and leaves it."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.core import clock
from registry.core.db import db
from registry.core.permissions import Permission
from registry.volunteers.commands import teams as commands
from registry.volunteers.commands.teams import Joined
from registry.volunteers.forms.teams import MOST_MEMBERS, EndMembershipForm, LeaderForm, MembersForm
from registry.volunteers.models import Team, TeamMembership, Volunteer
from registry.volunteers.queries.teams import membership_shown, volunteers_numbered
from registry.volunteers.views.blueprint import blueprint
from registry.volunteers.views.volunteers import VOLUNTEERS, volunteers_of_list
from registry.web.guard import permit
from registry.web.listing import whole_numbers
from registry.web.load import load
from registry.web.submit import submit


@blueprint.route("/teams/members/add", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_EDIT)
def add_members() -> ResponseReturnValue:
    """Put volunteers into a team: those named by their numbers, or those selected in the list."""
    form = MembersForm(data={"starts_on": clock.today(), "team": request.args.get("team", "")})
    if request.method == "POST" and "numbers" not in request.form:
        return _from_list()
    if request.method == "GET":
        form.numbers.data = _number(request.args.get("volunteer", ""))
    elif form.validate_on_submit():
        found = volunteers_numbered(db.session(), g.scope, form.wanted[: MOST_MEMBERS + 1])
        if _all_found(form, found):
            done = submit(
                form,
                commands.add_members,
                load(Team, int(form.team.data)),
                [found[number][0] for number in form.wanted],
                starts_on=form.starts_on.data,
                locate=_page,
                saved=_("The volunteers are in the team; who was a member already stays one."),
            )
            if done is not None:
                return done
    return _add_page(form)


def _page(joined: Joined) -> str:
    return url_for("volunteers.team", team_id=joined.team_id)


def _add_page(form: MembersForm) -> ResponseReturnValue:
    found = volunteers_numbered(db.session(), g.scope, form.wanted[:MOST_MEMBERS])
    people = [(number, found[number][1]) for number in form.wanted if number in found]
    return render_template("volunteers/add_members.html", form=form, people=people)


def _number(chosen: str) -> str:
    """The number of the volunteer from whose page this one was opened."""
    ids = whole_numbers([chosen])
    return load(Volunteer, ids[0]).number if ids else ""


def _from_list() -> ResponseReturnValue:
    picked = VOLUNTEERS.selection(request.form)
    back = url_for("volunteers.volunteers") + (f"?{picked.query}" if picked.query else "")
    if not picked:
        flash(_("Nobody is selected. Nothing was changed; tick the volunteers first."), "warning")
        return redirect(back, 303)
    rows = picked.narrow(volunteers_of_list(picked.filters)).order_by(Volunteer.number)
    numbers = [row.number for row in db.session().execute(rows.limit(MOST_MEMBERS + 1))]
    if len(numbers) > MOST_MEMBERS:
        text = _("At most %(limit)s at once. Nothing was changed; select fewer.", limit=MOST_MEMBERS)
        flash(text, "warning")
        return redirect(back, 303)
    if not numbers:
        flash(_("None of them is in this list any more. Nothing was changed."), "warning")
        return redirect(back, 303)
    form = MembersForm(formdata=None, data={"starts_on": clock.today(), "numbers": "\n".join(numbers)})
    return _add_page(form)


def _all_found(form: MembersForm, found: dict[str, Any]) -> bool:
    """Whether every number leads to a volunteer within reach; otherwise the form tells which do not."""
    errors = []
    unknown = [number for number in form.wanted if number not in found]
    if len(form.wanted) > MOST_MEMBERS:
        errors.append(_("At most %(limit)s at once. Nothing was changed; select fewer.", limit=MOST_MEMBERS))
    elif unknown:
        text = _("No volunteers within your reach: %(numbers)s. Nothing was saved; correct the numbers.")
        errors.append(text % {"numbers": commands.named(unknown)})
    form.numbers.errors = [*form.numbers.errors, *errors]
    return not errors


@blueprint.route("/teams/members/<int:membership_id>/end", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_EDIT)
def end_membership(membership_id: int) -> ResponseReturnValue:
    """Somebody is not in the team any more from a day on."""
    record = load(TeamMembership, membership_id)
    form = EndMembershipForm(data={"ended_on": clock.today()})
    if form.validate_on_submit():
        done = submit(
            form,
            commands.end_membership,
            record,
            ended_on=form.ended_on.data,
            reason=form.reason.data,
            locate=lambda ended: url_for("volunteers.team", team_id=ended.team_id),
            saved=_("The membership is over."),
        )
        if done is not None:
            return done
    membership, team, name = membership_shown(db.session(), membership_id)
    return render_template(
        "volunteers/end_membership.html", form=form, membership=membership, team=team, name=name
    )


@blueprint.route("/teams/members/<int:membership_id>/leader", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_EDIT)
def name_leader(membership_id: int) -> ResponseReturnValue:
    """A member leads the team from a day on; a leader does so no more."""
    record = load(TeamMembership, membership_id)
    form = LeaderForm(data={"starts_on": clock.today(), "leader": "0" if record.leader else "1"})
    leader = form.leader.data == "1"
    if form.validate_on_submit():
        done = submit(
            form,
            commands.name_leader,
            record,
            leader=leader,
            starts_on=form.starts_on.data,
            locate=lambda named: url_for("volunteers.team", team_id=named.team_id),
            saved=_("The member leads the team.") if leader else _("The member leads the team no more."),
        )
        if done is not None:
            return done
    membership, team, name = membership_shown(db.session(), membership_id)
    return render_template(
        "volunteers/name_leader.html",
        form=form,
        membership=membership,
        team=team,
        name=name,
        leader=leader,
    )
