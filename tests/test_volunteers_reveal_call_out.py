"""Phones of the call-out list in clear: with a reason, in the journal, and for nobody else."""

from __future__ import annotations

import io

import pytest
from flask import Flask
from python_calamine import CalamineWorkbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.core.errors import ForbiddenError, RuleError
from registry.core.journal import JournalEntry, JournalLine
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.volunteers.commands import call_out as commands
from registry.volunteers.queries.call_out import Wanted
from tests import factories as make
from tests.factories import CHANGCHUN, PROVINCE, YANJI
from tests.test_indicators_pages import browser, plain
from tests.test_volunteers_call_out import PATH, kind, phones, today
from tests.watching import last_entry

__all__ = ["phones"]


def test_phones_in_clear_take_a_reason_and_stand_in_the_journal(
    app: Flask, session: Session, phones: list[str]
) -> None:
    reader = browser(app, session, Role.VOLUNTEER_COORDINATOR)
    place = f"{PATH}/reveal?credential_type={kind(session)}"
    asked = reader.get(place)
    assert not any(phone in asked.get_data(as_text=True) for phone in phones)
    refused = reader.send(place, reason=" x ")
    assert not any(phone in refused.get_data(as_text=True) for phone in phones)
    shown = reader.send(place, reason="延吉洪水应急")
    text = shown.get_data(as_text=True)
    assert shown.headers["Cache-Control"] == "no-store"
    assert all(phone in text for phone in phones[:2])
    assert phones[2] not in text
    session.rollback()
    entry = last_entry(session)
    assert entry.action == "volunteers.reveal_call_out"
    assert (entry.reason or "").startswith("延吉洪水应急 · Day of service")
    assert "Skill: valid certificate" in (entry.reason or "")
    assert entry.unit_id == make.unit(session, CHANGCHUN).id
    lines = session.execute(select(JournalLine).where(JournalLine.seq == entry.seq)).scalars().all()
    assert [(line.table_name, line.op) for line in lines] == [("person", "read")] * 2
    assert not any(phone in line.changes for line in lines for phone in phones)


def test_phones_as_a_file(app: Flask, session: Session, phones: list[str]) -> None:
    reader = browser(app, session, Role.VOLUNTEER_COORDINATOR)
    answer = reader.send(f"{PATH}/reveal", reason="延吉洪水应急", as_file="y")
    assert answer.headers["Cache-Control"] == "no-store"
    rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.data)).get_sheet_by_index(0).to_python()
    assert [row[-1] for row in rows[1:]] == phones[:2]
    assert rows[0][-1] == "Phone"


def test_a_filter_that_is_not_understood_shows_no_phone(
    app: Flask, session: Session, phones: list[str]
) -> None:
    reader = browser(app, session, Role.VOLUNTEER_COORDINATOR)
    yanji = make.unit(session, YANJI).id
    answer = reader.send(f"{PATH}/reveal?unit={yanji}", reason="延吉洪水应急")
    assert "A filter of this list is not valid" in plain(answer)
    assert not any(phone in answer.get_data(as_text=True) for phone in phones)


def test_who_may_not_see_phones_is_offered_none(app: Flask, session: Session, phones: list[str]) -> None:
    auditor = browser(app, session, Role.AUDITOR)
    page = auditor.get(PATH)
    assert page.status_code == 200
    assert "/call-out/reveal" not in page.get_data(as_text=True)
    assert auditor.send(f"{PATH}/reveal", reason="延吉洪水应急").status_code == 403
    trainer = browser(app, session, Role.TRAINER)
    assert trainer.get(PATH).status_code == 403
    answer = trainer.send(f"{PATH}/reveal", reason="延吉洪水应急")
    assert not any(phone in answer.get_data(as_text=True) for phone in phones), "no volunteers are theirs"
    actor = make.actor(session, Role.AUDITOR, PROVINCE)
    with pytest.raises(ForbiddenError):
        run(actor, commands.reveal_call_out, wanted=Wanted(today()), reason="延吉洪水", filters="")


def test_a_list_too_long_is_refused_and_nothing_is_journalled(
    session: Session, phones: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "MOST_PEOPLE", 2)
    before = session.execute(select(JournalEntry.seq).order_by(JournalEntry.seq.desc()).limit(1)).scalar_one()
    session.rollback()
    with pytest.raises(RuleError, match="more than 2 people"):
        run(SYSTEM, commands.reveal_call_out, wanted=Wanted(today()), reason="延吉洪水", filters="all")
    after = session.execute(select(JournalEntry.seq).order_by(JournalEntry.seq.desc()).limit(1)).scalar_one()
    assert after == before
