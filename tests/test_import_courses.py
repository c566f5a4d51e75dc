"""`flask import courses`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.core.errors import RecordNotFoundError
from registry.core.permissions import Role
from registry.core.write import run
from registry.training.commands_import import import_courses
from registry.training.imports_courses import CourseRow
from registry.training.models import Course, CourseSession
from tests import factories as make
from tests.imports import count, csv_file, entries, imported, importer, places, reasons
from tests.training import course, course_type

HEADER = ["班次编号", "班次类型", "主办单位", "开班日期", "班次名称", "培训地点", "人数上限"]


def test_courses_are_opened_under_the_numbers_they_carry(
    app: Flask, session: Session, tmp_path: Path
) -> None:
    file = csv_file(
        tmp_path,
        HEADER,
        ["", "救护员", "南关区", "20250401", "", "", ""],
        ["JL 2019-17", "救护员培训", "220102", "2019/3/2", "春季班", "第一中学", "45"],
        ["220102-2025-001", "cpr_aed", "南关区", "2025年4月3日", "", "", ""],
    )
    name = importer(session, Role.TRAINER)
    before = entries(session)
    told = imported(app, "courses", file, name)
    assert (told["saved"], told["errors"]) == (3, [])
    assert entries(session) == before + 1
    found = session.execute(select(Course).order_by(Course.starts_on)).scalars().all()
    assert [one.number for one in found] == ["JL2019-17", "220102-2025-002", "220102-2025-001"]
    old = found[0]
    assert (old.starts_on, old.ends_on) == (date(2019, 3, 2), date(2019, 3, 3))
    assert (old.title, old.venue, old.capacity, old.state) == ("春季班", "第一中学", 45, "open")
    assert count(session, CourseSession) == 9


def test_a_number_that_is_taken_is_refused(app: Flask, session: Session, tmp_path: Path) -> None:
    name = importer(session, Role.TRAINER)
    taken = course(session, make.KUANCHENG)
    file = csv_file(
        tmp_path,
        HEADER,
        ["甲1", "救护员", "南关区", "2025-04-01", "", "", ""],
        [taken.number, "救护员", "南关区", "2025-04-01", "", "", ""],
    )
    told = imported(app, "courses", file, name)
    assert places(told) == [(3, "班次编号")]
    assert "exists already" in reasons(told)
    assert count(session, Course) == 1


def test_the_same_file_again_is_refused(app: Flask, session: Session, tmp_path: Path) -> None:
    name = importer(session, Role.TRAINER)
    file = csv_file(tmp_path, HEADER, ["甲1", "救护员", "南关区", "2025-04-01", "", "", ""])
    assert imported(app, "courses", file, name)["saved"] == 1
    told = imported(app, "courses", file, name)
    assert places(told) == [(2, "班次编号")]
    assert count(session, Course) == 1


@pytest.mark.sqlite_only
def test_every_bad_cell_is_told(app: Flask, session: Session, tmp_path: Path) -> None:
    file = csv_file(
        tmp_path,
        HEADER,
        ["甲1", "救护员", "南关区", "2025-04-01", "", "", "0"],
        ["甲1", "", "宽城区", "2025-13-01", "x" * 121, "", "many"],
        ["9" * 41, "救护员", "南关区", "2099-01-01", "", "=A1", ""],
    )
    told = imported(app, "courses", file, importer(session, Role.TRAINER))
    assert places(told) == [
        (2, "人数上限"),
        (3, "班次编号"),
        (3, "班次类型"),
        (3, "主办单位"),
        (3, "开班日期"),
        (3, "班次名称"),
        (3, "人数上限"),
        (4, "班次编号"),
        (4, "培训地点"),
    ]
    assert "救护员培训" not in reasons(told)
    assert count(session, Course) == 0


@pytest.mark.sqlite_only
def test_an_unknown_type_is_told_with_those_there_are(app: Flask, session: Session, tmp_path: Path) -> None:
    file = csv_file(tmp_path, HEADER, ["", "游泳", "南关区", "2099-04-01", "", "", ""])
    told = imported(app, "courses", file, importer(session, Role.TRAINER))
    assert places(told) == [(2, "班次类型")]
    assert "救护员培训、心肺复苏" in reasons(told)


def test_the_command_refuses_units_out_of_reach(session: Session) -> None:
    row = CourseRow(
        2,
        None,
        course_type(session).id,
        make.unit(session, make.KUANCHENG).id,
        date(2025, 4, 1),
        "",
        "",
        None,
    )
    with pytest.raises(RecordNotFoundError):
        run(make.actor(session), import_courses, rows=[row])
    assert count(session, Course) == 0
