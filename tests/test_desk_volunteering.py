"""The start page tells a coordinator what waits, and the page of a person the volunteer behind it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.accounts.queries import actor_for
from registry.core import clock
from registry.core.permissions import Role
from registry.core.scope import SYSTEM, Actor
from registry.core.write import run, write
from registry.people import commands as people
from registry.people.models import Person
from registry.volunteers.commands.hours import submit_hours
from registry.volunteers.commands.ledger import approve_entries
from registry.volunteers.commands.registrations import apply_registrations
from registry.volunteers.hours import HoursRow, entries_digest
from registry.volunteers.models import ServiceEntry, Shift, Volunteer
from tests import factories as make
from tests import sign_ups
from tests import volunteers as makers
from tests.accounts import Browser
from tests.accounts import text as words


def tasks(app: Flask, session: Session, role: Role, code: str = make.NANGUAN) -> dict[str, int]:
    """What the start page of somebody tells, by the end of its address."""
    browser = Browser(app.test_client())
    browser.sign_in(make.user(session, role, code).username)
    return told(browser)


def told(browser: Browser) -> dict[str, int]:
    page = browser.get("/").get_data(as_text=True)
    found = re.findall(
        r'<li><a href="/volunteers/([a-z-]+)\?state=\w+">[^<]+</a> <strong class="num">(\d+)', page
    )
    return {name: int(count) for name, count in found}


def hours_of(session: Session, actor: Actor, volunteer: Volunteer) -> list[int]:
    row = HoursRow(1, volunteer.id, "community", clock.today(), 0, 60)
    return run(actor, submit_hours, unit_id=volunteer.unit_id, rows=[row], source="grid")


def test_nothing_is_told_where_nothing_waits(app: Flask, session: Session) -> None:
    assert tasks(app, session, Role.VOLUNTEER_COORDINATOR) == {}


def test_a_coordinator_reads_what_waits_within_reach(app: Flask, session: Session) -> None:
    sign_ups.received(session)
    sign_ups.received(session)
    actor = make.actor(session, Role.VOLUNTEER_COORDINATOR)
    hours_of(session, actor, makers.volunteer(session))
    assert tasks(app, session, Role.VOLUNTEER_COORDINATOR) == {"sign-ups": 2, "service": 1}
    assert tasks(app, session, Role.VOLUNTEER_COORDINATOR, make.YANJI) == {}
    assert tasks(app, session, Role.TRAINER) == {}


def test_what_one_submitted_oneself_is_not_told(app: Flask, session: Session) -> None:
    user = make.user(session, Role.VOLUNTEER_COORDINATOR)
    ids = hours_of(session, actor_for(session, user, clock.today()), makers.volunteer(session))
    own = Browser(app.test_client())
    own.sign_in(user.username)
    assert told(own) == {}
    assert tasks(app, session, Role.VOLUNTEER_COORDINATOR) == {"service": 1}
    entries = [session.get_one(ServiceEntry, entry_id) for entry_id in ids]
    run(SYSTEM, approve_entries, entry_ids=ids, seen=entries_digest(entries))
    assert tasks(app, session, Role.VOLUNTEER_COORDINATOR) == {}


def test_an_approver_reads_the_registrations_that_wait(app: Flask, session: Session) -> None:
    volunteer = makers.volunteer(session)
    makers.served(session, volunteer, 1_300, starts=0)
    run(make.actor(session, Role.VOLUNTEER_COORDINATOR), apply_registrations, [volunteer])
    assert tasks(app, session, Role.COUNTY_ADMIN) == {"registrations": 1}
    assert tasks(app, session, Role.VOLUNTEER_COORDINATOR) == {}


@pytest.mark.parametrize("role", [Role.VOLUNTEER_COORDINATOR, Role.TRAINER])
def test_the_page_of_a_person_names_the_volunteer_to_who_may_know(
    app: Flask, session: Session, role: Role
) -> None:
    volunteer = makers.volunteer(session)
    browser = Browser(app.test_client())
    browser.sign_in(make.user(session, role).username)
    page = words(browser.get(f"/persons/{volunteer.person_id}"))
    assert (volunteer.number in page) is (role is Role.VOLUNTEER_COORDINATOR)


def test_a_merged_person_shows_both_rows(app: Flask, session: Session) -> None:
    one, other = makers.volunteers(session, 2)
    loser, winner = (session.get_one(Person, row.person_id) for row in (other, one))
    run(SYSTEM, people.merge_persons, loser=loser, winner=winner, reason="经核对为同一人")
    browser = Browser(app.test_client())
    browser.sign_in(make.user(session, Role.VOLUNTEER_COORDINATOR).username)
    page = words(browser.get(f"/persons/{winner.id}"))
    assert one.number in page
    assert other.number in page


def test_a_voided_volunteer_is_not_named(app: Flask, session: Session) -> None:
    volunteer = makers.volunteer(session)
    with write("volunteers.factory", SYSTEM) as w:
        w.session.get_one(Volunteer, volunteer.id).voided_at = w.at
    browser = Browser(app.test_client())
    browser.sign_in(make.user(session, Role.VOLUNTEER_COORDINATOR).username)
    assert volunteer.number not in words(browser.get(f"/persons/{volunteer.person_id}"))


def coming(app: Flask, session: Session, code: str = make.NANGUAN) -> list[tuple[str, str]]:
    browser = Browser(app.test_client())
    browser.sign_in(make.user(session, Role.VOLUNTEER_COORDINATOR, code).username)
    page = browser.get("/").get_data(as_text=True)
    return re.findall(r'</svg>([^<]+)</span> <a href="/volunteers/shifts/\d+">([^<]+)</a>', page)


def test_the_shifts_of_the_next_week_are_told_with_the_places_left(app: Flask, session: Session) -> None:
    today = clock.today()
    for title, days, more in (
        ("今天的活动", 0, {}),
        ("一周后的活动", 7, {}),
        ("八天后的活动", 8, {}),
        ("昨天的活动", -1, {}),
        ("取消的活动", 1, {"state": "cancelled"}),
    ):
        found = makers.activity(session, on=today + timedelta(days=days), title=title, **more)
        makers.shift(session, found, needed=5)
    with write("volunteers.factory", SYSTEM) as w:
        first = w.session.execute(select(Shift).order_by(Shift.id).limit(1)).scalar_one()
        first.places_taken = 5
    assert [title for _state, title in coming(app, session)] == ["今天的活动", "一周后的活动"]
    assert [state for state, _title in coming(app, session)] == ["已满", "还需 5 人"]
    assert coming(app, session, make.YANJI) == []
    with write("volunteers.factory", SYSTEM) as w:
        w.session.execute(select(Shift).order_by(Shift.id).limit(1)).scalar_one().voided_at = w.at
    assert [title for _state, title in coming(app, session)] == ["一周后的活动"]
