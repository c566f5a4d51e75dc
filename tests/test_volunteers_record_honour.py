"""Honours are recorded with who gave them, and voided when entered in error; a tab shows it all."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.errors import ForbiddenError, RecordNotFoundError, RuleError
from registry.core.permissions import Role
from registry.core.scope import SYSTEM, Actor
from registry.core.write import run
from registry.volunteers.commands.honours import record_honour, void_honour
from registry.volunteers.models import Honour, PointsLine, Volunteer
from tests import factories as make
from tests import volunteers as makers
from tests.accounts import text
from tests.endpoints import Reader
from tests.test_volunteers_points import balance, earned
from tests.watching import last_entry


def honoured(volunteer: Volunteer, actor: Actor = SYSTEM, **more: Any) -> Honour:
    values: dict[str, Any] = {
        "title": "优秀红十字志愿者",
        "given_by": "吉林省红十字会",
        "given_on": clock.today(),
        **more,
    }
    return run(actor, record_honour, volunteer, **values)


def test_recorded_and_voided(session: Session) -> None:
    volunteer = makers.volunteer(session)
    admin = make.actor(session, Role.COUNTY_ADMIN)
    honour = honoured(volunteer, admin, document="吉红发〔2026〕1号")
    entry = last_entry(session)
    assert (entry.action, entry.unit_id) == ("volunteers.record_honour", volunteer.unit_id)
    run(admin, void_honour, honour, reason="录入错误")
    entry = last_entry(session)
    assert (entry.action, entry.reason, entry.unit_id) == (
        "volunteers.void_honour",
        "录入错误",
        volunteer.unit_id,
    )
    with pytest.raises(RuleError):
        run(admin, void_honour, honour, reason="录入错误")


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"title": " "}, "title"),
        ({"given_by": ""}, "given_by"),
        ({"given_on": clock.today() + timedelta(days=2)}, "given_on"),
    ],
)
def test_what_is_refused(session: Session, more: dict[str, Any], field: str) -> None:
    volunteer = makers.volunteer(session)
    with pytest.raises(RuleError) as refused:
        honoured(volunteer, **more)
    assert refused.value.field == field


def test_roles_and_reach(session: Session) -> None:
    volunteer = makers.volunteer(session, make.YANJI)
    with pytest.raises(RecordNotFoundError):
        honoured(volunteer, make.actor(session, Role.COUNTY_ADMIN))
    with pytest.raises(ForbiddenError):
        honoured(volunteer, make.actor(session, Role.VOLUNTEER_COORDINATOR, make.YANJI))
    honour = honoured(volunteer)
    with pytest.raises(RecordNotFoundError):
        run(make.actor(session, Role.COUNTY_ADMIN), void_honour, honour, reason="录入错误")
    with pytest.raises(RuleError):
        run(SYSTEM, void_honour, honour, reason="")


def test_the_tab_shows_it_all_and_forms_by_permission(app: Flask, session: Session) -> None:
    volunteer = makers.volunteer(session)
    earned(session, volunteer, 600)
    admin = Reader(app, session, [Role.COUNTY_ADMIN], make.NANGUAN)
    where = f"/volunteers/{volunteer.id}"
    honour = {
        "form_key": "a" * 32,
        "title": "优秀红十字志愿者",
        "given_by": "吉林省红十字会",
        "given_on": clock.today().isoformat(),
    }
    for _time in range(2):
        assert admin.send(f"{where}/honours/record", **honour).status_code == 303
    session.rollback()
    (honour_id,) = session.execute(select(Honour.id)).scalars()
    spend = {"form_key": "b" * 32, "points": "2.55", "reason": "兑换急救包"}
    for _time in range(2):
        assert admin.send(f"{where}/points/redeem", **spend).status_code == 303
    assert balance(session, volunteer) == 745
    too_many = admin.send(f"{where}/points/redeem", **{**spend, "form_key": "c" * 32, "points": "8"})
    assert too_many.status_code == 200
    assert "7.45" in text(too_many)
    adjusted = {"form_key": "d" * 32, "points": "-0.45", "reason": "更正"}
    assert admin.send(f"{where}/points/adjust", **adjusted).status_code == 303
    page = text(admin.client.get(f"{where}/recognition"))
    for told in ("优秀红十字志愿者", "兑换急救包", "-2.55", "-0.45", ">7<", "/honours/record"):
        assert told in page, told
    assert f"/volunteers/honours/{honour_id}/void" in page
    void = admin.send(f"/volunteers/honours/{honour_id}/void", form_key="e" * 32, reason="录入错误")
    assert void.status_code == 303
    auditor = Reader(app, session, [Role.AUDITOR], make.NANGUAN)
    page = text(auditor.client.get(f"{where}/recognition"))
    assert "录入错误" in page
    for path in ("/honours/record", "/points/redeem", "/points/adjust"):
        assert path not in page
        assert auditor.client.get(where + path).status_code == 403
    session.rollback()
    assert len(session.execute(select(PointsLine)).scalars().all()) == 3
