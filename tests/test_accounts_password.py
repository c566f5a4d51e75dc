"""Passwords: how they are hashed, what the two policies ask for, and when a new one is due."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.accounts import commands_settings, commands_users
from registry.accounts.commands_own import change_password
from registry.accounts.models import User
from registry.core import clock
from registry.core.errors import ForbiddenError, RuleError
from registry.core.ops import FormKey
from registry.core.passwords import (
    NOBODY,
    POLICIES,
    check_password,
    generate_password,
    hash_password,
    is_due,
    verify_password,
)
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run
from tests import factories
from tests.accounts import Browser, text
from tests.watching import last_entry

NEW = "Another-battery-77-staple"


def test_hashes_are_argon2id_with_the_stated_cost_and_salted() -> None:
    one, two = hash_password("a"), hash_password("a")
    assert one.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert one != two
    assert verify_password(one, "a")
    assert not verify_password(one, "b")
    assert not verify_password("no hash", "a")


def test_the_stand_in_for_unknown_names_costs_the_same() -> None:
    assert NOBODY.split("$")[:4] == hash_password("a").split("$")[:4]
    assert not verify_password(NOBODY, "")


def test_the_same_letters_typed_as_other_code_points_are_the_same_password() -> None:
    assert verify_password(hash_password("e\u0301"), "\u00e9")


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize(
    ("password", "told"),
    [
        ("Ab3-", "fewer"),
        ("Ab3-" * 40, "more than"),
        ("Password-2024-2025", "easy to guess"),
        ("zhangsan-Abc-12345", "easy to guess"),
        ("Aa1Aa1Aa1Aa1Aa1Aa1", "easy to guess"),
        ("Correct-horse-42-battery", None),
    ],
)
def test_what_either_policy_refuses(policy: str, password: str, told: str | None) -> None:
    if told is None:
        check_password(password, "zhangsan", policy)
        return
    with pytest.raises(RuleError, match=told) as refused:
        check_password(password, "zhangsan", policy)
    assert refused.value.field == "password"


def test_graded_protection_asks_for_kinds_and_nist_for_length() -> None:
    with pytest.raises(RuleError, match="three of these"):
        check_password("wanderndemoosgruen", "zhangsan", "mlps")
    check_password("wanderndemoosgruen", "zhangsan", "nist")
    check_password("Moos-wald-7", "zhangsan", "mlps")
    with pytest.raises(RuleError, match="fewer than 15"):
        check_password("Moos-wald-7", "zhangsan", "nist")
    with pytest.raises(RuleError, match="easy to guess"):
        check_password("12345678901234567890", "zhangsan", "nist")


def test_made_passwords_fit_either_policy_and_differ() -> None:
    made = {generate_password() for _ in range(200)}
    assert len(made) == 200
    for password in made:
        for policy in POLICIES:
            check_password(password, "zhangsan", policy)


def test_only_graded_protection_lets_passwords_expire() -> None:
    now = clock.now()
    assert is_due("mlps", now - timedelta(days=90), now)
    assert not is_due("mlps", now - timedelta(days=89), now)
    assert not is_due("nist", now - timedelta(days=9_000), now)


@pytest.fixture
def trainer(session: Session) -> User:
    return factories.user(session, Role.TRAINER)


@pytest.fixture
def browser(app: Flask, trainer: User) -> Browser:
    opened = Browser(app.test_client())
    opened.sign_in(trainer.username)
    return opened


def change(browser: Browser, present: str, new: str, again: str | None = None, **more: str) -> object:
    return browser.send(
        "/profile/password", present_password=present, password=new, password_again=again or new, **more
    )


def current_hash(session: Session, user: User) -> str:
    session.expire_all()
    return session.get_one(User, user.id).password_hash


def test_a_changed_password_works_and_the_old_one_no_longer(
    app: Flask, session: Session, browser: Browser, trainer: User
) -> None:
    assert change(browser, factories.PASSWORD, NEW).status_code == 303  # type: ignore[attr-defined]
    assert Browser(app.test_client()).sign_in(trainer.username).status_code == 200
    assert Browser(app.test_client()).sign_in(trainer.username, NEW).status_code == 303
    entry = last_entry(session)
    assert (entry.action, entry.actor_id) == ("accounts.change_password", trainer.id)


@pytest.mark.parametrize(
    ("present", "new", "again"),
    [
        ("wrong", NEW, NEW),
        (factories.PASSWORD, NEW, NEW + "x"),
        (factories.PASSWORD, factories.PASSWORD, factories.PASSWORD),
        (factories.PASSWORD, "short-1A", "short-1A"),
    ],
)
def test_a_refused_change_leaves_the_old_password(
    session: Session, browser: Browser, trainer: User, present: str, new: str, again: str
) -> None:
    before = current_hash(session, trainer)
    refused = change(browser, present, new, again)
    assert refused.status_code == 200  # type: ignore[attr-defined]
    assert "notice-error" in text(refused)
    assert new not in text(refused)
    assert current_hash(session, trainer) == before


def test_no_digest_of_a_password_is_stored(session: Session, browser: Browser) -> None:
    change(browser, factories.PASSWORD, NEW)
    assert session.execute(select(FormKey)).first() is None


def test_nobody_changes_the_password_of_another(session: Session, trainer: User) -> None:
    someone = factories.actor(session, Role.PROVINCE_ADMIN, factories.PROVINCE)
    before = current_hash(session, trainer)
    with pytest.raises(ForbiddenError):
        run(someone, change_password, user=trainer, password_hash="x")
    assert current_hash(session, trainer) == before


def test_an_initial_password_has_to_be_changed_before_anything_else(
    app: Flask, session: Session, trainer: User
) -> None:
    run(SYSTEM, commands_users.reset_password, user=trainer, password_hash=hash_password(NEW))
    browser = Browser(app.test_client())
    browser.sign_in(trainer.username, NEW)
    for path in ("/profile", "/units", "/profile/sessions"):
        assert browser.get(path).location == "/profile/password"
    assert browser.get("/profile/password").status_code == 200
    change(browser, NEW, factories.PASSWORD)
    assert browser.get("/profile").status_code == 200


def test_after_ninety_days_a_new_one_is_due_unless_the_policy_says_no(
    app: Flask, session: Session, trainer: User
) -> None:
    with time_machine.travel(clock.now() + timedelta(days=91), tick=False):
        browser = Browser(app.test_client())
        browser.sign_in(trainer.username)
        assert browser.get("/units").location == "/profile/password"
        run(SYSTEM, commands_settings.change_setting, key="password_policy", value="nist")
        assert browser.get("/units").status_code == 200
