"""Runs migrations inside the Flask application, on the engine of DATABASE_URL."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.types import TypeDecorator

import registry.schema  # noqa: F401
from registry.core.db import Base, db

config = context.config


def render_type(kind: str, value: object, _context: object) -> str | bool:
    """Migrations name plain column types, so that they never import the application."""
    if kind == "type" and isinstance(value, TypeDecorator):
        return {"UtcStamp": "sa.DateTime()"}.get(type(value).__name__, "sa.Text()")
    return False


def run_migrations_online() -> None:
    """Migrate through the application's own engine."""
    with db.engine.connect() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        if is_sqlite:
            _set_foreign_keys(connection, "OFF")
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=True,
            compare_type=True,
            render_item=render_type,
        )
        with context.begin_transaction():
            context.run_migrations()
            if is_sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").first()):
                raise RuntimeError(f"the migration would leave references to nothing: {tuple(broken)}")
        if is_sqlite:
            connection.commit()
            _set_foreign_keys(connection, "ON")


def _set_foreign_keys(connection: Connection, state: str) -> None:
    """Tables are rebuilt without foreign keys. SQLite takes no notice of this inside a transaction."""
    raw = connection.connection.dbapi_connection
    assert raw is not None
    raw.execute(f"PRAGMA foreign_keys={state}")


run_migrations_online()
