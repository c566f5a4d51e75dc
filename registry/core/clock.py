"""What time it is. Business dates are dates in Asia/Shanghai; stamps are UTC."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """The present date in Asia/Shanghai, whatever the zone of the server."""
    return now().astimezone(SHANGHAI).date()


def local(moment: datetime) -> datetime:
    """A stamp as Shanghai shows it. A naive stamp is taken as UTC."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone(SHANGHAI)


def start_of_day(day: date) -> datetime:
    """The first moment of a Shanghai day, in UTC; of the first day of the calendar the first one in UTC."""
    if day == date.min:
        return datetime.min.replace(tzinfo=UTC)
    return datetime.combine(day, time.min, SHANGHAI).astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """The last moment of a Shanghai day, in UTC; a bare date in "known on" means this moment."""
    if day == date.max:
        return datetime.max.replace(tzinfo=UTC)
    return start_of_day(day + timedelta(days=1)) - timedelta(microseconds=1)


def add_months(day: date, months: int) -> date:
    """The same day of the month `months` later, clamped to the month's end (31 Aug + 6 m = 28 or 29 Feb)."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
