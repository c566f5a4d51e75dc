"""`flask init`: safe to run again, and never new keys over an old database."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from registry.accounts.models import Unit
from registry.accounts.queries import tree_on, unit_by_code
from registry.core import clock
from registry.core.journal import Clock
from registry.core.secrets import current_keys, use_keys
from tests import factories
from tests.databases import build_app


def test_the_units_of_jilin(session: Session) -> None:
    units = list(factories.all_units(session))
    levels = [unit.level for unit in units]
    assert (levels.count("province"), levels.count("prefecture"), levels.count("county")) == (1, 9, 60)
    province = unit_by_code(session, "220000")
    assert len(tree_on(session, clock.today()).below(province.id)) == 70
    moved = unit_by_code(session, "220381")
    assert (moved.code, moved.name) == ("220184", "公主岭市")


@pytest.mark.sqlite_only
def test_init_from_nothing(app: Flask, tmp_path: Path) -> None:
    """The data folder need not exist; before `init` every page says what to do."""
    keys = current_keys()
    folder = tmp_path / "not" / "there"
    url = f"sqlite:///{(folder / 'registry.db').as_posix()}"
    try:
        fresh = build_app(url, str(folder))
        page = fresh.test_client().get("/")
        assert page.status_code == 503
        assert "flask --app app init" in page.get_data(as_text=True)
        assert fresh.test_cli_runner().invoke(args=["init"]).output.strip() == "Ready."
        assert build_app(url, str(folder)).test_client().get("/sign-in").status_code == 200
    finally:
        use_keys(keys)


def test_init_again_changes_nothing(app: Flask, session: Session) -> None:
    before = session.get_one(Clock, 1).seq
    session.rollback()
    done = app.test_cli_runner().invoke(args=["init"])
    assert (done.exit_code, done.output.strip()) == (0, "Ready.")
    assert session.get_one(Clock, 1).seq == before


def test_an_empty_registry_needs_an_administrator(app: Flask, session: Session) -> None:
    session.rollback()
    done = app.test_cli_runner().invoke(args=["init", "--empty"])
    assert done.exit_code == 2
    assert "REGISTRY_ADMIN" in done.output
    told = {"REGISTRY_ADMIN": "admin", "REGISTRY_ADMIN_PASSWORD": "a-long-Password-7"}
    assert app.test_cli_runner(env=told).invoke(args=["init", "--empty"]).exit_code == 0
    assert session.query(Unit).count() == 70


def test_lost_keys_are_not_replaced(app: Flask, session: Session) -> None:
    session.rollback()
    keys = Path(app.config["INSTANCE"]) / "keys" / "keys.json"
    kept = keys.read_bytes()
    keys.unlink()
    try:
        done = app.test_cli_runner().invoke(args=["init"])
        assert done.exit_code == 2
        assert "no keys" in done.output
        assert not keys.exists()
    finally:
        keys.write_bytes(kept)
