"""A volunteer books and withdraws on a phone: the offered shifts, the reason where it is not possible."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.journal import JournalLine
from registry.core.ops import FormKey
from registry.core.scope import ANONYMOUS, SYSTEM
from registry.core.write import run
from registry.people.models import Person
from registry.volunteers.commands.admit import Guardian
from registry.volunteers.commands.bookings import book_shift, leave_shift
from registry.volunteers.commands.own_page import give_page
from registry.volunteers.models import Booking, Shift, Volunteer
from tests import factories as make
from tests import volunteers as maker
from tests.training import rows_of
from tests.watching import last_entry, statements

TOMORROW = clock.today() + timedelta(days=1)


class Phone:
    """A telephone that opens one own page."""

    def __init__(self, app: Flask, token: str) -> None:
        self.client, self.url = app.test_client(), f"/my/{token}/shifts"

    def page(self) -> str:
        answer = self.client.get(f"{self.url}?lang=en")
        assert answer.status_code == 200
        return answer.get_data(as_text=True)

    def press(self, shift: Shift, verb: str) -> Any:
        page = self.page()
        found = {
            name: re.findall(rf'name="{name}"[^>]*value="([^"]+)"', page)[0]
            for name in ("csrf_token", "form_key")
        }
        return self.client.post(f"{self.url}/{shift.id}/{verb}?lang=en", data=found)


@pytest.fixture
def volunteer(session: Session) -> Volunteer:
    return maker.volunteer(session)


@pytest.fixture
def phone(app: Flask, session: Session, volunteer: Volunteer) -> Phone:
    return Phone(app, run(SYSTEM, give_page, volunteer))


def coming(session: Session, unit_code: str = make.NANGUAN, **more: Any) -> Shift:
    return maker.shift(session, maker.activity(session, unit_code, TOMORROW, **more))


def state(session: Session) -> list[str]:
    session.rollback()
    return list(session.execute(select(Booking.state).order_by(Booking.id)).scalars())


def test_book_and_withdraw(session: Session, phone: Phone, volunteer: Volunteer) -> None:
    shift = coming(session)
    assert phone.press(shift, "book").status_code == 303
    assert phone.press(shift, "book").status_code == 303
    assert state(session) == ["booked"]
    entry = last_entry(session)
    assert (entry.action, entry.unit_id, entry.actor_id) == ("volunteers.book_shift", shift.unit_id, None)
    booking = session.execute(select(Booking)).scalar_one()
    assert (booking.source, booking.volunteer_id) == ("phone", volunteer.id)
    assert "I cannot come" in phone.page()
    assert phone.press(shift, "leave").status_code == 303
    assert phone.press(shift, "leave").status_code == 303
    assert state(session) == ["withdrawn"]
    session.expire_all()
    assert session.get_one(Shift, shift.id).places_taken == 0
    assert phone.press(shift, "book").status_code == 303
    assert state(session) == ["withdrawn", "booked"]


def test_offered_is_what_is_public_here_and_above(session: Session, phone: Phone) -> None:
    titles = {
        "本单位": coming(session, title="本单位"),
        "市级": coming(session, make.CHANGCHUN, title="市级"),
        "省级": coming(session, make.PROVINCE, title="省级"),
    }
    hidden = [
        coming(session, make.KUANCHENG, title="邻区"),
        coming(session, title="不公开", public=False),
        coming(session, title="已取消", state="cancelled"),
        maker.shift(session, maker.activity(session, on=clock.today() - timedelta(days=1), title="过去")),
    ]
    page = phone.page()
    for title in titles:
        assert title in page
    for title in ("邻区", "不公开", "已取消", "过去"):
        assert title not in page
    assert phone.press(titles["省级"], "book").status_code == 303
    for shift in hidden[:2]:
        assert phone.press(shift, "book").status_code == 404
    assert state(session) == ["booked"]


def test_the_reason_is_shown_and_nothing_is_saved(
    session: Session, phone: Phone, volunteer: Volunteer
) -> None:
    risky = coming(session, risky=True)
    assert "No insurance covers the day of the shift" in phone.page()
    plain = coming(session, title="另一活动")
    answer = phone.client.get(f"{phone.url}?lang=en").get_data(as_text=True)
    assert f"{plain.id}/book" in answer
    assert f"{risky.id}/book" not in answer
    refused = phone.press(risky, "book")
    assert refused.status_code == 200
    assert "You are not booked" in refused.get_data(as_text=True)
    assert rows_of(session, Booking) == 0
    with pytest.raises(RuleError, match="You are not booked"):
        run(ANONYMOUS, book_shift, session.get_one(Shift, risky.id), session.get_one(Volunteer, volunteer.id))


def test_a_full_shift_lets_wait(session: Session, phone: Phone) -> None:
    shift = maker.shift(session, maker.activity(session, on=TOMORROW), needed=1)
    first = maker.volunteer(session)
    run(ANONYMOUS, book_shift, shift, first)
    assert "Wait for a place" in phone.page()
    phone.press(shift, "book")
    assert state(session) == ["booked", "waiting"]
    assert "On the waiting list" in phone.page()
    run(ANONYMOUS, leave_shift, session.get_one(Shift, shift.id), session.get_one(Volunteer, first.id))
    assert state(session) == ["withdrawn", "booked"]
    assert "You are booked" in phone.page()


def test_after_the_beginning_the_booking_stays(
    session: Session, volunteer: Volunteer, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    shift = coming(session)
    run(ANONYMOUS, book_shift, shift, volunteer)
    begun = clock.start_of_day(TOMORROW) + timedelta(minutes=540)
    monkeypatch.setattr(clock, "now", lambda: begun)
    assert "The shift has begun" in phone.page()
    with pytest.raises(RuleError, match="The shift has begun"):
        run(
            ANONYMOUS, leave_shift, session.get_one(Shift, shift.id), session.get_one(Volunteer, volunteer.id)
        )
    late = clock.start_of_day(TOMORROW) + timedelta(minutes=780)
    monkeypatch.setattr(clock, "now", lambda: late)
    other = maker.volunteer(session)
    with pytest.raises(RuleError, match="The shift is over"):
        run(ANONYMOUS, book_shift, session.get_one(Shift, shift.id), other)


def test_the_page_shows_a_masked_name_and_no_other_one(
    session: Session, phone: Phone, volunteer: Volunteer
) -> None:
    shift = coming(session)
    other = maker.volunteer(session)
    run(ANONYMOUS, book_shift, shift, other)
    page = phone.page()
    for found in (volunteer, other):
        assert session.get_one(Person, found.person_id).name not in page


def test_of_a_minor_the_page_shows_the_surname_only(app: Flask, session: Session) -> None:
    today = clock.today()
    born = today.replace(year=today.year - 16, day=1)
    minor = maker.volunteer(
        session,
        entrant=make.entrant("王小明", number=make.resident_number(born, 731)),
        guardian=Guardian("王大力", "13800000000", today),
        starts_on=today,
    )
    page = Phone(app, run(SYSTEM, give_page, minor)).page()
    assert "王**" in page
    assert "明" not in page


def test_no_such_page_and_no_such_shift(app: Flask, session: Session, phone: Phone) -> None:
    assert app.test_client().get("/my/nothing/shifts").status_code == 404
    shift = coming(session)
    phone.page()
    assert phone.client.post(f"{phone.url}/{shift.id}/book", data={}).status_code == 400
    gone = maker.shift(session, maker.activity(session, on=TOMORROW), voided_at=clock.now())
    assert phone.press(gone, "book").status_code == 404
    with pytest.raises(RecordNotFoundError):
        run(ANONYMOUS, book_shift, coming(session, make.YANJI), maker.volunteer(session))


def test_more_shifts_of_a_day_take_no_more_statements(session: Session, phone: Phone) -> None:
    coming(session)
    with statements() as few:
        phone.page()
    for _ in range(8):
        coming(session, risky=True)
    with statements() as many:
        phone.page()
    assert len(many) == len(few)


def test_nothing_stored_holds_the_token(session: Session, phone: Phone) -> None:
    shift = coming(session)
    phone.press(shift, "book")
    token = phone.url.split("/")[2]
    session.rollback()
    told = list(session.execute(select(JournalLine.changes)).scalars())
    told += session.execute(select(FormKey.location)).scalars()
    assert told
    assert not any(token in one for one in told)
