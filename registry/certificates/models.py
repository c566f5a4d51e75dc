"""Credential types with versioned rules, number series, batches, certificates and their events."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from registry.core.db import HIDDEN, PERSONAL, Base, Code, Json, Name, Pk, SearchText, Stamp, ref
from registry.core.engines import partial_index
from registry.core.secrets import TOKEN, EncryptedJson


def _where_set(column: str, *then: str) -> Index:
    """An index over the few rows where `column` is set."""
    return partial_index(f"ix_certificate_{column}", column, *then, where=f"{column} IS NOT NULL")


class CredentialType(Base):
    """What a certificate certifies: 救护员, CPR+AED, 应急救护师."""

    __tablename__ = "credential_type"
    __catalogue__ = True
    id: Mapped[Pk]
    code: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[Name]
    name_en: Mapped[Name]


class CredentialRule(Base):
    """The rule in force from a day on; a certificate keeps the rule it was issued under.

    `validity_months` NULL means permanent. `last_day` says whether the last valid day is the day
    before the anniversary or the anniversary itself. Both are settings to confirm.
    """

    __tablename__ = "credential_rule"
    __table_args__ = (
        UniqueConstraint("credential_type_id", "version"),
        CheckConstraint("last_day IN ('day_before', 'same_day')", name="last_day"),
    )
    id: Mapped[Pk]
    credential_type_id: Mapped[int] = ref("credential_type.id", index=False)
    version: Mapped[int]
    starts_on: Mapped[date]
    validity_months: Mapped[int | None]
    last_day: Mapped[str] = mapped_column(String(12), default="day_before")
    number_template: Mapped[str] = mapped_column(String(80))
    template_version: Mapped[Code]
    confirmed: Mapped[bool] = mapped_column(default=False)


class NumberCounter(Base):
    """The next serial of a series; taken in the write that issues, so numbers follow commit order."""

    __tablename__ = "number_counter"
    __table_args__ = (UniqueConstraint("credential_type_id", "unit_id", "year"),)
    id: Mapped[Pk]
    credential_type_id: Mapped[int] = ref("credential_type.id", index=False)
    unit_id: Mapped[int] = ref("unit.id")
    year: Mapped[int]
    next_serial: Mapped[int]


class CertificateBatch(Base):
    """Certificates prepared together: prepared → issued (approved by someone else), or rejected."""

    __tablename__ = "certificate_batch"
    __table_args__ = (CheckConstraint("state IN ('prepared', 'issued', 'rejected')", name="state"),)
    id: Mapped[Pk]
    unit_id: Mapped[int] = ref("unit.id")
    credential_type_id: Mapped[int] = ref("credential_type.id")
    title: Mapped[Name]
    state: Mapped[str] = mapped_column(String(10), default="prepared", index=True)
    prepared_by: Mapped[int | None] = ref("user.id")
    prepared_at: Mapped[Stamp]
    decided_by: Mapped[int | None] = ref("user.id")
    decided_at: Mapped[Stamp | None]
    decision_reason: Mapped[str] = mapped_column(Text, default="")
    issued_on: Mapped[date | None]


class BatchLine(Base):
    """One person of a batch, with what the certificate will say about the training."""

    __tablename__ = "batch_line"
    __person__ = "person_id"
    __table_args__ = (UniqueConstraint("batch_id", "person_id"),)
    id: Mapped[Pk]
    batch_id: Mapped[int] = ref("certificate_batch.id", index=False)
    person_id: Mapped[int] = ref("person.id")
    course_title: Mapped[Name]
    class_hours: Mapped[int]
    employer: Mapped[str] = mapped_column(String(120), info=PERSONAL, default="")
    certificate_id: Mapped[int | None] = ref("certificate.id")


class Certificate(Base):
    """A certificate as issued. Its snapshot never changes; what happens to it later is an event.

    `valid_until` is the last valid day (NULL: permanent). `ended_on` is the first day it no longer
    counts (revoked). `voided_at` removes it from every date (entered in error, or fraud).
    """

    __tablename__ = "certificate"
    __person__ = "person_id"
    __reach__ = ("person_id", "unit_id")
    __reach_when_void__ = True
    __table_args__ = (
        UniqueConstraint("credential_type_id", "number"),
        # A batch issued twice would need a second certificate for the same person.
        UniqueConstraint("batch_id", "person_id"),
        CheckConstraint("valid_until IS NULL OR valid_until >= valid_from", name="validity"),
        CheckConstraint("ended_on IS NULL OR ended_on >= issued_on", name="ended"),
        CheckConstraint("origin IN ('issued', 'legacy')", name="origin"),
        # The list by date is filtered inside the index, without reading the rows it leaves out.
        Index(
            "ix_certificate_issued",
            *("issued_on", "id", "unit_id", "credential_type_id", "valid_until", "ended_on", "voided_at"),
        ),
        Index(
            "ix_certificate_type_issued",
            *("credential_type_id", "issued_on", "id", "unit_id", "valid_until", "ended_on", "voided_at"),
        ),
        Index("ix_certificate_unit_issued", "unit_id", "issued_on", "id"),
        Index("ix_certificate_number", "number"),
        Index("ix_certificate_unit_number", "unit_id", "number"),
        _where_set("ended_on", "id"),
        _where_set("voided_at", "id"),
    )
    id: Mapped[Pk]
    credential_type_id: Mapped[int] = ref("credential_type.id", index=False)
    credential_rule_id: Mapped[int | None] = ref("credential_rule.id", index=False)
    number: Mapped[SearchText]
    token: Mapped[str] = mapped_column(TOKEN, unique=True, info=HIDDEN)
    person_id: Mapped[int] = ref("person.id")
    unit_id: Mapped[int] = ref("unit.id", index=False)
    batch_id: Mapped[int | None] = ref("certificate_batch.id", index=False)
    issued_on: Mapped[date]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    ended_on: Mapped[date | None]
    end_reason: Mapped[str | None] = mapped_column(String(200))
    voided_at: Mapped[Stamp | None]
    void_reason: Mapped[str | None] = mapped_column(String(200))
    replaces_id: Mapped[int | None] = ref("certificate.id")
    origin: Mapped[str] = mapped_column(String(8), default="issued")
    template_version: Mapped[Code]
    # What the PDF is drawn from, frozen at issue.
    snapshot: Mapped[Json] = mapped_column(EncryptedJson, info=PERSONAL)


class CertificateEvent(Base):
    """What happened to a certificate, in order; never changed."""

    __tablename__ = "certificate_event"
    __insert_only__ = True
    __table_args__ = (
        CheckConstraint("kind IN ('issued', 'imported', 'printed', 'revoked', 'voided')", name="kind"),
        Index("ix_certificate_event_certificate", "certificate_id", "id"),
    )
    id: Mapped[Pk]
    certificate_id: Mapped[int] = ref("certificate.id", index=False)
    kind: Mapped[str] = mapped_column(String(10))
    on: Mapped[date]
    reason: Mapped[str] = mapped_column(Text, default="")
    document: Mapped[str] = mapped_column(String(120), default="")
    by_id: Mapped[int | None] = ref("user.id")
