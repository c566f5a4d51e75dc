"""A list in memory: rows of cells that know how they were stored and what a spreadsheet calls them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from registry.core.errors import RuleError
from registry.core.i18n import N_
from registry.core.sheet_limits import CELLS, COLUMNS, EMPTY, TOO_FULL, TOO_WIDE

EXACT_DIGITS = 15


class Stored(StrEnum):
    """How a cell was stored. CSV files and pasted cells know text only."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    EMPTY = "empty"


class Cell(NamedTuple):
    """The text of a cell, how it was stored, and where it was (row and column counted from 0).

    Text is as stored, not cleaned. Whole numbers have no ".0"; dates are 1988-04-10, with the time behind
    when there is one; a formula shows its last value.
    """

    text: str
    stored: Stored
    row: int
    column: int

    @property
    def name(self) -> str:
        """C7, as Excel names it."""
        return f"{column_letters(self.column)}{self.row + 1}"

    @property
    def is_rounded(self) -> bool:
        """Whether a number has more digits than a spreadsheet keeps, so that the last ones are lost."""
        digits = self.text.removeprefix("-")
        return self.stored is Stored.NUMBER and digits.isdigit() and len(digits) > EXACT_DIGITS

    def exact(self, field: str | None = None) -> str:
        """The text, or RuleError naming the cell when its last digits were lost by storing it as a number."""
        if self.is_rounded:
            raise RuleError(
                N_(
                    "Cell %(cell)s is stored as a number and its last digits are lost. "
                    "Format the column as text and type the number again."
                ),
                field,
                cell=self.name,
            )
        return self.text


class Sheet(NamedTuple):
    """A list: rows of equal width, from the first row of the sheet to the last filled one.

    `kind` is xlsx, xls, csv or pasted.
    """

    rows: list[list[Cell]]
    kind: str


def column_letters(column: int) -> str:
    """A for 0, AA for 26."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def sheet_of(rows: Sequence[Sequence[Any]], kind: str) -> Sheet:
    """The values as a sheet: padded to equal width, without the empty rows and columns at the end."""
    texts = [[_stored(value) for value in row] for row in rows]
    while texts and not any(text for text, _ in texts[-1]):
        texts.pop()
    if not texts:
        raise RuleError(EMPTY, "file")
    width = max(map(_filled, texts))
    if width > COLUMNS:
        raise RuleError(TOO_WIDE, "file", limit=COLUMNS)
    if width * len(texts) > 2 * CELLS:
        raise RuleError(TOO_FULL, "file")
    blank = ("", Stored.EMPTY)
    return Sheet(
        [
            [
                Cell(text, stored, index, column)
                for column, (text, stored) in enumerate(row[:width] + [blank] * (width - len(row)))
            ]
            for index, row in enumerate(texts)
        ],
        kind,
    )


def _filled(row: Sequence[tuple[str, Stored]]) -> int:
    width = len(row)
    while width and not row[width - 1][0]:
        width -= 1
    return width


def _stored(value: Any) -> tuple[str, Stored]:
    if isinstance(value, str):
        return value, Stored.TEXT if value else Stored.EMPTY
    if isinstance(value, bool):
        return ("TRUE" if value else "FALSE"), Stored.TEXT
    if isinstance(value, int | float):
        whole = isinstance(value, int) or value.is_integer()
        # Fifteen digits are what a spreadsheet shows of a fraction: 0.3, not 0.30000000000000004.
        return (str(int(value)) if whole else format(value, ".15g")), Stored.NUMBER
    return _date_text(value), Stored.DATE


def _date_text(value: Any) -> str:
    if isinstance(value, datetime):
        clock = _date_text(value.time())
        return value.date().isoformat() if clock == "00:00" else f"{value.date().isoformat()} {clock}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.isoformat("minutes" if not value.second else "seconds")
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02d}" + (f":{seconds:02d}" if seconds else "")
    raise TypeError(type(value))
