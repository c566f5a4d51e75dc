"""What a command gets first: the open write, in which every change is noted for the journal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import event, inspect
from sqlalchemy.orm import Session

from registry.core.bulk import insert_rows
from registry.core.db import Base, db
from registry.core.journal import Line
from registry.core.scope import Actor

T = TypeVar("T", bound=Base)

NO_FIGURES = "0" * 64


@dataclass
class Write:
    """What a command gets first: the session, who acts, the business day, and the journal number."""

    session: Session
    actor: Actor
    action: str
    today: date
    at: datetime
    seq: int
    _last_id: int
    _last_before: int
    reason: str | None = None
    unit_id: int | None = None
    lines: list[Line] = field(default_factory=list)
    figures_digest: str = NO_FIGURES
    # The (person, unit) pairs that this write brought within reach already.
    reached: set[tuple[int, int]] = field(default_factory=set)

    def is_new(self, record_id: int) -> bool:
        """Whether the record was added in this write, so that nothing stored can refer to it yet."""
        return record_id > self._last_before

    def take_ids(self, count: int) -> range:
        """The next `count` record ids."""
        first = self._last_id + 1
        self._last_id += count
        return range(first, first + count)

    def add(self, record: T) -> T:
        """Add a record; its id is set at once, so other records can refer to it."""
        if hasattr(record, "id") and record.id is None:
            record.id = self.take_ids(1)[0]
        self.session.add(record)
        return record

    def insert_many(self, model: type[Base], rows: Sequence[dict[str, Any]]) -> list[int]:
        """Insert rows with one statement, journal lines included, and return their ids.

        The only bulk path. A row without an id gets one; missing columns get the model's defaults.
        """
        if not rows:
            return []
        self.session.flush()
        defaults = _defaults(model)
        if "id" in defaults:
            for row, new_id in zip(rows, self.take_ids(len(rows)), strict=True):
                row.setdefault("id", new_id)
        full = [{**defaults, **row} for row in rows]
        insert_rows(self.session.connection(), model, full)
        if model.__journalled__:
            self.lines.extend(Line(model, row["id"], "insert", {}, row) for row in full)
        return [row["id"] for row in full] if "id" in defaults else []

    def note(self, record: Base, **told: Any) -> None:
        """Put into the journal that a record was looked at (a masked value shown in clear)."""
        person = {record.__person__: getattr(record, record.__person__)} if record.__person__ else {}
        self.lines.append(Line(type(record), record.id, "read", {}, {**person, **told}))  # type: ignore[attr-defined]


_DEFAULTS: dict[type[Base], dict[str, Any]] = {}


def _defaults(model: type[Base]) -> dict[str, Any]:
    if model not in _DEFAULTS:
        _DEFAULTS[model] = {
            column.key: getattr(column.default, "arg", None)
            if getattr(column.default, "is_scalar", False)
            else None
            for column in inspect(model).columns
        }
    return _DEFAULTS[model]


def _values(record: Base) -> dict[str, Any]:
    state = inspect(record)
    return {attr.key: state.dict.get(attr.key) for attr in state.mapper.column_attrs}


def _before_flush(session: Session, _context: Any, _instances: Any) -> None:
    changed = [r for r in session.dirty if session.is_modified(r)]
    if not session.new and not changed and not session.deleted:
        return
    write: Write | None = session.info.get("write")
    if write is None:
        raise RuntimeError("a record was changed outside a write")
    for record in session.deleted:
        if record.__journalled__:
            raise RuntimeError(f"{record.__tablename__} is never deleted; void or end it instead")
    for record in session.new:
        if hasattr(record, "id") and record.id is None:
            record.id = write.take_ids(1)[0]


def _after_flush(session: Session, _context: Any) -> None:
    write: Write = session.info["write"]
    for record in session.new:
        if record.__journalled__:
            write.lines.append(Line(type(record), record.id, "insert", {}, _values(record)))
    for record in session.dirty:
        if record.__journalled__ and session.is_modified(record):
            if inspect(record).expired_attributes:
                raise RuntimeError(f"{record.__tablename__} was changed before it was loaded in this write")
            new = _values(record)
            old = dict(new)
            for attr in inspect(record).mapper.column_attrs:
                history = inspect(record).attrs[attr.key].history
                if history.has_changes() and history.deleted:
                    old[attr.key] = history.deleted[0]
                elif history.has_changes():
                    old[attr.key] = None
            write.lines.append(Line(type(record), record.id, "update", old, new))


event.listen(db.session, "before_flush", _before_flush)
event.listen(db.session, "after_flush", _after_flush)
