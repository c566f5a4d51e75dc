"""A day is a day: 40,000 of them, daylight saving of 1986 to 1991, servers elsewhere, leap days, New Year's
Eve in Shanghai, and a clock that was set back."""

from __future__ import annotations

import io
import os
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import pytest
import time_machine
from flask import Flask
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from registry.core import clock, journal
from registry.core.db import db
from registry.core.journal import JournalEntry
from registry.core.permissions import Role
from registry.core.sheets import read_sheet, write_csv, write_xlsx
from registry.core.text import read_date
from registry.indicators.differences import differences
from registry.people.identity import read_document
from registry.people.models import Person
from tests import certificates, factories, figures
from tests.endpoints import Reader

TODAY = clock.today()
DAYS = [TODAY - timedelta(days=n) for n in range((TODAY - date(1917, 1, 1)).days)]
# China had summer time then; a birthday read as midnight of another zone would slip by a day.
SUMMERS = [day for day in DAYS if 1986 <= day.year <= 1991]
ZONES = ("UTC", "America/Los_Angeles", "Asia/Shanghai", "Pacific/Kiritimati")


@pytest.fixture(params=ZONES)
def zone(request: pytest.FixtureRequest) -> Iterator[str]:
    """The server stands in another part of the world."""
    if not hasattr(time, "tzset"):
        pytest.skip("this system has one zone")
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield request.param
    os.environ.pop("TZ")
    if before is not None:
        os.environ["TZ"] = before
    time.tzset()


def test_the_days_are_the_ones_meant() -> None:
    assert len(SUMMERS) == 2191
    assert date(1988, 4, 10) in SUMMERS, "the clocks went forward at midnight"
    assert min(DAYS) < date(1918, 1, 1)


def test_a_birthday_is_that_of_the_number(zone: str) -> None:
    for place, day in enumerate(DAYS):
        found = read_document(None, factories.resident_number(day, place), today=TODAY)
        assert found.birth_on == day


def test_days_as_people_write_them(zone: str) -> None:
    for day in DAYS:
        for text in (
            day.isoformat(),
            f"{day.year}年{day.month}月{day.day}日",
            f"{day.year}/{day.month}/{day.day}",
        ):
            assert read_date(text) == day


def test_the_last_moment_of_a_day_belongs_to_it(zone: str) -> None:
    for day in DAYS:
        end = clock.end_of_day(day)
        assert clock.local(end).date() == day
        assert clock.local(end + timedelta(microseconds=1)).date() == day + timedelta(days=1)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_days_in_files_come_back(kind: str) -> None:
    for start in range(0, len(DAYS), 8_000):
        days = DAYS[start : start + 8_000]
        written = [[day, day.isoformat()] for day in days if day.year >= 1901]
        file = io.BytesIO()
        if kind == "csv":
            file.writelines(write_csv(["出生日期", "文字"], written))
        else:
            write_xlsx(file, ["出生日期", "文字"], written)
        sheet = read_sheet(file.getvalue(), f"days.{kind}")
        assert [[read_date(cell.text) for cell in row] for row in sheet.rows[1:]] == [
            [day, day] for day, _text in written
        ]


@pytest.mark.parametrize("zone", ["America/Los_Angeles"], indirect=True)
def test_days_in_the_database_come_back(app: Flask, session: Session, zone: str) -> None:
    unit = factories.unit(session).id
    session.rollback()
    first = 10**9
    row: dict[str, Any] = {"name": "测", "pinyin": "", "initials": "", "employer": "", "occupation": ""}
    row |= {"education": "", "home_unit_id": unit, "state": "active"}
    table: Any = Person.__table__
    with db.engine.begin() as connection:
        ids = range(first, first + len(DAYS))
        told = [{**row, "id": n, "canonical_id": n, "birth_on": d} for n, d in zip(ids, DAYS, strict=True)]
        connection.execute(insert(table), told)
    held = session.execute(select(Person.birth_on).where(Person.id >= first).order_by(Person.id)).scalars()
    assert held.all() == DAYS
    born = select(Person.id).where(Person.birth_on == date(1988, 4, 10), Person.id >= first)
    assert session.execute(born).scalar_one() == first + DAYS.index(date(1988, 4, 10))


