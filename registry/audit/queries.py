"""Reading the journal."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from registry.accounts.models import Unit, User
from registry.core.clock import end_of_day, start_of_day
from registry.core.journal import JournalEntry, JournalLine
from registry.core.scope import Scope


def entries(
    scope: Scope, *, action: str | None = None, since: date | None = None, until: date | None = None
) -> Select[Any]:
    """Entries of users at home within reach, with the name of the user and the unit."""
    rows: Any = (
        select(JournalEntry, User.name, Unit)
        .outerjoin(User, User.id == JournalEntry.actor_id)
        .outerjoin(Unit, Unit.id == JournalEntry.unit_id)
    )
    if scope.units is not None:
        rows = rows.where(scope.where(JournalEntry.unit_id))
    if action:
        rows = rows.where(JournalEntry.action == action)
    if since:
        rows = rows.where(JournalEntry.at >= start_of_day(since))
    if until:
        rows = rows.where(JournalEntry.at <= end_of_day(until))
    return rows  # type: ignore[no-any-return]


def entry(session: Session, scope: Scope, seq: int) -> JournalEntry | None:
    """One entry within reach."""
    return session.execute(
        select(JournalEntry).where(JournalEntry.seq == seq, scope.where(JournalEntry.unit_id))
    ).scalar()


def lines(session: Session, seq: int, limit: int = 200) -> list[JournalLine]:
    """The first lines of an entry."""
    return list(
        session.execute(
            select(JournalLine).where(JournalLine.seq == seq).order_by(JournalLine.number).limit(limit)
        ).scalars()
    )
