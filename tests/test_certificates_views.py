"""The pages of certificates and batches."""

from __future__ import annotations

import re
from io import BytesIO
from secrets import token_hex
from typing import Any

import pytest
from flask import Flask
from pypdf import PdfReader
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.certificates.commands import void_certificate
from registry.certificates.models import Certificate, CertificateBatch
from registry.certificates.queries.batches import holders
from registry.core import clock
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.people import commands as people
from registry.people.models import Person
from tests import factories as make
from tests.accounts import Browser, hidden, text
from tests.certificates import PUBLIC_URL, choose, confirm_address, issue, issued, prepared
from tests.watching import statements


def browser(app: Flask, session: Session, role: Role, unit_code: str = make.NANGUAN) -> Browser:
    """Somebody signed in with a role."""
    opened = Browser(app.test_client())
    opened.sign_in(make.user(session, role, unit_code).username)
    return opened


@pytest.fixture
def approver(app: Flask, session: Session) -> Browser:
    app.config["PUBLIC_URL"] = PUBLIC_URL
    return browser(app, session, Role.CERTIFICATE_APPROVER)


@pytest.fixture
def batch(session: Session) -> CertificateBatch:
    confirm_address()
    return prepared(session, [make.person(session, name="欧阳娜").id, *make.persons(session, 2)])


def total(session: Session) -> int:
    session.rollback()
    return session.execute(select(func.count()).select_from(Certificate)).scalar_one()


def state(session: Session, batch: CertificateBatch) -> str:
    session.rollback()
    session.refresh(batch)
    return batch.state


# Issuing


def test_two_clicks_issue_a_batch(session: Session, approver: Browser, batch: CertificateBatch) -> None:
    home = text(approver.get("/"))
    assert f'href="/certificates/batches/{batch.id}"' in home
    page = text(approver.get(f"/certificates/batches/{batch.id}"))
    action = re.search(r'<form method="post" action="([^"]+/issue)"', page)
    assert action is not None
    answer = approver.send(action[1])
    assert (answer.status_code, answer.location) == (303, f"/certificates/batches/{batch.id}")
    assert state(session, batch) == "issued"
    result = text(approver.get(answer.location))
    assert f"/certificates/batches/{batch.id}/pdf" in result
    assert len(re.findall(r'href="/certificates/\d+/pdf"', result)) == 3
    assert "/issue" not in result


def test_the_same_press_twice_issues_once(
    session: Session, approver: Browser, batch: CertificateBatch
) -> None:
    key = token_hex(16)
    first = approver.send(f"/certificates/batches/{batch.id}/issue", form_key=key)
    second = approver.send(f"/certificates/batches/{batch.id}/issue", form_key=key)
    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    assert total(session) == 3


def test_an_entry_corrected_since_the_page_was_loaded_is_looked_at_again(
    session: Session, approver: Browser, batch: CertificateBatch
) -> None:
    url = f"/certificates/batches/{batch.id}"
    seen = hidden(approver.get(url), "seen")
    (holder, *_rest) = holders(session, batch.id)
    person = session.get_one(Person, holder.person_id)
    run(SYSTEM, people.correct_person, person, entrant=people.Entrant.of("欧阳改名"))
    answer = approver.send(f"{url}/issue", seen=seen)
    assert 'role="alert"' in text(answer)
    assert "欧阳改名" in text(answer)
    assert (state(session, batch), total(session)) == ("prepared", 0)
    assert approver.send(f"{url}/issue", seen=hidden(answer, "seen")).status_code == 303
    assert total(session) == 3


def test_a_second_press_from_another_page_is_told(
    session: Session, approver: Browser, batch: CertificateBatch
) -> None:
    approver.send(f"/certificates/batches/{batch.id}/issue")
    answer = approver.send(f"/certificates/batches/{batch.id}/issue")
    assert answer.status_code == 200
    assert 'role="alert"' in text(answer)
    assert total(session) == 3


