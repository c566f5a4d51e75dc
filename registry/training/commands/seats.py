"""Seats of a course: counted by a guarded UPDATE, so that nobody sits on a seat taken by someone else."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import CursorResult, inspect, update
from sqlalchemy.orm.attributes import set_committed_value

from registry.core.errors import RuleError
from registry.core.i18n import N_
from registry.core.journal import Line
from registry.core.write import Write
from registry.training.models import Course

CLOSED_MEANWHILE = N_(
    "The course %(number)s was closed meanwhile. Nothing was saved; "
    "have it reopened if this still belongs to it."
)
CANCELLED_MEANWHILE = N_("The course %(number)s was cancelled. Nothing was saved; choose another course.")


def refuse_unless_open(course: Course) -> None:
    """RuleError when the course takes no more changes."""
    if course.state == "closed":
        raise RuleError(CLOSED_MEANWHILE, number=course.number)
    if course.state == "cancelled":
        raise RuleError(CANCELLED_MEANWHILE, number=course.number)


def move_seats(w: Write, course: Course, count: int) -> None:
    """Take `count` seats, or give back when negative; RuleError when that many are not left."""
    if count == 0:
        return
    w.session.flush()
    before = course.seats_taken
    done = cast(
        "CursorResult[Any]",
        w.session.execute(
            update(Course)
            .where(Course.id == course.id, Course.seats_taken + count <= Course.capacity)
            .values(seats_taken=Course.seats_taken + count)
            .execution_options(synchronize_session=False)
        ),
    )
    if done.rowcount != 1:
        raise RuleError(
            N_(
                "Seats left: %(left)s, needed: %(needed)s; others may have taken seats meanwhile. "
                "Nothing was saved; shorten the list, or raise the number of seats of the course."
            ),
            left=course.capacity - before,
            needed=count,
        )
    set_committed_value(course, "seats_taken", before + count)
    new = {attr.key: getattr(course, attr.key) for attr in inspect(Course).column_attrs}
    w.lines.append(Line(Course, course.id, "update", {**new, "seats_taken": before}, new))
