"""After a void: what replaced the certificate falls with it, and the right one can be issued."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.certificates.commands import (
    LegacyEvent,
    import_certificate_events,
    issue_batch,
    void_certificate,
)
from registry.certificates.models import Certificate, CertificateEvent
from registry.certificates.snapshots import font_book, sheet_of
from registry.core import clock
from registry.core.errors import RuleError
from registry.core.scope import SYSTEM
from registry.core.write import run, write
from registry.indicators.differences import differences
from registry.indicators.question import ask
from registry.indicators.read import value
from registry.people.commands import correct_person
from registry.people.models import Person
from registry.training.commands import close_course, prepare_certificates, reopen_course
from registry.training.queries.batches import in_standing_batch
from tests import factories as make
from tests.certificates import PUBLIC_URL, confirm_address, credential, issued
from tests.training import course, enrolled, record_all


def replaced(session: Session, steps: int) -> list[Certificate]:
    """A certificate with replacements, each of the one before."""
    (person,) = make.persons(session, 1)
    chain = [issued(session, [person])[0] for _ in range(steps)]
    with write("certificates.factory", SYSTEM) as w:
        for earlier, later in pairwise(chain):
            w.session.refresh(later)
            later.replaces_id = earlier.id
    return chain


def voided(session: Session) -> list[int]:
    """Which certificates are void, in the order of issue, and have an event that says so."""
    session.rollback()
    found = select(Certificate.id).where(Certificate.voided_at.is_not(None)).order_by(Certificate.id)
    ids = list(session.execute(found).scalars())
    told = select(CertificateEvent.certificate_id).where(CertificateEvent.kind == "voided")
    assert sorted(session.execute(told).scalars()) == ids
    return ids


@pytest.mark.parametrize("first", [0, 1, 2])
def test_what_replaced_a_void_certificate_is_void(session: Session, first: int) -> None:
    chain = replaced(session, 3)
    run(SYSTEM, void_certificate, chain[first], reason="未参加培训")
    assert voided(session) == [certificate.id for certificate in chain[first:]]
    unit = make.unit(session).id
    assert value(session, ask(session, "rescuers_first", unit)) == (first > 0)
    assert list(differences(session)) == []


@pytest.mark.parametrize("named", [(0,), (0, 1), (1, 0)])
def test_a_list_of_events_may_name_the_replacement_or_not(session: Session, named: tuple[int, ...]) -> None:
    chain = replaced(session, 2)
    rows = [
        LegacyEvent(
            row=row,
            credential_type_id=credential(session).id,
            number=chain[place].number,
            kind="voided",
            on=clock.today(),
            reason="未参加培训",
        )
        for row, place in enumerate(named, start=2)
    ]
    assert run(SYSTEM, import_certificate_events, rows=rows) == len(named)
    assert voided(session) == [certificate.id for certificate in chain]


def test_a_certificate_with_a_wrong_name_is_issued_anew(session: Session) -> None:
    found = course(session)
    enrolments = enrolled(session, found, 3)
    record_all(session, found)
    run(SYSTEM, close_course, found, attested=True)
    confirm_address()
    batch = run(SYSTEM, prepare_certificates, found)
    run(SYSTEM, issue_batch, batch, fonts=font_book(), public_url=PUBLIC_URL)
    with pytest.raises(RuleError, match="Nobody is left"):
        run(SYSTEM, prepare_certificates, found)
    wrong = session.execute(
        select(Certificate).where(Certificate.person_id == enrolments[1].person_id)
    ).scalar_one()
    run(SYSTEM, void_certificate, wrong, reason="姓名有误")
    person = session.get_one(Person, wrong.person_id)
    entrant = make.entrant("王玮")
    right = replace(entrant, document=None, document_hash=None, birth_on=person.birth_on, sex=person.sex)
    run(SYSTEM, correct_person, person, entrant=right)
    assert in_standing_batch(session, found.id) == {enrolments[0].id, enrolments[2].id}
    anew = run(SYSTEM, prepare_certificates, found)
    run(SYSTEM, issue_batch, anew, fonts=font_book(), public_url=PUBLIC_URL)
    certificates = session.execute(
        select(Certificate).where(Certificate.person_id == person.id).order_by(Certificate.id)
    ).scalars()
    told = [(c.voided_at is None, sheet_of(c).holder_name) for c in certificates]
    assert told == [(False, sheet_of(wrong).holder_name), (True, "王玮")]
    assert value(session, ask(session, "rescuers_first", make.unit(session).id)) == 3
    with pytest.raises(RuleError, match="Nobody is left"):
        run(SYSTEM, prepare_certificates, found)
    with pytest.raises(RuleError, match="3 certificates"):
        run(SYSTEM, reopen_course, found, reason="成绩有误")
