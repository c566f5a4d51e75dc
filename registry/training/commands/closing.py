"""A course is closed with its results frozen, and certificates are prepared for who passed."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sqlalchemy import select

from registry.certificates.commands import BatchEntry, prepare_batch
from registry.certificates.models import BatchLine, CertificateBatch
from registry.core.errors import ForbiddenError, RuleError
from registry.core.i18n import N_
from registry.core.permissions import Permission
from registry.core.write import Write, command
from registry.people.models import Person
from registry.training.commands.seats import refuse_unless_open
from registry.training.models import Course, CourseTypeVersion, Enrolment
from registry.training.outcome import Outcome, Result
from registry.training.queries.batches import in_standing_batch
from registry.training.queries.courses import version_of
from registry.training.queries.progress import THEORY, Progress, progress_of


def outcomes_digest(progress: Progress) -> str:
    """What tells whether the outcomes somebody attests to are still those of the records."""
    told = [(t.enrolment.id, _told(progress.outcome_of(t.enrolment.id))) for t in progress.trainees]
    return hashlib.sha256(json.dumps(told, sort_keys=True, ensure_ascii=False).encode("utf-8")).hexdigest()


@command(Permission.COURSE_EDIT)
def close_course(
    w: Write, course: Course, *, attested: bool, accept_incomplete: bool = False, seen: str | None = None
) -> Course:
    """Freeze the result of every trainee as the rules of the course give it, and close the course.

    `attested` is the trainer's word that the records are right. A trainee of whom something was never
    recorded closes as incomplete only when `accept_incomplete` says so. `seen` is `outcomes_digest` of
    the outcomes that were attested; RuleError when a record changed since.
    """
    refuse_unless_open(course)
    if not attested:
        raise RuleError(
            N_("Tick that the records are true and complete. Nothing was saved; the course is still open."),
            "attested",
        )
    progress = progress_of(w.session, course)
    last = max((s.held_on for s in progress.sessions), default=course.ends_on)
    if last > w.today:
        raise RuleError(
            N_("The last session is on %(day)s. Nothing was saved; close the course after it."),
            day=last.isoformat(),
        )
    if not progress.trainees:
        raise RuleError(
            N_("Nobody is in this course. Nothing was saved; enrol its trainees, or cancel the course.")
        )
    if seen is not None and seen != outcomes_digest(progress):
        raise RuleError(
            N_(
                "A record changed since this page was loaded. Nothing was saved; "
                "look at the list again and attest."
            )
        )
    outcomes = {t.enrolment.id: progress.outcome_of(t.enrolment.id) for t in progress.trainees}
    undecided = sum(o.result is Result.INCOMPLETE for o in outcomes.values())
    if undecided and not accept_incomplete:
        raise RuleError(
            N_(
                "%(count)s trainees are undecided. Nothing was saved; record what is missing, "
                "or accept that they close as incomplete."
            ),
            "accept_incomplete",
            count=undecided,
        )
    for trainee in progress.trainees:
        found = outcomes[trainee.enrolment.id]
        trainee.enrolment.result = found.result.value
        trainee.enrolment.result_basis = _basis(progress, trainee.enrolment.id, found)
    course.state, course.closed_on = "closed", w.today
    w.unit_id = course.unit_id
    return course


@command(Permission.CERTIFICATE_PREPARE)
def prepare_certificates(w: Write, course: Course) -> CertificateBatch:
    """Prepare a batch for everyone who passed and has no certificate prepared or issued from this course."""
    if course.state != "closed":
        raise RuleError(
            N_("The course %(number)s is not closed. Nothing was saved; close it first."),
            number=course.number,
        )
    version = version_of(w.session, course)
    if version.credential_type_id is None:
        raise RuleError(N_("This course type leads to no certificate. Nothing was saved."))
    passed = _without_certificate(w, course)
    if not passed:
        raise RuleError(
            N_(
                "Nobody is left to prepare a certificate for. Nothing was saved; "
                "see the batches of this course."
            )
        )
    batch = prepare_batch(
        w,
        unit_id=course.unit_id,
        credential_type_id=version.credential_type_id,
        title=f"{course.number} {course.title}"[:120],
        entries=[
            BatchEntry(person_id, course.title, version.class_hours, enrolment.employer)
            for person_id, enrolment in passed.items()
        ],
    )
    lines = w.session.execute(select(BatchLine.person_id, BatchLine.id).where(BatchLine.batch_id == batch.id))
    for person_id, line_id in lines:
        passed[person_id].batch_line_id = line_id
    w.unit_id = course.unit_id
    return batch


@command(Permission.COURSE_EDIT)
def close_and_prepare(
    w: Write, course: Course, *, attested: bool, accept_incomplete: bool = False, seen: str | None = None
) -> Course:
    """Close the course and submit the certificates of who passed for approval, in one write."""
    if not w.actor.scope(Permission.CERTIFICATE_PREPARE).holds(course.unit_id):
        raise ForbiddenError(w.action)
    close_course(w, course, attested=attested, accept_incomplete=accept_incomplete, seen=seen)
    w.session.flush()
    prepare_certificates(w, course)
    return course


def _without_certificate(w: Write, course: Course) -> dict[int, Enrolment]:
    """Canonical person → enrolment of who passed and is in no standing batch of this course."""
    standing = in_standing_batch(w.session, course.id)
    rows = w.session.execute(
        select(Person.canonical_id, Enrolment)
        .join(Person, Person.id == Enrolment.person_id)
        .where(
            Enrolment.course_id == course.id,
            Enrolment.voided_at.is_(None),
            Enrolment.withdrawn_on.is_(None),
            Enrolment.result == Result.PASSED.value,
        )
        .order_by(Enrolment.id)
    ).all()
    served = {person for person, enrolment in rows if enrolment.id in standing}
    found: dict[int, Enrolment] = {}
    for person, enrolment in rows:
        # Two rows of one person, found to be one after both were enrolled, get one certificate.
        if person not in served:
            found.setdefault(person, enrolment)
    return found


def _told(found: Outcome) -> dict[str, Any]:
    return {
        "result": found.result.value,
        "reasons": [{"code": reason.code, "params": reason.params} for reason in found.reasons],
    }


def _basis(progress: Progress, enrolment_id: int, found: Outcome) -> dict[str, Any]:
    """What the result stands on, kept with it: minutes by session number, marks, rules, reasons."""
    version: CourseTypeVersion = progress.version
    minutes = progress.minutes.get(enrolment_id, {})
    marks = progress.marks.get(enrolment_id, {})
    theory = marks.get(THEORY)
    return {
        "minutes": {str(s.number): minutes.get(s.id) for s in progress.sessions},
        "theory": theory.score if theory is not None else None,
        "items": {code: mark.passed for code, mark in marks.items() if code != THEORY},
        "rules": {
            "version": version.version,
            "max_absent_minutes": version.max_absent_minutes,
            "theory_pass": version.theory_pass,
        },
        "reasons": _told(found)["reasons"],
    }
