"""Text that spreadsheets take for formulas goes in by lists and out by exports: it stays text, unchanged."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.certificates.commands import void_certificate
from registry.certificates.models import CertificateBatch
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.sheets import read_sheet, write_csv, write_xlsx
from registry.core.write import run, write
from registry.people.models import Person
from registry.training.models import Enrolment, RosterDraft
from tests import certificates, factories, training
from tests.endpoints import Reader
from tests.imports import count, imported, importer, places, reasons

# Refused in lists, naming the cell; what was typed into a form may be exported all the same.
FORMULAS = ("=1+1", '=HYPERLINK("http://x.example","赢")', "=cmd|' /C calc'!A0", '=1;2,3"4')
TEXTS = (
    "+8613800001234",
    "-1+2",
    "@SUM(A1:A9)",
    "'=1",
    "＝1+1",
    "%0A=1",
    "''-1",
)
HOSTILE = (*FORMULAS, *TEXTS)
LISTS = ("/people/", "/training/courses", "/users", "/audit/journal", "/certificates/batches")
LIVE = ("=", "+", "-", "@", "\t", "\r", "＝")


def cells_of(data: bytes, kind: str) -> list[str]:
    """The cells of an export as somebody reads them who opens it; none of them may be live."""
    if kind == "csv":
        rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
        assert not [cell for row in rows for cell in row if cell.startswith(LIVE)]
    else:
        with zipfile.ZipFile(io.BytesIO(data)) as book:
            parts = {name: book.read(name).decode("utf-8") for name in book.namelist()}
        sheet = parts["xl/worksheets/sheet1.xml"]
        assert "<f>" not in sheet
        assert "<f " not in sheet
        assert "<hyperlink" not in sheet
        assert not [name for name in parts if "externalLink" in name or "vba" in name]
    return [cell.text for row in read_sheet(data, f"list.{kind}").rows for cell in row]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_exports_of_every_list_are_dead_and_unchanged(app: Flask, session: Session, kind: str) -> None:
    for place, text in enumerate(HOSTILE):
        person = factories.person(session, employer=text)
        training.course(session, title=text, capacity=place + 1)
        user = factories.user(session)
        with write("test.rename", SYSTEM) as w:
            w.session.merge(user).name = text
        (certificate,) = certificates.issued(session, [person.id])
        with write("test.rename", SYSTEM) as w:
            batch = w.session.get_one(CertificateBatch, certificate.batch_id)
            batch.title = text
        run(SYSTEM, void_certificate, certificate, reason=text)
    session.rollback()
    roles = (Role.COUNTY_ADMIN, Role.TRAINER, Role.AUDITOR)
    reader = Reader(app, session, roles, factories.NANGUAN)
    everything = Reader(app, session, (Role.PROVINCE_ADMIN, Role.AUDITOR), factories.PROVINCE)
    for url in LISTS:
        asking = everything if url == "/audit/journal" else reader
        answer = asking.client.get(f"{url}?export={kind}", buffered=True)
        found = cells_of(answer.get_data(), kind)
        assert [text for text in HOSTILE if text not in found] == [], url


def list_of(texts: Sequence[str], kind: str, folder: Path) -> Path:
    """A list of people whose employers are these texts."""
    told = ["姓名", "手机", "工作单位", "所属红十字会"]
    names = "甲乙丙丁戊己庚辛壬癸"
    lines = [[f"王{names[n]}", f"1310000{n:04d}", text, "220102"] for n, text in enumerate(texts)]
    data = io.BytesIO()
    if kind == "csv":
        data.writelines(write_csv(told, lines))
    else:
        write_xlsx(data, told, lines)
    file = folder / f"{len(list(folder.iterdir()))}.{kind}"
    file.write_bytes(data.getvalue())
    return file


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_list_comes_back_as_it_went_in(app: Flask, session: Session, tmp_path: Path, kind: str) -> None:
    """Written, imported, exported, written again, imported again: the same texts, no quote more."""
    username = importer(session)
    assert imported(app, "people", list_of(TEXTS, kind, tmp_path), username)["saved"] == len(TEXTS)
    session.rollback()
    held = select(Person.employer).order_by(Person.id)
    assert session.execute(held).scalars().all() == list(TEXTS)
    session.rollback()
    reader = Reader(app, session, (Role.COUNTY_ADMIN,), factories.NANGUAN)
    exported = reader.client.get(f"/people/?export={kind}&sort=id", buffered=True).get_data()
    out = [text for text in cells_of(exported, kind) if text in TEXTS]
    assert sorted(out) == sorted(TEXTS)
    again = list_of(TEXTS, kind, tmp_path)
    assert imported(app, "people", again, username)["known"] == len(TEXTS)
    session.rollback()
    assert session.execute(held).scalars().all() == list(TEXTS)


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_formula_in_a_list_is_refused_naming_its_cell(
    app: Flask, session: Session, tmp_path: Path, kind: str
) -> None:
    username = importer(session)
    report = imported(app, "people", list_of(FORMULAS, kind, tmp_path), username)
    assert places(report) == [(row, "工作单位") for row in range(2, len(FORMULAS) + 2)]
    assert set(reasons(report).splitlines()) == {"This cell holds a formula; paste it as a value."}
    assert count(session, Person) == 0


def test_text_in_a_class_list_stays_as_typed(app: Flask, session: Session) -> None:
    """Pasted into the grid, uploaded as a file, kept as a draft."""
    browser = training.Browser(app, session)
    course = training.course(session, capacity=100).id
    session.rollback()
    url = f"/training/courses/{course}/enrol"
    assert browser.submit(url, [training.row(employer=text) for text in TEXTS]).status_code == 303
    file = io.BytesIO()
    rows = [training.row(employer=text) for text in TEXTS]
    told = ["姓名", "身份证号", "工作单位"]
    write_xlsx(file, told, [[row["name"], row["document_number"], row["employer"]] for row in rows])
    file.seek(0)
    filled = browser.fill(url, file=(file, "名单.xlsx"))
    assert browser.post(url, filled, to=f"{url}/file").status_code == 303
    drafts = [{"name": "", "employer": text} for text in HOSTILE]
    assert browser.submit(url, drafts, rest="drafts").status_code == 303
    session.rollback()
    stored = session.execute(select(Enrolment.employer).order_by(Enrolment.id)).scalars().all()
    assert stored == [*TEXTS, *TEXTS]
    kept = session.execute(select(RosterDraft).order_by(RosterDraft.id)).scalars().all()
    assert [draft.values["employer"] for draft in kept] == list(HOSTILE)
    answer = browser.client.get(f"/training/courses/{course}/roster_template", buffered=True)
    cells_of(answer.get_data(), "xlsx")
