"""One page of a list, as the macro `listing` draws it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from flask_babel import gettext
from sqlalchemy import Select, func, select

from registry.web.columns import Column
from registry.web.listing_choices import SavedView
from registry.web.once import once

if TYPE_CHECKING:
    from registry.web.listing import Asked, BatchAction

COUNT_CAP = 1_000


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
    empty_title: Any
    empty_hint: Any
    empty_action: tuple[Any, str] | None
    batch: tuple[BatchAction, ...] = ()

    @cached_property
    def count(self) -> int:
        """How many rows the filters find, up to one more than the cap."""
        key = None if self.asked.steady is None else ("count", self.asked.listing.key, self.asked.steady)
        return once(key, self.counting, lasts=lambda count: count > COUNT_CAP)

    @property
    def count_text(self) -> str:
        """How many rows the filters find: exact up to 1,000, then "1,000+"."""
        return f"{COUNT_CAP:,}+" if self.count > COUNT_CAP else f"{self.count:,}"

    @cached_property
    def look(self) -> Hashable:
        """What the tools around the rows depend on."""
        return (
            (self.asked.listing.key, self.path, self.query, self.asked.number, self.asked.size),
            (self.more, self.too_deep, self.count_text),
            tuple(self.tags()),
            tuple(self.views),
            tuple([column.key for column in self.columns]),
            tuple([(action.endpoint, *action.values.items()) for action in self.batch]),
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


def count_of(rows: Select[Any], identity: Any) -> Select[int]:
    """How many rows there are, up to the cap, read along their order.

    Without the other columns the database leaves out the joins that only bring names.
    """
    ids = rows.with_only_columns(identity, maintain_column_froms=True)
    return select(func.count()).select_from(ids.limit(COUNT_CAP + 1).subquery())


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
