"""Who is in a course, and who of a list is known already. Every query serves a whole list at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from registry.certificates.models import BatchLine, Certificate
from registry.core.write import chunks
from registry.people.models import Person, PersonIdentifier
from registry.people.queries import number_mask
from registry.training.models import (
    Assessment,
    AttendanceEvent,
    Enrolment,
    RosterDraft,
    RosterImport,
)


@dataclass(frozen=True)
class Trainee:
    """A trainee as course pages show them; `masked` is the document number in its masked form."""

    enrolment: Enrolment
    person_id: int
    name: str
    sex: str | None
    masked: str | None
    phone: str | None
    certificate_id: int | None
    certificate_number: str | None


# The row a trainee was enrolled with, and the person it stands for today.
_ROW, PERSON = aliased(Person), aliased(Person)


def trainee_rows(course_id: int, *, withdrawn: bool | None = False) -> Select[Any]:
    """The trainees of a course: rows with an Enrolment and what else a Trainee has. Voided rows never,
    `withdrawn` None: those who withdrew as well."""
    document = (
        select(func.min(PersonIdentifier.id))
        .where(
            or_(PersonIdentifier.person_id == _ROW.id, PersonIdentifier.person_id == _ROW.canonical_id),
            PersonIdentifier.voided_at.is_(None),
        )
        .correlate(_ROW)
        .scalar_subquery()
    )
    rows: Any = (
        select(
            Enrolment,
            PERSON.id.label("person_id"),
            PERSON.name,
            PERSON.sex,
            PersonIdentifier.value.label("document_number"),
            PERSON.phone,
            Certificate.id.label("certificate_id"),
            Certificate.number.label("certificate_number"),
        )
        .join(_ROW, _ROW.id == Enrolment.person_id)
        .join(PERSON, PERSON.id == _ROW.canonical_id)
        .outerjoin(PersonIdentifier, PersonIdentifier.id == document)
        .outerjoin(BatchLine, BatchLine.id == Enrolment.batch_line_id)
        .outerjoin(Certificate, Certificate.id == BatchLine.certificate_id)
        .where(Enrolment.course_id == course_id, Enrolment.voided_at.is_(None))
    )
    if withdrawn is not None:
        gone = Enrolment.withdrawn_on.is_not(None)
        rows = rows.where(gone if withdrawn else ~gone)
    return rows  # type: ignore[no-any-return]


def trainees(session: Session, course_id: int, *, withdrawn: bool = False) -> list[Trainee]:
    """The trainees of a course as they were enrolled; those who withdrew as well if asked."""
    rows = trainee_rows(course_id, withdrawn=None if withdrawn else False).order_by(Enrolment.id)
    mask = number_mask(session)
    return [
        Trainee(enrolment, person_id, name, sex, mask(number) if number else None, *rest)
        for enrolment, person_id, name, sex, number, *rest in session.execute(rows)
    ]


def has_trainees(session: Session, course_id: int) -> bool:
    """Whether anybody was ever enrolled and stands in the course, withdrawn or not."""
    found = select(Enrolment.id).where(Enrolment.course_id == course_id, Enrolment.voided_at.is_(None))
    return session.execute(found.limit(1)).first() is not None


def enrolled_persons(session: Session, course_id: int, person_ids: Collection[int]) -> dict[int, Enrolment]:
    """Canonical person → enrolment that is not void, of those who are enrolled; withdrawn ones included."""
    found: dict[int, Enrolment] = {}
    for ids in chunks(person_ids):
        rows = session.execute(_ENROLLED, {"course_id": course_id, "person_ids": ids})
        found.update(dict(iter(rows)))
    return found


_ENROLLED = (
    select(Person.canonical_id, Enrolment)
    .join(Person, Person.id == Enrolment.person_id)
    .where(
        Enrolment.course_id == bindparam("course_id"),
        Enrolment.voided_at.is_(None),
        Person.canonical_id.in_(bindparam("person_ids", expanding=True)),
    )
)


def holders(
    session: Session, person_ids: Iterable[int], credential_type_id: int | None, day: date
) -> dict[int, date]:
    """Canonical person → last valid day of the certificate of this type in force on the day.

    `date.max` stands for a certificate without end.
    """
    found: dict[int, date] = {}
    if credential_type_id is None:
        return found
    for ids in chunks(person_ids):
        rows = session.execute(
            select(Person.canonical_id, func.max(func.coalesce(Certificate.valid_until, date.max)))
            .join(Certificate, Certificate.person_id == Person.id)
            .where(
                Person.canonical_id.in_(ids),
                Certificate.credential_type_id == credential_type_id,
                Certificate.voided_at.is_(None),
                Certificate.valid_from <= day,
                or_(Certificate.valid_until.is_(None), Certificate.valid_until >= day),
                or_(Certificate.ended_on.is_(None), Certificate.ended_on > day),
            )
            .group_by(Person.canonical_id)
        )
        found.update(dict(iter(rows)))
    return found


def built_on() -> ColumnElement[bool]:
    """Whether something stands on an enrolment: attendance, assessment, result, certificate, withdrawal."""
    return or_(
        exists().where(AttendanceEvent.enrolment_id == Enrolment.id),
        exists().where(Assessment.enrolment_id == Enrolment.id),
        Enrolment.result.is_not(None),
        Enrolment.batch_line_id.is_not(None),
        Enrolment.withdrawn_on.is_not(None),
    )


def standing_import(session: Session, course_id: int, digest: str) -> RosterImport | None:
    """The import of the same list that still stands in the course."""
    return session.execute(
        select(RosterImport)
        .where(
            RosterImport.course_id == course_id,
            RosterImport.digest == digest,
            RosterImport.state == "standing",
        )
        .limit(1)
    ).scalar()


def imports_of(session: Session, course_id: int, limit: int = 10) -> Sequence[RosterImport]:
    """The lists taken into a course, newest first."""
    return (
        session.execute(
            select(RosterImport)
            .where(RosterImport.course_id == course_id)
            .order_by(RosterImport.id.desc())
            .limit(limit)
        )
        .scalars()
        .all()
    )


def open_drafts(session: Session, course_id: int) -> Sequence[RosterDraft]:
    """The rows of lists that still wait to be corrected."""
    return (
        session.execute(
            select(RosterDraft)
            .where(RosterDraft.course_id == course_id, RosterDraft.state == "open")
            .order_by(RosterDraft.id)
        )
        .scalars()
        .all()
    )


def import_rows(session: Session, roster_import: RosterImport) -> list[tuple[Enrolment, int, str]]:
    """The enrolments of one import with the canonical person's id and name."""
    holder, person = aliased(Person), aliased(Person)
    rows = session.execute(
        select(Enrolment, person.id, person.name)
        .join(holder, holder.id == Enrolment.person_id)
        .join(person, person.id == holder.canonical_id)
        .where(Enrolment.roster_import_id == roster_import.id)
        .order_by(Enrolment.id)
    )
    return [(enrolment, person_id, name) for enrolment, person_id, name in rows]
