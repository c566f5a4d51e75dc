"""The page of one activity: what it is, its shifts, what comes next; and the page of one shift."""

from __future__ import annotations

from typing import Any

from flask import g, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.accounts.models import Unit
from registry.certificates.models import CredentialType
from registry.core import clock
from registry.core.db import db
from registry.core.permissions import Permission
from registry.volunteers.fields import FIELDS
from registry.volunteers.hours import time_of
from registry.volunteers.models import Activity, Shift, Team
from registry.volunteers.queries import activities as queries
from registry.volunteers.queries.booking import unfit, why_closed
from registry.volunteers.queries.bookings import BookedVolunteer, activity_of, bookings_of
from registry.volunteers.queries.presence import Presence, presences
from registry.volunteers.views.activities import activity_state, activity_trail, days_of
from registry.volunteers.views.blueprint import blueprint
from registry.web.columns import Link, Status
from registry.web.guard import permit
from registry.web.load import load
from registry.web.locale import local_name, translate
from registry.web.navigation import known


def may_edit(activity: Activity) -> bool:
    """Whether who looks may change this activity."""
    return bool(g.actor.scope(Permission.VOLUNTEER_EDIT).holds(activity.unit_id))


def when(shift: Shift) -> str:
    """2026-11-28 09:00–13:00."""
    return f"{shift.held_on.isoformat()} {time_of(shift.starts)}–{time_of(shift.ends)}"


def shift_trail(activity: Activity, shift: Shift) -> list[tuple[str, str]]:
    """The way to a page below a shift."""
    return [*activity_trail(activity), (when(shift), url_for("volunteers.shift", shift_id=shift.id))]


def volunteer_link(one: BookedVolunteer) -> Link | str:
    """The name, leading to the page of the volunteer where there is one."""
    if known("volunteers.volunteer"):
        return Link(url_for("volunteers.volunteer", volunteer_id=one.volunteer.id), one.name)
    return one.name


@blueprint.get("/activities/<int:activity_id>")
@permit(Permission.VOLUNTEER_VIEW)
def activity(activity_id: int) -> ResponseReturnValue:
    """One activity."""
    found = load(Activity, activity_id)
    shifts = queries.shifts_of(db.session(), found.id)
    gone = queries.shifts_of(db.session(), found.id, voided=True)
    present = queries.people_at(db.session(), found.id)
    waiting = queries.waiting_at(db.session(), found.id)
    edit = may_edit(found)
    poster = None
    if known("volunteers.sign_up_poster") and found.state == "open":
        poster = url_for("volunteers.sign_up_poster", unit_id=found.unit_id, activity=found.id)
    hours = None
    if known("volunteers.enter_hours") and edit and found.state != "cancelled" and any(present.values()):
        hours = url_for("volunteers.enter_hours", activity_id=found.id)
    return render_template(
        "volunteers/activity.html",
        activity=found,
        state=activity_state(found),
        facts=_facts(found),
        steps=_steps(found, shifts, present, edit, hours),
        next=_next(found, shifts, present, hours) if edit else None,
        may_edit=edit,
        rows=[
            (
                Link(url_for("volunteers.shift", shift_id=shift.id), when(shift)),
                shift.needed,
                shift.places_taken,
                waiting.get(shift.id, 0),
                len(present.get(shift.id, ())),
                _asked(shift),
            )
            for shift in shifts
        ],
        gone=_gone(gone),
        poster=poster,
        hours=hours,
    )


@blueprint.get("/shifts/<int:shift_id>")
@permit(Permission.VOLUNTEER_VIEW)
def shift(shift_id: int) -> ResponseReturnValue:
    """One shift: who has a place, who waits, who came, and who does not come any more."""
    found = load(Shift, shift_id)
    of = activity_of(db.session(), found)
    everyone = bookings_of(db.session(), [found.id])
    there = presences(db.session(), found)
    closed = why_closed(db.session(), found, clock.today())
    edit = may_edit(of)
    placed = [one for one in everyone if one.booking.state == "booked"]
    # What has come up against somebody since: leave, a lapsed certificate, an insurance that ended.
    against = unfit(db.session(), found, [one.volunteer for one in placed]) if placed else {}
    return render_template(
        "volunteers/shift.html",
        activity=of,
        shift=found,
        when=when(found),
        trail=activity_trail(of),
        facts=[
            (_("Places"), _("%(taken)s of %(needed)s taken", taken=found.places_taken, needed=found.needed)),
            (_("Checked in"), len(there)),
            (_("Asks for"), _asked(found) or _("nothing special")),
        ],
        closed=closed,
        may_edit=edit,
        may_book=edit and closed is None,
        may_check=edit and of.state != "cancelled" and found.voided_at is None,
        booked=[
            (
                one,
                volunteer_link(one),
                _presence(there.get(one.volunteer.id)),
                against[one.volunteer.id],
            )
            for one in placed
        ],
        waiting=[(one, volunteer_link(one)) for one in everyone if one.booking.state == "waiting"],
        left=[
            (volunteer_link(one), _left(one), one.booking.left_at, one.booking.left_reason)
            for one in everyone
            if one.booking.state in ("withdrawn", "swapped")
        ],
    )


