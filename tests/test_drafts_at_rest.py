"""What is wrong with a kept row names birth dates; they are stored encrypted, in the journal as well."""

from __future__ import annotations

import json

from flask import Flask
from sqlalchemy import text
from sqlalchemy.orm import Session

from registry.core.permissions import Role
from registry.training.models import RosterDraft
from registry.training.queries.roster import open_drafts
from tests import factories as make
from tests.accounts import Browser
from tests.accounts import text as page_text
from tests.training import course, row, rows_of


def test_the_reasons_of_a_draft_are_encrypted(app: Flask, session: Session) -> None:
    found = course(session)
    browser = Browser(app.test_client())
    browser.sign_in(make.user(session, Role.TRAINER).username)
    someone = make.entrant("欧阳娜")
    assert someone.document is not None
    assert someone.birth_on is not None
    listed = row("欧阳娜", someone.document.number, birth_on="1951-02-03")
    answer = browser.send(
        f"/training/courses/{found.id}/enrol", rows=json.dumps({"rows": [row(), listed]}), rest="drafts"
    )
    assert answer.status_code == 303
    (draft,) = open_drafts(session, found.id)
    told = json.dumps(draft.errors, ensure_ascii=False)
    birth = someone.birth_on.isoformat()
    assert birth in told
    page = page_text(browser.get(f"/training/courses/{found.id}/drafts"))
    assert birth in page
    stored = [
        str(line)
        for table in ("roster_draft", "journal_line")
        for line in session.execute(text(f"SELECT * FROM {table}"))
    ]
    assert len(stored) > rows_of(session, RosterDraft)
    for canary in (birth, "1951-02-03", "欧阳娜", someone.document.number):
        assert not any(canary in line for line in stored)