@pytest.mark.parametrize(
    ("role", "unit_code", "status"),
    [
        (Role.TRAINER, make.NANGUAN, 403),
        (Role.COUNTY_ADMIN, make.NANGUAN, 403),
        (Role.AUDITOR, make.NANGUAN, 403),
        (Role.SUPERVISOR, make.NANGUAN, 403),
        (Role.CERTIFICATE_APPROVER, make.KUANCHENG, 404),
        (Role.CERTIFICATE_APPROVER, make.YANJI, 404),
        (Role.CERTIFICATE_APPROVER, make.CHANGCHUN, 303),
    ],
)
def test_who_may_press(
    app: Flask, session: Session, batch: CertificateBatch, role: Role, unit_code: str, status: int
) -> None:
    app.config["PUBLIC_URL"] = PUBLIC_URL
    answer = browser(app, session, role, unit_code).send(f"/certificates/batches/{batch.id}/issue")
    assert answer.status_code == status
    assert state(session, batch) == ("issued" if status == 303 else "prepared")


def test_a_trainer_sees_the_batch_without_the_button(
    app: Flask, session: Session, batch: CertificateBatch
) -> None:
    page = text(browser(app, session, Role.TRAINER).get(f"/certificates/batches/{batch.id}"))
    assert "欧阳娜" in page
    assert "/issue" not in page
    assert "/reject" not in page


def test_without_the_address_there_is_a_reason_instead_of_a_button(
    app: Flask, session: Session, approver: Browser, batch: CertificateBatch
) -> None:
    app.config["PUBLIC_URL"] = "https://moved.example.org"
    page = text(approver.get(f"/certificates/batches/{batch.id}"))
    assert "PUBLIC_URL" in page
    assert "/issue" not in page
    answer = approver.send(f"/certificates/batches/{batch.id}/issue")
    assert answer.status_code == 200
    assert total(session) == 0


def test_a_name_that_cannot_be_printed_is_shown_before_issuing(session: Session, approver: Browser) -> None:
    confirm_address()
    batch = prepared(session, [make.person(session, name="王\U0002b740").id])
    page = text(approver.get(f"/certificates/batches/{batch.id}"))
    assert "U+2B740" in page
    assert "/issue" not in page
    answer = approver.send(f"/certificates/batches/{batch.id}/issue")
    assert "U+2B740" in text(answer)
    assert total(session) == 0


def test_demo_data_issue_on_the_address_of_the_page(app: Flask, session: Session) -> None:
    choose("demo", True)
    app.config["PUBLIC_URL"] = ""
    batch = prepared(session, make.persons(session, 1))
    answer = browser(app, session, Role.CERTIFICATE_APPROVER).send(f"/certificates/batches/{batch.id}/issue")
    assert answer.status_code == 303
    session.rollback()
    certificate = session.execute(select(Certificate)).scalar_one()
    assert certificate.snapshot["verify_url"] == f"http://localhost/v/{certificate.token}"
    assert certificate.snapshot["demo"] is True


# Rejecting, voiding, revoking


def test_rejecting_asks_for_a_reason(session: Session, approver: Browser, batch: CertificateBatch) -> None:
    path = f"/certificates/batches/{batch.id}/reject"
    assert approver.get(path).status_code == 200
    assert approver.send(path, reason="").status_code == 200
    assert state(session, batch) == "prepared"
    answer = approver.send(path, reason="学时有误")
    assert (answer.status_code, answer.location) == (303, f"/certificates/batches/{batch.id}")
    assert state(session, batch) == "rejected"
    assert "学时有误" in text(approver.get(answer.location))


