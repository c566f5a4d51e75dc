"""One setting says how document numbers are shown, wherever they are shown and whenever they were entered."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from registry.certificates.commands import LegacyCertificate, import_certificates
from registry.certificates.models import Certificate
from registry.certificates.queries.batches import holders
from registry.certificates.snapshots import sheet_of
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.people.models import PersonIdentifier
from registry.people.queries import identifiers
from registry.training.queries.roster import trainees
from tests import factories as make
from tests.certificates import choose, confirm_address, credential, issue, prepared
from tests.training import course, enrolled

MASKS = [("3+4", 3, 4), ("0+0", 0, 0), ("6+4", 6, 4)]


def shown(number: str, first: int, last: int) -> str:
    return number[:first] + "*" * (18 - first - last) + number[18 - last :]


@pytest.mark.parametrize(("mask", "first", "last"), MASKS)
def test_a_changed_mask_holds_for_numbers_entered_before(
    session: Session, mask: str, first: int, last: int
) -> None:
    found = course(session)
    (enrolment,) = enrolled(session, found, 1)
    person = enrolment.person_id
    number = session.execute(select(PersonIdentifier.value)).scalar_one()
    batch = prepared(session, [person])
    choose("masking", mask)
    told = shown(number, first, last)
    assert [one.masked for one in identifiers(session, person)] == [told]
    assert [trainee.masked for trainee in trainees(session, found.id)] == [told]
    assert [holder.document_masked for holder in holders(session, batch.id)] == [told]
    confirm_address()
    issue(batch)
    assert sheet_of(session.execute(select(Certificate)).scalar_one()).document_masked == told


def test_a_legacy_certificate_is_masked_as_the_setting_says(session: Session) -> None:
    choose("masking", "3+4")
    entrant = make.entrant()
    row = LegacyCertificate(
        row=2,
        entrant=entrant,
        unit_id=make.unit(session).id,
        credential_type_id=credential(session).id,
        number="吉救1",
        issued_on=date(2024, 5, 6),
        valid_until=None,
    )
    run(SYSTEM, import_certificates, rows=[row])
    assert entrant.document is not None
    sheet = sheet_of(session.execute(select(Certificate)).scalar_one())
    assert sheet.document_masked == shown(entrant.document.number, 3, 4)


def test_what_a_certificate_said_stays_when_the_mask_changes(session: Session) -> None:
    confirm_address()
    batch = prepared(session, make.persons(session, 1))
    issue(batch)
    before = sheet_of(session.execute(select(Certificate)).scalar_one()).document_masked
    choose("masking", "0+0")
    assert sheet_of(session.execute(select(Certificate)).scalar_one()).document_masked == before != "*" * 18


def test_no_masked_number_is_stored(session: Session) -> None:
    columns = inspect(session.get_bind()).get_columns("person_identifier")
    assert "masked" not in {column["name"] for column in columns}
