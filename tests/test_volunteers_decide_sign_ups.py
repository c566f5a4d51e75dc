"""Staff decide on sign-ups: the queue, batches, and two coordinators at the same moment."""

from __future__ import annotations

import itertools
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.db import db
from registry.core.errors import ForbiddenError, RecordNotFoundError, RuleError
from registry.core.journal import verify
from registry.core.permissions import Role
from registry.core.scope import EVERYWHERE, SYSTEM, Scope
from registry.core.write import run
from registry.people.models import Person
from registry.people.queries import known_by_hash
from registry.volunteers.commands.decide_sign_ups import (
    Decided,
    approve_sign_ups,
    hindrances,
    reject_sign_ups,
)
from registry.volunteers.commands.periods import change_period, void_period
from registry.volunteers.commands.reveal_sign_up import reveal_sign_up
from registry.volunteers.commands.sign_up import withdraw_sign_up
from registry.volunteers.models import SignUp, Volunteer
from registry.volunteers.queries.sign_ups import sign_ups
from tests import factories as make
from tests import volunteers as makers
from tests.endpoints import Reader
from tests.imports import count
from tests.sign_ups import Received, again, received, typed
from tests.watching import last_entry, statements, together

# Every example has people of its own.
_serials = itertools.count(2_000, 2)


def text_of(answer: Any) -> str:
    return str(answer.get_data(as_text=True))


def listed(session: Session, state: str | None = "waiting") -> list[int]:
    session.rollback()
    return [row.SignUp.id for row in session.execute(sign_ups(EVERYWHERE, state=state).order_by(SignUp.id))]


# Approving


def test_an_applicant_becomes_an_enrolled_volunteer(session: Session) -> None:
    coordinator = make.actor(session, Role.VOLUNTEER_COORDINATOR)
    told = typed(field="blood")
    record, _token = received(session, told=told)
    done = run(coordinator, approve_sign_ups, [record])
    assert (done.sign_up_ids, done.against) == ([record.id], {})
    entry = last_entry(session)
    assert (entry.action, entry.unit_id) == ("volunteers.approve_sign_ups", record.unit_id)
    record = again(session, record)
    volunteer = session.get_one(Volunteer, record.volunteer_id)
    person = session.get_one(Person, volunteer.person_id)
    assert (record.state, record.decided_by) == ("approved", coordinator.user_id)
    assert (person.name, person.phone, volunteer.fields) == (told["name"], told["phone"], ["blood"])
    assert (volunteer.source, volunteer.consent_on) == ("sign_up", clock.today())
    assert [period.kind for period in makers.periods(session, volunteer)] == ["enrolled"]
    assert told["document_number"] not in str(record.values)


def test_the_consent_of_the_guardian_goes_over(session: Session) -> None:
    born = clock.add_months(clock.today(), -12 * 16)
    told = typed(3, born=born, guardian_name="王芳", guardian_phone="13800000001")
    record, _token = received(session, told=told)
    run(SYSTEM, approve_sign_ups, [record])
    volunteer = session.get_one(Volunteer, again(session, record).volunteer_id)
    assert (volunteer.guardian_name, volunteer.guardian_phone) == ("王芳", "13800000001")
    assert volunteer.guardian_consent_on == clock.today()


def test_what_stands_against_one_keeps_none_of_the_others(session: Session) -> None:
    make.person(session, name="王伟", serial=61)
    makers.volunteers(session, 1, entrant=make.entrant(serial=62))
    good, _ = received(session, told=typed(60))
    named, _ = received(session, told=typed(61, name="赵敏"))
    already, _ = received(session, told=typed(62))
    twice, _ = received(session, make.KUANCHENG, told=typed(60))
    decided, _ = received(session, told=typed(63))
    run(SYSTEM, reject_sign_ups, [decided], reason="重复报名")
    chosen = [good, named, already, twice, decided]
    told = run(SYSTEM, approve_sign_ups, chosen)
    assert told.sign_up_ids == [good.id, already.id]
    assert set(told.against) == {named.id, twice.id, decided.id}
    assert "王*" in str(told.against[named.id])
    assert "same number" in str(told.against[twice.id])
    assert "Rejected already" in str(told.against[decided.id])
    states = [again(session, record).state for record in chosen]
    assert states == ["approved", "waiting", "approved", "waiting", "rejected"]
    # The second application of the same person leads to the same volunteer.
    run(SYSTEM, approve_sign_ups, [again(session, twice)])
    assert again(session, twice).volunteer_id == again(session, good).volunteer_id
    assert count(session, Volunteer) == 2


