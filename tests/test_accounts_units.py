"""Units: the tree of a day, codes, new units, and a parent that changes from a day on."""

from __future__ import annotations

import re
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.accounts import commands
from registry.accounts.models import Unit, UnitParent
from registry.accounts.queries import actor_for, move_of, tree_on, unit_by_code
from registry.core import clock
from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.journal import JournalEntry
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run
from tests import factories
from tests.accounts import Browser, text
from tests.factories import CHANGCHUN, KUANCHENG, NANGUAN, PROVINCE, YANBIAN, YANJI
from tests.watching import last_entry

SIPING, GONGZHULING = "220300", "220184"
DAY = date(2026, 1, 1)


@pytest.fixture
def browser(app: Flask, session: Session) -> Browser:
    """A province administrator, signed in."""
    opened = Browser(app.test_client())
    opened.sign_in(factories.user(session, Role.PROVINCE_ADMIN, PROVINCE).username)
    return opened


def in_county(app: Flask, session: Session, role: Role = Role.TRAINER) -> Browser:
    opened = Browser(app.test_client())
    opened.sign_in(factories.user(session, role).username)
    return opened


def count(session: Session, model: type[Unit] | type[UnitParent]) -> int:
    session.rollback()
    return session.execute(select(func.count()).select_from(model)).scalar_one()


def parent_on(session: Session, code: str, day: date) -> int | None:
    session.rollback()
    return tree_on(session, day).parent.get(factories.unit(session, code).id)


def test_the_tree_is_that_of_the_day(browser: Browser, session: Session) -> None:
    siping, changchun = (factories.unit(session, code) for code in (SIPING, CHANGCHUN))
    assert parent_on(session, GONGZHULING, date(2020, 1, 1)) == siping.id
    assert parent_on(session, GONGZHULING, DAY) == changchun.id

    def order(day: str) -> list[str]:
        return re.findall(r">([^<>]+)</a></td>", text(browser.get(f"/units?on={day}")))

    before, after = order("2020-01-01"), order("2026-01-01")
    assert len(before) == len(after) == 70
    assert before.index(siping.name) < before.index("公主岭市")
    assert after.index("公主岭市") < after.index(siping.name)
    assert browser.get("/units?on=nonsense").status_code == 200


def test_the_page_of_a_unit_shows_its_parents_the_open_date_and_the_former_code(
    browser: Browser, session: Session
) -> None:
    page = text(browser.get(f"/units/{factories.unit(session, GONGZHULING).id}"))
    assert "220381" in page
    assert "status-wait" in page
    assert "2020-07-01" in page
    assert factories.unit(session, SIPING).name in page


def test_a_county_sees_its_own_unit_only(app: Flask, session: Session) -> None:
    browser = in_county(app, session)
    own, sibling = factories.unit(session, NANGUAN), factories.unit(session, KUANCHENG)
    page = text(browser.get("/units"))
    assert own.name in page
    assert sibling.name not in page
    assert browser.get(f"/units/{own.id}").status_code == 200
    for code in (KUANCHENG, CHANGCHUN, PROVINCE, YANJI):
        assert browser.get(f"/units/{factories.unit(session, code).id}").status_code == 404


@pytest.mark.parametrize("role", [Role.TRAINER, Role.COUNTY_ADMIN, Role.AUDITOR])
def test_only_the_province_changes_units(app: Flask, session: Session, role: Role) -> None:
    browser = in_county(app, session, role)
    own = factories.unit(session, NANGUAN).id
    parentage = session.execute(select(UnitParent.id).where(UnitParent.unit_id == own)).scalar_one()
    before = count(session, Unit), count(session, UnitParent)
    for path in ("/units/add", f"/units/{own}/parent", f"/units/parentages/{parentage}/void"):
        assert browser.get(path).status_code == 403
        assert browser.send(path).status_code == 403
    assert (count(session, Unit), count(session, UnitParent)) == before


# Adding


def add(browser: Browser, session: Session, **changed: str) -> object:
    fields = {
        "name": "长白山保护开发区",
        "name_en": "Changbai Mountain",
        "level": "prefecture",
        "parent": str(factories.unit(session, PROVINCE).id),
        "code": "",
        "starts_on": "2020-01-01",
    }
    return browser.send("/units/add", **(fields | changed))


def test_a_unit_without_a_code_is_added_and_reached_from_above(browser: Browser, session: Session) -> None:
    done = add(browser, session)
    assert done.status_code == 303  # type: ignore[attr-defined]
    made = session.execute(select(Unit).where(Unit.name == "长白山保护开发区")).scalar_one()
    assert made.code is None
    assert made.id in tree_on(session, DAY).below(factories.unit(session, PROVINCE).id)
    assert browser.get(f"/units/{made.id}").status_code == 200
    entry = last_entry(session)
    assert entry.action == "accounts.add_unit"


@pytest.mark.parametrize(
    "changed",
    [
        {"code": NANGUAN},
        {"code": "220381"},  # The former code of 公主岭 still means it.
        {"code": "12345"},
        {"level": "province"},
        {"name": ""},
        {"parent": "999999"},
        {"parent": ""},
        {"starts_on": "never"},
    ],
)
def test_what_does_not_fit_adds_nothing(browser: Browser, session: Session, changed: dict[str, str]) -> None:
    before = count(session, Unit), count(session, UnitParent)
    refused = add(browser, session, **changed)
    assert refused.status_code == 200  # type: ignore[attr-defined]
    assert "notice-error" in text(refused)
    assert (count(session, Unit), count(session, UnitParent)) == before


