"""The certificate of service (志愿服务记录证明): what it says, and the lines of the ledger it rests on."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from registry.core.db import HIDDEN, PERSONAL, Base, Code, Json, Name, Pk, SearchText, Stamp, ref
from registry.core.secrets import TOKEN, EncryptedJson


class ServiceProof(Base):
    """A certificate of service as issued; free of charge. Its snapshot never changes.

    Whether it still agrees with the ledger is asked of its lines whenever somebody looks.
    """

    __tablename__ = "service_proof"
    __person__ = "person_id"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="dates"),
        CheckConstraint("origin IN ('phone', 'staff')", name="origin"),
        Index("ix_service_proof_unit", "unit_id", "issued_on", "id"),
        Index("ix_service_proof_volunteer", "volunteer_id", "id"),
    )
    id: Mapped[Pk]
    number: Mapped[SearchText] = mapped_column(unique=True)
    token: Mapped[str] = mapped_column(TOKEN, unique=True, info=HIDDEN)
    volunteer_id: Mapped[int] = ref("volunteer.id", index=False)
    person_id: Mapped[int] = ref("person.id")
    unit_id: Mapped[int] = ref("unit.id", index=False)
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    minutes: Mapped[int]
    issued_on: Mapped[date]
    handled_by: Mapped[Name]
    responsible: Mapped[Name]
    origin: Mapped[str] = mapped_column(String(8))
    template_version: Mapped[Code]
    snapshot: Mapped[Json] = mapped_column(EncryptedJson, info=PERSONAL)
    voided_at: Mapped[Stamp | None]
    void_reason: Mapped[str | None] = mapped_column(String(200))


class ProofLine(Base):
    """A line of the ledger that a certificate of service counts. Insert-only."""

    __tablename__ = "proof_line"
    __insert_only__ = True
    id: Mapped[Pk]
    service_proof_id: Mapped[int] = ref("service_proof.id")
    service_line_id: Mapped[int] = ref("service_line.id")
