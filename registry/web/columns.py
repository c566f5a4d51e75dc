"""Columns and cells of lists and tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any, NamedTuple

from flask import current_app, request, url_for
from sqlalchemy import Select
from sqlalchemy.orm import Session

from registry.core.clock import local
from registry.core.i18n import Message
from registry.web.locale import is_english, translate

Text = Any  # A str or a lazy translation of one.

Cell = Callable[[Any], Any]  # row → what stands in its cell.

# Stands for the number of a record where the address of any record is asked for.
_ANY = 10**15


class Link(NamedTuple):
    """A cell that leads somewhere."""

    url: str
    text: Text

    def __str__(self) -> str:
        return str(self.text)


@dataclass(frozen=True)
class Status:
    """A state as a badge. `kind` is good, wait, info, bad or off."""

    kind: str
    label: Text

    def __str__(self) -> str:
        return str(self.label)


@dataclass(frozen=True)
class Column:
    """A column of a list.

    `value(row)` gives the cell (the attribute `key` when not given); `made()` is called once per page instead
    and gives row → cell. `sort` is the SQL expression behind the heading, `masked(row)` is what an export
    writes instead of a personal value, `css` may be `num`.
    """

    key: str
    label: Text
    sort: Any = None
    value: Cell | None = None
    made: Callable[[], Cell] | None = None
    css: str = ""
    default_visible: bool = True
    masked: Cell | None = None
    export: bool = True

    def cell(self) -> Cell:
        """row → cell, for one page or one file."""
        return self.made() if self.made is not None else self.value or attrgetter(self.key)


def linked(endpoint: str, parameter: str, text: str, number: str = "id") -> Callable[[], Cell]:
    """Cells that show the attribute `text` and lead to the page of the record with the number in `number`.

    The address is made once: `url_for` for every row takes longer than the rows.
    """
    texts, numbers = attrgetter(text), attrgetter(number)

    def made() -> Cell:
        before, after = _around(endpoint, parameter)
        return lambda row: Link(f"{before}{numbers(row)}{after}", texts(row))

    return made


def _around(endpoint: str, parameter: str) -> list[str]:
    """What stands before and after the number in an address, wherever the application is mounted."""
    kept: dict[tuple[str, str], list[str]] = current_app.extensions.setdefault("record_addresses", {})
    key = endpoint, request.script_root
    if key not in kept:
        number: dict[str, Any] = {parameter: _ANY}
        kept[key] = url_for(endpoint, **number).split(str(_ANY))
    return kept[key]


def named(key: str) -> Callable[[], Cell]:
    """Cells with the name in the language of the page, out of the attributes `…_name` and `…_name_en`."""
    return lambda: attrgetter(f"{key}_name_en" if is_english() else f"{key}_name")


def plain(value: Any) -> str | int | Decimal | date | None:
    """A cell as an export writes it: numbers and dates stay what they are, everything else becomes text."""
    if value is None or isinstance(value, (int, Decimal)):
        return None if value is None else int(value) if isinstance(value, bool) else value
    if isinstance(value, datetime):
        return local(value).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value
    return translate(value) if isinstance(value, Message) else str(value)


def rows_of(session: Session, rows: Select[Any]) -> Any:
    """Run the Select: entities when it has one column, else Rows."""
    found = session.execute(rows)
    return found.scalars() if len(found.keys()) == 1 else found
