"""`flask import rosters`."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.core.errors import RecordNotFoundError
from registry.core.imports import Imported
from registry.core.journal import JournalEntry
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.people.models import Person
from registry.training.commands import cancel_course, undo_import
from registry.training.commands_import import import_rosters
from registry.training.imports_rosters import CourseRoster
from registry.training.models import Course, Enrolment, RosterImport
from registry.training.roster import RosterEntry
from tests import factories as make
from tests.imports import count, imported, importer, places, reasons, xlsx_file
from tests.training import course, last_action, row
from tests.watching import statements

HEADER = ["序号", "班次编号", "姓名", "身份证号", "手机"]


def line(number: str, **more: str) -> list[str]:
    """A row of a class list."""
    told = row(**more)
    return ["", number, told["name"], told["document_number"], told["phone"]]


def test_two_classes_of_one_file_are_enrolled_in_one_write(
    app: Flask, session: Session, tmp_path: Path
) -> None:
    name = importer(session, Role.PREFECTURE_ADMIN, make.CHANGCHUN)
    first, second = course(session), course(session)
    lines = [line(first.number), line(second.number), line(first.number)]
    told = imported(app, "rosters", xlsx_file(tmp_path, ["学员名单"], HEADER, *lines), name)
    assert (told["rows"], told["saved"], told["known"], told["errors"]) == (3, 3, 0, [])
    session.rollback()
    rows = session.execute(select(Enrolment.course_id, Enrolment.row_number, Enrolment.source)).all()
    assert sorted(map(tuple, rows)) == sorted(
        [(first.id, 3, "import"), (second.id, 4, "import"), (first.id, 5, "import")]
    )
    assert last_action(session) == "training.import_rosters"
    newest = session.execute(select(JournalEntry.unit_id).order_by(JournalEntry.seq.desc())).scalars()
    assert newest.first() == first.unit_id
    assert session.get_one(Course, first.id).seats_taken == 2


def test_a_list_without_the_column_goes_to_the_course_named(
    app: Flask, session: Session, tmp_path: Path
) -> None:
    name = importer(session, Role.TRAINER)
    found = course(session)
    told = row()
    file = xlsx_file(tmp_path, ["姓名", "身份证号"], [told["name"], told["document_number"]])
    assert imported(app, "rosters", file, name, "--course", found.number)["saved"] == 1
    assert "missing: 班次编号" in reasons(imported(app, "rosters", file, name))


def test_the_same_file_is_refused_while_its_import_stands(
    app: Flask, session: Session, tmp_path: Path
) -> None:
    name = importer(session, Role.TRAINER)
    found = course(session)
    file = xlsx_file(tmp_path, HEADER, line(found.number), line(found.number))
    assert imported(app, "rosters", file, name)["saved"] == 2
    told = imported(app, "rosters", file, name)
    assert places(told) == [(2, "班次编号")]
    assert "saved in this course" in reasons(told)
    session.rollback()
    taken = session.execute(select(RosterImport)).scalar_one()
    run(SYSTEM, undo_import, taken)
    assert imported(app, "rosters", file, name)["saved"] == 2


def test_another_file_of_the_same_people_has_no_effect(app: Flask, session: Session, tmp_path: Path) -> None:
    name = importer(session, Role.TRAINER)
    found, other = course(session), course(session)
    told, more = line(found.number), line(other.number)
    assert imported(app, "rosters", xlsx_file(tmp_path, HEADER, told), name)["saved"] == 1
    again = imported(app, "rosters", xlsx_file(tmp_path, ["再次"], HEADER, told, name="b.xlsx"), name)
    assert (again["saved"], again["known"], again["errors"]) == (0, 1, [])
    mixed = imported(app, "rosters", xlsx_file(tmp_path, HEADER, told, more, name="c.xlsx"), name)
    assert (mixed["saved"], mixed["known"]) == (1, 1)
    assert count(session, Enrolment) == 2


@pytest.mark.sqlite_only
def test_every_error_is_told_and_nothing_is_saved(app: Flask, session: Session, tmp_path: Path) -> None:
    name = importer(session, Role.TRAINER)
    found = course(session)
    closed = course(session)
    run(SYSTEM, cancel_course, closed, reason="不办了")
    elsewhere = course(session, make.KUANCHENG)
    good = line(found.number)
    file = xlsx_file(
        tmp_path,
        ["学员名单"],
        HEADER,
        good,
        ["", found.number, "李3", "", ""],
        ["", elsewhere.number, "王伟", "", "13800000000"],
        ["", "", "王伟", "", "13800000000"],
        good,
        line(closed.number),
    )
    told = imported(app, "rosters", file, name)
    assert places(told) == [
        (4, "姓名"),
        (4, "身份证号"),
        (5, "班次编号"),
        (6, "班次编号"),
        (7, None),
        (8, "班次编号"),
    ]
    assert "Row 3 names the same person" in reasons(told)
    assert "No course within your reach" in reasons(told)
    assert "was cancelled" in reasons(told)
    assert (count(session, Enrolment), count(session, Person)) == (0, 0)


@pytest.mark.sqlite_only
def test_a_number_stored_as_a_number_is_refused_once(app: Flask, session: Session, tmp_path: Path) -> None:
    found = course(session)
    told = line(found.number)
    told[3:] = [220102199001011230, ""]  # type: ignore[list-item]
    report = imported(app, "rosters", xlsx_file(tmp_path, HEADER, told), importer(session, Role.TRAINER))
    assert places(report) == [(2, "身份证号")]
    assert "Cell D2" in reasons(report)


def test_too_few_seats_leave_nothing_behind(app: Flask, session: Session, tmp_path: Path) -> None:
    found = course(session)
    small = course(session, capacity=1)
    lines = [line(found.number), line(small.number), line(small.number)]
    told = imported(app, "rosters", xlsx_file(tmp_path, HEADER, *lines), importer(session, Role.TRAINER))
    assert places(told) == [(3, "班次编号")]
    assert "Seats left: 1, needed: 2" in reasons(told)
    assert (count(session, Enrolment), count(session, Person)) == (0, 0)


def test_the_number_of_statements_does_not_depend_on_the_rows(session: Session) -> None:
    sent = []
    for size in (10, 200):
        found = course(session, capacity=300)
        entries = [
            RosterEntry(n, make.entrant(phone=None if n % 3 else f"139{n:08}")) for n in range(2, size + 2)
        ]
        with statements() as told:
            roster = CourseRoster(2, found.id, entries, 0)
            assert run(SYSTEM, import_rosters, rosters=[roster], digest=str(size)) == Imported(size)
        sent.append(len(told))
    assert sent[0] == sent[1]


def test_the_command_refuses_courses_out_of_reach(session: Session) -> None:
    elsewhere = course(session, make.KUANCHENG)
    roster = CourseRoster(2, elsewhere.id, [RosterEntry(2, make.entrant())], 0)
    with pytest.raises(RecordNotFoundError):
        run(make.actor(session), import_rosters, rosters=[roster])
    assert count(session, Enrolment) == 0


def test_a_class_larger_than_is_read_at_once_is_refused(
    app: Flask, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registry.training.roster.MOST_ROWS", 1)
    found = course(session)
    file = xlsx_file(tmp_path, HEADER, line(found.number), line(found.number))
    told = imported(app, "rosters", file, importer(session, Role.TRAINER))
    assert places(told) == [(2, None)]
    assert count(session, Enrolment) == 0