def test_nothing_is_written_when_none_can_be_approved(session: Session) -> None:
    record, _token = received(session)
    run(SYSTEM, approve_sign_ups, [record])
    before = last_entry(session).seq
    with pytest.raises(RuleError, match="None of the chosen"):
        run(SYSTEM, approve_sign_ups, [again(session, record)])
    assert last_entry(session).seq == before


def test_who_left_comes_back_with_a_new_period_but_not_on_the_same_day(session: Session) -> None:
    (volunteer,) = makers.volunteers(session, 1, entrant=make.entrant(serial=71))
    record, _token = received(session, told=typed(71))
    leave = {"kind": "left", "reason": "迁居外地"}
    yesterday, today = clock.today() - timedelta(days=1), clock.today()
    for day, hindered in ((today, True), (yesterday, False)):
        left = run(SYSTEM, change_period, volunteer, starts_on=day, **leave)
        session.rollback()
        assert bool(hindrances(session, [again(session, record)], today)) == hindered
        if hindered:
            run(SYSTEM, void_period, left, reason="日期有误")
    run(SYSTEM, approve_sign_ups, [again(session, record)])
    assert again(session, record).volunteer_id == volunteer.id
    kinds = [period.kind for period in makers.periods(session, volunteer)]
    assert kinds == ["enrolled", "left", "enrolled"]


def test_what_the_same_person_sent_again_is_decided_along(session: Session) -> None:
    told = typed(81)
    first, _ = received(session, told=told)
    same, _ = received(session, told={**told, "field": "rescue"})
    other_phone, _ = received(session, told={**told, "phone": "13700000000"})
    assert listed(session) == [first.id]
    run(SYSTEM, approve_sign_ups, [again(session, first)])
    assert again(session, same).state == "approved"
    assert "page" not in again(session, same).values
    assert again(session, first).values["page"]
    # Who gave another phone may be somebody else, so staff look at it.
    assert listed(session) == [other_phone.id]


def test_withdrawing_the_first_brings_the_next_up(session: Session) -> None:
    told = typed(82)
    _first, token = received(session, told=told)
    second, _ = received(session, told=told)
    run(SYSTEM, withdraw_sign_up, token=token)
    assert listed(session) == [second.id]


def test_statements_do_not_depend_on_the_number_of_applicants(session: Session) -> None:
    few = [received(session, told=typed(serial)).record for serial in range(100, 103)]
    many = [received(session, told=typed(serial)).record for serial in range(200, 220)]
    actor = make.actor(session, Role.VOLUNTEER_COORDINATOR)
    session.rollback()
    with statements() as sent_few:
        run(actor, approve_sign_ups, few)
    with statements() as sent_many:
        run(actor, approve_sign_ups, many)
    assert len(sent_few) == len(sent_many)
    assert count(session, Volunteer) == 23


# Rejecting


def test_rejecting_keeps_the_reason_and_erases_what_was_typed(session: Session) -> None:
    told = typed(91)
    record, _token = received(session, told=told)
    run(SYSTEM, reject_sign_ups, [record], reason="不在服务区域")
    entry = last_entry(session)
    assert (entry.action, entry.reason, entry.unit_id) == (
        "volunteers.reject_sign_ups",
        "不在服务区域",
        record.unit_id,
    )
    record = again(session, record)
    assert (record.state, record.decision_reason) == ("rejected", "不在服务区域")
    assert told["name"] not in str(record.values)
    assert count(session, Person) == 0


