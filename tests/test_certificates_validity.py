"""How long a certificate is valid: calendar months, both conventions for the last day, the state on a day."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.certificates.validity import CertificateState, last_valid_day, state_on
from registry.core.clock import add_months

DAYS = st.dates(date(1950, 1, 1), date(2180, 12, 31))
MONTHS = st.integers(1, 240)


@pytest.mark.parametrize(
    ("issued_on", "months", "last_day", "until"),
    [
        (date(2026, 11, 23), 36, "day_before", date(2029, 11, 22)),
        (date(2026, 11, 23), 36, "same_day", date(2029, 11, 23)),
        (date(2024, 2, 29), 36, "day_before", date(2027, 2, 27)),
        (date(2024, 2, 29), 36, "same_day", date(2027, 2, 28)),
        (date(2024, 2, 29), 48, "same_day", date(2028, 2, 29)),
        (date(2025, 8, 31), 6, "same_day", date(2026, 2, 28)),
        (date(2027, 8, 31), 6, "same_day", date(2028, 2, 29)),
        (date(2026, 1, 1), 36, "day_before", date(2028, 12, 31)),
        (date(2026, 12, 31), 24, "day_before", date(2028, 12, 30)),
        (date(2026, 11, 23), None, "day_before", None),
    ],
)
def test_examples(issued_on: date, months: int | None, last_day: str, until: date | None) -> None:
    assert last_valid_day(issued_on, months, last_day) == until


@given(DAYS, MONTHS)
def test_the_anniversary_has_the_same_day_or_is_the_end_of_its_month(issued_on: date, months: int) -> None:
    until = last_valid_day(issued_on, months, "same_day")
    assert until is not None
    whole = (until.year - issued_on.year) * 12 + until.month - issued_on.month
    assert whole == months
    assert until.day == min(issued_on.day, calendar.monthrange(until.year, until.month)[1])


@given(DAYS, MONTHS)
def test_the_day_before_is_the_day_before(issued_on: date, months: int) -> None:
    same, before = (last_valid_day(issued_on, months, rule) for rule in ("same_day", "day_before"))
    assert same is not None
    assert before == same - timedelta(days=1)
    assert before >= issued_on


@given(DAYS, MONTHS)
def test_who_is_issued_later_is_not_valid_shorter(issued_on: date, months: int) -> None:
    first = last_valid_day(issued_on, months, "day_before")
    second = last_valid_day(issued_on + timedelta(days=1), months, "day_before")
    assert first is not None
    assert second is not None
    assert first <= second


@given(DAYS, st.integers(0, 120), st.integers(0, 120))
def test_months_add_up_but_for_the_clamp(day: date, first: int, second: int) -> None:
    """Going in two steps can only lose the days that the clamp took."""
    at_once, in_steps = add_months(day, first + second), add_months(add_months(day, first), second)
    assert (at_once.year, at_once.month) == (in_steps.year, in_steps.month)
    assert 0 <= (at_once - in_steps).days <= 3


@dataclass(frozen=True)
class Fake:
    valid_until: date | None
    ended_on: date | None = None
    voided_at: datetime | None = None


@given(DAYS, st.integers(-1000, 1000))
def test_the_last_day_is_inclusive(until: date, distance: int) -> None:
    day = until + timedelta(days=distance)
    expected = CertificateState.VALID if distance <= 0 else CertificateState.EXPIRED
    assert state_on(Fake(until), day) is expected


@given(DAYS, st.integers(-1000, 1000))
def test_a_revoked_certificate_counts_before_its_first_day_without(ended_on: date, distance: int) -> None:
    day = ended_on + timedelta(days=distance)
    expected = CertificateState.VALID if distance < 0 else CertificateState.REVOKED
    assert state_on(Fake(None, ended_on), day) is expected


@given(DAYS, DAYS)
def test_a_void_certificate_is_void_on_every_day(day: date, until: date) -> None:
    voided_at = datetime(2026, 1, 1, tzinfo=UTC)
    assert state_on(Fake(until, None, voided_at), day) is CertificateState.VOID
    assert state_on(Fake(until, until, voided_at), day) is CertificateState.VOID
