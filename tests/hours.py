"""Makers of entries of hours, for tests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.imports import ListRefusedError
from registry.core.scope import SYSTEM, Actor
from registry.core.write import run, write
from registry.people.models import Person
from registry.volunteers.commands.hours import submit_hours
from registry.volunteers.commands.ledger import approve_entries
from registry.volunteers.hours import HoursRow, entries_digest
from registry.volunteers.models import Booking, ServiceEntry, ServiceLine, Shift, Volunteer
from tests import volunteers as makers


def yesterday() -> date:
    """A day on which hours can have been served."""
    return clock.today() - timedelta(days=1)


def row(found: Volunteer, starts: int = 540, minutes: int = 240, number: int = 1, **more: Any) -> HoursRow:
    """A stretch of a volunteer, yesterday from 09:00 to 13:00 unless told otherwise."""
    values = {"field": "community", "served_on": yesterday(), "content": "社区服务", **more}
    return HoursRow(row=number, volunteer_id=found.id, starts=starts, minutes=minutes, **values)


def submitted(
    session: Session,
    rows: Sequence[HoursRow],
    actor: Actor = SYSTEM,
    unit_id: int | None = None,
    source: str = "grid",
) -> list[ServiceEntry]:
    """The entries of these rows, submitted in one write, in order."""
    where = session.get_one(Volunteer, rows[0].volunteer_id).unit_id if unit_id is None else unit_id
    ids = run(actor, submit_hours, unit_id=where, rows=rows, source=source)
    return [session.get_one(ServiceEntry, entry_id) for entry_id in ids]


def many(session: Session, count: int, found: dict[str, Any]) -> None:
    """Entries that wait and lines of the ledger for the volunteer, and bookings for the shift, in bulk."""
    volunteer = session.get_one(Volunteer, found["volunteer"])
    shift = session.get_one(Shift, found["shift"])
    common = {"volunteer_id": volunteer.id, "person_id": volunteer.person_id, "unit_id": volunteer.unit_id}
    days = [clock.today() - timedelta(days=2 + n) for n in range(count)]
    stretch = {**common, "field": "community", "starts": 540, "minutes": 60}
    people = makers.volunteers(session, count)
    with write("volunteers.many", SYSTEM) as w:
        entries = [{**stretch, "served_on": day, "source": "grid", "submitted_at": w.at} for day in days]
        w.insert_many(ServiceEntry, entries)
        posted = {**stretch, "service_entry_id": found["service_entry"], "posted_on": w.today}
        w.insert_many(ServiceLine, [{**posted, "served_on": day, "active_until": day} for day in days])
        w.insert_many(
            Booking,
            [
                {
                    "shift_id": shift.id,
                    "volunteer_id": one.id,
                    "person_id": one.person_id,
                    "unit_id": shift.unit_id,
                    "state": "booked",
                    "booked_at": w.at,
                }
                for one in people
            ],
        )


def booked(shift: Shift, found: Volunteer) -> Booking:
    """A place for a volunteer at a shift."""
    with write("volunteers.factory", SYSTEM) as w:
        return w.add(
            Booking(
                shift_id=shift.id,
                volunteer_id=found.id,
                person_id=found.person_id,
                unit_id=shift.unit_id,
                booked_at=w.at,
            )
        )


def approved(
    session: Session, entries: Sequence[ServiceEntry], actor: Actor = SYSTEM
) -> list[dict[str, Any]]:
    """The lines of the ledger after approving entries as they are now."""
    ids, seen = [entry.id for entry in entries], entries_digest(entries)
    return run(actor, approve_entries, entry_ids=ids, seen=seen)


def refused_at(error: ListRefusedError) -> list[tuple[int | None, str | None]]:
    """Where a list was refused."""
    return [(one.row, one.column) for one in error.errors]


def in_ledger(session: Session, person_id: int) -> int:
    """The minutes of a human being in the ledger, added up apart from the application."""
    session.rollback()
    total = session.execute(
        select(func.coalesce(func.sum(ServiceLine.minutes), 0)).where(
            ServiceLine.person_id.in_(_rows(session, person_id))
        )
    ).scalar_one()
    return int(total)


def in_entries(session: Session, person_id: int) -> int:
    """The minutes of the approved entries of a human being."""
    session.rollback()
    total = session.execute(
        select(func.coalesce(func.sum(ServiceEntry.minutes), 0)).where(
            ServiceEntry.person_id.in_(_rows(session, person_id)), ServiceEntry.state == "approved"
        )
    ).scalar_one()
    return int(total)


def _rows(session: Session, person_id: int) -> list[int]:
    canonical = session.execute(select(Person.canonical_id).where(Person.id == person_id)).scalar_one()
    return list(session.execute(select(Person.id).where(Person.canonical_id == canonical)).scalars())
