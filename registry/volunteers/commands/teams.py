"""Teams are founded and dissolved; volunteers join them, lead them and leave, each from a day on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import aliased

from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.i18n import N_
from registry.core.permissions import Permission
from registry.core.text import stated_reason
from registry.core.write import Write, chunks, command
from registry.people.models import Person
from registry.people.queries import canonical_ids
from registry.volunteers.fields import FIELDS, SERVING
from registry.volunteers.models import Team, TeamMembership, Volunteer
from registry.volunteers.queries.standing import kinds_on

# Numbers named in a refusal; the others are counted.
MOST_NAMED = 5


@dataclass(frozen=True)
class Joined:
    """What became of volunteers put into a team: new memberships, and how many were members already."""

    team_id: int
    membership_ids: tuple[int, ...]
    known: int


@command(Permission.VOLUNTEER_EDIT)
def found_team(w: Write, *, unit_id: int, name: str, field: str, starts_on: date) -> Team:
    """Found a team (志愿服务队) of a unit. RuleError when the unit has a standing team of that name."""
    if not w.actor.scope(Permission.VOLUNTEER_EDIT).holds(unit_id):
        raise RecordNotFoundError("unit")
    _refuse_future(w, starts_on)
    name = _checked(w, unit_id, name, field)
    w.unit_id = unit_id
    return w.add(Team(unit_id=unit_id, name=name, field=field, starts_on=starts_on))


@command(Permission.VOLUNTEER_EDIT)
def edit_team(w: Write, team: Team, *, name: str, field: str) -> Team:
    """Another name or field. Service recorded for the team keeps the field it was recorded with."""
    _refuse_dissolved(team)
    team.name, team.field = _checked(w, team.unit_id, name, field, team.id), field
    w.unit_id = team.unit_id
    return team


@command(Permission.VOLUNTEER_EDIT)
def dissolve_team(w: Write, team: Team, *, ended_on: date, reason: str) -> Team:
    """Dissolve a team; `ended_on` is its first day as dissolved, and every membership ends with it.

    RuleError for a day in the future, before the team began, or before a membership began or ended.
    """
    _refuse_dissolved(team)
    stated = stated_reason(reason)
    _refuse_future(w, ended_on, "ended_on")
    memberships = _memberships(w, team)
    latest = max([team.starts_on, *(m.ended_on or m.starts_on for m in memberships)])
    if ended_on < latest:
        raise RuleError(
            N_("The team was at work until %(day)s. Nothing was saved; give that day or a later one."),
            "ended_on",
            day=latest.isoformat(),
        )
    for membership in memberships:
        if membership.ended_on is None:
            membership.ended_on, membership.end_reason = ended_on, stated
    team.ended_on, team.end_reason = ended_on, stated
    w.unit_id, w.reason = team.unit_id, stated
    return team


@command(Permission.VOLUNTEER_EDIT)
def add_members(w: Write, team: Team, volunteers: Sequence[Volunteer], *, starts_on: date) -> Joined:
    """Put volunteers into a team from a day on: all of them, or nobody.

    Who is a member already stays one, entries of merged persons included. RuleError for somebody who does
    not serve on that day, or who left the team on a later one. The number of statements does not depend on
    the list.
    """
    _refuse_dissolved(team)
    if not volunteers:
        raise RuleError(N_("Nobody is named. Nothing was saved; name at least one volunteer."), "numbers")
    _refuse_future(w, starts_on)
    if starts_on < team.starts_on:
        raise RuleError(
            N_("The team began on %(day)s. Nothing was saved; give that day or a later one."),
            "starts_on",
            day=team.starts_on.isoformat(),
        )
    kinds = kinds_on(w.session, [one.id for one in volunteers], starts_on)
    idle = [one.number for one in volunteers if kinds.get(one.id) not in SERVING]
    if idle:
        raise RuleError(
            N_(
                "Not serving on %(day)s: %(numbers)s. Nothing was saved; "
                "leave them out, or give a day on which they serve."
            ),
            "starts_on",
            day=starts_on.isoformat(),
            numbers=named(idle),
        )
    canonical = canonical_ids(w.session, [one.person_id for one in volunteers])
    there, left_later = _standing(w, team, canonical.values(), starts_on)
    late = [one.number for one in volunteers if canonical[one.person_id] in left_later]
    if late:
        raise RuleError(
            N_("Left this team after that day: %(numbers)s. Nothing was saved; give a later day."),
            "starts_on",
            numbers=named(late),
        )
    rows, seen = [], set(there)
    for one in volunteers:
        person = canonical[one.person_id]
        if person not in seen:
            seen.add(person)
            common = {"team_id": team.id, "volunteer_id": one.id, "person_id": one.person_id}
            rows.append({**common, "unit_id": team.unit_id, "starts_on": starts_on})
    if not rows:
        raise RuleError(N_("All of them are members already. Nothing was saved."), "numbers")
    w.unit_id = team.unit_id
    return Joined(team.id, tuple(w.insert_many(TeamMembership, rows)), len(volunteers) - len(rows))


@command(Permission.VOLUNTEER_EDIT)
def end_membership(w: Write, membership: TeamMembership, *, ended_on: date, reason: str) -> TeamMembership:
    """End a membership; `ended_on` is the first day outside the team."""
    stated = stated_reason(reason)
    _refuse_ended(membership)
    _refuse_future(w, ended_on, "ended_on")
    if ended_on < membership.starts_on:
        raise _joined_on(membership.starts_on, "ended_on")
    membership.ended_on, membership.end_reason = ended_on, stated
    w.unit_id, w.reason = membership.unit_id, stated
    return membership


@command(Permission.VOLUNTEER_EDIT)
def name_leader(w: Write, membership: TeamMembership, *, leader: bool, starts_on: date) -> TeamMembership:
    """Whether a member leads the team from a day on. The membership before that day keeps what it said, so
    who led when stays readable."""
    _refuse_ended(membership)
    _refuse_future(w, starts_on)
    if starts_on < membership.starts_on:
        raise _joined_on(membership.starts_on, "starts_on")
    if membership.leader == leader:
        raise RuleError(
            N_("This member leads the team already. Nothing was saved.")
            if leader
            else N_("This member does not lead the team. Nothing was saved.")
        )
    w.unit_id = membership.unit_id
    if starts_on == membership.starts_on:
        membership.leader = leader
        return membership
    membership.ended_on = starts_on
    w.session.flush()  # Two open memberships at once would be refused by the database.
    return w.add(
        TeamMembership(
            team_id=membership.team_id,
            volunteer_id=membership.volunteer_id,
            person_id=membership.person_id,
            unit_id=membership.unit_id,
            leader=leader,
            starts_on=starts_on,
        )
    )


def named(numbers: Sequence[str]) -> str:
    """The first of some numbers, and how many more there are."""
    more = len(numbers) - MOST_NAMED
    return ", ".join(numbers[:MOST_NAMED]) + (f" … (+{more})" if more > 0 else "")


def _checked(w: Write, unit_id: int, name: str, field: str, team_id: int | None = None) -> str:
    name = name.strip()
    if not name:
        raise RuleError(N_("Give the team a name. Nothing was saved."), "name")
    if field not in FIELDS:
        raise RuleError(N_("This is no field of service. Nothing was saved; choose one."), "field")
    other = w.session.execute(
        select(Team.id).where(Team.unit_id == unit_id, Team.name == name, Team.ended_on.is_(None))
    ).scalar()
    if other not in (None, team_id):
        raise RuleError(
            N_("The unit has a team of this name. Nothing was saved; choose another name."), "name"
        )
    return name


def _memberships(w: Write, team: Team) -> Sequence[TeamMembership]:
    rows = select(TeamMembership).where(TeamMembership.team_id == team.id, TeamMembership.voided_at.is_(None))
    return w.session.execute(rows).scalars().all()


def _standing(w: Write, team: Team, person_ids: Iterable[int], starts_on: date) -> tuple[set[int], set[int]]:
    """Of canonical persons those who are in the team, and those who left it after a day."""
    there, left_later = set(), set()
    row = aliased(Person)
    for ids in chunks(person_ids):
        rows = w.session.execute(
            select(row.canonical_id, TeamMembership.ended_on)
            .join(row, row.id == TeamMembership.person_id)
            .where(
                TeamMembership.team_id == team.id,
                TeamMembership.voided_at.is_(None),
                row.canonical_id.in_(ids),
            )
        )
        for person, ended_on in rows:
            if ended_on is None:
                there.add(person)
            elif ended_on > starts_on:
                left_later.add(person)
    return there, left_later - there


def _refuse_dissolved(team: Team) -> None:
    if team.ended_on is not None:
        raise RuleError(
            N_("This team is dissolved since %(day)s. Nothing was saved; found a new team if one is needed."),
            day=team.ended_on.isoformat(),
        )


def _refuse_ended(membership: TeamMembership) -> None:
    if membership.ended_on is not None or membership.voided_at is not None:
        raise RuleError(
            N_("This membership is over already. Nothing was saved; open the team to see who is in it.")
        )


def _refuse_future(w: Write, day: date, field: str = "starts_on") -> None:
    if day > w.today:
        raise RuleError(
            N_("The day lies in the future. Nothing was saved; give today or an earlier day."), field
        )


def _joined_on(day: date, field: str) -> RuleError:
    return RuleError(
        N_("This membership began on %(day)s. Nothing was saved; give that day or a later one."),
        field,
        day=day.isoformat(),
    )
