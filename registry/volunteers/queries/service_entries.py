"""Lists of entries of hours."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session, aliased

from registry.accounts.models import Unit, User
from registry.core.scope import Scope
from registry.core.write import chunks
from registry.people.models import Person
from registry.people.queries import starts_with
from registry.volunteers.models import Activity, ServiceEntry, Team, Volunteer
from registry.volunteers.queries.stretches import overlaps

Rows = Select[*tuple[Any, ...]]
STATES = ("submitted", "approved", "rejected", "withdrawn")


def service_entries(
    scope: Scope,
    *,
    state: str = "submitted",
    field: str | None = None,
    team: int | None = None,
    served_from: date | None = None,
    served_to: date | None = None,
    activity: str | None = None,
    overlapping: bool = False,
) -> Rows:
    """Entries within reach with volunteer, activity and who submitted them; `state` may be "all", and
    `activity` is the beginning of its number."""
    holder, person = aliased(Person), aliased(Person)
    rows: Rows = (
        select(
            ServiceEntry,
            person.name.label("name"),
            Volunteer.number.label("number"),
            Activity.title.label("activity_title"),
            User.name.label("submitted_by_name"),
            Unit.name.label("unit_name"),
            Unit.name_en.label("unit_name_en"),
        )
        .join(holder, holder.id == ServiceEntry.person_id)
        .join(person, person.id == holder.canonical_id)
        .join(Volunteer, Volunteer.id == ServiceEntry.volunteer_id)
        .join(Unit, Unit.id == ServiceEntry.unit_id)
        .outerjoin(Activity, Activity.id == ServiceEntry.activity_id)
        .outerjoin(User, User.id == ServiceEntry.submitted_by)
        .where(scope.where(ServiceEntry.unit_id))
    )
    if state != "all":
        rows = rows.where(ServiceEntry.state == state)
    if field is not None:
        rows = rows.where(ServiceEntry.field == field)
    if team is not None:
        rows = rows.where(ServiceEntry.team_id == team)
    if served_from is not None:
        rows = rows.where(ServiceEntry.served_on >= served_from)
    if served_to is not None:
        rows = rows.where(ServiceEntry.served_on <= served_to)
    if activity is not None:
        rows = rows.where(starts_with(Activity.number, activity))
    if overlapping:
        rows = rows.where(ServiceEntry.id.in_(overlaps(scope)))
    return rows


def entries_of(session: Session, scope: Scope, ids: Iterable[int]) -> list[Row[*tuple[Any, ...]]]:
    """The chosen entries within reach, whatever their state, by day and time."""
    found: list[Row[*tuple[Any, ...]]] = []
    for some in chunks(ids):
        rows = service_entries(scope, state="all").where(ServiceEntry.id.in_(some))
        found.extend(
            session.execute(rows.order_by(ServiceEntry.served_on, ServiceEntry.starts, ServiceEntry.id))
        )
    return found


def entered_for_shift(session: Session, shift_id: int) -> set[int]:
    """The canonical persons who have a standing entry for a shift."""
    return set(
        session.execute(
            select(Person.canonical_id)
            .join(ServiceEntry, ServiceEntry.person_id == Person.id)
            .where(ServiceEntry.shift_id == shift_id, ServiceEntry.state.in_(("submitted", "approved")))
        ).scalars()
    )


def teams(scope: Scope, day: date) -> Select[Team]:
    """The teams within reach that were not dissolved by a day, by name."""
    standing = Team.ended_on.is_(None) | (Team.ended_on > day)
    return select(Team).where(scope.where(Team.unit_id), standing).order_by(Team.name, Team.id)
