"""Stretches of service as they are entered, and how hours and times of day are read and written."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from registry.core.errors import RuleError
from registry.core.i18n import N_
from registry.core.imports import plain
from registry.volunteers.models import ServiceEntry

DAY = 1_440
_TIME = re.compile(r"(\d{1,2}):?(\d{2})(?::00)?")
_HOURS = re.compile(r"(\d{1,2}(?:\.\d{1,3})?)(?:小时|h)?")


@dataclass(frozen=True, slots=True)
class HoursRow:
    """One stretch of service of a volunteer to be entered. `row` is where a list names it.

    `starts` is in minutes since midnight in Shanghai, `minutes` is actual service without travel.
    `unit_id` and `source` are those of the whole list where they are None.
    """

    row: int
    volunteer_id: int
    field: str
    served_on: date
    starts: int
    minutes: int
    activity_id: int | None = None
    shift_id: int | None = None
    team_id: int | None = None
    content: str = ""
    unit_id: int | None = None
    source: str | None = None

    @property
    def ends(self) -> int:
        """The minute after the last one of service."""
        return self.starts + self.minutes


def hours_of(minutes: int) -> Decimal:
    """Minutes as the decimal hours that every page and file shows: 270 minutes are 4.5, with at most two
    decimals."""
    text = f"{(Decimal(minutes) / 60).quantize(Decimal('0.01')):f}"
    return Decimal(text.rstrip("0").rstrip("."))


def time_of(minute: int) -> str:
    """A time of day in minutes since midnight as it is written: 09:00; the end of the day is 24:00."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def times_of(starts: int, minutes: int) -> str:
    """From when to when a stretch goes: 09:00–13:00."""
    return f"{time_of(starts)}–{time_of(starts + minutes)}"


def read_time(text: str, last: int = DAY - 1) -> int:
    """Minutes since midnight of a time such as 9:00, 09：00 or 0900; RuleError for what is none.

    The latest is `last`; the end of the day is written 24:00.
    """
    found = _TIME.fullmatch(plain(text))
    minute = int(found[1]) * 60 + int(found[2]) if found is not None and int(found[2]) < 60 else -1
    if not 0 <= minute <= last:
        raise RuleError(N_("This is not a time of day; write it as 09:00."), "starts")
    return minute


def read_hours(text: str) -> int:
    """Minutes of a number of hours such as 4 or 4.5; RuleError for what is none within a day."""
    found = _HOURS.fullmatch(plain(text))
    minutes = Decimal(found[1]) * 60 if found is not None else Decimal(0)
    if not 0 < minutes <= DAY or minutes != minutes.to_integral_value():
        raise RuleError(N_("Write the hours as a number up to 24, such as 4 or 4.5."), "hours")
    return int(minutes)


def entries_digest(entries: Iterable[ServiceEntry]) -> str:
    """What tells whether entries are still as a page showed them, in any order."""
    digest = hashlib.sha256()
    for e in sorted(entries, key=lambda entry: entry.id):
        told = (
            f"{e.id}\x1f{e.state}\x1f{e.volunteer_id}\x1f{e.activity_id}\x1f{e.shift_id}\x1f{e.team_id}\x1f"
            f"{e.field}\x1f{e.served_on}\x1f{e.starts}\x1f{e.minutes}\x1f{e.submitted_by}\x1f{e.content}\x1e"
        )
        digest.update(told.encode())
    return digest.hexdigest()
