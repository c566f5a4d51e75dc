"""What a merge of two persons will change in the figures, said before it is done."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from registry.core import clock
from registry.indicators.definitions import INDICATORS, PLAN_STARTS_ON
from registry.indicators.engine import candidates_of
from registry.indicators.indicator import Indicator
from registry.indicators.kinds import Candidate, Interval, fold


@dataclass(frozen=True)
class Effect:
    """By how much a unit's own part of a figure changes on the as-of day."""

    code: str
    unit_id: int
    change: int


def effects_of_merge(
    session: Session, loser_id: int, winner_id: int, *, as_of: date | None = None
) -> list[Effect]:
    """What changes when the two persons become one; empty when no figure changes.

    Flows are counted from the plan's start. After the merge each figure has changed by exactly this.
    """
    day = as_of or clock.today()
    effects = []
    for code, indicator in sorted(INDICATORS.items()):
        subjects = sorted(indicator.subjects(session, [loser_id, winner_id]))
        apart = list(candidates_of(session, indicator, subjects))
        as_one = [row._replace(subject_id=subjects[0]) for row in apart]
        change = _counted(indicator, as_one, day)
        change.subtract(_counted(indicator, apart, day))
        effects += [Effect(code, unit_id, n) for unit_id, n in sorted(change.items()) if n]
    return effects


def _counted(indicator: Indicator, rows: list[Candidate], day: date) -> Counter[int]:
    counted: Counter[int] = Counter()
    for interval in fold(indicator.kind, indicator.fold, rows):
        if _counts(indicator, interval, day):
            counted[interval.unit_id] += interval.quantity
    return counted


def _counts(indicator: Indicator, interval: Interval, day: date) -> bool:
    if indicator.is_stock:
        return interval.starts_on <= day and (interval.ends_on is None or day <= interval.ends_on)
    return min(PLAN_STARTS_ON, day) <= interval.starts_on <= day
