"""The tables of running the site. They change in short transactions of their own, without the journal,
and stay changed when the request itself is refused."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta

from sqlalchemy import Index, String, Text, bindparam, delete, select
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.core import clock
from registry.core.db import Base, Code, Stamp, db
from registry.core.engines import bound_lock_wait, translate, write_options
from registry.core.errors import BusyError, StorageError

# How long a form key, a session out of use and the count of tries are kept; each is needed for hours at most.
KEPT = timedelta(days=30)


class WebSession(Base):
    """A signed-in browser. The cookie carries a random token; only its digest is stored."""

    __tablename__ = "web_session"
    __journalled__ = False
    token_digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(index=True)
    created_at: Mapped[Stamp]
    seen_at: Mapped[Stamp]
    revoked_at: Mapped[Stamp | None]
    step_up_at: Mapped[Stamp | None]  # When the password was last given again for a sensitive act.
    agent: Mapped[str] = mapped_column(String(200), default="")


class Throttle(Base):
    """Failed tries per key (an account, an address) within a sliding window."""

    __tablename__ = "throttle"
    __journalled__ = False
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    window_start: Mapped[Stamp]
    failures: Mapped[int]


class FormKey(Base):
    """A form that was saved, with where its result is, so that twice is once."""

    __tablename__ = "form_key"
    __table_args__ = (Index("ix_form_key_saved_at", "saved_at"),)
    __journalled__ = False
    user_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    endpoint: Mapped[Code] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    location: Mapped[str] = mapped_column(Text)
    saved_at: Mapped[Stamp]


class Preference(Base):
    """What a user chose for the look of a list: columns, saved views."""

    __tablename__ = "preference"
    __journalled__ = False
    user_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    key: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[str] = mapped_column(Text)


@contextmanager
def ops_session() -> Iterator[Session]:
    """A short transaction of its own. It must not be opened inside a write, which would wait for itself."""
    assert "write" not in db.session().info, "an ops change inside a write"
    # A page's read transaction must not be older than what the ops change does.
    session = Session(db.engine, expire_on_commit=False)
    try:
        connection = session.connection(execution_options=write_options(db.engine.dialect.name))
        bound_lock_wait(connection)
        yield session
        session.commit()
    except DBAPIError as error:
        session.rollback()
        raise translate(error) from error
    finally:
        session.close()


def key_digest(*parts: str) -> str:
    """A throttle key or a token as stored: never the name or address in clear."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


_PREFERENCE = select(Preference.value).where(
    Preference.user_id == bindparam("user_id"), Preference.key == bindparam("key")
)


def read_preference(user_id: int, key: str) -> str | None:
    """What the user stored under the key."""
    # Every list asks for it; a session would prepare for records that are not read here.
    return db.session.connection().execute(_PREFERENCE, {"user_id": user_id, "key": key}).scalar()


def save_preference(user_id: int, key: str, value: str) -> None:
    """Store a choice of the user."""
    with ops_session() as session:
        session.merge(Preference(user_id=user_id, key=key, value=value))


def sweep(before: datetime) -> None:
    """Drop form keys, sessions and counted tries older than `before`."""
    with ops_session() as session:
        session.execute(delete(FormKey).where(FormKey.saved_at < before))
        session.execute(delete(WebSession).where(WebSession.seen_at < before))
        session.execute(delete(Throttle).where(Throttle.window_start < before))


class _Swept:
    """When this process last swept."""

    on: date | None = None


def sweep_daily() -> None:
    """Sweep once a day in each process. That it fails is no reason to refuse whoever came first that day."""
    today = clock.today()
    if _Swept.on == today:
        return
    _Swept.on = today
    try:
        sweep(clock.now() - KEPT)
    except (BusyError, StorageError, SQLAlchemyError):
        logging.getLogger(__name__).warning("old sessions and form keys could not be dropped today")
