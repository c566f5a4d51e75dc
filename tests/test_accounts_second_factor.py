"""The second factor: set up with a first code, asked for at sign-in, each code once, reset by others."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pyotp
import pytest
import time_machine
from flask import Flask
from sqlalchemy.orm import Session

from registry.accounts import commands_own, commands_settings, commands_users, totp
from registry.accounts.models import User
from registry.accounts.queries import actor_for
from registry.core import clock
from registry.core.errors import RuleError
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run
from tests import factories
from tests.accounts import Browser, hidden, text

Travel = Callable[[timedelta], None]
SECRET = pyotp.random_base32()


@pytest.fixture
def travel() -> Iterator[Travel]:
    """Let so much time pass."""
    with time_machine.travel(clock.now(), tick=False) as traveller:
        yield lambda step: traveller.shift(step)


@pytest.fixture
def user(session: Session) -> User:
    return factories.user(session, Role.RELIEF_OFFICER)


@pytest.fixture
def protected(session: Session, user: User, travel: Travel) -> User:
    """A user whose app holds SECRET."""
    run(
        actor_for(session, user, clock.today()),
        commands_own.set_up_second_factor,
        user=user,
        secret=SECRET,
        code=code(),
    )
    travel(timedelta(seconds=30))
    return user


def code(secret: str = SECRET) -> str:
    return pyotp.TOTP(secret).at(clock.now())


def test_it_is_set_up_with_the_secret_of_the_page_and_the_first_code(
    app: Flask, session: Session, user: User, travel: Travel
) -> None:
    browser = Browser(app.test_client())
    browser.sign_in(user.username)
    page = text(browser.get("/profile/second-factor"))
    found = re.search(r"<code>([A-Z2-7 ]+)</code>", page)
    assert found
    secret = found[1].replace(" ", "")
    assert '<path d="M' in page
    wrong = browser.send("/profile/second-factor", totp_code="000000")
    assert wrong.status_code == 200
    session.expire_all()
    assert session.get_one(User, user.id).totp_secret is None
    assert browser.send("/profile/second-factor", totp_code=code(secret)).status_code == 303
    session.expire_all()
    assert session.get_one(User, user.id).totp_secret == secret


def test_sign_in_then_needs_a_code(app: Flask, protected: User) -> None:
    browser = Browser(app.test_client())
    asked = browser.sign_in(protected.username)
    assert asked.status_code == 200
    assert hidden(asked, "totp_code") == ""
    assert browser.get("/profile").status_code == 302
    assert browser.send("/sign-in/code", totp_code="12 34 56").status_code == 200
    assert browser.get("/profile").status_code == 302
    assert browser.send("/sign-in/code", totp_code=f"{code()[:3]} {code()[3:]}").status_code == 303
    assert browser.get("/profile").status_code == 200


def test_a_code_without_the_password_before_it_is_worth_nothing(app: Flask, protected: User) -> None:
    browser = Browser(app.test_client())
    assert browser.send("/sign-in/code", totp_code=code()).location == "/sign-in"
    assert browser.get("/profile").status_code == 302


def test_the_code_is_due_within_five_minutes(app: Flask, protected: User, travel: Travel) -> None:
    browser = Browser(app.test_client())
    browser.sign_in(protected.username)
    travel(timedelta(minutes=6))
    assert browser.send("/sign-in/code", totp_code=code()).location == "/sign-in"
    assert browser.get("/profile").status_code == 302


def test_a_code_is_good_once(app: Flask, protected: User, travel: Travel) -> None:
    used = code()
    for expected in (303, 200):
        browser = Browser(app.test_client())
        browser.sign_in(protected.username)
        assert browser.send("/sign-in/code", totp_code=used).status_code == expected
    travel(timedelta(seconds=30))
    assert browser.send("/sign-in/code", totp_code=code()).status_code == 303


def test_two_requests_with_one_code_have_one_effect(session: Session, protected: User) -> None:
    actor = actor_for(session, protected, clock.today())
    run(actor, commands_own.use_code, user=protected, code=code())
    with pytest.raises(RuleError, match="used before"):
        run(actor, commands_own.use_code, user=protected, code=code())


def test_the_neighbouring_steps_count_but_none_before_the_last_used() -> None:
    moment = clock.now()
    step = int(moment.timestamp()) // 30
    one = pyotp.TOTP(SECRET)
    assert totp.matching_step(SECRET, one.generate_otp(step - 1), 0, moment) == step - 1
    assert totp.matching_step(SECRET, one.generate_otp(step + 1), 0, moment) == step + 1
    assert totp.matching_step(SECRET, one.generate_otp(step - 1), step, moment) is None
    assert totp.matching_step(SECRET, one.generate_otp(step - 3), 0, moment) is None
    assert totp.matching_step(SECRET, "一二三", 0, moment) is None


def test_guessing_codes_is_slowed_down(app: Flask, protected: User) -> None:
    browser = Browser(app.test_client())
    token = browser.token()
    browser.send("/sign-in", token=token, username=protected.username, password=factories.PASSWORD)
    codes = [browser.send("/sign-in/code", token=token, totp_code="1").status_code for _ in range(6)]
    assert codes == [200] * 5 + [429]


def test_a_role_can_require_it_before_anything_else(app: Flask, session: Session, user: User) -> None:
    run(SYSTEM, commands_settings.change_setting, key="totp_roles", value=["relief_officer"])
    browser = Browser(app.test_client())
    browser.sign_in(user.username)
    assert browser.get("/units").location == "/profile/second-factor"
    assert browser.get("/profile/second-factor").status_code == 200
    other = Browser(app.test_client())
    other.sign_in(factories.user(session, Role.TRAINER).username)
    assert other.get("/units").status_code == 200


def test_it_is_given_up_only_where_no_role_needs_it(app: Flask, session: Session, protected: User) -> None:
    browser = Browser(app.test_client())
    browser.sign_in(protected.username)
    browser.send("/sign-in/code", totp_code=code())
    run(SYSTEM, commands_settings.change_setting, key="totp_roles", value=["relief_officer"])
    browser.send("/profile/second-factor/remove")
    session.expire_all()
    assert session.get_one(User, protected.id).totp_secret == SECRET
    run(SYSTEM, commands_settings.change_setting, key="totp_roles", value=[])
    browser.send("/profile/second-factor/remove")
    session.expire_all()
    assert session.get_one(User, protected.id).totp_secret is None


def test_an_administrator_takes_a_lost_one_away(app: Flask, session: Session, protected: User) -> None:
    admin = factories.user(session, Role.COUNTY_ADMIN)
    browser = Browser(app.test_client())
    browser.sign_in(admin.username)
    assert browser.send(f"/users/{protected.id}/second-factor/reset").status_code == 303
    assert Browser(app.test_client()).sign_in(protected.username).status_code == 303
    with pytest.raises(RuleError, match="no second factor"):
        run(SYSTEM, commands_users.reset_second_factor, user=protected)


def test_sensitive_acts_ask_for_the_password_again(
    app: Flask, session: Session, user: User, travel: Travel
) -> None:
    admin = factories.user(session, Role.COUNTY_ADMIN)
    browser = Browser(app.test_client())
    browser.sign_in(admin.username)
    path = f"/users/{user.id}/password/reset"
    assert browser.get(path).status_code == 200
    travel(timedelta(minutes=11))
    assert browser.get(path).location == f"/confirm-password?next={path}"
    before = session.get_one(User, user.id).password_hash
    asked = browser.send(path)
    assert 'name="password"' in text(asked)
    session.expire_all()
    assert session.get_one(User, user.id).password_hash == before
    assert browser.send("/confirm-password", password="wrong", next=path).status_code == 200
    assert browser.get(path).status_code == 302
    assert browser.send("/confirm-password", password=factories.PASSWORD, next=path).location == path
    assert browser.get(path).status_code == 200