def _presence(there: Presence | None) -> Status | None:
    if there is None:
        return None
    if there.left is None:
        return Status("info", _("came %(time)s", time=time_of(there.came)))
    return Status("good", f"{time_of(there.came)}–{time_of(there.left)}")


def _left(one: BookedVolunteer) -> str:
    if one.booking.state == "swapped":
        return str(_("%(name)s comes instead", name=one.instead or ""))
    return str(_("booking withdrawn"))


def _asked(shift: Shift) -> str:
    told = []
    if shift.credential_type_id is not None:
        told.append(local_name(db.session.get_one(CredentialType, shift.credential_type_id)))
    if shift.min_age is not None:
        told.append(str(_("from %(age)s years on", age=shift.min_age)))
    return " · ".join(told)


def _gone(shifts: Any) -> list[tuple[str, str, str]]:
    """Shifts that were taken out: when, why, and who was booked and has to be told."""
    people: dict[int, list[str]] = {}
    for one in bookings_of(db.session(), [shift.id for shift in shifts]) if shifts else ():
        if one.booking.left_at is not None and one.booking.left_reason:
            people.setdefault(one.booking.shift_id, []).append(one.name)
    return [
        (when(shift), shift.void_reason or "", str(_(", ")).join(people.get(shift.id, ())))
        for shift in shifts
    ]


def _facts(activity: Activity) -> list[tuple[str, Any]]:
    facts: list[tuple[str, Any]] = [
        (_("Unit"), local_name(db.session.get_one(Unit, activity.unit_id))),
        (_("Days"), days_of(activity)),
        (_("Meeting place"), activity.place),
        (_("Field of service"), translate(FIELDS[activity.field])),
        (_("Responsible person"), activity.responsible or None),
        (_("What is done"), activity.content or None),
        (_("Insurance needed"), _("yes, the activity is risky") if activity.risky else _("no")),
        (_("Booking by phone"), _("yes") if activity.public else _("no, staff book")),
    ]
    if activity.team_id is not None:
        facts.insert(4, (_("Team of volunteers"), db.session.get_one(Team, activity.team_id).name))
    return facts


def _steps(
    activity: Activity, shifts: Any, present: dict[int, set[int]], edit: bool, hours: str | None
) -> list[tuple[str, str, str | None]]:
    needed = sum(shift.needed for shift in shifts)
    taken = sum(shift.places_taken for shift in shifts)
    came = sum(len(people) for people in present.values())
    is_open = edit and activity.state == "open"
    done = [bool(shifts), taken > 0, came > 0, activity.state == "closed"]
    labels = [
        (
            _("Shifts (%(count)s)", count=len(shifts)),
            url_for("volunteers.edit_shifts", activity_id=activity.id) if is_open else None,
        ),
        (_("Volunteers (%(taken)s of %(needed)s)", taken=taken, needed=needed), None),
        (_("Check-in (%(count)s)", count=came), None),
        (
            _("Closing the activity"),
            url_for("volunteers.close_activity", activity_id=activity.id) if is_open else None,
        ),
    ]
    if hours is not None:
        labels.append((_("Hours of service"), hours))
        done.append(False)
    current = next((i for i, step in enumerate(done) if not step), None)
    return [
        (label, "done" if done[i] else "current" if i == current else "todo", link)
        for i, (label, link) in enumerate(labels)
    ]


def _next(
    activity: Activity, shifts: Any, present: dict[int, set[int]], hours: str | None
) -> tuple[str, str] | None:
    """What comes next, as the primary button."""
    if activity.state == "cancelled" or not shifts:
        return None
    today = clock.today()
    if activity.state == "open":
        due = [one for one in shifts if one.held_on <= today and not present.get(one.id)]
        if due and due[0].places_taken:
            return _("Check in"), url_for("volunteers.check_in", shift_id=due[0].id)
        coming = [one for one in shifts if one.held_on >= today]
        free = [one for one in coming if one.places_taken < one.needed]
        if free and not any(present.values()):
            return _("Book volunteers"), url_for("volunteers.book", shift_id=free[0].id)
        current = [one for one in shifts if one.held_on == today]
        if current:
            return _("Check in"), url_for("volunteers.check_in", shift_id=current[0].id)
    if hours is not None:
        return _("Enter hours"), hours
    if activity.state == "open" and activity.ends_on < today:
        return _("Close the activity"), url_for("volunteers.close_activity", activity_id=activity.id)
    return None
