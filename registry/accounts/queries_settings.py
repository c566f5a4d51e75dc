"""The chosen values of settings."""

from __future__ import annotations

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from registry.accounts.models import SettingValue, User
from registry.core.journal import JournalEntry


def chosen_values(session: Session) -> dict[str, SettingValue]:
    """The value that holds now for every setting somebody has chosen."""
    rows = session.execute(
        select(SettingValue).where(SettingValue.void_seq.is_(None)).order_by(SettingValue.known_seq)
    ).scalars()
    return {row.key: row for row in rows}


def setting_history(key: str) -> Select[SettingValue, JournalEntry, User]:
    """Every value a setting had, with when and by whom (None: the system); newest first."""
    return (
        select(SettingValue, JournalEntry, User)
        .join(JournalEntry, JournalEntry.seq == SettingValue.known_seq)
        .outerjoin(User, User.id == JournalEntry.actor_id)
        .where(SettingValue.key == key)
        .order_by(SettingValue.known_seq.desc())
    )
