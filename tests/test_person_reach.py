"""Which units see a person follows the facts, also when they are voided and merges are taken back."""

from __future__ import annotations

import random
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.certificates.commands import void_certificate
from registry.core.errors import RecordNotFoundError
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.people import commands
from registry.people.models import Person, PersonMerge, PersonReach
from registry.training.commands import edit_course, enrol, undo_import, withdraw_trainee
from registry.training.models import Enrolment, RosterImport
from registry.training.roster import RosterEntry
from tests import factories as make
from tests.certificates import issued
from tests.training import course

UNITS = (make.NANGUAN, make.KUANCHENG, make.YANJI)


def reach(session: Session, person_id: int) -> set[str | None]:
    """The codes of the units that see the person."""
    session.rollback()
    found = select(PersonReach.unit_id).where(PersonReach.person_id == person_id)
    codes = {unit.id: unit.code for unit in make.all_units(session)}
    return {codes[unit_id] for unit_id in session.execute(found).scalars()}


def merge(session: Session, loser: Person, winner: Person) -> PersonMerge:
    return run(SYSTEM, commands.merge_persons, loser=loser, winner=winner, reason="同一人")


def take_in(session: Session, unit_code: str, entrant: commands.Entrant) -> RosterImport:
    """The person in a course of the unit."""
    return run(SYSTEM, enrol, course(session, unit_code), entries=[RosterEntry(1, entrant)], source="grid")


def test_an_undone_merge_takes_its_reach_back(session: Session) -> None:
    loser = make.person(session, make.YANJI)
    winner = make.person(session, make.NANGUAN)
    merged = merge(session, loser, winner)
    assert reach(session, winner.id) == {make.NANGUAN, make.YANJI}
    run(SYSTEM, commands.undo_merge, merge=merged, reason="不是同一人")
    assert reach(session, winner.id) == {make.NANGUAN}
    assert reach(session, loser.id) == {make.YANJI}


def test_a_fact_since_the_merge_stays_with_whom_it_was_entered_for(session: Session) -> None:
    known = make.entrant(serial=31)
    loser = run(SYSTEM, commands.add_person, entrant=known, unit_id=make.unit(session, make.YANJI).id)
    winner = make.person(session, make.NANGUAN, name=known.name)
    merged = merge(session, loser, winner)
    take_in(session, make.YANJI, known)
    take_in(session, make.KUANCHENG, known)
    run(SYSTEM, commands.undo_merge, merge=merged, reason="不是同一人")
    assert reach(session, winner.id) == set(UNITS)
    assert reach(session, loser.id) == {make.YANJI}


def test_an_undone_import_takes_its_reach_back(session: Session) -> None:
    known = make.entrant(serial=32)
    person = run(SYSTEM, commands.add_person, entrant=known, unit_id=make.unit(session).id)
    taken = take_in(session, make.YANJI, known)
    assert reach(session, person.id) == {make.NANGUAN, make.YANJI}
    run(SYSTEM, undo_import, taken)
    assert reach(session, person.id) == {make.NANGUAN}


def test_a_unit_that_entered_the_person_itself_keeps_seeing_them(session: Session) -> None:
    known = make.entrant(serial=33)
    person = run(SYSTEM, commands.add_person, entrant=known, unit_id=make.unit(session).id)
    yanji = make.unit(session, make.YANJI).id
    run(SYSTEM, commands.add_person, entrant=known, unit_id=yanji)
    taken = take_in(session, make.YANJI, known)
    run(SYSTEM, commands.add_person, entrant=known, unit_id=yanji)
    run(SYSTEM, undo_import, taken)
    assert reach(session, person.id) == {make.NANGUAN, make.YANJI}


def test_the_fact_of_a_merged_row_counts_for_the_canonical_person_until_it_is_void(session: Session) -> None:
    known = make.entrant(serial=34)
    loser = run(SYSTEM, commands.add_person, entrant=known, unit_id=make.unit(session).id)
    taken = take_in(session, make.YANJI, known)
    winner = make.person(session, make.KUANCHENG, name=known.name)
    merge(session, loser, winner)
    assert reach(session, winner.id) == set(UNITS)
    run(SYSTEM, undo_import, taken)
    assert reach(session, winner.id) == {make.NANGUAN, make.KUANCHENG}
    assert reach(session, loser.id) == {make.NANGUAN}