@pytest.mark.parametrize(("level", "parent"), [("prefecture", CHANGCHUN), ("county", NANGUAN)])
def test_a_unit_stands_under_a_higher_level(session: Session, level: str, parent: str) -> None:
    before = count(session, Unit)
    with pytest.raises(RuleError, match="higher level"):
        run(
            SYSTEM,
            commands.add_unit,
            name="甲",
            name_en="A",
            level=level,
            parent=factories.unit(session, parent),
            starts_on=DAY,
        )
    assert count(session, Unit) == before


# Another parent


def test_the_preview_names_the_totals_and_saves_nothing(browser: Browser, session: Session) -> None:
    unit, target = factories.unit(session, NANGUAN), factories.unit(session, YANBIAN)
    before = count(session, UnitParent)
    page = text(
        browser.send(
            f"/units/{unit.id}/parent", parent=str(target.id), starts_on=DAY.isoformat(), note="文件"
        )
    )
    assert count(session, UnitParent) == before
    lines = re.findall(r"<li>([^<]*)</li>", page.split("notice-info")[1].split("</ul>")[0])
    assert "长春市" in lines[1]
    assert target.name in lines[2]
    assert "吉林省" in lines[3]
    assert "文件" in page


def test_after_yes_the_unit_stands_there_from_the_day_on(browser: Browser, session: Session) -> None:
    unit, target = factories.unit(session, NANGUAN), factories.unit(session, YANBIAN)
    done = browser.send(
        f"/units/{unit.id}/parent", parent=str(target.id), starts_on="2026-02-01", unsure="y", confirm="1"
    )
    assert done.status_code == 303
    assert parent_on(session, NANGUAN, date(2026, 1, 31)) == factories.unit(session, CHANGCHUN).id
    assert parent_on(session, NANGUAN, date(2026, 2, 1)) == target.id
    row = session.execute(
        select(UnitParent).where(UnitParent.unit_id == unit.id, UnitParent.parent_id == target.id)
    ).scalar_one()
    assert not row.confirmed
    assert row.void_seq is None


def test_the_tree_known_before_stays_readable(session: Session) -> None:
    unit, target = factories.unit(session, NANGUAN), factories.unit(session, YANBIAN)
    before = session.execute(select(func.max(JournalEntry.seq))).scalar_one()
    run(SYSTEM, commands.set_unit_parent, unit=unit, parent=target, starts_on=DAY)
    assert tree_on(session, DAY).parent[unit.id] == target.id
    assert tree_on(session, DAY, known_seq=before).parent[unit.id] == factories.unit(session, CHANGCHUN).id


def test_a_unit_never_stands_below_itself_or_its_equal(session: Session) -> None:
    before = count(session, UnitParent)
    changchun, siping, nanguan = (factories.unit(session, code) for code in (CHANGCHUN, SIPING, NANGUAN))
    for unit, parent in ((changchun, nanguan), (changchun, siping), (nanguan, nanguan)):
        with pytest.raises(RuleError):
            run(SYSTEM, commands.set_unit_parent, unit=unit, parent=parent, starts_on=DAY)
    assert count(session, UnitParent) == before


def test_a_move_between_prefectures_leaves_the_province_total(session: Session) -> None:
    nanguan, changchun, yanbian, province = (
        factories.unit(session, code).id for code in (NANGUAN, CHANGCHUN, YANBIAN, PROVINCE)
    )
    move = move_of(tree_on(session, DAY), nanguan, yanbian)
    assert (move.leaves, move.enters, move.stays, move.units) == ([changchun], [yanbian], [province], 1)
    same = move_of(tree_on(session, DAY), changchun, province)
    assert (same.leaves, same.enters, same.stays, same.units) == ([], [], [province], 12)


def test_reach_follows_the_tree(session: Session) -> None:
    admin = factories.user(session, Role.PREFECTURE_ADMIN, YANBIAN)
    nanguan = factories.unit(session, NANGUAN)
    from registry.core.permissions import Permission

    assert not actor_for(session, admin, clock.today()).scope(Permission.UNIT_VIEW).holds(nanguan.id)
    run(
        SYSTEM,
        commands.set_unit_parent,
        unit=nanguan,
        parent=factories.unit(session, YANBIAN),
        starts_on=date(2026, 1, 1),
    )
    assert actor_for(session, admin, clock.today()).scope(Permission.UNIT_VIEW).holds(nanguan.id)


# Taking an entry back


def test_an_entry_taken_back_with_a_reason_lets_the_one_before_hold(
    browser: Browser, session: Session
) -> None:
    unit, target = factories.unit(session, NANGUAN), factories.unit(session, YANBIAN)
    row = run(SYSTEM, commands.set_unit_parent, unit=unit, parent=target, starts_on=DAY)
    path = f"/units/parentages/{row.id}/void"
    assert "notice-error" in text(browser.send(path, reason=""))
    assert parent_on(session, NANGUAN, DAY) == target.id
    assert browser.send(path, reason="录入有误").status_code == 303
    assert parent_on(session, NANGUAN, DAY) == factories.unit(session, CHANGCHUN).id
    entry = last_entry(session)
    assert (entry.action, entry.reason) == ("accounts.void_unit_parent", "录入有误")
    assert "notice-error" in text(browser.send(path, reason="录入有误"))


def test_the_only_entry_is_not_taken_back(session: Session) -> None:
    unit = factories.unit(session, NANGUAN)
    only = session.execute(select(UnitParent).where(UnitParent.unit_id == unit.id)).scalar_one()
    with pytest.raises(RuleError, match="under none"):
        run(SYSTEM, commands.void_unit_parent, parentage=only, reason="甲")
    assert parent_on(session, NANGUAN, DAY) is not None


def test_codes_resolve_former_ones_included(session: Session) -> None:
    assert unit_by_code(session, "220381") is unit_by_code(session, GONGZHULING)
    with pytest.raises(RecordNotFoundError):
        unit_by_code(session, "999999")
