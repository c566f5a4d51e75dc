"""`flask import volunteers`."""

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
from registry.core.permissions import Role
from registry.core.write import run
from registry.people.models import Person
from registry.volunteers.commands.import_volunteers import import_volunteers
from registry.volunteers.imports_volunteers import VolunteerRow
from registry.volunteers.models import Volunteer, VolunteerPeriod
from tests import factories as make
from tests import volunteers as makers
from tests.imports import count, csv_file, entries, imported, importer, places, reasons, xlsx_file
from tests.watching import last_entry, statements

HEADER = [
    "序号",
    "姓名",
    "身份证号",
    "手机",
    "服务领域",
    "登记日期",
    "监护人姓名",
    "监护人电话",
    "所属红十字会",
]


def line(serial: int, name: str = "", number: str | None = None, **more: str) -> list[str]:
    """A row of a list of volunteers."""
    someone = make.entrant(name or None, serial=serial)
    assert someone.document is not None
    told = {"field": "社区", "starts_on": "2025-03-01", "guardian": "", "phone": "", "unit": "", **more}
    return [
        "",
        someone.name,
        someone.document.number if number is None else number,
        f"138{serial:08}",
        told["field"],
        told["starts_on"],
        told["guardian"],
        told["phone"],
        told["unit"],
    ]


def test_volunteers_are_admitted_by_their_unit(app: Flask, session: Session, tmp_path: Path) -> None:
    name = importer(session, Role.PREFECTURE_ADMIN, make.CHANGCHUN)
    file = xlsx_file(
        tmp_path,
        ["志愿者名单"],
        HEADER,
        line(1),
        line(2, unit="宽城区"),
        line(3, field="救护、献血", starts_on=""),
    )
    told = imported(app, "volunteers", file, name, "--unit", make.NANGUAN)
    assert (told["rows"], told["saved"], told["known"], told["errors"]) == (3, 3, 0, [])
    session.rollback()
    found = session.execute(select(Volunteer).order_by(Volunteer.id)).scalars().all()
    home, other = make.unit(session).id, make.unit(session, make.KUANCHENG).id
    assert sorted(volunteer.unit_id for volunteer in found) == sorted([home, home, other])
    assert {volunteer.source for volunteer in found} == {"import"}
    assert ["rescue", "blood"] in [volunteer.fields for volunteer in found]
    days = session.execute(select(VolunteerPeriod.starts_on)).scalars().all()
    assert sorted(days) == [date(2025, 3, 1), date(2025, 3, 1), clock.today()]
    entry = last_entry(session)
    assert (entry.action, entry.line_count >= 9) == ("volunteers.import_volunteers", True)


def test_the_same_file_again_has_no_effect(app: Flask, session: Session, tmp_path: Path) -> None:
    name = importer(session)
    file = xlsx_file(tmp_path, HEADER, line(1), line(2))
    assert imported(app, "volunteers", file, name, "--unit", make.NANGUAN)["saved"] == 2
    told = imported(app, "volunteers", file, name, "--unit", make.NANGUAN)
    assert (told["saved"], told["known"], told["errors"]) == (0, 2, [])
    assert count(session, Volunteer) == count(session, VolunteerPeriod) == 2


def test_a_dry_run_says_what_would_be_saved(app: Flask, session: Session, tmp_path: Path) -> None:
    file = csv_file(tmp_path, HEADER, line(1))
    told = imported(app, "volunteers", file, importer(session), "--unit", make.NANGUAN, "--dry-run")
    assert (told["saved"], told["dry_run"]) == (1, True)
    assert count(session, Volunteer) == 0


def test_one_run_tells_every_error_and_saves_nothing(app: Flask, session: Session, tmp_path: Path) -> None:
    make.person(session, name="王伟", serial=1)
    minor = make.resident_number(date(2009, 2, 1), 9)  # Sixteen on the day that the list states.
    file = xlsx_file(
        tmp_path,
        HEADER,
        line(1, "赵敏"),
        line(2, number=minor),
        line(3, field="飞行"),
        line(4, starts_on="2999-01-01"),
        line(5, guardian="王芳"),
        line(6),
        line(6),
        line(7, unit="宽城区"),
    )
    told = imported(app, "volunteers", file, importer(session), "--unit", make.NANGUAN)
    assert places(told) == [
        (2, "身份证号"),
        (3, "监护人姓名"),
        (4, "服务领域"),
        (5, "登记日期"),
        (6, "监护人电话"),
        (8, None),
        (9, "所属红十字会"),
    ]
    assert "王*" in reasons(told)
    assert "王伟" not in reasons(told)
    assert count(session, Volunteer) == 0
    assert count(session, Person) == 1


@pytest.mark.sqlite_only
def test_only_volunteer_staff_may(app: Flask, session: Session, tmp_path: Path) -> None:
    trainer = importer(session, Role.TRAINER)
    file = csv_file(tmp_path, HEADER, line(1, unit="南关区"))
    assert places(imported(app, "volunteers", file, trainer)) != []
    assert count(session, Volunteer) == 0


def test_the_command_refuses_units_out_of_reach(session: Session) -> None:
    elsewhere = make.unit(session, make.KUANCHENG).id
    admin = make.actor(session, Role.COUNTY_ADMIN)
    before = entries(session)
    with pytest.raises(RecordNotFoundError):
        run(admin, import_volunteers, rows=[VolunteerRow(elsewhere, makers.admission(2))])
    assert entries(session) == before


def test_the_command_refuses_another_name_under_the_lock(session: Session) -> None:
    make.person(session, name="王伟", serial=1)
    row = VolunteerRow(make.unit(session).id, makers.admission(7, make.entrant("赵敏", serial=1)))
    with pytest.raises(ListRefusedError) as refused:
        run(make.actor(session, Role.COUNTY_ADMIN), import_volunteers, rows=[row])
    assert [(error.row, error.column) for error in refused.value.errors] == [(7, "document_number")]


def test_the_number_of_statements_does_not_depend_on_the_rows(session: Session) -> None:
    admin = make.actor(session, Role.COUNTY_ADMIN)
    home = make.unit(session).id

    def rows(first: int, last: int) -> list[VolunteerRow]:
        return [VolunteerRow(home, makers.admission(n, make.entrant(serial=n))) for n in range(first, last)]

    with statements() as few:
        run(admin, import_volunteers, rows=rows(1, 11))
    with statements() as many:
        run(admin, import_volunteers, rows=rows(100, 300))
    assert len(few) == len(many)
