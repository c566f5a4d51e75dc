"""Staff admit volunteers: one by a form, many by a pasted list or a file."""

from __future__ import annotations

import io
import json
from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.people.models import Person
from registry.volunteers.commands.periods import change_period
from registry.volunteers.imports_volunteers import check_volunteers, read_fields
from registry.volunteers.models import Volunteer, VolunteerPeriod
from tests import factories as make
from tests import volunteers as makers
from tests.endpoints import Reader
from tests.filled import Filled, typed_into
from tests.imports import count
from tests.training import row as line
from tests.watching import last_entry, statements

MINOR = make.resident_number(clock.add_months(clock.today(), -12 * 16), 9)


@pytest.fixture
def reader(app: Flask, session: Session) -> Reader:
    found = Reader(app, session, [Role.VOLUNTEER_COORDINATOR], make.NANGUAN)
    session.rollback()
    return found


def text_of(answer: Any) -> str:
    return str(answer.get_data(as_text=True))


def send(reader: Reader, path: str, action: str = "", **fields: Any) -> Any:
    """Open a page, fill its form in, and send it."""
    page = text_of(reader.client.get(path))
    sent = typed_into(page, Filled(path, fields, action=action))
    return reader.client.post(action or path, data=sent, buffered=True)


def paste(reader: Reader, *rows: dict[str, str], **more: str) -> Any:
    return send(
        reader, "/volunteers/add-list", "/volunteers/add-list", rows=json.dumps({"rows": rows}), **more
    )


def upload(reader: Reader, *lines: str, header: str = "姓名,身份证号,手机") -> Any:
    content = "\n".join([header, *lines]).encode()
    return send(
        reader, "/volunteers/add-list", "/volunteers/add-list/file", file=(io.BytesIO(content), "名单.csv")
    )


def cells(row: dict[str, str]) -> str:
    return f"{row['name']},{row['document_number']},{row['phone']}"


def only_volunteer(session: Session) -> Volunteer:
    session.rollback()
    return session.execute(select(Volunteer)).scalar_one()


# One


