"""What was changed about the past is found as well: when a parentage or a contribution was known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from registry.accounts.commands import set_unit_parent
from registry.accounts.models import UnitParent
from registry.core.db import db
from registry.core.journal import JournalEntry
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.indicators.commands import build_missing
from registry.indicators.differences import differences
from registry.indicators.models import Contribution
from registry.people.models import Person
from tests import factories as make
from tests.figures import certify, change, merge, people

DAY = date(2024, 2, 29)


def tamper(statement: Any) -> None:
    with db.engine.begin() as connection:
        assert connection.execute(statement).rowcount != 0


@pytest.fixture
def moved(session: Session) -> int:
    """A county that changed its prefecture today, with figures before and after; the entry of the move."""
    build_missing(session)
    for person in people(session, 3):
        certify(session, person, DAY, date(2027, 2, 27))
    run(
        SYSTEM,
        set_unit_parent,
        unit=make.unit(session, make.NANGUAN),
        parent=make.unit(session, make.YANBIAN),
        starts_on=DAY,
    )
    seq = session.execute(select(func.max(JournalEntry.seq))).scalar_one()
    for person in people(session, 2):
        certify(session, person, DAY, date(2027, 2, 27))
    return int(seq)


PLANTED: dict[str, Callable[[int], Any]] = {
    "a parentage known earlier": lambda seq: (
        update(UnitParent).where(UnitParent.known_seq == seq).values(known_seq=seq - 1)
    ),
    "a parentage known later": lambda seq: (
        update(UnitParent).where(UnitParent.known_seq == seq).values(known_seq=seq + 1)
    ),
    "a parentage taken back": lambda seq: (
        update(UnitParent).where(UnitParent.known_seq == seq).values(void_seq=seq + 1)
    ),
    "a contribution known earlier": lambda seq: (
        update(Contribution).where(Contribution.known_seq > seq).values(known_seq=seq - 1)
    ),
    "a contribution once void": lambda seq: (
        update(Contribution)
        .where(Contribution.void_seq.is_(None), Contribution.known_seq < seq)
        .values(void_seq=seq)
    ),
    "a merge nobody made": lambda seq: (
        update(Person)
        .where(Person.id == select(func.max(Contribution.subject_id)).scalar_subquery())
        .values(canonical_id=select(func.min(Contribution.subject_id)).scalar_subquery())
    ),
}


@pytest.mark.parametrize("what", PLANTED)
def test_what_was_planted_is_found(session: Session, moved: int, what: str) -> None:
    session.rollback()
    tamper(PLANTED[what](moved))
    assert next(differences(session), None) is not None


def test_where_nothing_was_planted_nothing_is_found(session: Session, moved: int) -> None:
    assert list(differences(session)) == []


def test_an_honest_past_has_no_difference_at_any_entry(session: Session, moved: int) -> None:
    made = certify(session, people(session, 1)[0], DAY, date(2027, 2, 27))
    change(made, ended_on=date(2024, 6, 1))
    merge(*people(session, 2))
    last = session.execute(select(func.max(JournalEntry.seq))).scalar_one()
    assert list(differences(session, entries=range(moved - 2, last + 1))) == []
