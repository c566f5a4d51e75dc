"""Figures over random histories: what is served, a second implementation and a plain model agree."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from registry.core.db import db
from registry.indicators import verify
from registry.indicators.commands import build_missing
from registry.indicators.definitions import INDICATORS
from registry.indicators.differences import differences
from registry.indicators.groups import by_group
from registry.indicators.question import ask
from registry.indicators.read import breakdown, by_month, records, value
from registry.indicators.recount import recount
from tests.worlds import DAYS, UNITS, World, histories

PLAN = date(2021, 1, 1)
QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
as_ofs = st.lists(st.sampled_from([*DAYS, date(2022, 5, 17), date(2024, 2, 28)]), min_size=2, max_size=4)
starts = st.sampled_from([date(2018, 1, 1), date(2020, 7, 1), PLAN, date(2021, 1, 20)])


def check_history(session: Session, history: Any, days: list[date], from_on: date) -> None:
    """Apply a history and compare every way of counting it."""
    build_missing(session)
    world = World(session)
    remembered = []
    for steps in history:
        world.apply(steps)
        for code in INDICATORS:
            for unit_code in ("220000", "220300"):
                asked = ask(
                    session, code, world.units[unit_code], from_on=min(from_on, days[0]), as_of=days[0]
                )
                remembered.append((world.seq, code, unit_code, value(session, asked)))
    facts = verify.World(verify.read_tables(session))
    for code in INDICATORS:
        for day in days:
            first = min(from_on, day)
            expected = verify.totals(facts, code, first, day)
            for unit_code in UNITS:
                unit_id = world.units[unit_code]
                asked = ask(session, code, unit_id, from_on=first, as_of=day)
                told = breakdown(session, asked)
                right = world.model.value(code, unit_id, first, day)
                told_by_all = {
                    "value": value(session, asked),
                    "breakdown": told.value,
                    "own parts": sum(told.own.values()),
                    "children and own": sum(told.children.values()) + told.own[unit_id],
                    "verify": expected.get(unit_id, 0),
                    "records": sum(row.quantity for row in session.execute(records(asked))),
                    "recount": recount(session, asked).value,
                }
                if unit_code in ("220000", "220300"):
                    # All months of what happened, or the latest of what is held.
                    many = 13 if asked.indicator.is_stock else 12 * (day.year - first.year) + day.month
                    curve = [quantity for _month, quantity in by_month(session, asked, many)]
                    told_by_all["months"] = curve[-1] if asked.indicator.is_stock else sum(curve)
                for key, group in asked.indicator.groups.items():
                    parts = by_group(session, asked, group)
                    told_by_all[f"by {key}"] = sum(part.quantity for part in parts)
                assert set(told_by_all.values()) == {right}, (code, day, unit_code, right, told_by_all)
    for seq, code, unit_code, then in remembered:
        asked = ask(
            session, code, world.units[unit_code], from_on=min(from_on, days[0]), as_of=days[0], known_on=seq
        )
        assert value(session, asked) == then, (seq, code, unit_code)
    found = list(differences(session, days=days, entries=[world.seq, *(seq for seq, *_ in remembered[::4])]))
    assert found == [], [str(difference) for difference in found]


@pytest.mark.sqlite_only
@given(histories, as_ofs, starts)
@settings(max_examples=12, deadline=None, suppress_health_check=QUIET)
def test_every_way_of_counting_agrees(
    app: Any, engine_name: str, open_site: Callable[[str], Any], history: Any, days: list[date], from_on: date
) -> None:
    open_site(engine_name).renew()
    with app.app_context():
        check_history(db.session(), history, days, from_on)


@pytest.mark.deep
@pytest.mark.timeout(3_600)
@pytest.mark.sqlite_only
@given(histories, as_ofs, starts)
@settings(max_examples=1_000, deadline=None, suppress_health_check=QUIET)
def test_every_way_of_counting_agrees_in_a_thousand_worlds(
    app: Any, engine_name: str, open_site: Callable[[str], Any], history: Any, days: list[date], from_on: date
) -> None:
    open_site(engine_name).renew()
    with app.app_context():
        check_history(db.session(), history, days, from_on)


@pytest.mark.postgresql_only
@given(histories, as_ofs, starts)
@settings(max_examples=5, deadline=None, suppress_health_check=QUIET)
def test_every_way_of_counting_agrees_on_postgresql(
    app: Any, engine_name: str, open_site: Callable[[str], Any], history: Any, days: list[date], from_on: date
) -> None:
    open_site(engine_name).renew()
    with app.app_context():
        check_history(db.session(), history, days, from_on)
