"""Names and numbers that break other programs: form, database, workbook, PDF, verification page, search."""

from __future__ import annotations

import io
import re
import unicodedata
from datetime import date
from typing import Any

import pypdfium2
import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.certificates.models import Certificate
from registry.core.permissions import Role
from registry.core.sheets import read_sheet, write_xlsx
from registry.people.models import Person, PersonIdentifier
from registry.training.models import Enrolment
from tests import certificates, factories, training
from tests.training import Browser, told

DOTTED = "阿卜杜热合曼·麦麦提图尔荪江·阿卜杜克热木江·吐尔逊江"
# What is typed → what is stored, printed and found.
NAMES = {
    "\U00020bb7田": "\U00020bb7田",  # 𠮷, beyond the Basic Multilingual Plane
    "张\u4dae": "张\u4dae",  # 䶮
    "㛃䶮𠅤𫖮": "㛃䶮𠅤𫖮",
    "王㑇䲠": "王㑇䲠",  # level 2 of GB 18030-2022
    "𬍛𬭳": "𬍛𬭳",  # Extension E, level 2
    DOTTED: DOTTED,
    "买买提•吐尔逊": "买买提·吐尔逊",  # a bullet for the dot
    "古丽．阿依": "古丽·阿依",  # a full-width full stop
    "燚": "燚",  # one character
    "王\u200b小\u200d明": "王小明",  # zero-width space and joiner
    "\u202e李\u2066四\u2069": "李四",  # bidirectional controls
    unicodedata.normalize("NFD", "김민준"): "김민준",
    "Jose\u0301 O’Neill": "José O'Neill",
    "欧 阳 娜": "欧阳娜",
    "赵　　六": "赵六",  # ideographic spaces
    "⻩小⻰": "黄小龙",  # radicals out of a PDF
}
REFUSED = {
    "王😀": "😀",
    "李3": "3",
    "\u200b\u200d": "",
    "\ue000国": "E000",
    "<b>王</b>": "<",
    "测" * 61: "60",
}
# What is typed → kind and number as stored.
NUMBERS = {
    "11010519491231002x": ("resident_id", "11010519491231002X"),
    "１１０１０５ 1949-1231 002X": ("resident_id", "11010519491231002X"),
    "110105491231002": ("resident_id", "11010519491231002X"),  # the old 15 digits
    "810000199408230021": ("residence_permit", "810000199408230021"),
    **{
        number: ("residence_permit", number)
        for number in (factories.resident_number(date(1994, 8, 23), 2, area=f"8{n}0000") for n in (2, 3))
    },
    "EA1234567": ("passport", "EA1234567"),
    "H12345678": ("hk_macao_pass", "H12345678"),
}


def trainee(browser: Browser, course: int, name: str, **more: str) -> Any:
    """Enrol one by the form."""
    return browser.submit(f"/training/courses/{course}/enrol/one", name=name, **more)


def test_a_hard_name_comes_through_unchanged(app: Flask, session: Session) -> None:
    browser = Browser(app, session)
    course = training.course(session, capacity=100)
    course_id = course.id
    session.rollback()
    for place, typed in enumerate(NAMES):
        done = trainee(browser, course_id, typed, phone=f"1310000{place:04d}")
        assert done.status_code == 303, (typed, told(done))
    held = select(Person.name).join(Enrolment, Enrolment.person_id == Person.id).order_by(Enrolment.id)
    assert session.execute(held).scalars().all() == list(NAMES.values())
    # The list of people as a workbook and as CSV.
    for kind in ("xlsx", "csv"):
        data = browser.client.get(f"/people/?export={kind}", buffered=True).get_data()
        cells = {row[0].text for row in read_sheet(data, f"a.{kind}").rows[1:]}
        assert cells >= set(NAMES.values()), kind
    # Certificates, page by page.
    people = session.execute(select(Enrolment.person_id).order_by(Enrolment.id)).scalars().all()
    issued = certificates.issued(session, people)
    batch, tokens = issued[0].batch_id, [one.token for one in issued]
    session.rollback()
    document = pypdfium2.PdfDocument(browser.client.get(f"/certificates/batches/{batch}/pdf").get_data())
    for page, name in zip(document, NAMES.values(), strict=True):
        text = page.get_textpage().get_text_bounded().replace("\r\n", "")
        assert name in text, name
    document.close()
    # The verification page knows the name, however it is typed, and no other.
    for token, (typed, name) in zip(tokens, NAMES.items(), strict=True):
        url = f"/v/{token}?lang=en"
        for written in {name, name.replace("·", "•"), name.replace("·", ""), typed}:
            answer = told(browser.submit(url, name=written))
            assert "is not" not in answer, (name, written)
            assert "This is the full name" in answer or "Yes" in answer, (name, written, answer[-600:])
    assert session.execute(select(Certificate.id)).scalars().all()


def found_by(browser: Browser, text: str) -> str:
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/profile"))
    assert token
    return told(browser.client.post("/search", data={"csrf_token": token[1], "q": text}))


def test_search_finds_them(app: Flask, session: Session) -> None:
    for name in dict.fromkeys(NAMES.values()):
        factories.person(session, name=name)
    browser = Browser(app, session)
    for typed, name in NAMES.items():
        undotted = name.replace("·", "")
        for text in {name, typed, name[:1], name[:2], name.replace("·", "•"), undotted, undotted[:7]}:
            assert name in found_by(browser, text).replace(f"“{text}”", ""), (name, text)


@pytest.mark.parametrize("name", REFUSED, ids=ascii)
def test_what_is_no_name_is_refused_and_kept_on_the_page(app: Flask, session: Session, name: str) -> None:
    browser = Browser(app, session)
    course_id = training.course(session).id
    people = training.rows_of(session, Person)
    session.rollback()
    page = trainee(browser, course_id, name)
    assert page.status_code == 200
    assert REFUSED[name] in told(page)
    assert training.rows_of(session, Person) == people


@pytest.mark.parametrize("typed", NUMBERS, ids=ascii)
def test_a_document_number_comes_through(app: Flask, session: Session, typed: str) -> None:
    """In the form, in a list, by search: one number is one person, however it is written."""
    kind, number = NUMBERS[typed]
    browser = Browser(app, session)
    one, other = training.course(session).id, training.course(session).id
    session.rollback()
    assert trainee(browser, one, "王小明", document_number=typed).status_code == 303
    stored = session.execute(select(PersonIdentifier)).scalar_one()
    assert (stored.kind, stored.value) == (kind, number)
    session.rollback()
    file = io.BytesIO()
    write_xlsx(file, ["姓名", "身份证号"], [["王小明", typed]])
    file.seek(0)
    filled = browser.fill(f"/training/courses/{other}/enrol", file=(file, "名单.xlsx"))
    done = browser.post(
        f"/training/courses/{other}/enrol", filled, to=f"/training/courses/{other}/enrol/file"
    )
    assert done.status_code == 303, told(done)
    assert training.rows_of(session, PersonIdentifier) == 1
    assert "王*明" in found_by(browser, typed)


@pytest.mark.parametrize("role", [Role.TRAINER])
def test_a_wrong_check_digit_is_not_taken_for_another_kind(app: Flask, session: Session, role: Role) -> None:
    browser = Browser(app, session, role)
    course_id = training.course(session).id
    session.rollback()
    for wrong in ("110105194912310021", "810000199408230022"):
        assert trainee(browser, course_id, "王小明", document_number=wrong).status_code == 200
    assert training.rows_of(session, PersonIdentifier) == 0
