"""What stands against stretches of service: who, when, where, and what is entered already."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from registry.core.i18n import N_, Message
from registry.core.imports import ListRefusedError, RowError
from registry.core.scope import Scope
from registry.core.write import Write, chunks
from registry.people.models import Person
from registry.people.queries import within_reach
from registry.volunteers.fields import FIELDS, SERVING
from registry.volunteers.hours import DAY, HoursRow, hours_of, times_of
from registry.volunteers.models import Activity, Shift, Team, Volunteer, VolunteerPeriod
from registry.volunteers.queries.stretches import Days, Stretch, standing_days
from registry.volunteers.rules import rule_on

OUT_OF_REACH = N_("No volunteer within your reach is meant by this row.")
_SERVING_DAYS = N_("Was no enrolled or registered volunteer on this day; check the day, or the periods.")
_FUTURE = N_("The day lies in the future; hours are entered when they were served.")
_STEP = N_("Hours are counted in steps of %(step)s h; correct the hours.")
_MIDNIGHT = N_("The stretch goes beyond midnight; enter what is left on the next day.")
_OUTSIDE_SHIFT = N_("The shift was %(times)s, and travel beyond it does not count; correct time or hours.")
_OTHER_DAY = N_("The activity had no shift on this day; correct the day.")
_OUTSIDE_ACTIVITY = N_("The activity was from %(first)s to %(last)s; correct the day.")
_CANCELLED = N_(
    "The activity was cancelled, so its hours do not count; the check-ins are kept. "
    "What was served all the same is entered without the activity."
)
_NO_ACTIVITY = N_("There is no such activity of this unit.")
_NO_SHIFT = N_("There is no such shift of this activity.")
_NO_TEAM = N_("There was no such team within your reach on this day.")
_NO_FIELD = N_("There is no such field of service.")
_ENTERED = N_("%(times)s is entered already for this person (%(what)s); give another time.")
_SAME_LIST = N_("Row %(other)s has the same person at %(times)s; delete one of the two.")
_FULL = N_("With %(hours)s h this day of the person has more than 24 h; correct the hours.")


@dataclass(frozen=True)
class Known:
    """What the rows of a list mean: volunteer → canonical person, the activities by id, and row → shift."""

    people: dict[int, int]
    activities: dict[int, Activity]
    shifts: dict[int, int]


def check_stretches(
    w: Write,
    rows: Sequence[HoursRow],
    *,
    unit_id: int,
    scope: Scope,
    without: Collection[int] = (),
) -> Known:
    """Refuse a list with everything that is wrong in it (ListRefusedError); the entries `without` are being
    replaced. The number of statements does not depend on the list."""
    known = Known(
        _people(w, {row.volunteer_id for row in rows}, scope),
        {one.id: one for one in _records(w, Activity.id, {row.activity_id for row in rows})},
        {},
    )
    shifts: dict[int, list[Shift]] = {}
    for shift in _records(w, Shift.activity_id, {row.activity_id for row in rows}):
        shifts.setdefault(shift.activity_id, []).append(shift)
    teams = {one.id: one for one in _records(w, Team.id, {row.team_id for row in rows})}
    served = _served(w, set(known.people.values()))
    step = int(rule_on(w.session, "hours", w.today).terms["step_minutes"])
    errors: list[RowError] = []
    for row in rows:
        person_id = known.people.get(row.volunteer_id)
        if person_id is None:
            errors.append(RowError(row.row, "volunteer", Message(OUT_OF_REACH)))
            continue
        told = [
            *_wrong_time(row, w.today, step),
            *_wrong_day(row, served.get(person_id, [])),
            *_wrong_place(row, unit_id if row.unit_id is None else row.unit_id, known, shifts),
            *_wrong_team(row, teams, scope),
        ]
        errors.extend(RowError(row.row, column, message) for column, message in told)
    if not errors and rows:
        days = standing_days(w.session, known.people.values(), {row.served_on for row in rows})
        errors = list(_taken(rows, known.people, days, without))
    if errors:
        raise ListRefusedError(errors)
    return known


_Told = Iterator[tuple[str, Message]]


def _wrong_time(row: HoursRow, today: date, step: int) -> _Told:
    if row.field not in FIELDS:
        yield "field", Message(_NO_FIELD)
    if row.served_on > today:
        yield "served_on", Message(_FUTURE)
    if row.minutes <= 0 or row.minutes % step:
        yield "hours", Message(_STEP, {"step": hours_of(step)})
    elif row.starts < 0 or row.ends > DAY:
        yield "hours", Message(_MIDNIGHT)


def _wrong_day(row: HoursRow, served: Sequence[tuple[date, date | None]]) -> _Told:
    if not any(
        starts_on <= row.served_on and (ended_on is None or row.served_on < ended_on)
        for starts_on, ended_on in served
    ):
        yield "served_on", Message(_SERVING_DAYS)


def _wrong_place(row: HoursRow, unit_id: int, known: Known, shifts: dict[int, list[Shift]]) -> _Told:
    """Whether the activity took place then. One with shifts counts within a shift only."""
    if row.activity_id is None:
        return
    activity = known.activities.get(row.activity_id)
    if activity is None or activity.unit_id != unit_id:
        yield "activity", Message(_NO_ACTIVITY)
        return
    if activity.state == "cancelled":
        yield "activity", Message(_CANCELLED)
    planned = [shift for shift in shifts.get(activity.id, ()) if shift.voided_at is None]
    if row.shift_id is not None:
        planned = [shift for shift in planned if shift.id == row.shift_id]
        if not planned:
            yield "activity", Message(_NO_SHIFT)
            return
    if not planned:
        if not activity.starts_on <= row.served_on <= activity.ends_on:
            days = {"first": activity.starts_on.isoformat(), "last": activity.ends_on.isoformat()}
            yield "served_on", Message(_OUTSIDE_ACTIVITY, days)
        return
    held = [shift for shift in planned if shift.held_on == row.served_on]
    within = [shift for shift in held if shift.starts <= row.starts and row.ends <= shift.ends]
    if within:
        known.shifts[row.row] = within[0].id
    elif held:
        times = "; ".join(times_of(shift.starts, shift.ends - shift.starts) for shift in held)
        yield "hours", Message(_OUTSIDE_SHIFT, {"times": times})
    else:
        yield "served_on", Message(_OTHER_DAY)


def _wrong_team(row: HoursRow, teams: dict[int, Team], scope: Scope) -> _Told:
    if row.team_id is None:
        return
    team = teams.get(row.team_id)
    if (
        team is None
        or not scope.holds(team.unit_id)
        or row.served_on < team.starts_on
        or (team.ended_on is not None and row.served_on >= team.ended_on)
    ):
        yield "team", Message(_NO_TEAM)


def _taken(
    rows: Sequence[HoursRow], people: dict[int, int], days: Days, without: Collection[int]
) -> Iterator[RowError]:
    """Rows that overlap with what is entered, or with an earlier row, or fill a day beyond its 24 hours."""
    before: dict[tuple[int, date], list[HoursRow]] = {}
    for row in rows:
        person_id = people[row.volunteer_id]
        earlier = before.setdefault((person_id, row.served_on), [])
        other = days.clash(person_id, row.served_on, row.starts, row.ends, without)
        same = next((one for one in earlier if one.starts < row.ends and row.starts < one.ends), None)
        taken = days.minutes(person_id, row.served_on, without) + sum(one.minutes for one in earlier)
        if other is not None:
            yield RowError(row.row, "starts", entered(other))
        elif same is not None:
            told = {"other": same.row, "times": times_of(same.starts, same.minutes)}
            yield RowError(row.row, "starts", Message(_SAME_LIST, told))
        elif taken + row.minutes > DAY:
            yield RowError(row.row, "hours", Message(_FULL, {"hours": hours_of(row.minutes)}))
        earlier.append(row)


def entered(other: Stretch) -> Message:
    """What is entered already at the time of a row."""
    what = other.told or Message(N_("without an activity"))
    return Message(_ENTERED, {"times": times_of(other.starts, other.ends - other.starts), "what": what})


def _people(w: Write, volunteer_ids: Iterable[int], scope: Scope) -> dict[int, int]:
    """Volunteer → canonical person, of those within reach."""
    found: dict[int, int] = {}
    for ids in chunks(volunteer_ids):
        rows = w.session.execute(
            select(Volunteer.id, Person.canonical_id)
            .join(Person, Person.id == Volunteer.person_id)
            .where(
                Volunteer.id.in_(ids),
                Volunteer.voided_at.is_(None),
                within_reach(scope, Person.canonical_id),
            )
        )
        found.update(dict(rows.all()))
    return found


def _served(w: Write, person_ids: Iterable[int]) -> dict[int, list[tuple[date, date | None]]]:
    """Canonical person → the periods in which they serve, as first day and first day after it."""
    found: dict[int, list[tuple[date, date | None]]] = {}
    for ids in chunks(person_ids):
        rows = w.session.execute(
            select(Person.canonical_id, VolunteerPeriod.starts_on, VolunteerPeriod.ended_on)
            .join(Person, Person.id == VolunteerPeriod.person_id)
            .where(
                Person.canonical_id.in_(ids),
                VolunteerPeriod.voided_at.is_(None),
                VolunteerPeriod.kind.in_(SERVING),
            )
        )
        for person_id, starts_on, ended_on in rows:
            found.setdefault(person_id, []).append((starts_on, ended_on))
    return found


def _records(w: Write, column: Any, wanted: set[int | None]) -> list[Any]:
    """The records whose column has one of these values, in the order of their ids."""
    found: list[Any] = []
    model = column.class_
    for ids in chunks(one for one in wanted if one is not None):
        found.extend(w.session.execute(select(model).where(column.in_(ids)).order_by(model.id)).scalars())
    return found
