"""What a volunteer is changes: each state is a period with reason and document, and none overlaps."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select

from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.i18n import N_
from registry.core.permissions import Permission
from registry.core.text import stated_reason
from registry.core.write import Write, command
from registry.volunteers.fields import FOLLOWING
from registry.volunteers.models import Volunteer, VolunteerPeriod


@command(Permission.VOLUNTEER_EDIT)
def change_period(
    w: Write, volunteer: Volunteer, *, kind: str, starts_on: date, reason: str, document: str = ""
) -> VolunteerPeriod:
    """End the present period the day before `starts_on` and begin one of another kind.

    Leave and suspension lead back to what the volunteer was before. RuleError when the kind cannot follow,
    or the day lies before the present period began or in the future.
    """
    now = open_period(w, volunteer)
    if kind not in FOLLOWING[now.kind] or (kind == "registered" and not _was_registered(w, volunteer)):
        raise RuleError(
            N_("This state cannot follow the present one. Nothing was saved; choose another."), "kind"
        )
    refuse_day(w, now, starts_on)
    return follow(w, volunteer, now, kind, starts_on, stated_reason(reason), document.strip())


@command(Permission.VOLUNTEER_EDIT)
def move_volunteer(
    w: Write, volunteer: Volunteer, *, unit_id: int, starts_on: date, reason: str
) -> VolunteerPeriod:
    """The volunteer goes to another unit: the same state goes on there as a new period.

    RuleError when it is there already. What was served stays with the unit it was served for.
    """
    if not w.actor.scope(Permission.VOLUNTEER_EDIT).holds(unit_id):
        raise RecordNotFoundError("unit")
    now = open_period(w, volunteer)
    if now.unit_id == unit_id:
        raise RuleError(N_("The volunteer belongs to this unit already. Nothing was saved."), "unit")
    refuse_day(w, now, starts_on)
    volunteer.unit_id = unit_id
    return follow(w, volunteer, now, now.kind, starts_on, stated_reason(reason), "")


@command(Permission.VOLUNTEER_APPROVE)
def void_period(w: Write, period: VolunteerPeriod, *, reason: str) -> VolunteerPeriod:
    """Void the latest period of a volunteer, entered in error; the one before it goes on.

    RuleError for one that is void, is followed by another, or is the only one.
    """
    stated = stated_reason(reason)
    if period.voided_at is not None:
        raise RuleError(N_("This period is void already. Nothing was saved."))
    if period.ended_on is not None:
        raise RuleError(N_("Another period follows this one. Nothing was saved; void the later one first."))
    before = w.session.execute(
        select(VolunteerPeriod)
        .where(
            VolunteerPeriod.volunteer_id == period.volunteer_id,
            VolunteerPeriod.voided_at.is_(None),
            VolunteerPeriod.ended_on == period.starts_on,
        )
        .limit(1)
    ).scalar()
    if before is None:
        raise RuleError(
            N_("It is the only period of this volunteer. Nothing was saved; end it with a period “left”.")
        )
    period.voided_at, period.void_reason = w.at, stated
    w.session.flush()  # Two open periods at once would be refused by the database.
    before.ended_on = None
    volunteer = w.session.get_one(Volunteer, period.volunteer_id)
    volunteer.unit_id = before.unit_id
    w.reason, w.unit_id = stated, period.unit_id
    return period


def follow(
    w: Write,
    volunteer: Volunteer,
    now: VolunteerPeriod,
    kind: str,
    starts_on: date,
    reason: str,
    document: str,
) -> VolunteerPeriod:
    """End the present period and begin the next on the same day: none overlaps, and none is missing."""
    now.ended_on = starts_on
    w.session.flush()  # Two open periods at once would be refused by the database.
    w.reason, w.unit_id = reason or None, volunteer.unit_id
    row = period_row(volunteer.id, volunteer.person_id, volunteer.unit_id, kind, starts_on)
    return w.add(VolunteerPeriod(**{**row, "reason": reason, "document": document}))


def open_period(w: Write, volunteer: Volunteer) -> VolunteerPeriod:
    """The present period of a volunteer; RecordNotFoundError for one who was voided."""
    period = w.session.execute(
        select(VolunteerPeriod).where(
            VolunteerPeriod.volunteer_id == volunteer.id,
            VolunteerPeriod.voided_at.is_(None),
            VolunteerPeriod.ended_on.is_(None),
        )
    ).scalar()
    if period is None or volunteer.voided_at is not None:
        raise RecordNotFoundError("volunteer")
    return period


def refuse_day(w: Write, now: VolunteerPeriod, starts_on: date) -> None:
    """RuleError for a day on which no next period can begin."""
    if starts_on <= now.starts_on:
        raise begins_before(now.starts_on)
    if starts_on > w.today:
        raise RuleError(
            N_("The day lies in the future. Nothing was saved; give today or an earlier day."), "starts_on"
        )


def begins_before(day: date) -> RuleError:
    """The refusal of a day before the present period began."""
    return RuleError(
        N_("The present period began on %(day)s. Nothing was saved; give a later day."),
        "starts_on",
        day=day.isoformat(),
    )


def _was_registered(w: Write, volunteer: Volunteer) -> bool:
    """Whether the volunteer was registered and has not left since."""
    kinds = w.session.execute(
        select(VolunteerPeriod.kind)
        .where(VolunteerPeriod.volunteer_id == volunteer.id, VolunteerPeriod.voided_at.is_(None))
        .order_by(VolunteerPeriod.starts_on.desc())
    ).scalars()
    for kind in kinds:
        if kind in ("registered", "left", "enrolled"):
            return kind == "registered"
    return False


def period_row(volunteer_id: int, person_id: int, unit_id: int, kind: str, starts_on: date) -> dict[str, Any]:
    """A period from a day on, as a row."""
    return {
        "volunteer_id": volunteer_id,
        "person_id": person_id,
        "unit_id": unit_id,
        "kind": kind,
        "starts_on": starts_on,
    }
