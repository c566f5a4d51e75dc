"""After migrating an empty database: the tables are the models', and insert-only tables refuse changes.

Both engines are checked. A migration on SQLite that rebuilds a table drops its triggers silently.
"""

from __future__ import annotations

import shutil
import sys

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

import registry.schema  # noqa: F401 - fills the metadata
from registry.core.db import Base, db
from registry.core.engines import insert_only_triggers
from tests.databases import (
    Database,
    PostgresDatabase,
    PostgresServer,
    SqliteDatabase,
    build_app,
    scratch_folder,
)


def problems(connection: Connection) -> list[str]:
    """What differs between a migrated database and the models, one line each."""
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    found = [
        f"differs from the models: {difference}" for difference in compare_metadata(context, Base.metadata)
    ]
    guarded = {m.class_.__tablename__ for m in Base.registry.mappers if m.class_.__insert_only__}
    triggers = insert_only_triggers(connection)
    found += [f"{table} is insert-only and has no trigger" for table in sorted(guarded - triggers)]
    found += [f"{table} has a trigger and is not insert-only" for table in sorted(triggers - guarded)]
    return found


def check(database: Database, instance: str) -> list[str]:
    """Migrate an empty database through the application and compare."""
    from registry.cli.setup import make_keys, migrate

    database.create()
    app = build_app(database.url, instance)
    with app.app_context():
        make_keys(app)
        migrate()
        with db.engine.connect() as connection:
            found = problems(connection)
        db.session.remove()
        db.engine.dispose()
    return [f"{db_name(database)}: {line}" for line in found]


def main() -> int:
    """Check both engines and print what is wrong."""
    folder = scratch_folder("registry-migrations")
    server = PostgresServer()
    try:
        found = check(SqliteDatabase(folder), str(folder / "instance"))
        postgresql = PostgresDatabase(server.url, "check")
        found += check(postgresql, str(folder / "instance"))
        postgresql.close()
    finally:
        server.stop()
        shutil.rmtree(folder)
    print("\n".join(found) or "the migrated tables of both engines are those of the models")
    return 1 if found else 0


def db_name(database: Database) -> str:
    """The engine's name for a message."""
    return "SQLite" if isinstance(database, SqliteDatabase) else "PostgreSQL"


if __name__ == "__main__":
    sys.exit(main())
