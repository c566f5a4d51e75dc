"""Who is proposed for registration, who applied, and what was decided."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from registry.accounts.models import Unit, User
from registry.core.scope import Scope
from registry.core.write import chunks
from registry.people.models import Person
from registry.volunteers.models import RegistrationApplication, ServiceLine, Volunteer, VolunteerPeriod
from registry.volunteers.queries.standing import in_force

Rows = Select[*tuple[Any, ...]]

_row_person, _person, _server = aliased(Person), aliased(Person), aliased(Person)
_other, _other_person, _other_period = aliased(Volunteer), aliased(Person), aliased(VolunteerPeriod)


def proposals(scope: Scope, day: date, least: int, year: int | None = None) -> Rows:
    """Enrolled volunteers within reach with `least` minutes of approved service in the year of a day or the
    one before, or in the one year asked for; who applied already is left out.

    A human being counts once: hours of merged entries are added up, of two enrolled entries the older is
    proposed, and nobody who is a registered volunteer under another entry is.
    """
    years = [one for one in (day.year, day.year - 1) if year in (None, one)]
    served = {one: _minutes_in(one) for one in years}
    reached = [minutes >= least for minutes in served.values()]
    best = list(zip(reached, served.items(), strict=True))
    enrolled = exists().where(
        VolunteerPeriod.volunteer_id == Volunteer.id, VolunteerPeriod.kind == "enrolled", in_force(day)
    )
    rows: Rows = (
        select(
            Volunteer.id,
            Volunteer.number,
            Volunteer.unit_id,
            Volunteer.person_id.label("row_person_id"),
            _person.id.label("person_id"),
            _person.name,
            Unit.name.label("unit_name"),
            Unit.name_en.label("unit_name_en"),
            case(*[(when, one) for when, (one, _minutes) in best]).label("year"),
            case(*[(when, minutes) for when, (_one, minutes) in best]).label("minutes"),
        )
        .join(_row_person, _row_person.id == Volunteer.person_id)
        .join(_person, _person.id == _row_person.canonical_id)
        .join(Unit, Unit.id == Volunteer.unit_id)
        .where(
            Volunteer.voided_at.is_(None),
            scope.where(Volunteer.unit_id),
            enrolled.correlate(Volunteer),
            ~_elsewhere(day),
            ~_applied(),
            or_(*reached),
        )
    )
    return rows


def _minutes_in(year: int) -> Any:
    """Minutes of the person of the statement around it in a calendar year, reversals taken off."""
    return (
        select(func.coalesce(func.sum(ServiceLine.minutes), 0))
        .join(_server, _server.id == ServiceLine.person_id)
        .where(_server.canonical_id == _person.id, _within(year))
        .correlate(_person)
        .scalar_subquery()
    )


def _within(year: int) -> ColumnElement[bool]:
    return ServiceLine.served_on.between(date(year, 1, 1), date(year, 12, 31))


def _elsewhere(day: date) -> ColumnElement[bool]:
    """The person is a registered volunteer under another entry, or enrolled under an older one."""
    holds = [
        _other_period.voided_at.is_(None),
        _other_period.starts_on <= day,
        or_(_other_period.ended_on.is_(None), _other_period.ended_on > day),
    ]
    older = (_other_period.kind == "enrolled") & (_other.id < Volunteer.id)
    return (
        select(_other.id)
        .join(_other_person, _other_person.id == _other.person_id)
        .join(_other_period, _other_period.volunteer_id == _other.id)
        .where(
            _other_person.canonical_id == _person.id,
            _other.id != Volunteer.id,
            _other.voided_at.is_(None),
            *holds,
            or_(_other_period.kind == "registered", older),
        )
        .correlate(_person, Volunteer)
        .exists()
    )


def _applied() -> ColumnElement[bool]:
    return (
        select(RegistrationApplication.id)
        .join(_other_person, _other_person.id == RegistrationApplication.person_id)
        .where(_other_person.canonical_id == _person.id, RegistrationApplication.state == "waiting")
        .correlate(_person)
        .exists()
    )


def minutes_in_year(session: Session, person_id: int, year: int) -> int:
    """Minutes of approved service of a canonical person in a calendar year, reversals taken off."""
    found = session.execute(
        select(func.coalesce(func.sum(ServiceLine.minutes), 0))
        .join(Person, Person.id == ServiceLine.person_id)
        .where(Person.canonical_id == person_id, _within(year))
    ).scalar_one()
    return int(found)


def is_registered(session: Session, person_id: int, day: date) -> bool:
    """Whether a canonical person is a registered volunteer on a day, under any entry."""
    return (
        session.execute(
            select(VolunteerPeriod.id)
            .join(Person, Person.id == VolunteerPeriod.person_id)
            .where(Person.canonical_id == person_id, VolunteerPeriod.kind == "registered", in_force(day))
            .limit(1)
        ).scalar()
        is not None
    )


_Applied, _Decided = aliased(User), aliased(User)


def applications(scope: Scope, states: tuple[str, ...], year: int | None = None) -> Rows:
    """Applications within reach in some states, with who applied and who decided."""
    rows: Rows = (
        select(
            RegistrationApplication.id,
            RegistrationApplication.volunteer_id,
            RegistrationApplication.year,
            RegistrationApplication.minutes,
            RegistrationApplication.state,
            RegistrationApplication.applied_by,
            RegistrationApplication.applied_at,
            RegistrationApplication.decided_at,
            RegistrationApplication.decision_reason,
            RegistrationApplication.document,
            Volunteer.number,
            Volunteer.unit_id.label("volunteer_unit_id"),
            _person.id.label("person_id"),
            _person.name,
            Unit.name.label("unit_name"),
            Unit.name_en.label("unit_name_en"),
            _Applied.name.label("applied_by_name"),
            _Decided.name.label("decided_by_name"),
        )
        .outerjoin(Volunteer, Volunteer.id == RegistrationApplication.volunteer_id)
        .outerjoin(_row_person, _row_person.id == RegistrationApplication.person_id)
        .outerjoin(_person, _person.id == _row_person.canonical_id)
        .outerjoin(Unit, Unit.id == RegistrationApplication.unit_id)
        .outerjoin(_Applied, _Applied.id == RegistrationApplication.applied_by)
        .outerjoin(_Decided, _Decided.id == RegistrationApplication.decided_by)
        .where(scope.where(RegistrationApplication.unit_id), RegistrationApplication.state.in_(states))
    )
    return rows if year is None else rows.where(RegistrationApplication.year == year)


def chosen_proposals(
    session: Session, scope: Scope, day: date, least: int, volunteer_ids: Iterable[int]
) -> dict[int, Any]:
    """Volunteer → the row of the proposals, of those chosen that are proposed."""
    found: dict[int, Any] = {}
    for ids in chunks(volunteer_ids):
        rows = session.execute(proposals(scope, day, least).where(Volunteer.id.in_(ids)))
        found.update({row.id: row for row in rows})
    return found
