"""`differences` finds whatever was changed behind the registry's back, and says where."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, insert, update
from sqlalchemy.orm import Session

from registry.certificates.models import Certificate
from registry.core.clock import now
from registry.core.db import db
from registry.core.journal import JournalEntry
from registry.indicators import verify, verify_volunteers
from registry.indicators.commands import build_missing
from registry.indicators.differences import Checked, differences
from registry.indicators.models import Cell, Contribution, MonthCell
from tests import factories
from tests.factories import NANGUAN, YANJI
from tests.figures import certify, change, merge, people

DAY = date(2024, 2, 29)


@pytest.fixture
def history(session: Session) -> list[int]:
    """Three holders, one of them merged into another, and a certificate that ended."""
    build_missing(session)
    persons = people(session, 3)
    made = [certify(session, person, DAY, date(2027, 2, 27)) for person in persons]
    change(made[0], ended_on=date(2024, 6, 1))
    merge(persons[1], persons[2])
    return made


def found(session: Session) -> str:
    session.rollback()
    return "\n".join(str(difference) for difference in differences(session))


def tamper(statement: Any) -> None:
    """Change the database directly, as no code of ours does."""
    with db.engine.begin() as connection:
        assert connection.execute(statement).rowcount != 0


def test_an_honest_registry_has_no_difference(session: Session, history: list[int]) -> None:
    checked = Checked()
    assert list(differences(session, checked=checked)) == []
    assert checked.values > 1_000
    assert checked.cells > 0
    assert checked.digests == 5, "three certificates, one end, one merge"


TAMPERED: dict[str, tuple[Callable[[list[int], Session], Any], str]] = {
    "a cell": (lambda made, s: update(Cell).values(quantity=Cell.quantity + 1), "day cell"),
    "a month": (lambda made, s: update(MonthCell).values(quantity=MonthCell.quantity + 1), "month cell"),
    "a contribution's unit": (
        lambda made, s: (
            update(Contribution)
            .where(Contribution.record_id == made[2])
            .values(unit_id=factories.unit(s, YANJI).id)
        ),
        "figures digest of entry",
    ),
    "a contribution gone": (
        lambda made, s: delete(Contribution).where(Contribution.record_id == made[0]),
        "day cell",
    ),
    "a certificate's date": (
        lambda made, s: update(Certificate).where(Certificate.id == made[2]).values(valid_until=DAY),
        "valid_until: 2024-02-29 is served",
    ),
    "a certificate voided": (
        lambda made, s: update(Certificate).where(Certificate.id == made[0]).values(voided_at=now()),
        "rescuers_first as of",
    ),
    "a certificate never journalled": (
        lambda made, s: insert(Certificate).values(
            id=999_999,
            credential_type_id=s.get_one(Certificate, made[2]).credential_type_id,
            number="forged",
            token="forged",
            person_id=s.get_one(Certificate, made[0]).person_id,
            unit_id=factories.unit(s, NANGUAN).id,
            issued_on=DAY,
            valid_from=DAY,
            origin="issued",
            template_version="x",
            snapshot={},
        ),
        "certificate 999999: present",
    ),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_what_was_changed_behind_its_back_is_found(session: Session, history: list[int], what: str) -> None:
    statement, expected = TAMPERED[what]
    change_it = statement(history, session)
    session.rollback()
    tamper(change_it)
    assert expected in found(session)


def test_a_changed_digest_is_found(app: Flask, session: Session, history: list[int]) -> None:
    other = [e for e in session.query(JournalEntry) if e.figures_digest != "0" * 64]
    assert len(other) == 5
    with pytest.raises(Exception, match=r"insert-only|never changed|readonly|refused|abort"):
        tamper(update(JournalEntry).where(JournalEntry.seq == other[0].seq).values(figures_digest="f" * 64))


def test_the_journal_replays_to_the_records(session: Session, history: list[int]) -> None:
    last = session.query(JournalEntry).order_by(JournalEntry.seq.desc()).first()
    assert last is not None
    for entry, tables in verify.replay(session, [last.seq - 1, last.seq]):
        world = verify.World(tables)
        assert len(world.held) == (3 if entry == last.seq - 1 else 2)
        assert tables["certificate"][history[0]]["ended_on"] == "2024-06-01"


def test_the_second_implementation_shares_nothing_with_the_first() -> None:
    for module in (verify, verify_volunteers):
        source = inspect.getsource(module).replace("from registry.indicators import verify_volunteers", "")
        source = source.replace("from registry.indicators.verify_volunteers import", "")
        for name in ("registry.indicators", "Contribution", "Cell", "fold("):
            assert name not in source
