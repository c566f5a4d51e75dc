"""People are enrolled from lists, one by one, and from drafts; imports are undone, trainees withdraw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from registry.core import clock
from registry.core.db import LARGEST_ID
from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.i18n import N_
from registry.core.permissions import Permission
from registry.core.write import Write, command
from registry.people.commands import match_or_add
from registry.training.commands.seats import move_seats, refuse_unless_open
from registry.training.models import Course, Enrolment, RosterDraft, RosterImport
from registry.training.queries.roster import built_on, enrolled_persons, standing_import
from registry.training.roster import RosterEntry


@dataclass(frozen=True)
class DraftRow:
    """A row kept for later: its text by column key, and what is wrong as {column, text, params}."""

    row_number: int
    values: Mapping[str, str]
    errors: Sequence[Mapping[str, Any]]


@command(Permission.COURSE_EDIT)
def enrol(
    w: Write,
    course: Course,
    *,
    entries: Sequence[RosterEntry],
    drafts: Sequence[DraftRow] = (),
    source: str,
    file_name: str = "",
    digest: str = "",
) -> RosterImport:
    """Enrol the people of a checked list; unknown ones are added, known ones found again.

    Rows in `drafts` are kept to be corrected. Who is enrolled already stays so, who withdrew takes part
    again. `source` is grid, file, form, draft or import; `digest` refuses the same list while its import
    stands. What could have changed since the check is checked again. The number of statements does not
    depend on the list.
    """
    refuse_unless_open(course)
    if digest and (before := standing_import(w.session, course.id, digest)) is not None:
        raise RuleError(
            N_(
                "This list was saved in this course on %(day)s already. Nothing was saved again; "
                "if that import was wrong, undo it first."
            ),
            "file",
            day=clock.local(before.imported_at).date().isoformat(),
        )
    taken = _take_in(w, course, entries, drafts, source=source, name=file_name or source, digest=digest)
    if not taken.saved_count and not drafts:
        raise RuleError(
            N_(
                "Everyone on this list is in the course already. Nothing was saved; there was nothing to add."
            ),
            "file" if source == "file" else None,
        )
    return taken


def _take_in(
    w: Write,
    course: Course,
    entries: Sequence[RosterEntry],
    drafts: Sequence[DraftRow] = (),
    *,
    source: str,
    name: str,
    digest: str = "",
) -> RosterImport:
    # Added before the persons are, so that a person with a higher id was added by this import.
    taken = w.add(
        RosterImport(
            course_id=course.id,
            unit_id=course.unit_id,
            digest=digest,
            source=name[:120],
            saved_count=0,
            draft_count=len(drafts),
            imported_at=w.at,
        )
    )
    w.unit_id = course.unit_id
    matched = match_or_add(w, [entry.entrant for entry in entries], course.unit_id)
    there = enrolled_persons(w.session, course.id, {match.person_id for match in matched if match.known})
    fresh: dict[int, dict[str, Any]] = {}
    returned: set[int] = set()
    for entry, match in zip(entries, matched, strict=True):
        enrolment = there.get(match.person_id)
        if enrolment is None:
            row = _enrolment_row(w, course, taken, entry, match.person_id, source)
            fresh.setdefault(match.person_id, row)
        elif enrolment.withdrawn_on is not None:
            enrolment.withdrawn_on, enrolment.withdraw_reason = None, None
            returned.add(match.person_id)
    taken.saved_count = len(fresh) + len(returned)
    move_seats(w, course, taken.saved_count)
    w.insert_many(Enrolment, list(fresh.values()))
    w.insert_many(RosterDraft, [_draft_row(course, taken, draft) for draft in drafts])
    return taken


@command(Permission.COURSE_EDIT)
def correct_draft(
    w: Write,
    course: Course,
    *,
    corrected: Mapping[int, RosterEntry],
    still_wrong: Mapping[int, DraftRow] = {},
    dropped: Sequence[int] = (),
) -> Course:
    """Enrol corrected drafts, keep what is still wrong with its new values, drop what was deleted."""
    refuse_unless_open(course)
    wanted = [*corrected, *still_wrong, *dropped]
    if any(draft_id > LARGEST_ID for draft_id in wanted):
        raise RecordNotFoundError("roster_draft")
    drafts = {
        draft.id: draft
        for draft in w.session.execute(
            select(RosterDraft).where(RosterDraft.course_id == course.id, RosterDraft.id.in_(wanted))
        ).scalars()
    }
    if len(drafts) < len(set(wanted)):
        raise RecordNotFoundError("roster_draft")
    if any(draft.state != "open" for draft in drafts.values()):
        raise RuleError(
            N_("Somebody else worked on these drafts meanwhile. Nothing was saved; load the page again.")
        )
    for draft_id in corrected:
        drafts[draft_id].state = "done"
    for draft_id in dropped:
        drafts[draft_id].state = "dropped"
    for draft_id, row in still_wrong.items():
        drafts[draft_id].values, drafts[draft_id].reasons = dict(row.values), list(row.errors)
    if corrected:
        # Who was enrolled by another list meanwhile is left as enrolled.
        _take_in(w, course, list(corrected.values()), source="draft", name="draft")
    w.unit_id = course.unit_id
    return course


@command(Permission.COURSE_EDIT)
def undo_import(w: Write, roster_import: RosterImport, *, reason: str = "") -> RosterImport:
    """Take back the rows of an import that nobody built on, and its drafts. The rest stays enrolled.

    The same list may then be saved again. People who were added stay in the registry.
    """
    course = w.session.get_one(Course, roster_import.course_id)
    refuse_unless_open(course)
    if roster_import.state == "undone":
        raise RuleError(N_("This import was undone already. Nothing was changed."))
    rows = w.session.execute(
        select(Enrolment).where(
            Enrolment.roster_import_id == roster_import.id, Enrolment.voided_at.is_(None), ~built_on()
        )
    )
    voided = rows.scalars().all()
    for enrolment in voided:
        enrolment.voided_at = w.at
    drafts = w.session.execute(
        select(RosterDraft).where(
            RosterDraft.roster_import_id == roster_import.id, RosterDraft.state == "open"
        )
    )
    for draft in drafts.scalars():
        draft.state = "dropped"
    roster_import.state = "undone"
    move_seats(w, course, -len(voided))
    w.reason, w.unit_id = reason or None, course.unit_id
    return roster_import


@command(Permission.COURSE_EDIT)
def withdraw_trainee(w: Write, enrolment: Enrolment, *, reason: str) -> Enrolment:
    """A trainee takes no part from today on; the seat is free again. What was recorded stays."""
    _withdraw(w, w.session.get_one(Course, enrolment.course_id), [enrolment], reason)
    return enrolment


@command(Permission.COURSE_EDIT)
def withdraw_trainees(w: Write, course: Course, *, enrolment_ids: Sequence[int], reason: str) -> Course:
    """Several trainees of a course take no part from today on, for one reason: all of them, or nobody."""
    rows = w.session.execute(
        select(Enrolment)
        .where(Enrolment.course_id == course.id, Enrolment.id.in_(enrolment_ids))
        .order_by(Enrolment.id)
    )
    enrolments = list(rows.scalars())
    if not enrolments or len(enrolments) < len(set(enrolment_ids)):
        raise RecordNotFoundError("enrolment")
    _withdraw(w, course, enrolments, reason)
    return course


def _withdraw(w: Write, course: Course, enrolments: Sequence[Enrolment], reason: str) -> None:
    refuse_unless_open(course)
    gone = sum(one.voided_at is not None or one.withdrawn_on is not None for one in enrolments)
    if gone and len(enrolments) == 1:
        raise RuleError(N_("This trainee takes no part any more. Nothing was changed."))
    if gone:
        raise RuleError(
            N_(
                "%(count)s of these trainees take no part any more. Nothing was changed; "
                "go back to the course and choose again."
            ),
            count=gone,
        )
    for one in enrolments:
        one.withdrawn_on, one.withdraw_reason = w.today, reason
    move_seats(w, course, -len(enrolments))
    w.reason, w.unit_id = reason, course.unit_id


def _enrolment_row(
    w: Write, course: Course, taken: RosterImport, entry: RosterEntry, person_id: int, source: str
) -> dict[str, Any]:
    return {
        "course_id": course.id,
        "person_id": person_id,
        "unit_id": course.unit_id,
        "roster_import_id": taken.id,
        "row_number": entry.row_number,
        "source": source,
        "employer": entry.entrant.employer,
        "enrolled_at": w.at,
    }


def _draft_row(course: Course, taken: RosterImport, draft: DraftRow) -> dict[str, Any]:
    return {
        "course_id": course.id,
        "unit_id": course.unit_id,
        "roster_import_id": taken.id,
        "row_number": draft.row_number,
        "values": dict(draft.values),
        "reasons": list(draft.errors),
    }
