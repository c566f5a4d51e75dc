"""Reading volunteers: the list, one of them, and what they have served."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    String,
    and_,
    bindparam,
    cast,
    exists,
    false,
    func,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from registry.accounts.models import Unit
from registry.certificates.models import Certificate
from registry.certificates.queries.certificates import in_state
from registry.certificates.validity import CertificateState
from registry.core.errors import RecordNotFoundError
from registry.core.scope import Scope
from registry.people.models import Person
from registry.people.queries import starts_with
from registry.volunteers.models import TeamMembership, Volunteer, VolunteerPeriod
from registry.volunteers.queries.ledger import total_minutes
from registry.volunteers.queries.standing import Skill, in_force, skills_until

Rows = Select[*tuple[Any, ...]]

_row_person, _person, _holder = aliased(Person), aliased(Person), aliased(Person)


def _listed(day: Any) -> Rows:
    """What a list shows of volunteers. Everything but the volunteer is joined from the outside, so that the
    list is read in the order of an index and never sorted."""
    # Numbers of types, joined by commas; one type may be there more than once.
    skills = (
        select(func.aggregate_strings(cast(Certificate.credential_type_id, String), ","))
        .join(_holder, _holder.id == Certificate.person_id)
        .where(
            _holder.canonical_id == _person.id,
            Certificate.valid_from <= day,
            in_state(CertificateState.VALID, day),
        )
        .correlate(_person)
    )
    rows: Rows = (
        select(
            Volunteer.id,
            Volunteer.number,
            # As text: most rows say the same, so that it is read once.
            cast(Volunteer.fields, String).label("fields"),
            Volunteer.added_on,
            Volunteer.voided_at,
            _person.id.label("person_id"),
            _person.name,
            Unit.name.label("unit_name"),
            Unit.name_en.label("unit_name_en"),
            VolunteerPeriod.kind,
            VolunteerPeriod.starts_on.label("since"),
            skills.scalar_subquery().label("skills"),
        )
        .outerjoin(_row_person, _row_person.id == Volunteer.person_id)
        .outerjoin(_person, _person.id == _row_person.canonical_id)
        .outerjoin(Unit, Unit.id == Volunteer.unit_id)
        .outerjoin(VolunteerPeriod, and_(VolunteerPeriod.volunteer_id == Volunteer.id, in_force(day)))
    )
    return rows


def volunteers(
    scope: Scope,
    day: date,
    *,
    number: str | None = None,
    kind: str | None = None,
    field: str | None = None,
    team_id: int | None = None,
) -> Rows:
    """Volunteers that units within reach look after, with what a list shows of a day. `number` is how they
    begin, `kind` what they are on that day, `field` a field they offer.

    Who was entered in error is listed as such: to leave those out every row would have to be looked at, where
    an index alone tells the units and their order.
    """
    rows: Rows = _listed(day).where(_looked_after_by(scope, by_unit=not number))
    if number:
        rows = rows.where(starts_with(Volunteer.number, number))
    if kind is not None:
        rows = rows.where(
            Volunteer.voided_at.is_(None),
            exists()
            .where(VolunteerPeriod.volunteer_id == Volunteer.id, VolunteerPeriod.kind == kind, in_force(day))
            .correlate(Volunteer),
        )
    if field is not None:
        rows = rows.where(cast(Volunteer.fields, String).contains(f'"{field}"', autoescape=True))
    if team_id is not None:
        members = select(TeamMembership.volunteer_id).where(TeamMembership.team_id == team_id, member_on(day))
        rows = rows.where(Volunteer.id.in_(members))
    return rows


def member_on(day: date) -> ColumnElement[bool]:
    """The memberships of teams that hold on a day, to choose by them."""
    return (
        TeamMembership.voided_at.is_(None)
        & (TeamMembership.starts_on <= day)
        & or_(TeamMembership.ended_on.is_(None), TeamMembership.ended_on > day)
    )


def newest_volunteers(
    session: Session, scope: Scope, day: date, count: int
) -> Sequence[Row[*tuple[Any, ...]]]:
    """The newest `count` volunteers within reach, as `volunteers` gives them.

    Read off an index unit by unit, by a statement that is composed once; see `newest_certificates`.
    """
    values = {f"unit_{number}": unit for number, unit in enumerate(sorted(scope.units or ()))}
    width = None if scope.units is None else len(scope.units)
    return session.connection().execute(_newest(width), {**values, "day": day, "count": count}).all()


@cache
def _newest(width: int | None) -> Rows:
    """The statement for a reach of so many units; None is everywhere."""
    order = Volunteer.id.desc()
    parts = [
        select(Volunteer.id).where(Volunteer.unit_id == bindparam(f"unit_{number}"))
        for number in range(width or 0)
    ]
    rows: Rows = _listed(bindparam("day")).order_by(order).limit(bindparam("count"))
    if width is None:
        return rows
    if width < 2:
        return rows.where(Volunteer.unit_id == bindparam("unit_0") if parts else false())
    first = (part.order_by(order).limit(bindparam("count")).subquery() for part in parts)
    return rows.where(Volunteer.id.in_(union_all(*map(select, first)).subquery().select()))


def count_volunteers(session: Session, scope: Scope, most: int) -> int:
    """How many volunteers units within reach look after, up to `most`; composed once as well."""
    values = {f"unit_{number}": unit for number, unit in enumerate(sorted(scope.units or ()))}
    width = None if scope.units is None else len(scope.units)
    return int(session.connection().execute(_count(width), {**values, "most": most}).scalar_one())


@cache
def _count(width: int | None) -> Select[int]:
    rows = select(Volunteer.id).limit(bindparam("most"))
    if width is not None:
        units: list[Any] = [bindparam(f"unit_{number}") for number in range(width)]
        rows = rows.where(Volunteer.unit_id.in_(units) if units else false())
    return select(func.count()).select_from(rows.subquery())


def _looked_after_by(scope: Scope, *, by_unit: bool) -> ColumnElement[bool]:
    """The scope as a condition; unless `by_unit`, one that no index of the unit is used for.

    Reading by number and leaving out other units beats collecting and sorting all of their own.
    """
    if scope.units is None or (by_unit and len(scope.units) == 1):
        return scope.where(Volunteer.unit_id)
    return scope.where(Volunteer.unit_id + 0)


def persons_of(session: Session, rows: Rows) -> list[int]:
    """The canonical persons of the rows of the list, as far as those are limited."""
    found = rows.with_only_columns(_person.id, maintain_column_froms=True)
    return [person_id for person_id in session.execute(found).scalars() if person_id is not None]


@dataclass(frozen=True)
class Shown:
    """A volunteer with what a page about them names; `others` are rows of the same human being."""

    volunteer: Volunteer
    person: Person
    unit: Unit
    periods: Sequence[tuple[VolunteerPeriod, Unit]]
    skills: Sequence[Skill]
    minutes: int
    others: Sequence[Volunteer]

    @property
    def present(self) -> VolunteerPeriod | None:
        """The period without an end."""
        return next((p for p, _unit in self.periods if p.voided_at is None and p.ended_on is None), None)

    @property
    def may_void(self) -> bool:
        """Whether a period comes before the present one, which goes on when that is voided."""
        return sum(p.voided_at is None for p, _unit in self.periods) > 1


def shown_volunteer(session: Session, scope: Scope, volunteer_id: int, day: date) -> Shown:
    """One volunteer within reach with periods, the newest first, and the skills of a day;
    RecordNotFoundError otherwise."""
    row = session.execute(
        select(Volunteer, _person, Unit)
        .join(_row_person, _row_person.id == Volunteer.person_id)
        .join(_person, _person.id == _row_person.canonical_id)
        .join(Unit, Unit.id == Volunteer.unit_id)
        .where(Volunteer.id == volunteer_id, scope.where(Volunteer.unit_id))
    ).first()
    if row is None:
        raise RecordNotFoundError("volunteer")
    volunteer, person, unit = row
    periods = session.execute(
        select(VolunteerPeriod, Unit)
        .join(Unit, Unit.id == VolunteerPeriod.unit_id)
        .where(VolunteerPeriod.volunteer_id == volunteer_id)
        .order_by(VolunteerPeriod.starts_on.desc(), VolunteerPeriod.id.desc())
    )
    others = session.execute(
        select(Volunteer)
        .join(Person, Person.id == Volunteer.person_id)
        .where(Person.canonical_id == person.id, Volunteer.id != volunteer_id, Volunteer.voided_at.is_(None))
        .order_by(Volunteer.id)
    )
    return Shown(
        volunteer=volunteer,
        person=person,
        unit=unit,
        periods=[(period, of) for period, of in periods],
        skills=skills_until(session, [person.id], day).get(person.id, []),
        minutes=total_minutes(session, person.id),
        others=list(others.scalars()),
    )
