"""Lists: filter, sort, page, columns, selection and export over a Select that is already scoped."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from operator import attrgetter
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import Response, request
from sqlalchemy import ColumnElement, Select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from wtforms.fields.core import UnboundField

from registry.web.columns import Column, Link, Status, Text, rows_of
from registry.web.forms import FilterForm
from registry.web.listing_choices import ListChoices, read_choices
from registry.web.listing_export import send
from registry.web.listing_page import ListPage, RowView, count_of
from registry.web.locale import is_english
from registry.web.once import once

__all__ = ["LISTINGS", "BatchAction", "Column", "Link", "ListPage", "Listing", "Selection", "Status"]

SIZES = (20, 50, 100)
DEEPEST_ROW = 10_000
# More digits are no number of a record, and some of them none that a database holds.
LONGEST_ID = 15
OWN_PARAMETERS = ("sort", "p", "n", "export")


@dataclass(frozen=True)
class BatchAction:
    """A button of the batch bar; `endpoint` takes the POST. `danger` keeps it apart from the others, `file`
    says that the answer may be a file, which leaves the list standing."""

    label: Text
    endpoint: str
    values: Mapping[str, Any] = field(default_factory=dict)
    icon: str = ""
    danger: bool = False
    file: bool = False


@dataclass(frozen=True)
class Listing:
    """What a list is. One is declared per list, at module level. `size` is how many rows a page has unless
    the reader asks for another number."""

    key: str
    identity: Any
    columns: tuple[Column, ...]
    title: Text
    default_sort: str
    filters: type[FilterForm] | None = None
    batch: tuple[BatchAction, ...] = ()
    row_id: Callable[[Any], object] = attrgetter("id")
    size: int = SIZES[0]
    spoken: dict[bool, dict[str, str]] = field(default_factory=dict, init=False, compare=False)

    def __post_init__(self) -> None:
        assert self.column(self.default_sort.lstrip("-")) is not None, "default_sort names no sortable column"
        LISTINGS[self.key] = self

    def column(self, key: str) -> Column | None:
        """The sortable column of that key."""
        return next(
            (column for column in self.columns if column.key == key and column.sort is not None), None
        )

    def labels(self) -> dict[str, str]:
        """The headings by column key, in the language of the page."""
        english = is_english()
        if english not in self.spoken:
            self.spoken[english] = {column.key: str(column.label) for column in self.columns}
        return self.spoken[english]

    def read(self, args: MultiDict[str, str], user_id: int | None, *, steady: Hashable = None) -> Asked:
        """What the reader asks of this list. Unknown parameters and values fall back, they never fail.

        `steady` names what the whole list depends on when its filters offer units and types only and no row
        ever leaves it: the catalogue and the reach. While that stays, the filters of the whole list are made
        once, and once it has more rows than are counted it keeps them.
        """
        whole = steady is not None and not self._narrows(args)
        form = self.filters(args) if self.filters is not None and not whole else None
        sort = args.get("sort", "")
        size = _int(args.get("n"), self.size)
        export = args.get("export", "")
        return Asked(
            listing=self,
            read_form=form,
            steady=steady if whole else None,
            filters=form.values() if form is not None else {},
            sort=sort if self.column(sort.lstrip("-")) is not None else self.default_sort,
            number=max(_int(args.get("p"), 1), 1),
            size=size if size in SIZES else self.size,
            export=export if export in ("xlsx", "csv") else "",
            user_id=user_id,
            args=MultiDict((key, value) for key, value in args.items(multi=True) if self.understands(key)),
        )

    def understands(self, parameter: str) -> bool:
        """Whether a query parameter belongs to this list."""
        return parameter in OWN_PARAMETERS or self._filters(parameter)

    def _filters(self, parameter: str) -> bool:
        return isinstance(getattr(self.filters, parameter, None), UnboundField)

    def _narrows(self, args: MultiDict[str, str]) -> bool:
        return any(self._filters(parameter) for parameter in args)

    def selection(self, form: MultiDict[str, str]) -> Selection:
        """The rows a batch action was asked for."""
        everything = form.get("all") == "1"
        pairs = [(key, value) for key, value in parse_qsl(form.get("query", "")) if self.understands(key)]
        filters: dict[str, Any] = {}
        if everything and self.filters is not None:
            filters = self.filters(MultiDict(pairs)).values()
        return Selection(self, whole_numbers(form.getlist("ids")), everything, filters, urlencode(pairs))


LISTINGS: dict[str, Listing] = {}


@dataclass(frozen=True)
class Selection:
    """Chosen rows: those with `ids`, or all that the filters find. `query` leads back to the same list."""

    listing: Listing
    ids: tuple[int, ...]
    everything: bool
    filters: dict[str, Any]
    query: str = ""

    def __bool__(self) -> bool:
        return self.everything or bool(self.ids)

    def narrow(self, rows: Select[Any]) -> Select[Any]:
        """The scoped Select cut down to the chosen rows; ids out of reach drop out by themselves."""
        return rows if self.everything else rows.where(self.listing.identity.in_(self.ids))


@dataclass(frozen=True)
class Asked:
    """One request for a list."""

    listing: Listing
    read_form: FilterForm | None
    filters: dict[str, Any]
    sort: str
    number: int
    size: int
    export: str
    user_id: int | None
    steady: Hashable
    args: MultiDict[str, str]

    @cached_property
    def form(self) -> FilterForm | None:
        """The filters as the reader filled them in."""
        if self.read_form is None and self.listing.filters is not None:
            return self.listing.filters(self.args)
        return self.read_form

    @property
    def form_look(self) -> Hashable:
        """What the drawn filters depend on."""
        if self.read_form is not None:
            return self.read_form.look
        key = None if self.steady is None else ("filters", self.listing.key, self.steady, is_english())
        return once(key, lambda: self.form.look if self.form is not None else None)

    @property
    def is_first(self) -> bool:
        """Whether it is the first page of the whole list, in the order that the list has by itself."""
        return not self.filters and self.number == 1 and self.sort == self.listing.default_sort

    def order(self, rows: Select[Any]) -> Select[Any]:
        """The Select in the order asked for; the identity breaks ties in the same direction."""
        column = self.listing.column(self.sort.lstrip("-"))
        assert column is not None
        keys: list[ColumnElement[Any]] = [column.sort, self.listing.identity]
        down = self.sort.startswith("-")
        return rows.order_by(None).order_by(*(key.desc() if down else key.asc() for key in keys))

    def page(
        self,
        session: Session,
        rows: Select[Any] | Callable[[], Select[Any]],
        empty_title: Text = "",
        empty_hint: Text = "",
        empty_action: tuple[Text, str] | None = None,
        batch: Sequence[BatchAction] | None = None,
        first: Callable[[int], Iterable[Any]] | None = None,
    ) -> ListPage:
        """Fetch one page. Three statements: the rows, the reader's preferences, and the capped count when the
        page needs it. `batch` are the actions this reader may use here, when not all that the list has.
        `empty_action` is a label and the endpoint it leads to. `first` reads so many rows off the top of the
        whole list, faster than `rows` does."""
        deepest = DEEPEST_ROW // self.size
        number = min(self.number, deepest)
        if first is not None and self.is_first:
            found = list(first(self.size + 1))
        else:
            part = self._ordered(rows).limit(self.size + 1).offset((number - 1) * self.size)
            found = list(rows_of(session, part))
        choices = read_choices(self.user_id, self.listing.key)
        visible = [column for column in self.listing.columns if _is_visible(column, choices)]
        cells = [column.cell() for column in visible]
        return ListPage(
            asked=replace(self, number=number),
            columns=visible,
            labels=self.listing.labels(),
            rows=[
                RowView(self.listing.row_id(row), [cell(row) for cell in cells]) for row in found[: self.size]
            ],
            counting=lambda: session.execute(
                count_of(self._ordered(rows), self.listing.identity)
            ).scalar_one(),
            more=len(found) > self.size,
            too_deep=number == deepest and len(found) > self.size,
            views=choices.views,
            path=request.path,
            empty_title=empty_title,
            empty_hint=empty_hint,
            empty_action=empty_action,
            batch=self.listing.batch if batch is None else tuple(batch),
        )

    def _ordered(self, rows: Select[Any] | Callable[[], Select[Any]]) -> Select[Any]:
        return self.order(rows() if callable(rows) else rows)

    def download(self, session: Session, rows: Select[Any], title: Text | None = None) -> Response:
        """The whole list as a file, with the visible columns, in the order asked for; named after `title`, or
        after the list."""
        choices = read_choices(self.user_id, self.listing.key)
        columns = [
            column for column in self.listing.columns if column.export and _is_visible(column, choices)
        ]
        return send(session, self.order(rows), columns, self.export, str(title or self.listing.title))


def _is_visible(column: Column, choices: ListChoices) -> bool:
    return column.default_visible if choices.columns is None else column.key in choices.columns


def whole_numbers(texts: Iterable[str]) -> tuple[int, ...]:
    """The numbers of records among values that came with a request."""
    return tuple(
        int(text) for text in texts if text.isascii() and text.isdecimal() and len(text) <= LONGEST_ID
    )


def _int(text: str | None, fallback: int) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else fallback
