"""Guessing is slow per account and address, tells nothing about names, and does not lock the owner out."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextvars import Context
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.accounts import throttle, views
from registry.accounts.models import User
from registry.core import clock
from registry.core.ops import Throttle
from registry.core.passwords import NOBODY, verify_password
from registry.core.permissions import Role
from tests import factories
from tests.accounts import Browser, text

Travel = Callable[[timedelta], None]
STRANGER, OFFICE = "203.0.113.7", "198.51.100.9"


@pytest.fixture
def travel() -> Iterator[Travel]:
    """Let so much time pass."""
    with time_machine.travel(clock.now(), tick=False) as traveller:
        yield lambda step: traveller.shift(step)


@pytest.fixture
def victim(session: Session) -> User:
    return factories.user(session, Role.TRAINER)


@pytest.fixture
def verified(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hashes that passwords were tried against."""
    tried: list[str] = []

    def counted(password_hash: str, password: str) -> bool:
        tried.append(password_hash)
        return verify_password(password_hash, password)

    monkeypatch.setattr(views, "verify_password", counted)
    return tried


def test_no_fifteen_minutes_hold_more_than_ten_tries_at_an_account(app: Flask, travel: Travel) -> None:
    gate = throttle.account_gate("victim")
    passed = []
    with app.app_context():
        for _ in range(1_000):
            if throttle.take_try([gate]) is None:
                passed.append(clock.now())
            travel(timedelta(seconds=7))
    assert len(passed) > 20
    for start in passed:
        assert sum(start <= at < start + timedelta(minutes=15) for at in passed) <= 10


def test_after_five_failures_even_the_right_password_waits(
    app: Flask, victim: User, verified: list[str], travel: Travel
) -> None:
    browser = Browser(app.test_client(), STRANGER)
    token = browser.token()
    for _ in range(5):
        assert (
            browser.send("/sign-in", token=token, username=victim.username, password="x").status_code == 200
        )
    refused = browser.send("/sign-in", token=token, username=victim.username, password=factories.PASSWORD)
    assert refused.status_code == 429
    assert len(verified) == 5
    assert 1 <= int(refused.headers["Retry-After"]) <= 61
    when = clock.local(clock.now() + timedelta(minutes=1))
    assert f"{when:%H:%M:%S}" in text(refused)
    travel(timedelta(minutes=1))
    assert browser.sign_in(victim.username).status_code == 303


def test_each_further_failure_waits_longer(app: Flask, travel: Travel) -> None:
    gate = throttle.account_gate("victim")
    waits = []
    with app.app_context():
        for _ in range(10):
            opens = throttle.take_try([gate])
            while opens is not None:
                waits.append(opens - clock.now())
                travel(opens - clock.now())
                opens = throttle.take_try([gate])
    assert waits == sorted(waits)
    assert sum(waits, timedelta()) == timedelta(minutes=12)


def test_unknown_and_known_names_get_the_same_words_and_the_same_work(
    app: Flask, victim: User, verified: list[str]
) -> None:
    def answers(username: str) -> list[str]:
        browser = Browser(app.test_client(), STRANGER)
        token = browser.token()
        pages = []
        for _ in range(6):
            answer = browser.send("/sign-in", token=token, username=username, password="x")
            page = re.sub(r'(name="(csrf_token|form_key|kept)"[^>]*value=")[^"]*', r"\1", text(answer))
            page = re.sub(r"\d\d:\d\d:\d\d", "", page)
            pages.append(f"{answer.status_code} {page.replace(username, '')}")
        return pages

    with time_machine.travel(clock.now(), tick=False):
        known = answers(victim.username)
        known_work = len(verified)
        unknown = answers("nobody" + victim.username)
    assert known == unknown
    assert len(verified) == 2 * known_work
    assert set(verified[known_work:]) == {NOBODY}


def test_a_disabled_account_reads_like_an_unknown_name(app: Flask, session: Session, victim: User) -> None:
    from registry.accounts.commands_users import disable_user
    from registry.core.scope import SYSTEM
    from registry.core.write import run

    run(SYSTEM, disable_user, user=victim)
    refused = Browser(app.test_client()).sign_in(victim.username)
    assert refused.status_code == 200
    assert "或该账号已停用" in text(refused) or "do not fit" in text(refused)


