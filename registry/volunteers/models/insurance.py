"""Insurance policies and whom they cover from when to when."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from registry.core.db import Base, Name, Pk, Stamp, ref
from registry.core.engines import partial_index


class InsurancePolicy(Base):
    """A policy a unit took out for volunteers. `ends_on` is the last day it covers."""

    __tablename__ = "insurance_policy"
    __table_args__ = (
        partial_index(
            "uq_insurance_policy_number", "insurer", "number", where="voided_at IS NULL", unique=True
        ),
        CheckConstraint("ends_on >= starts_on", name="dates"),
        Index("ix_insurance_policy_unit", "unit_id", "id"),
    )
    id: Mapped[Pk]
    unit_id: Mapped[int] = ref("unit.id", index=False)
    insurer: Mapped[Name]
    number: Mapped[Name]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    note: Mapped[str] = mapped_column(String(200), default="")
    voided_at: Mapped[Stamp | None]
    void_reason: Mapped[str | None] = mapped_column(String(200))


class InsuranceCover(Base):
    """A volunteer covered by a policy, within its days. `ends_on` is the last day covered."""

    __tablename__ = "insurance_cover"
    __person__ = "person_id"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="dates"),
        Index("ix_insurance_cover_volunteer", "volunteer_id", "ends_on"),
        Index("ix_insurance_cover_policy", "insurance_policy_id", "id"),
    )
    id: Mapped[Pk]
    insurance_policy_id: Mapped[int] = ref("insurance_policy.id", index=False)
    volunteer_id: Mapped[int] = ref("volunteer.id", index=False)
    person_id: Mapped[int] = ref("person.id")
    unit_id: Mapped[int] = ref("unit.id")
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    voided_at: Mapped[Stamp | None]
    void_reason: Mapped[str | None] = mapped_column(String(200))
