"""Reading the ledger of points."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from registry.accounts.models import User
from registry.core.scope import Scope
from registry.core.write import chunks
from registry.people.models import Person
from registry.volunteers.models import PointsLine, ServiceLine, Volunteer
from registry.volunteers.points import Account


def accounts_of(session: Session, volunteer_ids: Iterable[int]) -> dict[int, Account]:
    """Volunteer → what is left and owed, each with an account of its own even after a merge."""
    ids = sorted(set(volunteer_ids))
    found = {volunteer_id: Account() for volunteer_id in ids}
    for part in chunks(ids):
        rows = session.execute(
            select(
                PointsLine.volunteer_id,
                PointsLine.kind,
                PointsLine.points,
                PointsLine.shortfall,
                PointsLine.on,
                PointsLine.expires_on,
                PointsLine.service_line_id,
                ServiceLine.reverses_id,
            )
            .outerjoin(ServiceLine, ServiceLine.id == PointsLine.service_line_id)
            .where(PointsLine.volunteer_id.in_(part))
            .order_by(PointsLine.volunteer_id, PointsLine.id)
        )
        for row in rows:
            found[row.volunteer_id].apply(row)
    return found


def owed_by(session: Session, volunteer_ids: Iterable[int]) -> dict[int, int]:
    """Volunteer → what reversals could not take back and later points have not settled; who owes nothing is
    absent."""
    found: dict[int, int] = {}
    for ids in chunks(volunteer_ids):
        owed = func.sum(case((PointsLine.kind == "settle", PointsLine.points), else_=PointsLine.shortfall))
        rows = session.execute(
            select(PointsLine.volunteer_id, owed)
            .where(PointsLine.volunteer_id.in_(ids), PointsLine.kind.in_(("reverse", "settle")))
            .group_by(PointsLine.volunteer_id)
        )
        found.update({volunteer_id: int(points) for volunteer_id, points in rows if points})
    return found


def with_points_due(session: Session, scope: Scope, day: date) -> list[int]:
    """The volunteers within reach who have points left and some that ran out by a day."""
    rows = session.execute(
        select(PointsLine.volunteer_id)
        .join(Volunteer, Volunteer.id == PointsLine.volunteer_id)
        .where(scope.where(Volunteer.unit_id))
        .group_by(PointsLine.volunteer_id)
        .having(func.sum(PointsLine.points) > 0, func.min(PointsLine.expires_on) <= day)
        .order_by(PointsLine.volunteer_id)
    )
    return list(rows.scalars())


def owners_of(session: Session, volunteer_ids: Iterable[int]) -> dict[int, dict[str, int]]:
    """Volunteer → what a line of theirs says of whose it is."""
    found: dict[int, dict[str, int]] = {}
    for ids in chunks(volunteer_ids):
        rows = session.execute(
            select(Volunteer.id, Volunteer.person_id, Volunteer.unit_id).where(Volunteer.id.in_(ids))
        )
        for volunteer_id, person_id, unit_id in rows:
            found[volunteer_id] = {
                "volunteer_id": volunteer_id,
                "person_id": person_id,
                "unit_id": unit_id,
            }
    return found


def rows_of_person(session: Session, person_id: int) -> list[int]:
    """The volunteers behind a canonical person, void ones included, because their points stay."""
    rows = session.execute(
        select(Volunteer.id)
        .join(Person, Person.id == Volunteer.person_id)
        .where(Person.canonical_id == person_id)
        .order_by(Volunteer.id)
    )
    return list(rows.scalars())


def latest_lines(session: Session, volunteer_ids: Iterable[int], count: int) -> Sequence[Any]:
    """The newest lines of these volunteers, each with the day of its service and who wrote it."""
    return session.execute(
        select(PointsLine, ServiceLine.served_on, User.name)
        .outerjoin(ServiceLine, ServiceLine.id == PointsLine.service_line_id)
        .outerjoin(User, User.id == PointsLine.by_id)
        .where(PointsLine.volunteer_id.in_(sorted(volunteer_ids)))
        .order_by(PointsLine.id.desc())
        .limit(count)
    ).all()
