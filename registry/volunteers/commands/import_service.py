"""Hours taken over from files. They wait for approval like all others."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from registry.core.i18n import N_, Message
from registry.core.imports import Imported, ListRefusedError, RowError, only
from registry.core.permissions import Permission
from registry.core.scope import Scope
from registry.core.write import Write, command
from registry.people.queries import canonical_ids
from registry.volunteers.commands.hours import insert_entries
from registry.volunteers.commands.stretches import check_stretches
from registry.volunteers.hours import HoursRow
from registry.volunteers.imports_service import ServiceRow
from registry.volunteers.models import Activity, Volunteer
from registry.volunteers.queries.named import find_volunteers
from registry.volunteers.queries.stretches import standing_days

_NO_ACTIVITY = N_("No activity within your reach has this number.")
_OUT_OF_REACH = N_("The unit lies outside your reach.")


@command(Permission.VOLUNTEER_EDIT)
def import_service_entries(w: Write, *, rows: Sequence[ServiceRow]) -> Imported:
    """Submit the stretches of a list for approval. What stands already with the same times has no effect.

    ListRefusedError with every row that submitting refuses, or that names nobody within reach.
    """
    scope = w.actor.scope(Permission.VOLUNTEER_EDIT)
    people, errors = find_volunteers(w.session, scope, [row.named for row in rows])
    activities = _activities(w, rows, scope)
    stretches: list[HoursRow] = []
    for row in rows:
        activity = activities.get(row.activity or "")
        if row.activity is not None and activity is None:
            errors.append(RowError(row.row, "activity", Message(_NO_ACTIVITY)))
        elif not scope.holds(row.unit_id):
            errors.append(RowError(row.row, "unit", Message(_OUT_OF_REACH)))
        elif row.row in people:
            stretches.append(_stretch(row, people[row.row], activity))
    if errors:
        raise ListRefusedError(errors)
    fresh = _unknown(w, stretches)
    if fresh:
        unit_id = fresh[0].unit_id or 0
        known = check_stretches(w, fresh, unit_id=unit_id, scope=scope)
        insert_entries(w, fresh, known, unit_id=unit_id, source="import")
    w.unit_id = only({row.unit_id for row in stretches if row.unit_id is not None})
    return Imported(len(fresh), len(rows) - len(fresh))


def _stretch(row: ServiceRow, volunteer_id: int, activity: Activity | None) -> HoursRow:
    return HoursRow(
        row=row.row,
        volunteer_id=volunteer_id,
        field=row.field or (activity.field if activity is not None else ""),
        served_on=row.served_on,
        starts=row.starts,
        minutes=row.minutes,
        activity_id=activity.id if activity is not None else None,
        content=row.content,
        unit_id=activity.unit_id if activity is not None else row.unit_id,
    )


def _unknown(w: Write, rows: Sequence[HoursRow]) -> list[HoursRow]:
    """The rows without those that stand already, with the same times for the same human being."""
    owners: dict[int, int] = {}
    volunteers = select(Volunteer.id, Volunteer.person_id).where(
        Volunteer.id.in_({row.volunteer_id for row in rows})
    )
    owners.update(dict(w.session.execute(volunteers).all()))
    canonical = canonical_ids(w.session, owners.values())
    days = standing_days(w.session, canonical.values(), {row.served_on for row in rows})
    fresh = []
    for row in rows:
        key = canonical[owners[row.volunteer_id]], row.served_on
        same = any((one.starts, one.ends) == (row.starts, row.ends) for one in days.found.get(key, ()))
        if not same:
            fresh.append(row)
    return fresh


def _activities(w: Write, rows: Sequence[ServiceRow], scope: Scope) -> dict[str, Activity]:
    numbers = sorted({row.activity for row in rows if row.activity is not None})
    found = select(Activity).where(Activity.number.in_(numbers), scope.where(Activity.unit_id))
    return {activity.number: activity for activity in w.session.execute(found).scalars()}
