"""Activities are opened, changed, cancelled and closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import select

from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.i18n import N_
from registry.core.permissions import Permission
from registry.core.secrets import new_token
from registry.core.text import stated_reason
from registry.core.write import Write, command
from registry.volunteers.commands.shifts import PlannedShift, refuse_impossible, shift_row
from registry.volunteers.fields import FIELDS
from registry.volunteers.models import Activity, Booking, Shift, Team
from registry.volunteers.queries.activities import people_at, shifts_of
from registry.volunteers.queries.booking import overlapping, people_of

# An activity further ahead, or longer, is a mistyped year.
FURTHEST_AHEAD = timedelta(days=731)
LONGEST = timedelta(days=366)


@dataclass(frozen=True)
class Terms:
    """What an activity is: everything but its unit and its shifts. `ends_on` is its last day."""

    title: str
    place: str
    field: str
    starts_on: date
    ends_on: date
    team_id: int | None = None
    content: str = ""
    responsible: str = ""
    risky: bool = False
    public: bool = True


@command(Permission.VOLUNTEER_EDIT)
def open_activity(w: Write, *, unit_id: int, terms: Terms, shifts: Sequence[PlannedShift]) -> Activity:
    """Open an activity of a unit with its shifts; its number is HD, the year, and nine digits."""
    if not w.actor.scope(Permission.VOLUNTEER_EDIT).holds(unit_id):
        raise RecordNotFoundError("unit")
    w.unit_id = unit_id
    _refuse(w, terms)
    if not shifts:
        raise RuleError(N_("An activity has at least one shift. Nothing was saved; add a row."), "rows")
    for planned in shifts:
        refuse_impossible(planned, terms.starts_on, terms.ends_on)
    activity_id = w.take_ids(1)[0]
    activity = w.add(
        Activity(
            id=activity_id,
            number=f"HD{terms.starts_on.year}{activity_id:09d}",
            unit_id=unit_id,
            sign_up_token=new_token(),
            **_values(terms),
        )
    )
    w.insert_many(Shift, [shift_row(activity, planned) for planned in shifts])
    return activity


@command(Permission.VOLUNTEER_EDIT)
def edit_activity(w: Write, activity: Activity, *, terms: Terms) -> Activity:
    """Change what an activity is. Its shifts stay; they have to lie within its days."""
    w.unit_id = activity.unit_id
    refuse_unless_open(activity)
    _refuse(w, terms)
    outside = [
        shift
        for shift in shifts_of(w.session, activity.id)
        if not terms.starts_on <= shift.held_on <= terms.ends_on
    ]
    if outside:
        raise RuleError(
            N_(
                "A shift on %(day)s lies outside these days. Nothing was saved; give days that contain it, "
                "or change the shifts first."
            ),
            "starts_on",
            day=outside[0].held_on.isoformat(),
        )
    for name, value in _values(terms).items():
        setattr(activity, name, value)
    return activity


@command(Permission.VOLUNTEER_EDIT)
def cancel_activity(w: Write, activity: Activity, *, reason: str) -> Activity:
    """Cancel an activity that does not take place; its bookings stay as they are and bind nobody.

    RuleError once somebody has checked in: what was served must not be lost, so it is closed instead.
    """
    stated = stated_reason(reason)
    w.reason, w.unit_id = stated, activity.unit_id
    refuse_unless_open(activity)
    present = sum(len(found) for found in people_at(w.session, activity.id).values())
    if present:
        raise RuleError(
            N_(
                "%(count)s volunteers have checked in, so the activity took place. Nothing was changed and "
                "nothing is lost; close it instead, and enter the hours."
            ),
            count=present,
        )
    activity.state, activity.state_reason = "cancelled", stated
    return activity


@command(Permission.VOLUNTEER_EDIT)
def close_activity(w: Write, activity: Activity) -> Activity:
    """Close an activity: it takes no more bookings. Check-ins kept offline, and hours, still may come.

    RuleError before its first day, when it can only be cancelled.
    """
    w.unit_id = activity.unit_id
    refuse_unless_open(activity)
    if activity.starts_on > w.today:
        raise RuleError(
            N_("The activity begins on %(day)s. Nothing was changed; cancel it if it does not take place."),
            day=activity.starts_on.isoformat(),
        )
    activity.state = "closed"
    return activity


@command(Permission.VOLUNTEER_EDIT)
def reopen_activity(w: Write, activity: Activity, *, reason: str) -> Activity:
    """Open an activity again that was closed too early, or cancelled although it took place.

    RuleError when it is open, or when somebody booked for a cancelled one is booked elsewhere now.
    """
    stated = stated_reason(reason)
    w.reason, w.unit_id = stated, activity.unit_id
    if activity.state == "open":
        raise RuleError(N_("The activity %(number)s is open. Nothing was changed."), number=activity.number)
    if activity.state == "cancelled":
        _refuse_booked_elsewhere(w, activity)
        activity.state_reason = ""
    activity.state = "open"
    return activity


def refuse_unless_open(activity: Activity) -> None:
    """RuleError for an activity that takes no more changes."""
    if activity.state == "closed":
        raise RuleError(
            N_("The activity %(number)s is closed. Nothing was saved; open it again first."),
            number=activity.number,
        )
    if activity.state == "cancelled":
        raise RuleError(
            N_("The activity %(number)s was cancelled. Nothing was saved; open it again first."),
            number=activity.number,
        )


def _refuse_booked_elsewhere(w: Write, activity: Activity) -> None:
    busy: set[int] = set()
    for shift in shifts_of(w.session, activity.id):
        booked = w.session.execute(
            select(Booking.person_id).where(Booking.shift_id == shift.id, Booking.state == "booked")
        ).scalars()
        people = {person.id for person in people_of(w.session, booked).values()}
        busy |= overlapping(w.session, shift, people).keys()
    if busy:
        raise RuleError(
            N_(
                "%(count)s of those booked are booked for something else at that time by now. Nothing was "
                "changed; withdraw one of the two bookings first."
            ),
            count=len(busy),
        )


def _refuse(w: Write, terms: Terms) -> None:
    if terms.field not in FIELDS:
        raise RuleError(N_("Choose a field of service. Nothing was saved."), "field")
    if terms.ends_on < terms.starts_on:
        raise RuleError(
            N_("The last day lies before the first. Nothing was saved; correct one of them."), "ends_on"
        )
    if terms.starts_on > w.today + FURTHEST_AHEAD:
        raise RuleError(
            N_("The day lies more than two years ahead. Nothing was saved; check the year."), "starts_on"
        )
    if terms.ends_on - terms.starts_on > LONGEST:
        raise RuleError(
            N_("An activity lasts at most a year. Nothing was saved; check the last day."), "ends_on"
        )
    if terms.team_id is not None:
        team = w.session.execute(select(Team).where(Team.id == terms.team_id)).scalar()
        if team is None or not w.actor.scope(Permission.VOLUNTEER_EDIT).holds(team.unit_id):
            raise RecordNotFoundError("team")
        if team.ended_on is not None and team.ended_on <= terms.starts_on:
            raise RuleError(N_("This team is dissolved by then. Nothing was saved; choose another."), "team")


def _values(terms: Terms) -> dict[str, object]:
    return {
        "team_id": terms.team_id,
        "field": terms.field,
        "title": terms.title,
        "place": terms.place,
        "content": terms.content,
        "responsible": terms.responsible,
        "starts_on": terms.starts_on,
        "ends_on": terms.ends_on,
        "risky": terms.risky,
        "public": terms.public,
    }
