"""Reading star levels: who has reached one, who is published for one, who holds one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, func, literal, select
from sqlalchemy.orm import Session, aliased

from registry.accounts.models import Unit, User
from registry.core.scope import Scope
from registry.core.write import chunks
from registry.people.models import Person
from registry.volunteers.models import ServiceLine, StarAward, Volunteer, VolunteerRule

Rows = Select[*tuple[Any, ...]]


def proposals(scope: Scope, rule: VolunteerRule, *, level: int | None = None) -> Rows:
    """The volunteers within reach whose standing hours reach a level above those they hold or are published
    for: one row each, for the highest level reached. `skipped` is how many levels below it they never held.

    Hours are those of the human being, merged rows included. Who was rejected for a level comes back with it
    only after more hours.
    """
    totals, held = _totals(scope, rule), _held()
    reached = _reached(totals.c.minutes, rule)
    top = func.coalesce(held.c.level, 0)
    refused = aliased(StarAward)
    refused_person = aliased(Person)
    rows: Rows = (
        select(
            Volunteer.id,
            Volunteer.number,
            Person.canonical_id.label("person_id"),
            Volunteer.unit_id,
            Person.name.label("holder"),
            Unit.name.label("unit_name"),
            Unit.name_en.label("unit_name_en"),
            reached.label("level"),
            (reached - top - 1).label("skipped"),
            totals.c.minutes,
        )
        .join(Person, Person.id == Volunteer.person_id)
        .join(totals, totals.c.person_id == Person.canonical_id)
        .join(Unit, Unit.id == Volunteer.unit_id)
        .outerjoin(held, held.c.person_id == Person.canonical_id)
        .where(
            scope.where(Volunteer.unit_id),
            Volunteer.id == _one_row(),
            reached > top,
            ~exists()
            .where(
                refused.person_id == refused_person.id,
                refused_person.canonical_id == Person.canonical_id,
                refused.state == "rejected",
                refused.level == reached,
                refused.minutes >= totals.c.minutes,
            )
            .correlate(Person, totals),
        )
    )
    return rows if level is None else rows.where(reached == level)


def _one_row() -> Any:
    """The first row of the human being, so that a merged volunteer is proposed once."""
    row, person = aliased(Volunteer), aliased(Person)
    return (
        select(func.min(row.id))
        .join(person, person.id == row.person_id)
        .where(person.canonical_id == Person.canonical_id, row.voided_at.is_(None))
        .correlate(Person)
        .scalar_subquery()
    )


def _totals(scope: Scope, rule: VolunteerRule) -> Any:
    person, mine = aliased(Person), aliased(Person)
    minutes = func.sum(ServiceLine.minutes)
    rows = (
        select(person.canonical_id.label("person_id"), minutes.label("minutes"))
        .join(person, person.id == ServiceLine.person_id)
        .group_by(person.canonical_id)
        .having(minutes >= rule.terms["hours"][0] * 60)
    )
    if scope.units is not None:
        within = (
            select(mine.canonical_id)
            .join(Volunteer, Volunteer.person_id == mine.id)
            .where(scope.where(Volunteer.unit_id), Volunteer.voided_at.is_(None))
        )
        rows = rows.where(person.canonical_id.in_(within))
    return rows.subquery("totals")


def _held() -> Any:
    """The highest level each human being holds or is published for."""
    person = aliased(Person)
    return (
        select(person.canonical_id.label("person_id"), func.max(StarAward.level).label("level"))
        .join(person, person.id == StarAward.person_id)
        .where(StarAward.state.in_(("published", "awarded")))
        .group_by(person.canonical_id)
        .subquery("held")
    )


def _reached(minutes: Any, rule: VolunteerRule) -> ColumnElement[int]:
    hours = rule.terms["hours"]
    steps = [(minutes >= hours[place] * 60, place + 1) for place in reversed(range(len(hours)))]
    return case(*steps, else_=literal(0))


def star_awards(scope: Scope, *, state: str | None = None, level: int | None = None) -> Rows:
    """Star levels within reach that were published, with the names a list shows."""
    rows: Rows = (
        select(
            StarAward.id,
            StarAward.volunteer_id,
            StarAward.level,
            StarAward.minutes,
            StarAward.state,
            StarAward.published_on,
            StarAward.published_until,
            StarAward.published_by,
            StarAward.decided_on,
            StarAward.decision_reason,
            StarAward.unit_id,
            Volunteer.number,
            Person.name.label("holder"),
            Unit.name.label("unit_name"),
            Unit.name_en.label("unit_name_en"),
        )
        .outerjoin(Volunteer, Volunteer.id == StarAward.volunteer_id)
        .outerjoin(Person, Person.id == StarAward.person_id)
        .outerjoin(Unit, Unit.id == StarAward.unit_id)
        .where(scope.where(StarAward.unit_id))
    )
    if state is not None:
        rows = rows.where(StarAward.state == state)
    return rows if level is None else rows.where(StarAward.level == level)


def on_notice(session: Session, scope: Scope, day: date) -> Sequence[Any]:
    """The levels published for objections on a day, by unit, level and number."""
    rows = star_awards(scope, state="published").where(
        StarAward.published_on <= day, StarAward.published_until >= day
    )
    rows = rows.add_columns(Person.birth_on)
    return session.execute(
        rows.order_by(Unit.sort_key, Unit.id, StarAward.level.desc(), Volunteer.number)
    ).all()


def stars_of_person(session: Session, person_id: int) -> Sequence[Any]:
    """The star levels of a human being, newest first, with who decided."""
    return session.execute(
        select(StarAward, User.name)
        .join(Person, Person.id == StarAward.person_id)
        .outerjoin(User, User.id == StarAward.decided_by)
        .where(Person.canonical_id == person_id)
        .order_by(StarAward.id.desc())
    ).all()


def persons_of(session: Session, award_ids: Iterable[int]) -> dict[int, int]:
    """Award → canonical person."""
    found: dict[int, int] = {}
    for ids in chunks(award_ids):
        rows = session.execute(
            select(StarAward.id, Person.canonical_id)
            .join(Person, Person.id == StarAward.person_id)
            .where(StarAward.id.in_(ids))
        )
        found.update(dict(rows.all()))
    return found
