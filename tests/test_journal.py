"""The chain of the journal names the first place that is not as it was written."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from registry.core import journal
from registry.core.db import db
from registry.core.journal import Clock, JournalEntry, JournalLine, PersonKey
from tests import factories


def without_triggers(engine_name: str) -> None:
    """What only somebody with full access to the database can do."""
    with db.engine.begin() as connection:
        for table in ("journal_entry", "journal_line"):
            if engine_name == "sqlite":
                for verb in ("update", "delete"):
                    connection.execute(text(f"DROP TRIGGER {table}_no_{verb}"))
            else:
                connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))


@pytest.fixture
def written(app: Flask, session: Session, engine_name: str) -> Session:
    for _ in range(4):
        factories.person(session)
    assert journal.verify(session) is None
    session.rollback()
    without_triggers(engine_name)
    return session


def tamper(statement: object) -> None:
    with db.engine.begin() as connection:
        connection.execute(statement)  # type: ignore[call-overload]


@pytest.mark.parametrize("column", ["action", "reason", "figures_digest", "actor_id"])
def test_a_changed_entry_is_found(written: Session, column: str) -> None:
    tamper(
        update(JournalEntry).where(JournalEntry.seq == 5).values({column: 7 if column == "actor_id" else "x"})
    )
    broken = journal.verify(written)
    assert broken is not None
    assert (broken.seq, broken.reason) == (5, "entry was changed")


def test_a_changed_line_is_found(written: Session) -> None:
    tamper(update(JournalLine).where(JournalLine.seq == 6, JournalLine.number == 1).values(changes="{}"))
    broken = journal.verify(written)
    assert broken is not None
    assert (broken.seq, broken.reason) == (6, "lines were changed")


def test_an_added_line_is_found(written: Session) -> None:
    row = {"seq": 4, "number": 99, "table_name": "person", "record_id": 1, "op": "insert", "changes": "{}"}
    tamper(JournalLine.__table__.insert().values(**row))  # type: ignore[attr-defined]
    broken = journal.verify(written)
    assert broken is not None
    assert broken.seq == 4


def test_a_removed_entry_is_found(written: Session) -> None:
    tamper(delete(JournalLine).where(JournalLine.seq == 5))
    tamper(delete(JournalEntry).where(JournalEntry.seq == 5))
    broken = journal.verify(written)
    assert broken is not None
    assert (broken.seq, broken.reason) == (5, "entry is missing")


def test_a_cut_end_is_found(written: Session) -> None:
    last = written.get_one(Clock, 1).seq
    written.rollback()
    tamper(delete(JournalLine).where(JournalLine.seq == last))
    tamper(delete(JournalEntry).where(JournalEntry.seq == last))
    broken = journal.verify(written)
    assert broken is not None
    assert broken.reason == "entries at the end are missing"


def test_swapped_lines_are_found(written: Session) -> None:
    tamper(update(JournalLine).where(JournalLine.seq == 6, JournalLine.number == 1).values(number=50))
    broken = journal.verify(written)
    assert broken is not None
    assert broken.seq == 6


def test_personal_values_open_with_the_key_and_close_for_ever_without(session: Session) -> None:
    person_id = factories.person(session, name="李小龙").id
    lines = session.execute(select(JournalLine).where(JournalLine.table_name == "person")).scalars().all()
    assert journal.opened(session, lines)[0]["name"] == "李小龙"
    session.rollback()
    with db.engine.begin() as connection:
        connection.execute(delete(PersonKey).where(PersonKey.person_id == person_id))
    lines = session.execute(select(JournalLine).where(JournalLine.table_name == "person")).scalars().all()
    assert "name" not in journal.opened(session, lines)[0]
    assert journal.verify(session) is None
