"""Fixtures of all tests. A test that asks for `app` runs once on SQLite and once on PostgreSQL.

The application is built once per engine and worker; each test gets a fresh copy of a migrated database
with the units and catalogues that `flask init` loads, and a data folder with nothing but keys.
"""

from __future__ import annotations

import gc
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextvars import Context
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask, has_app_context
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from waitress import create_server

from registry.core import secrets
from registry.core.db import db
from registry.public import blueprint as public
from registry.web import once
from tests.databases import (
    Database,
    PostgresDatabase,
    PostgresServer,
    SqliteDatabase,
    build_app,
    scratch_folder,
)

ENGINES = ("sqlite", "postgresql")
CHROMIUMS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "microsoft-edge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
    r"C:\Program Files\Microsoft\Edge\Application\msedge.exe",
)
SERVER = pytest.StashKey[PostgresServer]()


# When and which tests run


def pytest_configure(config: pytest.Config) -> None:
    """TESTS_ON names the moment at which the suite runs, so that a test which holds only today shows."""
    if moment := os.environ.get("TESTS_ON"):
        time_machine.travel(datetime.fromisoformat(moment), tick=True).start()


def find_chromium() -> str | None:
    """A Chromium to drive: the one CHROMIUM names, else one in a usual place."""
    named = os.environ.get("CHROMIUM")
    return next(filter(None, map(shutil.which, (named,) if named else CHROMIUMS)), None)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "engine_name" in metafunc.fixturenames:
        only = [name for name in ENGINES if metafunc.definition.get_closest_marker(f"{name}_only")]
        metafunc.parametrize("engine_name", only or ENGINES)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if find_chromium() is None:
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason="no Chromium found"))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if find_chromium() is None:
        terminalreporter.write_line(
            "Browser tests did NOT run: no Chromium found. Install one, or name it in CHROMIUM.", yellow=True
        )


# One PostgreSQL for the whole run


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    node.workerinput["postgresql_url"] = _server_url(node.config)


def pytest_unconfigure(config: pytest.Config) -> None:
    if SERVER in config.stash:
        config.stash[SERVER].stop()


def _server_url(config: pytest.Config) -> str:
    if hasattr(config, "workerinput"):
        return str(config.workerinput["postgresql_url"])
    if SERVER not in config.stash:
        config.stash[SERVER] = PostgresServer()
    return config.stash[SERVER].url


# The application


class TestClient(FlaskClient):
    """A browser: its requests share nothing with the test but the database.

    Inside an application context of the test a request would reuse that context, and with it the
    signed-in user and the session of the request before.
    """

    __test__ = False

    def open(self, *args: Any, **kwargs: Any) -> Any:
        if has_app_context():
            db.session.rollback()  # What the test loaded is read again after the request.
        return Context().run(super().open, *args, **kwargs)


class Site:
    """The application on one engine, set up once."""

    def __init__(self, database: Database, instance: Path) -> None:
        from registry.cli.setup import load_catalogues, make_keys, migrate

        self.database = database
        database.create()
        self.app = build_app(database.url, str(instance))
        self.app.test_client_class = TestClient
        with self.app.app_context():
            make_keys(self.app)
            migrate()
            load_catalogues()
        self._disconnect()
        database.keep_as_template()
        self._config = dict(self.app.config)
        self._keys = secrets.current_keys()
        self._server: Any = None

    def renew(self) -> None:
        """As after `flask init`, whatever the last test did."""
        self._disconnect()
        self.database.renew()
        self.app.config.clear()
        self.app.config.update(self._config)
        secrets.use_keys(self._keys)
        public.install(self.app)  # Nobody has asked anything yet.
        once._answers.clear()  # Copies of one database cannot be told apart by its catalogue.
        for entry in self.app.config["INSTANCE"].iterdir():
            if entry.is_dir() and entry.name != "keys":
                shutil.rmtree(entry)
            elif entry.is_file():
                entry.unlink()

    def address(self) -> str:
        """Where the application is served to browsers; the server runs from the first call on."""
        if self._server is None:
            self._server = create_server(self.app, host="127.0.0.1", port=0, threads=4)
            threading.Thread(target=self._server.run, daemon=True).start()
        return f"http://127.0.0.1:{self._server.effective_port}"

    def close(self) -> None:
        """Stop serving and drop the database."""
        if self._server is not None:
            self._server.close()
        gc.collect()  # The connections of threads that ended are given back before their database is gone.
        self._disconnect()
        self.database.close()

    def _disconnect(self) -> None:
        with self.app.app_context():
            db.engine.dispose()


@pytest.fixture(scope="session")
def worker_folder() -> Iterator[Path]:
    """A folder of this worker, in memory where there is room."""
    folder = scratch_folder("registry-tests")
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def open_site(worker_folder: Path, pytestconfig: pytest.Config) -> Iterator[Callable[[str], Site]]:
    """The site of an engine, set up when it is first asked for."""
    sites: dict[str, Site] = {}
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")

    def open_one(engine_name: str) -> Site:
        if engine_name not in sites:
            database: Database
            if engine_name == "sqlite":
                database = SqliteDatabase(worker_folder)
            else:
                database = PostgresDatabase(_server_url(pytestconfig), f"test_{worker}")
            sites[engine_name] = Site(database, worker_folder / "instance")
        return sites[engine_name]

    yield open_one
    for site in sites.values():
        site.close()


@pytest.fixture
def app(engine_name: str, open_site: Callable[[str], Site]) -> Flask:
    """The application after `flask init`: units, catalogues, keys, and no user."""
    site = open_site(engine_name)
    site.renew()
    return site.app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser without a session."""
    return app.test_client()


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """The database session of the test, inside an application context."""
    with app.app_context():
        yield db.session()


@pytest.fixture
def empty_database(worker_folder: Path, pytestconfig: pytest.Config) -> Iterator[Callable[[str], str]]:
    """The address of a database without any table, of the engine named."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
    made: list[Database] = []

    def make_one(engine_name: str) -> str:
        database: Database
        if engine_name == "sqlite":
            database = SqliteDatabase(worker_folder, "empty")
        else:
            database = PostgresDatabase(_server_url(pytestconfig), f"empty_{worker}")
        made.append(database)
        database.create()
        return database.url

    yield make_one
    for database in made:
        database.close()


# The browser


@pytest.fixture
def address(app: Flask, engine_name: str, open_site: Callable[[str], Site]) -> str:
    """Where a browser reaches the application of the test."""
    return open_site(engine_name).address()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """The Chromium of this worker, driven by Playwright."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=find_chromium(), args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def page(chromium: Any, address: str) -> Iterator[Any]:
    """An empty browser window; addresses are relative to the application."""
    context = chromium.new_context(base_url=address)
    yield context.new_page()
    context.close()
