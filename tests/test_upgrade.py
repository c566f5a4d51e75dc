"""An upgrade carries the data of earlier tables over, and leaves the database as strict as it was."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from registry.cli.setup import make_keys
from registry.core.db import db
from registry.core.secrets import current_keys, use_keys
from tests.conftest import _server_url
from tests.databases import Database, PostgresDatabase, SqliteDatabase, build_app

FIRST = "0001"
ROWS = (
    (
        "INSERT INTO unit (id, code, name, name_en, level, sort_key) "
        "VALUES (1, '220000', '吉林省', 'Jilin', 'province', '1')"
    ),
    (
        "INSERT INTO person (id, canonical_id, name, pinyin, initials, phone_last4, employer, occupation, "
        "education, home_unit_id, state) VALUES "
        "(2, 2, '欧阳娜娜', 'ouyangnana', 'oynn', '5678', '', '', '', 1, 'active'), "
        "(3, 2, '欧阳娜', 'ouyangna', 'oyn', NULL, '', '', '', 1, 'merged')"
    ),
    (
        "INSERT INTO person_identifier (id, person_id, kind, value, value_hash, last4, masked) "
        "VALUES (4, 2, 'resident_id', 'sealed', 'hash', '1234', 'sealed')"
    ),
    "INSERT INTO person_reach (person_id, unit_id) VALUES (2, 1), (3, 1)",
)


@pytest.fixture
def first(app: Flask, engine_name: str, tmp_path: Path, pytestconfig: pytest.Config) -> Iterator[Flask]:
    """The application over a database with the first tables and a few people in them."""
    keys = current_keys()
    database: Database
    if engine_name == "sqlite":
        database = SqliteDatabase(tmp_path)
    else:
        worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
        database = PostgresDatabase(_server_url(pytestconfig), f"upgrade_{worker}")
    database.create()
    old = build_app(database.url, str(tmp_path / "instance"))
    with old.app_context():
        make_keys(old)
        upgrade(revision=FIRST)
        with db.engine.begin() as connection:
            for row in ROWS:
                connection.execute(text(row))
        yield old
        db.session.remove()
        db.engine.dispose()
    use_keys(keys)
    if isinstance(database, PostgresDatabase):
        database.keep_as_template()  # `close` drops both.
        database.close()


def test_people_are_carried_over_and_found_within_their_units(first: Flask) -> None:
    upgrade()
    with db.engine.connect() as connection:
        names = connection.execute(text("SELECT name FROM person ORDER BY id")).scalars().all()
        reach = connection.execute(
            text("SELECT person_id, name, pinyin, initials, registered FROM person_reach ORDER BY person_id")
        ).all()
        kept = connection.execute(text("SELECT value FROM person_identifier")).scalars().all()
    assert names == ["欧阳娜娜", "欧阳娜"]
    assert [tuple(row)[:4] for row in reach] == [(2, "欧阳娜娜", "ouyangnana", "oynn"), (3, None, None, None)]
    assert all(row.registered for row in reach)
    assert kept == ["sealed"]


def test_references_are_refused_after_it_as_before(first: Flask) -> None:
    upgrade()
    with pytest.raises(IntegrityError), db.engine.begin() as connection:
        connection.execute(text("UPDATE person SET home_unit_id = 999 WHERE id = 2"))
