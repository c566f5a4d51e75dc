"""The page of a volunteer, and the pages that change what the volunteer is."""

from __future__ import annotations

import re
from datetime import date, timedelta
from itertools import pairwise
from secrets import token_hex

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from registry.certificates.models import Certificate
from registry.core import clock
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run, write
from registry.people.commands import merge_persons
from registry.people.models import Person
from registry.volunteers.commands import Guardian, change_period
from registry.volunteers.commands.teams import add_members, name_leader
from registry.volunteers.models import TeamMembership, Volunteer
from tests import accounts
from tests import factories as make
from tests import volunteers as makers
from tests.certificates import issued
from tests.training import told
from tests.watching import last_entry

GUARDIAN = Guardian("王父", "13812345678", date(2024, 1, 9))


@pytest.fixture
def browser(app: Flask, session: Session) -> accounts.Browser:
    return reader(app, session, Role.COUNTY_ADMIN, make.CHANGCHUN)


def reader(app: Flask, session: Session, role: Role, unit_code: str = make.NANGUAN) -> accounts.Browser:
    opened = accounts.Browser(app.test_client())
    opened.sign_in(make.user(session, role, unit_code).username)
    opened.send("/language", language="en")
    return opened


def spans(session: Session, one: Volunteer) -> list[tuple[str, date, date | None]]:
    return [(p.kind, p.starts_on, p.ended_on) for p in makers.periods(session, one)]


def page_of(browser: accounts.Browser, one: Volunteer) -> str:
    answer = browser.get(f"/volunteers/{one.id}")
    assert answer.status_code == 200
    return told(answer)


# One page


def test_the_page_tells_state_skills_teams_hours_and_periods(
    session: Session, browser: accounts.Browser
) -> None:
    one = makers.volunteer(session, fields=("rescue",), available=("weekends",))
    (certificate,) = issued(session, [one.person_id])
    team = makers.team(session, name="先锋队")
    made = run(SYSTEM, add_members, team, [one], starts_on=date(2025, 1, 1))
    membership = session.get_one(TeamMembership, made.membership_ids[0])
    run(SYSTEM, name_leader, membership, leader=True, starts_on=date(2025, 6, 1))
    makers.served(session, one, 90)
    run(
        SYSTEM,
        change_period,
        one,
        kind="leave",
        starts_on=date(2025, 9, 1),
        reason="出国学习",
        document="3号",
    )
    page = page_of(browser, one)
    for said in (
        one.number,
        "On leave",
        f"valid until {certificate.valid_until}",
        "先锋队",
        "leads the team 2025-06-01",
        "Hours so far 1.5",
        "Emergency rescue and first aid",
        "Weekends and holidays",
        "出国学习 · 3号",
        "Enrolled volunteer, until before 2025-09-01",
        "Change the state",
        "Void the latest period",
    ):
        assert said in page, said
    assert f'href="/persons/{one.person_id}"' in accounts.text(browser.get(f"/volunteers/{one.id}"))


def test_a_skill_that_lapsed_is_not_shown(session: Session, browser: accounts.Browser) -> None:
    one = makers.volunteer(session)
    (certificate,) = issued(session, [one.person_id])
    assert "No skill today" not in page_of(browser, one)
    with write("certificates.factory", SYSTEM) as w:
        w.session.get_one(Certificate, certificate.id).ended_on = clock.today()
    assert "No skill today" in page_of(browser, one)


def test_the_guardian_of_a_minor_is_shown_with_a_masked_phone(
    session: Session, browser: accounts.Browser
) -> None:
    born = date(clock.today().year - 16, 1, 1)
    young = make.entrant(number=make.resident_number(born, 71))
    minor = makers.volunteer(session, entrant=young, guardian=GUARDIAN, starts_on=clock.today())
    page = page_of(browser, minor)
    assert "王父" in page
    assert "138****5678" in page
    assert GUARDIAN.phone not in accounts.text(browser.get(f"/volunteers/{minor.id}"))


def test_the_guardian_of_somebody_grown_up_is_not(session: Session, browser: accounts.Browser) -> None:
    page = page_of(browser, makers.volunteer(session, guardian=GUARDIAN))
    assert "王父" not in page


