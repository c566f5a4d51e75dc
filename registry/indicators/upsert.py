"""Adding to rows that may not exist yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session


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
