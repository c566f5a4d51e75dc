"""Lists read row by row: the text of their cells, and everything that is wrong with its place."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from registry.core.errors import RuleError
from registry.core.i18n import N_, Message
from registry.core.sheets import Cell, Stored, data_rows, find_header, read_sheet
from registry.core.text import clean, narrow

R = TypeVar("R")

# Column key → accepted headers, the first named in messages; the keys are accepted as well.
Headers = Mapping[str, tuple[str, ...]]

# Shorter numbers survive being stored as a number; document and bank numbers do not.
EXACT_DIGITS = 14
_YES = frozenset({"是", "已确认", "确认", "y", "yes", "true", "1"})
_NO = frozenset({"否", "待确认", "未确认", "n", "no", "false", "0"})

NO_ROWS = N_(
    "There is no row below the header. Nothing was saved; check that the list is on the first sheet."
)
_AS_NUMBER = N_(
    "Cell %(cell)s is stored as a number, so its last digits are lost. Set the column to text "
    "(设为文本) in the spreadsheet and type the number again."
)
_FORMULA = N_("This cell holds a formula; paste it as a value.")
_TOO_LONG = N_("At most %(limit)s characters fit here; shorten it.")
_MISSING = N_("This cell is empty; fill it in.")
_YES_OR_NO = N_("Write 是 (yes) or 否 (no).")


@dataclass(frozen=True, slots=True)
class RowError:
    """What is wrong in a row of a list, as the spreadsheet numbers it.

    `column` is the key of its header, None where the whole row is meant; `row` None means the whole list.
    """

    row: int | None
    column: str | None
    message: Message


def row_error(error: RuleError) -> RowError:
    """The refusal of a command as an error of the row that its message names, if it names one."""
    params = error.message.params
    reason = params.get("reason")
    told = reason if isinstance(reason, Message) else error.message
    return RowError(params.get("row"), error.field, told)


class ListRefusedError(RuleError):
    """A list with everything that is wrong in it. Nothing was saved."""

    def __init__(self, errors: Iterable[RowError]) -> None:
        self.errors = sorted(errors, key=lambda error: error.row or 0)
        super().__init__(
            N_("The list has %(count)s errors. Nothing was saved; correct them and import it again."),
            "file",
            count=len(self.errors),
        )


@dataclass(frozen=True, slots=True)
class Imported:
    """How many rows were saved, and how many say what is recorded already and had no effect."""

    saved: int
    known: int = 0


@dataclass
class Row:
    """One row being read: its number in the spreadsheet, cleaned text by column key, and what is wrong."""

    number: int
    cells: Mapping[str, Cell]
    texts: dict[str, str] = field(default_factory=dict)
    errors: list[RowError] = field(default_factory=list)

    @classmethod
    def of(cls, cells: Mapping[str, Cell]) -> Row:
        """The row of these cells. A cell that cannot be taken over is empty and told as an error."""
        row = cls(next(iter(cells.values())).row + 1, cells)
        for key, cell in cells.items():
            try:
                row.texts[key] = taken_over(cell)
            except RuleError as error:
                row.texts[key] = ""
                row.refuse(error, key)
        return row

    def text(self, key: str) -> str:
        """The text of a cell; empty where the list has no such column."""
        return self.texts.get(key, "")

    def read(self, key: str, reader: Callable[[str], R]) -> R | None:
        """What `reader` makes of a cell; None, and an error told, when it refuses."""
        try:
            return reader(self.text(key))
        except RuleError as error:
            self.refuse(error, key)
            return None

    def optional(self, key: str, reader: Callable[[str], R]) -> R | None:
        """The same; None for an empty cell."""
        return self.read(key, reader) if self.text(key) else None

    def bounded(self, key: str, limit: int) -> str:
        """The text of a cell of at most `limit` characters; a longer one is told as an error."""
        text = self.text(key)
        if len(text) > limit:
            self.refuse(RuleError(_TOO_LONG, key, limit=limit), key)
        return text

    def refuse(self, error: RuleError, key: str | None) -> None:
        """Tell an error of a column, or of the whole row."""
        self.tell(key, error.message)

    def tell(self, column: str | None, message: Message) -> None:
        """Tell what is wrong; of a column only the first, since the others follow from it."""
        if column is None or all(error.column != column for error in self.errors):
            self.errors.append(RowError(self.number, column, message))


@dataclass(frozen=True)
class ListFile:
    """A list as read. `headers` are the headers as they stand in the file, by column key."""

    rows: list[Row]
    headers: dict[str, str]
    digest: str

    @property
    def errors(self) -> list[RowError]:
        """What is wrong in all rows, in their order."""
        return [error for row in self.rows for error in row.errors]

    @property
    def good(self) -> list[Row]:
        """The rows without errors so far."""
        return [row for row in self.rows if not row.errors]


def read_list(data: bytes, filename: str, headers: Headers, required: Collection[str] = ()) -> ListFile:
    """Read a list from the content of a file; RuleError (field "file") when it is none."""
    sheet = read_sheet(data, filename)
    match = find_header(sheet, headers, required)
    rows = [Row.of(cells) for cells in data_rows(sheet, match)]
    if not rows:
        raise RuleError(NO_ROWS, "file")
    told = {key: clean(sheet.rows[match.row][column].text) for key, column in match.columns.items()}
    return ListFile(rows, told, hashlib.sha256(data).hexdigest())


def taken_over(cell: Cell) -> str:
    """The cleaned text of a cell; RuleError for a formula, or a long number stored as a number."""
    if cell.stored is Stored.NUMBER and sum(map(str.isdigit, cell.text)) > EXACT_DIGITS:
        raise RuleError(_AS_NUMBER, cell=cell.name)
    text = clean(cell.text)
    if text.startswith("="):
        raise RuleError(_FORMULA)
    return text


def plain(text: str) -> str:
    """A word as it is looked up: half width, lower case, without spaces."""
    return "".join(narrow(clean(text)).lower().split())


def present(text: str) -> str:
    """The text; RuleError for none."""
    if not text:
        raise RuleError(_MISSING)
    return text


def read_yes(text: str) -> bool:
    """是 or 否 (yes, no); RuleError otherwise."""
    word = plain(text)
    if word not in _YES | _NO:
        raise RuleError(_YES_OR_NO)
    return word in _YES


def read_whole(text: str, most: int) -> int:
    """A whole number from 0 to `most`; RuleError otherwise."""
    word = plain(text)
    if not word.isascii() or not word.isdecimal() or len(word) > len(str(most)) or int(word) > most:
        raise RuleError(N_("Write a whole number from 0 to %(most)s."), most=most)
    return int(word)


def only(unit_ids: set[int]) -> int | None:
    """The unit a list is about for the journal; None for a list about several."""
    return next(iter(unit_ids)) if len(unit_ids) == 1 else None
