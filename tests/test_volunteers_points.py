"""The ledger of points: its balance is the sum of its lines and never below zero, whatever happens when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import accumulate
from typing import Any

import pytest
import time_machine
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.db import db
from registry.core.errors import ForbiddenError, RecordNotFoundError, RuleError
from registry.core.journal import verify
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run, write
from registry.people.models import Person
from registry.volunteers.commands.points import (
    MOST_POINTS,
    adjust_points,
    earn,
    expire_points,
    redeem_points,
    take_back,
)
from registry.volunteers.models import PointsLine, ServiceLine, Volunteer, VolunteerRule
from registry.volunteers.queries.points import accounts_of, owed_by
from tests import factories as make
from tests import volunteers as makers
from tests.watching import last_entry, statements, together

# Points are kept for 24 months; what was earned on this day can still be used.
DAY = clock.add_months(clock.today(), -8)
UNTIL = clock.add_months(DAY, 24)


def as_row(line: ServiceLine) -> dict[str, Any]:
    return {column.key: getattr(line, column.key) for column in inspect(ServiceLine).columns}


def post(session: Session, lines: Sequence[ServiceLine]) -> None:
    """What the ledger of hours does after it inserted lines."""
    rows = [as_row(line) for line in lines]
    with write("volunteers.factory", SYSTEM) as w:
        earn(w, [row for row in rows if row["reverses_id"] is None])
        take_back(w, [row for row in rows if row["reverses_id"] is not None])


def earned(session: Session, volunteer: Volunteer, minutes: int = 600, **more: Any) -> ServiceLine:
    line = makers.served(session, volunteer, minutes, **{"on": DAY, **more})
    post(session, [line])
    return line


def lines_of(session: Session, volunteer: Volunteer) -> list[PointsLine]:
    session.rollback()
    found = select(PointsLine).where(PointsLine.volunteer_id == volunteer.id).order_by(PointsLine.id)
    return list(session.execute(found).scalars())


def told(session: Session, volunteer: Volunteer) -> list[tuple[str, int, int]]:
    return [(line.kind, line.points, line.shortfall) for line in lines_of(session, volunteer)]


def balance(session: Session, volunteer: Volunteer) -> int:
    return sum(line.points for line in lines_of(session, volunteer))


def redeem(session: Session, volunteer: Volunteer, points: int) -> None:
    run(SYSTEM, redeem_points, volunteer, points=points, reason="兑换急救包")


# Earning


@pytest.mark.parametrize(
    ("field", "minutes", "points"),
    [("community", 60, 100), ("rescue", 60, 150), ("rescue", 30, 75), ("aid", 20, 40), ("rescue", 1, 2)],
)
def test_points_are_hours_times_the_coefficient_rounded_down(
    session: Session, field: str, minutes: int, points: int
) -> None:
    volunteer = makers.volunteer(session)
    line = earned(session, volunteer, minutes, field=field)
    (found,) = lines_of(session, volunteer)
    assert (found.kind, found.points, found.service_line_id) == ("earn", points, line.id)
    assert found.expires_on == UNTIL


def test_the_rule_of_the_day_of_service_counts(session: Session) -> None:
    first = session.execute(select(VolunteerRule).where(VolunteerRule.kind == "points")).scalar_one()
    with write("volunteers.factory", SYSTEM) as w:
        terms = {"per_hour": {"community": 300}, "expires_months": 6}
        w.add(VolunteerRule(kind="points", version=2, starts_on=DAY, terms=terms))
    volunteer = makers.volunteer(session)
    earned(session, volunteer, 60, on=DAY - timedelta(days=1))
    earned(session, volunteer, 60)
    earned(session, volunteer, 60, on=DAY + timedelta(days=1), field="rescue")
    found = lines_of(session, volunteer)
    assert [(line.points, line.expires_on) for line in found] == [
        (100, clock.add_months(DAY - timedelta(days=1), 24)),
        (300, clock.add_months(DAY, 6)),
    ]
    assert found[0].volunteer_rule_id == first.id


def test_the_number_of_statements_does_not_depend_on_the_lines(session: Session) -> None:
    everyone = makers.volunteers(session, 12)
    counts = []
    for group in (everyone[:1], everyone[1:]):
        lines = [makers.served(session, one, 60, DAY) for one in group]
        rows = [as_row(line) for line in lines]
        session.rollback()
        with statements() as sent, write("volunteers.factory", SYSTEM) as w:
            earn(w, rows)
            w.session.flush()
            w.session.execute(select(PointsLine.id).limit(1)).all()
        back = [as_row(makers.reversed_line(session, line)) for line in lines]
        session.rollback()
        with statements() as more, write("volunteers.factory", SYSTEM) as w:
            take_back(w, back)
        counts.append((len(sent), len(more)))
    assert counts[0] == counts[1]


# Taking back


def test_a_reversal_takes_back_what_its_line_earned(session: Session) -> None:
    volunteer = makers.volunteer(session)
    line = earned(session, volunteer)
    earned(session, volunteer, 60, starts=60)
    back = makers.reversed_line(session, line)
    post(session, [back])
    assert told(session, volunteer)[-1] == ("reverse", -1_000, 0)
    assert lines_of(session, volunteer)[-1].service_line_id == back.id
    assert balance(session, volunteer) == 100


def test_what_was_spent_is_owed_and_settled_from_the_next_points(session: Session) -> None:
    volunteer = makers.volunteer(session)
    line = earned(session, volunteer, 600)
    redeem(session, volunteer, 700)
    post(session, [makers.reversed_line(session, line)])
    assert told(session, volunteer)[-1] == ("reverse", -300, 700)
    assert balance(session, volunteer) == 0
    earned(session, volunteer, 300, starts=60)
    assert told(session, volunteer)[-2:] == [("earn", 500, 0), ("settle", -500, 0)]
    assert owed_by(session, [volunteer.id]) == {volunteer.id: 200}
    earned(session, volunteer, 300, starts=1000)
    assert told(session, volunteer)[-1] == ("settle", -200, 0)
    assert balance(session, volunteer) == 300
    assert owed_by(session, [volunteer.id]) == {}


def test_what_expired_is_not_taken_a_second_time(session: Session) -> None:
    volunteer = makers.volunteer(session)
    with time_machine.travel(clock.end_of_day(date(2024, 6, 1)), tick=False):
        line = earned(session, volunteer, 60, on=date(2024, 5, 1))
    with time_machine.travel(clock.end_of_day(date(2026, 5, 1)), tick=False):
        earned(session, volunteer, 60, on=date(2026, 4, 1))
        post(session, [makers.reversed_line(session, line)])
    assert told(session, volunteer)[-2:] == [("expire", -100, 0), ("reverse", 0, 0)]
    assert balance(session, volunteer) == 100


def test_a_line_that_earned_nothing_takes_nothing_back(session: Session) -> None:
    volunteer = makers.volunteer(session)
    line = makers.served(session, volunteer, 60, DAY)
    post(session, [makers.reversed_line(session, line)])
    assert told(session, volunteer) == []


# Redeeming and adjusting


def test_redeeming_uses_what_expires_first(session: Session) -> None:
    volunteer = makers.volunteer(session)
    earned(session, volunteer, 60, on=DAY)
    earned(session, volunteer, 60, on=DAY - timedelta(days=30))
    redeem(session, volunteer, 150)
    account = accounts_of(session, [volunteer.id])[volunteer.id]
    assert [(lot.left, lot.expires_on) for lot in account.lots] == [
        (50, UNTIL),
        (0, clock.add_months(DAY - timedelta(days=30), 24)),
    ]
    entry = last_entry(session)
    assert (entry.action, entry.reason, entry.unit_id) == (
        "volunteers.redeem_points",
        "兑换急救包",
        volunteer.unit_id,
    )


@pytest.mark.parametrize("points", [0, -100, 101, MOST_POINTS + 1])
def test_what_cannot_be_redeemed(session: Session, points: int) -> None:
    volunteer = makers.volunteer(session)
    earned(session, volunteer, 60)
    with pytest.raises(RuleError) as refused:
        redeem(session, volunteer, points)
    assert refused.value.field == "points"
    with pytest.raises(RuleError):
        run(SYSTEM, redeem_points, volunteer, points=50, reason=" ")
    assert balance(session, volunteer) == 100


def test_expired_points_cannot_be_redeemed_and_are_written_off(session: Session) -> None:
    volunteer = makers.volunteer(session)
    earned(session, volunteer, 60, on=date(2024, 3, 1))
    earned(session, volunteer, 60, on=date(2026, 3, 1))
    with time_machine.travel(clock.end_of_day(date(2026, 3, 2)), tick=False):
        with pytest.raises(RuleError):
            redeem(session, volunteer, 150)
        redeem(session, volunteer, 40)
    assert told(session, volunteer)[-2:] == [("expire", -100, 0), ("redeem", -40, 0)]


def test_adjusting(session: Session) -> None:
    volunteer = makers.volunteer(session)
    with pytest.raises(ForbiddenError):
        run(
            make.actor(session, Role.VOLUNTEER_COORDINATOR),
            adjust_points,
            volunteer,
            points=1,
            reason="更正",
        )
    run(make.actor(session, Role.COUNTY_ADMIN), adjust_points, volunteer, points=250, reason="更正")
    assert lines_of(session, volunteer)[0].expires_on == clock.add_months(clock.today(), 24)
    run(SYSTEM, adjust_points, volunteer, points=-100, reason="更正")
    with pytest.raises(RuleError):
        run(SYSTEM, adjust_points, volunteer, points=-151, reason="更正")
    assert balance(session, volunteer) == 150


def test_a_volunteer_of_another_unit_does_not_exist(session: Session) -> None:
    volunteer = makers.volunteer(session, make.YANJI)
    earned(session, volunteer, 60)
    with pytest.raises(RecordNotFoundError):
        run(make.actor(session, Role.COUNTY_ADMIN), redeem_points, volunteer, points=10, reason="兑换")


def test_a_merged_person_spends_from_both_accounts_and_neither_goes_below_zero(session: Session) -> None:
    one, other = makers.volunteers(session, 2)
    earned(session, one, 60)
    earned(session, other, 60, on=DAY - timedelta(days=5))
    with write("people.factory", SYSTEM) as w:
        w.session.get_one(Person, other.person_id).canonical_id = one.person_id
    redeem(session, one, 150)
    assert (balance(session, one), balance(session, other)) == (50, 0)


# Expiring


def test_points_expire_once_on_their_day_and_within_reach(session: Session) -> None:
    here, there = makers.volunteer(session), makers.volunteer(session, make.YANJI)
    for one in (here, there):
        earned(session, one, 60, on=date(2024, 3, 1))
    admin = make.actor(session, Role.COUNTY_ADMIN)
    with time_machine.travel(clock.end_of_day(date(2026, 2, 28)), tick=False):
        assert run(admin, expire_points, clock.today()) == 0
        with pytest.raises(RuleError):
            run(admin, expire_points, date(2026, 3, 1))
    with time_machine.travel(clock.end_of_day(date(2026, 3, 1)), tick=False):
        assert run(admin, expire_points, clock.today()) == 1
        assert run(admin, expire_points, clock.today()) == 0
    assert told(session, here)[-1] == ("expire", -100, 0)
    assert balance(session, there) == 100
    with pytest.raises(ForbiddenError):
        run(make.actor(session, Role.VOLUNTEER_COORDINATOR), expire_points, DAY)


# Whatever happens


class Model:
    """The rule in words, on a list of [earned, left, expired, first day without them, line]."""

    def __init__(self) -> None:
        self.lots: list[list[Any]] = []
        self.owed = 0

    def usable_after_expiring(self, day: date) -> int:
        for lot in self.lots:
            if lot[3] <= day:
                lot[2] += lot[1]
                lot[1] = 0
        return sum(lot[1] for lot in self.lots)

    def use(self, points: int) -> None:
        while points:
            lot = min((lot for lot in self.lots if lot[1]), key=lambda lot: lot[3])
            lot[1] -= 1
            points -= 1

    def earn(self, points: int, until: date, line: int) -> None:
        self.lots.append([points, points, 0, until, line])
        settled = min(points, self.owed)
        self.owed -= settled
        self.use(settled)

    def take_back(self, line: int, day: date) -> None:
        there = self.usable_after_expiring(day)
        lot = next(lot for lot in self.lots if lot[4] == line)
        wanted = lot[0] - lot[2]
        taken = min(wanted, there)
        self.owed += wanted - taken
        own = min(taken, lot[1])
        lot[1] -= own
        self.use(taken - own)

    @property
    def balance(self) -> int:
        return sum(lot[1] for lot in self.lots)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["earn", "earn", "reverse", "redeem", "expire"]),
        st.integers(1, 6),
        st.integers(0, 300),
    ),
    max_size=10,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_the_balance_is_that_of_a_plain_model(session: Session, steps: list[tuple[str, int, int]]) -> None:
    session.rollback()
    volunteer = makers.volunteer(session)
    model, standing, day = Model(), [], date(2024, 2, 1)
    for place, (step, size, days) in enumerate(steps):
        day += timedelta(days=days)
        with time_machine.travel(clock.end_of_day(day), tick=False):
            if step == "earn":
                line = earned(session, volunteer, 30 * size, on=day, starts=place * 20)
                model.earn(50 * size, clock.add_months(day, 24), line.id)
                standing.append(line)
            elif step == "reverse" and standing:
                line = standing.pop(size % len(standing))
                post(session, [makers.reversed_line(session, line)])
                model.take_back(line.id, day)
            elif step == "redeem":
                there = model.usable_after_expiring(day) if 30 * size <= _usable(model, day) else -1
                if there < 0:
                    with pytest.raises(RuleError):
                        redeem(session, volunteer, 30 * size)
                else:
                    redeem(session, volunteer, 30 * size)
                    model.use(30 * size)
            elif step == "expire":
                run(SYSTEM, expire_points, day)
                model.usable_after_expiring(day)
        sums = list(accumulate(line.points for line in lines_of(session, volunteer)))
        assert all(total >= 0 for total in sums)
        assert (sums[-1] if sums else 0) == model.balance
        account = accounts_of(session, [volunteer.id])[volunteer.id]
        assert (account.balance, account.owed) == (model.balance, model.owed)
        assert owed_by(session, [volunteer.id]).get(volunteer.id, 0) == model.owed


def _usable(model: Model, day: date) -> int:
    return sum(lot[1] for lot in model.lots if lot[3] > day)


def test_redeeming_at_once_never_overdraws(app: Flask, session: Session) -> None:
    volunteer = makers.volunteer(session)
    earned(session, volunteer, 600)
    volunteer_id = volunteer.id
    session.rollback()

    def spend() -> object:
        found = db.session.get_one(Volunteer, volunteer_id)
        return run(SYSTEM, redeem_points, found, points=400, reason="兑换急救包").id

    results = together(app, [spend] * 5)
    assert results.count(volunteer_id) == 2
    assert sum(isinstance(result, RuleError) for result in results) == 3
    assert balance(session, volunteer) == 200
    session.rollback()
    assert verify(session) is None
