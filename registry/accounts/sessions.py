"""Who is signed in on which browser. The cookie carries a random token, the database its digest."""

from __future__ import annotations

import secrets as random
from datetime import datetime, timedelta

from sqlalchemy import Select, bindparam, select, update
from sqlalchemy.orm import Session

from registry.accounts.models import Unit, User
from registry.accounts.settings import setting
from registry.core import clock
from registry.core.errors import BusyError, StorageError
from registry.core.journal import CATALOGUE, note_catalogue
from registry.core.ops import WebSession, key_digest, ops_session, sweep_daily

TOKEN_BYTES = 32
# Opening one more ends the one unused for longest.
MOST_SESSIONS = 10
# How exactly use is recorded; every page would otherwise write.
SEEN_EVERY = timedelta(minutes=1)
STEP_UP_LASTS = timedelta(minutes=10)


def open_session(user: User, agent: str) -> tuple[str, WebSession]:
    """Open a session; its token goes into the cookie. The password was just given, so it is fresh for
    sensitive acts."""
    token = random.token_urlsafe(TOKEN_BYTES)
    # A session older than the password is dead; the stamp of a write may run ahead of the clock.
    moment = max(clock.now(), user.password_changed_at)
    with ops_session() as session:
        web = WebSession(
            token_digest=digest(token),
            user_id=user.id,
            created_at=moment,
            seen_at=moment,
            step_up_at=moment,
            agent=agent[:200],
        )
        session.add(web)
        session.flush()
        open_ones = session.execute(
            select(WebSession)
            .where(WebSession.user_id == user.id, WebSession.revoked_at.is_(None))
            .order_by(WebSession.seen_at.desc(), WebSession.created_at.desc())
        ).scalars()
        for surplus in list(open_ones)[MOST_SESSIONS:]:
            surplus.revoked_at = moment
    sweep_daily()
    return token, web


def digest(token: str) -> str:
    """The token as stored."""
    return key_digest("web session", token)


_OF_TOKEN = (
    select(WebSession, User, Unit, CATALOGUE.scalar_subquery().label("catalogue"))
    .join(User, User.id == WebSession.user_id)
    .join(Unit, Unit.id == User.home_unit_id)
    .where(WebSession.token_digest == bindparam("token_digest"))
)


def read(session: Session, token: str) -> tuple[WebSession, User, Unit] | None:
    """The session of a token, alive or dead, with its user and his home unit."""
    row = session.execute(_OF_TOKEN, {"token_digest": digest(token)}).one_or_none()
    if row is None:
        return None
    note_catalogue(session, row.catalogue)
    return row.WebSession, row.User, row.Unit


def is_alive(session: Session, web: WebSession, user: User) -> bool:
    """Whether the session still lets its user in: not revoked, not too long unused, not too old, opened
    with the present password, and the user not disabled."""
    now = clock.now()
    return (
        web.revoked_at is None
        and user.active
        and web.seen_at + _idle(session) > now
        and web.created_at + _absolute(session) > now
        and web.created_at >= user.password_changed_at
    )


def _idle(session: Session) -> timedelta:
    return timedelta(minutes=setting(session, "session_idle_minutes"))


def _absolute(session: Session) -> timedelta:
    return timedelta(hours=setting(session, "session_absolute_hours"))


def touch(web: WebSession) -> None:
    """Record that the session is in use, at most once a minute. A page is shown even when that fails."""
    now = clock.now()
    if web.seen_at + SEEN_EVERY > now:
        return
    try:
        with ops_session() as session:
            session.execute(
                update(WebSession).where(WebSession.token_digest == web.token_digest).values(seen_at=now)
            )
    except (BusyError, StorageError):
        pass


def open_sessions(session: Session, user: User) -> Select[WebSession]:
    """The sessions that let a user in now, latest use first."""
    now = clock.now()
    return (
        select(WebSession)
        .where(
            WebSession.user_id == user.id,
            WebSession.revoked_at.is_(None),
            WebSession.seen_at > now - _idle(session),
            WebSession.created_at > now - _absolute(session),
            WebSession.created_at >= user.password_changed_at,
        )
        .order_by(WebSession.seen_at.desc(), WebSession.token_digest)
    )


def revoke(user_id: int, token_digest: str) -> None:
    """End one session of a user; one of somebody else stays as it is."""
    _revoke(WebSession.user_id == user_id, WebSession.token_digest == token_digest)


def revoke_others(user_id: int, kept_digest: str) -> None:
    """End all sessions of a user but one."""
    _revoke(WebSession.user_id == user_id, WebSession.token_digest != kept_digest)


def _revoke(*conditions: object) -> None:
    with ops_session() as session:
        session.execute(
            update(WebSession)
            .where(*conditions, WebSession.revoked_at.is_(None))  # type: ignore[arg-type]
            .values(revoked_at=clock.now())
        )


def confirm(token_digest: str) -> None:
    """Record that the password was given again."""
    with ops_session() as session:
        session.execute(
            update(WebSession).where(WebSession.token_digest == token_digest).values(step_up_at=clock.now())
        )


def is_confirmed(web_step_up_at: datetime | None) -> bool:
    """Whether the password was given within the last ten minutes."""
    return web_step_up_at is not None and web_step_up_at + STEP_UP_LASTS > clock.now()
