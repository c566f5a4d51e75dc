"""An export gives its connection back, whether it was read to the end, given up, or never begun."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextvars import Context

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from registry.core.db import db
from registry.core.permissions import Role
from tests import factories
from tests.accounts import Browser


@pytest.fixture
def reader(app: Flask, session: Session) -> Browser:
    factories.persons(session, 3)
    username = factories.user(session, Role.TRAINER).username
    session.rollback()
    browser = Browser(app.test_client())
    browser.sign_in(username)
    return browser


@pytest.fixture
def uncollected() -> Iterator[None]:
    """What is only given back by the garbage collector is not given back in time."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_after_the_last_line(reader: Browser, session: Session, uncollected: None, kind: str) -> None:
    session.rollback()
    for _ in range(3):
        answer = reader.get(f"/people/?export={kind}")
        assert answer.status_code == 200
        assert len(answer.get_data()) > 100
        answer.close()
        assert db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


@pytest.mark.parametrize("lines", [0, 1])
def test_after_a_reader_gave_up(reader: Browser, session: Session, uncollected: None, lines: int) -> None:
    session.rollback()

    def give_up() -> None:
        answer = FlaskClient.open(reader.client, "/people/?export=csv")
        parts = iter(answer.response)
        for _line in range(lines):
            assert next(parts)
        answer.close()

    for _ in range(3):
        Context().run(give_up)  # As a server does it: asking, reading and closing in one place.
        assert db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
