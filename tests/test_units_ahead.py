"""A unit whose parentage begins later stands under its first parent until then."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from registry.accounts.commands import add_unit, grant_role
from registry.accounts.models import Unit
from registry.accounts.queries import actor_for, tree_on
from registry.core import clock
from registry.core.permissions import Permission, Role
from registry.core.scope import SYSTEM
from registry.core.write import run
from tests import factories as make


@pytest.fixture
def new_units(session: Session) -> list[Unit]:
    """Prefectures founded next month, each with a county that exists from today on."""
    today = clock.today()
    province, found = make.unit(session, make.PROVINCE), []
    for number in range(6):
        told = {"name": f"新区{number}", "name_en": f"New {number}"}
        prefecture = run(
            SYSTEM,
            add_unit,
            **told,
            level="prefecture",
            parent=province,
            starts_on=today + timedelta(days=31),
        )
        county = run(SYSTEM, add_unit, **told, level="county", parent=prefecture, starts_on=today)
        found += [prefecture, county]
    return found


def test_who_administers_a_unit_to_come_does_not_reach_everything(
    session: Session, new_units: list[Unit]
) -> None:
    for prefecture in new_units[::2]:
        user = make.user(session, Role.TRAINER)
        run(SYSTEM, grant_role, user=user, role=Role.PREFECTURE_ADMIN, unit=prefecture)
        actor = actor_for(session, user, clock.today())
        for permission in (Permission.PERSON_VIEW, Permission.USER_MANAGE):
            scope = actor.scope(permission)
            assert scope.units is not None
            assert scope.holds(prefecture.id)
            assert not scope.holds(make.unit(session, make.YANJI).id)


def test_the_province_reaches_units_to_come(session: Session, new_units: list[Unit]) -> None:
    actor = make.actor(session, Role.PROVINCE_ADMIN, make.PROVINCE)
    assert actor.scope(Permission.SETTING_EDIT).units is None
    tree = tree_on(session, clock.today())
    assert {unit.id for unit in new_units} <= tree.below(make.unit(session, make.PROVINCE).id)
