"""Units with dated parentage, users, roles bound to units, and settings."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from registry.core.db import HIDDEN, Base, Code, Json, Name, Pk, Stamp, ref
from registry.core.i18n import N_
from registry.core.secrets import Encrypted

LEVELS = ("province", "prefecture", "county")
LEVEL_NAMES = {
    "province": N_("Province level"),
    "prefecture": N_("Prefecture level"),
    "county": N_("County level"),
}


class Unit(Base):
    """A Red Cross branch: province, prefecture or county level. The GB code is optional."""

    __tablename__ = "unit"
    __catalogue__ = True
    __table_args__ = (CheckConstraint(f"level IN {LEVELS}", name="level"),)
    id: Mapped[Pk]
    code: Mapped[str | None] = mapped_column(String(12), unique=True)
    name: Mapped[Name]
    name_en: Mapped[Name]
    level: Mapped[str] = mapped_column(String(12))
    sort_key: Mapped[Code]


class UnitCode(Base):
    """A former code that still resolves to the unit, for example 220381 of 公主岭."""

    __tablename__ = "unit_code"
    id: Mapped[Pk]
    unit_id: Mapped[int] = ref("unit.id")
    code: Mapped[str] = mapped_column(String(12), unique=True)
    ends_on: Mapped[date | None]


class UnitParent(Base):
    """Under which unit a unit stands, from a day on; the row in force has the latest start.

    `known_seq` and `void_seq` tell since which journal entry the registry knew of it. `confirmed`
    False shows the date as "to confirm".
    """

    __tablename__ = "unit_parent"
    id: Mapped[Pk]
    unit_id: Mapped[int] = ref("unit.id")
    parent_id: Mapped[int] = ref("unit.id")
    starts_on: Mapped[date]
    confirmed: Mapped[bool] = mapped_column(default=True)
    note: Mapped[str] = mapped_column(Text, default="")
    known_seq: Mapped[int]
    void_seq: Mapped[int | None]


class User(Base):
    """Someone who signs in. Never deleted: `active` False ends the access."""

    __tablename__ = "user"
    id: Mapped[Pk]
    username: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[Name]
    home_unit_id: Mapped[int] = ref("unit.id")
    password_hash: Mapped[str] = mapped_column(Text, info=HIDDEN)
    password_changed_at: Mapped[Stamp]
    must_change_password: Mapped[bool] = mapped_column(default=False)
    totp_secret: Mapped[str | None] = mapped_column(Encrypted, info=HIDDEN)
    totp_last_step: Mapped[int] = mapped_column(default=0, info=HIDDEN)
    locale: Mapped[str] = mapped_column(String(8), default="zh_CN")
    active: Mapped[bool] = mapped_column(default=True)


class RoleGrant(Base):
    """A role at a unit, in force from starts_on until the day before ends_on."""

    __tablename__ = "role_grant"
    __table_args__ = (
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="dates"),
        Index("ix_role_grant_user", "user_id", "role"),
    )
    id: Mapped[Pk]
    user_id: Mapped[int] = ref("user.id")
    unit_id: Mapped[int] = ref("unit.id")
    role: Mapped[str] = mapped_column(String(30))
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]


class SettingValue(Base):
    """A chosen value of a setting; the newest row not voided holds, else the default in settings.py."""

    __tablename__ = "setting_value"
    __table_args__ = (UniqueConstraint("key", "known_seq"),)
    id: Mapped[Pk]
    key: Mapped[Code]
    value: Mapped[Json]
    confirmed: Mapped[bool] = mapped_column(default=False)
    source: Mapped[str] = mapped_column(Text, default="")
    known_seq: Mapped[int]
    void_seq: Mapped[int | None]
