"""Job 2: attendance, results and certificates of forty in twelve clicks. Job 3: anyone verifies one."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import zxingcpp
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.certificates.models import Certificate
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.people.models import PersonIdentifier
from registry.training import commands
from registry.training.queries.courses import sessions_of
from registry.training.roster import RosterEntry
from tests import certificates, training
from tests import factories as make
from tests.browser.conftest import LANGUAGES, NARROW, WIDE, OpenWindow
from tests.browser.counter import Window

pytestmark = pytest.mark.browser

HOLDER = "欧阳娜娜"
KIB = 1024


@pytest.fixture
def course(app: Flask, session: Session) -> Any:
    """A course of forty that has taken place; nothing of it is recorded yet."""
    app.config["PUBLIC_URL"] = certificates.PUBLIC_URL
    certificates.confirm_address()
    found = training.course(session, capacity=40)
    people = [make.entrant(HOLDER if n == 4 else None) for n in range(1, 41)]
    entries = [RosterEntry(n, entrant) for n, entrant in enumerate(people, start=1)]
    run(SYSTEM, commands.enrol, found, entries=entries, source="grid")
    return found


def cell(row: int, column: int) -> str:
    """The control in a cell of the grid; rows count from 1, columns from 0, the name being column 0."""
    return f"[data-grid] tbody tr:nth-child({row}) [data-c='{column}']"


def pdf_of(window: Window, link: str) -> bytes:
    """The file that a link downloads."""
    with window.page.expect_download() as download:
        window.click(link)
    return Path(download.value.path()).read_bytes()


def code_on(page: pypdfium2.PdfPage) -> str:
    """The text of the one QR code printed on a page, read as a camera does."""
    (code,) = zxingcpp.read_barcodes(page.render(scale=3).to_pil())
    return str(code.text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_class_of_forty_gets_its_certificates(
    session: Session, open_window: OpenWindow, course: Any, language: str
) -> None:
    sittings = len(list(sessions_of(session, course.id)))
    trainer = open_window(make.user(session, Role.TRAINER), language)
    trainer.open(f"/training/courses/{course.id}")
    trainer.start_counting()

    # Attendance: number 1 was never there.
    trainer.follow("a[data-key=n]")
    trainer.click(cell(1, 1))
    for _sitting in range(sittings):
        trainer.press("a")
        trainer.press("ArrowUp")
        trainer.press("ArrowRight")
    trainer.follow("[data-main]")
    # Results: a column of scores from a spreadsheet, in which number 2 failed; number 3 failed an item.
    trainer.copy("\r\n".join(["", "52", *["88"] * 38]))
    trainer.click(cell(1, 1))
    trainer.paste()
    trainer.click(cell(3, 2))
    trainer.press("f")
    trainer.follow("[data-main]")
    # Closing: who does not get a certificate, and why.
    refused = trainer.page.locator("main table").first.locator("tbody tr")
    assert refused.count() == 3
    reasons = [row.locator("td, th").nth(2).inner_text() for row in refused.all()]
    assert len(set(reasons)) == 3
    assert all(reasons)
    trainer.click("[name=attested]")
    trainer.follow("[data-main]")

    assert trainer.clicks <= 12
    assert trainer.loads <= 4
    assert trainer.page.url.endswith(f"/training/courses/{course.id}")

    approver = open_window(make.user(session, Role.CERTIFICATE_APPROVER), language)
    approver.open("/")
    approver.start_counting()
    approver.follow("a[href*='/certificates/batches/']")
    approver.follow("button[data-key=n]")
    assert approver.clicks == 2
    assert approver.loads == 2
    session.rollback()
    issued = list(session.execute(select(Certificate)).scalars())
    assert len(issued) == 37
    assert len({certificate.number for certificate in issued}) == 37

    with closing(pypdfium2.PdfDocument(pdf_of(approver, "main a[href*='/batches/'][href$='/pdf']"))) as file:
        assert len(file) == 37
        codes = {code_on(file[n]) for n in (0, 18, 36)}
    tokens = {f"{certificates.PUBLIC_URL}/v/{certificate.token}" for certificate in issued}
    assert len(codes & tokens) == 3


@pytest.mark.sqlite_only
def test_a_certificate_is_verified_from_its_printed_code(
    app: Flask, session: Session, open_window: OpenWindow
) -> None:
    person = make.person(session, name=HOLDER)
    (certificate,) = certificates.issued(session, [person.id])
    number = certificate.number
    keeper = open_window(make.user(session, Role.TRAINER))
    keeper.open(f"/certificates/{certificate.id}")
    with closing(pypdfium2.PdfDocument(pdf_of(keeper, "main a[href$='/pdf']"))) as file:
        address = code_on(file[0])
    assert address.startswith(certificates.PUBLIC_URL + "/v/")
    path = address.removeprefix(certificates.PUBLIC_URL)

    for language, valid in (("zh_CN", "有效"), ("en", "Valid")):
        for viewport in (WIDE, NARROW):
            visitor = open_window(None, language, viewport)
            weight = visitor.open(path)
            told = visitor.text("body")
            assert valid in told
            assert number in told
            assert "欧阳" in told
            assert HOLDER not in visitor.page.content()
            assert not any(digits in visitor.page.content() for digits in document_numbers(session))
            assert weight.total <= 25 * KIB, weight
            assert visitor.page.locator("script").count() == 0
            assert visitor.overflow() <= 0


def document_numbers(session: Session) -> list[str]:
    """Every document number that is registered."""
    session.rollback()
    numbers = [found.value for found in session.execute(select(PersonIdentifier)).scalars()]
    assert numbers
    return numbers
