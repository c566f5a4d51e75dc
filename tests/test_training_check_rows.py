"""Every error of a class list is found at its place, with a fixed number of statements."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest
import xlsxwriter
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.errors import RuleError
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.people import commands as people
from registry.people.commands import Entrant
from registry.training import commands
from registry.training.imports import MOST_ROWS, read_roster, rows_digest
from registry.training.models import Course
from registry.training.roster import CheckedRoster, check_rows, recognised_message
from tests import certificates
from tests import factories as make
from tests import training as t
from tests.watching import statements


def check(session: Session, rows: Sequence[dict[str, str]], found: Course | None = None) -> CheckedRoster:
    return check_rows(session, found or t.course(session), rows, clock.today())


def errors(checked: CheckedRoster) -> list[tuple[int, str | None]]:
    return [(error.row, error.column) for error in checked.errors]


def number_of(age: int, serial: int = 1) -> str:
    """A number of somebody who turned `age` on the last 1 January."""
    return make.resident_number(date(clock.today().year - age, 1, 1), serial)


def test_a_good_list_becomes_entries_in_order(session: Session) -> None:
    rows = [t.row("欧阳娜娜", sex="女", age=""), t.row("阿卜杜热依木·麦麦提"), t.row("김민준")]
    rows[0]["sex"] = ""
    checked = check(session, rows)
    assert checked.errors == []
    assert [e.entrant.name for e in checked.entries] == ["欧阳娜娜", "阿卜杜热依木·麦麦提", "김민준"]
    assert [e.row_number for e in checked.entries] == [1, 2, 3]


@pytest.mark.parametrize(
    ("change", "column"),
    [
        ({"name": ""}, "name"),
        ({"name": "张3"}, "name"),
        ({"document_number": "220102198001010011"}, "document_number"),
        ({"document_number": "22010219800230001X"}, "document_number"),
        ({"document_number": "220102299001010018"}, "document_number"),
        ({"document_kind": "饭卡"}, "document_kind"),
        ({"phone": "12345"}, "phone"),
        ({"sex": "不详"}, "sex"),
        ({"age": "年轻"}, "age"),
        ({"birth_on": "1988-13-01"}, "birth_on"),
        ({"birth_on": "1901-01-01"}, "birth_on"),
        ({"age": "3"}, "age"),
        ({"education": "大" * 31}, "education"),
        ({"employer": "=HYPERLINK(A1)"}, "employer"),
        ({"document_number": "", "phone": ""}, "document_number"),
    ],
)
def test_each_error_is_at_its_cell(session: Session, change: dict[str, str], column: str) -> None:
    checked = check(
        session, [t.row(), t.row(**change)] if "name" not in change else [t.row(), {**t.row(), **change}]
    )
    assert errors(checked) == [(1, column)]
    assert len(checked.entries) == 1


def test_sex_and_number_that_contradict_are_refused(session: Session) -> None:
    number = make.resident_number(date(1990, 5, 5), 3)
    checked = check(session, [t.row(number=number, sex="女")])
    assert errors(checked) == [(0, "sex")]


def test_several_errors_of_one_row_are_all_told(session: Session) -> None:
    checked = check(session, [{**t.row(), "name": "", "phone": "1", "sex": "x"}])
    assert {column for _row, column in errors(checked)} == {"name", "phone", "sex"}


def test_who_is_too_young_is_refused_by_the_setting(session: Session) -> None:
    found = t.course(session, starts_on=clock.today())
    young, child, right = number_of(15), number_of(12, 2), number_of(17, 3)
    checked = check(session, [t.row(number=young), t.row(number=child), t.row(number=right)], found)
    told = [str(error.message) for error in checked.errors]
    assert [e.row for e in checked.errors] == [0, 1]
    assert "at least 16 (setting: minimum age" in told[0]
    assert "children under 14 take part in awareness training only" in told[1]


def test_two_rows_of_one_person_and_two_names_of_one_number(session: Session) -> None:
    same, shared = t.row("王小明"), t.row("李大伟")
    checked = check(session, [same, dict(same), shared, {**shared, "name": "赵四"}])
    assert errors(checked) == [(1, None), (3, "document_number"), (2, "document_number")]
    assert "Row 1 names the same person" in str(checked.errors[0].message)
    assert "same number under another name" in str(checked.errors[1].message)
    assert [e.row_number for e in checked.entries] == [1]


def test_without_a_number_name_and_phone_tell_people_apart(session: Session) -> None:
    one = {"name": "金哲", "phone": "13900000001"}
    checked = check(session, [one, dict(one), {**one, "phone": "13900000002"}])
    assert errors(checked) == [(1, None)]
    assert len(checked.entries) == 2


def test_a_number_known_under_another_name_is_refused_with_a_mask(session: Session) -> None:
    known = make.entrant("王小明")
    run(SYSTEM, people.add_person, entrant=known, unit_id=make.unit(session, make.YANJI).id)
    assert known.document is not None
    checked = check(session, [t.row("李大伟", known.document.number)])
    assert errors(checked) == [(0, "document_number")]
    assert "王*明" in str(checked.errors[0].message)
    assert "王小明" not in str(checked.errors[0].message)


def test_a_known_holder_is_told_as_a_refresher(session: Session) -> None:
    someone = make.entrant("欧阳娜娜")
    person = run(SYSTEM, people.add_person, entrant=someone, unit_id=make.unit(session, make.YANJI).id)
    (certificate,) = certificates.issued(session, [person.id], unit_code=make.YANJI)
    assert someone.document is not None
    found = t.course(session, starts_on=clock.today())
    checked = check(session, [t.row("欧阳娜娜", someone.document.number), t.row()], found)
    (known,) = checked.known
    assert (known.row, known.masked_name, known.valid_until) == (0, "欧阳**", certificate.valid_until)
    assert "this is a refresher" in str(recognised_message(known))
    assert len(checked.entries) == 2


def test_a_holder_of_another_certificate_is_known_but_no_refresher(session: Session) -> None:
    someone = make.entrant("欧阳娜娜")
    person = run(SYSTEM, people.add_person, entrant=someone, unit_id=make.unit(session).id)
    certificates.issued(session, [person.id], credential_code="cpr_aed")
    assert someone.document is not None
    found = t.course(session, starts_on=clock.today())
    (known,) = check(session, [t.row("欧阳娜娜", someone.document.number)], found).known
    assert known.valid_until is None


def test_who_is_enrolled_already_has_no_second_effect(session: Session) -> None:
    found = t.course(session)
    row = t.row()
    run(SYSTEM, commands.enrol, found, entries=check(session, [row], found).entries, source="grid")
    checked = check(session, [row, t.row()], found)
    assert checked.enrolled == [0]
    assert [e.row_number for e in checked.entries] == [2]


def test_statements_do_not_depend_on_the_list(session: Session) -> None:
    found = t.course(session)
    counts = []
    for size in (10, 100):
        rows = [t.row() for _ in range(size)] + [{"name": "金哲", "phone": f"1390000{size:04d}"}]
        session.refresh(found)
        with statements() as sent:
            check(session, rows, found)
        counts.append(len(sent))
    assert counts[0] == counts[1]


def test_a_list_too_long_for_a_class_is_refused(session: Session) -> None:
    with pytest.raises(RuleError, match="at most 5000 are read at once"):
        check(session, [{}] * (MOST_ROWS + 1))


def workbook(rows: Sequence[Sequence[Any]]) -> bytes:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file)
    sheet = book.add_worksheet()
    for number, cells in enumerate(rows):
        sheet.write_row(number, 0, cells)
    book.close()
    return file.getvalue()


def test_a_workbook_with_a_title_and_other_columns_is_read() -> None:
    one = t.row("王小明")
    data = workbook(
        [
            ["救护员培训班学员登记表"],
            [
                "序号",
                "姓名",
                "性别",
                "文化程度",
                "年龄",
                "职业",
                "身份证号",
                "手机(电话)",
                "工作单位",
                "备注",
            ],
            [
                1,
                "王 小明",
                "",
                "大专",
                30,
                "教师",
                one["document_number"],
                "138 0000 0000",
                "第一中学",
                "素食",
            ],
        ]
    )
    read = read_roster(data, "名单.xlsx")
    assert read.rows == [
        {
            "name": "王 小明",
            "sex": "",
            "education": "大专",
            "age": "30",
            "occupation": "教师",
            "document_number": one["document_number"],
            "phone": "138 0000 0000",
            "employer": "第一中学",
        }
    ]
    assert len(read.digest) == 64


def test_an_id_stored_as_a_number_names_the_cell_and_is_not_taken_over() -> None:
    data = workbook([["姓名", "身份证号"], ["王小明", 220102198804100012], ["李大伟", 220102880410001]])
    read = read_roster(data, "名单.xlsx")
    assert [(e.row, e.column) for e in read.errors] == [(0, "document_number"), (1, "document_number")]
    assert "Cell B2" in str(read.errors[0].message)
    assert "设为文本" in str(read.errors[0].message)
    assert [row["document_number"] for row in read.rows] == ["", ""]


def test_gbk_and_hidden_characters_are_read() -> None:
    read = read_roster("姓名,手机\n王\u202e小明,13800000000\n".encode("utf-8"), "名单.csv")
    assert (read.rows[0]["name"], read.cleaned) == ("王小明", 1)
    read = read_roster("姓名,手机\n王小明,13800000000\n".encode("gbk"), "名单.csv")
    assert read.rows == [{"name": "王小明", "phone": "13800000000"}]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("姓名,手机\n", "no row below the header"),
        ("编号,手机\n1,13800000000\n", "No header row|columns are missing"),
        ("<html></html>", "web page"),
    ],
)
def test_what_is_no_list_is_refused(text: str, message: str) -> None:
    with pytest.raises(RuleError, match=message):
        read_roster(text.encode("utf-8"), "名单.csv")


def test_english_headers_are_understood() -> None:
    read = read_roster(b"Full name,ID number,Mobile\nJohn Smith,,13800000000\n", "list.csv")
    assert read.rows == [{"name": "John Smith", "document_number": "", "phone": "13800000000"}]


def test_the_digest_of_pasted_rows_is_of_their_content() -> None:
    one = {"name": "王小明", "phone": "13800000000"}
    assert rows_digest([one]) == rows_digest([{**one, "id": "7", "sex": ""}])
    assert rows_digest([one]) != rows_digest([{**one, "phone": "13800000001"}])


def test_far_dates_are_refused(session: Session) -> None:
    tomorrow = (clock.today() + timedelta(days=1)).isoformat()
    row = {"name": "金哲", "phone": "13900000001", "birth_on": tomorrow}
    assert errors(check(session, [row])) == [(0, "birth_on")]
    assert Entrant.of("金哲").document is None
