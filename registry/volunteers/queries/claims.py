"""What volunteers see of their hours on their own page, and what they can claim hours for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Row, or_, select
from sqlalchemy.orm import Session, aliased

from registry.people.models import Person
from registry.volunteers.models import Activity, Booking, CheckEvent, ServiceEntry, Shift

# How far back an activity can still be chosen, in days.
CLAIM_WITHIN = 366
# How many of the latest entries the page shows.
LATEST = 50


def activities_of(session: Session, person_id: int, day: date) -> list[Activity]:
    """The activities begun by a day, within a year, that a canonical person was booked for or came to; the
    latest first, without cancelled ones."""
    own = aliased(Person)
    booked = (
        select(Shift.activity_id)
        .join(Booking, Booking.shift_id == Shift.id)
        .join(own, own.id == Booking.person_id)
        .where(own.canonical_id == person_id, Booking.state == "booked")
    )
    came = (
        select(Shift.activity_id)
        .join(CheckEvent, CheckEvent.shift_id == Shift.id)
        .join(own, own.id == CheckEvent.person_id)
        .where(own.canonical_id == person_id, CheckEvent.kind == "in")
    )
    rows = session.execute(
        select(Activity)
        .where(
            or_(Activity.id.in_(booked), Activity.id.in_(came)),
            Activity.starts_on <= day,
            Activity.ends_on >= day - timedelta(days=CLAIM_WITHIN),
            Activity.state != "cancelled",
        )
        .order_by(Activity.starts_on.desc(), Activity.id.desc())
    )
    return list(rows.scalars())


def own_entries(session: Session, person_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """The latest entries of a canonical person with the title of the activity, latest day first; withdrawn
    ones are left out."""
    return session.execute(
        select(ServiceEntry, Activity.title.label("activity_title"))
        .join(Person, Person.id == ServiceEntry.person_id)
        .outerjoin(Activity, Activity.id == ServiceEntry.activity_id)
        .where(Person.canonical_id == person_id, ServiceEntry.state != "withdrawn")
        .order_by(ServiceEntry.served_on.desc(), ServiceEntry.id.desc())
        .limit(LATEST)
    ).all()
