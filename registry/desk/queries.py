"""What looks at several registers at once: today's work, search, the page of one person."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from registry.accounts.models import Unit, User
from registry.certificates.models import BatchLine, Certificate, CertificateBatch, CredentialType
from registry.core.journal import JournalEntry, JournalLine
from registry.core.scope import Scope
from registry.people.models import Person, PersonMerge
from registry.people.queries import persons, starts_with
from registry.training.models import Course, CourseTypeVersion, Enrolment, RosterDraft
from registry.training.queries.courses import certified

# How many rows a block of a page shows.
FEW = 8


def open_courses(session: Session, scope: Scope) -> list[Course]:
    """Open courses within reach, the earliest first: those waiting for roster, marks or closing."""
    return list(
        session.execute(
            select(Course)
            .where(Course.state == "open", scope.where(Course.unit_id))
            .order_by(Course.starts_on, Course.id)
            .limit(FEW)
        ).scalars()
    )


def courses_to_prepare(session: Session, scope: Scope) -> list[tuple[Course, str | None]]:
    """Closed courses with trainees who passed and are in no standing batch, and why their batch was rejected
    where it was."""
    reason = func.max(CertificateBatch.decision_reason)
    waiting = (
        select(Course.id, reason.label("reason"))
        .join(CourseTypeVersion, CourseTypeVersion.id == Course.course_type_version_id)
        .join(Enrolment, Enrolment.course_id == Course.id)
        .outerjoin(BatchLine, BatchLine.id == Enrolment.batch_line_id)
        .outerjoin(CertificateBatch, CertificateBatch.id == BatchLine.batch_id)
        .where(
            Course.state == "closed",
            scope.where(Course.unit_id),
            CourseTypeVersion.credential_type_id.is_not(None),
            Enrolment.result == "passed",
            Enrolment.voided_at.is_(None),
            Enrolment.withdrawn_on.is_(None),
            or_(Enrolment.batch_line_id.is_(None), CertificateBatch.state == "rejected"),
        )
        .group_by(Course.id)
        .subquery()
    )
    rows = select(Course, waiting.c.reason).join(waiting, waiting.c.id == Course.id)
    return list(session.execute(rows.order_by(Course.closed_on, Course.id).limit(FEW)).all())


def batches_to_decide(
    session: Session, scope: Scope, user_id: int | None
) -> list[tuple[CertificateBatch, int, str]]:
    """Prepared batches somebody else prepared: the batch, how many certificates, who prepared it."""
    lines = select(BatchLine.batch_id, func.count().label("lines")).group_by(BatchLine.batch_id).subquery()
    return list(
        session.execute(
            select(CertificateBatch, lines.c.lines, User.name)
            .join(lines, lines.c.batch_id == CertificateBatch.id)
            .join(User, User.id == CertificateBatch.prepared_by)
            .where(
                CertificateBatch.state == "prepared",
                scope.where(CertificateBatch.unit_id),
                CertificateBatch.prepared_by != user_id,
            )
            .order_by(CertificateBatch.prepared_at, CertificateBatch.id)
            .limit(FEW)
        ).all()
    )


def open_drafts(session: Session, scope: Scope) -> list[tuple[Course, int]]:
    """Courses with rows of a list that still have to be corrected, and how many."""
    return list(
        session.execute(
            select(Course, func.count(RosterDraft.id))
            .join(RosterDraft, RosterDraft.course_id == Course.id)
            .where(RosterDraft.state == "open", Course.state == "open", scope.where(Course.unit_id))
            .group_by(Course.id)
            .order_by(Course.id)
            .limit(FEW)
        ).all()
    )


def persons_found(session: Session, ids: Collection[int]) -> list[Person]:
    """The persons that a search found, by name."""
    rows = select(Person).where(Person.id.in_(ids)).order_by(Person.name, Person.id)
    return list(session.execute(rows).scalars())


def certificates_found(session: Session, ids: Collection[int]) -> list[tuple[Certificate, str]]:
    """The certificates that a search found, by number, with the name of the holder."""
    rows = (
        select(Certificate, Person.name)
        .join(Person, Person.id == Certificate.person_id)
        .where(Certificate.id.in_(ids))
        .order_by(Certificate.number)
    )
    return list(session.execute(rows).all())


def find_courses(session: Session, scope: Scope, text: str) -> list[tuple[Course, bool]]:
    """Courses within reach whose number starts with the text or whose title or venue holds it, and whether
    certificates were issued from each. One character is too little to look inside."""
    found = starts_with(Course.number, text)
    if len(text) > 1:
        inside = (column.contains(text, autoescape=True) for column in (Course.title, Course.venue))
        found = or_(found, *inside)
    return list(
        session.execute(
            select(Course, certified())
            .where(found, scope.where(Course.unit_id))
            .order_by(Course.starts_on.desc(), Course.number)
            .limit(FEW + 1)
        ).all()
    )


@dataclass(frozen=True)
class Facts:
    """What the reader may see of one person, and how much there is elsewhere."""

    courses: Sequence[tuple[Enrolment, Course]]
    certificates: Sequence[tuple[Certificate, CredentialType, Unit]]
    elsewhere: int
    merges: list[tuple[PersonMerge, Person]]


def facts_of(session: Session, person_id: int, courses: Scope, certificates: Scope) -> Facts:
    """Facts of a canonical person, those of rows merged into it included, within reach."""
    ids = select(Person.id).where(Person.canonical_id == person_id)
    enrolments = session.execute(
        select(Enrolment, Course)
        .join(Course, Course.id == Enrolment.course_id)
        .where(Enrolment.person_id.in_(ids), Enrolment.voided_at.is_(None))
        .order_by(Course.starts_on.desc(), Enrolment.id.desc())
    )
    held = session.execute(
        select(Certificate, CredentialType, Unit)
        .join(CredentialType, CredentialType.id == Certificate.credential_type_id)
        .join(Unit, Unit.id == Certificate.unit_id)
        .where(Certificate.person_id.in_(ids))
        .order_by(Certificate.issued_on.desc(), Certificate.id.desc())
    )
    all_courses, all_held = enrolments.all(), held.all()
    seen_courses = [row for row in all_courses if courses.holds(row[0].unit_id)]
    seen_held = [row for row in all_held if certificates.holds(row[0].unit_id)]
    loser = aliased(Person)
    merges = session.execute(
        select(PersonMerge, loser)
        .join(loser, loser.id == PersonMerge.loser_id)
        .where(PersonMerge.winner_id.in_(ids), PersonMerge.undone_at.is_(None))
        .order_by(PersonMerge.id)
    )
    return Facts(
        seen_courses,
        seen_held,
        len(all_courses) + len(all_held) - len(seen_courses) - len(seen_held),
        list(merges.all()),
    )


def best_certificates(session: Session, person_id: int, today: date) -> list[tuple[str, str, date | None]]:
    """Valid credentials of a person: type in Chinese and English, and until when; None is without end."""
    ids = select(Person.id).where(Person.canonical_id == person_id)
    until = func.max(func.coalesce(Certificate.valid_until, date.max))
    rows = session.execute(
        select(CredentialType.name, CredentialType.name_en, until)
        .join(CredentialType, CredentialType.id == Certificate.credential_type_id)
        .where(
            Certificate.person_id.in_(ids),
            Certificate.voided_at.is_(None),
            Certificate.valid_from <= today,
            (Certificate.valid_until.is_(None)) | (Certificate.valid_until >= today),
            (Certificate.ended_on.is_(None)) | (Certificate.ended_on > today),
        )
        .group_by(CredentialType.id, CredentialType.name, CredentialType.name_en)
        .order_by(CredentialType.id)
    )
    return [(name, name_en, None if day == date.max else day) for name, name_en, day in rows]


def history(
    session: Session, scope: Scope, table: str, record_id: int, limit: int = 30
) -> list[dict[str, Any]]:
    """Who did what to a record, newest first: time, action, name of the actor, reason.

    A person is shared by units. Of what another unit did, outside the scope, only time and action show.
    """
    rows = session.execute(
        select(JournalEntry.at, JournalEntry.action, User.name, JournalEntry.reason, JournalEntry.unit_id)
        .join(JournalLine, JournalLine.seq == JournalEntry.seq)
        .outerjoin(User, User.id == JournalEntry.actor_id)
        .where(JournalLine.table_name == table, JournalLine.record_id == record_id)
        .order_by(JournalEntry.seq.desc())
        .limit(limit)
    )
    return [
        {"at": at, "action": action, "who": who, "reason": reason, "elsewhere": False}
        if unit_id is None or scope.holds(unit_id)
        else {"at": at, "action": action, "who": None, "reason": None, "elsewhere": True}
        for at, action, who, reason, unit_id in rows
    ]


def reachable(session: Session, scope: Scope, person_id: int) -> bool:
    """Whether the person lies within reach."""
    return session.execute(persons(scope).where(Person.id == person_id)).first() is not None
