"""Nothing of a journal line can change unseen, what was looked at is told, and lost keys are a sentence."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from registry.core import journal, secrets
from registry.core.db import db
from registry.core.journal import JournalLine, PersonKey
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.people import commands
from registry.people.models import Person, PersonIdentifier
from tests import factories as make
from tests.accounts import Browser
from tests.accounts import text as page_text


def tamper(engine_name: str, statement: Any) -> None:
    """Change a line as somebody with full access to the database can."""
    with db.engine.begin() as connection:
        if engine_name == "sqlite":
            connection.execute(text("DROP TRIGGER journal_line_no_update"))
        else:
            connection.execute(text("ALTER TABLE journal_line DISABLE TRIGGER ALL"))
        connection.execute(statement)


@pytest.mark.parametrize(
    "change", [{"person_id": 999}, {"person_id": None}, {"number": 40}, {"record_id": 7}, {"op": "read"}]
)
def test_every_column_of_a_line_is_under_the_chain(
    session: Session, engine_name: str, change: dict[str, Any]
) -> None:
    make.person(session)
    last = select(JournalLine.seq, JournalLine.number).where(JournalLine.table_name == "person_identifier")
    seq, number = session.execute(last).one()
    assert journal.verify(session) is None
    session.rollback()
    tamper(
        engine_name,
        update(JournalLine).where(JournalLine.seq == seq, JournalLine.number == number).values(**change),
    )
    broken = journal.verify(session)
    assert broken is not None
    assert (broken.seq, broken.reason) == (seq, "lines were changed")


def test_the_journal_tells_what_was_shown(session: Session) -> None:
    person = make.person(session)
    run(SYSTEM, commands.reveal_identifier, person, reason="核对证件")
    line = session.execute(select(JournalLine).where(JournalLine.op == "read")).scalar_one()
    assert json.loads(line.changes) == {"id": person.id, "shown": ["resident_id"]}


def test_values_of_an_erased_person_stay_sealed_when_the_person_has_a_new_key(session: Session) -> None:
    entrant = make.entrant("李小龙")
    person = run(SYSTEM, commands.add_person, entrant=entrant, unit_id=make.unit(session).id)
    person_id = person.id
    session.rollback()
    with db.engine.begin() as connection:
        connection.execute(delete(PersonKey).where(PersonKey.person_id == person_id))
    corrected = replace(entrant, name="李大龙", document=None, document_hash=None)
    run(SYSTEM, commands.correct_person, session.get_one(Person, person_id), entrant=corrected)
    lines = session.execute(
        select(JournalLine).where(JournalLine.table_name == "person").order_by(JournalLine.seq)
    ).scalars()
    first, second = journal.opened(session, lines)
    assert "name" not in first
    assert second["name"] == ["李小龙", "李大龙"]


def test_lost_keys_are_a_sentence(app: Flask, session: Session) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    person = make.person(session)
    browser = Browser(app.test_client())
    browser.sign_in(make.user(session, Role.PROVINCE_ADMIN, make.PROVINCE).username)
    session.rollback()
    kept = secrets.current_keys()
    secrets.use_keys(replace(kept, field=secrets.Keys.create().field))
    try:
        with pytest.raises(secrets.WrongKeyError):
            session.execute(select(PersonIdentifier.value)).scalar()
        page = browser.get(f"/persons/{person.id}")
    finally:
        secrets.use_keys(kept)
    assert page.status_code == 503
    assert "密钥" in page_text(page)
