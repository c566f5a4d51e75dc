"""The editable grid as a form field: rows come as one JSON value, or as pasted lines where no script runs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from flask_babel import gettext
from wtforms import Field
from wtforms.validators import ValidationError
from wtforms.widgets import TextArea

from registry.web.forms import clean_text

Row = dict[str, str]
# A title row or two may stand above the headings of a copied list.
HEADING_WITHIN = 5


@dataclass(frozen=True)
class GridColumn:
    """One column. `type` is text, number, choice or check; a choice is (value, label, key on the keyboard).

    `aliases` are other headings under which the column is recognised when cells are pasted; `readonly`
    columns are printed; `toggle` draws a choice as one button that steps through the choices.
    """

    key: str
    label: Any
    type: str = "text"
    choices: tuple[tuple[str, Any, str], ...] = ()
    required: bool = False
    readonly: bool = False
    toggle: bool = False
    wide: bool = False
    narrow: bool = False
    aliases: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """What the script needs to draw the column."""
        return {
            "key": self.key,
            "label": str(self.label),
            "type": self.type,
            "choices": [[value, str(label), key] for value, label, key in self.choices],
            "required": self.required,
            "readonly": self.readonly,
            "toggle": self.toggle,
            "wide": self.wide,
            "narrow": self.narrow,
            "aliases": list(self.aliases),
        }


class GridField(Field):  # type: ignore[misc]
    """Rows of cells. `data` is a list of dicts of text by column key, with "id" where the row came with one.

    `set_all` names the columns that a "set all" button filled, with the value it set. `cell_errors` is a
    list of {"row", "column", "reason"}; rows count from 0 in `data`, column None means the whole row.
    """

    widget = TextArea()
    data: list[Row]

    def __init__(
        self, label: Any = None, *, columns: Sequence[GridColumn], max_rows: int = 500, **kwargs: Any
    ) -> None:
        super().__init__(label, **kwargs)
        self.columns = tuple(columns)
        self.max_rows = max_rows
        self.set_all: dict[str, str] = {}
        self.cell_errors: list[dict[str, Any]] = []

    def process_data(self, value: Iterable[dict[str, Any]] | None) -> None:
        """Rows given by the view; values become text."""
        self.data = [
            {key: "" if cell is None else str(cell) for key, cell in row.items()} for row in value or ()
        ]

    def process_formdata(self, valuelist: list[str]) -> None:
        """Rows as sent: the script's JSON, or tab-separated lines."""
        if not valuelist:
            return
        text = valuelist[0].strip()
        if text.startswith("{"):
            rows, self.set_all = self._read_json(text)
        else:
            rows = read_lines(valuelist[0], self.columns)
        keys = {"id", *(column.key for column in self.columns)}
        cleaned = [{key: clean_text(cell) for key, cell in row.items() if key in keys} for row in rows]
        for row in cleaned:
            if not _is_id(row.get("id", "")):
                row.pop("id", None)
        self.data = [
            row for row in cleaned if any(cell for key, cell in row.items() if key != "id") or row.get("id")
        ]

    def _read_json(self, text: str) -> tuple[list[Row], dict[str, str]]:
        try:
            sent = json.loads(text)
            rows = [
                {str(key): "" if cell is None else str(cell) for key, cell in row.items()}
                for row in sent["rows"]
            ]
            set_all = {str(item["column"]): str(item["value"]) for item in sent.get("set_all", ())}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(
                gettext("The table did not arrive whole. Nothing was saved; please send it again.")
            ) from error
        return rows, {
            key: value for key, value in set_all.items() if any(column.key == key for column in self.columns)
        }

    def pre_validate(self, form: Any) -> None:
        """Shape only: number of rows, required cells, numbers and choices. Sense is the command's."""
        self.cell_errors = []
        if len(self.data) > self.max_rows:
            raise ValidationError(
                gettext(
                    "The table has %(count)s rows; at most %(max)s fit at once. Nothing was saved. "
                    "Upload a file, or send the rows in parts.",
                    count=len(self.data),
                    max=self.max_rows,
                )
            )
        for index, row in enumerate(self.data):
            for column in self.columns:
                reason = _shape(column, row)
                if reason:
                    self.cell_errors.append({"row": index, "column": column.key, "reason": reason})
        if self.cell_errors:
            raise ValidationError(self.errors_in_words())

    def add_cell_error(self, row: int, column: str | None, reason: str) -> None:
        """Mark a cell, or the whole row; the form then counts as refused."""
        self.cell_errors.append({"row": row, "column": column, "reason": reason})
        self.errors = [self.errors_in_words()]

    def errors_in_words(self) -> str:
        """How many places need attention, and that nothing was saved."""
        return str(
            gettext(
                "%(count)s places in the table need attention. Nothing was saved; correct and save again.",
                count=len(self.cell_errors),
            )
        )

    def label_of(self, key: str | None) -> str:
        """The heading of a column, empty for the whole row."""
        return next((str(column.label) for column in self.columns if column.key == key), "")

    def column_specs(self) -> list[dict[str, Any]]:
        """The columns as the script reads them."""
        return [column.as_json() for column in self.columns]

    def _value(self) -> str:
        return self.lines()

    def lines(self) -> str:
        """The rows as tab-separated lines under a heading line, for use without script."""
        out = io.StringIO()
        writer = csv.writer(out, dialect="excel-tab", lineterminator="\n")
        with_id = any(row.get("id") for row in self.data)
        writer.writerow((["id"] if with_id else []) + [str(column.label) for column in self.columns])
        for row in self.data:
            writer.writerow(
                ([row.get("id", "")] if with_id else []) + [_in_words(column, row) for column in self.columns]
            )
        return out.getvalue()


