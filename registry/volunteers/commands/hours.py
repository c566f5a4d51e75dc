"""Hours are submitted, edited and withdrawn. None of them counts before somebody else approved it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any

from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.i18n import N_
from registry.core.imports import ListRefusedError, only
from registry.core.permissions import Permission
from registry.core.scope import Scope
from registry.core.text import stated_reason
from registry.core.write import Write, command
from registry.volunteers.commands.ledger import reverse_lines, standing_lines
from registry.volunteers.commands.stretches import Known, check_stretches
from registry.volunteers.hours import HoursRow, entries_digest
from registry.volunteers.models import ServiceEntry

SOURCES = ("check", "grid", "import")
CHANGED_MEANWHILE = N_(
    "Somebody else changed this entry since the page was opened. Nothing was saved; open it again."
)


@command(Permission.VOLUNTEER_EDIT)
def submit_hours(w: Write, *, unit_id: int, rows: Sequence[HoursRow], source: str) -> list[int]:
    """Submit stretches of service for approval, all of them or none; returns the ids of the entries.

    `source` is check, grid or import. ListRefusedError names every row that cannot be: a volunteer out of
    reach or not serving on that day, a day ahead, hours off the step of the rule, time beyond the shift,
    a cancelled activity, or an overlap with what is entered for the same human being.
    """
    scope = w.actor.scope(Permission.VOLUNTEER_EDIT)
    for wanted in {unit_id, *(row.unit_id for row in rows if row.unit_id is not None)}:
        if not scope.holds(wanted):
            raise RecordNotFoundError("unit")
    if not rows:
        raise RuleError(N_("No hours are filled in. Nothing was saved; fill in at least one row."), "rows")
    assert source in SOURCES
    known = check_stretches(w, rows, unit_id=unit_id, scope=scope)
    ids = insert_entries(w, rows, known, unit_id=unit_id, source=source)
    w.unit_id = only({unit_id if row.unit_id is None else row.unit_id for row in rows}) or unit_id
    return ids


def insert_entries(
    w: Write, rows: Sequence[HoursRow], known: Known, *, unit_id: int, source: str
) -> list[int]:
    """Checked rows as entries that wait for approval."""
    return w.insert_many(ServiceEntry, [_entry(w, row, known, unit_id, source) for row in rows])


@command(Permission.VOLUNTEER_EDIT)
def edit_entry(
    w: Write,
    entry: ServiceEntry,
    *,
    field: str,
    served_on: date,
    starts: int,
    minutes: int,
    content: str,
    reason: str = "",
    seen: str | None = None,
) -> ServiceEntry:
    """Correct an entry and submit it again. What was approved leaves the count in the same write: its line
    of the ledger is reversed for `reason`, which only then is needed. `seen` is the digest of the entry on
    the page.

    RuleError for one that was withdrawn or changed meanwhile, and for everything that submitting refuses.
    """
    refuse_changed(entry, seen)
    if entry.state == "withdrawn":
        raise RuleError(
            N_("This entry was withdrawn. Nothing was saved; enter the hours anew if they are needed.")
        )
    row = HoursRow(
        row=1,
        volunteer_id=entry.volunteer_id,
        field=field,
        served_on=served_on,
        starts=starts,
        minutes=minutes,
        activity_id=entry.activity_id,
        content=content,
    )
    scope = w.actor.scope(Permission.VOLUNTEER_EDIT)
    known = check_one(w, row, unit_id=entry.unit_id, scope=scope, without=(entry.id,))
    if entry.state == "approved":
        w.reason = stated_reason(reason)
        reverse_lines(w, standing_lines(w.session, [entry.id]), w.reason)
    entry.field, entry.served_on, entry.starts, entry.minutes = field, served_on, starts, minutes
    entry.content, entry.state = content.strip(), "submitted"
    entry.shift_id = known.shifts.get(row.row)
    entry.submitted_by, entry.submitted_at = w.actor.user_id, w.at
    entry.decided_by = entry.decided_at = None
    entry.decision_reason = ""
    w.unit_id = entry.unit_id
    return entry


@command(Permission.VOLUNTEER_EDIT)
def withdraw_entry(w: Write, entry: ServiceEntry, *, reason: str, seen: str | None = None) -> ServiceEntry:
    """Take back an entry that waits for approval. RuleError for one that was decided."""
    refuse_changed(entry, seen)
    return withdraw(w, entry, stated_reason(reason))


def withdraw(w: Write, entry: ServiceEntry, reason: str) -> ServiceEntry:
    """The same within an open write, for the volunteer's own page as well."""
    if entry.state == "approved":
        raise RuleError(
            N_("This entry was approved. Nothing was changed; a wrong one is reversed by who may approve.")
        )
    if entry.state != "submitted":
        raise RuleError(N_("This entry does not wait for approval any more. Nothing was changed."))
    entry.state, entry.decision_reason = "withdrawn", reason
    entry.decided_by, entry.decided_at = w.actor.user_id, w.at
    w.reason, w.unit_id = reason, entry.unit_id
    return entry


def refuse_changed(entry: ServiceEntry, seen: str | None) -> None:
    """RuleError when an entry is not any more what a page showed of it."""
    if seen is not None and seen != entries_digest([entry]):
        raise RuleError(CHANGED_MEANWHILE)


def check_one(w: Write, row: HoursRow, *, unit_id: int, scope: Scope, without: Collection[int] = ()) -> Known:
    """Check a single stretch; RuleError at its field with the first thing that is wrong."""
    try:
        return check_stretches(w, [row], unit_id=unit_id, scope=scope, without=without)
    except ListRefusedError as refused:
        first = refused.errors[0]
        raise RuleError(N_("%(reason)s Nothing was saved."), first.column, reason=first.message) from None


def _entry(w: Write, row: HoursRow, known: Known, unit_id: int, source: str) -> dict[str, Any]:
    activity = known.activities.get(row.activity_id) if row.activity_id is not None else None
    return {
        "volunteer_id": row.volunteer_id,
        "person_id": known.people[row.volunteer_id],
        "unit_id": unit_id if row.unit_id is None else row.unit_id,
        "activity_id": row.activity_id,
        "shift_id": known.shifts.get(row.row),
        "team_id": row.team_id if row.team_id is not None or activity is None else activity.team_id,
        "field": row.field,
        "served_on": row.served_on,
        "starts": row.starts,
        "minutes": row.minutes,
        "content": row.content.strip(),
        "source": row.source or source,
        "submitted_by": w.actor.user_id,
        "submitted_at": w.at,
    }
