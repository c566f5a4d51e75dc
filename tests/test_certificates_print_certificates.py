"""One PDF of certificates chosen in the list."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from pypdf import PdfReader
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.certificates.commands import revoke_certificate, void_certificate
from registry.certificates.models import Certificate
from registry.certificates.views import printing
from registry.core import clock
from registry.core.journal import JournalEntry
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run
from tests import factories as make
from tests.accounts import Browser, text
from tests.certificates import issued
from tests.training import told

PRINT = "/certificates/print"
LIST = "/certificates/"


def reader(app: Flask, session: Session, role: Role = Role.TRAINER, unit_code: str = make.NANGUAN) -> Browser:
    """Somebody signed in with a role, who reads English."""
    browser = Browser(app.test_client())
    browser.sign_in(make.user(session, role, unit_code).username)
    browser.send("/language", language="en")
    return browser


def some(session: Session, count: int, **more: Any) -> list[Certificate]:
    """Certificates of new persons, in the order of their numbers."""
    return issued(session, make.persons(session, count), **more)


def pages(answer: Any) -> list[str]:
    """The text of each page of a PDF."""
    assert answer.mimetype == "application/pdf", text(answer)
    return [page.extract_text() for page in PdfReader(BytesIO(answer.get_data())).pages]


def entries(session: Session) -> int:
    session.rollback()
    return session.execute(select(func.count()).select_from(JournalEntry)).scalar_one()


def test_the_selected_are_one_file_in_the_order_of_their_numbers(app: Flask, session: Session) -> None:
    first, second, third = some(session, 3)
    browser = reader(app, session)
    before = entries(session)
    answer = browser.send(PRINT, ids=[third.id, first.id])
    assert answer.status_code == 200
    found = pages(answer)
    assert [number in page for number, page in zip((first.number, third.number), found, strict=True)] == [
        True,
        True,
    ]
    assert second.number not in "".join(found)
    assert f"{first.number}-{third.number}.pdf" in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    # Reading is no write: the file leaves no entry, and may be asked for again.
    assert entries(session) == before
    assert pages(browser.send(PRINT, ids=[third.id, first.id])) == found


def test_the_button_stands_in_the_list(app: Flask, session: Session) -> None:
    some(session, 1)
    page = text(reader(app, session, Role.AUDITOR).get(LIST))
    assert f'formaction="{PRINT}"' in page
    assert 'name="ids"' in page


def test_all_rows_of_the_filters(app: Flask, session: Session) -> None:
    kept = some(session, 2)
    (other,) = some(session, 1, credential_code="cpr_aed")
    browser = reader(app, session)
    kind = str(kept[0].credential_type_id)
    found = pages(browser.send(PRINT, all="1", query=f"credential_type={kind}&sort=issued_on"))
    assert len(found) == 2
    assert other.number not in "".join(found)


def test_what_has_no_pdf_is_named_first_and_left_out_on_demand(app: Flask, session: Session) -> None:
    good, void, revoked = some(session, 3)
    run(SYSTEM, void_certificate, void, reason="重复录入")
    run(SYSTEM, revoke_certificate, revoked, ended_on=clock.today(), reason="考核作弊")
    browser = reader(app, session)
    ids = [good.id, void.id, revoked.id]
    answer = browser.send(PRINT, ids=ids, query="sort=issued_on&nonsense=1")
    assert answer.mimetype == "text/html"
    page = told(answer)
    assert "2 of the selected certificates have no PDF" in page
    assert "Nothing was printed yet" in page
    assert all(number in page for number in (void.number, revoked.number))
    assert good.number not in page
    assert 'value="sort=issued_on"' in text(answer)
    found = pages(browser.send(PRINT, ids=[*ids], rest="leave_out"))
    assert len(found) == 1
    assert good.number in found[0]


def test_none_of_them_has_a_pdf(app: Flask, session: Session) -> None:
    (void,) = some(session, 1)
    run(SYSTEM, void_certificate, void, reason="重复录入")
    browser = reader(app, session)
    for rest in ("", "leave_out"):
        answer = browser.send(PRINT, ids=void.id, rest=rest)
        assert answer.mimetype == "text/html"
        assert "data-main" not in text(answer)


def test_an_expired_certificate_is_still_printed(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    (certificate,) = some(session, 1)
    browser = reader(app, session)
    assert certificate.valid_until is not None
    monkeypatch.setattr(clock, "today", lambda: date(2100, 1, 1))
    assert len(pages(browser.send(PRINT, ids=certificate.id))) == 1


def test_nothing_selected(app: Flask, session: Session) -> None:
    some(session, 1)
    browser = reader(app, session)
    answer = browser.send(PRINT, query="state=valid")
    assert (answer.status_code, answer.location) == (303, f"{LIST}?state=valid")
    assert "No certificate is selected. Nothing was printed" in told(browser.get(answer.location))


def test_more_than_fit_into_one_file(app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printing, "MOST_PAGES", 2)
    some(session, 3)
    browser = reader(app, session)
    answer = browser.send(PRINT, all="1", query="")
    assert (answer.status_code, answer.location) == (303, LIST)
    assert "At most 2 certificates fit into one file. Nothing was printed" in told(browser.get(LIST))


def test_certificates_of_other_units_do_not_exist(app: Flask, session: Session) -> None:
    (own,) = some(session, 1)
    (other,) = some(session, 1, unit_code=make.YANJI)
    browser = reader(app, session)
    found = pages(browser.send(PRINT, ids=[own.id, other.id]))
    assert len(found) == 1
    assert other.number not in found[0]
    assert browser.send(PRINT, ids=other.id).status_code == 404
    assert len(pages(browser.send(PRINT, all="1", query=""))) == 1


@pytest.mark.parametrize("ids", ["x", "-1", "9" * 40, "１"])
def test_what_is_no_number_selects_nothing(app: Flask, session: Session, ids: str) -> None:
    some(session, 1)
    assert reader(app, session).send(PRINT, ids=ids).status_code == 303


def test_a_role_without_certificates_may_not(app: Flask, session: Session) -> None:
    (certificate,) = some(session, 1)
    for role in (Role.SUPERVISOR, Role.WAREHOUSE_KEEPER):
        assert reader(app, session, role).send(PRINT, ids=certificate.id).status_code == 403


def test_an_address_out_of_the_history_leads_to_the_list(app: Flask, session: Session) -> None:
    answer = reader(app, session).get(PRINT)
    assert (answer.status_code, answer.location) == (303, LIST)
