"""Courses and trainees as lists name them: by number, by document or by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from registry.core.db import CHUNK
from registry.core.errors import RuleError
from registry.core.i18n import N_
from registry.core.scope import EVERYWHERE, Scope
from registry.people.models import Person, PersonIdentifier
from registry.training.models import Course, Enrolment


def courses_numbered(
    session: Session, numbers: Iterable[str], scope: Scope = EVERYWHERE
) -> dict[str, Course]:
    """The courses within reach by their numbers."""
    wanted = sorted(set(numbers))
    found: dict[str, Course] = {}
    for start in range(0, len(wanted), CHUNK):
        some = wanted[start : start + CHUNK]
        rows = select(Course).where(Course.number.in_(some), scope.where(Course.unit_id))
        found.update((course.number, course) for course in session.execute(rows).scalars())
    return found


@dataclass
class Roll:
    """Who takes part in a course: enrolments by the hash of a document number and by name."""

    by_document: dict[str, set[int]] = field(default_factory=dict)
    by_name: dict[str, set[int]] = field(default_factory=dict)

    def find(self, document_hash: str | None, name: str | None) -> int:
        """The enrolment of the trainee a row names; RuleError when it is none or not clear which."""
        if document_hash is None:
            found = self.by_name.get(name or "", set())
            if len(found) > 1:
                raise RuleError(
                    N_("Several trainees of the course have this name; write the document number."), "name"
                )
            if not found:
                raise RuleError(N_("No trainee of the course has this name."), "name")
            return next(iter(found))
        found = self.by_document.get(document_hash, set())
        if not found:
            raise RuleError(N_("No trainee of the course has this document number."), "document_number")
        if name is not None:
            found = found & self.by_name.get(name, set())
            if not found:
                raise RuleError(
                    N_("The trainee with this document number has another name; correct the wrong one."),
                    "name",
                )
        return min(found)


def roll_of(session: Session, course_id: int) -> Roll:
    """Who takes part in a course, with two statements; documents of merged persons included."""
    holder, person = aliased(Person), aliased(Person)
    taking_part = (
        Enrolment.course_id == course_id,
        Enrolment.voided_at.is_(None),
        Enrolment.withdrawn_on.is_(None),
    )
    roll = Roll()
    enrolments: dict[int, set[int]] = {}
    for enrolment_id, person_id, *names in session.execute(
        select(Enrolment.id, person.id, person.name, holder.name)
        .join(holder, holder.id == Enrolment.person_id)
        .join(person, person.id == holder.canonical_id)
        .where(*taking_part)
    ):
        enrolments.setdefault(person_id, set()).add(enrolment_id)
        for name in names:
            roll.by_name.setdefault(name, set()).add(enrolment_id)
    owner = aliased(Person)
    here = select(holder.canonical_id).join(Enrolment, Enrolment.person_id == holder.id).where(*taking_part)
    for value_hash, person_id in session.execute(
        select(PersonIdentifier.value_hash, owner.canonical_id)
        .join(owner, owner.id == PersonIdentifier.person_id)
        .where(owner.canonical_id.in_(here), PersonIdentifier.voided_at.is_(None))
    ):
        roll.by_document.setdefault(value_hash, set()).update(enrolments[person_id])
    return roll
