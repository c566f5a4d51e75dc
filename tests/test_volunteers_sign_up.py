"""Signing up on a telephone: the form, its receipt, and the address of the own page."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run, write
from registry.people.identity import read_document
from registry.people.models import Person
from registry.volunteers.commands import applicants
from registry.volunteers.commands.decide_sign_ups import approve_sign_ups, reject_sign_ups
from registry.volunteers.commands.own_page import give_page
from registry.volunteers.commands.sign_up import take_page, withdraw_sign_up
from registry.volunteers.models import SignUp, Volunteer
from tests import factories as make
from tests import volunteers as makers
from tests.accounts import Browser, hidden, text
from tests.imports import count
from tests.sign_ups import again, received, typed
from tests.watching import last_entry, statements

JOIN = f"/join/{make.NANGUAN}"


@pytest.fixture
def anyone(app: Flask, session: Session) -> Browser:
    session.rollback()
    return Browser(app.test_client())


def send(browser: Browser, told: dict[str, str], path: str = JOIN, **more: str) -> Any:
    """Fill the page in as a browser without script does, and send it."""
    page = browser.get(path)
    fields = {"consent": "y", **told, **more}
    fields.setdefault("form_key", hidden(page, "form_key"))
    action = re.search(r'<form method="post" action="([^"]*)"', text(page))
    return browser.send((action and action[1]) or path, token=hidden(page, "csrf_token"), **fields)


def records(session: Session) -> list[SignUp]:
    session.rollback()
    return list(session.execute(select(SignUp).order_by(SignUp.id)).scalars())


def years_ago(years: int) -> date:
    return clock.add_months(clock.today(), -12 * years) - timedelta(days=1)


# The form


def test_somebody_signs_up_and_gets_a_receipt(session: Session, anyone: Browser) -> None:
    told = typed()
    answer = send(anyone, told)
    assert answer.status_code == 303
    page = text(anyone.get(answer.location))
    assert 'class="verdict verdict-wait"' in page
    (record,) = records(session)
    assert (record.state, record.unit_id, record.minor) == ("waiting", make.unit(session).id, False)
    assert record.values["name"] == told["name"]
    assert record.number_hash is not None
    assert count(session, Person) == 0
    assert count(session, Volunteer) == 0
    entry = last_entry(session)
    assert (entry.action, entry.unit_id) == ("volunteers.sign_up", record.unit_id)


def test_the_page_has_eight_fields_no_script_and_is_light(anyone: Browser) -> None:
    answer = anyone.get(JOIN)
    page = text(answer)
    shown = re.findall(
        r'<(?:input|select)[^>]* name="([^"]+)"', re.sub(r"<noscript>.*?</noscript>", "", page)
    )
    visible = [name for name in shown if name not in ("csrf_token", "form_key")]
    assert len(visible) == len(set(visible)) == 8
    assert "<script" not in page
    assert len(answer.get_data()) < 60_000
    assert "长春市南关区" in page or "南关区" in page


def test_values_are_stored_encrypted_and_stand_in_no_journal(session: Session, anyone: Browser) -> None:
    told = typed()
    send(anyone, told)
    session.rollback()
    stored = str(session.execute(sql("SELECT * FROM sign_up")).all())
    stored += str(session.execute(sql("SELECT * FROM form_key")).all())
    stored += str(session.execute(sql("SELECT * FROM journal_line")).all())
    for secret in (told["name"], told["document_number"], told["phone"]):
        assert secret not in stored


def test_the_token_of_the_receipt_is_stored_nowhere(session: Session, anyone: Browser) -> None:
    token = send(anyone, typed()).location.rsplit("/", 1)[1]
    session.rollback()
    for table in ("sign_up", "form_key", "journal_line"):
        assert token not in str(session.execute(sql(f"SELECT * FROM {table}")).all())


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "", "此项必填"),
        ("document_number", "220102199001011234", "校验"),
        ("document_number", "12", ""),
        ("phone", "12345", "不是"),
        ("field", "", ""),
        ("guardian_name", "王芳", ""),
        ("birth_on", "gestern", ""),
    ],
)
def test_what_is_wrong_is_said_and_everything_typed_is_kept(
    session: Session, anyone: Browser, field: str, value: str, said: str
) -> None:
    told = {**typed(), field: value}
    answer = send(anyone, told)
    page = text(answer)
    assert answer.status_code == 200
    assert f'id="{field}-error"' in page or field == "guardian_name"
    assert 'role="alert"' in page
    for key, kept in told.items():
        assert kept in page, key
    assert records(session) == []


def test_without_consent_nothing_is_sent(session: Session, anyone: Browser) -> None:
    told = typed()
    answer = send(anyone, told, consent="")
    assert 'id="consent-error"' in text(answer)
    assert told["document_number"] in text(answer)
    assert records(session) == []


def test_a_passport_needs_the_date_of_birth(session: Session, anyone: Browser) -> None:
    told = {**typed(), "document_number": "E12345678"}
    assert 'id="birth_on-error"' in text(send(anyone, told))
    assert send(anyone, {**told, "birth_on": "1990-05-06"}).status_code == 303
    (record,) = records(session)
    assert record.values["kind"] == "passport"
    assert record.values["birth_on"] == "1990-05-06"


def test_a_birth_date_that_contradicts_the_number_is_refused(anyone: Browser) -> None:
    assert 'id="birth_on-error"' in text(send(anyone, typed(birth_on="1990-01-02")))


def test_a_minor_needs_a_guardian(session: Session, anyone: Browser) -> None:
    told = typed(5, born=years_ago(16))
    page = text(send(anyone, told))
    assert 'id="guardian_name-error"' in page
    assert told["document_number"] in page
    consented = {**told, "guardian_name": "王芳", "guardian_phone": "13800000001"}
    assert send(anyone, consented).status_code == 303
    (record,) = records(session)
    assert record.minor
    assert record.values["guardian_name"] == "王芳"


def test_a_child_is_too_young_even_with_a_guardian(session: Session, anyone: Browser) -> None:
    told = typed(6, born=years_ago(12), guardian_name="王芳", guardian_phone="13800000001")
    assert 'id="document_number-error"' in text(send(anyone, told))
    assert records(session) == []


def test_of_a_grown_up_no_guardian_is_kept(session: Session, anyone: Browser) -> None:
    send(anyone, typed(guardian_name="王芳", guardian_phone="13800000001"))
    (record,) = records(session)
    assert record.values["guardian_name"] is None


def test_a_number_without_a_kind_is_said_without_asking_for_one() -> None:
    with pytest.raises(RuleError) as refused:
        read_document(None, "A1", today=clock.today())
    assert refused.value.message.text == applicants._ASKS_FOR_KIND
    _found, errors = applicants.read_applicant(
        typed(document_number="A1"), {"minimum_age": 14, "guardian_below": 18}, clock.today()
    )
    assert [error.column for error in errors] == ["document_number"]
    assert errors[0].message == applicants._NO_KIND


# Where an address leads


def test_a_unit_without_a_code_and_an_unknown_one(session: Session, anyone: Browser) -> None:
    assert anyone.get(f"/join/u{make.unit(session).id}").status_code == 200
    for unknown in ("u99999999", "u99999999999", "999999", "A" * 22, "x"):
        assert anyone.get(f"/join/{unknown}").status_code == 404
    assert anyone.get("/join/receipt/" + "A" * 22).status_code == 404


def test_an_activity_takes_sign_ups_for_its_unit(session: Session, anyone: Browser) -> None:
    gathering = makers.activity(session)
    path = f"/join/{gathering.sign_up_token}"
    page = text(anyone.get(path))
    assert gathering.title in page
    assert send(anyone, typed(), path).status_code == 303
    (record,) = records(session)
    assert (record.activity_id, record.unit_id) == (gathering.id, gathering.unit_id)


@pytest.mark.parametrize("how", ["cancelled", "over"])
def test_an_activity_that_ended_meanwhile_keeps_what_was_typed(
    session: Session, anyone: Browser, how: str
) -> None:
    gathering = makers.activity(session)
    path = f"/join/{gathering.sign_up_token}"
    page = anyone.get(path)
    with write("volunteers.factory", SYSTEM) as w:
        w.session.refresh(gathering)
        if how == "cancelled":
            gathering.state = "cancelled"
        else:
            gathering.starts_on = gathering.ends_on = clock.today() - timedelta(days=1)
    told = typed()
    fields = {"consent": "y", "form_key": hidden(page, "form_key"), **told}
    refused = anyone.send(path, token=hidden(page, "csrf_token"), **fields)
    assert refused.status_code == 200
    assert records(session) == []
    for kept in told.values():
        assert kept in text(refused)
    # What the page holds now goes to the unit.
    assert f'action="{JOIN}"' in text(refused)
    assert anyone.send(JOIN, token=hidden(refused, "csrf_token"), **fields).status_code == 303
    (record,) = records(session)
    assert record.activity_id is None


# Twice, and who is known


def test_the_same_form_twice_is_one_sign_up_with_one_receipt(session: Session, anyone: Browser) -> None:
    told, key = typed(), "a" * 32
    first, second = send(anyone, told, form_key=key), send(anyone, told, form_key=key)
    assert first.location == second.location
    assert len(records(session)) == 1
    other = send(anyone, {**told, "phone": "13800000009"}, form_key=key)
    assert other.status_code == 200
    assert len(records(session)) == 1


def test_the_same_form_after_its_key_was_swept_away_is_still_one(session: Session, anyone: Browser) -> None:
    told, key = typed(), "b" * 32
    first = send(anyone, told, form_key=key)
    session.rollback()
    session.execute(sql("DELETE FROM form_key"))
    session.commit()
    assert send(anyone, told, form_key=key).location == first.location
    assert len(records(session)) == 1


def test_a_second_sign_up_of_the_same_number_is_answered_alike_and_listed_once(
    app: Flask, session: Session, anyone: Browser
) -> None:
    told = typed()
    first = send(anyone, told)
    second = send(Browser(app.test_client()), {**told, "phone": "13700000000"})
    pages = [
        re.sub(r'value="[^"]*"|/join/[^"]*|<time.*?</time>', "", text(anyone.get(answer.location)))
        for answer in (first, second)
    ]
    assert first.location != second.location
    assert pages[0] == pages[1]
    from registry.core.scope import EVERYWHERE
    from registry.volunteers.queries.sign_ups import sign_ups

    session.rollback()
    assert len(session.execute(sign_ups(EVERYWHERE, state="waiting")).all()) == 1


def test_it_does_not_tell_whether_somebody_is_known(session: Session, anyone: Browser) -> None:
    known = make.entrant("王伟", serial=41)
    run(
        SYSTEM,
        makers.add_volunteers,
        unit_id=make.unit(session).id,
        admissions=[makers.admission(1, known)],
        source="staff",
    )
    answers = []
    send(anyone, typed(42))  # The first tries from an address make their count.
    for told in (typed(41, name="王伟"), typed(43)):
        with statements() as sent:
            answer = send(anyone, told)
        answers.append((answer.status_code, len(sent), len(text(anyone.get(answer.location)))))
    assert len(set(answers)) == 1
    other_name = send(anyone, typed(41, name="别人家"))
    assert (other_name.status_code, len(text(anyone.get(other_name.location)))) == (303, answers[0][2])


def test_a_flood_from_one_address_or_with_one_number_is_slowed_down(
    app: Flask, session: Session, anyone: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = typed()
    answers = [send(anyone, told) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [303] * 5 + [429] * 2
    assert int(answers[-1].headers["Retry-After"]) <= 60
    assert all(kept in text(answers[-1]) for kept in told.values())
    from registry.public import views_sign_up

    monkeypatch.setattr(views_sign_up, "ADDRESS_SIGN_UPS", 1)
    other = Browser(app.test_client(), "10.1.2.3")
    assert [send(other, typed()).status_code for _ in range(6)] == [303] * 5 + [429]


# The receipt


def test_withdrawing_erases_what_was_typed(session: Session, anyone: Browser) -> None:
    told = typed()
    location = send(anyone, told).location
    page = anyone.get(location)
    for _ in range(2):
        answer = anyone.send(f"{location}/withdraw", token=hidden(page, "csrf_token"))
        assert (answer.status_code, answer.location) == (303, location)
    (record,) = records(session)
    assert (record.state, record.number_hash) == ("withdrawn", None)
    assert told["name"] not in str(record.values)
    assert told["document_number"] not in str(record.values)
    entry = last_entry(session)
    assert (entry.action, entry.unit_id) == ("volunteers.withdraw_sign_up", record.unit_id)
    assert 'class="verdict verdict-off"' in text(anyone.get(location))


def test_what_is_decided_cannot_be_withdrawn(session: Session, anyone: Browser) -> None:
    record, token = received(session)
    run(SYSTEM, reject_sign_ups, [record], reason="年龄不符合本队要求")
    with pytest.raises(RuleError, match="decided or withdrawn already"):
        run(SYSTEM, withdraw_sign_up, token=token)
    page = text(anyone.get(f"/join/receipt/{token}"))
    assert "年龄不符合本队要求" in page
    assert "verdict-bad" in page
    assert again(session, record).state == "rejected"


def test_the_own_page_is_given_once_from_the_receipt(session: Session, anyone: Browser) -> None:
    told = typed()
    record, token = received(session, told=told)
    with pytest.raises(RecordNotFoundError):
        run(SYSTEM, take_page, token=token, page_token="x" * 22)
    run(SYSTEM, approve_sign_ups, [record])
    path = f"/join/receipt/{token}"
    page = anyone.get(path)
    assert "verdict-good" in text(page)
    sent = {"token": hidden(page, "csrf_token"), "form_key": hidden(page, "form_key")}
    first = anyone.send(f"{path}/page", **sent)
    assert first.location.startswith("/my/")
    entry = last_entry(session)
    assert (entry.action, entry.unit_id) == ("volunteers.take_page", record.unit_id)
    # The same click twice leads there again, a later one does not.
    assert anyone.send(f"{path}/page", **sent).location == first.location
    assert anyone.send(f"{path}/page", token=sent["token"]).location == path
    assert last_entry(session).seq == entry.seq
    own = text(anyone.get(first.location))
    assert told["name"] not in own
    assert f"/join/receipt/{token}/page" not in text(anyone.get(path))


def test_who_was_a_volunteer_before_gets_no_page_from_a_receipt(session: Session, anyone: Browser) -> None:
    someone = make.entrant(serial=51)
    makers.volunteers(session, 1, entrant=someone)
    record, token = received(session, told=typed(51))
    run(SYSTEM, approve_sign_ups, [record])
    assert f"/join/receipt/{token}/page" not in text(anyone.get(f"/join/receipt/{token}"))
    with pytest.raises(RuleError, match="given already"):
        run(SYSTEM, take_page, token=token, page_token="x" * 22)


def test_a_page_given_by_staff_first_is_not_taken_over(session: Session) -> None:
    record, token = received(session)
    run(SYSTEM, approve_sign_ups, [record])
    volunteer = session.get_one(Volunteer, again(session, record).volunteer_id)
    run(SYSTEM, give_page, volunteer)
    with pytest.raises(RuleError, match="given already"):
        run(SYSTEM, take_page, token=token, page_token="x" * 22)


def test_signed_in_staff_may_use_the_page_too(app: Flask, session: Session, anyone: Browser) -> None:
    user = make.user(session, Role.AUDITOR)
    session.rollback()
    anyone.sign_in(user.username)
    assert send(anyone, typed()).status_code == 303
    assert last_entry(session).actor_id == user.id
