"""What is approved is what was looked at: a name corrected in between is looked at again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.certificates.commands import issue_batch
from registry.certificates.models import Certificate, CertificateBatch
from registry.certificates.queries.batches import holders, holders_digest
from registry.certificates.snapshots import font_book, sheet_of
from registry.core.errors import RuleError
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.people import commands as people
from tests import factories as make
from tests.certificates import PUBLIC_URL, choose, confirm_address, prepared


def issue(batch: CertificateBatch, seen: str) -> None:
    run(SYSTEM, issue_batch, batch, fonts=font_book(), public_url=PUBLIC_URL, seen=seen)


@pytest.mark.parametrize("change", ["name", "mask", "merge"])
def test_a_change_since_the_page_was_loaded_is_looked_at_again(session: Session, change: str) -> None:
    confirm_address()
    entrant = make.entrant("王伟")
    person = run(SYSTEM, people.add_person, entrant=entrant, unit_id=make.unit(session).id)
    batch = prepared(session, [person.id, *make.persons(session, 2)])
    seen = holders_digest(holders(session, batch.id))
    if change == "name":
        corrected = replace(entrant, name="王玮", document=None, document_hash=None)
        run(SYSTEM, people.correct_person, person, entrant=corrected)
    elif change == "mask":
        choose("masking", "0+0")
    else:
        winner = make.person(session, name="王玮")
        run(SYSTEM, people.merge_persons, loser=person, winner=winner, reason="同一人")
    with pytest.raises(RuleError, match="changed since the page was loaded"):
        issue(batch, seen)
    assert session.execute(select(Certificate)).first() is None
    issue(batch, holders_digest(holders(session, batch.id)))
    first = session.execute(select(Certificate).order_by(Certificate.id)).scalars().first()
    assert first is not None
    assert sheet_of(first).holder_name == holders(session, batch.id)[0].name