def test_merged_entries_are_told_and_teams_are_those_of_the_person(
    session: Session, browser: accounts.Browser
) -> None:
    one, other = makers.volunteers(session, 2)
    team = makers.team(session, name="先锋队")
    run(SYSTEM, add_members, team, [other], starts_on=date(2025, 1, 1))
    makers.served(session, other, 60)
    loser, winner = session.get_one(Person, other.person_id), session.get_one(Person, one.person_id)
    run(SYSTEM, merge_persons, loser=loser, winner=winner, reason="同一人")
    page = page_of(browser, one)
    assert f"This person is also {other.number}" in page
    assert "先锋队" in page
    assert "Hours so far 1 " in page


def test_who_may_only_read_is_offered_nothing(app: Flask, session: Session) -> None:
    one = makers.volunteer(session)
    makers.on_leave(session, one)
    page = page_of(reader(app, session, Role.AUDITOR), one)
    for button in ("Change the state", "Move to another unit", "Void the latest period", "Put into a team"):
        assert button not in page
    coordinator = page_of(reader(app, session, Role.VOLUNTEER_COORDINATOR), one)
    assert "Change the state" in coordinator
    assert "Void the latest period" not in coordinator


def test_pages_of_another_unit_do_not_exist(app: Flask, session: Session) -> None:
    one = makers.volunteer(session, make.YANJI)
    period = makers.on_leave(session, one)
    county = reader(app, session, Role.COUNTY_ADMIN)
    for url in (f"{one.id}", f"{one.id}/period", f"{one.id}/move", f"periods/{period.id}/void"):
        assert county.get(f"/volunteers/{url}").status_code == 404, url
    coordinator = reader(app, session, Role.VOLUNTEER_COORDINATOR, make.YANJI)
    assert coordinator.get(f"/volunteers/periods/{period.id}/void").status_code == 403
    assert reader(app, session, Role.TRAINER).get(f"/volunteers/{one.id}").status_code == 403


# Another state


def test_a_state_is_changed_once(session: Session, browser: accounts.Browser) -> None:
    one = makers.volunteer(session)
    url, key = f"/volunteers/{one.id}/period", token_hex(16)
    offered = re.findall(r'name="kind"[^>]*value="([a-z]+)"', accounts.text(browser.get(url)))
    assert offered == ["leave", "suspended", "left"]
    sent = {"kind": "leave", "starts_on": "2025-09-01", "reason": "出国学习", "document": "3号"}
    for _ in range(2):
        answer = browser.send(url, form_key=key, **sent)
        assert (answer.status_code, answer.location) == (303, f"/volunteers/{one.id}")
    assert spans(session, one) == [
        ("enrolled", makers.ENROLLED_ON, date(2025, 9, 1)),
        ("leave", date(2025, 9, 1), None),
    ]
    entry = last_entry(session)
    assert (entry.action, entry.unit_id, entry.reason) == (
        "volunteers.change_period",
        one.unit_id,
        "出国学习",
    )


def test_only_who_was_registered_is_offered_to_be_so_again(
    session: Session, browser: accounts.Browser
) -> None:
    one, other = makers.volunteers(session, 2)
    makers.registered(session, other)
    for each, expected in ((one, False), (other, True)):
        makers.on_leave(session, each, date(2025, 9, 1))
        page = accounts.text(browser.get(f"/volunteers/{each.id}/period"))
        assert ('value="registered"' in page) is expected
        answer = browser.send(
            f"/volunteers/{each.id}/period", kind="registered", starts_on="2025-10-01", reason="回国"
        )
        assert (answer.status_code == 303) is expected


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"starts_on": "2999-01-01"}, "The day lies in the future"),
        ({"starts_on": "2024-01-10"}, "The present period began on 2024-01-10"),
        ({"reason": ""}, "This field is required."),
        ({"kind": "enrolled"}, "This state cannot follow"),
        ({"kind": "asleep"}, "Not a valid choice."),
    ],
)
def test_a_change_that_cannot_be_is_told(
    session: Session, browser: accounts.Browser, wrong: dict[str, str], says: str
) -> None:
    one = makers.volunteer(session)
    sent = {"kind": "leave", "starts_on": "2025-09-01", "reason": "出国学习", "document": "文号", **wrong}
    answer = browser.send(f"/volunteers/{one.id}/period", **sent)
    assert answer.status_code == 200
    assert says in told(answer)
    assert "文号" in accounts.text(answer)
    assert len(spans(session, one)) == 1


# Another unit


