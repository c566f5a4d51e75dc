"""An address with a number that no record can have does not exist, on either engine."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from registry.core.permissions import Role
from tests import factories as make
from tests.accounts import Browser


@pytest.mark.parametrize("number", [2**31, 2**63, 10**40])
def test_a_number_beyond_every_record_is_a_404(app: Flask, session: Session, number: int) -> None:
    browser = Browser(app.test_client())
    browser.sign_in(make.user(session, Role.PROVINCE_ADMIN, make.PROVINCE).username)
    for path in ("/persons/{}", "/courses/{}", "/certificates/{}", "/audit/journal/{}", "/units/{}"):
        assert browser.get(path.format(number)).status_code == 404


@pytest.mark.parametrize("asked", ["since=0001-01-01", "until=9999-12-31", "since=9999-12-31&until=0001-01-01"])
def test_the_journal_is_asked_for_the_ends_of_the_calendar(app: Flask, session: Session, asked: str) -> None:
    browser = Browser(app.test_client())
    browser.sign_in(make.user(session, Role.AUDITOR, make.PROVINCE).username)
    assert browser.get(f"/audit/journal?{asked}").status_code == 200
