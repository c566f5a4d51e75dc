"""Columns and cells of lists and tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any

from flask import url_for
from sqlalchemy import Select
from sqlalchemy.orm import Session

from registry.core.clock import local
from registry.core.i18n import Message
from registry.web.locale import translate

Text = Any  # A str or a lazy translation of one.

# Stands for the number of a record where the address of any record is asked for.
_ANY = 10**15


@dataclass(frozen=True)
class Link:
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
class To:
    """Where the cells of a column lead: to a page whose address holds one number of the row."""

    endpoint: str
    parameter: str
    number: Callable[[Any], int] = attrgetter("id")

    def url(self) -> Callable[[Any], str]:
        """row → address. The address is made once: `url_for` for every row takes longer than the rows."""
        before, after = url_for(self.endpoint, **{self.parameter: _ANY}).split(str(_ANY))
        return lambda row: f"{before}{self.number(row)}{after}"


@dataclass(frozen=True)
class Column:
    """A column of a list.

    `value(row)` gives the cell (the attribute `key` when not given), `to` makes it a link, `sort` is the SQL
    expression behind the heading, `masked(row)` is what an export writes instead of a personal value, `css`
    may be `num`.
    """

    key: str
    label: Text
    sort: Any = None
    value: Callable[[Any], Any] | None = None
    to: To | None = None
    css: str = ""
    default_visible: bool = True
    masked: Callable[[Any], Any] | None = None
    export: bool = True

    @property
    def cell(self) -> Callable[[Any], Any]:
        """row → the cell, without its link."""
        return self.value if self.value is not None else attrgetter(self.key)

    def linked(self) -> Callable[[Any], Any]:
        """row → the cell as a page shows it."""
        if self.to is None:
            return self.cell
        text, url = self.cell, self.to.url()
        return lambda row: Link(url(row), text(row))


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
    return session.scalars(rows) if len(rows.column_descriptions) == 1 else session.execute(rows)
