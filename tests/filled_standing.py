"""How the forms about periods, registration, teams and rules of volunteers are filled in."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

from sqlalchemy.orm import Session

from registry.accounts.models import User
from registry.core import clock
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.volunteers.commands.registrations import apply_registrations
from registry.volunteers.commands.teams import add_members
from registry.volunteers.models import TeamMembership, Volunteer
from tests import factories
from tests import volunteers as makers
from tests.filling import Filled, Maker

_serial = count(1)
OTHER = {"reason": "另有原因"}


def _today() -> str:
    return clock.today().isoformat()


def _proposed(session: Session) -> Volunteer:
    one = makers.volunteer(session)
    makers.served(session, one, 1_300, starts=0)
    return one


def _applied(session: Session) -> str:
    return str(run(SYSTEM, apply_registrations, [_proposed(session)]).application_ids[0])


def _membership(session: Session) -> TeamMembership:
    joined = run(
        SYSTEM,
        add_members,
        makers.team(session),
        [makers.volunteer(session)],
        starts_on=clock.today() - timedelta(days=9),
    )
    return session.get_one(TeamMembership, joined.membership_ids[0])


def _change_period(session: Session, user: User) -> Filled:
    fields = {"kind": "leave", "starts_on": _today(), "reason": "出国学习", "document": ""}
    return Filled(f"/volunteers/{makers.volunteer(session).id}/period", fields, changed=OTHER)


def _move_volunteer(session: Session, user: User) -> Filled:
    unit = str(factories.unit(session, factories.KUANCHENG).id)
    fields = {"unit": unit, "starts_on": _today(), "reason": "搬家"}
    return Filled(f"/volunteers/{makers.volunteer(session).id}/move", fields, changed=OTHER)


def _void_period(session: Session, user: User) -> Filled:
    period = makers.on_leave(session, makers.volunteer(session))
    return Filled(f"/volunteers/periods/{period.id}/void", {"reason": "录入有误"}, changed=OTHER)


def _apply(session: Session, user: User) -> Filled:
    picked = {"ids": [str(_proposed(session).id)], "query": "state=proposed"}
    return Filled("/volunteers/registrations/apply", picked=picked)


def _approve(session: Session, user: User) -> Filled:
    picked = {"ids": [_applied(session)], "query": "state=waiting"}
    fields = {"starts_on": _today(), "document": "吉红〔2026〕1号"}
    return Filled("/volunteers/registrations/approve", fields, picked=picked)


def _reject(session: Session, user: User) -> Filled:
    picked = {"ids": [_applied(session)], "query": "state=waiting"}
    return Filled("/volunteers/registrations/reject", {"reason": "材料不全"}, picked=picked)


def _found_team(session: Session, user: User) -> Filled:
    fields = {
        "name": f"救援队{next(_serial)}",
        "field": "rescue",
        "unit": str(factories.unit(session, factories.CHANGCHUN).id),
        "starts_on": _today(),
    }
    return Filled("/volunteers/teams/found", fields, changed={"field": "aid"})


def _edit_team(session: Session, user: User) -> Filled:
    fields = {"name": f"社区队{next(_serial)}", "field": "community"}
    return Filled(f"/volunteers/teams/{makers.team(session).id}/edit", fields, changed={"field": "elderly"})


def _dissolve_team(session: Session, user: User) -> Filled:
    fields = {"ended_on": _today(), "reason": "任务完成"}
    return Filled(f"/volunteers/teams/{makers.team(session).id}/dissolve", fields, changed=OTHER)


def _add_members(session: Session, user: User) -> Filled:
    fields = {
        "team": str(makers.team(session).id),
        "numbers": makers.volunteer(session).number,
        "starts_on": _today(),
    }
    return Filled(
        "/volunteers/teams/members/add", fields, changed={"numbers": makers.volunteer(session).number}
    )


def _end_membership(session: Session, user: User) -> Filled:
    fields = {"ended_on": _today(), "reason": "个人原因"}
    return Filled(f"/volunteers/teams/members/{_membership(session).id}/end", fields, changed=OTHER)


def _name_leader(session: Session, user: User) -> Filled:
    yesterday = (clock.today() - timedelta(days=1)).isoformat()
    return Filled(
        f"/volunteers/teams/members/{_membership(session).id}/leader",
        {"starts_on": _today()},
        changed={"starts_on": yesterday},
    )


def _change_rule(session: Session, user: User) -> Filled:
    fields = {
        "hours_in_year": str(20 + next(_serial)),
        "starts_on": _today(),
        "source": "省红十字会通知",
        "confirmed": "y",
    }
    return Filled("/volunteers/rules/registration/change", fields, changed={"hours_in_year": "90"})


FORMS: dict[str, Maker] = {
    "volunteers.add_members": _add_members,
    "volunteers.apply_registrations": _apply,
    "volunteers.approve_registrations": _approve,
    "volunteers.change_period": _change_period,
    "volunteers.change_rule": _change_rule,
    "volunteers.dissolve_team": _dissolve_team,
    "volunteers.edit_team": _edit_team,
    "volunteers.end_membership": _end_membership,
    "volunteers.found_team": _found_team,
    "volunteers.move_volunteer": _move_volunteer,
    "volunteers.name_leader": _name_leader,
    "volunteers.reject_registrations": _reject,
    "volunteers.void_period": _void_period,
}
