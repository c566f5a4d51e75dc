"""A person as a volunteer: from the sign-up to the periods in which they are one."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from registry.core.db import HIDDEN, PERSONAL, Base, Json, Pk, SearchText, Stamp, ref
from registry.core.engines import partial_index
from registry.core.secrets import BLIND, Encrypted, EncryptedJson

PERIOD_KINDS = ("enrolled", "registered", "leave", "suspended", "left")


class Volunteer(Base):
    """A person who is or was a volunteer: one row, however many teams, units or returns.

    `unit_id` is the unit that looks after the volunteer now; a period keeps the unit it was spent with.
    `page_digest` is the digest of the token of the volunteer's own page. `fields` and `available` are codes
    of `fields.FIELDS` and `fields.AVAILABLE`, what the volunteer offers, not what was decided.
    """

    __tablename__ = "volunteer"
    __person__ = "person_id"
    __reach__ = ("person_id", "unit_id")
    __table_args__ = (
        partial_index("uq_volunteer_person", "person_id", where="voided_at IS NULL", unique=True),
        CheckConstraint("source IN ('sign_up', 'staff', 'list', 'import')", name="source"),
        Index("ix_volunteer_unit", "unit_id", "id"),
        Index("ix_volunteer_unit_number", "unit_id", "number"),
    )
    id: Mapped[Pk]
    person_id: Mapped[int] = ref("person.id", index=False)
    unit_id: Mapped[int] = ref("unit.id", index=False)
    number: Mapped[SearchText] = mapped_column(unique=True)
    source: Mapped[str] = mapped_column(String(8))
    fields: Mapped[Json]
    available: Mapped[Json]
    guardian_name: Mapped[str | None] = mapped_column(String(120), info=PERSONAL)
    guardian_phone: Mapped[str | None] = mapped_column(Encrypted, info=PERSONAL)
    guardian_consent_on: Mapped[date | None]
    consent_on: Mapped[date | None]
    page_digest: Mapped[str | None] = mapped_column(BLIND, unique=True, info=HIDDEN)
    added_on: Mapped[date]
    voided_at: Mapped[Stamp | None]


class VolunteerPeriod(Base):
    """What a volunteer is from one day to another: 登记, 注册, 休整, 停止 or 退出.

    `ended_on` is the first day that it no longer holds. The periods of one person never overlap; `left` is a
    period as well, so a return is a new one after it and nothing served before is lost.
    """

    __tablename__ = "volunteer_period"
    __person__ = "person_id"
    __reach__ = ("person_id", "unit_id")
    __table_args__ = (
        CheckConstraint(f"kind IN {PERIOD_KINDS}", name="kind"),
        CheckConstraint("ended_on IS NULL OR ended_on > starts_on", name="ended"),
        # One period without an end; the command looks at the days of the others.
        partial_index(
            "uq_volunteer_period_open",
            "volunteer_id",
            where="ended_on IS NULL AND voided_at IS NULL",
            unique=True,
        ),
        partial_index(
            "uq_volunteer_period_start", "volunteer_id", "starts_on", where="voided_at IS NULL", unique=True
        ),
        Index("ix_volunteer_period_volunteer", "volunteer_id", "starts_on"),
        Index("ix_volunteer_period_person", "person_id", "starts_on"),
        Index("ix_volunteer_period_unit", "unit_id", "kind", "volunteer_id", "starts_on", "ended_on"),
    )
    id: Mapped[Pk]
    volunteer_id: Mapped[int] = ref("volunteer.id", index=False)
    person_id: Mapped[int] = ref("person.id", index=False)
    unit_id: Mapped[int] = ref("unit.id", index=False)
    kind: Mapped[str] = mapped_column(String(12))
    starts_on: Mapped[date]
    ended_on: Mapped[date | None]
    reason: Mapped[str] = mapped_column(String(200), default="")
    document: Mapped[str] = mapped_column(String(120), default="")
    voided_at: Mapped[Stamp | None]
    void_reason: Mapped[str | None] = mapped_column(String(200))


class SignUp(Base):
    """What somebody sent from the sign-up page of a unit or an activity, until staff decide on it.

    Nobody becomes a person of the registry by sending a form, so the values stay here, encrypted.
    `number_hash` finds a second sign-up of the same person; `receipt_digest` is that of the token of the
    page that shows what became of it.
    """

    __tablename__ = "sign_up"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'approved', 'rejected', 'withdrawn')", name="state"),
        Index("ix_sign_up_unit", "unit_id", "state", "id"),
    )
    id: Mapped[Pk]
    unit_id: Mapped[int] = ref("unit.id", index=False)
    activity_id: Mapped[int | None] = ref("activity.id")
    values: Mapped[Json] = mapped_column(EncryptedJson, info=HIDDEN)
    number_hash: Mapped[str | None] = mapped_column(BLIND, index=True, info=HIDDEN)
    receipt_digest: Mapped[str] = mapped_column(BLIND, unique=True, info=HIDDEN)
    minor: Mapped[bool] = mapped_column(default=False)
    signed_up_at: Mapped[Stamp]
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    decided_by: Mapped[int | None] = ref("user.id")
    decided_at: Mapped[Stamp | None]
    decision_reason: Mapped[str] = mapped_column(String(200), default="")
    volunteer_id: Mapped[int | None] = ref("volunteer.id")


class RegistrationApplication(Base):
    """An application to become a registered volunteer (注册), proposed when the rule holds, decided by the
    county or above. `minutes` and `year` are what the proposal rested on."""

    __tablename__ = "registration_application"
    __person__ = "person_id"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'approved', 'rejected')", name="state"),
        partial_index(
            "uq_registration_application_waiting", "volunteer_id", where="state = 'waiting'", unique=True
        ),
        Index("ix_registration_application_unit", "unit_id", "state", "id"),
    )
    id: Mapped[Pk]
    volunteer_id: Mapped[int] = ref("volunteer.id")
    person_id: Mapped[int] = ref("person.id")
    unit_id: Mapped[int] = ref("unit.id", index=False)
    volunteer_rule_id: Mapped[int] = ref("volunteer_rule.id", index=False)
    year: Mapped[int]
    minutes: Mapped[int]
    applied_by: Mapped[int | None] = ref("user.id")
    applied_at: Mapped[Stamp]
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    decided_by: Mapped[int | None] = ref("user.id")
    decided_at: Mapped[Stamp | None]
    decision_reason: Mapped[str] = mapped_column(String(200), default="")
    document: Mapped[str] = mapped_column(String(120), default="")
    volunteer_period_id: Mapped[int | None] = ref("volunteer_period.id")
