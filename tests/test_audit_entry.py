"""The page of one journal entry."""

from __future__ import annotations

import re

from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.accounts.queries import actor_for
from registry.core import clock
from registry.core.journal import JournalEntry
from registry.core.permissions import Role
from tests import factories as make
from tests import training as t


def test_it_names_who_did_it_and_not_who_reads(app: Flask, session: Session) -> None:
    trainer = make.user(session)
    course = t.course(session, actor=actor_for(session, trainer, clock.today()))
    session.rollback()
    seq = session.execute(select(func.max(JournalEntry.seq))).scalar_one()
    reader = t.Browser(app, session, Role.AUDITOR)
    page = reader.get(f"/audit/journal/{seq}")
    facts = page[page.index('class="facts') : page.index("</dl>")]
    told = re.sub(r"<[^>]+>", " ", facts)
    assert trainer.name in told
    assert reader.user.name not in told
    assert "Course opened" in told
    assert course.number in page


def test_entries_elsewhere_do_not_exist(app: Flask, session: Session) -> None:
    t.course(session, make.YANJI)
    session.rollback()
    seq = session.execute(select(func.max(JournalEntry.seq))).scalar_one()
    reader = t.Browser(app, session, Role.COUNTY_ADMIN)
    assert reader.client.get(f"/audit/journal/{seq}").status_code == 404