def test_voiding_and_revoking(session: Session, approver: Browser) -> None:
    first, second = issued(session, make.persons(session, 2))
    answer = approver.send(
        f"/certificates/{first.id}/revoke",
        ended_on=clock.today().isoformat(),
        reason="考核作弊",
        document="吉红7号",
    )
    assert (answer.status_code, answer.location) == (303, f"/certificates/{first.id}")
    page = text(approver.get(f"/certificates/{first.id}"))
    assert "考核作弊" in page
    assert "吉红7号" in page
    assert "/revoke" not in page
    assert f"/certificates/{first.id}/void" in page
    answer = approver.send(f"/certificates/{second.id}/void", reason="重复录入")
    assert answer.status_code == 303
    page = text(approver.get(f"/certificates/{second.id}"))
    assert "/void" not in page
    assert "重复录入" in page
    session.rollback()
    assert session.get_one(Certificate, second.id).voided_at is not None


def test_a_refusal_keeps_what_was_typed(session: Session, approver: Browser) -> None:
    (certificate,) = issued(session, make.persons(session, 1))
    answer = approver.send(
        f"/certificates/{certificate.id}/revoke", ended_on="2001-01-01", reason="考核作弊", document="吉红7号"
    )
    assert answer.status_code == 200
    assert all(typed in text(answer) for typed in ("2001-01-01", "考核作弊", "吉红7号"))
    session.rollback()
    assert session.get_one(Certificate, certificate.id).ended_on is None


@pytest.mark.parametrize("verb", ["void", "revoke"])
@pytest.mark.parametrize(
    ("role", "unit_code", "status"),
    [
        (Role.TRAINER, make.NANGUAN, 403),
        (Role.COUNTY_ADMIN, make.NANGUAN, 403),
        (Role.CERTIFICATE_APPROVER, make.KUANCHENG, 404),
    ],
)
def test_who_may_not_end_a_certificate(
    app: Flask, session: Session, verb: str, role: Role, unit_code: str, status: int
) -> None:
    (certificate,) = issued(session, make.persons(session, 1))
    opened = browser(app, session, role, unit_code)
    path = f"/certificates/{certificate.id}/{verb}"
    assert opened.get(path).status_code == status
    assert opened.send(path, reason="原因", ended_on=clock.today().isoformat()).status_code == status
    session.rollback()
    stored = session.get_one(Certificate, certificate.id)
    assert (stored.voided_at, stored.ended_on) == (None, None)


# Files


def pages(answer: Any) -> list[str]:
    assert answer.mimetype == "application/pdf"
    assert "no-store" in answer.headers["Cache-Control"]
    return [page.extract_text() for page in PdfReader(BytesIO(answer.get_data())).pages]


def test_one_file_for_the_class_in_the_order_of_the_list(session: Session, approver: Browser) -> None:
    people = [make.person(session, name=name) for name in ("欧阳娜", "김민준", "李䶮")]
    certificates = issued(session, [person.id for person in people])
    answer = approver.get(f"/certificates/batches/{certificates[0].batch_id}/pdf")
    found = pages(answer)
    assert [name in page for name, page in zip(("欧阳娜", "김민준", "李䶮"), found, strict=True)] == [
        True
    ] * 3
    run(SYSTEM, void_certificate, certificates[1], reason="重复录入")
    assert len(pages(approver.get(f"/certificates/batches/{certificates[0].batch_id}/pdf"))) == 2


def test_one_certificate_as_a_file(session: Session, approver: Browser) -> None:
    (certificate,) = issued(session, [make.person(session, name="欧阳娜").id])
    answer = approver.get(f"/certificates/{certificate.id}/pdf")
    (page,) = pages(answer)
    assert certificate.number in page
    assert f"{certificate.number}.pdf" in answer.headers["Content-Disposition"]
    again = approver.get(f"/certificates/{certificate.id}/pdf")
    assert again.get_data() == answer.get_data()


def test_a_void_certificate_has_no_file(session: Session, approver: Browser) -> None:
    (certificate,) = issued(session, make.persons(session, 1))
    run(SYSTEM, void_certificate, certificate, reason="重复录入")
    assert approver.get(f"/certificates/{certificate.id}/pdf").status_code == 400
    assert approver.get(f"/certificates/batches/{certificate.batch_id}/pdf").status_code == 404


