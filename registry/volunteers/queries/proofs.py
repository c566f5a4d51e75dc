"""Reading certificates of service, the lines they rest on, and whether those still stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, select
from sqlalchemy.orm import Session, aliased

from registry.accounts.models import Unit
from registry.accounts.settings import is_demo
from registry.core.errors import RecordNotFoundError
from registry.core.scope import Scope
from registry.people.kinds import DocumentKind
from registry.people.models import Person, PersonIdentifier
from registry.people.queries import number_mask
from registry.volunteers.models import (
    Activity,
    ProofLine,
    ServiceEntry,
    ServiceLine,
    ServiceProof,
    Volunteer,
)

Rows = Select[*tuple[Any, ...]]


def standing() -> ColumnElement[bool]:
    """The lines of the ledger that are no reversal and that none reverses."""
    reversal = aliased(ServiceLine)
    return and_(
        ServiceLine.reverses_id.is_(None),
        ~exists().where(reversal.reverses_id == ServiceLine.id).correlate(ServiceLine),
    )


@dataclass(frozen=True, slots=True)
class Served:
    """A standing line of the ledger with what it was for: the title of the activity, or what was written."""

    id: int
    served_on: date
    starts: int
    minutes: int
    field: str
    activity_id: int | None
    content: str


def standing_lines(session: Session, person_id: int, starts_on: date, ends_on: date) -> list[Served]:
    """The standing lines of a canonical person in a period, those of merged rows included, in order."""
    rows = session.execute(
        select(
            ServiceLine.id,
            ServiceLine.served_on,
            ServiceLine.starts,
            ServiceLine.minutes,
            ServiceLine.field,
            ServiceLine.activity_id,
            Activity.title,
            ServiceEntry.content,
        )
        .join(Person, Person.id == ServiceLine.person_id)
        .join(ServiceEntry, ServiceEntry.id == ServiceLine.service_entry_id)
        .outerjoin(Activity, Activity.id == ServiceLine.activity_id)
        .where(Person.canonical_id == person_id, ServiceLine.served_on.between(starts_on, ends_on))
        .where(standing())
        .order_by(ServiceLine.served_on, ServiceLine.starts, ServiceLine.id)
    )
    return [
        Served(
            id=row.id,
            served_on=row.served_on,
            starts=row.starts,
            minutes=row.minutes,
            field=row.field,
            activity_id=row.activity_id,
            content=row.title or row.content,
        )
        for row in rows
    ]


@dataclass(frozen=True)
class Agreement:
    """Whether a certificate still agrees with the ledger. `since` is the day of the first reversal."""

    minutes_then: int
    minutes_now: int
    reversed_ids: frozenset[int]
    since: date | None

    @property
    def matches(self) -> bool:
        """Whether every line stands, and together they are what was frozen."""
        return not self.reversed_ids and self.minutes_now == self.minutes_then


def agreement_of(session: Session, proof: ServiceProof | None) -> Agreement:
    """What of a certificate still stands, asked of the ledger; for none, an equal question without answer."""
    reversal = aliased(ServiceLine)
    lines = session.execute(
        select(ServiceLine.id, ServiceLine.minutes, reversal.posted_on)
        .join(ProofLine, ProofLine.service_line_id == ServiceLine.id)
        .outerjoin(reversal, reversal.reverses_id == ServiceLine.id)
        .where(ProofLine.service_proof_id == (0 if proof is None else proof.id))
    ).all()
    gone = {line.id: line.posted_on for line in lines if line.posted_on is not None}
    return Agreement(
        minutes_then=0 if proof is None else proof.minutes,
        minutes_now=sum(line.minutes for line in lines if line.id not in gone),
        reversed_ids=frozenset(gone),
        since=min(gone.values(), default=None),
    )


@dataclass(frozen=True)
class ShownProof:
    """A certificate of service with what a page about it names; `person` is the canonical one."""

    proof: ServiceProof
    volunteer: Volunteer
    unit: Unit
    person: Person


def _shown() -> Rows:
    row_person, person = aliased(Person), aliased(Person)
    shown: Rows = (
        select(ServiceProof, Volunteer, Unit, person)
        .join(Volunteer, Volunteer.id == ServiceProof.volunteer_id)
        .join(Unit, Unit.id == ServiceProof.unit_id)
        .join(row_person, row_person.id == ServiceProof.person_id)
        .join(person, person.id == row_person.canonical_id)
    )
    return shown


def proof_shown(session: Session, scope: Scope, proof_id: int) -> ShownProof:
    """One certificate of service within reach; RecordNotFoundError otherwise."""
    row = session.execute(
        _shown().where(ServiceProof.id == proof_id, scope.where(ServiceProof.unit_id))
    ).first()
    if row is None:
        raise RecordNotFoundError("service_proof")
    return ShownProof(*row)


def proof_by_token(session: Session, token: str) -> ShownProof | None:
    """The certificate of service behind a QR code, wherever issued."""
    row = session.execute(_shown().where(ServiceProof.token == token)).first()
    return None if row is None else ShownProof(*row)


def lines_of(session: Session, proof_id: int) -> Sequence[Any]:
    """The lines of a certificate in order, each with what it was for and when it was reversed, if it was."""
    reversal = aliased(ServiceLine)
    return session.execute(
        select(
            ServiceLine.served_on,
            ServiceLine.minutes,
            ServiceLine.field,
            func.coalesce(Activity.title, ServiceEntry.content).label("content"),
            reversal.posted_on.label("reversed_on"),
            reversal.reason.label("reversed_why"),
        )
        .join(ProofLine, ProofLine.service_line_id == ServiceLine.id)
        .join(ServiceEntry, ServiceEntry.id == ServiceLine.service_entry_id)
        .outerjoin(Activity, Activity.id == ServiceLine.activity_id)
        .outerjoin(reversal, reversal.reverses_id == ServiceLine.id)
        .where(ProofLine.service_proof_id == proof_id)
        .order_by(ServiceLine.served_on, ServiceLine.starts, ServiceLine.id)
    ).all()


def proofs_of_person(
    session: Session, person_id: int, scope: Scope | None = None
) -> Sequence[tuple[ServiceProof, bool]]:
    """The certificates of a canonical person, newest first, each with whether a line of it was reversed."""
    reversal = aliased(ServiceLine)
    changed = (
        exists()
        .where(
            ProofLine.service_proof_id == ServiceProof.id, reversal.reverses_id == ProofLine.service_line_id
        )
        .correlate(ServiceProof)
    )
    rows = (
        select(ServiceProof, changed.label("changed"))
        .join(Person, Person.id == ServiceProof.person_id)
        .where(Person.canonical_id == person_id)
        .order_by(ServiceProof.id.desc())
    )
    if scope is not None:
        rows = rows.where(scope.where(ServiceProof.unit_id))
    return [(proof, bool(was)) for proof, was in session.execute(rows)]


_KIND_ORDER = {kind.value: place for place, kind in enumerate(DocumentKind)}


def document_of(session: Session, person_id: int) -> tuple[str, str]:
    """Kind and masked number of the first document of a canonical person, identity cards first, or empty."""
    rows = session.execute(
        select(PersonIdentifier.kind, PersonIdentifier.id, PersonIdentifier.value)
        .join(Person, Person.id == PersonIdentifier.person_id)
        .where(Person.canonical_id == person_id, PersonIdentifier.voided_at.is_(None))
    ).all()
    if not rows:
        return "", ""
    first = min(rows, key=lambda row: (_KIND_ORDER.get(row.kind, len(_KIND_ORDER)), row.id))
    return first.kind, number_mask(session)(first.value)


def public_address(session: Session, configured: str, asked: str) -> str:
    """The address that QR codes lead to: PUBLIC_URL, or for demo data, which only a loopback address serves,
    that of the page."""
    return configured or (asked.rstrip("/") if is_demo(session) else "")
