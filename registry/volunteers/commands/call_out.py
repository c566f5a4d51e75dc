"""Phones of a call-out list are shown in clear, with a reason."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, literal_column, select

from registry.core.errors import RuleError
from registry.core.i18n import N_
from registry.core.permissions import Permission
from registry.core.write import Write, chunks, command
from registry.people.models import Person
from registry.volunteers.models import Volunteer
from registry.volunteers.queries.call_out import Wanted, call_out

# More people are no call-out, but a copy of the register.
MOST_PEOPLE = 500


@command(Permission.PERSON_REVEAL)
def reveal_call_out(w: Write, *, wanted: Wanted, reason: str, filters: str) -> list[Row[*tuple[Any, ...]]]:
    """The people of a call-out list with their phones in clear, the nearest first, as `call_out` gives them.

    That they were shown, to whom and why, is journalled for each of them; `filters` says in words which list
    it was. RuleError without a reason, and for a list of more than MOST_PEOPLE.
    """
    if len(reason.strip()) < 4:
        raise RuleError(N_("Say why you need to see it. Nothing was shown."), "reason")
    w.reason = f"{reason.strip()} · {filters}"
    w.unit_id = wanted.unit_id or w.actor.home_unit_id
    scopes = [w.actor.scope(right) for right in (Permission.VOLUNTEER_VIEW, Permission.PERSON_REVEAL)]
    ordered = call_out(w.session, wanted, *scopes).order_by(literal_column("nearness"), Volunteer.id)
    rows = list(w.session.execute(ordered.limit(MOST_PEOPLE + 1)))
    if len(rows) > MOST_PEOPLE:
        raise RuleError(
            N_("The list has more than %(limit)s people. Nothing was shown; narrow it by a filter."),
            limit=MOST_PEOPLE,
        )
    for ids in chunks(row.person_id for row in rows):
        for person in w.session.execute(
            select(Person).where(Person.id.in_(ids)).order_by(Person.id)
        ).scalars():
            w.note(person, shown=["phone"])
    return rows
