"""Activities: in a list, with their shifts, and who is booked for and present at each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from registry.accounts.models import Unit
from registry.certificates.models import CredentialType
from registry.core.scope import Scope
from registry.people.queries import starts_with
from registry.volunteers.models import Activity, Booking, CheckEvent, Shift, Team


def activities(
    scope: Scope,
    *,
    text: str = "",
    field: str | None = None,
    state: str | None = None,
    starts_from: date | None = None,
    starts_to: date | None = None,
) -> Select[Any]:
    """Activities within reach as rows (Activity, Unit, shifts, needed, taken), by what is asked for.

    `starts_from` and `starts_to` keep what takes place on a day between them, both included.
    """

    def sum_of(what: Any) -> Any:
        return (
            select(what)
            .where(Shift.activity_id == Activity.id, Shift.voided_at.is_(None))
            .correlate(Activity)
            .scalar_subquery()
        )

    rows: Any = (
        select(
            Activity,
            Unit,
            sum_of(func.count()).label("shifts"),
            sum_of(func.coalesce(func.sum(Shift.needed), 0)).label("needed"),
            sum_of(func.coalesce(func.sum(Shift.places_taken), 0)).label("taken"),
        )
        .join(Unit, Unit.id == Activity.unit_id)
        .where(scope.where(Activity.unit_id))
    )
    if text:
        rows = rows.where(
            or_(
                starts_with(Activity.number, text),
                Activity.title.contains(text, autoescape=True),
                Activity.place.contains(text, autoescape=True),
            )
        )
    if field is not None:
        rows = rows.where(Activity.field == field)
    if state is not None:
        rows = rows.where(Activity.state == state)
    if starts_from is not None:
        rows = rows.where(Activity.ends_on >= starts_from)
    if starts_to is not None:
        rows = rows.where(Activity.starts_on <= starts_to)
    return rows  # type: ignore[no-any-return]


def shifts_of(session: Session, activity_id: int, *, voided: bool = False) -> Sequence[Shift]:
    """The shifts of an activity in order of time; with `voided` those that were taken out."""
    void = Shift.voided_at.is_not(None) if voided else Shift.voided_at.is_(None)
    return (
        session.execute(
            select(Shift)
            .where(Shift.activity_id == activity_id, void)
            .order_by(Shift.held_on, Shift.starts, Shift.id)
        )
        .scalars()
        .all()
    )


def people_at(session: Session, activity_id: int) -> dict[int, set[int]]:
    """Shift → the volunteers who checked in and whose check-in was not taken back."""
    rows = session.execute(
        select(CheckEvent.shift_id, CheckEvent.volunteer_id, CheckEvent.kind)
        .join(Shift, Shift.id == CheckEvent.shift_id)
        .where(Shift.activity_id == activity_id)
        .order_by(CheckEvent.id)
    )
    found: dict[int, set[int]] = {}
    for shift_id, volunteer_id, kind in rows:
        there = found.setdefault(shift_id, set())
        if kind == "in":
            there.add(volunteer_id)
        elif kind == "void":
            there.discard(volunteer_id)
    return found


def waiting_at(session: Session, activity_id: int) -> dict[int, int]:
    """Shift → how many wait for a place."""
    rows = session.execute(
        select(Booking.shift_id, func.count())
        .join(Shift, Shift.id == Booking.shift_id)
        .where(Shift.activity_id == activity_id, Booking.state == "waiting")
        .group_by(Booking.shift_id)
    )
    return dict(rows.all())


def credential_types(session: Session) -> Sequence[CredentialType]:
    """The kinds of certificates that a shift can ask for."""
    return session.execute(select(CredentialType).order_by(CredentialType.id)).scalars().all()


def open_teams(session: Session, scope: Scope, day: date) -> Sequence[Team]:
    """The teams within reach that are not dissolved on a day, by unit and name."""
    return (
        session.execute(
            select(Team)
            .where(scope.where(Team.unit_id), or_(Team.ended_on.is_(None), Team.ended_on > day))
            .order_by(Team.unit_id, Team.name)
        )
        .scalars()
        .all()
    )
