"""Issuing: numbers, snapshot, second person, address, glyphs, replay, and two issuers at once."""

from __future__ import annotations

from datetime import date

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.certificates.commands import prepare_batch, void_certificate
from registry.certificates.models import BatchLine, Certificate, CertificateEvent, NumberCounter
from registry.certificates.queries.batches import batch_certificates, holders
from registry.certificates.snapshots import font_book, issuer_of, sheet_of, unprintable_in
from registry.core import clock
from registry.core.db import db
from registry.core.errors import ForbiddenError, RecordNotFoundError, RuleError
from registry.core.journal import verify
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.people.commands import correct_person, merge_persons
from registry.people.models import Person
from tests import factories as make
from tests.certificates import (
    PUBLIC_URL,
    choose,
    confirm_address,
    credential,
    entries,
    issue,
    issued,
    prepared,
)
from tests.watching import last_entry, statements, together


def total(session: Session) -> int:
    return session.execute(select(func.count()).select_from(Certificate)).scalar_one()


@time_machine.travel("2026-11-23 04:00Z", tick=False)
def test_every_line_becomes_a_certificate(session: Session) -> None:
    people = make.persons(session, 3)
    batch = prepared(session, people)
    confirm_address()
    approver = make.actor(session, Role.CERTIFICATE_APPROVER)
    issue(batch, approver)
    session.rollback()
    certificates = batch_certificates(session, batch.id)
    assert [c.person_id for c in certificates] == people
    assert [c.number for c in certificates] == [f"2201022026J{n:06d}" for n in (1, 2, 3)]
    assert {(c.issued_on, c.valid_from, c.valid_until) for c in certificates} == {
        (date(2026, 11, 23), date(2026, 11, 23), date(2029, 11, 22))
    }
    assert len({c.token for c in certificates}) == 3
    assert all(len(c.token) == 22 for c in certificates)
    assert (batch.state, batch.issued_on, batch.decided_by) == (
        "issued",
        date(2026, 11, 23),
        approver.user_id,
    )
    events = session.execute(select(CertificateEvent).order_by(CertificateEvent.id)).scalars().all()
    assert [(e.certificate_id, e.kind, e.by_id) for e in events] == [
        (c.id, "issued", approver.user_id) for c in certificates
    ]
    entry = last_entry(session)
    assert entry.action == "certificates.issue_batch"
    # Three certificates, three events, three lines, the counter and the batch.
    assert entry.line_count == 11
    assert verify(session) is None


def test_the_snapshot_says_everything_and_never_changes(session: Session) -> None:
    person = make.person(session, name="欧阳娜")
    (certificate,) = issued(session, [person.id])
    before = sheet_of(certificate)
    assert before.holder_name == "欧阳娜"
    assert before.document_masked.count("*") == 8
    assert before.issuing_unit_zh == "长春市南关区红十字会"
    assert before.issuing_unit_en == "Red Cross Society of Nanguan District, Changchun"
    assert (before.title, before.course_name, before.class_hours) == (
        "红十字救护员证",
        "第3期红十字救护员培训班",
        16,
    )
    assert before.verify_url == f"{PUBLIC_URL}/v/{certificate.token}"
    assert before.demo is False
    run(SYSTEM, correct_person, person, entrant=make.entrant("欧阳丽"))
    session.rollback()
    assert person.name == "欧阳丽"
    assert sheet_of(certificate) == before


def test_the_snapshot_is_not_readable_in_the_database(session: Session) -> None:
    issued(session, [make.person(session, name="欧阳娜").id])
    with db.engine.connect() as connection:
        stored = connection.exec_driver_sql("SELECT snapshot FROM certificate").scalar_one()
        lines = connection.exec_driver_sql("SELECT changes FROM journal_line").scalars().all()
    assert "欧阳" not in stored
    assert not any("欧阳" in line for line in lines)


def test_who_prepared_may_not_approve(session: Session) -> None:
    both = make.actor(session, (Role.TRAINER, Role.CERTIFICATE_APPROVER))
    batch = prepared(session, make.persons(session, 1), actor=both)
    confirm_address()
    with pytest.raises(RuleError, match="someone else has to approve"):
        issue(batch, both)
    assert total(session) == 0
    choose("certificate_second_person", False)
    issue(batch, both)
    assert total(session) == 1


