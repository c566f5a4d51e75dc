"""Settings: defaults, what may be chosen, by whom, and what was chosen before."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from registry.accounts.commands_settings import change_setting
from registry.accounts.models import SettingValue
from registry.accounts.settings import (
    DEFINITIONS,
    check_value,
    definition_of,
    is_demo,
    is_public_url_confirmed,
    setting,
)
from registry.core.db import db
from registry.core.errors import ForbiddenError, RecordNotFoundError, RuleError
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run, write
from tests import factories
from tests.accounts import Browser, text
from tests.factories import CHANGCHUN, PROVINCE


@pytest.fixture
def browser(app: Flask, session: Session) -> Browser:
    """A province administrator, signed in."""
    opened = Browser(app.test_client())
    opened.sign_in(factories.user(session, Role.PROVINCE_ADMIN, PROVINCE).username)
    return opened


def test_every_default_is_a_possible_value() -> None:
    for definition in DEFINITIONS:
        if definition.kind != "address":  # No address is confirmed at first.
            assert check_value(definition, definition.default) == definition.default


def test_the_newest_value_holds_and_earlier_ones_stay(session: Session) -> None:
    assert setting(session, "session_idle_minutes") == 30
    for minutes in (60, 20):
        run(SYSTEM, change_setting, key="session_idle_minutes", value=minutes)
        assert setting(session, "session_idle_minutes") == minutes
    rows = session.execute(select(SettingValue).order_by(SettingValue.known_seq)).scalars().all()
    assert [row.value for row in rows] == [60, 20]
    assert rows[0].known_seq < rows[1].known_seq


def test_a_command_sees_what_it_has_just_changed(session: Session) -> None:
    with write("accounts.test", SYSTEM) as w:
        assert setting(w.session, "session_absolute_hours") == 12
        change_setting(w, key="session_absolute_hours", value=8)
        assert setting(w.session, "session_absolute_hours") == 8
    assert setting(session, "session_absolute_hours") == 8


def test_all_settings_cost_one_statement_per_transaction(session: Session) -> None:
    told: list[str] = []
    listener = lambda *args: told.append(args[2])  # noqa: E731
    session.rollback()
    event.listen(db.engine, "before_cursor_execute", listener)
    for definition in DEFINITIONS:
        setting(session, definition.key)
    event.remove(db.engine, "before_cursor_execute", listener)
    assert sum("setting_value" in statement for statement in told) == 1


def test_a_value_changed_elsewhere_is_seen_in_the_next_transaction(
    app: Flask, session: Session, browser: Browser
) -> None:
    assert setting(session, "session_idle_minutes") == 30
    browser.send("/settings/session_idle_minutes/change", value="45", source="办公会")
    session.rollback()
    assert setting(session, "session_idle_minutes") == 45


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("session_idle_minutes", 4),
        ("session_idle_minutes", 241),
        ("session_idle_minutes", "30"),
        ("session_idle_minutes", True),
        ("password_policy", "none"),
        ("totp_roles", ["trainer", "king"]),
        ("masking", "6-4"),
        ("masking", "9+9"),
        ("public_url_confirmed", "http://registry.example"),
        ("public_url_confirmed", ""),
    ],
)
def test_an_impossible_value_is_refused(session: Session, key: str, value: object) -> None:
    before = setting(session, key)
    with pytest.raises(RuleError, match="Nothing was saved") as refused:
        run(SYSTEM, change_setting, key=key, value=value)
    assert refused.value.field == "value"
    assert setting(session, key) == before
    assert session.execute(select(SettingValue)).first() is None


def test_an_unknown_setting_is_no_setting(session: Session, browser: Browser) -> None:
    assert definition_of("nonsense") is None
    with pytest.raises(KeyError):
        setting(session, "nonsense")
    with pytest.raises(RecordNotFoundError):
        run(SYSTEM, change_setting, key="nonsense", value=1)
    assert browser.get("/settings/nonsense").status_code == 404
    assert browser.get("/settings/nonsense/change").status_code == 404


def test_the_demo_mark_is_not_changed_by_people(session: Session, browser: Browser) -> None:
    assert not is_demo(session)
    browser.send("/settings/demo/change", value="1")
    admin = factories.actor(session, Role.PROVINCE_ADMIN, PROVINCE)
    with pytest.raises(RuleError):
        run(admin, change_setting, key="demo", value=True)
    session.rollback()
    assert not is_demo(session)
    run(SYSTEM, change_setting, key="demo", value=True)
    assert is_demo(session)


def test_the_public_address_is_confirmed_for_that_very_address(
    app: Flask, session: Session, browser: Browser
) -> None:
    address = "https://registry.example"
    assert not is_public_url_confirmed(session, "")
    assert not is_public_url_confirmed(session, address)
    browser.send("/settings/public_url_confirmed/change", value=address)
    session.rollback()
    assert not is_public_url_confirmed(session, address)  # PUBLIC_URL is not set, so it is no choice.
    app.config["PUBLIC_URL"] = address
    browser.send("/settings/public_url_confirmed/change", value=address)
    session.rollback()
    assert is_public_url_confirmed(session, address)
    assert not is_public_url_confirmed(session, "https://other.example")


def test_only_the_province_chooses_and_others_read(app: Flask, session: Session) -> None:
    for role, code, seen, changed in (
        (Role.COUNTY_ADMIN, factories.NANGUAN, 200, 403),
        (Role.AUDITOR, factories.NANGUAN, 200, 403),
        (Role.TRAINER, factories.NANGUAN, 403, 403),
    ):
        browser = Browser(app.test_client())
        browser.sign_in(factories.user(session, role, code).username)
        assert browser.get("/settings").status_code == seen
        assert browser.get("/settings/masking").status_code == seen
        assert browser.get("/settings/masking/change").status_code == changed
        assert browser.send("/settings/masking/change", value="3+4").status_code == changed
    session.rollback()
    assert setting(session, "masking") == "6+4"
    misplaced = factories.actor(session, Role.PROVINCE_ADMIN, CHANGCHUN)
    with pytest.raises(ForbiddenError):
        run(misplaced, change_setting, key="masking", value="3+4")


@pytest.mark.parametrize(
    ("key", "typed", "expected"),
    [
        ("session_idle_minutes", "45", 45),
        ("certificate_second_person", "", False),
        ("certificate_second_person", "1", True),
        ("password_policy", "nist", "nist"),
        ("totp_roles", ["auditor", "relief_officer"], ["auditor", "relief_officer"]),
        ("totp_roles", [], []),
        ("masking", "3+4", "3+4"),
    ],
)
def test_each_kind_of_setting_is_changed_on_its_page(
    session: Session, browser: Browser, key: str, typed: object, expected: object
) -> None:
    path = f"/settings/{key}/change"
    assert browser.get(path).status_code == 200
    done = browser.send(path, value=typed, source="2026 年第 3 次办公会", confirmed="y")
    assert done.status_code == 303
    session.rollback()
    assert setting(session, key) == expected
    page = text(browser.get(done.location))
    assert "2026 年第 3 次办公会" in page
    assert "status-good" in page


def test_a_refused_value_stays_typed(session: Session, browser: Browser) -> None:
    refused = browser.send("/settings/masking/change", value="12", source="办公会")
    assert refused.status_code == 200
    assert 'value="12"' in text(refused)
    assert "办公会" in text(refused)
    session.rollback()
    assert setting(session, "masking") == "6+4"
