"""Insurance: policies, whom they cover within their days, and what is void covers nobody on any day."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.text import mask_name
from registry.core.write import run
from registry.people.models import Person
from registry.volunteers.commands.bookings import book
from registry.volunteers.commands.insurance import (
    add_policy,
    cover_volunteers,
    void_cover,
    void_policy,
)
from registry.volunteers.models import InsuranceCover, InsurancePolicy, Volunteer
from registry.volunteers.queries.standing import insured_on
from tests import factories as make
from tests import volunteers as maker
from tests.training import Browser, last_action, rows_of, told
from tests.watching import last_entry, statements

FIRST, LAST = date(2026, 1, 1), date(2026, 12, 31)


@pytest.fixture
def browser(app: Flask, session: Session) -> Browser:
    return Browser(app, session, Role.VOLUNTEER_COORDINATOR)


def a_policy(session: Session, unit_code: str = make.NANGUAN, number: str = "BX1") -> InsurancePolicy:
    unit_id = make.unit(session, unit_code).id
    return run(
        SYSTEM, add_policy, unit_id=unit_id, insurer="平安", number=number, starts_on=FIRST, ends_on=LAST
    )


def cover(policy: InsurancePolicy, people: list[Volunteer], first: date = FIRST, last: date = LAST) -> None:
    ids = [inspect(one).identity[0] for one in people]
    run(SYSTEM, cover_volunteers, policy, volunteer_ids=ids, starts_on=first, ends_on=last)


def covered(session: Session, volunteer: Volunteer, day: date) -> bool:
    session.rollback()
    person = session.get_one(Person, volunteer.person_id)
    return person.canonical_id in insured_on(session, [person.canonical_id], day)


def test_the_export_of_a_policy_has_the_number_and_a_shortened_name(
    session: Session, browser: Browser
) -> None:
    policy, volunteer = a_policy(session), maker.volunteer(session)
    cover(policy, [volunteer])
    name = session.get_one(Person, volunteer.person_id).name
    url = f"/volunteers/insurance/{policy.id}?export=csv"
    answer = browser.client.get(url, buffered=True).get_data(as_text=True)
    assert volunteer.number in answer
    assert mask_name(name) in answer
    assert name not in answer


def test_a_policy_is_added_once_and_shown(session: Session, browser: Browser) -> None:
    typed = {
        "unit": str(make.unit(session).id),
        "insurer": "平安",
        "number": "PA-2026-1",
        "starts_on": clock.today().isoformat(),
        "ends_on": clock.today().isoformat(),
        "note": "意外险",
    }
    sent = browser.fill("/volunteers/insurance/add", **typed)
    first, second = (browser.post("/volunteers/insurance/add", sent) for _ in range(2))
    assert first.location == second.location
    assert rows_of(session, InsurancePolicy) == 1
    assert last_action(session) == "volunteers.add_policy"
    assert "意外险" in browser.get(first.location)
    assert "PA-2026-1" in browser.get("/volunteers/insurance?state=running&text=PA")
    assert "PA-2026-1" not in browser.get("/volunteers/insurance?state=void")
    assert "in the registry already" in told(browser.submit("/volunteers/insurance/add", **typed))
    wrong = {**typed, "number": "2", "ends_on": "2025-01-01"}
    assert "before the first" in told(browser.submit("/volunteers/insurance/add", **wrong))
    wrong["ends_on"] = "2999-01-01"
    assert "more than ten years" in told(browser.submit("/volunteers/insurance/add", **wrong))


def test_several_and_everyone_of_an_activity_are_covered(session: Session, browser: Browser) -> None:
    policy = a_policy(session)
    chosen, booked, other = maker.volunteers(session, 3)
    shift = maker.shift(session, maker.activity(session))
    run(SYSTEM, book, shift, volunteer_ids=[booked.id])
    url = f"/volunteers/insurance/{policy.id}/cover"
    answer = browser.submit(
        url,
        chosen=[str(chosen.id)],
        activity=str(shift.activity_id),
        starts_on="2026-02-01",
        ends_on="2026-02-28",
    )
    assert answer.status_code == 303
    for one, yes in ((chosen, True), (booked, True), (other, False)):
        assert covered(session, one, date(2026, 2, 28)) is yes
        assert covered(session, one, date(2026, 3, 1)) is False
        assert covered(session, one, date(2026, 1, 31)) is False
    entry = last_entry(session)
    assert (entry.action, entry.unit_id) == ("volunteers.cover_volunteers", policy.unit_id)
    assert chosen.number in browser.get(answer.location)
    page = browser.get(f"/volunteers/{chosen.id}/insurance")
    assert "BX1" in page
    assert "No policy covers this volunteer" in browser.get(f"/volunteers/{other.id}/insurance")


def test_overlapping_covers_are_fine_and_one_void_leaves_the_other(session: Session) -> None:
    one = maker.volunteer(session)
    first, second = a_policy(session), a_policy(session, number="BX2")
    cover(first, [one])
    cover(second, [one], last=date(2026, 6, 30))
    rows = list(session.execute(select(InsuranceCover).order_by(InsuranceCover.id)).scalars())
    run(SYSTEM, void_cover, rows[0], reason="录入有误")
    assert covered(session, one, date(2026, 6, 30))
    assert not covered(session, one, date(2026, 7, 1))
    with pytest.raises(RuleError, match="void already"):
        run(SYSTEM, void_cover, session.get_one(InsuranceCover, rows[0].id), reason="录入有误")


def test_a_void_policy_covers_nobody(session: Session, browser: Browser) -> None:
    one = maker.volunteer(session)
    policy = a_policy(session)
    cover(policy, [one])
    assert covered(session, one, LAST)
    answer = browser.submit(f"/volunteers/insurance/{policy.id}/void", reason="合同无效")
    assert answer.status_code == 303
    assert not covered(session, one, LAST)
    entry = last_entry(session)
    assert (entry.action, entry.reason) == ("volunteers.void_policy", "合同无效")
    with pytest.raises(RuleError, match="void already"):
        run(SYSTEM, void_policy, session.get_one(InsurancePolicy, policy.id), reason="合同无效")
    with pytest.raises(RuleError, match="This policy is void"):
        cover(session.get_one(InsurancePolicy, policy.id), [one])
    assert "This policy was voided" in browser.get(answer.location)
    assert a_policy(session).number == policy.number


def test_a_cover_is_voided_from_its_page(session: Session, browser: Browser) -> None:
    policy = a_policy(session)
    cover(policy, [maker.volunteer(session)])
    cover_id = session.execute(select(InsuranceCover.id)).scalar_one()
    assert f"/insurance/covers/{cover_id}/void" in browser.get(f"/volunteers/insurance/{policy.id}")
    answer = browser.submit(f"/volunteers/insurance/covers/{cover_id}/void", reason="录入有误")
    assert answer.location == f"/volunteers/insurance/{policy.id}"
    assert last_action(session) == "volunteers.void_cover"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"starts_on": "2025-12-31"}, "give days within it"),
        ({"ends_on": "2027-01-01"}, "give days within it"),
        ({"starts_on": "2026-05-02", "ends_on": "2026-05-01"}, "before the first"),
        ({"chosen": []}, "Nobody was chosen"),
    ],
)
def test_refusals(session: Session, browser: Browser, more: dict[str, Any], words: str) -> None:
    policy, one = a_policy(session), maker.volunteer(session)
    typed = {"chosen": [str(one.id)], "starts_on": "2026-05-01", "ends_on": "2026-05-02", **more}
    answer = browser.submit(f"/volunteers/insurance/{policy.id}/cover", **typed)
    assert words in told(answer)
    assert rows_of(session, InsuranceCover) == 0


def test_only_who_may_and_within_reach(app: Flask, session: Session, browser: Browser) -> None:
    own, elsewhere = a_policy(session), a_policy(session, make.YANJI, "BX3")
    stranger = maker.volunteer(session, make.YANJI)
    actor = make.actor(session, Role.VOLUNTEER_COORDINATOR)
    ids, away = [stranger.id], maker.activity(session, make.YANJI).id
    with pytest.raises(RecordNotFoundError):
        run(actor, cover_volunteers, own, volunteer_ids=ids, starts_on=FIRST, ends_on=LAST)
    with pytest.raises(RecordNotFoundError):
        run(
            actor,
            cover_volunteers,
            own,
            volunteer_ids=[],
            starts_on=FIRST,
            ends_on=LAST,
            activity_id=away,
        )
    for path in ("", "/cover", "/void"):
        assert browser.client.get(f"/volunteers/insurance/{elsewhere.id}{path}").status_code == 404
    assert browser.client.get(f"/volunteers/{stranger.id}/insurance").status_code == 404
    auditor = Browser(app, session, Role.AUDITOR)
    assert auditor.client.get(f"/volunteers/insurance/{own.id}").status_code == 200
    for path in (f"{own.id}/cover", f"{own.id}/void", "add"):
        assert auditor.client.get(f"/volunteers/insurance/{path}").status_code == 403


def test_many_are_covered_with_as_many_statements_as_few(session: Session) -> None:
    people = maker.volunteers(session, 40)
    counts = []
    for number, group in enumerate((people[:2], people[2:])):
        policy = a_policy(session, number=f"N{number}")
        session.rollback()
        with statements() as sent:
            cover(policy, group)
        counts.append(len(sent))
    assert counts[0] == counts[1]


DAYS = st.dates(FIRST, LAST)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(spans=st.lists(st.tuples(DAYS, DAYS, st.booleans()), max_size=4), day=DAYS)
def test_covered_on_a_day_is_what_the_standing_covers_say(
    session: Session, spans: list[tuple[date, date, bool]], day: date
) -> None:
    one = maker.volunteer(session)
    policy = a_policy(session, number=f"P{one.id}")
    expected = False
    for ends in spans:
        first, last, void = min(ends[:2]), max(ends[:2]), ends[2]
        cover(session.get_one(InsurancePolicy, policy.id), [one], first, last)
        session.rollback()
        if void:
            made = session.execute(
                select(InsuranceCover)
                .where(InsuranceCover.volunteer_id == one.id)
                .order_by(InsuranceCover.id.desc())
            ).scalars()
            run(SYSTEM, void_cover, next(iter(made)), reason="录入有误")
        expected = expected or (not void and first <= day <= last)
    assert covered(session, one, day) is expected