def test_one_volunteer_by_a_form(session: Session, reader: Reader) -> None:
    told = {**line(), "field": "rescue", "starts_on": "2025-03-01"}
    answer = send(reader, "/volunteers/add", **told)
    assert answer.status_code == 303
    volunteer = only_volunteer(session)
    assert (volunteer.source, volunteer.fields) == ("staff", ["rescue"])
    assert volunteer.unit_id == make.unit(session).id
    assert makers.periods(session, volunteer)[0].starts_on.isoformat() == "2025-03-01"
    entry = last_entry(session)
    assert (entry.action, entry.unit_id) == ("volunteers.add_volunteers", volunteer.unit_id)
    assert reader.client.get(answer.location).status_code == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("document_number", "220102199001011234"),
        ("phone", "12345"),
        ("starts_on", "2999-01-01"),
        ("starts_on", "soon"),
        ("guardian_name", "王芳"),
        ("birth_on", "1900-01-01"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(session: Session, reader: Reader, field: str, value: str) -> None:
    told = {**line(), field: value}
    page = text_of(send(reader, "/volunteers/add", **told))
    place = "guardian_phone" if field == "guardian_name" else field
    assert f'id="{place}-error"' in page
    assert all(kept in page for kept in told.values())
    assert count(session, Volunteer) == 0


def test_a_minor_needs_a_guardian(session: Session, reader: Reader) -> None:
    told = line(number=MINOR)
    assert 'id="guardian_name-error"' in text_of(send(reader, "/volunteers/add", **told))
    guardian = {"guardian_name": "王芳", "guardian_phone": "13800000001"}
    assert send(reader, "/volunteers/add", **told, **guardian).status_code == 303
    volunteer = only_volunteer(session)
    assert volunteer.guardian_name == "王芳"
    assert volunteer.guardian_consent_on == clock.today()


def test_a_number_of_somebody_else_is_refused(session: Session, reader: Reader) -> None:
    known = make.entrant("王伟")
    makers.volunteers(session, 1, entrant=known)
    assert known.document is not None
    session.rollback()
    page = text_of(send(reader, "/volunteers/add", **line("赵敏", known.document.number)))
    assert 'id="document_number-error"' in page
    assert "王*" in page
    assert "王伟" not in page
    assert count(session, Volunteer) == 1


def test_a_unit_out_of_reach_is_no_choice(session: Session, reader: Reader) -> None:
    elsewhere = str(make.unit(session, make.KUANCHENG).id)
    session.rollback()
    assert send(reader, "/volunteers/add", **line(), unit=elsewhere).status_code == 200
    assert paste(reader, line(), unit=elsewhere).status_code == 200
    assert count(session, Volunteer) == 0


def test_who_is_a_volunteer_already_is_said_wherever_they_are(session: Session, reader: Reader) -> None:
    known = make.entrant(serial=13)
    makers.volunteers(session, 1, make.KUANCHENG, entrant=known)
    assert known.document is not None
    session.rollback()
    answer = send(reader, "/volunteers/add", **line(known.name, known.document.number))
    assert "already=1" in answer.location
    assert reader.client.get(answer.location).status_code == 200
    assert count(session, Volunteer) == 1


# A list


def test_a_pasted_list_tells_who_is_new_and_who_was_known(session: Session, reader: Reader) -> None:
    left, known = make.entrant(serial=11), make.entrant(serial=12)
    gone = makers.volunteers(session, 1, entrant=left)[0]
    makers.volunteers(session, 1, entrant=known)
    run(SYSTEM, change_period, gone, kind="left", starts_on=date(2025, 1, 1), reason="迁居外地")
    rows = []
    for one in (left, known):
        assert one.document is not None
        rows.append(line(one.name, one.document.number))
    answer = paste(reader, line(), *rows, line())
    assert answer.status_code == 303
    assert "new=2" in answer.location
    assert "returned=1" in answer.location
    assert "already=1" in answer.location
    assert reader.client.get(answer.location).status_code == 200
    assert count(session, Volunteer) == 4
    assert [p.kind for p in makers.periods(session, gone)] == ["enrolled", "left", "enrolled"]


def test_every_error_is_at_its_cell_and_nobody_is_admitted(session: Session, reader: Reader) -> None:
    make.person(session, name="王伟", serial=21)
    other = make.entrant(serial=21).document
    assert other is not None
    session.rollback()
    twice = line()
    rows = [
        line(),
        line(number="220102199001011234"),
        {**line(), "phone": "1"},
        line("赵敏", other.number),
        line(number=MINOR),
        {**line(), "field": "飞行"},
        {**line(), "starts_on": "2999-01-01"},
        twice,
        twice,
    ]
    page = text_of(paste(reader, *rows))
    checked = check_volunteers(session, rows, clock.today())
    assert [(error.row, error.column) for error in checked.errors] == [
        (2, "document_number"),
        (3, "phone"),
        (4, "document_number"),
        (5, "guardian_name"),
        (6, "field"),
        (7, "starts_on"),
        (9, None),
    ]
    assert page.count("data-grid-go") == 7
    assert count(session, Volunteer) == 0
    assert count(session, Person) == 1


def test_an_empty_list_is_said(session: Session, reader: Reader) -> None:
    assert 'role="alert"' in text_of(paste(reader))
    assert count(session, Volunteer) == 0


def test_a_return_before_the_leaving_is_said_at_its_cell(session: Session) -> None:
    someone = make.entrant(serial=31)
    gone = makers.volunteers(session, 1, entrant=someone)[0]
    run(SYSTEM, change_period, gone, kind="left", starts_on=date(2025, 5, 1), reason="迁居外地")
    assert someone.document is not None
    row = {**line(someone.name, someone.document.number), "starts_on": "2025-05-01"}
    (error,) = check_volunteers(session, [row], clock.today()).errors
    assert (error.column, error.message.params) == ("starts_on", {"day": "2025-05-01"})
    row["starts_on"] = "2025-05-02"
    assert check_volunteers(session, [row], clock.today()).errors == []


# A file


def test_a_file_is_taken_in_once(session: Session, reader: Reader) -> None:
    lines = [cells(line()), cells(line())]
    assert "new=2" in upload(reader, *lines).location
    again = upload(reader, *lines)
    assert "new=0" in again.location
    assert "already=2" in again.location
    assert count(session, Volunteer) == count(session, VolunteerPeriod) == 2


def test_a_file_with_an_error_opens_in_the_grid(session: Session, reader: Reader) -> None:
    good = line()
    page = text_of(upload(reader, cells(good), cells({**line(), "document_number": "1"})))
    assert good["name"] in page
    assert "data-grid-go" in page
    assert count(session, Volunteer) == 0


def test_a_file_that_is_none_is_said(session: Session, reader: Reader) -> None:
    assert 'id="file-error"' in text_of(upload(reader, header="x,y"))
    assert count(session, Volunteer) == 0


def test_the_number_of_statements_of_the_check_does_not_depend_on_the_list(session: Session) -> None:
    session.rollback()
    check_volunteers(session, [line()], clock.today())  # Which begins the transaction.
    with statements() as few:
        check_volunteers(session, [line() for _ in range(3)], clock.today())
    with statements() as many:
        check_volunteers(session, [line() for _ in range(60)], clock.today())
    assert len(few) == len(many)


def test_fields_are_read_as_they_are_written() -> None:
    assert read_fields("应急救援救护、社区; youth") == ("rescue", "community", "youth")
    assert read_fields("献血，献血") == ("blood",)
    assert read_fields("") == ()
