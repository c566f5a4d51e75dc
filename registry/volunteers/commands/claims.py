"""Volunteers claim hours on their own page, and take claims back while they wait."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select

from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.i18n import N_
from registry.core.scope import EVERYWHERE
from registry.core.write import Write, command
from registry.people.models import Person
from registry.volunteers.commands.hours import check_one, insert_entries, withdraw
from registry.volunteers.hours import HoursRow
from registry.volunteers.models import ServiceEntry, Volunteer
from registry.volunteers.queries.claims import activities_of

MOST_WAITING = 5
BY_THEMSELVES = N_("Withdrawn by the volunteer")


@command(None)
def claim_hours(
    w: Write,
    volunteer: Volunteer,
    *,
    served_on: date,
    starts: int,
    minutes: int,
    content: str,
    activity_id: int | None = None,
    field: str = "other",
) -> int:
    """Claim hours of one's own, for an activity one was booked for or came to, or in own words; returns the
    id of the entry. Whoever has the right approves it.

    RuleError when MOST_WAITING claims wait already, neither activity nor words are given, and for everything
    that submitting refuses. Nobody of the staff submitted it, unless one of them is signed in meanwhile.
    """
    person_id = canonical_of(w, volunteer)
    waiting = w.session.execute(
        select(func.count())
        .select_from(ServiceEntry)
        .join(Person, Person.id == ServiceEntry.person_id)
        .where(
            Person.canonical_id == person_id,
            ServiceEntry.source == "claim",
            ServiceEntry.state == "submitted",
        )
    ).scalar_one()
    if waiting >= MOST_WAITING:
        raise RuleError(
            N_("%(count)s claims wait for approval already. Nothing was saved; wait, or withdraw one."),
            count=waiting,
        )
    activity = None
    if activity_id is not None:
        activity = next(
            (one for one in activities_of(w.session, person_id, w.today) if one.id == activity_id), None
        )
        if activity is None:
            raise RecordNotFoundError("activity")
    elif not content.strip():
        raise RuleError(N_("Choose the activity, or say what you did. Nothing was saved."), "content")
    unit_id = volunteer.unit_id if activity is None else activity.unit_id
    row = HoursRow(
        row=1,
        volunteer_id=volunteer.id,
        field=field if activity is None else activity.field,
        served_on=served_on,
        starts=starts,
        minutes=minutes,
        activity_id=activity_id,
        content=content,
    )
    known = check_one(w, row, unit_id=unit_id, scope=EVERYWHERE)
    w.unit_id = unit_id
    return insert_entries(w, [row], known, unit_id=unit_id, source="claim")[0]


@command(None)
def withdraw_claim(w: Write, volunteer: Volunteer, *, entry_id: int) -> ServiceEntry:
    """Take back a claim of one's own that waits. RuleError for what is none of theirs."""
    entry = w.session.execute(
        select(ServiceEntry)
        .join(Person, Person.id == ServiceEntry.person_id)
        .where(
            ServiceEntry.id == entry_id,
            ServiceEntry.source == "claim",
            Person.canonical_id == canonical_of(w, volunteer),
        )
    ).scalar()
    if entry is None:
        raise RuleError(N_("There is no such claim of yours. Nothing was changed."))
    return withdraw(w, entry, BY_THEMSELVES)


def canonical_of(w: Write, volunteer: Volunteer) -> int:
    """The canonical person of a volunteer; RecordNotFoundError for one who was voided."""
    if volunteer.voided_at is not None:
        raise RecordNotFoundError("volunteer")
    return w.session.execute(select(Person.canonical_id).where(Person.id == volunteer.person_id)).scalar_one()
