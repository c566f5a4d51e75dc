"""`flask import assessments`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.imports import ListRefusedError
from registry.core.permissions import Role
from registry.core.write import run
from registry.training.commands_import import import_assessments
from registry.training.imports_marks import AssessmentRow, TraineeName
from registry.training.models import Assessment
from registry.training.queries.progress import THEORY, Mark, marks_of
from tests import factories as make
from tests.imports import count, csv_file, imported, importer, places, reasons
from tests.test_import_attendance import hash_of, name_of, number_of
from tests.training import course, enrolled, last_action
from tests.watching import statements

HEADER = ["班次编号", "身份证号", "姓名", "考核项目", "成绩", "考核日期"]


def test_results_are_recorded_in_one_write(app: Flask, session: Session, tmp_path: Path) -> None:
    found = course(session)
    one, two = enrolled(session, found, 2)
    n, first, day = found.number, number_of(session, one), found.ends_on.isoformat()
    file = csv_file(
        tmp_path,
        HEADER,
        [n, first, "", "理论", "92分", ""],
        [n, first, "", "心肺复苏", "合格", day],
        [n, first, "", "AED", "不合格", day.replace("-", "/")],
        [n, "", name_of(session, two), "theory", 0, day],
    )
    told = imported(app, "assessments", file, importer(session, Role.TRAINER))
    assert (told["rows"], told["saved"], told["errors"]) == (4, 4, [])
    session.rollback()
    assert marks_of(session, found.id) == {
        one.id: {THEORY: Mark(1, 92, None), "cpr": Mark(1, None, True), "aed": Mark(1, None, False)},
        two.id: {THEORY: Mark(1, 0, None)},
    }
    rows = session.execute(select(Assessment)).scalars().all()
    assert {(row.method, row.assessed_on) for row in rows} == {("import", found.ends_on)}
    assert last_action(session) == "training.import_assessments"


def test_the_same_file_again_has_no_effect_and_another_value_corrects(
    app: Flask, session: Session, tmp_path: Path
) -> None:
    name = importer(session, Role.TRAINER)
    found = course(session)
    (one,) = enrolled(session, found, 1)
    line = [found.number, number_of(session, one), "", "理论", 55, ""]
    file = csv_file(tmp_path, HEADER, line)
    assert imported(app, "assessments", file, name)["saved"] == 1
    again = imported(app, "assessments", file, name)
    assert (again["saved"], again["known"], again["errors"]) == (0, 1, [])
    line[4] = 85
    assert imported(app, "assessments", csv_file(tmp_path, HEADER, line), name)["saved"] == 1
    session.rollback()
    assert marks_of(session, found.id)[one.id][THEORY] == Mark(1, 85, None)
    assert count(session, Assessment) == 2


@pytest.mark.sqlite_only
def test_every_error_is_told_and_nothing_is_saved(app: Flask, session: Session, tmp_path: Path) -> None:
    found = course(session)
    ahead = course(session, starts_on=clock.today() + timedelta(days=5))
    (one,) = enrolled(session, found, 1)
    (later,) = enrolled(session, ahead, 1)
    n, first = found.number, number_of(session, one)
    tomorrow = (clock.today() + timedelta(days=1)).isoformat()
    before = (found.starts_on - timedelta(days=1)).isoformat()
    file = csv_file(
        tmp_path,
        HEADER,
        [n, first, "", "理论", 101, ""],
        [n, first, "", "理论", "优", ""],
        [n, first, "", "心肺复苏", 90, ""],
        [n, first, "", "游泳", "合格", ""],
        [n, first, "", "", "合格", ""],
        [n, first, "", "cpr", "合格", tomorrow],
        [n, first, "", "aed", "合格", before],
        [n, first, "", "cpr", "合格", "2026"],
        [n, first, "", "bandage", "合格", ""],
        [n, first, "", "创伤包扎", "不合格", ""],
        [ahead.number, number_of(session, later), "", "理论", 90, ""],
        ["", first, "", "理论", 90, ""],
    )
    told = imported(app, "assessments", file, importer(session, Role.TRAINER))
    assert places(told) == [
        (2, "成绩"),
        (3, "成绩"),
        (4, "成绩"),
        (5, "考核项目"),
        (6, "考核项目"),
        (7, "考核日期"),
        (8, "考核日期"),
        (9, "考核日期"),
        (11, None),
        (12, "考核日期"),
        (13, "班次编号"),
    ]
    assert "心肺复苏、" in reasons(told)
    assert "Row 10 is about the same" in reasons(told)
    assert count(session, Assessment) == 0


def test_the_number_of_statements_does_not_depend_on_the_rows(session: Session) -> None:
    actor = make.actor(session)
    sent = []
    for size in (3, 40):
        found = course(session)
        rows = []
        for row, who in enumerate(enrolled(session, found, size)):
            trainee = TraineeName(row, found.number, hash_of(session, who), None)
            rows += [AssessmentRow(trainee, THEORY, 90, None), AssessmentRow(trainee, "cpr", True, None)]
        session.rollback()
        with statements() as told:
            assert run(actor, import_assessments, rows=rows).saved == size * 2
        sent.append(len(told))
    assert sent[0] == sent[1]


def test_the_command_refuses_courses_out_of_reach(session: Session) -> None:
    elsewhere = course(session, make.KUANCHENG)
    (one,) = enrolled(session, elsewhere, 1)
    row = AssessmentRow(TraineeName(2, elsewhere.number, hash_of(session, one), None), THEORY, 90, None)
    with pytest.raises(ListRefusedError):
        run(make.actor(session), import_assessments, rows=[row])
    assert count(session, Assessment) == 0
