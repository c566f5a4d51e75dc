"""The journal: one entry per write, in commit order, chained by a key outside the database.

An entry tells who did what and when; its lines tell which records changed and how. Personal values
in lines are encrypted under a key per person; the chain covers the ciphertext, so destroying a
person's key erases the values and the chain still verifies.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any

from cryptography.exceptions import InvalidTag
from sqlalchemy import inspect, select
from sqlalchemy.orm import Mapper, Session

from registry.core.bulk import insert_rows
from registry.core.db import Base
from registry.core.journal_tables import (
    CATALOGUE,
    GENESIS,
    Clock,
    JournalEntry,
    JournalLine,
    PersonKey,
    catalogue,
    note_catalogue,
)
from registry.core.person_keys import person_ciphers
from registry.core.secrets import current_keys, seal, unseal

__all__ = [
    "CATALOGUE",
    "GENESIS",
    "Break",
    "Clock",
    "JournalEntry",
    "JournalLine",
    "Line",
    "PersonKey",
    "catalogue",
    "entry_hash",
    "lines_digest",
    "note_catalogue",
    "opened",
    "person_ciphers",
    "plain_value",
    "store_lines",
    "verify",
]


@dataclass(slots=True)
class Line:
    """A changed record during a write, with its full values before and after."""

    model: type[Base]
    record_id: int
    op: str  # insert, update or read
    old: dict[str, Any]
    new: dict[str, Any]


@dataclass(frozen=True)
class _Columns:
    """What the journal must know of a model, worked out once."""

    plain: tuple[str, ...]
    personal: tuple[str, ...]
    hidden: tuple[str, ...]


_COLUMNS: dict[type[Base], _Columns] = {}


def _columns(model: type[Base]) -> _Columns:
    if model not in _COLUMNS:
        mapper: Mapper[Any] = inspect(model)
        personal = tuple(c.key for c in mapper.columns if c.info.get("personal"))
        hidden = tuple(c.key for c in mapper.columns if c.info.get("hidden"))
        plain = tuple(c.key for c in mapper.columns if c.key not in personal and c.key not in hidden)
        _COLUMNS[model] = _Columns(plain, personal, hidden)
    return _COLUMNS[model]


_AS_IS = frozenset({str, int, float, bool, type(None)})


def plain_value(value: Any) -> Any:
    """A value as JSON carries it: dates and stamps in ISO form, enums by value."""
    if type(value) in _AS_IS:
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return value


def _told(line: Line, names: Iterable[str]) -> dict[str, Any]:
    """The part of a line about `names`: values of an insert, [old, new] of what an update changed."""
    if line.op != "update":
        return {
            n: v if type(v) in _AS_IS else plain_value(v) for n in names if (v := line.new.get(n)) is not None
        }
    return {
        n: [plain_value(line.old.get(n)), plain_value(line.new.get(n))]
        for n in names
        if line.old.get(n) != line.new.get(n)
    }


_dump = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


# A line as the digest takes it in: number, table, record, person, operation, changes.
Told = tuple[int, str, int, int | None, str, str]


def lines_digest(rows: Iterable[Told]) -> str:
    """SHA-256 over everything in the lines of an entry, in order."""
    digest = hashlib.sha256()
    for number, table, record_id, person_id, op, changes in rows:
        digest.update(f"{number}\x1f{table}\x1f{record_id}\x1f{person_id}\x1f{op}\x1f{changes}\x1e".encode())
    return digest.hexdigest()


def entry_hash(entry: dict[str, Any]) -> str:
    """The HMAC of an entry over everything in it and the hash before it."""
    text = _dump({key: plain_value(value) for key, value in entry.items() if key != "hash"})
    return hmac.new(current_keys().journal_key, text.encode(), hashlib.sha256).hexdigest()


def store_lines(
    session: Session, seq: int, lines: list[Line], *, is_new: Callable[[int], bool] = lambda record_id: False
) -> tuple[str, int]:
    """Write the lines of an entry with one statement; returns their digest and how many there are.

    `is_new` tells which records the write added itself.
    """
    described = []
    for line in lines:
        columns = _columns(line.model)
        personal = _told(line, columns.personal)
        changes = _told(line, columns.plain)
        if line.op == "read":
            changes = {name: plain_value(value) for name, value in line.new.items()}
        for name in columns.hidden:
            if line.new.get(name) != line.old.get(name):
                changes[name] = "•"
        if line.op == "update" and not changes and not personal:
            continue
        person = line.new.get(line.model.__person__) if line.model.__person__ else None
        described.append((line, person, personal, changes))
    ciphers = person_ciphers(
        session,
        (p for _, p, personal, _ in described if personal and p is not None),
        create=True,
        is_new=is_new,
    )
    rows = []
    for number, (line, person, personal, changes) in enumerate(described, start=1):
        if personal:
            assert person is not None, f"{line.model.__tablename__} has personal columns and no __person__"
            changes["_sealed"] = seal(ciphers[person], _dump(personal))
        rows.append(
            {
                "seq": seq,
                "number": number,
                "table_name": line.model.__tablename__,
                "record_id": line.record_id,
                "person_id": person,
                "op": line.op,
                "changes": _dump(changes),
            }
        )
    if rows:
        insert_rows(session.connection(), JournalLine, rows)
    told: Iterator[Told] = (
        (r["number"], r["table_name"], r["record_id"], r["person_id"], r["op"], r["changes"]) for r in rows
    )
    return lines_digest(told), len(rows)


@dataclass(frozen=True)
class Break:
    """The first place where the journal is not what was written."""

    seq: int
    reason: str


def _stored_lines(session: Session, first: int, last: int) -> Iterator[tuple[int, list[Told]]]:
    rows = session.execute(
        select(
            JournalLine.seq,
            JournalLine.number,
            JournalLine.table_name,
            JournalLine.record_id,
            JournalLine.person_id,
            JournalLine.op,
            JournalLine.changes,
        )
        .where(JournalLine.seq.between(first, last))
        .order_by(JournalLine.seq, JournalLine.number)
    )
    grouped: dict[int, list[Told]] = {}
    for seq, number, table, record_id, person_id, op, changes in rows:
        grouped.setdefault(seq, []).append((number, table, record_id, person_id, op, changes))
    yield from grouped.items()


def verify(session: Session) -> Break | None:
    """Recompute the whole chain; None when every entry and line is as written, else the first break."""
    expected, head, step = 1, GENESIS, 1000
    clock = session.execute(select(Clock.seq, Clock.head)).one()
    while True:
        entries = (
            session.execute(
                select(JournalEntry)
                .where(JournalEntry.seq.between(expected, expected + step - 1))
                .order_by(JournalEntry.seq)
            )
            .scalars()
            .all()
        )
        lines = dict(_stored_lines(session, expected, expected + step - 1))
        for entry in entries:
            if entry.seq != expected:
                return Break(expected, "entry is missing")
            row = {c.key: getattr(entry, c.key) for c in inspect(JournalEntry).columns}
            own = lines.pop(entry.seq, [])
            if entry.prev_hash != head:
                return Break(entry.seq, "does not follow the entry before it")
            if entry_hash(row) != entry.hash:
                return Break(entry.seq, "entry was changed")
            if len(own) != entry.line_count or lines_digest(own) != entry.lines_digest:
                return Break(entry.seq, "lines were changed")
            head, expected = entry.hash, expected + 1
        if lines:
            return Break(min(lines), "lines without an entry")
        session.expunge_all()
        if len(entries) < step:
            break
    if (clock.seq, clock.head) != (expected - 1, head):
        return Break(expected, "entries at the end are missing")
    for column in (JournalEntry.seq, JournalLine.seq):
        stray = session.execute(select(column).where(~column.between(1, clock.seq)).limit(1)).scalar()
        if stray is not None:
            return Break(stray, "does not belong to the chain")
    return None


def opened(session: Session, rows: Iterable[JournalLine]) -> list[dict[str, Any]]:
    """The changes of lines with personal values in clear; those of an erased person stay sealed, also when
    the person has a new key since."""
    rows = list(rows)
    ciphers = person_ciphers(session, (r.person_id for r in rows if r.person_id is not None))
    told = []
    for row in rows:
        changes = json.loads(row.changes)
        sealed = changes.pop("_sealed", None)
        if sealed and row.person_id in ciphers:
            with suppress(InvalidTag):
                changes.update(json.loads(unseal(ciphers[row.person_id], sealed)))
        told.append(changes)
    return told
