"""What waits for somebody in the register of volunteers, and the volunteer behind a person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, false, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from registry.accounts.models import Unit
from registry.core.permissions import Permission
from registry.core.scope import Actor, Scope
from registry.people.models import Person
from registry.volunteers.models import (
    Activity,
    RegistrationApplication,
    ServiceEntry,
    Shift,
    SignUp,
    Volunteer,
    VolunteerPeriod,
)
from registry.volunteers.queries.standing import in_force

# How far ahead the start page looks, and how many shifts it shows.
AHEAD = timedelta(days=7)
FEW = 8
# More than so many are told as "more than".
MOST = 1_000


@dataclass(frozen=True)
class Task:
    """A line of the start page: what waits, how many, and where it is done."""

    label: str
    count: int
    url: str


def tasks(session: Session, actor: Actor) -> Iterator[Task]:
    """What waits for the actor, read with one statement; a line only where something does."""
    waiting = list(_waiting(actor))
    if not waiting:
        return
    counts = session.execute(
        union_all(
            *(
                select(literal(place).label("place"), func.count().label("count")).select_from(
                    rows.limit(MOST).subquery()
                )
                for place, (_endpoint, _state, _label, rows) in enumerate(waiting)
            )
        )
    )
    for place, count in sorted(counts):
        endpoint, state, label, _rows = waiting[place]
        if count:
            yield Task(label, count, url_for(endpoint, state=state))


def _waiting(actor: Actor) -> Iterator[tuple[str, str, str, Select[Any]]]:
    if actor.may(Permission.VOLUNTEER_EDIT):
        scope = actor.scope(Permission.VOLUNTEER_EDIT)
        rows = select(SignUp.id).where(SignUp.state == "waiting", scope.where(SignUp.unit_id))
        yield "volunteers.sign_ups", "waiting", _("Sign-ups to decide on"), rows
    if actor.may(Permission.SERVICE_APPROVE):
        scope = actor.scope(Permission.SERVICE_APPROVE)
        rows = select(ServiceEntry.id).where(
            ServiceEntry.state == "submitted",
            scope.where(ServiceEntry.unit_id),
            _not_by(ServiceEntry.submitted_by, actor),
        )
        yield "volunteers.service_entries", "submitted", _("Hours to approve"), rows
    if actor.may(Permission.VOLUNTEER_APPROVE):
        scope = actor.scope(Permission.VOLUNTEER_APPROVE)
        rows = select(RegistrationApplication.id).where(
            RegistrationApplication.state == "waiting",
            scope.where(RegistrationApplication.unit_id),
            _not_by(RegistrationApplication.applied_by, actor),
        )
        yield "volunteers.registrations", "waiting", _("Registrations to decide on"), rows


def _not_by(column: Any, actor: Actor) -> ColumnElement[bool]:
    """What somebody else submitted; a volunteer who did it on a phone is nobody here."""
    return or_(column.is_(None), column != actor.user_id) if actor.user_id is not None else false()


def coming_shifts(session: Session, scope: Scope, day: date) -> list[tuple[Shift, Activity]]:
    """The next shifts of open activities within reach, from a day on for a week."""
    rows = session.execute(
        select(Shift, Activity)
        .join(Activity, Activity.id == Shift.activity_id)
        .where(
            Shift.held_on.between(day, day + AHEAD),
            Shift.voided_at.is_(None),
            Activity.state == "open",
            scope.where(Shift.unit_id),
        )
        .order_by(Shift.held_on, Shift.starts, Shift.id)
        .limit(FEW)
    )
    return list(rows.all())


def volunteer_of(
    session: Session, scope: Scope, person_id: int, day: date
) -> list[tuple[Volunteer, str | None, Unit]]:
    """The rows of volunteers behind a canonical person within reach, with state on a day and unit."""
    rows = session.execute(
        select(Volunteer, VolunteerPeriod.kind, Unit)
        .join(Person, Person.id == Volunteer.person_id)
        .join(Unit, Unit.id == Volunteer.unit_id)
        .outerjoin(VolunteerPeriod, (VolunteerPeriod.volunteer_id == Volunteer.id) & in_force(day))
        .where(
            Person.canonical_id == person_id, Volunteer.voided_at.is_(None), scope.where(Volunteer.unit_id)
        )
        .order_by(Volunteer.id)
    )
    return list(rows.all())
