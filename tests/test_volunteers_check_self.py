"""A volunteer checks in by the code of the place, on the telephone the own page was opened on."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.people.models import Person
from registry.public.own_phone import COOKIE
from registry.volunteers.check_codes import code_at, is_current
from registry.volunteers.commands.bookings import book
from registry.volunteers.commands.own_page import give_page
from registry.volunteers.models import CheckEvent, Shift, Volunteer
from tests import factories as make
from tests import volunteers as maker
from tests.training import Browser, last_action, rows_of, told

# Of tomorrow: a write takes no moment before that of the last one.
NOON = clock.start_of_day(clock.today() + timedelta(days=1)) + timedelta(hours=12, seconds=30)


@pytest.fixture(autouse=True)
def noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)


@pytest.fixture
def shift(session: Session) -> Shift:
    return maker.shift(session, maker.activity(session))


def telephone(app: Flask, session: Session, volunteer: Volunteer) -> FlaskClient:
    """A telephone on which the own page was opened."""
    client = app.test_client()
    token = run(SYSTEM, give_page, volunteer)
    assert client.get(f"/my/{token}/shifts?lang=en").status_code == 200
    return client


def booked(session: Session, shift: Shift) -> Volunteer:
    one = maker.volunteer(session)
    run(SYSTEM, book, shift, volunteer_ids=[one.id])
    session.rollback()
    return one


def press(client: FlaskClient, url: str) -> object:
    page = client.get(url).get_data(as_text=True)
    fields = dict(re.findall(r'name="(csrf_token|form_key)" (?:value|type="hidden" value)="([^"]+)"', page))
    keys = re.findall(r'name="form_key"[^>]*value="([^"]+)"', page)
    sent = {"csrf_token": fields.get("csrf_token", ""), "form_key": keys[0] if keys else ""}
    return client.post(url, data=sent), sent


def url_of(shift: Shift, code: str) -> str:
    return f"/checkin/{shift.id}/{code}?lang=en"


def events(session: Session) -> list[tuple[str, str]]:
    session.rollback()
    return [(one.kind, one.method) for one in session.execute(select(CheckEvent)).scalars()]


def test_a_code_is_good_for_its_minute_and_the_next(session: Session, shift: Shift) -> None:
    code = code_at(shift, NOON)
    for seconds, good in ((0, True), (29, True), (60, True), (89, True), (90, False), (-31, False)):
        assert is_current(shift, code, NOON + timedelta(seconds=seconds)) is good, seconds
    other = maker.shift(session, maker.activity(session))
    assert not is_current(other, code, NOON)
    assert not is_current(shift, "", NOON)
    assert not is_current(shift, "签到", NOON)


def test_in_by_the_first_scan_and_out_by_the_next(app: Flask, session: Session, shift: Shift) -> None:
    one = booked(session, shift)
    client = telephone(app, session, one)
    url = url_of(shift, code_at(shift, NOON))
    answer, sent = press(client, url)
    assert answer.status_code == 303
    assert events(session) == [("in", "qr")]
    assert client.post(url, data=sent).status_code == 303
    assert events(session) == [("in", "qr")]
    assert last_action(session) == "volunteers.check_self"
    assert "You are checked in since 12:00" in client.get(url).get_data(as_text=True)
    press(client, url)
    assert events(session) == [("in", "qr"), ("out", "qr")]


def test_who_only_has_the_code_learns_nothing_of_anybody(app: Flask, session: Session, shift: Shift) -> None:
    one = booked(session, shift)
    name = session.get_one(Person, one.person_id).name
    client = app.test_client()
    page = client.get(url_of(shift, code_at(shift, NOON))).get_data(as_text=True)
    assert "Open your own page first" in page
    assert "<form" not in page
    assert name not in page
    assert one.number not in page
    known = telephone(app, session, one).get(url_of(shift, code_at(shift, NOON))).get_data(as_text=True)
    assert name not in known


def test_an_old_code_checks_nobody_in(app: Flask, session: Session, shift: Shift) -> None:
    client = telephone(app, session, booked(session, shift))
    old = code_at(shift, NOON - timedelta(minutes=2))
    page = client.get(url_of(shift, old)).get_data(as_text=True)
    assert "This code has run out" in page
    assert "社区应急救护宣传" not in page
    good = client.get(url_of(shift, code_at(shift, NOON))).get_data(as_text=True)
    key = re.findall(r'name="form_key"[^>]*value="([^"]+)"', good)[0]
    token = re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', good)[0]
    answer = client.post(url_of(shift, old), data={"csrf_token": token, "form_key": key})
    assert "This code has run out" in answer.get_data(as_text=True)
    assert rows_of(session, CheckEvent) == 0


def test_who_is_not_booked_asks_the_staff(app: Flask, session: Session, shift: Shift) -> None:
    client = telephone(app, session, maker.volunteer(session))
    answer, _sent = press(client, url_of(shift, code_at(shift, NOON)))
    assert "You are not booked for this shift" in told(answer)
    assert rows_of(session, CheckEvent) == 0


def test_a_changed_cookie_and_an_ended_address_know_nobody(
    app: Flask, session: Session, shift: Shift
) -> None:
    one = booked(session, shift)
    client = telephone(app, session, one)
    url = url_of(shift, code_at(shift, NOON))
    cookie = client.get_cookie(COOKIE, path="/checkin")
    assert cookie is not None
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    assert "<form" in client.get(url).get_data(as_text=True)
    run(SYSTEM, give_page, session.get_one(Volunteer, one.id))
    assert "<form" not in client.get(url).get_data(as_text=True)
    client.set_cookie(COOKIE, cookie.value[:-1] + "x", path="/checkin")
    assert "<form" not in client.get(url).get_data(as_text=True)


def test_the_staff_page_shows_the_code_and_asks_for_the_next(
    app: Flask, session: Session, shift: Shift
) -> None:
    browser = Browser(app, session, Role.VOLUNTEER_COORDINATOR)
    page = browser.get(f"/volunteers/shifts/{shift.id}/check_in/code")
    assert 'data-check-in-code="31"' in page
    assert '<noscript><meta http-equiv="refresh" content="31"></noscript>' in page
    assert 'class="qr"' in page
    elsewhere = maker.shift(session, maker.activity(session, make.YANJI))
    assert browser.client.get(f"/volunteers/shifts/{elsewhere.id}/check_in/code").status_code == 404
    auditor = Browser(app, session, Role.AUDITOR)
    assert auditor.client.get(f"/volunteers/shifts/{shift.id}/check_in/code").status_code == 403
