"""The figures of one unit at a glance, for the board and for the start page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.permissions import Permission
from registry.core.scope import Actor
from registry.indicators.definitions import INDICATORS
from registry.indicators.indicator import Indicator
from registry.indicators.kinds import ONE_DAY
from registry.indicators.question import ask, check_as_of, is_built
from registry.indicators.read import by_month, value


@dataclass(frozen=True)
class Tile:
    """One figure, in what is stored of it. `value` is None while it waits to be rebuilt. `change` is
    against the end of the month before; `trend` is the value at the end of each of the last months, oldest
    first, and today."""

    indicator: Indicator
    unit_id: int
    as_of: date
    value: int | None
    change: int | None
    compared_to: date
    trend: list[int]


def tiles(session: Session, actor: Actor, unit_id: int, as_of: date | None = None) -> list[Tile]:
    """The figures the actor may see of a unit; none when the unit lies outside the actor's reach."""
    if not actor.may(Permission.FIGURE_VIEW) or not actor.scope(Permission.FIGURE_VIEW).holds(unit_id):
        return []
    day = as_of or clock.today()
    check_as_of(day)
    return [_tile(session, indicator, unit_id, day) for indicator in INDICATORS.values()]


def _tile(session: Session, indicator: Indicator, unit_id: int, day: date) -> Tile:
    before = day.replace(day=1) - ONE_DAY
    if not is_built(session, indicator):
        return Tile(indicator, unit_id, day, None, None, before, [])
    asked = ask(session, indicator.code, unit_id, as_of=day)
    now = value(session, asked)
    months = [quantity for _month, quantity in by_month(session, asked)]
    # What a flow was at a month's end is what it is now less what came after.
    trend = months if indicator.is_stock else [now - sum(months[i:]) for i in range(1, len(months))] + [now]
    return Tile(indicator, unit_id, day, now, now - trend[-2], before, trend)
