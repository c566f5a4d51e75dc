"""Reading teams and who is in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session, aliased

from registry.accounts.models import Unit
from registry.core.errors import RecordNotFoundError
from registry.core.scope import Scope
from registry.people.models import Person
from registry.volunteers.models import Team, TeamMembership, Volunteer, VolunteerPeriod
from registry.volunteers.queries.standing import in_force
from registry.volunteers.queries.volunteers import member_on

Rows = Select[*tuple[Any, ...]]

# The row of a member and the canonical person behind it; named, so that a list can be sorted by them.
_ROW, PERSON = aliased(Person), aliased(Person)


def teams(
    scope: Scope, day: date, *, field: str | None = None, state: str | None = None, text: str = ""
) -> Rows:
    """Teams within reach with their members of a day, each human being counted once, and the names of those
    who lead them. `state` is standing or dissolved, `text` how the name begins."""
    inside = (
        select(func.count(PERSON.id.distinct()))
        .select_from(TeamMembership)
        .join(_ROW, _ROW.id == TeamMembership.person_id)
        .join(PERSON, PERSON.id == _ROW.canonical_id)
        .where(TeamMembership.team_id == Team.id, member_on(day))
        .correlate(Team)
    )
    leaders = inside.with_only_columns(func.aggregate_strings(PERSON.name, ",")).where(TeamMembership.leader)
    rows: Rows = (
        select(
            Team.id,
            Team.name,
            Team.field,
            Team.starts_on,
            Team.ended_on,
            Unit.name.label("unit_name"),
            Unit.name_en.label("unit_name_en"),
            inside.scalar_subquery().label("members"),
            leaders.scalar_subquery().label("leaders"),
        )
        .outerjoin(Unit, Unit.id == Team.unit_id)
        .where(scope.where(Team.unit_id))
    )
    if field is not None:
        rows = rows.where(Team.field == field)
    if state is not None:
        rows = rows.where(Team.ended_on.is_(None) if state == "standing" else Team.ended_on.is_not(None))
    return rows.where(Team.name.startswith(text, autoescape=True)) if text else rows


def standing_teams(session: Session, scope: Scope) -> list[tuple[Team, Unit]]:
    """The teams within reach that are not dissolved, with their units."""
    rows = session.execute(
        select(Team, Unit)
        .join(Unit, Unit.id == Team.unit_id)
        .where(scope.where(Team.unit_id), Team.ended_on.is_(None))
        .order_by(Unit.sort_key, Team.name, Team.id)
    )
    return [(team, unit) for team, unit in rows]


def members(team_id: int, day: date, *, ended: bool | None = None) -> Rows:
    """Who is or was in a team: the membership, the canonical person, the number of the volunteer, and what
    the volunteer is on a day. `ended` True gives those who left before it, False those who did not."""
    kind = (
        select(VolunteerPeriod.kind)
        .where(VolunteerPeriod.volunteer_id == TeamMembership.volunteer_id, in_force(day))
        .correlate(TeamMembership)
    )
    rows: Rows = (
        select(
            TeamMembership.id,
            TeamMembership.volunteer_id,
            TeamMembership.leader,
            TeamMembership.starts_on,
            TeamMembership.ended_on,
            TeamMembership.end_reason,
            Volunteer.number,
            Volunteer.unit_id,
            PERSON.name,
            kind.scalar_subquery().label("kind"),
        )
        .join(Volunteer, Volunteer.id == TeamMembership.volunteer_id)
        .join(_ROW, _ROW.id == TeamMembership.person_id)
        .join(PERSON, PERSON.id == _ROW.canonical_id)
        .where(TeamMembership.team_id == team_id, TeamMembership.voided_at.is_(None))
    )
    if ended is None:
        return rows
    over = TeamMembership.ended_on.is_not(None) & (TeamMembership.ended_on <= day)
    return rows.where(over if ended else ~over)


def members_now(session: Session, team_id: int, day: date) -> int:
    """How many human beings are in a team on a day."""
    return session.execute(
        select(func.count(Person.canonical_id.distinct()))
        .select_from(TeamMembership)
        .join(Person, Person.id == TeamMembership.person_id)
        .where(TeamMembership.team_id == team_id, member_on(day))
    ).scalar_one()


def membership_shown(session: Session, membership_id: int) -> Row[*tuple[Any, ...]]:
    """A membership with its team and the name of the canonical person."""
    row = session.execute(
        select(TeamMembership, Team, PERSON.name)
        .join(Team, Team.id == TeamMembership.team_id)
        .join(_ROW, _ROW.id == TeamMembership.person_id)
        .join(PERSON, PERSON.id == _ROW.canonical_id)
        .where(TeamMembership.id == membership_id, TeamMembership.voided_at.is_(None))
    ).first()
    if row is None:
        raise RecordNotFoundError("team_membership")
    return row


def teams_of_person(session: Session, person_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """The memberships of a canonical person with their teams and units, the newest first."""
    return session.execute(
        select(TeamMembership, Team, Unit)
        .join(Team, Team.id == TeamMembership.team_id)
        .join(Unit, Unit.id == Team.unit_id)
        .join(Person, Person.id == TeamMembership.person_id)
        .where(Person.canonical_id == person_id, TeamMembership.voided_at.is_(None))
        .order_by(TeamMembership.starts_on.desc(), TeamMembership.id.desc())
    ).all()


def volunteers_numbered(
    session: Session, scope: Scope, numbers: Iterable[str]
) -> dict[str, tuple[Volunteer, str]]:
    """Number → the volunteer within reach, with the name of the canonical person."""
    rows = session.execute(
        select(Volunteer, PERSON.name)
        .join(_ROW, _ROW.id == Volunteer.person_id)
        .join(PERSON, PERSON.id == _ROW.canonical_id)
        .where(
            Volunteer.number.in_(sorted(set(numbers))),
            Volunteer.voided_at.is_(None),
            scope.where(Volunteer.unit_id),
        )
    )
    return {volunteer.number: (volunteer, name) for volunteer, name in rows}
