"""Reading batches: their lines with the persons as registered now, and their certificates."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from registry.accounts.models import Unit, User
from registry.certificates.models import BatchLine, Certificate, CertificateBatch, CredentialType
from registry.core.scope import Scope
from registry.people.kinds import DocumentKind
from registry.people.models import Person, PersonIdentifier
from registry.people.queries import number_mask

Rows = Select[*tuple[Any, ...]]


@dataclass(frozen=True)
class Holder:
    """One line of a batch with the person as registered now."""

    line_id: int
    person_id: int
    name: str
    sex: str | None
    state: str
    document_masked: str
    course_title: str
    class_hours: int
    employer: str
    certificate_id: int | None


def holders(session: Session, batch_id: int) -> list[Holder]:
    """The lines of a batch in their order, each with the canonical person."""
    row_person, person = aliased(Person), aliased(Person)
    lines = session.execute(
        select(
            BatchLine.id,
            BatchLine.course_title,
            BatchLine.class_hours,
            BatchLine.employer,
            BatchLine.certificate_id,
            person.id.label("person_id"),
            person.name,
            person.sex,
            person.state,
        )
        .join(row_person, row_person.id == BatchLine.person_id)
        .join(person, person.id == row_person.canonical_id)
        .where(BatchLine.batch_id == batch_id)
        .order_by(BatchLine.id)
    ).all()
    documents = _documents(session, batch_id)
    return [
        Holder(
            line_id=line.id,
            person_id=line.person_id,
            name=line.name,
            sex=line.sex,
            state=line.state,
            document_masked=documents.get(line.person_id, ""),
            course_title=line.course_title,
            class_hours=line.class_hours,
            employer=line.employer,
            certificate_id=line.certificate_id,
        )
        for line in lines
    ]


def holders_digest(people: Sequence[Holder]) -> str:
    """What tells whether the certificates somebody approves will still say what the page showed."""
    told = [
        (h.line_id, h.person_id, h.name, h.sex, h.document_masked, h.course_title, h.class_hours, h.employer)
        for h in people
    ]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False).encode("utf-8")).hexdigest()


_KIND_ORDER = {kind.value: place for place, kind in enumerate(DocumentKind)}


def _documents(session: Session, batch_id: int) -> dict[int, str]:
    """Canonical person → the masked number of the first document, identity cards first."""
    row_person, owner = aliased(Person), aliased(Person)
    wanted = (
        select(row_person.canonical_id)
        .join(BatchLine, BatchLine.person_id == row_person.id)
        .where(BatchLine.batch_id == batch_id)
    )
    rows = session.execute(
        select(owner.canonical_id, PersonIdentifier.kind, PersonIdentifier.id, PersonIdentifier.value)
        .join(owner, owner.id == PersonIdentifier.person_id)
        .where(owner.canonical_id.in_(wanted), PersonIdentifier.voided_at.is_(None))
    ).all()
    ordered = sorted(
        rows, key=lambda row: (_KIND_ORDER.get(row.kind, len(_KIND_ORDER)), row.id), reverse=True
    )
    mask = number_mask(session)
    return {row.canonical_id: mask(row.value) for row in ordered}


def batches(scope: Scope, *, state: str | None = None) -> Rows:
    """Batches within reach, with who prepared them and how many certificates they hold."""
    count = (
        select(func.count())
        .where(BatchLine.batch_id == CertificateBatch.id)
        .correlate(CertificateBatch)
        .scalar_subquery()
    )
    rows: Rows = (
        select(
            CertificateBatch.id,
            CertificateBatch.title,
            CertificateBatch.state,
            CertificateBatch.prepared_at,
            CertificateBatch.issued_on,
            User.name.label("prepared_by_name"),
            Unit.name.label("unit_name"),
            Unit.name_en.label("unit_name_en"),
            CredentialType.name.label("type_name"),
            CredentialType.name_en.label("type_name_en"),
            count.label("lines"),
        )
        .outerjoin(User, User.id == CertificateBatch.prepared_by)
        .outerjoin(Unit, Unit.id == CertificateBatch.unit_id)
        .outerjoin(CredentialType, CredentialType.id == CertificateBatch.credential_type_id)
        .where(scope.where(CertificateBatch.unit_id))
    )
    return rows if state is None else rows.where(CertificateBatch.state == state)


def batch_certificates(session: Session, batch_id: int) -> Sequence[Certificate]:
    """The certificates of an issued batch, in the order of its lines."""
    return (
        session.execute(
            select(Certificate)
            .join(BatchLine, BatchLine.certificate_id == Certificate.id)
            .where(BatchLine.batch_id == batch_id)
            .order_by(BatchLine.id)
        )
        .scalars()
        .all()
    )
