"""Which value is asked for: indicator, unit, period, as-of day and known-on entry."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.i18n import N_
from registry.core.journal import JournalEntry
from registry.indicators.definitions import INDICATORS, PLAN_STARTS_ON
from registry.indicators.indicator import Indicator
from registry.indicators.models import IndicatorState
from registry.indicators.trees import Period, UnitHistory

# Before any record; a running sum starts here.
EVER = date(1, 1, 1)
# What can be asked for, with room in the calendar for the months around it.
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(9998, 12, 31)


@dataclass(frozen=True)
class Question:
    """Which value is asked for. `from_on` is None for stocks; `known_seq` None means as known now."""

    indicator: Indicator
    unit_id: int
    from_on: date | None
    as_of: date
    known_seq: int | None
    history: UnitHistory

    @property
    def first(self) -> date:
        """The first day that enters the sum."""
        return self.from_on or EVER

    def periods(self) -> list[Period]:
        """Flows roll up by the parent on the row's own day, stocks by the parent on the as-of day."""
        if self.indicator.is_stock:
            return [Period(EVER, self.as_of, self.history.on(self.as_of))]
        return self.history.periods(self.first, self.as_of)

    def at(self, *, from_on: date | None = None, as_of: date) -> Question:
        """The same question about other days."""
        return replace(self, from_on=from_on if not self.indicator.is_stock else None, as_of=as_of)

    def of(self, unit_id: int) -> Question:
        """The same question about another unit."""
        return replace(self, unit_id=unit_id)


def indicator_of(code: str) -> Indicator:
    """The definition of that code; RecordNotFoundError when there is none."""
    if code not in INDICATORS:
        raise RecordNotFoundError("indicator")
    return INDICATORS[code]


def is_built(session: Session, indicator: Indicator) -> bool:
    """Whether the contributions follow the present definition; if not, nothing is served."""
    stored = session.execute(
        select(IndicatorState.definition_hash).where(IndicatorState.indicator == indicator.code)
    ).scalar()
    return stored == indicator.definition_hash


def ask(
    session: Session,
    code: str,
    unit_id: int,
    *,
    from_on: date | None = None,
    as_of: date | None = None,
    known_on: date | datetime | int | None = None,
    projection: bool = False,
) -> Question:
    """A question, checked. Reach is the caller's: pass only a unit that who asks may see.

    `as_of` defaults to today, `from_on` (flows only) to the plan's start. `known_on` is a day (its end in
    Shanghai), a moment, or the number of a journal entry. RuleError for the future without `projection`,
    for a period that ends before it begins, and for an indicator that has to be rebuilt first.
    """
    indicator = indicator_of(code)
    if not is_built(session, indicator):
        raise RuleError(
            N_(
                "%(code)s is not available: its counting rule changed and it has not been rebuilt yet. "
                "Please tell the administrator to run “flask indicators rebuild”."
            ),
            code=code,
        )
    as_of = as_of or clock.today()
    check_as_of(as_of, projection=projection)
    first = None if indicator.is_stock else from_on or PLAN_STARTS_ON
    if first is not None and first > as_of and from_on is not None:
        raise RuleError(N_("The period ends before it begins. Choose an earlier first day."), "from_on")
    known_seq = seq_known_on(session, known_on) if known_on is not None else None
    return Question(indicator, unit_id, first, as_of, known_seq, UnitHistory.read(session, known_seq))


def check_as_of(as_of: date, *, projection: bool = False) -> None:
    """RuleError for a day that no figure is derived for."""
    if not FIRST_DAY <= as_of <= LAST_DAY:
        raise RuleError(
            N_("No figure reaches to %(day)s. Choose a day from %(first)s on."),
            "as_of",
            day=as_of.isoformat(),
            first=FIRST_DAY.isoformat(),
        )
    if as_of > clock.today() and not projection:
        raise RuleError(
            N_("%(day)s lies in the future. Figures are derived from records; choose a day up to today."),
            "as_of",
            day=as_of.isoformat(),
        )


def parse_known_on(text: str) -> date | datetime:
    """A day means its end in Shanghai; a time without a zone is Shanghai time; else ValueError."""
    known_on: date | datetime
    try:
        known_on = date.fromisoformat(text)
    except ValueError:
        known_on = datetime.fromisoformat(text)
        if known_on.tzinfo is None:
            known_on = known_on.replace(tzinfo=clock.SHANGHAI)
    if not FIRST_DAY.year <= known_on.year <= LAST_DAY.year:
        raise ValueError(f"no journal has entries of the year {known_on.year}")
    return known_on


def seq_known_on(session: Session, known_on: date | datetime | int) -> int:
    """The last journal entry of that day in Shanghai or moment; 0 when there was none yet."""
    if isinstance(known_on, int):
        return known_on
    moment = known_on if isinstance(known_on, datetime) else clock.end_of_day(known_on)
    found = session.execute(
        select(JournalEntry.seq)
        .where(JournalEntry.at <= moment)
        # Times never go back along the journal, and by time there is an index to the place.
        .order_by(JournalEntry.at.desc(), JournalEntry.seq.desc())
        .limit(1)
    ).scalar()
    return found or 0


def entry_at(session: Session, seq: int) -> datetime | None:
    """When a journal entry was written."""
    return session.execute(select(JournalEntry.at).where(JournalEntry.seq == seq)).scalar()


def rebuilt_at(session: Session, question: Question) -> datetime | None:
    """When the indicator was rebuilt after the entry that is asked for; such a past value is the one that
    was served then, and not what the present rule would have given."""
    built = session.execute(
        select(IndicatorState.built_seq).where(IndicatorState.indicator == question.indicator.code)
    ).scalar()
    if built is None or question.known_seq is None or built <= question.known_seq:
        return None
    return entry_at(session, built)
