"""`flask import attendance`."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.imports import Imported, ListRefusedError
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.people.commands import merge_persons
from registry.people.models import Person, PersonIdentifier
from registry.training.commands import (
    AttendanceMark,
    cancel_course,
    enrol,
    record_attendance,
    withdraw_trainee,
)
from registry.training.commands_import import import_attendance
from registry.training.imports_marks import AttendanceRow, TraineeName
from registry.training.models import AttendanceEvent, Course, Enrolment
from registry.training.queries.courses import sessions_of
from registry.training.queries.progress import minutes_present
from registry.training.roster import RosterEntry
from tests import factories as make
from tests.imports import count, csv_file, imported, importer, places, reasons
from tests.training import course, enrolled, last_action
from tests.watching import statements

HEADER = ["班次编号", "身份证号", "姓名", "课次", "出勤"]


def number_of(session: Session, enrolment: Enrolment) -> str:
    """The document number of a trainee."""
    return session.execute(
        select(PersonIdentifier.value).where(PersonIdentifier.person_id == enrolment.person_id)
    ).scalar_one()


def name_of(session: Session, enrolment: Enrolment) -> str:
    """The name of a trainee."""
    return session.get_one(Person, enrolment.person_id).name


def test_presence_is_recorded_in_one_write(app: Flask, session: Session, tmp_path: Path) -> None:
    found = course(session)
    one, two = enrolled(session, found, 2)
    n = found.number
    file = csv_file(
        tmp_path,
        HEADER,
        [n, number_of(session, one), "", 1, "出勤"],
        [n, number_of(session, one), name_of(session, one), "第2次", 90],
        [n, "", name_of(session, two), 1, "缺勤"],
    )
    told = imported(app, "attendance", file, importer(session, Role.TRAINER))
    assert (told["rows"], told["saved"], told["errors"]) == (3, 3, [])
    session.rollback()
    sittings = {s.number: s for s in sessions_of(session, found.id)}
    assert minutes_present(session, found.id) == {
        one.id: {sittings[1].id: sittings[1].minutes, sittings[2].id: 90},
        two.id: {sittings[1].id: 0},
    }
    assert set(session.execute(select(AttendanceEvent.method)).scalars()) == {"import"}
    assert last_action(session) == "training.import_attendance"


def test_the_same_file_again_has_no_effect_also_after_a_correction(
    app: Flask, session: Session, tmp_path: Path
) -> None:
    name = importer(session, Role.TRAINER)
    found = course(session)
    (one,) = enrolled(session, found, 1)
    file = csv_file(tmp_path, HEADER, [found.number, number_of(session, one), "", 1, 90])
    assert imported(app, "attendance", file, name)["saved"] == 1
    again = imported(app, "attendance", file, name)
    assert (again["saved"], again["known"], again["errors"]) == (0, 1, [])
    assert count(session, AttendanceEvent) == 1
    sitting = sessions_of(session, found.id)[0]
    found = session.get_one(Course, found.id)
    run(SYSTEM, record_attendance, found, marks=[AttendanceMark(one.id, sitting.id, 0)], key="corrected")
    assert imported(app, "attendance", file, name)["saved"] == 1
    assert count(session, AttendanceEvent) == 3


@pytest.mark.sqlite_only
def test_every_error_is_told_and_nothing_is_saved(app: Flask, session: Session, tmp_path: Path) -> None:
    found, elsewhere, cancelled = course(session), course(session, make.KUANCHENG), course(session)
    run(SYSTEM, cancel_course, cancelled, reason="不办了")
    ahead = course(session, starts_on=clock.today() + timedelta(days=5))
    one, two, gone = enrolled(session, found, 3)
    (later,) = enrolled(session, ahead, 1)
    run(SYSTEM, withdraw_trainee, gone, reason="搬家")
    n, first = found.number, number_of(session, one)
    file = csv_file(
        tmp_path,
        HEADER,
        [n, first, "", 1, "出勤"],
        [n, first, "", 1, "缺勤"],
        [n, first, name_of(session, two), 2, "出勤"],
        [n, number_of(session, gone), "", 1, "出勤"],
        [n, "", "不在", 1, "出勤"],
        [n, "", "", 1, "出勤"],
        [n, first, "", 9, "出勤"],
        [n, first, "", 3, 9999],
        [n, first, "", 4, 999],
        [n, first, "", "x", "也许"],
        [elsewhere.number, first, "", 1, "出勤"],
        [cancelled.number, first, "", 1, "出勤"],
        [ahead.number, number_of(session, later), "", 1, "出勤"],
    )
    told = imported(app, "attendance", file, importer(session, Role.TRAINER))
    assert places(told) == [
        (3, None),
        (4, "姓名"),
        (5, "身份证号"),
        (6, "姓名"),
        (7, "身份证号"),
        (8, "课次"),
        (9, "出勤"),
        (10, "出勤"),
        (11, "课次"),
        (11, "出勤"),
        (12, "班次编号"),
        (13, "班次编号"),
        (14, "课次"),
    ]
    assert first not in str(told)
    assert count(session, AttendanceEvent) == 0


@pytest.mark.sqlite_only
def test_a_name_that_two_trainees_have_needs_the_number(app: Flask, session: Session, tmp_path: Path) -> None:
    found = course(session)
    run(SYSTEM, enrol, found, entries=[RosterEntry(n, make.entrant("王伟")) for n in (1, 2)], source="grid")
    file = csv_file(tmp_path, HEADER, [found.number, "", "王伟", 1, "出勤"])
    told = imported(app, "attendance", file, importer(session, Role.TRAINER))
    assert places(told) == [(2, "姓名")]
    assert "Several trainees" in reasons(told)


def test_a_merged_person_is_found_by_the_numbers_of_both(
    app: Flask, session: Session, tmp_path: Path
) -> None:
    found = course(session)
    (one,) = enrolled(session, found, 1)
    other = make.person(session)
    number = session.execute(
        select(PersonIdentifier.value).where(PersonIdentifier.person_id == other.id)
    ).scalar_one()
    run(SYSTEM, merge_persons, loser=session.get_one(Person, one.person_id), winner=other, reason="同一人")
    file = csv_file(tmp_path, HEADER, [found.number, number, "", 1, "出勤"])
    assert imported(app, "attendance", file, importer(session, Role.TRAINER))["saved"] == 1
    assert count(session, AttendanceEvent) == 1


def test_the_number_of_statements_does_not_depend_on_the_rows(session: Session) -> None:
    sent = []
    for size in (3, 40):
        found = course(session)
        named = [
            TraineeName(0, found.number, hash_of(session, who), None)
            for who in enrolled(session, found, size)
        ]
        cells = [(who, sitting) for who in named for sitting in (1, 2, 3, 4)]
        rows = [
            AttendanceRow(replace(who, row=n), sitting, 60 if sitting % 2 else 0)
            for n, (who, sitting) in enumerate(cells)
        ]
        session.rollback()
        with statements() as told:
            assert run(SYSTEM, import_attendance, rows=rows) == Imported(size * 4)
        sent.append(len(told))
    assert sent[0] == sent[1]


def hash_of(session: Session, enrolment: Enrolment) -> str:
    """The blind index of a trainee's document number."""
    return session.execute(
        select(PersonIdentifier.value_hash).where(PersonIdentifier.person_id == enrolment.person_id)
    ).scalar_one()


def test_the_command_refuses_courses_out_of_reach(session: Session) -> None:
    elsewhere = course(session, make.KUANCHENG)
    (one,) = enrolled(session, elsewhere, 1)
    row = AttendanceRow(TraineeName(2, elsewhere.number, hash_of(session, one), None), 1, None)
    with pytest.raises(ListRefusedError):
        run(make.actor(session), import_attendance, rows=[row])
    assert count(session, AttendanceEvent) == 0
