"""Hours are approved by somebody else and posted to the ledger; what is wrong there is reversed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, inspect, select, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from registry.core import clock
from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.i18n import N_
from registry.core.imports import only
from registry.core.journal import Line
from registry.core.permissions import Permission
from registry.core.text import stated_reason
from registry.core.write import Write, chunks, command
from registry.people.queries import canonical_ids
from registry.volunteers.commands.points import earn, take_back
from registry.volunteers.hours import DAY, entries_digest, times_of
from registry.volunteers.models import ServiceEntry, ServiceLine
from registry.volunteers.queries.ledger import standing_lines
from registry.volunteers.queries.stretches import standing_days
from registry.volunteers.rules import rule_on

__all__ = [
    "approve_entries",
    "post_lines",
    "reject_entries",
    "reverse_entry",
    "reverse_lines",
    "standing_lines",
]

# What a reversal says about the line it takes back.
_COPIED = (
    "service_entry_id",
    "volunteer_id",
    "person_id",
    "unit_id",
    "activity_id",
    "team_id",
    "field",
    "served_on",
    "starts",
    "active_until",
)


_COLUMNS = tuple(attribute.key for attribute in inspect(ServiceEntry).column_attrs)


@command(Permission.SERVICE_APPROVE)
def approve_entries(w: Write, *, entry_ids: Sequence[int], seen: str) -> list[dict[str, Any]]:
    """Approve entries that wait, all of them or none, and post one line of the ledger for each; returns the
    lines. `seen` is the digest of the entries as the page showed them.

    RuleError when one was changed or decided meanwhile, was submitted by who approves (rule `hours`,
    second_person; what a volunteer claimed may be approved by anybody with the right), or overlaps with
    another one of the same human being.
    """
    entries = _waiting(w, entry_ids, seen)
    own = [entry for entry in entries if is_own(entry, w.actor.user_id)]
    if own and second_person(w.session, w.today):
        raise RuleError(
            N_(
                "You submitted %(count)s of these entries yourself, so somebody else approves them. "
                "Nothing was approved; leave them out."
            ),
            count=len(own),
        )
    _refuse_overlaps(w, entries)
    _decide(w, entries, "approved", "")
    w.unit_id = only({entry.unit_id for entry in entries})
    return post_lines(w, entries)


@command(Permission.SERVICE_APPROVE)
def reject_entries(w: Write, *, entry_ids: Sequence[int], seen: str, reason: str) -> list[ServiceEntry]:
    """Send entries that wait back for a reason. RuleError when one was changed or decided meanwhile."""
    stated = stated_reason(reason)
    entries = _waiting(w, entry_ids, seen)
    _decide(w, entries, "rejected", stated)
    w.reason, w.unit_id = stated, only({entry.unit_id for entry in entries})
    return entries


@command(Permission.SERVICE_APPROVE)
def reverse_entry(w: Write, entry: ServiceEntry, *, reason: str) -> ServiceEntry:
    """Take an approved entry out of the count: its line is reversed and the entry rejected with the reason.

    RuleError for one that is not approved.
    """
    stated = stated_reason(reason)
    if entry.state != "approved":
        raise RuleError(N_("This entry is not approved, so nothing of it counts. Nothing was changed."))
    reverse_lines(w, standing_lines(w.session, [entry.id]), stated)
    entry.state, entry.decision_reason = "rejected", stated
    entry.decided_by, entry.decided_at = w.actor.user_id, w.at
    w.reason, w.unit_id = stated, entry.unit_id
    return entry


def post_lines(w: Write, entries: Sequence[ServiceEntry]) -> list[dict[str, Any]]:
    """Write the lines of approved entries to the ledger; returns them as inserted, with their ids.

    `active_until` is the last day of the months for which the rule `active` makes the volunteer active.
    """
    months = int(rule_on(w.session, "active", w.today).terms["months"])
    lines = [
        {
            "service_entry_id": entry.id,
            "volunteer_id": entry.volunteer_id,
            "person_id": entry.person_id,
            "unit_id": entry.unit_id,
            "activity_id": entry.activity_id,
            "team_id": entry.team_id,
            "field": entry.field,
            "served_on": entry.served_on,
            "starts": entry.starts,
            "minutes": entry.minutes,
            "active_until": clock.add_months(entry.served_on, months) - timedelta(days=1),
            "posted_on": w.today,
        }
        for entry in entries
    ]
    w.insert_many(ServiceLine, lines)
    earn(w, lines)
    return lines


def reverse_lines(w: Write, lines: Sequence[ServiceLine], reason: str) -> list[dict[str, Any]]:
    """Write the lines that take back others, each for the same day; returns them as inserted, with their
    ids. The database refuses a second reversal of a line."""
    reversals = [
        {
            **{name: getattr(line, name) for name in _COPIED},
            "minutes": -line.minutes,
            "posted_on": w.today,
            "reverses_id": line.id,
            "reason": reason,
        }
        for line in lines
    ]
    w.insert_many(ServiceLine, reversals)
    take_back(w, reversals)
    return reversals


def second_person(session: Session, day: date) -> bool:
    """Whether somebody else has to approve hours than who submitted them, by the rule in force on a day."""
    return bool(rule_on(session, "hours", day).terms["second_person"])


def is_own(entry: ServiceEntry, user_id: int | None) -> bool:
    """Whether a user submitted an entry. What a volunteer claimed nobody of the staff submitted."""
    return entry.submitted_by is not None and entry.submitted_by == user_id


def _waiting(w: Write, entry_ids: Iterable[int], seen: str) -> list[ServiceEntry]:
    """The entries within reach, all of which still wait as the page showed them; RuleError otherwise."""
    entries: list[ServiceEntry] = []
    scope = w.actor.scope(Permission.SERVICE_APPROVE)
    wanted = set(entry_ids)
    for ids in chunks(wanted):
        rows = select(ServiceEntry).where(ServiceEntry.id.in_(ids), scope.where(ServiceEntry.unit_id))
        entries.extend(w.session.execute(rows.order_by(ServiceEntry.id)).scalars())
    if not entries or len(entries) != len(wanted):
        raise RecordNotFoundError("service_entry")
    decided = [entry for entry in entries if entry.state != "submitted"]
    if decided:
        raise RuleError(
            N_(
                "%(count)s of these entries were decided or withdrawn in the meantime, the first of %(day)s. "
                "Nothing was changed; go back to the list and choose again."
            ),
            count=len(decided),
            day=decided[0].served_on.isoformat(),
        )
    if entries_digest(entries) != seen:
        raise RuleError(
            N_(
                "Some of these entries were changed since the page was opened. Nothing was changed; "
                "look at them again and decide once more."
            )
        )
    return entries


def _decide(w: Write, entries: Sequence[ServiceEntry], state: str, reason: str) -> None:
    """Decide entries that wait with one statement, which decides nothing that does not wait any more.

    Setting the attributes one by one takes longer than everything else that an approval does.
    """
    w.session.flush()
    decided = {
        "state": state,
        "decision_reason": reason,
        "decided_by": w.actor.user_id,
        "decided_at": w.at,
    }
    for ids in chunks(entry.id for entry in entries):
        done = cast(
            "CursorResult[Any]",
            w.session.execute(
                update(ServiceEntry)
                .where(ServiceEntry.id.in_(ids), ServiceEntry.state == "submitted")
                .values(**decided)
                .execution_options(synchronize_session=False)
            ),
        )
        assert done.rowcount == len(ids)
    for entry in entries:
        loaded = inspect(entry).dict
        before = {name: loaded[name] for name in _COLUMNS}
        for name, value in decided.items():
            set_committed_value(entry, name, value)
        w.lines.append(Line(ServiceEntry, entry.id, "update", before, {**before, **decided}))


def _refuse_overlaps(w: Write, entries: Sequence[ServiceEntry]) -> None:
    """RuleError when an entry overlaps with another standing one of the same canonical person, or fills a day
    beyond its 24 hours. Submitting refuses both, so the persons were merged since."""
    people = canonical_ids(w.session, {entry.person_id for entry in entries})
    days = standing_days(w.session, people.values(), {entry.served_on for entry in entries})
    for entry in entries:
        person_id = people[entry.person_id]
        ends = entry.starts + entry.minutes
        other = days.clash(person_id, entry.served_on, entry.starts, ends, (entry.id,))
        if other is not None or days.minutes(person_id, entry.served_on) > DAY:
            taken = other or days.found[person_id, entry.served_on][0]
            raise RuleError(
                N_(
                    "The entry of %(day)s, %(times)s overlaps with another one of the same person "
                    "(%(other)s). Nothing was approved; reject, correct or reverse one of the two."
                ),
                day=entry.served_on.isoformat(),
                times=times_of(entry.starts, entry.minutes),
                other=times_of(taken.starts, taken.ends - taken.starts),
            )