def test_a_withdrawn_trainee_stays_within_reach(session: Session) -> None:
    known = make.entrant(serial=35)
    person = run(SYSTEM, commands.add_person, entrant=known, unit_id=make.unit(session).id)
    taken = take_in(session, make.YANJI, known)
    enrolment = session.execute(select(Enrolment).where(Enrolment.roster_import_id == taken.id)).scalar_one()
    run(SYSTEM, withdraw_trainee, enrolment, reason="家中有事")
    assert reach(session, person.id) == {make.NANGUAN, make.YANJI}


def test_another_instructor_takes_the_place_also_within_reach(session: Session) -> None:
    one, other = make.person(session), make.person(session)
    found = course(session, make.YANJI, instructor_id=one.id)
    told: dict[str, Any] = {
        "title": found.title,
        "venue": found.venue,
        "starts_on": found.starts_on,
        "capacity": found.capacity,
    }
    assert reach(session, one.id) == {make.NANGUAN, make.YANJI}
    run(SYSTEM, edit_course, found, **told, instructor_id=other.id)
    assert reach(session, one.id) == {make.NANGUAN}
    assert reach(session, other.id) == {make.NANGUAN, make.YANJI}


def test_the_holder_of_a_void_certificate_stays_within_reach_of_its_list(session: Session) -> None:
    person = make.person(session)
    (certificate,) = issued(session, [person.id], unit_code=make.YANJI)
    run(SYSTEM, void_certificate, certificate, reason="录入错误")
    assert reach(session, person.id) == {make.NANGUAN, make.YANJI}


def test_a_person_is_added_within_reach_only(session: Session) -> None:
    trainer = make.actor(session, Role.TRAINER)
    with pytest.raises(RecordNotFoundError):
        run(
            trainer,
            commands.add_person,
            entrant=make.entrant(),
            unit_id=make.unit(session, make.YANJI).id,
        )


@pytest.mark.parametrize("seed", range(4))
def test_reach_is_what_the_facts_say_after_any_history(session: Session, seed: int) -> None:
    """Against a model that keeps the facts of each row, the merges in force, and what units entered."""
    rng = random.Random(seed)
    homes = [rng.choice(UNITS) for _ in range(4)]
    entrants = [make.entrant(f"王{'伟芳娜敏'[n]}", serial=9_000 + 10 * seed + n) for n in range(4)]
    people = [
        run(SYSTEM, commands.add_person, entrant=entrant, unit_id=make.unit(session, home).id).id
        for entrant, home in zip(entrants, homes, strict=True)
    ]
    facts: dict[int, tuple[int, str]] = {}
    merges: dict[int, tuple[int, int]] = {}

    def root(person_id: int) -> int:
        above = dict(merges.values())
        while person_id in above:
            person_id = above[person_id]
        return person_id

    for _step in range(14):
        n, unit_code = rng.randrange(4), rng.choice(UNITS)
        verb = rng.choice(("enrol", "enrol", "undo", "merge", "part"))
        if verb == "enrol" and root(people[n]) == people[n]:
            taken = take_in(session, unit_code, entrants[n])
            facts[taken.id] = (people[n], unit_code)
        elif verb == "undo" and facts:
            chosen = rng.choice(list(facts))
            del facts[chosen]
            run(SYSTEM, undo_import, session.get_one(RosterImport, chosen))
        elif verb == "merge":
            loser, winner = (session.get_one(Person, i) for i in rng.sample(people, 2))
            if loser.state == winner.state == "active":
                merges[merge(session, loser, winner).id] = (loser.id, winner.id)
        elif verb == "part" and merges:
            chosen = rng.choice(list(merges))
            del merges[chosen]
            run(SYSTEM, commands.undo_merge, merge=session.get_one(PersonMerge, chosen), reason="不是同一人")
        for person_id in people:
            rows = [p for p in people if p == person_id or root(p) == person_id]
            told = {homes[people.index(p)] for p in rows}
            told |= {unit_code for p, unit_code in facts.values() if p in rows}
            assert reach(session, person_id) == told, (verb, person_id)
