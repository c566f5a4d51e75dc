"""Insurance policies for volunteers, and whom they cover from when to when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from sqlalchemy import select

from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.i18n import N_
from registry.core.permissions import Permission
from registry.core.text import stated_reason
from registry.core.write import Write, command
from registry.volunteers.commands.bookings import within
from registry.volunteers.models import Activity, InsuranceCover, InsurancePolicy
from registry.volunteers.queries.bookings import booked_volunteers

# A policy for volunteers runs a year or a few; a longer one is a mistyped year.
LONGEST = timedelta(days=3_653)


@command(Permission.VOLUNTEER_EDIT)
def add_policy(
    w: Write, *, unit_id: int, insurer: str, number: str, starts_on: date, ends_on: date, note: str = ""
) -> InsurancePolicy:
    """Add a policy of a unit. `ends_on` is its last day. RuleError when the number is there already."""
    if not w.actor.scope(Permission.VOLUNTEER_EDIT).holds(unit_id):
        raise RecordNotFoundError("unit")
    w.unit_id = unit_id
    insurer, number = insurer.strip(), number.strip()
    if ends_on < starts_on:
        raise RuleError(
            N_("The last day lies before the first. Nothing was saved; correct one of them."), "ends_on"
        )
    if ends_on - starts_on > LONGEST:
        raise RuleError(
            N_("The policy would run for more than ten years. Nothing was saved; check the last day."),
            "ends_on",
        )
    there = w.session.execute(
        select(InsurancePolicy.id).where(
            InsurancePolicy.insurer == insurer,
            InsurancePolicy.number == number,
            InsurancePolicy.voided_at.is_(None),
        )
    ).first()
    if there is not None:
        raise RuleError(
            N_("This insurer and policy number are in the registry already. Nothing was saved."), "number"
        )
    return w.add(
        InsurancePolicy(
            unit_id=unit_id, insurer=insurer, number=number, starts_on=starts_on, ends_on=ends_on, note=note
        )
    )


@command(Permission.VOLUNTEER_EDIT)
def cover_volunteers(
    w: Write,
    policy: InsurancePolicy,
    *,
    volunteer_ids: Sequence[int],
    starts_on: date,
    ends_on: date,
    activity_id: int | None = None,
) -> InsurancePolicy:
    """Cover volunteers for days within the policy; with an activity, also those booked for it.

    A second cover of the same volunteer at the same time is allowed: policies overlap in practice.
    """
    w.unit_id = policy.unit_id
    if policy.voided_at is not None:
        raise RuleError(N_("This policy is void. Nothing was saved; choose another."))
    if ends_on < starts_on:
        raise RuleError(
            N_("The last day lies before the first. Nothing was saved; correct one of them."), "ends_on"
        )
    if starts_on < policy.starts_on or ends_on > policy.ends_on:
        raise RuleError(
            N_("The policy covers %(first)s to %(last)s. Nothing was saved; give days within it."),
            "starts_on" if starts_on < policy.starts_on else "ends_on",
            first=policy.starts_on.isoformat(),
            last=policy.ends_on.isoformat(),
        )
    chosen = {one.id: one for one in within(w, volunteer_ids)}
    if activity_id is not None:
        activity = w.session.get(Activity, activity_id)
        if activity is None or not w.actor.scope(Permission.VOLUNTEER_EDIT).holds(activity.unit_id):
            raise RecordNotFoundError("activity")
        chosen.update({one.id: one for one in booked_volunteers(w.session, activity_id)})
    if not chosen:
        raise RuleError(
            N_(
                "Nobody was chosen. Nothing was saved; tick the volunteers, or choose an activity with "
                "bookings."
            ),
            "chosen",
        )
    w.insert_many(
        InsuranceCover,
        [
            {
                "insurance_policy_id": policy.id,
                "volunteer_id": one.id,
                "person_id": one.person_id,
                "unit_id": policy.unit_id,
                "starts_on": starts_on,
                "ends_on": ends_on,
            }
            for one in chosen.values()
        ],
    )
    return policy


@command(Permission.VOLUNTEER_EDIT)
def void_cover(w: Write, cover: InsuranceCover, *, reason: str) -> InsuranceCover:
    """Void a cover that was entered in error: it never held. RuleError when it is void already."""
    stated = stated_reason(reason)
    w.reason, w.unit_id = stated, cover.unit_id
    if cover.voided_at is not None:
        raise RuleError(N_("This cover is void already. Nothing was saved."))
    cover.voided_at, cover.void_reason = w.at, stated
    return cover


@command(Permission.VOLUNTEER_EDIT)
def void_policy(w: Write, policy: InsurancePolicy, *, reason: str) -> InsurancePolicy:
    """Void a policy that was entered in error: nobody was ever covered by it. Its covers stay as they are."""
    stated = stated_reason(reason)
    w.reason, w.unit_id = stated, policy.unit_id
    if policy.voided_at is not None:
        raise RuleError(N_("This policy is void already. Nothing was saved."))
    policy.voided_at, policy.void_reason = w.at, stated
    return policy
