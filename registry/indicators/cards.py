"""The tiles of a unit as a page shows them, with words and addresses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from flask import url_for
from flask_babel import get_locale, gettext
from sqlalchemy.orm import Session

from registry.core.permissions import Permission
from registry.core.scope import Actor
from registry.indicators.indicator import Words
from registry.indicators.tiles import Tile, tiles


@dataclass(frozen=True)
class Card:
    """One figure for the macro `figure`, in its unit; `value` is None while it waits to be rebuilt.

    `records` is how many records it comes from, None where the value does not tell.
    """

    label: str
    value: int | Decimal | None
    unit: str
    as_of: date
    change: str
    trend: list[int | Decimal]
    url: str
    records_url: str
    records: int | None


def said(words: Words) -> str:
    """Words of a definition in the language of the page."""
    locale = get_locale()
    return words.said("zh" if locale is None else locale.language)


def cards(session: Session, actor: Actor, unit_id: int, as_of: date | None = None) -> list[Card]:
    """The figures of a unit that the actor may see, ready for a page."""
    opens = actor.may(Permission.FIGURE_RECORDS) and actor.scope(Permission.FIGURE_RECORDS).holds(unit_id)
    return [_card(tile, opens, as_of is not None) for tile in tiles(session, actor, unit_id, as_of)]


def _card(tile: Tile, opens: bool, dated: bool) -> Card:
    shown = tile.indicator.shown
    code, day = tile.indicator.code, tile.as_of.isoformat() if dated else None
    records_url = url_for("indicators.records", code=code, unit=tile.unit_id, as_of=day)
    return Card(
        label=said(tile.indicator.name),
        value=None if tile.value is None else shown(tile.value),
        unit=said(tile.indicator.unit),
        as_of=tile.as_of,
        change=_change(tile),
        trend=[shown(n) for n in tile.trend],
        url=url_for("indicators.indicator", code=code, unit=tile.unit_id, as_of=day),
        records_url=records_url if opens and tile.value else "",
        records=tile.value if tile.indicator.counts_records else None,
    )


def _change(tile: Tile) -> str:
    """The change since the last month, in words."""
    if tile.change is None:
        return str(gettext("waits to be rebuilt"))
    day = tile.compared_to.isoformat()
    by = f"{tile.indicator.shown(abs(tile.change)):,}"
    if tile.change > 0:
        return str(gettext("%(n)s more than on %(day)s", n=by, day=day))
    if tile.change < 0:
        return str(gettext("%(n)s fewer than on %(day)s", n=by, day=day))
    return str(gettext("as many as on %(day)s", day=day))
