"""Volunteers are booked for a shift by staff: who may be, who waits, and thirty at once for ten places."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.db import db
from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.journal import verify
from registry.core.permissions import Role
from registry.core.scope import ANONYMOUS, SYSTEM
from registry.core.write import run, write
from registry.people.models import Person
from registry.volunteers.commands.bookings import (
    book,
    book_shift,
    leave_shift,
    swap_booking,
    withdraw_booking,
)
from registry.volunteers.commands.places import take_places
from registry.volunteers.models import Booking, Shift, Volunteer
from registry.volunteers.queries import booking as reasons
from registry.volunteers.queries.booking import why_not
from tests import certificates
from tests import factories as make
from tests import volunteers as maker
from tests.training import Browser, told
from tests.watching import last_entry, statements, together


def bookings(session: Session, shift: Shift) -> list[Booking]:
    session.rollback()
    rows = session.execute(select(Booking).where(Booking.shift_id == shift.id).order_by(Booking.id))
    return list(rows.scalars())


def states(session: Session, shift: Shift) -> list[str]:
    return [one.state for one in bookings(session, shift)]


def reason(session: Session, shift: Shift, volunteer: Volunteer) -> str | None:
    found = why_not(session, shift, [volunteer], clock.today())[volunteer.id]
    return None if found is None else found.text


def test_staff_book_several_and_the_rest_waits_in_order(app: Flask, session: Session) -> None:
    browser = Browser(app, session, Role.VOLUNTEER_COORDINATOR)
    shift = maker.shift(session, maker.activity(session), needed=2)
    people = maker.volunteers(session, 4)
    url = f"/volunteers/shifts/{shift.id}/book"
    chosen = [str(one.id) for one in people]
    sent = browser.fill(url, chosen=chosen)
    answer = browser.post(url, sent)
    assert answer.status_code == 303
    assert states(session, shift) == ["booked", "booked", "waiting", "waiting"]
    assert session.get_one(Shift, shift.id).places_taken == 2
    assert browser.post(url, sent).location == answer.location
    assert len(bookings(session, shift)) == 4
    entry = last_entry(session)
    assert (entry.action, entry.unit_id) == ("volunteers.book", shift.unit_id)
    assert "Waiting list" in browser.get(f"/volunteers/shifts/{shift.id}")
    assert "2 of 2" in browser.get(f"/volunteers/activities/{shift.activity_id}")


def test_every_reason_is_told(session: Session) -> None:
    activity = maker.activity(session, risky=True)
    kind = certificates.credential(session).id
    shift = maker.shift(session, activity, credential_type_id=kind, min_age=18)
    one = maker.volunteer(session)
    assert reason(session, shift, one) == reasons.NO_CREDENTIAL
    certificates.issued(session, [one.person_id])
    assert reason(session, shift, one) == reasons.NOT_INSURED
    maker.insured(session, [one], ends_on=clock.today() - timedelta(days=1))
    assert reason(session, shift, one) == reasons.NOT_INSURED
    maker.insured(session, [one])
    assert reason(session, shift, one) is None
    with write("people.factory", SYSTEM) as w:
        person = w.session.get_one(Person, one.person_id)
        person.birth_on = clock.today().replace(day=1) - timedelta(days=17 * 366)
    assert reason(session, shift, one) == reasons.TOO_YOUNG
    with write("people.factory", SYSTEM) as w:
        w.session.get_one(Person, one.person_id).birth_on = None
    assert reason(session, shift, one) == reasons.AGE_UNKNOWN
    maker.on_leave(session, one)
    assert reason(session, shift, one) == reasons.NOT_SERVING


def test_a_lapsed_certificate_grants_nothing_on_the_day(session: Session) -> None:
    one = maker.volunteer(session)
    (certificate,) = certificates.issued(session, [one.person_id])
    assert certificate.valid_until is not None
    kind = certificate.credential_type_id
    last = maker.activity(session, on=certificate.valid_until)
    after = maker.activity(session, on=certificate.valid_until + timedelta(days=1))
    assert reason(session, maker.shift(session, last, credential_type_id=kind), one) is None
    assert reason(session, maker.shift(session, after, credential_type_id=kind), one) == reasons.NO_CREDENTIAL


@pytest.mark.parametrize(
    ("starts", "ends", "free"), [(780, 840, True), (480, 540, True), (779, 800, False), (500, 541, False)]
)
def test_nobody_is_booked_for_two_overlapping_shifts(
    session: Session, starts: int, ends: int, free: bool
) -> None:
    one = maker.volunteer(session)
    first = maker.shift(session, maker.activity(session))
    run(SYSTEM, book, first, volunteer_ids=[one.id])
    other = maker.shift(session, maker.activity(session), starts, ends)
    assert reason(session, other, one) == (None if free else reasons.OVERLAPPING)
    assert reason(session, first, one) == reasons.BOOKED


def test_a_merged_person_is_one_human_being(session: Session) -> None:
    """Booked under the one row, nobody is booked again under the other, nor for an overlapping shift."""
    first, second = maker.volunteers(session, 2)
    shift = maker.shift(session, maker.activity(session))
    other = maker.shift(session, maker.activity(session), 600, 700)
    run(SYSTEM, book, shift, volunteer_ids=[first.id])
    with write("people.factory", SYSTEM) as w:
        person = w.session.get_one(Person, first.person_id)
        person.canonical_id, person.state = second.person_id, "merged"
    assert reason(session, shift, second) == reasons.BOOKED
    assert reason(session, other, second) == reasons.OVERLAPPING
    maker.insured(session, [first])
    risky = maker.shift(session, maker.activity(session, risky=True), 900, 960)
    assert reason(session, risky, second) is None
    run(SYSTEM, book, other_day(session), volunteer_ids=[first.id, second.id])
    assert (
        len(states(session, session.execute(select(Shift).order_by(Shift.id.desc())).scalars().first())) == 1
    )


def other_day(session: Session) -> Shift:
    return maker.shift(session, maker.activity(session, on=clock.today() + timedelta(days=3)))


def test_what_is_closed_takes_nobody(session: Session) -> None:
    one = maker.volunteer(session)
    for state, words in (("closed", reasons.CLOSED), ("cancelled", reasons.CANCELLED)):
        assert reason(session, maker.shift(session, maker.activity(session, state=state)), one) == words
    gone = maker.shift(session, maker.activity(session), voided_at=clock.now())
    assert reason(session, gone, one) == reasons.TAKEN_OUT
    before = maker.shift(session, maker.activity(session, on=clock.today() - timedelta(days=1)))
    assert reason(session, before, one) == reasons.OVER
    today = maker.shift(session, maker.activity(session), 0, 600)
    assert reasons.is_over(today, clock.today(), 600)
    assert not reasons.is_over(today, clock.today(), 599)


def test_asking_about_many_takes_as_many_statements_as_about_one(session: Session) -> None:
    kind = certificates.credential(session).id
    shift = maker.shift(session, maker.activity(session, risky=True), credential_type_id=kind)
    people = maker.volunteers(session, 40)
    session.expire_all()
    few, many = [], []
    for found, count in ((few, 2), (many, 40)):
        session.rollback()
        asked = list(session.execute(select(Volunteer).limit(count)).scalars())
        session.get_one(Shift, shift.id)
        with statements() as sent:
            why_not(session, shift, asked, clock.today())
        found += sent
    assert len(people) == 40
    assert len(many) == len(few)


def test_who_cannot_is_shown_and_kept_out(app: Flask, session: Session) -> None:
    browser = Browser(app, session, Role.VOLUNTEER_COORDINATOR)
    can, cannot = maker.volunteers(session, 2)
    maker.on_leave(session, cannot)
    shift = maker.shift(session, maker.activity(session))
    url = f"/volunteers/shifts/{shift.id}/book"
    page = browser.get(url)
    assert f'value="{can.id}"' in page
    assert f'value="{cannot.id}"' not in page
    assert "Is not an enrolled or registered volunteer" in page
    answer = browser.submit(url, chosen=[str(can.id), str(cannot.id)])
    assert "1 of those chosen cannot be booked" in told(answer)
    assert f'value="{can.id}" checked' in answer.get_data(as_text=True)
    answer = browser.submit(url, chosen=[str(cannot.id)])
    assert "Nothing was saved; choose somebody else" in told(answer)
    assert "Nobody was chosen" in told(browser.submit(url))
    assert bookings(session, shift) == []


def test_looking_for_a_name_saves_nothing_and_keeps_who_is_ticked(app: Flask, session: Session) -> None:
    browser = Browser(app, session, Role.VOLUNTEER_COORDINATOR)
    ticked, wanted = maker.volunteers(session, 2)
    shift = maker.shift(session, maker.activity(session))
    url = f"/volunteers/shifts/{shift.id}/book"
    page = browser.submit(url, chosen=[str(ticked.id)], text=wanted.number.lower(), look="1")
    text = page.get_data(as_text=True)
    assert page.status_code == 200
    assert f'value="{ticked.id}" checked' in text
    assert f'value="{wanted.id}"' in text
    assert bookings(session, shift) == []


def test_nobody_beyond_reach_is_booked(app: Flask, session: Session) -> None:
    browser = Browser(app, session, Role.VOLUNTEER_COORDINATOR)
    own = maker.shift(session, maker.activity(session))
    elsewhere = maker.shift(session, maker.activity(session, make.YANJI))
    stranger = maker.volunteer(session, make.YANJI)
    actor = make.actor(session, Role.VOLUNTEER_COORDINATOR)
    with pytest.raises(RecordNotFoundError):
        run(actor, book, own, volunteer_ids=[stranger.id])
    with pytest.raises(RecordNotFoundError):
        run(actor, book, elsewhere, volunteer_ids=[maker.volunteer(session).id])
    assert browser.client.get(f"/volunteers/shifts/{elsewhere.id}/book").status_code == 404
    answer = browser.submit(f"/volunteers/shifts/{own.id}/book", chosen=[str(stranger.id)])
    assert answer.status_code == 200
    assert bookings(session, own) == []
    trainer = Browser(app, session, Role.TRAINER)
    assert trainer.client.get(f"/volunteers/shifts/{own.id}/book").status_code == 403
    auditor = Browser(app, session, Role.AUDITOR)
    assert auditor.client.get(f"/volunteers/shifts/{own.id}").status_code == 200
    assert auditor.client.get(f"/volunteers/shifts/{own.id}/book").status_code == 403


@pytest.mark.parametrize("by_phone", [True, False])
def test_thirty_at_once_for_ten_places(app: Flask, session: Session, by_phone: bool) -> None:
    shift = maker.shift(session, maker.activity(session), 0, 1_440, needed=10)
    ids = [one.id for one in maker.volunteers(session, 30)]
    shift_id = shift.id
    session.rollback()

    def job(volunteer_id: int) -> object:
        found = db.session.get_one(Shift, shift_id)
        if by_phone:
            return run(ANONYMOUS, book_shift, found, db.session.get_one(Volunteer, volunteer_id))
        return run(SYSTEM, book, found, volunteer_ids=[volunteer_id])

    results = together(app, [lambda one=one: job(one) for one in ids])  # type: ignore[misc]
    assert not any(isinstance(one, RuleError) for one in results)
    found = states(session, shift)
    assert (found.count("booked"), found.count("waiting")) == (10, 20)
    assert found == ["booked"] * 10 + ["waiting"] * 20
    assert session.get_one(Shift, shift_id).places_taken == 10
    assert verify(session) is None


@pytest.mark.parametrize("count", [3, -1])
def test_the_update_itself_gives_no_place_that_is_not_there(session: Session, count: int) -> None:
    shift = maker.shift(session, maker.activity(session), needed=2)
    with pytest.raises(RuleError, match="Places left: 2"), write("volunteers.factory", SYSTEM) as w:
        take_places(w, w.session.get_one(Shift, shift.id), count)
    session.expire_all()
    assert session.get_one(Shift, shift.id).places_taken == 0


# The life of a shift, whatever happens in which order.

STEPS = st.lists(
    st.tuples(st.sampled_from(["book", "phone", "leave", "withdraw", "swap"]), st.integers(0, 5)), max_size=12
)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_places_taken_are_the_bookings_and_nobody_waits_beside_a_free_place(
    session: Session, steps: list[tuple[str, int]]
) -> None:
    tomorrow = clock.today() + timedelta(days=1)
    shift = maker.shift(session, maker.activity(session, on=tomorrow), needed=2)
    people = maker.volunteers(session, 6)
    ids = [one.id for one in people]
    for verb, who in steps:
        session.rollback()
        found = session.get_one(Shift, shift.id)
        volunteer = session.get_one(Volunteer, ids[who])
        standing = [one for one in bookings(session, shift) if one.state in ("booked", "waiting")]
        own = next((one for one in standing if one.volunteer_id == ids[who]), None)
        try:
            if verb == "book":
                run(SYSTEM, book, found, volunteer_ids=[ids[who]])
            elif verb == "phone":
                run(ANONYMOUS, book_shift, found, volunteer)
            elif verb == "withdraw" and own is not None:
                run(SYSTEM, withdraw_booking, own, reason="不能参加")
            elif verb == "leave":
                run(ANONYMOUS, leave_shift, found, volunteer)
            elif verb == "swap" and standing:
                run(SYSTEM, swap_booking, standing[0], volunteer_id=ids[who], reason="代替")
        except RuleError:
            pass
        now = bookings(session, shift)
        booked = [one for one in now if one.state == "booked"]
        waiting = [one for one in now if one.state == "waiting"]
        taken = session.get_one(Shift, shift.id).places_taken
        assert taken == len(booked) <= 2
        assert not waiting or taken == 2
        held = [one.volunteer_id for one in booked + waiting]
        assert len(held) == len(set(held))
