"""Everything that differs between SQLite and PostgreSQL. No other module names an engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Index, String, Table, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import Session

from registry.core.errors import BUSY, BusyError, StorageError
from registry.core.i18n import N_

# How long a write waits for another one before it gives up and says so.
LOCK_WAIT_SECONDS: float = 5

FULL = N_("The disk of the server is full or read-only. Nothing was saved; please tell the administrator.")

# Text compared byte by byte on both engines, so that an index serves `starts with`.
PREFIX_TEXT = String(120).with_variant(String(120, collation="C"), "postgresql")


def partial_index(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index over the rows where a condition holds."""
    condition = text(where)
    return Index(name, *columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


def engine_options(url: str) -> dict[str, Any]:
    """Options for `create_engine`. Pages read one consistent snapshot on either engine.

    The connection used last is used again first: it has in memory what was read last, and on SQLite a
    connection forgets that once another one writes.
    """
    if url.startswith("sqlite"):
        connect_args = {"timeout": LOCK_WAIT_SECONDS, "check_same_thread": False}
        return {"connect_args": connect_args, "pool_use_lifo": True}
    return {"pool_pre_ping": True, "isolation_level": "REPEATABLE READ", "pool_size": 10, "max_overflow": 20}


def is_file(engine: Engine) -> bool:
    """Whether the database is a file, which is made when it is first opened."""
    return engine.dialect.name == "sqlite"


def install(engine: Engine) -> None:
    """Attach what an engine needs at connect and at begin."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # We say BEGIN ourselves.
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={int(LOCK_WAIT_SECONDS * 1000)}",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # A deferred BEGIN that later writes fails at once with "locked", whatever the timeout.
        immediate = connection.get_execution_options().get("registry_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def write_options(dialect: str) -> dict[str, Any]:
    """Execution options of the connection that a write uses."""
    options: dict[str, Any] = {"registry_write": True}
    if dialect == "postgresql":
        options["isolation_level"] = "READ COMMITTED"
    return options


def bound_lock_wait(connection: Connection) -> None:
    """Let a write give up after LOCK_WAIT_SECONDS; SQLite has its busy timeout instead."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"SET LOCAL lock_timeout = '{int(LOCK_WAIT_SECONDS * 1000)}ms'"))


def translate(error: DBAPIError) -> Exception:
    """The error a person can act on, or the error itself when it is a defect of ours."""
    original = str(error.orig).lower()
    state = getattr(error.orig, "sqlstate", None)
    if isinstance(error, OperationalError):
        if "locked" in original or state == "55P03" or state == "40P01":
            return BusyError(BUSY)
        if "disk" in original or "readonly" in original or "read-only" in original or state == "53100":
            return StorageError(FULL)
    return error


def insert_only_triggers(connection: Connection) -> set[str]:
    """The tables that carry insert-only triggers now; a migration must not lose one."""
    if connection.dialect.name == "sqlite":
        found = connection.execute(
            text("SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'")
        ).all()
        tables = {row[0] for row in found}
        return {t for t in tables if {f"{t}_no_update", f"{t}_no_delete"} <= {row[1] for row in found}}
    rows = connection.execute(
        text(
            "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
            "WHERE t.tgname = c.relname || '_no_change' AND t.tgenabled <> 'D'"
        )
    ).all()
    return {row[0] for row in rows}


def upsert_add(session: Session, table: Table, keys: Sequence[str], rows: list[dict[str, Any]]) -> None:
    """Add each row's quantity to the row with the same keys, or insert it, with one statement."""
    if not rows:
        return
    insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement: Any = insert(table)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=list(keys),
            set_={"quantity": table.c.quantity + statement.excluded.quantity},
        ),
        rows,
    )