def test_a_volunteer_moves_within_reach(session: Session, browser: accounts.Browser) -> None:
    one = makers.volunteer(session)
    unit, beyond = make.unit(session, make.KUANCHENG), make.unit(session, make.YANJI)
    url = f"/volunteers/{one.id}/move"
    page = accounts.text(browser.get(url))
    assert f'value="{unit.id}"' in page
    assert f'value="{one.unit_id}"' not in page
    assert f'value="{beyond.id}"' not in page
    sent = {"starts_on": "2025-09-01", "reason": "搬家"}
    assert "Not a valid choice." in told(browser.send(url, unit=beyond.id, **sent))
    assert browser.send(url, unit=unit.id, **sent).status_code == 303
    session.rollback()
    assert session.get_one(Volunteer, one.id).unit_id == unit.id
    assert [p.unit_id for p in makers.periods(session, one)][-1] == unit.id
    assert last_entry(session).action == "volunteers.move_volunteer"


# A period taken back


def test_the_latest_period_is_voided(session: Session, browser: accounts.Browser) -> None:
    one = makers.volunteer(session)
    period = makers.on_leave(session, one, date(2025, 9, 1))
    url = f"/volunteers/periods/{period.id}/void"
    assert "Void “On leave” since 2025-09-01?" in told(browser.get(url))
    answer = browser.send(url, reason="录入有误")
    assert (answer.status_code, answer.location) == (303, f"/volunteers/{one.id}")
    assert spans(session, one) == [("enrolled", makers.ENROLLED_ON, None)]
    assert last_entry(session).reason == "录入有误"
    page = page_of(browser, one)
    assert "Void: On leave (录入有误)" in page
    assert "Void the latest period" not in page
    assert "void already" in told(browser.send(url, reason="录入有误"))


def test_a_period_that_another_follows_is_not_voided(session: Session, browser: accounts.Browser) -> None:
    one = makers.volunteer(session)
    first = makers.periods(session, one)[0]
    makers.on_leave(session, one, date(2025, 9, 1))
    assert "Another period follows" in told(
        browser.send(f"/volunteers/periods/{first.id}/void", reason="录入有误")
    )
    assert len(spans(session, one)) == 2


def test_a_move_taken_back_out_of_reach_leads_to_the_list(app: Flask, session: Session) -> None:
    one = makers.volunteer(session, make.YANJI)
    browser = reader(app, session, Role.PROVINCE_ADMIN, make.PROVINCE)
    sent = {"unit": make.unit(session).id, "starts_on": "2025-09-01", "reason": "搬家"}
    browser.send(f"/volunteers/{one.id}/move", **sent)
    (_, last) = makers.periods(session, one)
    answer = reader(app, session, Role.COUNTY_ADMIN).send(
        f"/volunteers/periods/{last.id}/void", reason="录入有误"
    )
    assert (answer.status_code, answer.location) == (303, "/volunteers/")


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["enrolled", "registered", "leave", "suspended", "left", "move", "void"]),
        st.integers(-5, 40),
    ),
    min_size=2,
    max_size=8,
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_is_sent_periods_follow_each_other(
    session: Session, browser: accounts.Browser, steps: list[tuple[str, int]]
) -> None:
    one = makers.volunteer(session)
    units = [make.unit(session, code).id for code in (make.NANGUAN, make.KUANCHENG)]
    token = browser.token()
    for step, number in steps:
        day = (makers.ENROLLED_ON + timedelta(days=number)).isoformat()
        sent = {"starts_on": day, "reason": "随机步骤", "token": token}
        if step == "move":
            answer = browser.send(f"/volunteers/{one.id}/move", unit=units[number % 2], **sent)
        elif step == "void":
            last = makers.periods(session, one)[-1].id
            answer = browser.send(f"/volunteers/periods/{last}/void", **sent)
        else:
            answer = browser.send(f"/volunteers/{one.id}/period", kind=step, **sent)
        assert answer.status_code in (200, 303)
        found = spans(session, one)
        assert found[0][1] == makers.ENROLLED_ON
        assert all(before[2] == after[1] for before, after in pairwise(found))
        assert [span[2] for span in found].count(None) == 1
        assert found[-1][2] is None
        session.rollback()
        unit_id = session.get_one(Volunteer, one.id).unit_id
        assert unit_id == makers.periods(session, one)[-1].unit_id
