"""The list of volunteers: its first page is read in a way of its own; skills and hours are derived."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.permissions import Role
from registry.core.scope import EVERYWHERE, NOWHERE, SYSTEM, Scope
from registry.core.text import mask_name
from registry.core.write import run, write
from registry.people.commands import merge_persons
from registry.people.models import Person
from registry.volunteers.commands import move_volunteer
from registry.volunteers.commands.teams import add_members
from registry.volunteers.models import Volunteer
from registry.volunteers.queries.volunteers import newest_volunteers, volunteers
from registry.web.listing_choices import ListChoices, save_choices
from tests import factories as make
from tests import volunteers as makers
from tests.certificates import issued
from tests.training import Browser
from tests.watching import statements

LIST = "/volunteers/"


def reader(app: Flask, session: Session, unit_code: str = make.NANGUAN, role: Role | None = None) -> Browser:
    return Browser(app, session, role or Role.VOLUNTEER_COORDINATOR, unit_code)


def numbers(page: str) -> list[str]:
    return re.findall(r"ZY[0-9]{9}", page)


def test_the_newest_are_what_the_whole_list_begins_with(session: Session) -> None:
    codes = (make.NANGUAN, make.CHANGCHUN, make.YANJI)
    for code in codes:
        found = makers.volunteers(session, 4, code)
        makers.registered(session, found[0])
        issued(session, [found[1].person_id], unit_code=code)
    ids = {code: make.unit(session, code).id for code in codes}
    run(
        SYSTEM,
        move_volunteer,
        found[2],
        unit_id=ids[make.NANGUAN],
        starts_on=date(2025, 5, 1),
        reason="搬家",
    )
    session.rollback()
    scopes = [
        EVERYWHERE,
        NOWHERE,
        *(Scope(frozenset({unit_id})) for unit_id in ids.values()),
        Scope(frozenset({ids[make.NANGUAN], ids[make.CHANGCHUN]})),
        Scope(frozenset(unit.id for unit in make.all_units(session))),
    ]
    sizes = set()
    for scope in scopes:
        for count in (1, 4, 21):
            rows = volunteers(scope, clock.today()).order_by(Volunteer.id.desc()).limit(count)
            expected = [tuple(row) for row in session.execute(rows)]
            read = newest_volunteers(session, scope, clock.today(), count)
            assert [tuple(row) for row in read] == expected
            sizes.add(len(expected))
    assert sizes == {0, 1, 3, 4, 5, 9, 12}


def test_a_row_tells_name_state_fields_and_skills(app: Flask, session: Session) -> None:
    one = makers.volunteer(session, fields=("rescue", "blood"))
    makers.on_leave(session, one)
    issued(session, [one.person_id])
    page = reader(app, session).get(LIST)
    assert f'href="/volunteers/{one.id}"' in page
    for told in ("On leave", "Emergency rescue and first aid, Promotion of blood donation", one.number):
        assert told in page
    assert re.search(r'data-label="Skills"[^>]*>\s*[A-Z]', page)


@pytest.mark.parametrize("days", [0, 1])
def test_a_lapsed_certificate_is_no_skill_from_the_next_day_on(session: Session, days: int) -> None:
    one = makers.volunteer(session)
    (certificate,) = issued(session, [one.person_id])
    assert certificate.valid_until is not None
    day = certificate.valid_until + timedelta(days=days)
    (row,) = session.execute(volunteers(EVERYWHERE, day)).all()
    assert row.skills == (None if days else str(certificate.credential_type_id))


def test_skills_of_a_merged_entry_are_those_of_the_person(session: Session) -> None:
    one, other = makers.volunteer(session), make.person(session)
    issued(session, [other.id])
    winner = session.get_one(Person, one.person_id)
    run(SYSTEM, merge_persons, loser=other, winner=winner, reason="同一人")
    session.rollback()
    (row,) = session.execute(volunteers(EVERYWHERE, clock.today())).all()
    assert row.skills
    assert row.person_id == one.person_id


def test_each_filter_finds_its_own(app: Flask, session: Session) -> None:
    rescue = makers.volunteer(session, fields=("rescue",))
    blood = makers.volunteer(session, make.KUANCHENG, fields=("blood", "stem_cells"))
    makers.registered(session, blood)
    group = makers.team(session)
    run(SYSTEM, add_members, group, [rescue], starts_on=clock.today())
    browser = reader(app, session, make.CHANGCHUN)
    unit = make.unit(session, make.KUANCHENG).id
    asked = {
        f"number={rescue.number.lower()}": rescue,
        "state=enrolled": rescue,
        "state=registered": blood,
        f"unit={unit}": blood,
        "field=rescue": rescue,
        "field=stem_cells": blood,
        f"team={group.id}": rescue,
    }
    for query, expected in asked.items():
        assert set(numbers(browser.get(f"{LIST}?{query}").split("<tbody>")[1])) == {expected.number}, query
    for nothing in ("state=suspended", "field=ihl", "number=ZX"):
        assert "Nothing matches these filters" in browser.get(f"{LIST}?{nothing}")


def test_a_team_just_founded_is_offered_by_the_filter(app: Flask, session: Session) -> None:
    makers.volunteer(session)
    browser = reader(app, session)
    browser.get(LIST)
    group = makers.team(session)
    assert group.name in browser.get(LIST)


def test_who_was_entered_in_error_is_listed_as_such_and_in_no_state(app: Flask, session: Session) -> None:
    one = makers.volunteer(session)
    with write("volunteers.test", SYSTEM) as w:
        w.session.get_one(Volunteer, one.id).voided_at = w.at
    browser = reader(app, session)
    assert re.search(rf"{one.number}.*Void", browser.get(LIST), re.S)
    assert one.number not in browser.get(f"{LIST}?state=enrolled")


def test_the_list_keeps_to_its_reach(app: Flask, session: Session) -> None:
    here, there = makers.volunteer(session), makers.volunteer(session, make.YANJI)
    page = reader(app, session).get(LIST)
    assert here.number in page
    assert there.number not in page
    page = reader(app, session).get(f"{LIST}?number={there.number}")
    assert there.number not in page.split("<tbody>")[-1] or "Nothing matches" in page


def choose_columns(browser: Browser, *keys: str) -> None:
    save_choices(browser.user.id, "volunteers.volunteers", ListChoices(frozenset(keys), []))


def shown_hours(browser: Browser, query: str = "") -> list[str]:
    choose_columns(browser, "number", "hours", "added_on")
    page = browser.get(LIST + query)
    return re.findall(r'data-label="Hours so far"[^>]*>\s*([0-9.]+)', page)


def test_an_export_is_masked_and_holds_the_hours_of_everyone(app: Flask, session: Session) -> None:
    found = makers.volunteers(session, 3)
    makers.served(session, found[0], 240)
    names = {one.number: session.get_one(Person, one.person_id).name for one in found}
    browser = reader(app, session)
    choose_columns(browser, "number", "name", "hours")
    answer = browser.client.get(f"{LIST}?export=csv&sort=number", buffered=True).get_data(as_text=True)
    rows = list(csv.reader(io.StringIO(answer.lstrip("\ufeff"))))[1:]
    assert [row[0] for row in rows] == sorted(names)
    assert [row[1] for row in rows] == [mask_name(names[number]) for number in sorted(names)]
    assert [row[2] for row in rows] == ["4", "0", "0"]
    assert not any(name in answer for name in names.values())


def test_hours_are_the_sum_of_the_ledger_of_the_person(app: Flask, session: Session) -> None:
    idle, one = makers.volunteer(session), makers.volunteer(session)
    line = makers.served(session, one, 240)
    makers.served(session, one, 100, starts=900)
    makers.reversed_line(session, line)
    browser = reader(app, session)
    assert shown_hours(browser) == ["1.67", "0"]
    assert shown_hours(browser, "?sort=number") == ["0", "1.67"]
    assert idle.id < one.id


def test_more_volunteers_take_no_more_statements(app: Flask, session: Session) -> None:
    browser = reader(app, session)
    sent = []
    for count in (2, 15):
        for one in makers.volunteers(session, count):
            makers.served(session, one)
        shown_hours(browser)
        with statements() as counted:
            assert shown_hours(browser, "?state=enrolled")
        sent.append(len(counted))
    assert sent[0] == sent[1]


def test_an_auditor_reads_and_selects_nothing(app: Flask, session: Session) -> None:
    makers.volunteer(session)
    page = reader(app, session, role=Role.AUDITOR).get(LIST)
    assert "Put into a team" not in page
    assert "Put into a team" in reader(app, session).get(LIST)


def test_who_has_no_right_is_refused(app: Flask, session: Session) -> None:
    assert reader(app, session, role=Role.TRAINER).client.get(LIST).status_code == 403


def test_an_empty_list_says_what_to_do(app: Flask, session: Session) -> None:
    assert "Volunteers sign up on the page of their unit" in reader(app, session).get(LIST)


# Plans


def plan(session: Session, rows: object) -> str:
    compiled = rows.compile(session.get_bind(), compile_kwargs={"literal_binds": True})  # type: ignore[attr-defined]
    return "\n".join(row[-1] for row in session.execute(text(f"EXPLAIN QUERY PLAN {compiled}")))


@pytest.mark.sqlite_only
@pytest.mark.parametrize("units", [None, (3,), (3, 4, 5)])
@pytest.mark.parametrize("kind", [None, "registered"])
def test_volunteers_are_read_in_the_order_of_an_index(
    session: Session, units: tuple[int, ...] | None, kind: str | None
) -> None:
    scope = EVERYWHERE if units is None else Scope(frozenset(units))
    rows = volunteers(scope, clock.today(), kind=kind)
    for order in (Volunteer.id.desc(), Volunteer.number.asc()):
        told = plan(session, rows.order_by(order, Volunteer.id).limit(21))
        assert "TEMP B-TREE FOR ORDER BY" not in told, told
        assert "SCAN volunteer_period" not in told, told
        assert "SCAN certificate" not in told, told


@pytest.mark.sqlite_only
def test_the_members_of_a_team_are_found_from_it(session: Session) -> None:
    told = plan(session, volunteers(EVERYWHERE, clock.today(), team_id=7).order_by(Volunteer.id.desc()))
    assert "ix_team_membership_team (team_id=?)" in told or "uq_team_membership_open" in told
    assert "SCAN team_membership" not in told
