"""Who came to a shift, and from when to when."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.core.clock import local
from registry.volunteers.models import CheckEvent, Shift


@dataclass(frozen=True, slots=True)
class Presence:
    """A volunteer at a shift, in minutes since midnight in Shanghai, within the times of the shift.

    `left` is None for who has not checked out; then nothing tells how long the service was.
    """

    volunteer_id: int
    person_id: int
    came: int
    left: int | None

    @property
    def minutes(self) -> int:
        """How long, in minutes; 0 while nothing tells."""
        return 0 if self.left is None else max(0, self.left - self.came)


def presences(session: Session, shift: Shift) -> dict[int, Presence]:
    """Volunteer → presence, of all who checked in; what lies outside the shift (travel) is cut off.

    The first check-in and the last check-out hold. A void takes back what the volunteer had before it.
    """
    found: dict[int, Presence] = {}
    events = session.execute(
        select(CheckEvent).where(CheckEvent.shift_id == shift.id).order_by(CheckEvent.id)
    ).scalars()
    for event in events:
        there = found.get(event.volunteer_id)
        if event.kind == "void":
            found.pop(event.volunteer_id, None)
        elif event.kind == "in" and there is None:
            came = _within(shift, event)
            found[event.volunteer_id] = Presence(event.volunteer_id, event.person_id, came, None)
        elif event.kind == "out" and there is not None:
            left = _within(shift, event)
            found[event.volunteer_id] = Presence(event.volunteer_id, event.person_id, there.came, left)
    return found


def _within(shift: Shift, event: CheckEvent) -> int:
    moment = local(event.occurred_at)
    days = (moment.date() - shift.held_on).days
    minute = days * 1_440 + moment.hour * 60 + moment.minute
    return min(max(minute, shift.starts), shift.ends)
