"""People are found again by number; merging and unmerging move no fact."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from registry.core.db import db
from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run, write
from registry.people import commands
from registry.people.commands import Entrant
from registry.people.models import Person, PersonIdentifier, PersonMerge, PersonReach
from tests import factories
from tests.watching import last_entry


def enter(session: Session, entrants: list[Entrant], unit: str = factories.NANGUAN) -> list[commands.Matched]:
    with write("people.test", SYSTEM) as w:
        return commands.match_or_add(w, entrants, factories.unit(session, unit).id)


def count(session: Session) -> int:
    return session.execute(select(func.count()).select_from(Person)).scalar_one()


def test_a_number_finds_its_person_again_in_any_unit(session: Session) -> None:
    someone = factories.entrant("王小明")
    (first,) = enter(session, [someone])
    (again,) = enter(session, [someone], factories.YANJI)
    assert (first.known, again.known, again.person_id) == (False, True, first.person_id)
    assert count(session) == 1


def test_a_number_under_another_name_is_refused_with_a_mask(session: Session) -> None:
    someone = factories.entrant("王小明")
    enter(session, [someone])
    other = Entrant.of("李大伟", someone.document)
    with pytest.raises(RuleError, match=r"registered for 王\*明") as refused:
        enter(session, [other])
    assert refused.value.field == "number"
    assert count(session) == 1


def test_without_a_number_name_and_phone_together_find_the_person(session: Session) -> None:
    one = Entrant.of("김민준", phone="13800001111")
    (first,) = enter(session, [one])
    (again,) = enter(session, [one])
    (namesake,) = enter(session, [Entrant.of("김민준", phone="13800002222")])
    (nothing,) = enter(session, [Entrant.of("김민준")])
    assert again.person_id == first.person_id
    assert len({first.person_id, namesake.person_id, nothing.person_id}) == 3


def test_one_number_twice_in_a_list_is_one_person(session: Session) -> None:
    someone = factories.entrant()
    first, second = enter(session, [someone, someone])
    assert first.person_id == second.person_id
    assert count(session) == 1


def test_the_statements_do_not_depend_on_the_length_of_the_list(session: Session) -> None:
    def statements(size: int) -> int:
        entrants = [factories.entrant() for _ in range(size)]
        told: list[str] = []
        listener = lambda *args: told.append(args[2])  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", listener)
        enter(session, entrants)
        event.remove(db.engine, "before_cursor_execute", listener)
        return len(told)

    assert statements(300) == statements(10)


def test_reach_grows_with_a_fact(session: Session) -> None:
    person = factories.person(session)
    trainer = factories.actor(session, Role.TRAINER, factories.YANJI)
    with pytest.raises(RecordNotFoundError):
        run(trainer, commands.correct_person, person, entrant=factories.entrant("新名"))
    run(trainer, commands.add_person, entrant=_same(session, person), unit_id=trainer.home_unit_id or 0)
    units = (
        session.execute(select(PersonReach.unit_id).where(PersonReach.person_id == person.id)).scalars().all()
    )
    assert set(units) == {factories.unit(session).id, trainer.home_unit_id}


def _same(session: Session, person: Person) -> Entrant:
    from registry.people.identity import read_document

    number = session.execute(
        select(PersonIdentifier.value).where(PersonIdentifier.person_id == person.id)
    ).scalar_one()
    return Entrant.of(person.name, read_document(None, number, today=date(2026, 1, 1)))


def test_showing_numbers_needs_a_reason_and_is_journalled(session: Session) -> None:

    person = factories.person(session)
    trainer = factories.actor(session)
    with pytest.raises(RuleError, match="why"):
        run(trainer, commands.reveal_identifier, person, reason=" ")
    shown = run(trainer, commands.reveal_identifier, person, reason="核对发证信息")
    assert len(shown[0][1]) == 18
    entry = last_entry(session)
    assert (entry.action, entry.reason, entry.line_count) == ("people.reveal_identifier", "核对发证信息", 1)
    with pytest.raises(RecordNotFoundError):
        run(
            factories.actor(session, unit_code=factories.YANJI),
            commands.reveal_identifier,
            person,
            reason="好奇一下",
        )


def test_merging_across_units_needs_an_administrator_of_both(session: Session) -> None:
    one, two = factories.person(session), factories.person(session, factories.KUANCHENG)
    county = factories.actor(session, Role.COUNTY_ADMIN)
    with pytest.raises(RecordNotFoundError):
        run(county, commands.merge_persons, loser=one, winner=two, reason="同一人")
    prefecture = factories.actor(session, Role.PREFECTURE_ADMIN, factories.CHANGCHUN)
    merge = run(prefecture, commands.merge_persons, loser=one, winner=two, reason="同一人")
    session.refresh(one)
    assert (one.canonical_id, one.state) == (two.id, "merged")
    with pytest.raises(RuleError, match="merged meanwhile"):
        run(prefecture, commands.merge_persons, loser=one, winner=two, reason="再来")
    run(prefecture, commands.undo_merge, merge=merge, reason="不是同一人")
    session.refresh(one)
    assert (one.canonical_id, one.state) == (one.id, "active")
    with pytest.raises(RuleError, match="taken back already"):
        run(prefecture, commands.undo_merge, merge=merge, reason="再来")


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.booleans()), max_size=14))
def test_canonical_is_one_hop_after_any_merges_and_undos(
    session: Session, steps: list[tuple[int, int, bool]]
) -> None:
    """Against a model that follows the merges not undone."""
    ids = factories.persons(session, 6)
    merges: list[tuple[int, int, int]] = []
    for a, b, undo in steps:
        if undo and merges:
            chosen = merges.pop(a % len(merges))
            run(SYSTEM, commands.undo_merge, merge=session.get_one(PersonMerge, chosen[0]), reason="撤销")
        else:
            loser, winner = session.get_one(Person, ids[a]), session.get_one(Person, ids[b])
            try:
                done = run(SYSTEM, commands.merge_persons, loser=loser, winner=winner, reason="合并")
            except RuleError:
                continue
            merges.append((done.id, ids[a], ids[b]))
        edges = {loser_id: winner_id for _id, loser_id, winner_id in merges}
        found = dict(session.execute(select(Person.id, Person.canonical_id).where(Person.id.in_(ids))).all())
        for person_id in ids:
            root = person_id
            while root in edges:
                root = edges[root]
            assert found[person_id] == root
        assert names_within_units(session, ids) == {(i, active_name(session, i)) for i in ids}
        session.rollback()


def names_within_units(session: Session, ids: list[int]) -> set[tuple[int, str | None]]:
    """By which name units find these persons."""
    found = select(PersonReach.person_id, PersonReach.name).where(PersonReach.person_id.in_(ids))
    return {(person_id, name) for person_id, name in session.execute(found)}


def active_name(session: Session, person_id: int) -> str | None:
    """The name of a person that was not merged into another one."""
    found = select(Person.name).where(Person.id == person_id, Person.state == "active")
    return session.execute(found).scalar()
