"""What the definitions of every register share."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Date, cast, null, select
from sqlalchemy.orm import Session

from registry.core.write import chunks
from registry.indicators.indicator import Source, Words
from registry.people.models import Person

# The first day of the 14th five-year plan; flows are counted from here unless another day is given.
PLAN_STARTS_ON = date(2021, 1, 1)

NO_DATE = cast(null(), Date)
PERSONS = Words(zh="人", en="persons")


def canonical_persons(session: Session, ids: Collection[int]) -> set[int]:
    """The persons themselves and those they were merged into."""
    found = set(ids)
    for some in chunks(ids):
        found.update(
            session.execute(select(Person.canonical_id).where(Person.id.in_(some)).distinct()).scalars()
        )
    return found


def holder(values: Mapping[str, Any]) -> set[int]:
    """The person that a record names."""
    return {values["person_id"]}


def _canonical(values: Mapping[str, Any]) -> set[int]:
    return {values[name] for name in ("id", "canonical_id") if values.get(name) is not None}


# A new person has no record yet, so only a merge, its undoing and a void matter.
PERSON = Source(Person, frozenset(("canonical_id", "state")), _canonical, inserts=False)
