"""Batches: preparing and rejecting."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.certificates.commands import BatchEntry, prepare_batch, reject_batch
from registry.certificates.models import BatchLine, CertificateBatch
from registry.core.errors import ForbiddenError, RecordNotFoundError, RuleError
from registry.core.journal import verify
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.people.commands import merge_persons
from registry.people.models import Person
from tests import factories as make
from tests.certificates import credential, entries, prepared
from tests.watching import last_entry, statements


def count(session: Session) -> int:
    return session.execute(select(func.count()).select_from(CertificateBatch)).scalar_one()


def test_lines_keep_the_order_of_the_entries(session: Session) -> None:
    people = make.persons(session, 5)
    people.reverse()
    batch = prepared(session, people)
    lines = session.execute(select(BatchLine).where(BatchLine.batch_id == batch.id).order_by(BatchLine.id))
    assert [line.person_id for line in lines.scalars()] == people
    assert batch.state == "prepared"
    entry = last_entry(session)
    assert (entry.action, entry.line_count) == ("certificates.prepare_batch", 6)
    assert verify(session) is None


def test_an_empty_batch_is_refused(session: Session) -> None:
    with pytest.raises(RuleError, match="Nobody is in this batch"):
        prepared(session, [])
    assert count(session) == 0


def test_a_person_twice_is_refused_naming_both_rows(session: Session) -> None:
    first, second = make.persons(session, 2)
    with pytest.raises(RuleError, match="Rows 1 and 3 are the same person"):
        prepared(session, [first, second, first])
    assert count(session) == 0


def test_a_merged_entry_is_the_same_person(session: Session) -> None:
    first, second = make.persons(session, 2)
    one, other = session.get_one(Person, first), session.get_one(Person, second)
    run(SYSTEM, merge_persons, loser=other, winner=one, reason="同一人")
    with pytest.raises(RuleError, match="Rows 1 and 2 are the same person"):
        prepared(session, [first, second])
    batch = prepared(session, [second])
    line = session.execute(select(BatchLine).where(BatchLine.batch_id == batch.id)).scalar_one()
    assert line.person_id == first


def test_another_unit_or_a_person_that_is_none_does_not_exist(session: Session) -> None:
    people = make.persons(session, 1)
    trainer = make.actor(session, Role.TRAINER, make.KUANCHENG)
    with pytest.raises(RecordNotFoundError):
        prepared(session, people, actor=trainer)
    with pytest.raises(RecordNotFoundError):
        prepared(session, [999_999])
    assert count(session) == 0


def test_an_approver_may_not_prepare(session: Session) -> None:
    people = make.persons(session, 1)
    approver = make.actor(session, Role.CERTIFICATE_APPROVER)
    with pytest.raises(ForbiddenError):
        run(
            approver,
            prepare_batch,
            unit_id=make.unit(session).id,
            credential_type_id=credential(session).id,
            title="班",
            entries=entries(people),
        )


def test_preparing_takes_as_many_statements_for_forty_as_for_one(session: Session) -> None:
    people = make.persons(session, 41)
    with statements() as one:
        prepared(session, people[:1], actor=SYSTEM)
    with statements() as forty:
        prepared(session, people[1:], actor=SYSTEM)
    assert len(forty) == len(one)


def test_rejecting_says_why_and_is_final(session: Session) -> None:
    batch = prepared(session, make.persons(session, 2))
    approver = make.actor(session, Role.CERTIFICATE_APPROVER)
    run(approver, reject_batch, batch, reason=" 学时有误 ")
    session.rollback()
    assert (batch.state, batch.decision_reason, batch.decided_by) == (
        "rejected",
        "学时有误",
        approver.user_id,
    )
    entry = last_entry(session)
    assert (entry.action, entry.reason) == ("certificates.reject_batch", "学时有误")
    with pytest.raises(RuleError, match="rejected already"):
        run(approver, reject_batch, batch, reason="再次")


@pytest.mark.parametrize("reason", ["", "  ", "x"])
def test_rejecting_without_a_reason_is_refused(session: Session, reason: str) -> None:
    batch = prepared(session, make.persons(session, 1))
    with pytest.raises(RuleError, match="Say why"):
        run(SYSTEM, reject_batch, batch, reason=reason)
    session.rollback()
    assert batch.state == "prepared"


def test_who_may_reject(session: Session) -> None:
    batch = prepared(session, make.persons(session, 1))
    with pytest.raises(ForbiddenError):
        run(make.actor(session, Role.TRAINER), reject_batch, batch, reason="原因")
    elsewhere = make.actor(session, Role.CERTIFICATE_APPROVER, make.KUANCHENG)
    with pytest.raises(RecordNotFoundError):
        run(elsewhere, reject_batch, batch, reason="原因")
    above = make.actor(session, Role.CERTIFICATE_APPROVER, make.CHANGCHUN)
    run(above, reject_batch, batch, reason="原因")
    session.rollback()
    assert batch.state == "rejected"


def test_a_batch_entry_is_what_training_hands_over() -> None:
    entry = BatchEntry(7, "救护员培训班", 16)
    assert entry.employer == ""