# Lists and reach


def test_pages_out_of_reach_do_not_exist(app: Flask, session: Session, batch: CertificateBatch) -> None:
    (certificate,) = issued(session, [make.person(session, name="欧阳娜").id])
    elsewhere = browser(app, session, Role.CERTIFICATE_APPROVER, make.KUANCHENG)
    for path in (
        f"/certificates/{certificate.id}",
        f"/certificates/{certificate.id}/pdf",
        f"/certificates/batches/{batch.id}",
        f"/certificates/batches/{batch.id}/pdf",
    ):
        answer = elsewhere.get(path)
        assert answer.status_code == 404
        assert "欧阳" not in text(answer)
    for path in ("/certificates/", "/certificates/batches", "/certificates/?export=csv"):
        page = text(elsewhere.get(path))
        assert certificate.number not in page
        assert "欧阳" not in page


def test_the_list_is_filtered(session: Session, approver: Browser) -> None:
    first, second = issued(session, make.persons(session, 2))
    run(SYSTEM, void_certificate, second, reason="重复录入")
    own = {"number": first.number.lower(), "state": "valid", "issued_from": clock.today().isoformat()}
    for name, value in own.items():
        page = text(approver.get("/certificates/", query_string={name: value}))
        assert first.number in page
    assert second.number not in text(approver.get("/certificates/?state=valid"))
    assert first.number not in text(approver.get("/certificates/?state=void"))
    assert first.number not in text(approver.get("/certificates/?issued_to=2001-01-01"))
    unit = make.unit(session)
    assert first.number in text(approver.get(f"/certificates/?unit={unit.id}"))
    assert approver.get("/certificates/?unit=x&state=y&issued_from=z&sort=-number&p=9").status_code == 200


def test_an_export_masks_the_holder(session: Session, approver: Browser) -> None:
    (certificate,) = issued(session, [make.person(session, name="欧阳娜娜").id])
    assert "欧阳娜娜" in text(approver.get("/certificates/"))
    exported = approver.get("/certificates/?export=csv").get_data().decode("utf-8-sig")
    assert certificate.number in exported
    assert "欧阳**" in exported
    assert "欧阳娜" not in exported


def test_as_many_statements_for_fifty_rows_as_for_two(
    app: Flask, session: Session, approver: Browser
) -> None:
    def asked_for(path: str) -> int:
        with app.app_context(), statements() as sent:
            assert approver.get(path).status_code == 200
        return len(sent)

    confirm_address()
    small = prepared(session, make.persons(session, 2))
    issue(small)
    few = [asked_for(path) for path in ("/certificates/?n=50", f"/certificates/batches/{small.id}")]
    large = prepared(session, make.persons(session, 50))
    issue(large)
    many = [asked_for(path) for path in ("/certificates/?n=50", f"/certificates/batches/{large.id}")]
    assert many == few


@pytest.mark.parametrize("path", ["/certificates/", "/certificates/batches", "/certificates/1"])
def test_nobody_sees_anything_without_signing_in(app: Flask, path: str) -> None:
    answer = app.test_client().get(path)
    assert answer.status_code in (302, 303)
    assert "/sign-in" in answer.location


def test_reading_writes_nothing(session: Session, approver: Browser) -> None:
    (certificate,) = issued(session, make.persons(session, 1))
    entries = session.connection().exec_driver_sql("SELECT count(*) FROM journal_entry").scalar_one()
    for path in (
        "/certificates/",
        f"/certificates/{certificate.id}",
        f"/certificates/{certificate.id}/pdf",
        f"/certificates/batches/{certificate.batch_id}/pdf",
        f"/v/{certificate.token}",
    ):
        assert approver.get(path).status_code == 200
    session.rollback()
    assert session.connection().exec_driver_sql("SELECT count(*) FROM journal_entry").scalar_one() == entries
