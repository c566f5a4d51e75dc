"""Makers for tests of figures: certificates as plain records, and short ways to ask."""

from __future__ import annotations

from datetime import date
from itertools import count
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.certificates.models import Certificate, CredentialType
from registry.core.scope import SYSTEM
from registry.core.write import Write, write
from registry.indicators.question import ask
from registry.indicators.read import value
from registry.people.models import Person
from tests import factories
from tests.worlds import Paper, add_certificate, add_person

FIRST, VALID = "rescuers_first", "rescuers_valid"
_serial = count(1)


def people(session: Session, how_many: int = 1, unit_code: str = factories.NANGUAN) -> list[int]:
    """Persons with nothing but a name."""
    with write("test.people", SYSTEM) as w:
        return [add_person(w, factories.unit(session, unit_code).id) for _ in range(how_many)]


def certify(
    session: Session,
    person: int,
    issued_on: date,
    until: date | None = None,
    *,
    unit_code: str = factories.NANGUAN,
    kind: str = "rescuer",
    number: str | None = None,
    w: Write | None = None,
) -> int:
    """A certificate; gives its id."""
    if w is None:
        with write("test.certify", SYSTEM) as opened:
            return certify(
                session, person, issued_on, until, unit_code=unit_code, kind=kind, number=number, w=opened
            )
    kind_id = session.execute(select(CredentialType.id).where(CredentialType.code == kind)).scalar_one()
    paper = Paper(
        0,
        person,
        factories.unit(session, unit_code).id,
        kind,
        number or f"T{next(_serial):06d}",
        issued_on,
        issued_on,
        until,
    )
    return add_certificate(w, paper, kind_id).id


def change(certificate_id: int, **values: Any) -> int:
    """Change a certificate in a write of its own, `voided_at` to its moment; gives the entry's number."""
    with write("test.change", SYSTEM) as w:
        record = w.session.get_one(Certificate, certificate_id)
        for name, new in values.items():
            setattr(record, name, w.at if name == "voided_at" else new)
        return w.seq


def merge(loser: int, winner: int) -> int:
    """Make two persons one; gives the entry's number. `merge(a, a)` takes a back out."""
    with write("test.merge", SYSTEM) as w:
        record = w.session.get_one(Person, loser)
        record.canonical_id = winner
        return w.seq


def told(session: Session, code: str, as_of: date, unit_code: str = factories.PROVINCE, **asked: Any) -> int:
    """The value of a unit."""
    return value(session, ask(session, code, factories.unit(session, unit_code).id, as_of=as_of, **asked))
