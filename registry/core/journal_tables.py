"""What the journal is stored in: the row every write locks, entries, their lines, and a key per person."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, Integer, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.core.db import Base, Code, Stamp

GENESIS = "0" * 64


class Clock(Base):
    """The one row every write locks first: last entry, its hash and time, and the last record id.

    `catalogue` is the hash of the last entry that changed a catalogue, which stands for all of them: two
    readings at one hash find the same units and types, in whatever process.
    """

    __tablename__ = "clock"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)
    __journalled__ = False
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int]
    head: Mapped[str] = mapped_column(String(64))
    catalogue: Mapped[str] = mapped_column(String(64))
    at: Mapped[Stamp]
    last_id: Mapped[int]


class JournalEntry(Base):
    """One write. `hash` is the HMAC over the other columns and the hash of the entry before."""

    __tablename__ = "journal_entry"
    __table_args__ = (Index("ix_journal_entry_action", "action", "seq"),)
    __journalled__ = False
    __insert_only__ = True
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[Stamp] = mapped_column(index=True)
    actor_id: Mapped[int | None] = mapped_column(index=True)
    unit_id: Mapped[int | None] = mapped_column(index=True)
    action: Mapped[Code]
    reason: Mapped[str | None] = mapped_column(Text)
    line_count: Mapped[int]
    lines_digest: Mapped[str] = mapped_column(String(64))
    figures_digest: Mapped[str] = mapped_column(String(64))
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class JournalLine(Base):
    """One changed record of an entry. `changes` is JSON: column → new value, or [old, new]."""

    __tablename__ = "journal_line"
    __table_args__ = (Index("ix_journal_line_record", "table_name", "record_id"),)
    __journalled__ = False
    __insert_only__ = True
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    table_name: Mapped[Code]
    record_id: Mapped[int]
    person_id: Mapped[int | None]
    op: Mapped[str] = mapped_column(String(8))
    changes: Mapped[str] = mapped_column(Text)


class PersonKey(Base):
    """The key under which a person's values stand in the journal; erasing the row erases the values."""

    __tablename__ = "person_key"
    __journalled__ = False
    person_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sealed_key: Mapped[str] = mapped_column(Text)


CATALOGUE = select(Clock.catalogue).where(Clock.id == 1)


def catalogue(session: Session) -> str:
    """The hash of the last entry that changed a catalogue, as this transaction sees it."""
    kept = session.info.get("catalogue")
    if kept is not None and kept[0] is session.get_transaction():
        return str(kept[1])
    return note_catalogue(session, session.execute(CATALOGUE).scalar_one())


def note_catalogue(session: Session, entry: str) -> str:
    """Keep what a statement of this transaction brought along."""
    session.info["catalogue"] = (session.get_transaction(), entry)
    return entry
