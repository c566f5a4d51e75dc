"""Whom to call out: volunteers who serve on a day, by skill, insurance, age, training and place."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, String, and_, case, cast, exists, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from registry.accounts.models import Unit
from registry.accounts.queries import tree_on
from registry.certificates.models import Certificate
from registry.certificates.queries.certificates import in_state
from registry.certificates.validity import CertificateState
from registry.core.clock import add_months
from registry.core.scope import Scope
from registry.core.write import chunks
from registry.people.models import Person
from registry.volunteers.fields import SERVING
from registry.volunteers.models import (
    InsuranceCover,
    InsurancePolicy,
    TeamMembership,
    Volunteer,
    VolunteerPeriod,
)
from registry.volunteers.queries.standing import covers, in_force

Rows = Select[*tuple[Any, ...]]
# Who rests or is suspended under any of their entries is not called.
RESTING = ("leave", "suspended")
# What `nearness` says: the place itself, the same prefecture, elsewhere.
HERE, NEAR, FAR = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom somebody looks for. None leaves a filter out.

    `unit_id` is a unit with those below it, `near_id` the unit that distance is counted from; ages are in
    completed years on `day`, `trained_within` in months before it.
    """

    day: date
    unit_id: int | None = None
    near_id: int | None = None
    credential_type_id: int | None = None
    trained_within: int | None = None
    insured: bool = False
    age_from: int | None = None
    age_to: int | None = None
    kind: str | None = None
    available: str | None = None
    field: str | None = None
    team_id: int | None = None


def call_out(session: Session, wanted: Wanted, *scopes: Scope) -> Rows:
    """The volunteers within all of the scopes that can be called, each human being once. Not ordered.

    A volunteer is called under the entry that serves on the day, the first one when merged entries both do.
    Columns: id (of the volunteer), person_id (canonical), name, sex, birth_on, phone, number, kind, unit_id,
    unit_name, unit_name_en, nearness.
    """
    tree = tree_on(session, wanted.day)
    entry = aliased(Person)  # The person as the volunteer was entered; Person is the human being.
    chosen = (
        select(func.min(Volunteer.id).label("id"))
        .join(entry, entry.id == Volunteer.person_id)
        .join(Person, Person.id == entry.canonical_id)
        .where(
            Volunteer.voided_at.is_(None),
            Person.state == "active",
            *(scope.where(Volunteer.unit_id) for scope in scopes),
            *_serves(wanted),
            *_offers(wanted),
            *_is(wanted),
        )
        .group_by(Person.id)
    )
    if wanted.unit_id is not None:
        chosen = chosen.where(Volunteer.unit_id.in_(sorted(tree.below(wanted.unit_id))))
    chosen_ids = chosen.subquery()
    placed = (
        select(Volunteer.id.label("placed_id"), _nearness(wanted, tree).label("nearness"))
        .join(chosen_ids, chosen_ids.c.id == Volunteer.id)
        .subquery()
    )
    return (
        select(
            Volunteer.id,
            Person.id.label("person_id"),
            Person.name,
            Person.sex,
            Person.birth_on,
            Person.phone,
            Volunteer.number,
            Volunteer.unit_id,
            Unit.name.label("unit_name"),
            Unit.name_en.label("unit_name_en"),
            placed.c.nearness,
        )
        .select_from(placed)
        .join(Volunteer, Volunteer.id == placed.c.placed_id)
        .join(entry, entry.id == Volunteer.person_id)
        .join(Person, Person.id == entry.canonical_id)
        .join(Unit, Unit.id == Volunteer.unit_id)
    )


def _nearness(wanted: Wanted, tree: Any) -> ColumnElement[int]:
    """How near the unit of a volunteer is to the place, by the unit tree of the day."""
    if wanted.near_id is None:
        return literal(HERE)
    path = tree.path(wanted.near_id)
    prefecture = path[-2] if len(path) > 1 else path[0]
    return case(
        (Volunteer.unit_id.in_(sorted(tree.below(wanted.near_id))), HERE),
        (Volunteer.unit_id.in_(sorted(tree.below(prefecture))), NEAR),
        else_=FAR,
    )


