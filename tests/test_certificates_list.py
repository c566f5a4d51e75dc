"""The list of certificates: its first page is read another way than the others, and parts of it are kept."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from registry.accounts.commands import add_unit
from registry.accounts.models import User
from registry.certificates.models import Certificate
from registry.certificates.queries.certificates import certificates, newest_certificates
from registry.core import clock, journal
from registry.core.permissions import Role
from registry.core.scope import EVERYWHERE, NOWHERE, SYSTEM, Scope
from registry.core.write import run
from registry.web import listing_page
from tests import factories as make
from tests.accounts import Browser
from tests.certificates import issued
from tests.watching import statements


def browser(app: Flask, user: User) -> Browser:
    opened = Browser(app.test_client())
    opened.sign_in(user.username)
    return opened


def options(page: str, name: str) -> list[str]:
    field = re.search(rf'<select[^>]*name="{name}".*?</select>', page, re.S)
    assert field is not None
    return re.findall(r"<option[^>]*>([^<]*)</option>", field[0])


def count_shown(page: str) -> str:
    found = re.search(r'<p class="count">([0-9,+]+)', page)
    assert found is not None
    return found[1]


def test_the_newest_are_what_the_whole_list_begins_with(session: Session) -> None:
    by_unit = {code: make.persons(session, 3, code) for code in (make.NANGUAN, make.CHANGCHUN, make.YANJI)}
    for code, persons in by_unit.items():
        issued(session, persons, unit_code=code)
        issued(session, persons, unit_code=code, credential_code="cpr_aed")
    ids = {code: make.unit(session, code).id for code in by_unit}
    scopes = [
        EVERYWHERE,
        NOWHERE,
        *(Scope(frozenset({unit_id})) for unit_id in ids.values()),
        Scope(frozenset({ids[make.NANGUAN], ids[make.CHANGCHUN]})),
        Scope(frozenset(unit.id for unit in make.all_units(session))),
    ]
    order = (Certificate.issued_on.desc(), Certificate.id.desc())
    sizes = set()
    for scope in scopes:
        for count in (1, 4, 21):
            rows = certificates(scope, clock.today()).order_by(*order).limit(count)
            expected = [tuple(row) for row in session.execute(rows)]
            assert [tuple(row) for row in newest_certificates(session, scope, count)] == expected
            sizes.add(len(expected))
    assert sizes == {0, 1, 4, 6, 12, 18}


def test_a_unit_that_is_new_is_offered_by_a_list_that_was_drawn_before(app: Flask, session: Session) -> None:
    reader = browser(app, make.user(session, Role.PROVINCE_ADMIN, make.PROVINCE))
    before = options(reader.get("/certificates/").get_data(as_text=True), "unit")
    run(
        SYSTEM,
        add_unit,
        name="示范区红十字会",
        name_en="Model District",
        level="county",
        code=None,
        parent=make.unit(session, make.CHANGCHUN),
        starts_on=clock.today(),
    )
    after = options(reader.get("/certificates/").get_data(as_text=True), "unit")
    assert sorted(set(after) - set(before)) == ["示范区红十字会"]


def test_only_units_and_types_change_the_catalogue(session: Session) -> None:
    def now() -> str:
        session.rollback()
        return journal.catalogue(session)

    loaded = now()
    make.persons(session, 2)
    assert now() == loaded
    run(
        SYSTEM,
        add_unit,
        name="示范区红十字会",
        name_en="Model District",
        level="county",
        code=None,
        parent=make.unit(session, make.CHANGCHUN),
        starts_on=clock.today(),
    )
    session.rollback()
    assert now() == session.get_one(journal.Clock, 1).head != loaded


def test_a_list_beyond_the_cap_is_not_counted_again(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing_page, "COUNT_CAP", 3)
    reader = browser(app, make.user(session, Role.TRAINER))

    def count(address: str = "/certificates/") -> tuple[str, int]:
        with statements() as sent:
            page = reader.get(address).get_data(as_text=True)
        return count_shown(page), sum("count(*)" in statement for statement in sent)

    issued(session, make.persons(session, 2))
    assert count() == ("2", 1)
    issued(session, make.persons(session, 1))
    assert count() == ("3", 1)
    issued(session, make.persons(session, 2))
    assert count() == ("3+", 1)
    assert count() == ("3+", 0)
    assert count("/certificates/?number=0") == ("0", 1)


def test_each_reach_has_a_count_of_its_own(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing_page, "COUNT_CAP", 3)
    issued(session, make.persons(session, 4))
    for code, shown in ((make.NANGUAN, "3+"), (make.YANJI, "0"), (make.CHANGCHUN, "3+")):
        reader = browser(app, make.user(session, Role.TRAINER, code))
        assert count_shown(reader.get("/certificates/").get_data(as_text=True)) == shown