@pytest.mark.parametrize("reason", ["", "x", "长" * 201])
def test_a_rejection_states_a_reason(session: Session, reason: str) -> None:
    record, _token = received(session)
    with pytest.raises(RuleError) as refused:
        run(SYSTEM, reject_sign_ups, [record], reason=reason)
    assert refused.value.field == "reason"
    assert again(session, record).state == "waiting"


# Who may


def test_only_volunteer_staff_within_reach_decide(session: Session) -> None:
    record, _token = received(session)
    elsewhere, _token = received(session, make.KUANCHENG)
    for verb, more in ((approve_sign_ups, {}), (reject_sign_ups, {"reason": "不在服务区域"})):
        with pytest.raises(ForbiddenError):
            run(make.actor(session, Role.AUDITOR), verb, [record], **more)
        with pytest.raises(RecordNotFoundError):
            run(make.actor(session, Role.VOLUNTEER_COORDINATOR), verb, [record, elsewhere], **more)
    assert [again(session, one).state for one in (record, elsewhere)] == ["waiting", "waiting"]


# Whatever happens in whatever order


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(("sign up", "again", "withdraw", "approve", "reject", "approve all")),
            st.integers(0, 5),
        ),
        max_size=9,
    )
)
def test_a_decision_holds_and_nobody_comes_in_twice(session: Session, steps: list[tuple[str, int]]) -> None:
    session.rollback()
    first = next(_serials)
    made: list[Received] = []
    decided: dict[int, str] = {}

    def act(step: str, which: int) -> None:
        if step in ("sign up", "again") or not made:
            serial = first + (which % 2 if step == "sign up" else 0)
            made.append(received(session, told=typed(serial, field=("rescue", "youth")[which % 2])))
            return
        record, token = made[which % len(made)]
        if step == "withdraw":
            run(SYSTEM, withdraw_sign_up, token=token)
        elif step == "reject":
            run(SYSTEM, reject_sign_ups, [record], reason="不在服务区域")
        else:
            run(SYSTEM, approve_sign_ups, [one.record for one in made] if "all" in step else [record])

    for step, which in steps:
        try:
            act(step, which)
        except RuleError:
            session.rollback()
        session.rollback()
        for one in made:
            now = again(session, one.record)
            assert now.state == decided.get(now.id, now.state), "a decision was changed"
            if now.state != "waiting":
                decided[now.id] = now.state
                assert "number" not in now.values
                assert now.number_hash is None
            assert (now.state == "approved") == (now.volunteer_id is not None)
    people = [make.entrant(serial=first + n).document_hash for n in (0, 1)]
    admitted = {again(session, one.record).volunteer_id for one in made} - {None}
    known = known_by_hash(session, [one for one in people if one])
    assert len(admitted) == len(known) <= 2


# At once


def test_two_coordinators_approve_the_same_batch_and_nothing_is_done_twice(
    app: Flask, session: Session
) -> None:
    ids = [received(session, told=typed(serial)).record.id for serial in range(300, 306)]
    actors = [make.actor(session, Role.VOLUNTEER_COORDINATOR) for _ in range(4)]
    session.rollback()

    def job(place: int) -> Decided:
        # Two take the whole batch, two overlap with it by half.
        mine = ids if place < 2 else ids[place - 2 : place + 1]
        found = db.session.execute(select(SignUp).where(SignUp.id.in_(mine))).scalars().all()
        return run(actors[place], approve_sign_ups, list(found))

    results = together(app, [lambda place=place: job(place) for place in range(4)])  # type: ignore[misc]
    done = [one for one in results if isinstance(one, Decided)]
    assert sorted(i for one in done for i in one.sign_up_ids) == ids
    refused = [one for one in results if not isinstance(one, Decided)]
    assert all(isinstance(one, RuleError) for one in refused), results
    late = [told for one in done for told in one.against.values()]
    assert refused or late
    assert all("Approved already" in str(told) for told in late)
    assert count(session, Volunteer) == count(session, Person) == len(ids)
    assert listed(session) == []
    assert verify(session) is None


