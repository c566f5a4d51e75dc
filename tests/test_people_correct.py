"""Correcting a person: registered numbers are not contradicted, and a wrong number gives way."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.core.errors import RuleError
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.people import commands
from registry.people.commands import Entrant
from registry.people.identity import read_document
from registry.people.models import Person, PersonIdentifier
from registry.people.queries import identifiers, known_by_hash
from registry.training.roster import check_rows
from tests import factories as make
from tests.training import course, row

TODAY = date(2026, 11, 23)


def without_number(entrant: Entrant, **changes: object) -> Entrant:
    """The same person as a form without the number gives it."""
    return replace(entrant, document=None, document_hash=None, **changes)  # type: ignore[arg-type]


def registered(session: Session, entrant: Entrant) -> Person:
    return run(SYSTEM, commands.add_person, entrant=entrant, unit_id=make.unit(session).id)


def correct(person: Person, entrant: Entrant) -> Person:
    return run(SYSTEM, commands.correct_person, person, entrant=entrant)


@pytest.mark.parametrize("field", ["birth_on", "sex"])
def test_what_contradicts_the_registered_number_is_refused(session: Session, field: str) -> None:
    entrant = make.entrant()
    person = registered(session, entrant)
    wrong: dict[str, object] = {
        "birth_on": date(1950, 1, 2),
        "sex": "male" if entrant.sex == "female" else "female",
    }
    with pytest.raises(RuleError) as refused:
        correct(person, without_number(entrant, **{field: wrong[field]}))
    assert refused.value.field == field
    session.refresh(person)
    assert (person.birth_on, person.sex) == (entrant.birth_on, entrant.sex)


def test_birth_date_and_sex_left_empty_follow_from_the_number(session: Session) -> None:
    entrant = make.entrant("张敏")
    person = registered(session, entrant)
    correct(person, without_number(entrant, name="张珉", birth_on=None, sex=None))
    session.refresh(person)
    assert (person.name, person.birth_on, person.sex) == ("张珉", entrant.birth_on, entrant.sex)


def test_the_right_number_takes_the_place_of_the_wrong_one(session: Session) -> None:
    wrong, right = make.entrant("张敏"), make.entrant("张敏")
    person = registered(session, wrong)
    correct(person, right)
    session.refresh(person)
    assert (person.birth_on, person.sex) == (right.birth_on, right.sex)
    assert len(identifiers(session, person.id)) == 1
    assert known_by_hash(session, [wrong.document_hash or "", right.document_hash or ""]).keys() == {
        right.document_hash
    }
    assert len(run(SYSTEM, commands.reveal_identifier, person, reason="核对证件")) == 1
    # The number is free for whom it belongs to.
    owner = registered(session, replace(wrong, name="李伟"))
    assert owner.id != person.id
    assert owner.name == "李伟"


def test_another_kind_of_document_is_added(session: Session) -> None:
    entrant = make.entrant("张敏")
    person = registered(session, entrant)
    passport = Entrant.of("张敏", read_document(None, "E12345678", today=TODAY, birth_on=entrant.birth_on))
    correct(person, passport)
    assert {one.kind for one in identifiers(session, person.id)} == {"resident_id", "passport"}
    session.refresh(person)
    assert (person.birth_on, person.sex) == (entrant.birth_on, entrant.sex)


def test_of_two_merged_numbers_the_one_given_again_holds(session: Session) -> None:
    one, other = make.entrant("张敏"), make.entrant("张敏")
    loser, winner = registered(session, one), registered(session, other)
    run(SYSTEM, commands.merge_persons, loser=loser, winner=winner, reason="同一人")
    winner = session.get_one(Person, winner.id)
    with pytest.raises(RuleError, match="born on"):
        correct(winner, without_number(other))
    correct(winner, one)
    session.refresh(winner)
    assert (winner.birth_on, winner.sex) == (one.birth_on, one.sex)
    standing = select(PersonIdentifier.value_hash).where(PersonIdentifier.voided_at.is_(None))
    assert session.execute(standing).scalars().all() == [one.document_hash]


def test_a_list_with_the_name_of_the_merged_row_means_the_person(session: Session) -> None:
    """Two rows under two spellings, each with a number: lists go on naming either."""
    passport = Entrant.of(
        "金民俊", read_document(None, "M12345678", today=TODAY, birth_on=date(1988, 4, 10)), sex="male"
    )
    other = make.entrant("金珉俊")
    loser, winner = registered(session, passport), registered(session, other)
    run(SYSTEM, commands.merge_persons, loser=loser, winner=winner, reason="同一人")
    found = course(session)
    listed = row("金民俊", "M12345678", sex="男")
    checked = check_rows(session, found, [listed], TODAY)
    assert not checked.errors
    assert [entry.entrant.name for entry in checked.entries] == ["金民俊"]
    with_other_name = check_rows(session, found, [{**listed, "name": "朴民俊"}], TODAY)
    assert [error.column for error in with_other_name.errors] == ["document_number"]
    matched = run(SYSTEM, commands.add_person, entrant=passport, unit_id=make.unit(session).id)
    assert matched.id == winner.id
