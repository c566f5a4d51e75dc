"""`flask import service_entries`."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.people.commands import merge_persons
from registry.people.models import Person, PersonIdentifier
from registry.volunteers.models import ServiceEntry, ServiceLine, Volunteer
from tests import factories as make
from tests import hours
from tests import volunteers as makers
from tests.imports import count, csv_file, imported, importer, places
from tests.watching import last_entry

HEADER = ["志愿者编号", "姓名", "服务日期", "开始时间", "服务时长", "服务领域", "服务内容", "活动编号"]


@pytest.fixture
def coordinator(session: Session) -> str:
    return importer(session, Role.VOLUNTEER_COORDINATOR)


def document_of(session: Session, found: Volunteer) -> str:
    return session.execute(
        select(PersonIdentifier.value).where(PersonIdentifier.person_id == found.person_id)
    ).scalar_one()


def name_of(session: Session, found: Volunteer) -> str:
    return session.get_one(Person, found.person_id).name


def test_hours_are_taken_over_and_wait_for_approval(
    app: Flask, session: Session, tmp_path: Path, coordinator: str
) -> None:
    one, two = makers.volunteers(session, 2)
    gathering = makers.activity(session, on=hours.yesterday(), field="aid")
    part = makers.shift(session, gathering)
    day = hours.yesterday().isoformat()
    file = csv_file(
        tmp_path,
        HEADER,
        [one.number, name_of(session, one), day, "09:00", "4", "", "", gathering.number],
        [document_of(session, two), "", day, "9:00", "1.5小时", "社区服务", "宣传", ""],
    )
    told = imported(app, "service_entries", file, coordinator, "--unit", make.NANGUAN)
    assert (told["rows"], told["saved"], told["known"], told["errors"]) == (2, 2, 0, [])
    session.rollback()
    first, second = session.execute(select(ServiceEntry).order_by(ServiceEntry.id)).scalars()
    assert (first.volunteer_id, first.field, first.minutes, first.activity_id, first.shift_id) == (
        one.id,
        "aid",
        240,
        gathering.id,
        part.id,
    )
    assert (second.volunteer_id, second.field, second.minutes, second.content) == (
        two.id,
        "community",
        90,
        "宣传",
    )
    assert {(e.state, e.source) for e in (first, second)} == {("submitted", "import")}
    assert count(session, ServiceLine) == 0
    entry = last_entry(session)
    assert (entry.action, entry.unit_id) == ("volunteers.import_service_entries", one.unit_id)


def test_the_same_list_again_has_no_effect(
    app: Flask, session: Session, tmp_path: Path, coordinator: str
) -> None:
    person = makers.volunteer(session)
    day = hours.yesterday().isoformat()
    file = csv_file(tmp_path, HEADER, [person.number, "", day, "09:00", "4", "其他", "", ""])
    for saved, known in ((1, 0), (0, 1)):
        told = imported(app, "service_entries", file, coordinator, "--unit", make.NANGUAN)
        assert (told["saved"], told["known"], told["errors"]) == (saved, known, [])
    session.rollback()
    assert count(session, ServiceEntry) == 1


def test_everything_that_is_wrong_is_told(
    app: Flask, session: Session, tmp_path: Path, coordinator: str
) -> None:
    person, stranger = makers.volunteer(session), makers.volunteer(session, make.YANJI)
    day = hours.yesterday().isoformat()
    rows = [
        [person.number, "", "gestern", "9", "25", "不存在", "", ""],
        ["", "", day, "09:00", "4", "其他", "", ""],
        ["123456", "", day, "09:00", "4", "其他", "", ""],
        [person.number, "", day, "09:00", "4", "", "", ""],
    ]
    told = imported(
        app, "service_entries", csv_file(tmp_path, HEADER, *rows), coordinator, "--unit", make.NANGUAN
    )
    assert set(places(told)) == {
        (2, "服务日期"),
        (2, "开始时间"),
        (2, "服务时长"),
        (2, "服务领域"),
        (3, "志愿者编号"),
        (4, "志愿者编号"),
        (5, "服务领域"),
    }
    rows = [
        [stranger.number, "", day, "09:00", "4", "其他", "", ""],
        ["", "查无此人", day, "09:00", "4", "其他", "", ""],
        [person.number, "另一人", day, "09:00", "4", "其他", "", ""],
        [person.number, "", day, "09:00", "4", "其他", "", "HD0"],
    ]
    told = imported(
        app, "service_entries", csv_file(tmp_path, HEADER, *rows), coordinator, "--unit", make.NANGUAN
    )
    assert places(told) == [(2, "志愿者编号"), (3, "姓名"), (4, "姓名"), (5, "活动编号")]
    session.rollback()
    assert count(session, ServiceEntry) == 0


def test_rows_that_overlap_are_refused(
    app: Flask, session: Session, tmp_path: Path, coordinator: str
) -> None:
    person = makers.volunteer(session)
    hours.submitted(session, [hours.row(person)])
    day = hours.yesterday().isoformat()
    file = csv_file(
        tmp_path,
        HEADER,
        [person.number, "", day, "10:00", "1", "其他", "", ""],
        [person.number, "", day, "14:00", "2", "其他", "", ""],
        [person.number, "", day, "15:00", "2", "其他", "", ""],
    )
    told = imported(app, "service_entries", file, coordinator, "--unit", make.NANGUAN)
    assert places(told) == [(2, "开始时间"), (4, "开始时间")]


def test_a_name_of_two_volunteers_asks_for_the_number(
    app: Flask, session: Session, tmp_path: Path, coordinator: str
) -> None:
    one, two = (makers.volunteer(session) for _ in range(2))
    name = name_of(session, one)
    day = hours.yesterday().isoformat()
    row = ["", name, day, "09:00", "4", "其他", "", ""]
    file = csv_file(tmp_path, HEADER, row)
    from registry.core.write import write

    with write("people.factory", SYSTEM) as w:
        w.session.get_one(Person, two.person_id).name = name
    told = imported(app, "service_entries", file, coordinator, "--unit", make.NANGUAN)
    assert places(told) == [(2, "姓名")]
    session.rollback()
    loser, winner = (session.get_one(Person, v.person_id) for v in (one, two))
    run(SYSTEM, merge_persons, loser=loser, winner=winner, reason="同一人")
    told = imported(app, "service_entries", file, coordinator, "--unit", make.NANGUAN)
    assert told["saved"] == 1
    session.rollback()
    assert session.execute(select(ServiceEntry.person_id)).scalar_one() == two.person_id