def _serves(wanted: Wanted) -> list[ColumnElement[bool]]:
    kinds = SERVING if wanted.kind is None else (wanted.kind,)
    other = aliased(Person)
    return [
        exists().where(
            VolunteerPeriod.volunteer_id == Volunteer.id,
            VolunteerPeriod.kind.in_(kinds),
            in_force(wanted.day),
        ),
        ~exists()
        .where(
            VolunteerPeriod.person_id == other.id,
            other.canonical_id == Person.id,
            VolunteerPeriod.kind.in_(RESTING),
            in_force(wanted.day),
        )
        .correlate(Person),
    ]


def _offers(wanted: Wanted) -> list[ColumnElement[bool]]:
    """What the volunteer said of themselves, and the team they are in on the day."""
    found: list[ColumnElement[bool]] = []
    for column, code in ((Volunteer.available, wanted.available), (Volunteer.fields, wanted.field)):
        if code is not None:
            # A list of codes, none of which is part of another one with its quotation marks.
            found.append(cast(column, String).contains(f'"{code}"', autoescape=True))
    if wanted.team_id is not None:
        found.append(
            exists().where(
                TeamMembership.volunteer_id == Volunteer.id,
                TeamMembership.team_id == wanted.team_id,
                TeamMembership.voided_at.is_(None),
                TeamMembership.starts_on <= wanted.day,
                or_(TeamMembership.ended_on.is_(None), TeamMembership.ended_on > wanted.day),
            )
        )
    return found


def _is(wanted: Wanted) -> list[ColumnElement[bool]]:
    """What holds of the human being on the day: age, certificate, insurance."""
    day, found = wanted.day, []
    if wanted.age_from is not None:
        found.append(Person.birth_on <= add_months(day, -12 * wanted.age_from))
    if wanted.age_to is not None:
        found.append(Person.birth_on > add_months(day, -12 * (wanted.age_to + 1)))
    if wanted.credential_type_id is not None or wanted.trained_within is not None:
        holder = aliased(Person)
        conditions = [
            Certificate.person_id == holder.id,
            holder.canonical_id == Person.id,
            Certificate.valid_from <= day,
            in_state(CertificateState.VALID, day),
        ]
        if wanted.credential_type_id is not None:
            conditions.append(Certificate.credential_type_id == wanted.credential_type_id)
        if wanted.trained_within is not None:
            since = add_months(day, -wanted.trained_within)
            conditions.append(Certificate.issued_on.between(since, day))
        found.append(exists().where(*conditions).correlate(Person))
    if wanted.insured:
        insured = aliased(Person)
        found.append(
            exists()
            .where(
                InsuranceCover.person_id == insured.id,
                insured.canonical_id == Person.id,
                InsurancePolicy.id == InsuranceCover.insurance_policy_id,
                covers(day),
            )
            .correlate(Person)
        )
    return found


def insured_until(session: Session, person_ids: Collection[int], day: date) -> dict[int, date]:
    """Canonical person → the last day of the longest of the covers that hold on a day."""
    found: dict[int, date] = {}
    last = case(
        (InsurancePolicy.ends_on < InsuranceCover.ends_on, InsurancePolicy.ends_on),
        else_=InsuranceCover.ends_on,
    )
    for ids in chunks(person_ids):
        rows = session.execute(
            select(Person.canonical_id, func.max(last))
            .join(InsuranceCover, InsuranceCover.person_id == Person.id)
            .join(InsurancePolicy, InsurancePolicy.id == InsuranceCover.insurance_policy_id)
            .where(and_(Person.canonical_id.in_(ids), covers(day)))
            .group_by(Person.canonical_id)
        )
        found.update(dict(rows.all()))
    return found
