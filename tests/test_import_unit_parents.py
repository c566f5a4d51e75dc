"""`flask import unit_parents`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.accounts.imports import ParentRow, UnitNames, import_unit_parents
from registry.accounts.models import UnitParent
from registry.accounts.queries import tree_on
from registry.core import clock
from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.permissions import Permission, Role
from registry.core.scope import EVERYWHERE, Actor
from registry.core.write import run
from tests import factories as make
from tests.imports import count, csv_file, entries, imported, importer, places, reasons
from tests.training import last_action

HEADER = ["单位", "上级单位", "起始日期", "已确认", "备注"]


def test_units_are_put_under_others_from_days_on(app: Flask, session: Session, tmp_path: Path) -> None:
    file = csv_file(
        tmp_path,
        HEADER,
        ["220581", "吉林省", "2013-03-01", "否", "待省编办文件"],
        ["双阳区", "220200", "2026年1月1日", "", ""],
    )
    told = imported(app, "unit_parents", file, importer(session, Role.PROVINCE_ADMIN, make.PROVINCE))
    assert (told["saved"], told["errors"]) == (2, [])
    session.rollback()
    meihekou, shuangyang = make.unit(session, "220581"), make.unit(session, "220112")
    assert tree_on(session, date(2013, 3, 1)).parent[meihekou.id] == make.unit(session, make.PROVINCE).id
    assert tree_on(session, date(2013, 2, 28)).parent[meihekou.id] == make.unit(session, "220500").id
    assert tree_on(session, date(2026, 1, 1)).parent[shuangyang.id] == make.unit(session, "220200").id
    rows = session.execute(
        select(UnitParent.confirmed, UnitParent.note).where(UnitParent.starts_on >= date(2013, 3, 1))
    )
    assert {(False, "待省编办文件"), (True, "")} <= {tuple(row) for row in rows}
    assert last_action(session) == "accounts.import_unit_parents"


def test_the_same_file_again_has_no_effect(app: Flask, session: Session, tmp_path: Path) -> None:
    name = importer(session, Role.PROVINCE_ADMIN, make.PROVINCE)
    file = csv_file(tmp_path, HEADER, ["220581", "220000", "2013-03-01", "是", ""])
    assert imported(app, "unit_parents", file, name)["saved"] == 1
    before = count(session, UnitParent)
    told = imported(app, "unit_parents", file, name)
    assert (told["saved"], told["known"], told["errors"]) == (0, 1, [])
    assert count(session, UnitParent) == before


def test_every_row_that_makes_no_sense_is_told(app: Flask, session: Session, tmp_path: Path) -> None:
    name = importer(session, Role.PROVINCE_ADMIN, make.PROVINCE)
    before = count(session, UnitParent)
    file = csv_file(
        tmp_path,
        HEADER,
        ["220581", "220000", "2013-03-01", "也许", ""],
        ["天上", "220000", "2013-02-30", "", ""],
        ["220102", "220103", "2026-01-01", "", ""],
        ["220103", "", "2026-01-01", "", ""],
        ["220104", "220200", "2026-01-01", "", ""],
        ["220104", "220300", "2026-01-01", "", ""],
        ["", "220300", "2026-01-01", "", ""],
    )
    told = imported(app, "unit_parents", file, name)
    assert places(told) == [
        (2, "已确认"),
        (3, "单位"),
        (3, "起始日期"),
        (4, "上级单位"),
        (5, "上级单位"),
        (7, None),
        (8, "单位"),
    ]
    assert "higher level" in reasons(told)
    assert count(session, UnitParent) == before


def test_each_row_holds_until_the_next_day_named(app: Flask, session: Session, tmp_path: Path) -> None:
    file = csv_file(
        tmp_path,
        HEADER,
        ["220581", "220500", "2020-01-01", "", ""],
        ["220581", "220000", "2013-03-01", "", ""],
    )
    told = imported(app, "unit_parents", file, importer(session, Role.PROVINCE_ADMIN, make.PROVINCE))
    assert told["saved"] == 2
    session.rollback()
    unit = make.unit(session, "220581")
    assert tree_on(session, date(2019, 12, 31)).parent[unit.id] == make.unit(session, make.PROVINCE).id
    assert tree_on(session, date(2020, 1, 1)).parent[unit.id] == make.unit(session, "220500").id


def test_the_command_refuses_units_out_of_reach(session: Session) -> None:
    here = make.unit(session, make.CHANGCHUN)
    actor = Actor(None, "test", {Permission.UNIT_EDIT: frozenset({here.id})})
    row = ParentRow(2, make.unit(session).id, here.id, date(2026, 1, 1), True, "")
    before = entries(session)
    with pytest.raises(RecordNotFoundError):
        run(actor, import_unit_parents, rows=[row])
    assert entries(session) == before


@pytest.mark.sqlite_only
def test_a_name_of_two_units_needs_the_code(session: Session) -> None:
    names = UnitNames.load(session, EVERYWHERE, clock.today())
    names.ids["东山区"] = {1, 2}
    assert names.find("吉林省 长春市南关区") == make.unit(session).id
    with pytest.raises(RuleError, match="Several units"):
        names.find("东山区")
