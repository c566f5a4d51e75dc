"""The one way to change a record: `run(actor, command, …)`.

A write ends the page's read transaction, takes the lock of the clock row (so there is one writer at
a time on both engines, and counting before writing is safe), runs the command, folds the figures it
touched, writes the journal entry, and commits: one write, one transaction, one entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

from sqlalchemy import bindparam, inspect, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from registry.core import clock, journal
from registry.core.bulk import insert_rows
from registry.core.db import CHUNK, Base, db
from registry.core.engines import bound_lock_wait, translate, write_options
from registry.core.errors import AlreadySavedError, ForbiddenError, RecordNotFoundError
from registry.core.journal import Clock, Line
from registry.core.ops import FormKey
from registry.core.permissions import Permission
from registry.core.scope import Actor, Scope
from registry.core.writing import NO_FIGURES, Write

P = ParamSpec("P")
R = TypeVar("R")

__all__ = [
    "NO_FIGURES",
    "Command",
    "Hooks",
    "Once",
    "Write",
    "chunks",
    "command",
    "run",
    "run_once",
    "write",
]


class Hooks:
    """What create_app hands to writes; core itself knows no register."""

    # Folds the figures of the records touched; sets `figures_digest` on the write.
    refresh: Callable[[Write], None] | None = None
    # Keeps person_reach; gets the (person, unit) pairs of new facts.
    reach: Callable[[Write, set[tuple[int, int]]], None] | None = None


@dataclass(frozen=True)
class Once:
    """The key of a form: the same form sent again has no second effect.

    With `alike_for`, what was saved under any key within that time counts as well when it is the same.
    """

    user_id: int
    endpoint: str
    key: str
    digest: str
    alike_for: timedelta | None = None


def _new_reach(lines: Iterable[Line]) -> set[tuple[int, int]]:
    pairs = set()
    for line in lines:
        if line.model.__reach__ and line.op != "read":
            person, unit = (line.new.get(name) for name in line.model.__reach__)
            if person is not None and unit is not None:
                pairs.add((person, unit))
    return pairs


# Every write runs these, so they are composed once.
_LOCK = (
    select(Clock.seq, Clock.head, Clock.catalogue, Clock.at, Clock.last_id)
    .where(Clock.id == 1)
    .with_for_update()
)
_ADVANCE = (
    update(Clock)
    .where(Clock.id == 1)
    .values({name: bindparam(name) for name in ("seq", "head", "catalogue", "at", "last_id")})
    .execution_options(synchronize_session=False)
)
_SAVED = select(FormKey.digest, FormKey.location).where(
    FormKey.user_id == bindparam("user_id"),
    FormKey.endpoint == bindparam("endpoint"),
    FormKey.key == bindparam("key"),
)
_ALIKE = (
    select(FormKey.location)
    .where(
        FormKey.user_id == bindparam("user_id"),
        FormKey.endpoint == bindparam("endpoint"),
        FormKey.digest == bindparam("digest"),
        FormKey.saved_at >= bindparam("since"),
    )
    .order_by(FormKey.saved_at.desc())
    .limit(1)
)


def _lock(session: Session) -> Any:
    connection = session.connection(execution_options=write_options(db.engine.dialect.name))
    bound_lock_wait(connection)
    return session.execute(_LOCK).one()


def _close(w: Write, prev_hash: str, catalogue: str) -> None:
    w.session.flush()
    pairs = _new_reach(w.lines)
    if pairs and Hooks.reach is not None:
        Hooks.reach(w, pairs)
    if Hooks.refresh is not None:
        Hooks.refresh(w)
    w.session.flush()
    digest, line_count = journal.store_lines(w.session, w.seq, w.lines, is_new=w.is_new)
    entry = {
        "seq": w.seq,
        "at": w.at,
        "actor_id": w.actor.user_id,
        "unit_id": w.unit_id if w.unit_id is not None else w.actor.home_unit_id,
        "action": w.action,
        "reason": w.reason,
        "line_count": line_count,
        "lines_digest": digest,
        "figures_digest": w.figures_digest,
        "prev_hash": prev_hash,
    }
    head = entry["hash"] = journal.entry_hash(entry)
    connection = w.session.connection()
    insert_rows(connection, journal.JournalEntry, [entry])
    if any(line.model.__catalogue__ for line in w.lines):
        catalogue = head
    moved = {"seq": w.seq, "head": head, "catalogue": catalogue, "at": w.at, "last_id": w._last_id}
    connection.execute(_ADVANCE, moved)


@contextmanager
def write(
    action: str, actor: Actor, *, once: Once | None = None, reason: str | None = None
) -> Iterator[Write]:
    """One write: lock, change, fold, journal, commit. Anything raised inside leaves nothing behind."""
    session = db.session()
    if "write" in session.info:
        raise RuntimeError("a write inside a write")
    session.rollback()  # Ends the read transaction and expires what was loaded in it.
    try:
        locked = _lock(session)
        w = Write(
            session=session,
            actor=actor,
            action=action,
            today=clock.today(),
            at=max(clock.now(), locked.at),
            seq=locked.seq + 1,
            _last_id=locked.last_id,
            _last_before=locked.last_id,
        )
        session.info["write"] = w
        if once is not None:
            _refuse_second(session, once, w.at)
        yield w
        _close(w, locked.head, locked.catalogue)
        session.commit()
    except DBAPIError as error:
        session.rollback()
        raise translate(error) from error
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop("write", None)


def _refuse_second(session: Session, once: Once, at: datetime) -> None:
    form = {"user_id": once.user_id, "endpoint": once.endpoint}
    saved = session.execute(_SAVED, {**form, "key": once.key}).first()
    if saved is not None:
        raise AlreadySavedError(saved.location, same=saved.digest == once.digest)
    if once.alike_for is not None:
        since = {"digest": once.digest, "since": at - once.alike_for}
        alike = session.execute(_ALIKE, {**form, **since}).scalar()
        if alike is not None:
            raise AlreadySavedError(alike, same=False)


class Command(Generic[P, R]):
    """A verb of a register: what it is called in the journal, which right it needs, what it does."""

    def __init__(self, function: Callable[Concatenate[Write, P], R], permission: Permission | None) -> None:
        self.function = function
        self.permission = permission
        register = function.__module__.split(".")[1]
        self.action = f"{register}.{function.__name__}"
        self.__doc__ = function.__doc__
        self.__name__ = function.__name__

    def __call__(self, w: Write, *args: P.args, **kwargs: P.kwargs) -> R:
        """Call the command inside a write that is already open (a command built from commands)."""
        return self.function(w, *args, **kwargs)


def command(
    permission: Permission | None,
) -> Callable[[Callable[Concatenate[Write, P], R]], Command[P, R]]:
    """Make a function a command. None: no right is needed beyond being let in (one's own password)."""
    return lambda function: Command(function, permission)


def run(
    actor: Actor,
    verb: Command[P, R],
    /,
    *args: P.args,
    **kwargs: P.kwargs,
) -> R:
    """Run one command as one write. The reach of every record passed is checked again under the lock."""
    return run_once(actor, verb, None, None, args, kwargs)


def run_once(
    actor: Actor,
    verb: Command[Any, R],
    once: Once | None,
    locate: Callable[[R], str] | None,
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
) -> R:
    """Like `run`, bound to a form key; `locate` gives the address of the result, kept with the key."""
    kwargs = kwargs or {}
    if verb.permission is not None and not actor.may(verb.permission):
        raise ForbiddenError(verb.action)
    with write(verb.action, actor, once=once) as w:
        if verb.permission is not None:
            _recheck(w.session, actor.scope(verb.permission), [*args, *kwargs.values()])
        result = verb(w, *args, **kwargs)
        if once is not None:
            w.session.flush()
            location = locate(result) if locate is not None else ""
            insert_rows(
                w.session.connection(),
                FormKey,
                [
                    {
                        "user_id": once.user_id,
                        "endpoint": once.endpoint,
                        "key": once.key,
                        "digest": once.digest,
                        "location": location,
                        "saved_at": w.at,
                    }
                ],
            )
    return result


def _recheck(session: Session, scope: Scope, values: Iterable[Any]) -> None:
    for value in values:
        if isinstance(value, list | tuple):
            if value and isinstance(value[0], Base):
                _reload(session, value)
            _recheck(session, scope, value)
        elif isinstance(value, Base):
            if inspect(value).expired:
                session.refresh(value)
            if hasattr(value, "unit_id") and not scope.holds(value.unit_id):
                raise RecordNotFoundError(value.__tablename__)


def _reload(session: Session, records: Sequence[Base]) -> None:
    """Load a list of expired records with one statement."""
    model = type(records[0])
    for ids in chunks((inspect(r).identity or (0,))[0] for r in records):
        session.execute(select(model).where(inspect(model).primary_key[0].in_(ids))).scalars().all()


def chunks(values: Iterable[int]) -> Iterator[list[int]]:
    """Ids in lists that fit one statement."""
    ordered = sorted(set(values))
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]
