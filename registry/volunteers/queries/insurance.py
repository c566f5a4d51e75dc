"""Insurance policies in a list, and whom they cover."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from registry.accounts.models import Unit
from registry.core.scope import Scope
from registry.people.models import Person
from registry.people.queries import starts_with
from registry.volunteers.models import Activity, InsuranceCover, InsurancePolicy, Volunteer

_holder, _person = aliased(Person), aliased(Person)


def policies(scope: Scope, *, day: date, text: str = "", state: str | None = None) -> Select[Any]:
    """Policies within reach as rows (InsurancePolicy, Unit, covered), covered being how many covers stand.

    `state` is running, coming, over or void on the day.
    """
    covered = (
        select(func.count(InsuranceCover.volunteer_id.distinct()))
        .where(InsuranceCover.insurance_policy_id == InsurancePolicy.id, InsuranceCover.voided_at.is_(None))
        .correlate(InsurancePolicy)
        .scalar_subquery()
        .label("covered")
    )
    rows: Any = (
        select(InsurancePolicy, Unit, covered)
        .join(Unit, Unit.id == InsurancePolicy.unit_id)
        .where(scope.where(InsurancePolicy.unit_id))
    )
    if text:
        rows = rows.where(
            or_(
                starts_with(InsurancePolicy.number, text),
                InsurancePolicy.insurer.contains(text, autoescape=True),
            )
        )
    standing = InsurancePolicy.voided_at.is_(None)
    if state == "running":
        rows = rows.where(standing, InsurancePolicy.starts_on <= day, InsurancePolicy.ends_on >= day)
    elif state == "coming":
        rows = rows.where(standing, InsurancePolicy.starts_on > day)
    elif state == "over":
        rows = rows.where(standing, InsurancePolicy.ends_on < day)
    elif state == "void":
        rows = rows.where(InsurancePolicy.voided_at.is_not(None))
    return rows  # type: ignore[no-any-return]


def covers_of(policy_id: int) -> Select[Any]:
    """The covers of a policy as rows (InsuranceCover, Volunteer, name)."""
    rows: Any = (
        select(InsuranceCover, Volunteer, _person.name.label("name"))
        .join(Volunteer, Volunteer.id == InsuranceCover.volunteer_id)
        .join(_holder, _holder.id == Volunteer.person_id)
        .join(_person, _person.id == _holder.canonical_id)
        .where(InsuranceCover.insurance_policy_id == policy_id)
    )
    return rows  # type: ignore[no-any-return]


def covers_of_person(session: Session, canonical_id: int) -> list[tuple[InsuranceCover, InsurancePolicy]]:
    """The covers of a human being, the latest first, those that are void included."""
    rows = session.execute(
        select(InsuranceCover, InsurancePolicy)
        .join(InsurancePolicy, InsurancePolicy.id == InsuranceCover.insurance_policy_id)
        .join(_holder, _holder.id == InsuranceCover.person_id)
        .where(_holder.canonical_id == canonical_id)
        .order_by(InsuranceCover.starts_on.desc(), InsuranceCover.id.desc())
    )
    return [(cover, policy) for cover, policy in rows]


def activities_to_cover(session: Session, scope: Scope, day: date) -> Sequence[Activity]:
    """Open activities within reach that are not over, the nearest first."""
    return (
        session.execute(
            select(Activity)
            .where(scope.where(Activity.unit_id), Activity.state == "open", Activity.ends_on >= day)
            .order_by(Activity.starts_on, Activity.id)
            .limit(50)
        )
        .scalars()
        .all()
    )
