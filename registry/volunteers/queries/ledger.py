"""The ledger of hours: the lines of a person and what they add up to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Integer, Select, cast, extract, func, select
from sqlalchemy.orm import Session, aliased

from registry.core.write import chunks
from registry.people.models import Person
from registry.volunteers.models import Activity, ServiceLine

Rows = Select[*tuple[Any, ...]]


def standing_lines(session: Session, entry_ids: Iterable[int]) -> list[ServiceLine]:
    """The lines of entries that were not reversed."""
    reversal = aliased(ServiceLine)
    found: list[ServiceLine] = []
    for ids in chunks(entry_ids):
        rows = session.execute(
            select(ServiceLine)
            .outerjoin(reversal, reversal.reverses_id == ServiceLine.id)
            .where(
                ServiceLine.service_entry_id.in_(ids),
                ServiceLine.reverses_id.is_(None),
                reversal.id.is_(None),
            )
            .order_by(ServiceLine.id)
        )
        found.extend(rows.scalars())
    return found


def minutes_of(session: Session, person_ids: Iterable[int]) -> dict[int, int]:
    """Canonical person → all minutes in the ledger, reversals taken off, rows merged into it included; absent
    without any line."""
    found: dict[int, int] = {}
    for ids in chunks(person_ids):
        rows = session.execute(
            select(Person.canonical_id, func.sum(ServiceLine.minutes))
            .join(ServiceLine, ServiceLine.person_id == Person.id)
            .where(Person.canonical_id.in_(ids))
            .group_by(Person.canonical_id)
        )
        found.update({person_id: int(minutes) for person_id, minutes in rows})
    return found


def total_minutes(session: Session, person_id: int) -> int:
    """All minutes of a canonical person in the ledger."""
    return minutes_of(session, [person_id]).get(person_id, 0)


def totals(session: Session, person_id: int) -> list[tuple[int, str, int]]:
    """Year, field and minutes of a canonical person, latest year first, without what adds up to
    nothing."""
    year = cast(extract("year", ServiceLine.served_on), Integer)
    minutes = func.sum(ServiceLine.minutes)
    rows = session.execute(
        select(year, ServiceLine.field, minutes)
        .join(Person, Person.id == ServiceLine.person_id)
        .where(Person.canonical_id == person_id)
        .group_by(year, ServiceLine.field)
        .having(minutes != 0)
        .order_by(year.desc(), ServiceLine.field)
    )
    return [(int(when), field, int(total)) for when, field, total in rows]


def lines_of_person(person_id: int) -> Rows:
    """The lines of a canonical person with the activity, and the sum of all lines up to each of them, in the
    order of days."""
    running = func.sum(ServiceLine.minutes).over(order_by=(ServiceLine.served_on, ServiceLine.id))
    return (
        select(ServiceLine, Activity.title.label("activity_title"), running.label("running"))
        .join(Person, Person.id == ServiceLine.person_id)
        .outerjoin(Activity, Activity.id == ServiceLine.activity_id)
        .where(Person.canonical_id == person_id)
    )


def lines_of_entry(session: Session, entry_id: int) -> Sequence[ServiceLine]:
    """The lines of an entry in the order in which they were posted."""
    return (
        session.execute(
            select(ServiceLine).where(ServiceLine.service_entry_id == entry_id).order_by(ServiceLine.id)
        )
        .scalars()
        .all()
    )
