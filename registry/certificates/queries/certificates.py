"""Reading certificates: lists, one of them, their rules, and what the public may see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, exists, false, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from registry.accounts.models import Unit, User
from registry.certificates.models import Certificate, CertificateEvent, CredentialRule, CredentialType
from registry.certificates.validity import CertificateState
from registry.core.db import CHUNK
from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.i18n import N_
from registry.core.scope import Scope
from registry.people.models import Person, PersonIdentifier
from registry.people.queries import starts_with

Rows = Select[*tuple[Any, ...]]


def in_state(state: CertificateState, day: date) -> ColumnElement[bool]:
    """The certificates in a state on a day; the same rule as `state_on`."""
    standing = Certificate.voided_at.is_(None)
    revoked = and_(Certificate.ended_on.is_not(None), Certificate.ended_on <= day)
    running = or_(Certificate.ended_on.is_(None), Certificate.ended_on > day)
    return {
        CertificateState.VOID: Certificate.voided_at.is_not(None),
        CertificateState.REVOKED: and_(standing, revoked),
        CertificateState.EXPIRED: and_(standing, running, Certificate.valid_until < day),
        CertificateState.VALID: and_(
            standing, running, or_(Certificate.valid_until.is_(None), Certificate.valid_until >= day)
        ),
    }[state]


_LISTED: Rows = (
    select(
        Certificate.id,
        Certificate.number,
        Certificate.issued_on,
        Certificate.valid_until,
        Certificate.ended_on,
        Certificate.voided_at,
        Certificate.origin,
        Person.canonical_id.label("person_id"),
        Person.name.label("holder"),
        Unit.name.label("unit_name"),
        Unit.name_en.label("unit_name_en"),
        CredentialType.name.label("type_name"),
        CredentialType.name_en.label("type_name_en"),
    )
    .outerjoin(Person, Person.id == Certificate.person_id)
    .outerjoin(Unit, Unit.id == Certificate.unit_id)
    .outerjoin(CredentialType, CredentialType.id == Certificate.credential_type_id)
)


def certificates(
    scope: Scope,
    day: date,
    *,
    number: str | None = None,
    credential_type_id: int | None = None,
    state: CertificateState | None = None,
    issued_from: date | None = None,
    issued_to: date | None = None,
) -> Rows:
    """Certificates within reach, with the names a list shows. `number` is how they begin.

    The names are joined from the outside, so that the list is always read in the order of an index of
    certificates and never sorted.
    """
    rows: Rows = _LISTED.where(_issued_by(scope, by_unit=not number))
    if number:
        rows = rows.where(starts_with(Certificate.number, number))
    if credential_type_id is not None:
        rows = rows.where(Certificate.credential_type_id == credential_type_id)
    if state is not None:
        rows = rows.where(in_state(state, day))
    if issued_from is not None:
        rows = rows.where(Certificate.issued_on >= issued_from)
    if issued_to is not None:
        rows = rows.where(Certificate.issued_on <= issued_to)
    return rows


def newest_certificates(session: Session, scope: Scope, count: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """The newest `count` certificates within reach, as `certificates` gives them.

    The newest of each unit are read off an index of that unit; walking all by date would pass over those of
    other units. The statement is composed once and run without the session, which would prepare for records;
    both take longer than reading twenty rows.
    """
    values = {f"unit_{number}": unit for number, unit in enumerate(sorted(scope.units or ()))}
    width = None if scope.units is None else len(scope.units)
    return session.connection().execute(_newest(width), {**values, "count": count}).all()


@cache
def _newest(width: int | None) -> Rows:
    """The statement for a reach of so many units; None is everywhere."""
    order = (Certificate.issued_on.desc(), Certificate.id.desc())
    parts = [
        select(Certificate.id).where(Certificate.unit_id == bindparam(f"unit_{number}"))
        for number in range(width or 0)
    ]
    rows: Rows = _LISTED.order_by(*order).limit(bindparam("count"))
    if width is None:
        return rows
    if width < 2:
        return rows.where(Certificate.unit_id == bindparam("unit_0") if parts else false())
    first = (part.order_by(*order).limit(bindparam("count")).subquery() for part in parts)
    return rows.where(Certificate.id.in_(union_all(*map(select, first)).subquery().select()))


def certificates_chosen(session: Session, rows: Rows, limit: int) -> Sequence[Certificate]:
    """The records of the rows of a list, in the order of their numbers, at most `limit`."""
    ids = rows.with_only_columns(Certificate.id, maintain_column_froms=True).limit(limit)
    chosen = select(Certificate).where(Certificate.id.in_(ids.subquery().select()))
    return session.execute(chosen.order_by(Certificate.number, Certificate.id)).scalars().all()


def _issued_by(scope: Scope, *, by_unit: bool) -> ColumnElement[bool]:
    """The scope as a condition; unless `by_unit`, one that no index of the unit is used for.

    Reading by date or by number and leaving out other units beats collecting and sorting all of their own.
    """
    if scope.units is None or (by_unit and len(scope.units) == 1):
        return scope.where(Certificate.unit_id)
    return scope.where(Certificate.unit_id + 0)


def credential_types(session: Session) -> Sequence[CredentialType]:
    """Every credential type."""
    return session.execute(select(CredentialType).order_by(CredentialType.id)).scalars().all()


def rule_on(session: Session, credential_type_id: int, day: date) -> CredentialRule:
    """The rule of a credential type in force on a day; RuleError when there is none."""
    rule = session.execute(
        select(CredentialRule)
        .where(CredentialRule.credential_type_id == credential_type_id, CredentialRule.starts_on <= day)
        .order_by(CredentialRule.starts_on.desc(), CredentialRule.version.desc())
        .limit(1)
    ).scalar()
    if rule is None:
        raise RuleError(
            N_("No rule of this credential type is in force on %(day)s. Nothing was saved."),
            day=day.isoformat(),
        )
    return rule


def certificate_events(session: Session, certificate_id: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """What happened to a certificate, newest first, with the name of who did it."""
    return session.execute(
        select(CertificateEvent, User.name)
        .outerjoin(User, User.id == CertificateEvent.by_id)
        .where(CertificateEvent.certificate_id == certificate_id)
        .order_by(CertificateEvent.id.desc())
    ).all()


@dataclass(frozen=True)
class Shown:
    """A certificate with what a page about it names."""

    certificate: Certificate
    credential_type: CredentialType
    unit: Unit
    person: Person


def _shown() -> Rows:
    row_person, person = aliased(Person), aliased(Person)
    shown: Rows = (
        select(Certificate, CredentialType, Unit, person)
        .join(CredentialType, CredentialType.id == Certificate.credential_type_id)
        .join(Unit, Unit.id == Certificate.unit_id)
        .join(row_person, row_person.id == Certificate.person_id)
        .join(person, person.id == row_person.canonical_id)
    )
    return shown


def certificate(session: Session, scope: Scope, certificate_id: int) -> Shown:
    """One certificate within reach; RecordNotFoundError otherwise."""
    row = session.execute(
        _shown().where(Certificate.id == certificate_id, scope.where(Certificate.unit_id))
    ).first()
    if row is None:
        raise RecordNotFoundError("certificate")
    return Shown(*row)


def certificate_by_token(session: Session, token: str) -> Shown | None:
    """The certificate behind a QR code, wherever issued."""
    row = session.execute(_shown().where(Certificate.token == token)).first()
    return None if row is None else Shown(*row)


def certificates_by_number(session: Session, number: str) -> list[Shown]:
    """The certificates of a number, wherever issued: a number is unique within a credential type only."""
    rows = session.execute(
        _shown()
        .where(Certificate.number == number)
        .order_by(Certificate.issued_on.desc(), Certificate.id.desc())
    )
    return [Shown(*row) for row in rows]


def certificates_numbered(session: Session, numbers: Iterable[str]) -> list[Row[Any]]:
    """The certificates with these numbers, wherever issued: type, number and date of issue, the canonical
    holder, the names of the row and of the holder, and whether the holder has a document."""
    wanted = sorted(set(numbers))
    holder, of_holder = aliased(Person), aliased(Person)
    has_document = (
        exists()
        .where(
            PersonIdentifier.person_id == of_holder.id,
            of_holder.canonical_id == holder.id,
            PersonIdentifier.voided_at.is_(None),
        )
        .correlate(holder)
    )
    found: list[Row[Any]] = []
    for start in range(0, len(wanted), CHUNK):
        found.extend(
            session.execute(
                select(
                    Certificate.credential_type_id,
                    Certificate.number,
                    Certificate.issued_on,
                    holder.id.label("person_id"),
                    Person.name.label("entered_as"),
                    holder.name,
                    has_document.label("has_document"),
                )
                .join(Person, Person.id == Certificate.person_id)
                .join(holder, holder.id == Person.canonical_id)
                .where(Certificate.number.in_(wanted[start : start + CHUNK]))
            )
        )
    return found
