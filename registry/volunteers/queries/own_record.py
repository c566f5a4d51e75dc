"""What volunteers see of themselves on their own page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from registry.accounts.models import Unit
from registry.people.models import Person
from registry.volunteers.models import Team, TeamMembership, Volunteer, VolunteerPeriod
from registry.volunteers.queries.ledger import total_minutes


@dataclass(frozen=True)
class OwnRecord:
    """The periods with their units, the latest first; the teams of today; and minutes of service so far."""

    periods: Sequence[tuple[VolunteerPeriod, Unit]]
    teams: Sequence[tuple[Team, bool]]
    minutes: int

    def on(self, day: date) -> VolunteerPeriod | None:
        """The period that holds on a day."""
        for period, _unit in self.periods:
            if period.starts_on <= day and (period.ended_on is None or period.ended_on > day):
                return period
        return None


def own_record(session: Session, person: Person, day: date) -> OwnRecord:
    """The record of a canonical person, with what belongs to rows merged into it."""
    same = select(Person.id).where(Person.canonical_id == person.id)
    periods = session.execute(
        select(VolunteerPeriod, Unit)
        .join(Volunteer, Volunteer.id == VolunteerPeriod.volunteer_id)
        .join(Unit, Unit.id == VolunteerPeriod.unit_id)
        .where(
            Volunteer.person_id.in_(same),
            Volunteer.voided_at.is_(None),
            VolunteerPeriod.voided_at.is_(None),
        )
        .order_by(VolunteerPeriod.starts_on.desc(), VolunteerPeriod.id.desc())
    ).all()
    teams = session.execute(
        select(Team, TeamMembership.leader)
        .join(TeamMembership, TeamMembership.team_id == Team.id)
        .where(
            TeamMembership.person_id.in_(same),
            TeamMembership.voided_at.is_(None),
            TeamMembership.starts_on <= day,
            or_(TeamMembership.ended_on.is_(None), TeamMembership.ended_on > day),
            or_(Team.ended_on.is_(None), Team.ended_on > day),
        )
        .order_by(Team.id)
    ).all()
    minutes = total_minutes(session, person.id)
    return OwnRecord([(p, u) for p, u in periods], [(t, leads) for t, leads in teams], minutes)
