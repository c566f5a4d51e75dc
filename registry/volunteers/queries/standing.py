"""Who is a volunteer on a day, and as what."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from registry.certificates.models import Certificate, CredentialType
from registry.certificates.queries.certificates import in_state
from registry.certificates.validity import CertificateState
from registry.core.write import chunks
from registry.people.models import Person
from registry.volunteers.models import InsuranceCover, InsurancePolicy, VolunteerPeriod


@dataclass(frozen=True, slots=True)
class Skill:
    """A credential somebody holds on a day, in both languages; `last_day` is None when it has no end."""

    name: str
    name_en: str
    last_day: date | None


def in_force(day: date) -> ColumnElement[bool]:
    """The periods that hold on a day, to join them or to choose by them."""
    return and_(
        VolunteerPeriod.voided_at.is_(None),
        VolunteerPeriod.starts_on <= day,
        or_(VolunteerPeriod.ended_on.is_(None), VolunteerPeriod.ended_on > day),
    )


def kinds_on(session: Session, volunteer_ids: Iterable[int], day: date) -> dict[int, str]:
    """Volunteer → what they are on a day; absent before the first period."""
    found: dict[int, str] = {}
    for ids in chunks(volunteer_ids):
        rows = session.execute(
            select(VolunteerPeriod.volunteer_id, VolunteerPeriod.kind).where(
                VolunteerPeriod.volunteer_id.in_(ids), in_force(day)
            )
        )
        found.update(dict(rows.all()))
    return found


def _certified(ids: list[int], day: date) -> list[ColumnElement[bool]]:
    """The valid certificates of canonical persons on a day."""
    return [
        Person.canonical_id.in_(ids),
        Certificate.valid_from <= day,
        in_state(CertificateState.VALID, day),
    ]


def skills_on(session: Session, person_ids: Iterable[int], day: date) -> dict[int, set[int]]:
    """Canonical person → the credential types of which they hold a valid certificate on a day.

    A skill is nothing but that, so one whose certificate lapsed is gone on the same day.
    """
    found: dict[int, set[int]] = {}
    for ids in chunks(person_ids):
        rows = session.execute(
            select(Person.canonical_id, Certificate.credential_type_id)
            .join(Certificate, Certificate.person_id == Person.id)
            .where(*_certified(ids, day))
            .distinct()
        )
        for person_id, credential_type_id in rows:
            found.setdefault(person_id, set()).add(credential_type_id)
    return found


def skills_until(session: Session, person_ids: Collection[int], day: date) -> dict[int, list[Skill]]:
    """Canonical person → what they are certified for on a day, with the last day that each holds."""
    found: dict[int, dict[int, Skill]] = {}
    for ids in chunks(person_ids):
        rows = session.execute(
            select(
                Person.canonical_id,
                Certificate.credential_type_id,
                CredentialType.name,
                CredentialType.name_en,
                Certificate.valid_until,
                Certificate.ended_on,
            )
            .join(Certificate, Certificate.person_id == Person.id)
            .join(CredentialType, CredentialType.id == Certificate.credential_type_id)
            .where(*_certified(ids, day))
            .order_by(Certificate.credential_type_id)
        )
        for person_id, kind, name, name_en, valid_until, ended_on in rows:
            ends = [valid_until] if valid_until else []
            ends += [ended_on - timedelta(days=1)] if ended_on else []
            skill = Skill(name, name_en, min(ends) if ends else None)
            held = found.setdefault(person_id, {})
            if kind not in held or (skill.last_day or date.max) > (held[kind].last_day or date.max):
                held[kind] = skill
    return {person_id: list(held.values()) for person_id, held in found.items()}


def insured_on(session: Session, person_ids: Iterable[int], day: date) -> set[int]:
    """The canonical persons whom a policy covers on a day."""
    found: set[int] = set()
    for ids in chunks(person_ids):
        rows = session.execute(
            select(Person.canonical_id)
            .join(InsuranceCover, InsuranceCover.person_id == Person.id)
            .join(InsurancePolicy, InsurancePolicy.id == InsuranceCover.insurance_policy_id)
            .where(Person.canonical_id.in_(ids), covers(day))
            .distinct()
        )
        found.update(rows.scalars())
    return found


def covers(day: date) -> ColumnElement[bool]:
    """The covers that hold on a day, to be joined with their policies."""
    return and_(
        InsuranceCover.voided_at.is_(None),
        InsuranceCover.starts_on <= day,
        InsuranceCover.ends_on >= day,
        InsurancePolicy.voided_at.is_(None),
        InsurancePolicy.starts_on <= day,
        InsurancePolicy.ends_on >= day,
    )
