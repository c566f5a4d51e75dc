"""Search finds what begins with the text, within the reach of who asks, with one statement."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlalchemy.orm import Session

from registry.core.db import db
from registry.core.permissions import Role
from registry.core.scope import EVERYWHERE, NOWHERE, SYSTEM, Scope
from registry.core.write import run
from registry.desk.search import FEW, Results, find
from registry.people import commands
from tests import certificates, factories, training, volunteers
from tests.accounts import Browser
from tests.accounts import text as page_text


def scope_of(session: Session, *codes: str) -> Scope:
    return Scope(frozenset(factories.unit(session, code).id for code in codes))


def search(session: Session, text: str, scope: Scope) -> Results:
    return find(session, text, people=scope, certificates=scope, courses=scope, volunteers=scope)


def people(session: Session, text: str, scope: Scope) -> list[int]:
    return [found.id for found in search(session, text, scope).people]


@pytest.mark.parametrize("text", ["欧阳", "欧阳娜娜", "ouyang", "OUYANGN", "oynn"])
def test_a_person_is_found_by_name_spelling_and_initials(session: Session, text: str) -> None:
    person = factories.person(session, name="欧阳娜娜")
    factories.person(session, name="王欧阳")
    here = scope_of(session, factories.NANGUAN)
    prefecture = scope_of(session, factories.CHANGCHUN, factories.NANGUAN, factories.KUANCHENG)
    for within in (here, prefecture, EVERYWHERE):
        assert people(session, text, within) == [person.id]
    for outside in (scope_of(session, factories.YANJI, factories.YANBIAN), NOWHERE):
        assert people(session, text, outside) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("김민준", "김"),
        ("김민준", "gim"),
        ("J. Smith", "J. S"),
        ("J. Smith", "jsm"),
        ("阿依古丽·买买提", "阿依"),
    ],
)
def test_names_in_other_scripts_are_found_as_typed(session: Session, name: str, text: str) -> None:
    person = factories.person(session, name=name)
    assert people(session, text, scope_of(session, factories.NANGUAN)) == [person.id]
    assert people(session, text, EVERYWHERE) == [person.id]


@pytest.mark.parametrize("text", ["%", "_", "王%", "w%"])
def test_nothing_typed_is_a_wildcard(session: Session, text: str) -> None:
    factories.person(session, name="王小明")
    assert search(session, text, EVERYWHERE) == Results([], [], [])


def test_somebody_of_two_units_is_found_once(session: Session) -> None:
    person = factories.person(session, name="欧阳娜娜")
    certificates.issued(session, [person.id], unit_code=factories.KUANCHENG)
    both = scope_of(session, factories.NANGUAN, factories.KUANCHENG)
    assert people(session, "oy", both) == [person.id]
    assert people(session, "oy", scope_of(session, factories.KUANCHENG)) == [person.id]


def test_a_corrected_name_is_the_one_that_is_found(session: Session) -> None:
    person = factories.person(session, name="王小明")
    here = scope_of(session, factories.NANGUAN)
    run(SYSTEM, commands.correct_person, person, entrant=commands.Entrant.of("欧阳明"))
    for within in (here, EVERYWHERE):
        assert people(session, "王", within) == []
        assert people(session, "wang", within) == []
        assert people(session, "欧阳", within) == [person.id]


def test_a_merged_person_is_found_as_the_other_one_until_it_is_undone(session: Session) -> None:
    one = factories.person(session, name="王小明")
    two = factories.person(session, factories.KUANCHENG, name="王小敏")
    here = scope_of(session, factories.NANGUAN)
    merge = run(SYSTEM, commands.merge_persons, loser=one, winner=two, reason="同一人")
    for within in (here, EVERYWHERE):
        assert people(session, "王", within) == [two.id]
    run(SYSTEM, commands.undo_merge, merge=merge, reason="不是同一人")
    assert one.id in people(session, "王", here)
    assert set(people(session, "王", EVERYWHERE)) == {one.id, two.id}


def test_certificates_and_courses_are_found_by_number(session: Session) -> None:
    person = factories.person(session)
    (certificate,) = certificates.issued(session, [person.id])
    course = training.course(session)
    here, elsewhere = scope_of(session, factories.NANGUAN), scope_of(session, factories.YANJI)
    for within in (here, EVERYWHERE):
        assert [c.label for c in search(session, certificate.number[:9].lower(), within).certificates] == [
            certificate.number
        ]
        assert [c.id for c in search(session, course.number, within).courses] == [course.id]
    assert search(session, certificate.number, elsewhere) == Results([], [], [])
    assert search(session, course.number, elsewhere) == Results([], [], [])


def test_a_kind_without_the_right_is_not_looked_at(session: Session) -> None:
    person = factories.person(session)
    (certificate,) = certificates.issued(session, [person.id])
    one = {"certificates": NOWHERE, "courses": NOWHERE, "volunteers": NOWHERE}
    found = find(session, certificate.number, people=EVERYWHERE, **one)
    assert found == Results([], [], [])
    seen = find(session, certificate.number, people=NOWHERE, **{**one, "certificates": EVERYWHERE})
    assert [found.id for found in seen.certificates] == [certificate.id]


def test_the_first_few_by_name_and_one_more(session: Session) -> None:
    names = [f"王{character}" for character in "丁七丈三上下不与丑专且世"]
    for name in reversed(names):
        factories.person(session, name=name)
    for within in (scope_of(session, factories.NANGUAN), EVERYWHERE):
        found = [line.label for line in search(session, "王", within).people]
        assert found == sorted(names)[: FEW + 1]


def test_one_statement_whatever_the_number_of_units(session: Session) -> None:
    told: list[str] = []
    listener = lambda *args: told.append(args[2])  # noqa: E731
    scopes = [EVERYWHERE, scope_of(session, factories.NANGUAN), scope_of(session, *_ALL)]
    session.commit()
    event.listen(db.engine, "before_cursor_execute", listener)
    for within in scopes:
        search(session, "wang", within)
    event.remove(db.engine, "before_cursor_execute", listener)
    assert len([line for line in told if line.startswith("SELECT")]) == len(scopes)


_ALL = (factories.PROVINCE, factories.CHANGCHUN, factories.NANGUAN, factories.KUANCHENG, factories.YANJI)


def test_the_page_and_the_suggestions(client: FlaskClient, session: Session) -> None:
    person = factories.person(session, name="欧阳娜娜")
    browser = Browser(client)
    browser.sign_in(factories.user(session, Role.TRAINER).username)
    for more in ({}, {"part": "1"}):
        page = page_text(browser.send("/search", q="oy", **more))
        assert "欧阳娜娜" in page
        assert f"/persons/{person.id}" in page
    assert "欧阳" not in page_text(browser.send("/search", q="zzz"))


def test_a_volunteer_is_found_by_number_within_reach(session: Session) -> None:
    found = volunteers.volunteer(session)
    here = scope_of(session, factories.NANGUAN)
    prefecture = scope_of(session, factories.CHANGCHUN, factories.NANGUAN, factories.KUANCHENG)
    for within in (here, prefecture, EVERYWHERE):
        for text in (found.number, found.number.lower()):
            (line,) = search(session, text, within).people
            assert (line.id, line.detail) == (found.person_id, found.number)
    for outside in (scope_of(session, factories.YANJI, factories.YANBIAN), NOWHERE):
        assert people(session, found.number, outside) == []
    everywhere = {"people": EVERYWHERE, "certificates": EVERYWHERE, "courses": EVERYWHERE}
    assert find(session, found.number, **everywhere, volunteers=NOWHERE).people == []
