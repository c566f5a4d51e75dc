"""Lists: filter, sort, page, columns, selection and export over a Select that is already scoped."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from operator import attrgetter
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from flask import Response, request
from flask_babel import gettext
from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from wtforms.fields.core import UnboundField

from registry.core.clock import today
from registry.web.columns import Column, Link, Status, Text, rows_of
from registry.web.forms import FilterForm
from registry.web.listing_choices import ListChoices, SavedView, read_choices
from registry.web.listing_export import send
from registry.web.locale import is_english

__all__ = ["LISTINGS", "BatchAction", "Column", "Link", "ListPage", "Listing", "Selection", "Status"]

SIZES = (20, 50, 100)
COUNT_CAP = 1_000
DEEPEST_ROW = 10_000
OWN_PARAMETERS = ("sort", "p", "n", "export")


@dataclass(frozen=True)
class BatchAction:
    """A button of the batch bar; `endpoint` takes the POST. `danger` keeps it apart from the others."""

    label: Text
    endpoint: str
    values: Mapping[str, Any] = field(default_factory=dict)
    icon: str = ""
    danger: bool = False


@dataclass(frozen=True)
class Listing:
    """What a list is. One is declared per list, at module level."""

    key: str
    identity: Any
    columns: tuple[Column, ...]
    title: Text
    default_sort: str
    filters: type[FilterForm] | None = None
    batch: tuple[BatchAction, ...] = ()
    row_id: Callable[[Any], object] = attrgetter("id")
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

    def read(self, args: MultiDict[str, str], user_id: int | None, *, as_of: int | None = None) -> Asked:
        """What the reader asks of this list. Unknown parameters and values fall back, they never fail.

        `as_of` is the journal number the page is read at. With it, the count and the filters of a list that
        nobody has narrowed are made once for each reader and number, because nothing can have changed.
        """
        form = (
            self.filters(args)
            if self.filters is not None and (as_of is None or self._narrows(args))
            else None
        )
        sort = args.get("sort", "")
        size = _int(args.get("n"), SIZES[0])
        export = args.get("export", "")
        return Asked(
            listing=self,
            read_form=form,
            as_of=as_of,
            filters=form.values() if form is not None else {},
            sort=sort if self.column(sort.lstrip("-")) is not None else self.default_sort,
            number=max(_int(args.get("p"), 1), 1),
            size=size if size in SIZES else SIZES[0],
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
        filters: dict[str, Any] = {}
        if everything and self.filters is not None:
            filters = self.filters(_query_args(form.get("query", ""))).values()
        ids = tuple(int(value) for value in form.getlist("ids") if value.isascii() and value.isdecimal())
        return Selection(self, ids, everything, filters)


LISTINGS: dict[str, Listing] = {}


@dataclass(frozen=True)
class Selection:
    """Chosen rows: those with `ids`, or all that the filters find."""

    listing: Listing
    ids: tuple[int, ...]
    everything: bool
    filters: dict[str, Any]

    def __bool__(self) -> bool:
        return self.everything or bool(self.ids)

    def narrow(self, rows: Select[Any]) -> Select[Any]:
        """The scoped Select cut down to the chosen rows; ids out of reach drop out by themselves."""
        return rows if self.everything else rows.where(self.listing.identity.in_(self.ids))


class RowView(NamedTuple):
    """One row of a page: the value of its checkbox and its cells in the order of the visible columns."""

    id: object
    cells: list[Any]


@dataclass(frozen=True)
class FilterTag:
    """A filter in force, with the address of the list without it."""

    label: str
    value: str
    url: str


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
    as_of: int | None
    args: MultiDict[str, str]

    @cached_property
    def form(self) -> FilterForm | None:
        """The filters as the reader filled them in."""
        if self.read_form is None and self.listing.filters is not None:
            return self.listing.filters(self.args)
        return self.read_form

    @property
    def moment(self) -> Hashable:
        """Who reads and at which journal number and day; None when the number is not known."""
        return None if self.as_of is None else (self.user_id, self.as_of, today())

    @property
    def form_look(self) -> Hashable:
        """What the drawn filters depend on: what is in them, or who reads them and when."""
        return self.read_form.look if self.read_form is not None else self.moment

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
        rows: Select[Any],
        empty_title: str = "",
        empty_hint: str = "",
        empty_action: tuple[str, str] | None = None,
    ) -> ListPage:
        """Fetch one page. Three statements: the rows, the reader's preferences, and the capped count when the
        page needs it."""
        deepest = DEEPEST_ROW // self.size
        number = min(self.number, deepest)
        ordered = self.order(rows)
        found = list(rows_of(session, ordered.limit(self.size + 1).offset((number - 1) * self.size)))
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
            counting=lambda: session.execute(_count(ordered, self.listing.identity)).scalar_one(),
            more=len(found) > self.size,
            too_deep=number == deepest and len(found) > self.size,
            views=choices.views,
            path=request.path,
            empty_title=empty_title or gettext("Nothing here yet"),
            empty_hint=empty_hint,
            empty_action=empty_action,
        )

    def download(self, session: Session, rows: Select[Any]) -> Response:
        """The whole list as a file, with the visible columns, in the order asked for."""
        choices = read_choices(self.user_id, self.listing.key)
        columns = [
            column for column in self.listing.columns if column.export and _is_visible(column, choices)
        ]
        return send(session, self.order(rows), columns, self.export, str(self.listing.title))


@dataclass(frozen=True)
class ListPage:
    """One page of a list, ready for the macro `listing`."""

    asked: Asked
    columns: list[Column]
    labels: dict[str, str]
    rows: list[RowView]
    counting: Callable[[], int]
    more: bool
    too_deep: bool
    views: list[SavedView]
    path: str
    empty_title: str
    empty_hint: str
    empty_action: tuple[str, str] | None

    @cached_property
    def count(self) -> int:
        """How many rows the filters find, up to one more than the cap."""
        return self.counting()

    @property
    def count_text(self) -> str:
        """How many rows the filters find: exact up to 1,000, then "1,000+"."""
        return f"{COUNT_CAP:,}+" if self.count > COUNT_CAP else f"{self.count:,}"

    @cached_property
    def look(self) -> Hashable:
        """What the tools around the rows depend on; the count follows from who reads and when."""
        return (
            (self.asked.listing.key, self.path, self.query, self.asked.number, self.asked.size),
            (self.more, self.too_deep, self.asked.moment or self.count_text),
            tuple(self.views),
            tuple([column.key for column in self.columns]),
        )

    @cached_property
    def query(self) -> str:
        """The filters in force as a query string, for batch actions and saved views."""
        return urlencode(
            [(key, value) for key, value in self.asked.args.items(multi=True) if key not in ("p", "export")]
        )

    def url(self, **changes: Any) -> str:
        """The address of this list with other parameters; None drops one. All but `p` start at page one."""
        kept = [
            (key, value)
            for key, value in self.asked.args.items(multi=True)
            if key not in changes and key not in ("p", "export")
        ]
        pairs = kept + [(key, str(value)) for key, value in changes.items() if value is not None]
        return f"{self.path}?{urlencode(pairs)}" if pairs else self.path

    def sort_url(self, column: Column) -> str:
        """The address that a click on the heading leads to: upwards first, then downwards."""
        return self.url(sort=f"-{column.key}" if self.asked.sort == column.key else column.key)

    def direction(self, column: Column) -> str:
        """`ascending`, `descending` or empty, as aria-sort wants it."""
        return {column.key: "ascending", f"-{column.key}": "descending"}.get(self.asked.sort, "")

    def tags(self) -> Iterator[FilterTag]:
        """The filters in force, each removable."""
        for name in self.asked.filters:
            entry: Any = self.asked.form[name] if self.asked.form is not None else None
            yield FilterTag(str(entry.label.text), _shown(entry), self.url(**{name: None}))


def _count(rows: Select[Any], identity: Any) -> Select[int]:
    """How many rows there are, up to the cap, read along their order.

    Without the other columns the database leaves out the joins that only bring names.
    """
    ids = rows.with_only_columns(identity, maintain_column_froms=True)
    return select(func.count()).select_from(ids.limit(COUNT_CAP + 1).subquery())


def _is_visible(column: Column, choices: ListChoices) -> bool:
    return column.default_visible if choices.columns is None else column.key in choices.columns


def _shown(entry: Any) -> str:
    choices = (
        {str(choice.value): str(choice.label) for choice in entry.iter_choices()}
        if hasattr(entry, "iter_choices")
        else {}
    )
    values = entry.data if isinstance(entry.data, list) else [entry.data]
    return " / ".join(
        gettext("yes") if value is True else choices.get(str(value), str(value)) for value in values
    )


def _query_args(query: str) -> MultiDict[str, str]:
    return MultiDict(parse_qsl(query))


def _int(text: str | None, fallback: int) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else fallback