def test_without_a_second_person_a_trainer_may_issue(session: Session) -> None:
    trainer = make.actor(session, Role.TRAINER)
    batch = prepared(session, make.persons(session, 1), actor=trainer)
    confirm_address()
    with pytest.raises(ForbiddenError):
        issue(batch, trainer)
    choose("certificate_second_person", False)
    issue(batch, trainer)
    assert total(session) == 1


@pytest.mark.parametrize("role", [Role.COUNTY_ADMIN, Role.AUDITOR, Role.SUPERVISOR])
def test_no_other_role_may_issue(session: Session, role: Role) -> None:
    batch = prepared(session, make.persons(session, 1))
    confirm_address()
    with pytest.raises(ForbiddenError):
        issue(batch, make.actor(session, role))
    choose("certificate_second_person", False)
    if role is not Role.COUNTY_ADMIN:
        with pytest.raises(ForbiddenError):
            issue(batch, make.actor(session, role))
    assert total(session) == 0


def test_the_batch_of_another_unit_does_not_exist(session: Session) -> None:
    batch = prepared(session, make.persons(session, 1))
    confirm_address()
    with pytest.raises(RecordNotFoundError):
        issue(batch, make.actor(session, Role.CERTIFICATE_APPROVER, make.KUANCHENG))
    assert total(session) == 0


@pytest.mark.parametrize("public_url", ["", "https://other.example.org"])
def test_nothing_is_issued_on_an_address_that_is_not_the_confirmed_one(
    session: Session, public_url: str
) -> None:
    batch = prepared(session, make.persons(session, 1))
    with pytest.raises(RuleError, match="not confirmed"):
        issue(batch)
    confirm_address()
    with pytest.raises(RuleError, match="not confirmed"):
        issue(batch, public_url=public_url)
    assert total(session) == 0
    session.rollback()
    assert batch.state == "prepared"


def test_demo_data_issue_under_the_demo_mark(session: Session) -> None:
    choose("demo", True)
    batch = prepared(session, make.persons(session, 1))
    with pytest.raises(RuleError, match="not confirmed"):
        issue(batch, public_url="")
    issue(batch, public_url="http://127.0.0.1:8000/")
    (certificate,) = batch_certificates(session, batch.id)
    sheet = sheet_of(certificate)
    assert sheet.demo is True
    assert sheet.verify_url == f"http://127.0.0.1:8000/v/{certificate.token}"


def test_a_character_without_a_glyph_is_refused_naming_row_and_character(session: Session) -> None:
    people = [make.person(session).id, make.person(session, name="王\U0002b740").id]
    batch = prepared(session, people)
    confirm_address()
    with pytest.raises(RuleError, match=r"Row 2: no font can print .*U\+2B740"):
        issue(batch)
    assert total(session) == 0
    issuer = issuer_of(session, make.unit(session), clock.today())
    (row,) = unprintable_in(holders(session, batch.id), credential(session), issuer, font_book())
    assert (row.row, row.characters) == (2, ("\U0002b740",))


@pytest.mark.parametrize("name", ["王㛃", "李䶮", "赵𠅤", "钱𫖮", "김민준", "阿卜杜热西提·买买提"])
def test_rare_names_are_issued(session: Session, name: str) -> None:
    (certificate,) = issued(session, [make.person(session, name=name).id])
    assert sheet_of(certificate).holder_name == name


def test_a_person_merged_since_is_told(session: Session) -> None:
    first, second = make.persons(session, 2)
    batch = prepared(session, [first, second])
    confirm_address()
    one, other = session.get_one(Person, first), session.get_one(Person, second)
    run(SYSTEM, merge_persons, loser=other, winner=one, reason="同一人")
    with pytest.raises(RuleError, match="Rows 1 and 2 turned out to be the same person"):
        issue(batch)
    assert total(session) == 0


def test_issuing_twice_is_refused(session: Session) -> None:
    people = make.persons(session, 2)
    batch = prepared(session, people)
    confirm_address()
    issue(batch)
    with pytest.raises(RuleError, match="issued already"):
        issue(batch)
    assert total(session) == 2


def test_a_thousand_take_as_many_statements_as_two(session: Session) -> None:
    confirm_address()
    # The first batch of a series makes its counter.
    issue(prepared(session, make.persons(session, 1)))
    few, many = prepared(session, make.persons(session, 2)), prepared(session, make.persons(session, 1000))
    with statements() as first:
        issue(few)
    with statements() as second:
        issue(many)
    # What is still loaded from before, and the order of changed records, vary by a few.
    assert len(second) <= len(first) + 4
    numbers = [c.number for c in batch_certificates(session, many.id)]
    assert numbers == [f"220102{clock.today().year}J{n:06d}" for n in range(4, 1004)]


