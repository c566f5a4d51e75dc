"""What only runs the site is dropped after a month, once a day, and never at the cost of a sign-in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.core import clock, ops
from registry.core.errors import BUSY, BusyError
from registry.core.ops import FormKey, Throttle, WebSession, ops_session
from registry.core.permissions import Role
from tests import factories
from tests.accounts import Browser

NOW = factories.noon(date(2026, 11, 23))


@pytest.fixture(autouse=True)
def not_yet_swept(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(ops._Swept, "on", None)
    with time_machine.travel(NOW, tick=False):
        yield


def leave_behind(moment: datetime, name: str) -> None:
    """A form key, a session and a count of tries of a moment."""
    with ops_session() as session:
        session.add(FormKey(user_id=1, endpoint="x", key=name, digest="", location="", saved_at=moment))
        session.add(WebSession(token_digest=name, user_id=1, created_at=moment, seen_at=moment))
        session.add(Throttle(key=name, window_start=moment, failures=1))


def left(session: Session) -> list[set[str]]:
    """The keys, sessions and counts with these names that are still there."""
    session.rollback()
    columns = (FormKey.key, WebSession.token_digest, Throttle.key)
    return [set(session.execute(select(column)).scalars()) & {"old", "young"} for column in columns]


def test_the_first_sign_in_of_a_day_drops_what_is_a_month_old(app: Flask, session: Session) -> None:
    user = factories.user(session, Role.TRAINER)
    session.rollback()
    leave_behind(NOW - ops.KEPT - timedelta(seconds=1), "old")
    leave_behind(NOW - ops.KEPT + timedelta(seconds=1), "young")
    assert Browser(app.test_client()).sign_in(user.username).status_code == 303
    assert left(session) == [{"young"}] * 3


def test_the_second_sign_in_of_a_day_does_not_look(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = factories.user(session, Role.TRAINER)
    session.rollback()
    swept: list[datetime] = []
    monkeypatch.setattr(ops, "sweep", swept.append)
    for _ in range(2):
        assert Browser(app.test_client()).sign_in(user.username).status_code == 303
    assert swept == [NOW - ops.KEPT]
    with time_machine.travel(clock.now() + timedelta(days=1), tick=False):
        assert Browser(app.test_client()).sign_in(user.username).status_code == 303
    assert len(swept) == 2


def test_a_sweep_that_fails_lets_the_user_in(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = factories.user(session, Role.TRAINER)
    session.rollback()

    def busy(_before: datetime) -> None:
        raise BusyError(BUSY)

    monkeypatch.setattr(ops, "sweep", busy)
    browser = Browser(app.test_client())
    assert browser.sign_in(user.username).status_code == 303
    assert browser.get("/profile").status_code == 200
