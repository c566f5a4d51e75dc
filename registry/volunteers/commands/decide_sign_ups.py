"""Staff decide on sign-ups: several at once, and what stands against one keeps none of the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.core.clock import local
from registry.core.errors import RuleError
from registry.core.i18n import N_, Message
from registry.core.imports import only
from registry.core.permissions import Permission
from registry.core.text import stated_reason
from registry.core.write import Write, command
from registry.people.commands import other_name
from registry.people.queries import known_by_hash
from registry.volunteers.commands.admit import admit, refuse_unfit
from registry.volunteers.commands.applicants import admission_of, forget
from registry.volunteers.models import SignUp
from registry.volunteers.queries.latest import latest_periods
from registry.volunteers.rules import rule_on

_DECIDED = {
    "approved": N_("Approved already, on %(day)s."),
    "rejected": N_("Rejected already, on %(day)s."),
    "withdrawn": N_("The applicant withdrew it on %(day)s."),
}
_TWICE = N_("Another chosen application has the same number. Decide on this one by itself, after the other.")
_LEFT_TODAY = N_("Left only today, so a return begins tomorrow at the earliest.")
NOTHING_TO_DECIDE = N_("None of the chosen applications can be decided. Nothing was saved; see why below.")


@dataclass(frozen=True)
class Decided:
    """What became of the chosen sign-ups: those decided now, and the others with the reason for each."""

    sign_up_ids: list[int] = field(default_factory=list)
    against: dict[int, Message] = field(default_factory=dict)


def decided_already(record: SignUp) -> Message | None:
    """That and when a sign-up was decided; None for one that waits."""
    if record.state == "waiting":
        return None
    day = local(record.decided_at).date().isoformat() if record.decided_at else ""
    return Message(_DECIDED[record.state], {"day": day})


def hindrances(session: Session, sign_ups: Sequence[SignUp], day: date) -> dict[int, Message]:
    """Sign-up → what stands against approving it on a day; absent where nothing does.

    The number of statements does not depend on how many they are.
    """
    against = {record.id: told for record in sign_ups if (told := decided_already(record)) is not None}
    waiting = [record for record in sign_ups if record.id not in against]
    admissions = {record.id: admission_of(record) for record in waiting}
    terms = rule_on(session, "admission", day).terms
    for wrong in refuse_unfit(admissions.values(), terms, day):
        against.setdefault(wrong.row or 0, wrong.message)
    known = known_by_hash(session, (record.number_hash for record in waiting if record.number_hash))
    latest = latest_periods(session, (person.person_id for person in known.values()))
    taken: set[str] = set()
    for record in waiting:
        if record.id in against or record.number_hash is None:
            continue
        person = known.get(record.number_hash)
        _volunteer, last = latest.get(person.person_id if person is not None else 0, (None, None))
        if person is not None and not person.is_called(admissions[record.id].entrant.name):
            against[record.id] = other_name(person.name).message
        elif last is not None and last.kind == "left" and last.starts_on >= day:
            against[record.id] = Message(_LEFT_TODAY)
        elif record.number_hash in taken:
            against[record.id] = Message(_TWICE)
        else:
            taken.add(record.number_hash)
    return against


@command(Permission.VOLUNTEER_EDIT)
def approve_sign_ups(w: Write, sign_ups: Sequence[SignUp]) -> Decided:
    """Admit the applicants as enrolled volunteers (登记), in one write; who cannot be is told and waits on.

    What one person sent twice to a unit is decided along. Who is a volunteer already stays as is.
    RuleError when nothing can be approved.
    """
    against = hindrances(w.session, sign_ups, w.today)
    ready = sorted((r for r in sign_ups if r.id not in against), key=lambda r: (r.unit_id, r.id))
    if not ready:
        raise RuleError(NOTHING_TO_DECIDE)
    new: set[int] = set()
    for unit_id, of_unit in groupby(ready, key=lambda record: record.unit_id):
        done = admit(w, unit_id=unit_id, admissions=[admission_of(r) for r in of_unit], source="sign_up")
        new.update(done.volunteer_ids, done.returned)
    known = known_by_hash(w.session, (record.number_hash for record in ready if record.number_hash))
    volunteers = latest_periods(w.session, (person.person_id for person in known.values()))
    again = _sent_again(w, ready)
    for record in ready:
        volunteer, _period = volunteers[known[record.number_hash or ""].person_id]
        # Who was a volunteer before has a page of their own or gets it from staff, not from whoever knows
        # the number.
        page = {"page": True} if volunteer.id in new else {}
        for one, kept in ((record, page), *((other, {}) for other in again.get(record.id, ()))):
            one.volunteer_id = volunteer.id
            _decide(w, one, "approved", "")
            forget(one, **kept)
    w.unit_id = only({record.unit_id for record in ready})
    return Decided([record.id for record in ready], against)


@command(Permission.VOLUNTEER_EDIT)
def reject_sign_ups(w: Write, sign_ups: Sequence[SignUp], *, reason: str) -> Decided:
    """Reject waiting sign-ups with a reason, which the applicants read; what they typed is erased.

    Those decided already are told and stay as they are; RuleError when all of them are.
    """
    stated = stated_reason(reason)
    against = {record.id: told for record in sign_ups if (told := decided_already(record)) is not None}
    ready = [record for record in sign_ups if record.id not in against]
    if not ready:
        raise RuleError(NOTHING_TO_DECIDE)
    again = _sent_again(w, ready)
    for record in [*ready, *(other for others in again.values() for other in others)]:
        _decide(w, record, "rejected", stated)
        forget(record)
    w.reason, w.unit_id = stated, only({record.unit_id for record in ready})
    return Decided([record.id for record in ready], against)


def _decide(w: Write, record: SignUp, state: str, reason: str) -> None:
    record.state, record.decision_reason = state, reason
    record.decided_by, record.decided_at = w.actor.user_id, w.at


def _sent_again(w: Write, ready: Sequence[SignUp]) -> dict[int, list[SignUp]]:
    """Sign-up → what the same person sent to the same unit besides, and still waits.

    The same person is who gave the same number, name and phone; anything else stays to be decided by itself.
    """
    by_key = {(r.unit_id, r.number_hash): r for r in ready if r.number_hash is not None}
    chosen = {record.id for record in ready}
    found: dict[int, list[SignUp]] = {}
    hashes = sorted(number_hash for _unit, number_hash in by_key if number_hash)
    for part in range(0, len(hashes), 500):
        rows = w.session.execute(
            select(SignUp).where(SignUp.number_hash.in_(hashes[part : part + 500]), SignUp.state == "waiting")
        ).scalars()
        for other in rows:
            first = by_key.get((other.unit_id, other.number_hash or ""))
            if first is not None and other.id not in chosen and _alike(first, other):
                found.setdefault(first.id, []).append(other)
    return found


def _alike(one: SignUp, other: SignUp) -> bool:
    return all(one.values.get(key) == other.values.get(key) for key in ("name", "phone"))