# Pages


@pytest.fixture
def reader(app: Flask, session: Session) -> Reader:
    found = Reader(app, session, [Role.VOLUNTEER_COORDINATOR], make.NANGUAN)
    session.rollback()
    return found


def keys(page: str) -> dict[str, str]:
    """The form key of the form that decides."""
    field = re.search(r'<input[^>]*name="form_key"[^>]*>', page)
    assert field
    found = re.search(r'value="([^"]+)"', field[0])
    assert found
    return {"form_key": found[1]}


def test_the_queue_lists_masked_numbers_and_approves_all_in_three_clicks(
    session: Session, reader: Reader
) -> None:
    told = [typed(serial) for serial in (401, 402)]
    for one in told:
        received(session, told=one)
    make.person(session, serial=402)
    session.rollback()
    page = text_of(reader.client.get("/volunteers/sign-ups"))
    for one in told:
        assert one["name"] in page
        assert one["document_number"] not in page
        assert one["document_number"][:6] in page
    exported = reader.client.get("/volunteers/sign-ups?export=csv", buffered=True).get_data(as_text=True)
    for one in told:
        assert one["name"] not in exported
        assert one["document_number"] not in exported
    # The header box and Approve …
    answer = reader.send("/volunteers/sign-ups/approve", all="1", query="")
    assert answer.status_code == 303
    # … and the button of the page that says who is admitted.
    shown = reader.client.get(answer.location)
    done = reader.send(answer.location, **keys(text_of(shown)))
    assert done.status_code == 303
    assert count(session, Volunteer) == 2
    assert 'data-key="n"' not in text_of(reader.client.get(done.location))


def test_a_batch_that_somebody_else_decided_is_told_line_by_line(session: Session, reader: Reader) -> None:
    first, _ = received(session, told=typed(411))
    second, _ = received(session, told=typed(412))
    path = f"/volunteers/sign-ups/approve?sign_up={first.id}&sign_up={second.id}"
    sent = keys(text_of(reader.client.get(path)))
    run(SYSTEM, approve_sign_ups, [first])
    session.rollback()
    done = reader.send(path, **sent)
    page = text_of(reader.client.get(done.location))
    assert count(session, Volunteer) == 2
    # Who was decided by somebody else is told by the way to the volunteer.
    session.rollback()
    assert f'href="/volunteers/{session.get_one(SignUp, first.id).volunteer_id}"' in page
    # The same form again changes nothing.
    before = last_entry(session).seq
    assert reader.send(path, **sent).status_code == 303
    assert last_entry(session).seq == before


def test_a_batch_is_rejected_with_one_reason(session: Session, reader: Reader) -> None:
    ids = [received(session, told=typed(serial)).record.id for serial in (421, 422)]
    session.rollback()
    to = reader.send("/volunteers/sign-ups/reject", ids=[str(i) for i in ids]).location
    sent = keys(text_of(reader.client.get(to)))
    refused = reader.send(to, **sent, reason="x")
    assert refused.status_code == 200
    assert listed(session) == ids
    assert reader.send(to, **sent, reason="本次招募已满").status_code == 303
    assert listed(session) == []


def test_nothing_chosen_is_said_and_others_records_do_not_exist(session: Session, reader: Reader) -> None:
    elsewhere, _ = received(session, make.KUANCHENG)
    session.rollback()
    for action in ("approve", "reject"):
        path = f"/volunteers/sign-ups/{action}"
        assert reader.send(path).location.endswith("/volunteers/sign-ups")
        assert reader.send(path, ids=str(elsewhere.id)).status_code == 404
        assert reader.client.get(f"{path}?sign_up={elsewhere.id}").status_code == 404
    assert reader.client.get(f"/volunteers/sign-ups/{elsewhere.id}").status_code == 404
    assert again(session, elsewhere).state == "waiting"


