"""What a reader chose for a list and wants to find again: visible columns and saved views."""

from __future__ import annotations

import json
from dataclasses import dataclass

from registry.core.ops import read_preference, save_preference


@dataclass(frozen=True)
class SavedView:
    """A named set of filters, order and page size."""

    name: str
    query: str


@dataclass(frozen=True)
class ListChoices:
    """The choices of one reader for one list; columns None means as the list declares them."""

    columns: frozenset[str] | None
    views: list[SavedView]


def read_choices(user_id: int | None, listing_key: str) -> ListChoices:
    """The stored choices; a value that no longer reads counts as none."""
    stored = read_preference(user_id, _preference(listing_key)) if user_id is not None else None
    try:
        value = json.loads(stored or "{}")
        columns = value.get("columns")
        return ListChoices(
            frozenset(columns) if columns is not None else None,
            [SavedView(view["name"], view["query"]) for view in value.get("views", ())],
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return ListChoices(None, [])


def save_choices(user_id: int, listing_key: str, choices: ListChoices) -> None:
    """Store the choices of one reader for one list."""
    value = {
        "columns": None if choices.columns is None else sorted(choices.columns),
        "views": [{"name": view.name, "query": view.query} for view in choices.views],
    }
    save_preference(user_id, _preference(listing_key), json.dumps(value, ensure_ascii=False))


def _preference(listing_key: str) -> str:
    return f"list:{listing_key}"