def test_the_owner_still_gets_in_from_a_browser_used_before(
    app: Flask, victim: User, verified: list[str]
) -> None:
    own = Browser(app.test_client(), OFFICE)
    own.sign_in(victim.username)
    own.send("/sign-out")
    stranger = Browser(app.test_client(), STRANGER)
    token = stranger.token()
    for _ in range(30):
        last = stranger.send("/sign-in", token=token, username=victim.username, password="x")
    assert last.status_code == 429
    assert Browser(app.test_client(), OFFICE).sign_in(victim.username).status_code == 429
    assert own.sign_in(victim.username).status_code == 303


def test_a_known_browser_has_a_limit_of_its_own_and_no_right_to_other_names(
    app: Flask, session: Session, victim: User
) -> None:
    other = factories.user(session, Role.TRAINER)
    own = Browser(app.test_client(), OFFICE)
    own.sign_in(victim.username)
    own.send("/sign-out")
    token = own.token()
    codes = [
        own.send("/sign-in", token=token, username=victim.username, password="x").status_code
        for _ in range(6)
    ]
    assert codes == [200] * 5 + [429]
    stranger = Browser(app.test_client(), STRANGER)
    token = stranger.token()
    for _ in range(6):
        stranger.send("/sign-in", token=token, username=other.username, password="x")
    assert own.sign_in(other.username).status_code == 429


def test_a_forged_device_cookie_is_worth_nothing(app: Flask, victim: User) -> None:
    stranger = Browser(app.test_client(), STRANGER)
    stranger.client.set_cookie("device", "WyJhIixbImIiXV0.forged.signature")
    token = stranger.token()
    codes = [
        stranger.send("/sign-in", token=token, username=victim.username, password="x").status_code
        for _ in range(6)
    ]
    assert codes[-1] == 429


def test_an_address_is_twenty_times_wider(app: Flask, travel: Travel) -> None:
    address = throttle.address_gate(OFFICE)
    with app.app_context():
        passed = sum(
            throttle.take_try([throttle.account_gate(f"name{i}"), address]) is None for i in range(1_000)
        )
        assert passed == 100
        elsewhere = throttle.address_gate(STRANGER)
        assert throttle.take_try([throttle.account_gate("name1"), elsewhere]) is None
        travel(timedelta(minutes=1))
        assert throttle.take_try([throttle.account_gate("fresh"), address]) is None


def test_people_signing_in_do_not_fill_the_office_address(app: Flask, session: Session, victim: User) -> None:
    for _ in range(3):
        Browser(app.test_client(), OFFICE).sign_in(victim.username)
    session.rollback()
    assert [row.failures for row in session.execute(select(Throttle)).scalars()] == [0]


def test_an_ipv6_network_counts_as_one_address() -> None:
    assert throttle.address_gate("2001:db8:1:2:3::4") == throttle.address_gate("2001:db8:1:2::9")
    assert throttle.address_gate("2001:db8:1:3::4") != throttle.address_gate("2001:db8:1:2::9")


def test_parallel_tries_are_counted_exactly(app: Flask, session: Session) -> None:
    gates = [throttle.account_gate("victim"), throttle.address_gate(STRANGER)]
    passed = []

    def guess() -> None:
        with app.app_context():
            passed.append(throttle.take_try(gates) is None)

    threads = [threading.Thread(target=lambda: Context().run(guess)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(passed) == 16
    assert sum(passed) == 5


def test_codes_and_repeated_passwords_are_slowed_down_too(app: Flask, victim: User) -> None:
    browser = Browser(app.test_client(), OFFICE)
    browser.sign_in(victim.username)
    token = browser.token()
    codes = [browser.send("/confirm-password", token=token, password="x").status_code for _ in range(6)]
    assert codes == [200] * 5 + [429]
    wanted = "Other-battery-42-horse"
    late = browser.send(
        "/profile/password", present_password=factories.PASSWORD, password=wanted, password_again=wanted
    )
    assert late.status_code == 429