# Numbers


def test_the_series_starts_anew_at_midnight_in_shanghai(session: Session) -> None:
    people = make.persons(session, 2)
    batches = [prepared(session, [person]) for person in people]
    confirm_address()
    with time_machine.travel("2026-12-31 15:59:59Z", tick=False):
        issue(batches[0])
    with time_machine.travel("2026-12-31 16:00:00Z", tick=False):
        issue(batches[1])
    old, new = (batch_certificates(session, batch.id)[0] for batch in batches)
    assert (old.number, old.issued_on) == ("2201022026J000001", date(2026, 12, 31))
    assert (new.number, new.issued_on) == ("2201022027J000001", date(2027, 1, 1))


def test_a_number_is_not_used_again_after_void(session: Session) -> None:
    (first,) = issued(session, make.persons(session, 1))
    run(SYSTEM, void_certificate, first, reason="重复录入")
    (second,) = issued(session, make.persons(session, 1))
    assert first.number.endswith("J000001")
    assert second.number.endswith("J000002")


def test_units_and_credential_types_have_their_own_series(session: Session) -> None:
    (one,) = issued(session, make.persons(session, 1))
    (two,) = issued(session, make.persons(session, 1, make.KUANCHENG), unit_code=make.KUANCHENG)
    (three,) = issued(session, make.persons(session, 1), credential_code="cpr_aed")
    year = clock.today().year
    assert [one.number, two.number, three.number] == [
        f"220102{year}J000001",
        f"220103{year}J000001",
        f"220102{year}C000001",
    ]
    assert session.execute(select(func.count()).select_from(NumberCounter)).scalar_one() == 3


def test_a_unit_without_a_code_is_named_by_its_id(session: Session) -> None:
    unit = make.unit(session)
    with db.engine.begin() as connection:
        connection.exec_driver_sql(f"UPDATE unit SET code = NULL WHERE id = {unit.id}")
    session.rollback()
    people = make.persons(session, 1, make.KUANCHENG)
    batch = run(
        SYSTEM,
        prepare_batch,
        unit_id=unit.id,
        credential_type_id=credential(session).id,
        title="班",
        entries=entries(people),
    )
    confirm_address()
    issue(batch)
    (certificate,) = batch_certificates(session, batch.id)
    assert certificate.number == f"U{unit.id}{clock.today().year}J000001"


# At once


def _issue_in_thread(batch_id: int) -> object:
    from registry.certificates.models import CertificateBatch

    return issue(db.session.get_one(CertificateBatch, batch_id)).id


def test_two_issuers_at_once_issue_once(app: Flask, session: Session) -> None:
    batch = prepared(session, make.persons(session, 5))
    confirm_address()
    batch_id = batch.id
    session.rollback()
    results = together(app, [lambda: _issue_in_thread(batch_id)] * 4)
    refused = [result for result in results if isinstance(result, RuleError)]
    assert [result for result in results if result == batch_id] == [batch_id]
    assert len(refused) == 3
    assert all("issued already" in str(error) for error in refused)
    session.rollback()
    assert total(session) == 5
    assert verify(session) is None


def test_numbers_of_batches_issued_at_once_are_gapless_and_distinct(app: Flask, session: Session) -> None:
    ids = [prepared(session, make.persons(session, 3)).id for _ in range(6)]
    confirm_address()
    session.rollback()
    results = together(app, [lambda batch_id=batch_id: _issue_in_thread(batch_id) for batch_id in ids])
    assert sorted(map(str, results)) == sorted(map(str, ids))
    session.rollback()
    numbers = session.execute(select(Certificate.number)).scalars().all()
    assert sorted(numbers) == [f"220102{clock.today().year}J{n:06d}" for n in range(1, 19)]
    for batch_id in ids:
        own = [int(c.number[-6:]) for c in batch_certificates(session, batch_id)]
        assert own == list(range(own[0], own[0] + 3))


def test_the_lines_lead_to_their_certificates(session: Session) -> None:
    people = make.persons(session, 3)
    certificates = issued(session, people)
    lines = session.execute(select(BatchLine).order_by(BatchLine.id)).scalars().all()
    assert [(line.person_id, line.certificate_id) for line in lines] == [
        (c.person_id, c.id) for c in certificates
    ]
