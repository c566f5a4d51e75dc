"""The call-out list: who is on it, in which order, and how phones are shown."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import literal_column, select
from sqlalchemy.orm import Session

from registry.certificates.models import CredentialType
from registry.core import clock
from registry.core.db import db
from registry.core.permissions import Role
from registry.core.scope import EVERYWHERE, SYSTEM
from registry.core.write import write
from registry.people.identity import age_on
from registry.people.models import Person
from registry.volunteers.models import TeamMembership, Volunteer
from registry.volunteers.queries.call_out import FAR, HERE, NEAR, Wanted, call_out
from tests import factories as make
from tests import volunteers as volunteering
from tests.factories import CHANGCHUN, KUANCHENG, NANGUAN, PROVINCE, YANBIAN, YANJI
from tests.figures import certify, merge
from tests.test_indicators_pages import browser, plain
from tests.watching import statements

PATH = "/volunteers/call-out"


def today() -> date:
    return clock.today()


def listed(session: Session, wanted: Wanted | None = None) -> list[int]:
    """The volunteers of the list, the nearest first."""
    rows = call_out(session, wanted or Wanted(today()), EVERYWHERE)
    return [row.id for row in session.execute(rows.order_by(literal_column("nearness"), Volunteer.id))]


def rescuer(
    session: Session, unit_code: str = NANGUAN, issued_on: date | None = None, **more: Any
) -> Volunteer:
    """A volunteer with a rescuer certificate of three years, issued a month ago unless told otherwise."""
    found = volunteering.volunteer(session, unit_code, **more)
    issued = issued_on or today() - timedelta(days=30)
    until = clock.add_months(issued, 36) - timedelta(days=1)
    certify(session, found.person_id, issued, until, unit_code=unit_code)
    return found


def kind(session: Session, code: str = "rescuer") -> int:
    return session.execute(select(CredentialType.id).where(CredentialType.code == code)).scalar_one()


def test_who_rests_is_suspended_left_or_was_entered_in_error_is_not_called(session: Session) -> None:
    one, two, three, four = volunteering.volunteers(session, 4)
    volunteering.on_leave(session, two)
    with write("test.void", SYSTEM) as w:
        w.session.get_one(Volunteer, three.id).voided_at = w.at
        w.session.get_one(Person, four.person_id).state = "void"
    assert listed(session) == [one.id]
    assert listed(session, Wanted(today() - timedelta(days=1))) == [one.id, two.id], "before the leave began"
    assert listed(session, Wanted(volunteering.ENROLLED_ON - timedelta(days=1))) == []
    assert listed(session, Wanted(today(), kind="registered")) == []
    volunteering.registered(session, one)
    assert listed(session, Wanted(today(), kind="registered")) == [one.id]


def test_a_skill_ends_with_its_certificate_and_training_gets_old(session: Session) -> None:
    day = today()
    fresh = rescuer(session, issued_on=clock.add_months(day, -12))
    old = rescuer(session, issued_on=clock.add_months(day, -12) - timedelta(days=1))
    over = rescuer(session, issued_on=clock.add_months(day, -36))
    other = volunteering.volunteer(session)
    certify(session, other.person_id, day, None, kind="cpr_aed")
    skilled = Wanted(day, credential_type_id=kind(session))
    assert listed(session, skilled) == [fresh.id, old.id]
    assert listed(session, Wanted(day, credential_type_id=kind(session), trained_within=12)) == [fresh.id]
    assert listed(session, Wanted(day, trained_within=12)) == [fresh.id, other.id]
    before = Wanted(day - timedelta(days=1), credential_type_id=kind(session))
    assert listed(session, before) == [fresh.id, old.id, over.id], "it still held on its last day"


def test_insurance_counts_on_the_day_by_cover_and_policy(session: Session) -> None:
    one, two, _three = volunteering.volunteers(session, 3)
    volunteering.insured(session, [one], ends_on=today())
    volunteering.insured(session, [two], ends_on=today() - timedelta(days=1))
    assert listed(session, Wanted(today(), insured=True)) == [one.id]
    assert listed(session, Wanted(today() - timedelta(days=1), insured=True)) == [one.id, two.id]


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
        (date(2008, 6, 1), date(2026, 5, 31), 17),
        (date(2008, 6, 1), date(2026, 6, 1), 18),
        (date(2010, 3, 1), date(2028, 2, 29), 17),
        (date(2010, 2, 28), date(2028, 2, 29), 18),
    ],
)
def test_ages_are_completed_years(session: Session, born: date, day: date, age: int) -> None:
    found = volunteering.volunteer(session)
    with write("test.born", SYSTEM) as w:
        w.session.get_one(Person, found.person_id).birth_on = born
    for first, last in ((age, age), (0, age), (age, 120)):
        assert listed(session, Wanted(day, age_from=first, age_to=last)) == [found.id]
    assert (
        listed(session, Wanted(day, age_from=age + 1)) == listed(session, Wanted(day, age_to=age - 1)) == []
    )


def test_the_nearest_come_first(session: Session) -> None:
    far, near, here = (volunteering.volunteer(session, code) for code in (YANJI, KUANCHENG, NANGUAN))
    place = make.unit(session, NANGUAN).id
    assert listed(session, Wanted(today(), near_id=place)) == [here.id, near.id, far.id]
    rows = session.execute(call_out(session, Wanted(today(), near_id=place), EVERYWHERE))
    assert {row.id: row.nearness for row in rows} == {here.id: HERE, near.id: NEAR, far.id: FAR}
    prefecture = make.unit(session, CHANGCHUN).id
    assert listed(session, Wanted(today(), unit_id=prefecture)) == [near.id, here.id]
    province = make.unit(session, PROVINCE).id
    rows = session.execute(call_out(session, Wanted(today(), near_id=province), EVERYWHERE))
    assert {row.nearness for row in rows} == {HERE}


def test_merged_entries_are_one_person_with_the_skills_of_both(session: Session) -> None:
    one, other = volunteering.volunteer(session, NANGUAN), rescuer(session, YANJI)
    volunteering.insured(session, [one])
    merge(other.person_id, one.person_id)
    wanted = Wanted(today(), credential_type_id=kind(session), insured=True)
    assert listed(session, wanted) == [one.id]
    assert listed(session) == [one.id]
    volunteering.on_leave(session, other)
    assert listed(session) == [], "who rests under one entry is not called under another"


# A property: the filters against a plain model.

OFFERS = ((), ("emergency",), ("weekdays", "emergency"), ("weekends",))
FIELD_SETS = ((), ("rescue",), ("rescue", "elderly"))
UNITS = (NANGUAN, KUANCHENG, YANJI)
some_people = st.lists(
    st.fixed_dictionaries(
        {
            "unit": st.sampled_from(UNITS),
            "age": st.integers(14, 70),
            "issued": st.none() | st.integers(0, 40),
            "cover": st.none() | st.integers(-2, 2),
            "leave": st.booleans(),
            "team": st.booleans(),
            "available": st.sampled_from(OFFERS),
            "fields": st.sampled_from(FIELD_SETS),
        }
    ),
    min_size=1,
    max_size=6,
)
some_filters = st.fixed_dictionaries(
    {
        "unit": st.none() | st.sampled_from((NANGUAN, CHANGCHUN, YANBIAN, PROVINCE)),
        "skill": st.booleans(),
        "trained_within": st.none() | st.sampled_from((1, 12, 24)),
        "insured": st.booleans(),
        "age_from": st.none() | st.integers(14, 30),
        "age_to": st.none() | st.integers(30, 70),
        "available": st.none() | st.sampled_from(("emergency", "weekends")),
        "field": st.none() | st.sampled_from(("rescue", "elderly")),
        "team": st.booleans(),
    }
)
BELOW = {
    None: UNITS,
    PROVINCE: UNITS,
    CHANGCHUN: (NANGUAN, KUANCHENG),
    YANBIAN: (YANJI,),
    NANGUAN: (NANGUAN,),
}


def belongs(one: dict[str, Any], wanted: dict[str, Any], day: date) -> bool:
    """The rule in plain words."""
    valid = one["issued"] is not None and one["issued"] < 36
    fresh = valid and (wanted["trained_within"] is None or one["issued"] <= wanted["trained_within"])
    return (
        not one["leave"]
        and one["unit"] in BELOW[wanted["unit"]]
        and (fresh or not (wanted["skill"] or wanted["trained_within"]))
        and (not wanted["insured"] or (one["cover"] is not None and one["cover"] >= 0))
        and (wanted["age_from"] or 0) <= age_on(one["born"], day) <= (wanted["age_to"] or 200)
        and (wanted["available"] is None or wanted["available"] in one["available"])
        and (wanted["field"] is None or wanted["field"] in one["fields"])
        and (one["team"] or not wanted["team"])
    )


@pytest.mark.sqlite_only
@given(some_people, st.lists(some_filters, min_size=3, max_size=6))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_filters_do_what_the_words_say(
    app: Flask, engine_name: str, open_site: Any, people: list[dict[str, Any]], asked: list[dict[str, Any]]
) -> None:
    open_site(engine_name).renew()
    with app.app_context():
        session, day = db.session(), clock.today()
        group = volunteering.team(session)
        for one in people:
            found = volunteering.volunteer(
                session, one["unit"], fields=one["fields"], available=one["available"]
            )
            one["id"], one["born"] = found.id, clock.add_months(day, -12 * one["age"] - 3)
            with write("test.person", SYSTEM) as w:
                w.session.get_one(Person, found.person_id).birth_on = one["born"]
                if one["team"]:
                    common = {
                        "volunteer_id": found.id,
                        "person_id": found.person_id,
                        "unit_id": found.unit_id,
                    }
                    w.add(TeamMembership(team_id=group.id, starts_on=day, **common))
            if one["issued"] is not None:
                issued = clock.add_months(day, -one["issued"])
                until = clock.add_months(issued, 36) - timedelta(days=1)
                certify(session, found.person_id, issued, until)
            if one["cover"] is not None:
                volunteering.insured(session, [found], ends_on=day + timedelta(days=one["cover"]))
            if one["leave"]:
                volunteering.on_leave(session, found)
        for told in asked:
            wanted = Wanted(
                day,
                unit_id=make.unit(session, told["unit"]).id if told["unit"] else None,
                credential_type_id=kind(session) if told["skill"] else None,
                team_id=group.id if told["team"] else None,
                **{
                    name: told[name]
                    for name in ("trained_within", "insured", "age_from", "age_to", "available", "field")
                },
            )
            right = sorted(one["id"] for one in people if belongs(one, told, day))
            assert listed(session, wanted) == right, told


# The page.


@pytest.fixture
def phones(session: Session) -> list[str]:
    """Two rescuers of Nanguan, one of Yanji; their phones."""
    told = ["13812340001", "13812340002", "13812349873"]
    for phone, code in zip(told, (NANGUAN, NANGUAN, YANJI), strict=True):
        rescuer(session, code, entrant=make.entrant(phone=phone))
    return told


def test_the_page_shows_skills_and_masked_phones(app: Flask, session: Session, phones: list[str]) -> None:
    reader = browser(app, session, Role.VOLUNTEER_COORDINATOR)
    page = reader.get(f"{PATH}?credential_type={kind(session)}&age_from=1&age_to=120&trained_within=12")
    assert page.status_code == 200
    text = plain(page)
    until = clock.add_months(today() - timedelta(days=30), 36) - timedelta(days=1)
    assert f"Red Cross certified rescuer until {until.isoformat()}" in text
    assert not any(phone in page.get_data(as_text=True) for phone in phones)
    assert phones[0][:3] + "****" + phones[0][-4:] in text
    assert phones[2][-4:] not in text, "Yanji lies outside the reach"
    for export in ("csv", "xlsx"):
        data = reader.get(f"{PATH}?export={export}").data
        assert not any(phone.encode() in data for phone in phones)
    rows = reader.get(f"{PATH}?export=csv").data.decode("utf-8-sig")
    assert rows.count(until.isoformat()) == 2
    assert "Nothing matches these filters" in plain(reader.get(f"{PATH}?insured=y"))
    unskilled = volunteering.volunteer(session)
    row = reader.get(PATH).get_data(as_text=True).split(f'/volunteers/{unskilled.id}"')[1].split("</tr>")[0]
    assert row.count("—") >= 2, "neither a skill nor an insurance"


@pytest.mark.parametrize("more", ["", "?export=csv"])
def test_the_list_costs_the_same_with_more_people(app: Flask, session: Session, more: str) -> None:
    reader = browser(app, session, Role.VOLUNTEER_COORDINATOR)
    rescuer(session)
    reader.get(PATH + more)
    with statements() as few:
        reader.get(PATH + more).get_data()
    for found in volunteering.volunteers(session, 40):
        certify(session, found.person_id, today(), None)
    with statements() as many:
        reader.get(PATH + more).get_data()
    assert len(few) == len(many)
