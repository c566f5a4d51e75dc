"""The tables of a figure by field of service and by team, for its page and as files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from registry.core.db import db
from registry.indicators.asked import Asked, address_of
from registry.indicators.cards import said
from registry.indicators.forms import NOTHING, team_choices
from registry.indicators.groups import Part, by_group
from registry.indicators.indicator import Group
from registry.indicators.question import Question
from registry.web.locale import translate

# What a page shows of a long table; the rest is one row, so that the table still adds up.
SHOWN = 30


@dataclass(frozen=True)
class GroupRow:
    """A part of the value; `link` are the parameters that lead to its records, if there is a list of them."""

    label: str
    quantity: int
    link: dict[str, Any] | None


@dataclass(frozen=True)
class GroupTable:
    """The value in parts that sum to it."""

    key: str
    heading: str
    rows: list[GroupRow]
    total: int
    more: bool


def group_tables(asked: Asked, question: Question, *, everything: bool) -> list[GroupTable]:
    """One table for each way the figure can be split, one statement each."""
    return [
        _table(asked, question, key, group, everything) for key, group in question.indicator.groups.items()
    ]


def _table(asked: Asked, question: Question, key: str, group: Group, everything: bool) -> GroupTable:
    parts = by_group(db.session(), question, group)
    shown = parts if everything or len(parts) <= SHOWN else parts[: SHOWN - 1]
    rows = [GroupRow(label_of(group, part), part.quantity, _link(asked, key, part)) for part in shown]
    rest = parts[len(shown) :]
    if rest:
        others = _("%(count)s others", count=len(rest))
        rows.append(GroupRow(others, sum(part.quantity for part in rest), None))
    return GroupTable(key, said(group.heading), rows, sum(part.quantity for part in parts), bool(rest))


def _link(asked: Asked, key: str, part: Part) -> dict[str, Any] | None:
    """The parameters that lead to the records; a team beyond the reader's reach is not chosen from."""
    told = NOTHING if part.key is None else str(part.key)
    if key == "team" and part.key is not None and told not in {number for number, _name in team_choices()}:
        return None
    return address_of(asked, **{key: told})


def label_of(group: Group, part: Part) -> str:
    """The part in words, in the language of the page."""
    if part.key is None:
        return said(group.none)
    if group.names is None:
        return part.name or str(part.key)
    return translate(group.names[part.key]) if part.key in group.names else str(part.key)
