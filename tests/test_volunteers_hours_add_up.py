"""Whatever is done to hours, in whatever order: the ledger, the approved entries and what is shown agree."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.errors import RuleError
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.people.commands import merge_persons, undo_merge
from registry.people.models import Person, PersonMerge
from registry.volunteers.commands.hours import edit_entry, withdraw_entry
from registry.volunteers.commands.ledger import reject_entries, reverse_entry
from registry.volunteers.hours import entries_digest
from registry.volunteers.models import ServiceEntry, ServiceLine, Volunteer
from registry.volunteers.queries.ledger import lines_of_person, total_minutes, totals
from tests import hours
from tests import volunteers as makers

PEOPLE = 3
steps = st.lists(
    st.tuples(
        st.sampled_from(
            (
                "submit",
                "submit",
                "submit",
                "approve",
                "approve",
                "edit",
                "reject",
                "reverse",
                "withdraw",
                "merge",
            )
        ),
        st.integers(0, 7),
        st.integers(0, 20).map(lambda n: n * 60),
        st.integers(1, 16).map(lambda n: n * 30),
    ),
    min_size=1,
    max_size=14,
)


def entries_of(session: Session, people: list[int]) -> list[ServiceEntry]:
    """The entries of these volunteers; every example has its own."""
    session.rollback()
    rows = select(ServiceEntry).where(ServiceEntry.volunteer_id.in_(people)).order_by(ServiceEntry.id)
    return list(session.execute(rows).scalars())


def step(session: Session, people: list[int], name: str, place: int, starts: int, minutes: int) -> None:
    """One thing somebody does; what cannot be is refused and changes nothing."""
    found = entries_of(session, people)
    entry = found[place % len(found)] if found else None
    if name == "submit":
        volunteer = session.get_one(Volunteer, people[place % PEOPLE])
        hours.submitted(session, [hours.row(volunteer, starts, minutes)])
    elif name == "merge":
        one, two = (session.get_one(Volunteer, people[(place + n) % PEOPLE]).person_id for n in (0, 1))
        merge(session, one, two)
    elif entry is None:
        return
    elif name == "approve":
        waiting = [e for e in found if e.state == "submitted"][-1 - place % 3 :]
        if waiting:
            hours.approved(session, waiting)
    elif name == "edit":
        values: dict[str, Any] = {"field": "aid", "served_on": entry.served_on, "content": ""}
        run(SYSTEM, edit_entry, entry, starts=starts, minutes=minutes, reason="更正时长", **values)
    elif name == "reject":
        run(SYSTEM, reject_entries, entry_ids=[entry.id], seen=entries_digest([entry]), reason="请更正")
    else:
        run(SYSTEM, reverse_entry if name == "reverse" else withdraw_entry, entry, reason="录入有误")


def merge(session: Session, loser_id: int, winner_id: int) -> None:
    """Merge two persons, or take their merge back."""
    done = (
        session.execute(
            select(PersonMerge).where(PersonMerge.undone_at.is_(None), PersonMerge.loser_id == loser_id)
        )
        .scalars()
        .all()
    )
    if done:
        run(SYSTEM, undo_merge, merge=done[0], reason="不是同一人")
        return
    loser, winner = session.get_one(Person, loser_id), session.get_one(Person, winner_id)
    run(SYSTEM, merge_persons, loser=loser, winner=winner, reason="同一人")


def agree(session: Session, people: list[int]) -> None:
    """What has to hold after every step."""
    found = entries_of(session, people)
    persons = select(Volunteer.person_id).where(Volunteer.id.in_(people))
    rows = select(Person.id, Person.canonical_id).where(Person.id.in_(persons))
    canonical = {person.id: person.canonical_id for person in session.execute(rows)}
    lines = list(session.execute(select(ServiceLine).where(ServiceLine.volunteer_id.in_(people))).scalars())
    reversed_ids = {line.reverses_id for line in lines if line.reverses_id is not None}
    counting = [line for line in lines if line.reverses_id is None and line.id not in reversed_ids]
    # What counts are the approved entries, each once and as it stands.
    assert sorted((line.service_entry_id, line.starts, line.minutes) for line in counting) == [
        (e.id, e.starts, e.minutes) for e in found if e.state == "approved"
    ]
    for person_id in set(canonical.values()):
        mine = [e for e in found if canonical[e.person_id] == person_id]
        approved = sum(e.minutes for e in mine if e.state == "approved")
        assert sum(line.minutes for line in lines if canonical[line.person_id] == person_id) == approved
        assert total_minutes(session, person_id) == approved
        assert sum(minutes for _, _, minutes in totals(session, person_id)) == approved
        shown = session.execute(
            lines_of_person(person_id).order_by(ServiceLine.served_on, ServiceLine.id)
        ).all()
        assert (shown[-1].running if shown else 0) == approved


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps)
def test_ledger_entries_and_totals_agree(session: Session, taken: list[tuple[str, int, int, int]]) -> None:
    people = [one.id for one in makers.volunteers(session, PEOPLE)]
    merged = False
    for one in taken:
        merged = merged or one[0] == "merge"
        try:
            step(session, people, *one)
        except (RuleError, ValueError):
            session.rollback()
        agree(session, people)
        if not merged:
            unmerged(entries_of(session, people))


def unmerged(found: list[ServiceEntry]) -> None:
    """As long as nobody was merged, no day has two things at once, nor more than 24 hours."""
    standing = [e for e in found if e.state in ("submitted", "approved")]
    days: dict[tuple[int, Any], list[ServiceEntry]] = {}
    for entry in standing:
        days.setdefault((entry.person_id, entry.served_on), []).append(entry)
    for (_, day), same in days.items():
        assert day <= clock.today()
        assert sum(e.minutes for e in same) <= 1_440
        for one, two in combinations(same, 2):
            assert one.starts + one.minutes <= two.starts or two.starts + two.minutes <= one.starts
