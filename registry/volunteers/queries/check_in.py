"""The list of the staff at a shift."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.core.db import CHUNK
from registry.volunteers.models import CheckEvent, Shift, Volunteer
from registry.volunteers.queries.bookings import bookings_of, named
from registry.volunteers.queries.presence import Presence, presences


@dataclass(frozen=True)
class Expected:
    """Somebody on the list: `booked` is false for who came without a booking."""

    volunteer: Volunteer
    name: str
    booked: bool
    there: Presence | None


def known_keys(session: Session, keys: Iterable[str]) -> set[str]:
    """Which marks, by the keys their computers gave them, have arrived before."""
    wanted = sorted(set(keys))
    found: set[str] = set()
    for start in range(0, len(wanted), CHUNK):
        rows = session.execute(
            select(CheckEvent.client_key).where(CheckEvent.client_key.in_(wanted[start : start + CHUNK]))
        )
        found.update(rows.scalars())
    return found


def expected_at(session: Session, shift: Shift) -> list[Expected]:
    """Who is booked for a shift, then who came without a booking."""
    there = presences(session, shift)
    found = [
        Expected(one.volunteer, one.name, True, there.get(one.volunteer.id))
        for one in bookings_of(session, [shift.id], standing=True)
        if one.booking.state == "booked"
    ]
    others = there.keys() - {one.volunteer.id for one in found}
    came = named(session, others)
    found += [Expected(came[one].volunteer, came[one].name, False, there[one]) for one in sorted(others)]
    return found
