"""Many rows of one table inserted with one statement."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, Table, insert, inspect

from registry.core.db import Base

# A column with what makes its values ready for the driver.
_Column = tuple[str, Callable[[Any], Any] | None]
_STATEMENTS: dict[tuple[type[Base], str], tuple[str, list[_Column]]] = {}


def insert_rows(connection: Connection, model: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows that name every column of the model.

    An insert of the mapped class prepares each row by itself, which takes longer than inserting it; here
    values are made ready column by column.
    """
    statement, columns = _statement(connection, model)
    values: list[list[Any]] = []
    for name, ready in columns:
        column = [row[name] for row in rows]
        values.append(column if ready is None else list(map(ready, column)))
    names = [name for name, _ready in columns]
    told: list[Any] = list(zip(*values, strict=True))
    if not connection.dialect.positional:
        told = [dict(zip(names, row, strict=True)) for row in told]
    connection.exec_driver_sql(statement, told)


def _statement(connection: Connection, model: type[Base]) -> tuple[str, list[_Column]]:
    dialect = connection.dialect
    key = (model, dialect.name)
    if key not in _STATEMENTS:
        table = inspect(model).local_table
        assert isinstance(table, Table)
        names = [column.key for column in table.columns]
        statement = str(insert(table).compile(dialect=dialect, column_keys=names))
        columns = [
            (column.key, column.type.dialect_impl(dialect).bind_processor(dialect))
            for column in table.columns
        ]
        _STATEMENTS[key] = (statement, columns)
    return _STATEMENTS[key]
