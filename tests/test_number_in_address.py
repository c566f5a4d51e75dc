"""A number that no record can have is no reason to fail, in an address or in a form, on either engine."""

from __future__ import annotations

import json

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from registry.core.errors import RecordNotFoundError
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.training.commands import correct_draft
from registry.training.models import Assessment, AttendanceEvent
from registry.training.queries.courses import sessions_of
from tests import factories as make
from tests.accounts import Browser
from tests.training import course, enrolled, rows_of


@pytest.mark.parametrize("number", [2**31, 2**63, 10**40])
def test_a_number_beyond_every_record_is_a_404(app: Flask, session: Session, number: int) -> None:
    browser = Browser(app.test_client())
    browser.sign_in(make.user(session, Role.PROVINCE_ADMIN, make.PROVINCE).username)
    for path in ("/persons/{}", "/courses/{}", "/certificates/{}", "/audit/journal/{}", "/units/{}"):
        assert browser.get(path.format(number)).status_code == 404


@pytest.mark.parametrize(
    "asked", ["since=0001-01-01", "until=9999-12-31", "since=9999-12-31&until=0001-01-01"]
)
def test_the_journal_is_asked_for_the_ends_of_the_calendar(app: Flask, session: Session, asked: str) -> None:
    browser = Browser(app.test_client())
    browser.sign_in(make.user(session, Role.AUDITOR, make.PROVINCE).username)
    assert browser.get(f"/audit/journal?{asked}").status_code == 200


@pytest.mark.parametrize("seen", [str(2**31), "9" * 12])
def test_a_page_that_claims_to_have_seen_too_much_is_saved_like_the_newest(
    app: Flask, session: Session, seen: str
) -> None:
    user = make.user(session, Role.TRAINER)
    found = course(session)
    (enrolment,) = enrolled(session, found, 1)
    sitting = sessions_of(session, found.id)[0]
    rows = json.dumps({"rows": [{"id": str(enrolment.id), f"s{sitting.id}": "P"}]})
    marks = json.dumps({"rows": [{"id": str(enrolment.id), "theory": "90"}]})
    browser = Browser(app.test_client())
    browser.sign_in(user.username)
    path = f"/training/courses/{found.id}"
    saved = [
        browser.send(f"{path}/attendance", rows=rows, seen=seen),
        browser.send(f"{path}/assessment", rows=marks, seen=seen, assessed_on=found.ends_on.isoformat()),
    ]
    assert [answer.status_code for answer in saved] == [303, 303]
    assert (rows_of(session, AttendanceEvent), rows_of(session, Assessment)) == (1, 1)


def test_a_draft_that_cannot_exist_is_not_found(session: Session) -> None:
    with pytest.raises(RecordNotFoundError):
        run(SYSTEM, correct_draft, course(session), corrected={}, dropped=[2**31])
