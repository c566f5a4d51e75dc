"""`flask import people`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.errors import RecordNotFoundError
from registry.core.imports import ListRefusedError
from registry.core.journal import JournalEntry
from registry.core.permissions import Role
from registry.core.write import run
from registry.people.imports import PersonRow, import_people, read_person_row
from registry.people.models import Person, PersonReach
from tests import factories as make
from tests.imports import count, csv_file, entries, imported, importer, places, reasons, xlsx_file
from tests.watching import statements

HEADER = ["序号", "姓名", "性别", "文化程度", "年龄", "职业", "身份证号", "手机", "工作单位", "备注"]


def line(serial: int, name: str = "", number: str | None = None, **more: str) -> list[str]:
    """A row of a list of persons; every third has no phone."""
    someone = make.entrant(name or None, serial=serial)
    assert someone.document is not None
    phone = "" if serial % 3 else f"138{serial:08}"
    told = {"phone": phone, "employer": "第一中学" if serial % 2 else "", **more}
    number = someone.document.number if number is None else number
    return ["", someone.name, "", "", "", "", number, told["phone"], told["employer"], "x"]


def test_people_are_registered_at_home_in_the_unit(app: Flask, session: Session, tmp_path: Path) -> None:
    name = importer(session)
    file = xlsx_file(tmp_path, ["红十字会名单"], HEADER, line(1), line(2), line(3))
    told = imported(app, "people", file, name, "--unit", make.NANGUAN)
    assert (told["rows"], told["saved"], told["known"], told["errors"]) == (3, 3, 0, [])
    session.rollback()
    people = session.execute(select(Person).order_by(Person.id)).scalars().all()
    home = make.unit(session).id
    assert [person.name for person in people] == [make.entrant(serial=n).name for n in (1, 2, 3)]
    assert {person.home_unit_id for person in people} == {home}
    assert people[2].phone == "13800000003"
    assert count(session, PersonReach) == 3
    assert session.execute(
        select(JournalEntry.action).order_by(JournalEntry.seq.desc())
    ).scalars().first() == ("people.import_people")


def test_the_same_file_again_has_no_effect(app: Flask, session: Session, tmp_path: Path) -> None:
    name = importer(session)
    file = xlsx_file(tmp_path, HEADER, line(1), line(2), line(3, number=""))
    assert imported(app, "people", file, name, "--unit", make.NANGUAN)["saved"] == 3
    told = imported(app, "people", file, name, "--unit", make.NANGUAN)
    assert (told["saved"], told["known"], told["errors"]) == (0, 3, [])
    assert count(session, Person) == 3


def test_a_known_person_comes_within_reach_of_the_unit(app: Flask, session: Session, tmp_path: Path) -> None:
    known = make.person(session, make.KUANCHENG, serial=5)
    told = imported(
        app, "people", xlsx_file(tmp_path, HEADER, line(5)), importer(session), "--unit", make.NANGUAN
    )
    assert (told["saved"], told["known"]) == (0, 1)
    session.rollback()
    reach = select(PersonReach.unit_id).where(PersonReach.person_id == known.id)
    assert set(session.execute(reach).scalars()) == {
        make.unit(session, make.KUANCHENG).id,
        make.unit(session).id,
    }


def test_the_unit_column_takes_codes_former_codes_and_names(
    app: Flask, session: Session, tmp_path: Path
) -> None:
    name = importer(session, Role.PREFECTURE_ADMIN, make.CHANGCHUN)
    units = [
        "220102",
        "宽城区",
        "长春市宽城区",
        "吉林省长春市",
        "220381",
        "南关区红十字会",
        "Nanguan District",
    ]
    rows = [["姓名", "身份证号", "所属红十字会"]]
    rows += [[*line(n)[1:2], line(n)[6], unit] for n, unit in enumerate(units, start=1)]
    told = imported(app, "people", csv_file(tmp_path, *rows), name)
    assert told["errors"] == []
    session.rollback()
    homes = session.execute(select(Person.home_unit_id).order_by(Person.id)).scalars().all()
    expected = {"220102": 3, "220103": 2, "220100": 1, "220184": 1}
    assert {code: homes.count(make.unit(session, code).id) for code in expected} == expected


@pytest.mark.sqlite_only
def test_a_unit_out_of_reach_is_unknown(app: Flask, session: Session, tmp_path: Path) -> None:
    rows = [
        ["姓名", "身份证号", "所属红十字会"],
        [line(1)[1], line(1)[6], "宽城区"],
        [line(2)[1], line(2)[6], ""],
    ]
    told = imported(app, "people", csv_file(tmp_path, *rows), importer(session))
    assert places(told) == [(2, "所属红十字会"), (3, "所属红十字会")]
    assert "No unit within your reach" in reasons(told)
    assert count(session, Person) == 0


def test_nothing_is_saved_when_one_number_is_known_under_another_name(
    app: Flask, session: Session, tmp_path: Path
) -> None:
    make.person(session, name="王伟", serial=1)
    make.person(session, name="李娜", serial=2)
    file = xlsx_file(tmp_path, HEADER, line(3), line(1, "赵敏"), line(2, "钱强"))
    told = imported(app, "people", file, importer(session), "--unit", make.NANGUAN)
    assert places(told) == [(3, "身份证号"), (4, "身份证号")]
    assert "王*" in reasons(told)
    assert "王伟" not in reasons(told)
    assert count(session, Person) == 2


@pytest.mark.sqlite_only
def test_rows_that_contradict_each_other_are_refused(app: Flask, session: Session, tmp_path: Path) -> None:
    number = line(1)[6]
    file = xlsx_file(tmp_path, HEADER, line(1, "王伟"), line(2, "李娜", number), line(3, "王伟", number))
    told = imported(app, "people", file, importer(session), "--unit", make.NANGUAN)
    assert places(told) == [(2, "身份证号"), (3, "身份证号"), (4, None)]
    assert "Row 2 names the same person" in reasons(told)


def test_the_number_of_statements_does_not_depend_on_the_rows(session: Session) -> None:
    admin = make.actor(session, Role.COUNTY_ADMIN)
    home = make.unit(session).id

    def rows(first: int, last: int) -> list[PersonRow]:
        # Every third has no phone, every second no employer: empty cells make no statement of their own.
        return [
            PersonRow(n, make.entrant(serial=n, phone=None if n % 3 else f"138{n:08}"), home)
            for n in range(first, last)
        ]

    with statements() as few:
        run(admin, import_people, rows=rows(1, 11))
    with statements() as many:
        run(admin, import_people, rows=rows(100, 300))
    assert len(few) == len(many)


def test_the_command_refuses_units_out_of_reach(session: Session) -> None:
    admin = make.actor(session, Role.COUNTY_ADMIN)
    elsewhere = make.unit(session, make.KUANCHENG).id
    before = entries(session)
    with pytest.raises(RecordNotFoundError):
        run(admin, import_people, rows=[PersonRow(2, make.entrant(), elsewhere)])
    assert entries(session) == before


def test_the_command_refuses_another_name_under_the_lock(session: Session) -> None:
    make.person(session, name="王伟", serial=1)
    row = PersonRow(7, make.entrant("赵敏", serial=1), make.unit(session).id)
    with pytest.raises(ListRefusedError) as refused:
        run(make.actor(session, Role.COUNTY_ADMIN), import_people, rows=[row])
    assert [(error.row, error.column) for error in refused.value.errors] == [(7, "document_number")]


def test_a_row_is_read_with_everything_that_is_wrong() -> None:
    today = clock.today()
    number = make.resident_number(date(1990, 5, 6), 21)
    entrant, errors = read_person_row({"name": "王 伟", "document_number": number, "age": ""}, today)
    assert errors == []
    assert entrant is not None
    assert (entrant.name, entrant.sex, entrant.birth_on) == ("王伟", "male", date(1990, 5, 6))
    told = {
        "name": "",
        "sex": "x",
        "age": "many",
        "phone": "12",
        "document_number": number,
        "education": "x" * 31,
    }
    entrant, errors = read_person_row(told, today)
    assert entrant is None
    assert {error.column for error in errors} == {"name", "sex", "age", "phone", "education"}
    entrant, errors = read_person_row({"name": "王伟"}, today)
    assert [error.column for error in errors] == ["document_number"]
    assert read_person_row({"name": "王伟"}, today, told_apart=False)[0] is not None
