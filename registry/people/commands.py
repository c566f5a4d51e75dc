"""Persons: found again or added, corrected, merged and unmerged."""

from __future__ import annotations

from sqlalchemy import select

from registry.core.write import Write, chunks
from registry.people.models import PersonReach


def keep_reach(w: Write, pairs: set[tuple[int, int]]) -> None:
    """Bring persons within the reach of the units of their new facts."""
    known: set[tuple[int, int]] = set()
    for ids in chunks(person for person, _unit in pairs):
        known.update(
            (person, unit)
            for person, unit in w.session.execute(
                select(PersonReach.person_id, PersonReach.unit_id).where(PersonReach.person_id.in_(ids))
            )
        )
    w.insert_many(PersonReach, [{"person_id": p, "unit_id": u} for p, u in sorted(pairs - known)])