# Certificates at the turn of a year, a leap day, a clock set back


class Issued(NamedTuple):
    """What a certificate says."""

    number: str
    issued_on: date
    valid_until: date | None
    token: str


def issue_one(session: Session) -> Issued:
    """A certificate issued at this moment."""
    (one,) = certificates.issued(session, factories.persons(session, 1))
    return Issued(one.number, one.issued_on, one.valid_until, one.token)


@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles"], indirect=True)
def test_new_years_eve_is_that_of_shanghai(app: Flask, session: Session, zone: str) -> None:
    late = datetime(2027, 12, 31, 15, 59, 30, tzinfo=UTC)
    with time_machine.travel(late, tick=False) as traveller:
        before = issue_one(session)
        traveller.shift(timedelta(seconds=31))
        after = issue_one(session)
        days = (date(2027, 12, 31), date(2028, 1, 1))
        assert [figures.told(session, figures.FIRST, day) for day in days] == [1, 2]
    assert (before.issued_on, after.issued_on) == (date(2027, 12, 31), date(2028, 1, 1))
    assert (before.valid_until, after.valid_until) == (date(2030, 12, 30), date(2030, 12, 31))
    assert before.number.endswith("2027J000001")
    assert after.number.endswith("2028J000001")


def test_a_leap_day_and_thirty_six_months(app: Flask, session: Session) -> None:
    """Valid through the last day in Shanghai, by the public page too, and not a minute longer."""
    with time_machine.travel(datetime(2028, 2, 28, 16, 0, tzinfo=UTC), tick=False):
        certificate = issue_one(session)
    assert (certificate.issued_on, certificate.valid_until) == (date(2028, 2, 29), date(2031, 2, 27))
    client = app.test_client()
    for moment, word in (
        (datetime(2031, 2, 27, 15, 59, 59, tzinfo=UTC), "Valid"),
        (datetime(2031, 2, 27, 16, 0, 0, tzinfo=UTC), "Expired"),
    ):
        with time_machine.travel(moment, tick=False):
            page = client.get(f"/v/{certificate.token}?lang=en").get_data(as_text=True)
        assert f">{word}<" in "".join(page.split()), word


def test_a_clock_set_back_an_hour_loses_nothing(app: Flask, session: Session) -> None:
    """Half past midnight of New Year becomes half past eleven of the old one."""
    certificates.confirm_address()
    with time_machine.travel(datetime(2035, 12, 31, 16, 30, tzinfo=UTC), tick=False) as traveller:
        reader = Reader(app, session, [Role.TRAINER, Role.COUNTY_ADMIN], factories.NANGUAN)
        first = issue_one(session)
        seen = clock.now()
        traveller.shift(-timedelta(hours=1))
        assert reader.client.get("/people/").status_code == 200, "who is signed in stays so"
        second, third = issue_one(session), issue_one(session)
        fields = {"name": "王小明", "phone": "13100000001", "form_key": "a" * 32}
        for _ in range(2):
            assert reader.send("/people/add", **fields).status_code == 303
        assert journal.verify(session) is None
        moments = session.execute(select(JournalEntry.at).order_by(JournalEntry.seq)).scalars().all()
        assert moments == sorted(moments)
        assert moments[-1] == seen, "an entry is never before the one it follows"
        assert list(differences(session)) == []
        traveller.shift(timedelta(hours=2))
        fourth = issue_one(session)
        assert list(differences(session)) == []
    numbers = [one.number[-11:] for one in (first, second, third, fourth)]
    assert numbers == ["2036J000001", "2035J000001", "2035J000002", "2036J000002"]
    assert [one.issued_on for one in (first, second)] == [date(2036, 1, 1), date(2035, 12, 31)]
