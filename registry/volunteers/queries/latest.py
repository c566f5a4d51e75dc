"""The latest period of volunteers, which decides whether and when they can come back."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.core.write import chunks
from registry.people.models import Person
from registry.volunteers.models import Volunteer, VolunteerPeriod


def latest_periods(
    session: Session, person_ids: Iterable[int]
) -> dict[int, tuple[Volunteer, VolunteerPeriod]]:
    """Canonical person → the volunteer with the latest period; absent for who never was one. Of two rows of a
    merged person the one whose period is later."""
    found: dict[int, tuple[Volunteer, VolunteerPeriod]] = {}
    for ids in chunks(person_ids):
        rows = session.execute(
            select(Person.canonical_id, Volunteer, VolunteerPeriod)
            .join(Volunteer, Volunteer.person_id == Person.id)
            .join(VolunteerPeriod, VolunteerPeriod.volunteer_id == Volunteer.id)
            .where(
                Person.canonical_id.in_(ids),
                Volunteer.voided_at.is_(None),
                VolunteerPeriod.voided_at.is_(None),
            )
            .order_by(VolunteerPeriod.starts_on, VolunteerPeriod.id)
        )
        found.update((person_id, (volunteer, period)) for person_id, volunteer, period in rows)
    return found
