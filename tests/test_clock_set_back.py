"""When the clock of the server was ahead and is set back, nobody is locked out until it has caught up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pyotp
import pytest
import time_machine
from flask import Flask
from sqlalchemy.orm import Session

from registry.accounts import commands_own, throttle
from registry.accounts.queries import actor_for
from registry.core import clock
from registry.core.permissions import Role
from registry.core.write import run
from tests import factories
from tests.accounts import Browser

Travel = Callable[[timedelta], None]
AHEAD = timedelta(days=1)


@pytest.fixture
def travel() -> Iterator[Travel]:
    """Set the clock."""
    with time_machine.travel(clock.now(), tick=False) as traveller:
        yield lambda step: traveller.shift(step)


def test_tries_counted_ahead_of_the_clock_do_not_shut_the_door(
    app: Flask, session: Session, travel: Travel
) -> None:
    user = factories.user(session, Role.TRAINER)
    session.rollback()
    travel(AHEAD)
    wrong = Browser(app.test_client())
    wrong.sign_in(user.username, "not the password")
    travel(-AHEAD)
    browser = Browser(app.test_client())
    assert browser.sign_in(user.username).status_code == 303


def test_failures_are_still_counted_after_the_clock_was_set_back(app: Flask, travel: Travel) -> None:
    gate = throttle.account_gate("victim")
    with app.app_context():
        travel(AHEAD)
        for _ in range(3):
            assert throttle.take_try([gate]) is None
        travel(-AHEAD)
        passed = [throttle.take_try([gate]) is None for _ in range(5)]
    assert passed == [True, True, False, False, False]


def test_a_code_is_that_of_the_clock_and_not_of_the_last_stamp(session: Session, travel: Travel) -> None:
    user = factories.user(session, Role.TRAINER)
    travel(AHEAD)
    factories.user(session, Role.TRAINER)  # A write ahead of the clock: later stamps do not go back.
    travel(-AHEAD)
    secret = pyotp.random_base32()
    actor = actor_for(session, user, clock.today())
    app_code = pyotp.TOTP(secret).at(clock.now())
    run(actor, commands_own.set_up_second_factor, user=user, secret=secret, code=app_code)
    travel(timedelta(seconds=30))
    app_code = pyotp.TOTP(secret).at(clock.now())
    run(actor, commands_own.use_code, user=user, code=app_code)
