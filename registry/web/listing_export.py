"""A list as a file: XLSX or CSV with BOM, written row by row."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from flask import Response, send_file, stream_with_context
from flask_babel import gettext
from sqlalchemy import Select
from sqlalchemy.orm import Session

from registry.core.clock import today
from registry.core.sheets import write_csv, write_xlsx
from registry.web.columns import Column, plain, rows_of

T = TypeVar("T")

MOST_ROWS = 100_000
CHUNK = 1_000


def send(session: Session, rows: Select[Any], columns: Sequence[Column], kind: str, title: str) -> Response:
    """The rows as a download; `kind` is xlsx or csv. At most 100,000 rows, and the last line says so."""
    headers = [str(column.label) for column in columns]
    lines = export_lines(session, rows, columns)
    name = f"{title}-{today().isoformat()}.{kind}"
    if kind == "csv":
        streamed = _given_back(session, write_csv(headers, lines))
        response = Response(stream_with_context(streamed), mimetype="text/csv")
        response.headers.set("Content-Disposition", "attachment", filename=name)
        return response
    # A workbook cannot be sent before it is whole; it waits in memory, because lists hold personal data.
    file = io.BytesIO()
    write_xlsx(file, headers, lines)
    file.seek(0)
    return send_file(
        file,
        mimetype="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        as_attachment=True,
        download_name=name,
    )


def _given_back(session: Session, parts: Iterator[T]) -> Iterator[T]:
    """The parts, and the connection given back behind them: the request ends before the first is sent."""
    try:
        yield from parts
    finally:
        session.close()


def export_lines(session: Session, rows: Select[Any], columns: Sequence[Column]) -> Iterator[list[Any]]:
    """The cells as an export writes them: personal columns masked, text without markup."""
    cells = [column.masked or column.cell() for column in columns]
    found = rows_of(session, rows.limit(MOST_ROWS + 1).execution_options(yield_per=CHUNK))
    for index, row in enumerate(found):
        if index == MOST_ROWS:
            yield [
                gettext(
                    "Only the first %(count)s rows are in this file; choose a narrower filter.",
                    count=MOST_ROWS,
                )
            ]
            return
        yield [plain(cell(row)) for cell in cells]