def read_lines(text: str, columns: Sequence[GridColumn]) -> list[Row]:
    """Tab-separated lines as Excel copies them. A heading line is recognised when half of it names columns;
    otherwise the cells are taken in the order of the columns."""
    try:
        lines = [line for line in csv.reader(io.StringIO(text, newline=""), dialect="excel-tab") if any(line)]
    except csv.Error as error:
        raise ValueError(
            gettext("The table did not arrive whole. Nothing was saved; please send it again.")
        ) from error
    if not lines:
        return []
    names = {"id": "id"}
    for column in columns:
        for name in (column.key, str(column.label), *column.aliases):
            names[_plain(name)] = column.key
    keys: list[str | None] = [column.key for column in columns]
    for index, line in enumerate(lines[:HEADING_WITHIN]):
        heading = [names.get(_plain(cell)) for cell in line]
        hits = sum(key is not None for key in heading)
        # One known word is a heading in the first line only; further down it may be a value.
        if hits >= (2 if index else 1) and 2 * hits >= len([cell for cell in line if cell]):
            keys, lines = heading, lines[index + 1 :]
            break
    choices = {
        column.key: {_plain(str(label)): value for value, label, _ in column.choices} for column in columns
    }
    return [
        {
            key: choices.get(key, {}).get(_plain(cell), cell)
            for key, cell in zip(keys, line, strict=False)
            if key
        }
        for line in lines
    ]


def _in_words(column: GridColumn, row: Row) -> str:
    cell = row.get(column.key, "")
    return next((str(label) for value, label, _ in column.choices if value == cell), cell)


def _plain(text: str) -> str:
    return "".join(text.split()).lower()


def _shape(column: GridColumn, row: Row) -> str:
    cell = row.get(column.key, "")
    if column.readonly:
        return ""
    if not cell:
        return gettext("Must not be empty.") if column.required else ""
    if column.type == "number" and not _is_number(cell):
        return str(gettext("Not a number."))
    if column.type == "choice" and cell not in {value for value, _, _ in column.choices}:
        return str(gettext("Not one of the choices."))
    return ""


def _is_id(text: str) -> bool:
    """Whether it can be the number of a record; a longer one would be none that a database holds."""
    return text.isascii() and text.isdecimal() and len(text) <= 10


def _is_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False
