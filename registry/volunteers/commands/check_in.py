"""Who came to a shift and who left it, from the list of the staff and from a phone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import select

from registry.core.clock import end_of_day, local, start_of_day
from registry.core.errors import RuleError
from registry.core.i18n import N_, Message
from registry.core.permissions import Permission
from registry.core.write import Write, chunks, command
from registry.volunteers.check_codes import is_current
from registry.volunteers.commands.bookings import refresh, standing_booking
from registry.volunteers.models import Activity, Booking, CheckEvent, Shift, Volunteer
from registry.volunteers.queries.booking import people_of, unfit
from registry.volunteers.queries.check_in import known_keys
from registry.volunteers.queries.presence import presences

# Clocks of computers differ by this much; a mark further ahead was made under a wrong time.
AHEAD = timedelta(minutes=5)
# People come before midnight to a shift that begins then, and leave after it.
AROUND = timedelta(hours=4)
LONGEST_KEY = 64
KINDS = ("in", "out", "void")

FUTURE = N_(
    "The time %(time)s lies in the future. It was not saved; set the clock of the computer and mark again."
)
OTHER_DAY = N_(
    "The time %(time)s does not belong to the day of the shift, %(day)s. It was not saved; mark again."
)
NOT_IN = N_("Has not checked in, so nobody can check out. It was not saved; mark that the volunteer came.")
NO_ONE = N_("Is no volunteer within your reach. It was not saved.")
NO_MARK = N_("The mark cannot be read. It was not saved; mark again.")


@dataclass(frozen=True, slots=True)
class Mark:
    """Somebody came, left, or did neither (void). `key` makes a mark that is sent twice one event."""

    key: str
    volunteer_id: int
    kind: str
    occurred_at: datetime
    method: str = "list"


@dataclass(frozen=True)
class Checked:
    """What became of marks, by key: saved, there before, and refused with the reason."""

    shift: Shift
    saved: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    refused: dict[str, Message] = field(default_factory=dict)


@command(Permission.VOLUNTEER_EDIT)
def check_in(w: Write, shift: Shift, *, marks: Sequence[Mark]) -> Checked:
    """Note who came and left. A mark that is there is skipped, and a refused one keeps none of the rest.

    Somebody who is not booked may come as well when nothing else stands against it. RuleError when no mark
    could be saved, or the activity was cancelled.
    """
    w.unit_id = shift.unit_id
    _refuse_cancelled(w, shift)
    if not marks:
        raise RuleError(N_("There is nobody to mark. Nothing was saved."))
    there = known_keys(w.session, (mark.key for mark in marks))
    told = Checked(shift, known=[mark.key for mark in marks if mark.key in there])
    fresh = {mark.key: mark for mark in marks if mark.key not in there}
    ordered = sorted(fresh.values(), key=lambda mark: (mark.occurred_at, mark.kind == "out"))
    volunteers, against = _asked(w, shift, {mark.volunteer_id for mark in ordered})
    came = set(presences(w.session, shift))
    rows = []
    for mark in ordered:
        reason = _why(w, shift, mark, came, volunteers, against)
        if reason is not None:
            told.refused[mark.key] = reason
            continue
        if mark.kind == "in":
            came.add(mark.volunteer_id)
        elif mark.kind == "void":
            came.discard(mark.volunteer_id)
        rows.append(_row(w, shift, volunteers[mark.volunteer_id], mark))
        told.saved.append(mark.key)
    if told.refused and not told.saved and not told.known:
        first = next(iter(told.refused.values()))
        raise RuleError(first.text, "marks", **first.params)
    w.insert_many(CheckEvent, rows)
    return told


@command(None)
def check_self(w: Write, shift: Shift, volunteer: Volunteer, *, code: str, key: str) -> CheckEvent:
    """A volunteer checks in by the code of the place, or out when checked in already; sent twice it is once.

    RuleError for a code that ran out, and for who is not booked.
    """
    w.unit_id = shift.unit_id
    refresh(w, shift, volunteer)
    _refuse_cancelled(w, shift)
    there = w.session.execute(select(CheckEvent).where(CheckEvent.client_key == key)).scalar()
    if there is not None:
        return there
    if not is_current(shift, code, w.at):
        raise RuleError(N_("This code has run out. You are not checked in; scan the code that is shown now."))
    booking = standing_booking(w, shift, volunteer)
    if booking is None or booking.state != "booked":
        raise RuleError(
            N_("You are not booked for this shift. You are not checked in; ask the staff, who can add you.")
        )
    here = w.session.get_one(Volunteer, booking.volunteer_id)
    kind = "out" if here.id in presences(w.session, shift) else "in"
    mark = Mark(key, here.id, kind, w.at, "qr")
    reason = _why_time(w, shift, mark)
    if reason is not None:
        raise RuleError(reason.text, **reason.params)
    return w.add(CheckEvent(**_row(w, shift, here, mark)))


def _refuse_cancelled(w: Write, shift: Shift) -> None:
    activity = w.session.get_one(Activity, shift.activity_id)
    if activity.state == "cancelled" or shift.voided_at is not None:
        raise RuleError(
            N_(
                "The activity was cancelled, or the shift taken out. Nothing was saved; if it took place, "
                "open the activity again, or add the shift again."
            )
        )


def _asked(
    w: Write, shift: Shift, ids: Iterable[int]
) -> tuple[dict[int, Volunteer], dict[int, Message | None]]:
    """The volunteers booked or within reach, and what stands against those who are not booked."""
    scope = w.actor.scope(Permission.VOLUNTEER_EDIT)
    found: dict[int, Volunteer] = {}
    for some in chunks(ids):
        rows = w.session.execute(select(Volunteer).where(Volunteer.id.in_(some))).scalars()
        found.update({one.id: one for one in rows})
    booked = w.session.execute(
        select(Booking.person_id).where(Booking.shift_id == shift.id, Booking.state == "booked")
    ).scalars()
    expected = {person.id for person in people_of(w.session, booked).values()}
    people = people_of(w.session, [one.person_id for one in found.values()])
    walked_in = {one.id for one in found.values() if people[one.person_id].id not in expected}
    found = {one.id: one for one in found.values() if one.id not in walked_in or scope.holds(one.unit_id)}
    against = unfit(w.session, shift, [found[one] for one in sorted(walked_in & found.keys())])
    return found, against


def _why(
    w: Write,
    shift: Shift,
    mark: Mark,
    came: set[int],
    volunteers: dict[int, Volunteer],
    against: dict[int, Message | None],
) -> Message | None:
    if mark.kind not in KINDS or not 0 < len(mark.key) <= LONGEST_KEY:
        return Message(NO_MARK)
    if mark.volunteer_id not in volunteers:
        return Message(NO_ONE)
    if mark.kind == "in" and mark.volunteer_id not in came and against.get(mark.volunteer_id) is not None:
        return Message(
            N_("%(reason)s It was not saved; the volunteer cannot serve here."),
            {"reason": against[mark.volunteer_id]},
        )
    if mark.kind != "in" and mark.volunteer_id not in came:
        return Message(NOT_IN)
    return _why_time(w, shift, mark)


def _why_time(w: Write, shift: Shift, mark: Mark) -> Message | None:
    time = local(mark.occurred_at).strftime("%Y-%m-%d %H:%M")
    if mark.occurred_at > w.at + AHEAD:
        return Message(FUTURE, {"time": time})
    first, last = start_of_day(shift.held_on) - AROUND, end_of_day(shift.held_on) + AROUND
    if mark.kind != "void" and not first <= mark.occurred_at <= last:
        return Message(OTHER_DAY, {"time": time, "day": shift.held_on.isoformat()})
    return None


def _row(w: Write, shift: Shift, volunteer: Volunteer, mark: Mark) -> dict[str, object]:
    return {
        "client_key": mark.key,
        "shift_id": shift.id,
        "volunteer_id": volunteer.id,
        "person_id": volunteer.person_id,
        "unit_id": shift.unit_id,
        "kind": mark.kind,
        "occurred_at": mark.occurred_at,
        "received_at": w.at,
        "method": mark.method if mark.method in ("list", "offline", "qr") else "list",
        "by_id": w.actor.user_id,
    }