def test_the_page_of_an_applicant_tells_what_stands_against_it(session: Session, reader: Reader) -> None:
    make.person(session, name="王伟", serial=431)
    record, _ = received(session, told=typed(431, name="赵敏"))
    good, _ = received(session, told=typed(432))
    session.rollback()
    page = text_of(reader.client.get(f"/volunteers/sign-ups/{record.id}"))
    assert "王*" in page
    assert f"/volunteers/sign-ups/approve?sign_up={record.id}" not in page
    page = text_of(reader.client.get(f"/volunteers/sign-ups/{good.id}"))
    path = f"/volunteers/sign-ups/approve?sign_up={good.id}"
    assert path in page
    assert "13900001234" not in page
    assert reader.send(path, **keys(page.split(path)[1])).status_code == 303
    assert again(session, good).state == "approved"
    for state in ("approved", "all"):
        assert "/volunteers/sign-ups/" in text_of(reader.client.get(f"/volunteers/sign-ups?state={state}"))


@pytest.mark.sqlite_only
@pytest.mark.parametrize("units", [None, (3,)])
def test_the_queue_is_read_along_indexes(session: Session, units: tuple[int, ...] | None) -> None:
    scope = EVERYWHERE if units is None else Scope(frozenset(units))
    rows = sign_ups(scope, state="waiting").order_by(SignUp.id).limit(21)
    compiled = rows.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
    told = "\n".join(row[-1] for row in session.execute(text(f"EXPLAIN QUERY PLAN {compiled}")))
    assert "uq_person_identifier_hash (kind=? AND value_hash=?)" in told
    assert "ix_sign_up_number_hash (number_hash=?" in told
    assert "SCAN person" not in told
    assert "SCAN volunteer" not in told
    if units is not None:
        assert "ix_sign_up_unit (unit_id=? AND state=?)" in told
        assert "TEMP B-TREE" not in told


def test_a_volunteer_of_another_unit_is_not_linked(session: Session, reader: Reader) -> None:
    makers.volunteers(session, 1, make.KUANCHENG, entrant=make.entrant(serial=451))
    record, _ = received(session, told=typed(451))
    run(SYSTEM, approve_sign_ups, [record])
    there = again(session, record).volunteer_id
    session.rollback()
    for path in (f"/volunteers/sign-ups/{record.id}", f"/volunteers/sign-ups/approve?sign_up={record.id}"):
        page = reader.client.get(path)
        assert page.status_code == 200
        assert f"/volunteers/{there}" not in text_of(page)


# Calling before deciding


def test_numbers_are_shown_with_a_reason_and_it_is_journalled(session: Session, reader: Reader) -> None:
    told = typed(441)
    record, _ = received(session, told=told)
    session.rollback()
    path = f"/volunteers/sign-ups/{record.id}"
    assert f"{path}/reveal" in text_of(reader.client.get(path))
    sent = keys(text_of(reader.client.get(f"{path}/reveal")))
    before = last_entry(session).seq
    assert told["document_number"] not in text_of(reader.send(f"{path}/reveal", **sent, reason="看"))
    assert last_entry(session).seq == before
    page = text_of(reader.send(f"{path}/reveal", **sent, reason="电话核实报名信息"))
    assert told["document_number"] in page
    assert told["phone"] in page
    entry = last_entry(session)
    assert (entry.action, entry.reason) == ("volunteers.reveal_sign_up", "电话核实报名信息")
    assert entry.unit_id == record.unit_id
    for role in (Role.AUDITOR, Role.TRAINER):
        with pytest.raises(ForbiddenError):
            run(make.actor(session, role), reveal_sign_up, record, reason="电话核实")


def test_nothing_is_left_to_be_shown_of_a_decided_one(session: Session) -> None:
    record, _ = received(session, told=typed(442))
    run(SYSTEM, reject_sign_ups, [record], reason="不在服务区域")
    assert run(SYSTEM, reveal_sign_up, record, reason="电话核实") == []
