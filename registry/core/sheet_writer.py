"""Lists written as files that Excel and WPS open, without anything in them coming to life as a formula."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from os import PathLike
from typing import IO, Any

import xlsxwriter

from registry.core.errors import RuleError
from registry.core.i18n import N_

BOM = b"\xef\xbb\xbf"
CHUNK = 500
CELL_LENGTH = 32_767

# A spreadsheet runs a CSV cell that starts like this. Quotes before it are counted in, so that the prefix can
# be taken off again exactly.
_LIVE = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")


# Neither XML nor UTF-8 can carry these, and no one can type them.
_UNWRITABLE = re.compile("[\ud800-\udfff\ufffe\uffff]")


def guard(text: str) -> str:
    """The text with a quote before it when a spreadsheet would take it for a formula."""
    return f"'{text}" if _LIVE.match(text) else text


def unguard(text: str) -> str:
    """The text as it was before guard(); any other text stays as it is."""
    return text[1:] if text.startswith("'") and _LIVE.match(text) else text


def write_csv(headers: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """The list as CSV in UTF-8 with BOM, in pieces of 500 rows. Text that looks like a formula is guarded."""
    buffer = io.StringIO(newline="")
    # With quotes around everything the separator is the only comma outside them, and never guessed wrong.
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL)
    writer.writerow([guard(header) for header in headers])
    yield BOM
    for count, row in enumerate(rows, start=1):
        writer.writerow(
            [guard(cell_text(value)) if isinstance(value, str) else cell_text(value) for value in row]
        )
        if count % CHUNK == 0:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def write_xlsx(
    target: str | PathLike[str] | IO[bytes],
    headers: Sequence[str],
    rows: Iterable[Sequence[Any]],
    sheet: str = "Sheet1",
) -> None:
    """The list as a workbook with a fixed, bold header row.

    Text is always stored as text, so neither formulas nor links nor rounded numbers arise; int, float and
    Decimal are stored as numbers while they have at most 15 digits; dates are text, 2026-11-23. No temporary
    files are made. RuleError when a text is longer than a cell holds (32,767 characters).
    """
    # The writer would keep parts in temporary files, and lists hold personal data.
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    bold = book.add_format({"bold": True, "bottom": 1})
    page = book.add_worksheet(sheet)
    page.freeze_panes(1, 0)
    widths = [_width(header) for header in headers]
    for column, header in enumerate(headers):
        page.write_string(0, column, header, bold)
    for index, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            if isinstance(value, int | float | Decimal) and not isinstance(value, bool) and _is_exact(value):
                page.write_number(index, column, value)
                continue
            text = cell_text(value)
            if not text:
                continue
            if len(text) > CELL_LENGTH:
                raise RuleError(
                    N_("A text in the list is longer than a spreadsheet cell holds. Export it as CSV."),
                    "file",
                )
            page.write_string(index, column, text)
            if index < CHUNK and column < len(widths):
                widths[column] = max(widths[column], _width(text))
    for column, width in enumerate(widths):
        page.set_column(column, column, min(width + 2, 50))
    book.close()


def cell_text(value: Any) -> str:
    """A value as text: nothing for None, 2026-11-23 for a date, no exponent for a number."""
    if value is None:
        return ""
    if isinstance(value, str):
        return _UNWRITABLE.sub("", value)
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds")
    if isinstance(value, date):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def _is_exact(value: int | float | Decimal) -> bool:
    return sum(map(str.isdigit, str(value))) <= 15 and value == value and abs(value) != float("inf")


def _width(text: str) -> int:
    """Columns on the screen: a Chinese character takes two."""
    return max(
        (sum(2 if ord(character) > 0x2E7F else 1 for character in line) for line in text.split("\n")),
        default=0,
    )
