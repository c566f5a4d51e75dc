"""Whatever somebody with full access changes in the journal, `verify` finds it and says where."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.orm import Session

from registry.core import journal
from registry.core.db import db
from registry.core.journal import Break, Clock, JournalEntry, JournalLine, PersonKey
from tests import certificates, factories, training
from tests.databases import without_guards

ENTRY, LINE = JournalEntry.__table__, JournalLine.__table__
Tampered = Callable[..., Break | None]


@pytest.fixture
def tampered(app: Flask, session: Session) -> Tampered:
    """What `verify` says after some statements, which are then taken back."""
    factories.persons(session, 3)
    certificates.issued(session, factories.persons(session, 2))
    training.enrolled(session, training.course(session), 2)
    for _ in range(12):
        factories.person(session)
    assert journal.verify(session) is None
    session.rollback()
    without_guards("journal_entry", "journal_line")

    def verify_after(*statements: Any) -> Break | None:
        with db.engine.connect() as connection, connection.begin() as transaction:
            for statement in statements:
                assert connection.execute(statement).rowcount, "nothing was changed"
            with Session(bind=connection) as own:
                found = journal.verify(own)
            transaction.rollback()
        return found

    return verify_after


def all_of(table: Any) -> Sequence[Any]:
    with db.engine.connect() as connection:
        return connection.execute(select(table).order_by(*table.primary_key.columns)).all()


def other(value: Any) -> Any:
    """Another value of the same kind."""
    if value is None:
        return 7
    if isinstance(value, int):
        return value + 1
    if isinstance(value, str):
        return ("0" if value[:1] != "0" else "1") + value[1:]
    return value + timedelta(microseconds=1)


def test_every_column_of_every_entry(tampered: Tampered) -> None:
    entries = all_of(ENTRY)
    assert len(entries) > 18
    for entry in entries:
        for column in ENTRY.columns.keys()[1:]:
            changed = "x" if column == "reason" else other(getattr(entry, column))
            found = tampered(update(ENTRY).where(ENTRY.c.seq == entry.seq).values({column: changed}))
            # A changed hash of the last entry is the head that is missing.
            assert found is not None, (entry.seq, column)
            assert entry.seq <= found.seq <= entry.seq + 1, (entry.seq, column, found)


def test_what_every_line_tells(tampered: Tampered) -> None:
    lines = all_of(LINE)
    assert len(lines) > 100
    for line in lines[::3]:
        here = (LINE.c.seq == line.seq) & (LINE.c.number == line.number)
        for column in ("table_name", "record_id", "person_id", "op", "changes"):
            found = tampered(update(LINE).where(here).values({column: other(getattr(line, column))}))
            assert found == Break(line.seq, "lines were changed"), column


def test_lines_taken_away_added_and_moved(tampered: Tampered) -> None:
    lines = all_of(LINE)
    last = all_of(ENTRY)[-1].seq
    for line in lines[::5]:
        here = (LINE.c.seq == line.seq) & (LINE.c.number == line.number)
        assert tampered(delete(LINE).where(here)) == Break(line.seq, "lines were changed")
        copy = {**line._mapping, "number": 90_000}
        assert tampered(insert(LINE).values(**copy)) == Break(line.seq, "lines were changed")
        there = line.seq + 1 if line.seq < last else line.seq - 1
        moved = tampered(update(LINE).where(here).values(seq=there, number=90_001))
        assert moved is not None
        assert moved.seq == min(line.seq, there)
    several = [a for a, b in pairwise(lines) if a.seq == b.seq and a[2:] != b[2:]]
    for line in several[::5]:
        numbers = {line.number: line.number + 1, line.number + 1: line.number}
        steps = [
            update(LINE).where((LINE.c.seq == line.seq) & (LINE.c.number == old)).values(number=-new)
            for old, new in numbers.items()
        ]
        back = update(LINE).where(LINE.c.number < 0).values(number=-LINE.c.number)
        assert tampered(*steps, back) == Break(line.seq, "lines were changed")


def test_rows_far_from_the_chain_and_numbers_with_a_gap(tampered: Tampered) -> None:
    last, lines = all_of(ENTRY)[-1], all_of(LINE)
    for seq in (0, -5, last.seq + 5_000):
        assert tampered(insert(ENTRY).values(**{**last._mapping, "seq": seq})) is not None
        assert tampered(insert(LINE).values(**{**lines[-1]._mapping, "seq": seq})) is not None
    end = {line.seq: line.number for line in lines}
    for seq, number in end.items():
        shifted = update(LINE).where((LINE.c.seq == seq) & (LINE.c.number == number)).values(number=50_000)
        assert tampered(shifted) == Break(seq, "lines were changed")


def test_entries_taken_away_added_and_exchanged(tampered: Tampered) -> None:
    entries = all_of(ENTRY)
    last = entries[-1]
    for entry in entries[:-1]:
        gone = (delete(LINE).where(LINE.c.seq == entry.seq), delete(ENTRY).where(ENTRY.c.seq == entry.seq))
        statements = gone if any(line.seq == entry.seq for line in all_of(LINE)) else gone[1:]
        assert tampered(*statements) == Break(entry.seq, "entry is missing")
        closed_up = update(ENTRY).where(ENTRY.c.seq == entry.seq + 1).values(seq=entry.seq)
        found = tampered(*statements, closed_up)
        assert found is not None
        assert found.seq == entry.seq
    for one, two in pairwise(entries):
        swap = [
            update(ENTRY).where(ENTRY.c.seq == one.seq).values(seq=-1),
            update(ENTRY).where(ENTRY.c.seq == two.seq).values(seq=one.seq),
            update(ENTRY).where(ENTRY.c.seq == -1).values(seq=two.seq),
        ]
        found = tampered(*swap)
        assert found is not None
        assert found.seq == one.seq
    for step in (1, 2):
        added = tampered(insert(ENTRY).values(**{**last._mapping, "seq": last.seq + step}))
        assert added is not None
        assert added.seq == last.seq + 1
    forged = {**last._mapping, "seq": last.seq + 1, "prev_hash": last.hash, "line_count": 0}
    forged["lines_digest"] = journal.lines_digest(())
    assert tampered(insert(ENTRY).values(**forged)) == Break(last.seq + 1, "entry was changed")


def test_a_cut_end_and_a_clock_that_was_set(tampered: Tampered) -> None:
    entries = all_of(ENTRY)
    for entry in entries[1:]:
        cut = tampered(
            delete(LINE).where(LINE.c.seq >= entry.seq), delete(ENTRY).where(ENTRY.c.seq >= entry.seq)
        )
        assert cut == Break(entry.seq, "entries at the end are missing")
    clock = Clock.__table__
    for values in ({"seq": entries[-1].seq - 1}, {"seq": entries[-1].seq + 1}, {"head": "0" * 64}):
        assert tampered(update(clock).values(**values)) is not None  # type: ignore[arg-type]


def test_it_is_found_behind_a_thousand_entries(app: Flask, session: Session) -> None:
    """The chain is read in parts; a change in a later one is found as well."""
    for number in range(1_010):
        certificates.choose("session_idle_minutes", number + 5)
    last = session.execute(select(func.max(JournalEntry.seq))).scalar_one()
    session.rollback()
    assert journal.verify(session) is None
    session.rollback()
    without_guards("journal_entry", "journal_line")

    def change(connection: Connection) -> None:
        connection.execute(update(LINE).where(LINE.c.seq == last - 2).values(changes="{}"))

    with db.engine.begin() as connection:
        change(connection)
    assert journal.verify(session) == Break(last - 2, "lines were changed")


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
