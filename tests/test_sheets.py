"""Lists are read as people have them."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
import xlsxwriter
import xlwt

from registry.core.errors import RuleError
from registry.core.sheets import (
    Sheet,
    Stored,
    data_rows,
    find_header,
    read_pasted,
    read_sheet,
)

HEADERS = {
    "name": ("姓名", "name"),
    "number": ("身份证号", "身份证号码", "id number"),
    "phone": ("手机", "电话"),
    "employer": ("工作单位/家庭住址", "工作单位"),
}
ROSTER = [
    ["第3期应急救护培训学员名册", "", "", ""],
    ["序号", "姓 名", "身份证号\n（18位）", "手机(电话)"],
    ["1", "张三", "a", "13800001234"],
    ["2", "欧阳修", "b", ""],
]


def texts(sheet: Sheet) -> list[list[str]]:
    return [[cell.text for cell in row] for row in sheet.rows]


def xlsx(rows: list[list[Any]], fill: Callable[[Any, Any], None] | None = None) -> bytes:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False})
    page = book.add_worksheet("名单")
    for index, row in enumerate(rows):
        page.write_row(index, 0, row)
    if fill:
        fill(book, page)
    book.close()
    return file.getvalue()


def xls(rows: list[list[Any]]) -> bytes:
    file = io.BytesIO()
    book = xlwt.Workbook()
    page = book.add_sheet("名单")
    for index, row in enumerate(rows):
        for column, value in enumerate(row):
            page.write(index, column, value)
    book.save(file)
    return file.getvalue()


def csv_text(rows: list[list[str]], separator: str = ",") -> str:
    return "\r\n".join(separator.join(f'"{cell}"' if "\n" in cell else cell for cell in row) for row in rows)


CSV = csv_text(ROSTER)


@pytest.mark.parametrize(
    ("data", "filename", "kind"),
    [
        (xlsx(ROSTER), "名册.xlsx", "xlsx"),
        (xlsx(ROSTER), "名册.et", "xlsx"),
        (xls(ROSTER), "名册.xls", "xls"),
        (xls(ROSTER), "名册.et", "xls"),
        (CSV.encode(), "名册.csv", "csv"),
        (CSV.encode("utf-8-sig"), "名册.csv", "csv"),
        (CSV.encode("gbk"), "名册.csv", "csv"),
        (CSV.encode("gb18030"), "名册.xls", "csv"),
        (CSV.encode("utf-16"), "名册.txt", "csv"),
        (csv_text(ROSTER, ";").encode(), "名册.csv", "csv"),
        (csv_text(ROSTER, "\t").encode(), "名册.csv", "csv"),
        ((CSV + ",\r\n,,\r\n\r\n").encode(), "名册.csv", "csv"),
    ],
)
def test_the_content_decides_how_a_file_is_read(data: bytes, filename: str, kind: str) -> None:
    sheet = read_sheet(data, filename)
    assert sheet.kind == kind
    assert texts(sheet) == ROSTER
    assert sheet.rows[3][1].name == "B4"


def test_rare_characters_of_gb18030() -> None:
    assert texts(read_sheet("姓名\n㛃䶮𠅤𫖮".encode("gb18030"), "a.csv")) == [["姓名"], ["㛃䶮𠅤𫖮"]]


def stored_cells(book: Any, page: Any) -> None:
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    page.write_number(0, 0, 13800001234)
    page.write_number(0, 1, 2.5)
    page.write_number(0, 2, 0.1 + 0.2)
    page.write_number(0, 3, -7)
    page.write_datetime(1, 0, date(1986, 5, 4), day)
    page.write_datetime(1, 1, datetime(1988, 4, 10, 2, 30), moment)  # noqa: DTZ001 - a cell has no zone.
    page.write_datetime(1, 2, time(8, 30), book.add_format({"num_format": "hh:mm"}))
    page.write_datetime(1, 3, timedelta(hours=30, minutes=5), book.add_format({"num_format": "[h]:mm"}))
    page.write_boolean(2, 0, True)
    page.write_formula(2, 1, '="张"&"三"', None, "张三")
    page.write_string(2, 2, " 13800001234 ")
    page.write_string(3, 3, "x")


def test_how_cells_are_stored() -> None:
    rows = read_sheet(xlsx([], stored_cells), "a.xlsx").rows
    assert [(cell.text, cell.stored) for cell in rows[0]] == [
        ("13800001234", Stored.NUMBER),
        ("2.5", Stored.NUMBER),
        ("0.3", Stored.NUMBER),
        ("-7", Stored.NUMBER),
    ]
    assert [(cell.text, cell.stored) for cell in rows[1]] == [
        ("1986-05-04", Stored.DATE),
        ("1988-04-10 02:30", Stored.DATE),
        ("08:30", Stored.DATE),
        ("30:05", Stored.DATE),
    ]
    assert [(cell.text, cell.stored) for cell in rows[2]] == [
        ("TRUE", Stored.TEXT),
        ("张三", Stored.TEXT),
        (" 13800001234 ", Stored.TEXT),
        ("", Stored.EMPTY),
    ]


@pytest.mark.parametrize("workbook", [xlsx, xls])
@pytest.mark.parametrize("day", ["1986-05-04", "1987-09-13", "1988-04-10", "1991-09-15", "2000-02-29"])
def test_dates_do_not_slip(workbook: Callable[[list[list[Any]]], bytes], day: str) -> None:
    born = date.fromisoformat(day)
    if workbook is xls:
        file = io.BytesIO()
        book = xlwt.Workbook()
        book.add_sheet("a").write(0, 0, born, xlwt.easyxf(num_format_str="yyyy-mm-dd"))
        book.save(file)
        data = file.getvalue()
    else:
        data = xlsx(
            [],
            lambda book, page: page.write_datetime(0, 0, born, book.add_format({"num_format": "yyyy/m/d"})),
        )
    assert read_sheet(data, "a").rows[0][0].text == day


@pytest.mark.parametrize("workbook", [xlsx, xls])
def test_a_number_that_lost_its_last_digits_is_refused_naming_the_cell(
    workbook: Callable[[Any], bytes],
) -> None:
    sheet = read_sheet(
        workbook([["姓名", "", "身份证号"], ["张三", "", 220102190001011230], ["李四", "", 220102000101123]]),
        "a",
    )
    rounded, whole = sheet.rows[1][2], sheet.rows[2][2]
    assert (rounded.name, rounded.stored, rounded.is_rounded) == ("C2", Stored.NUMBER, True)
    with pytest.raises(RuleError, match="Cell C2") as refused:
        rounded.exact("number")
    assert refused.value.field == "number"
    assert whole.exact() == "220102000101123"


def test_columns_beyond_z_have_two_letters() -> None:
    sheet = read_sheet(xlsx([[""] * 28 + ["x"]]), "a")
    assert sheet.rows[0][28].name == "AC1"
    assert sheet.rows[0][25].name == "Z1"


def test_the_first_visible_sheet_with_content_is_read() -> None:
    def fill(book: Any, page: Any) -> None:
        page.hide()
        book.add_worksheet("空").activate()
        book.add_worksheet("数据").write_string(1, 1, "b")
        book.add_worksheet("更多").write_string(0, 0, "c")

    assert texts(read_sheet(xlsx([["a"]], fill), "a")) == [["", ""], ["", "b"]]


def test_the_header_is_found_below_titles() -> None:
    sheet = read_sheet(xlsx(ROSTER), "a")
    match = find_header(sheet, HEADERS, required=("name", "number"))
    assert match.row == 1
    assert match.columns == {"name": 1, "number": 2, "phone": 3}
    assert [{key: cell.text for key, cell in row.items()} for row in data_rows(sheet, match)] == [
        {"name": "张三", "number": "a", "phone": "13800001234"},
        {"name": "欧阳修", "number": "b", "phone": ""},
    ]


@pytest.mark.parametrize(
    "header",
    [
        "身份证号",
        " 身份证 号码 ",
        "身份证号*",
        "身份证号：",
        "ID Number",
        "id_number",
        "身份证号（必填）",
    ],
)
def test_headers_are_known_in_every_dress(header: str) -> None:
    assert find_header(read_pasted(f"姓名\t{header}\n张三\t1"), HEADERS).columns == {"name": 0, "number": 1}


def test_a_header_that_fits_exactly_wins_over_one_with_a_bracket() -> None:
    sheet = read_pasted("姓名(拼音)\t姓名\t手机\nzhang\t张\t1")
    assert find_header(sheet, HEADERS).columns == {"name": 1, "phone": 2}


def test_two_columns_for_one_thing_are_refused() -> None:
    with pytest.raises(RuleError, match=r"A1 and C1.*手机"):
        find_header(read_pasted("手机\t姓名\t电话\n1\t张\t2"), HEADERS)


def test_missing_columns_are_named() -> None:
    with pytest.raises(RuleError, match="missing: 身份证号、工作单位/家庭住址"):
        find_header(read_pasted("姓名\t手机\n张\t1"), HEADERS, required=("name", "employer", "number"))
    with pytest.raises(RuleError, match="No header row"):
        find_header(read_pasted("张三\t13800001234\n李四\t"), HEADERS)


def test_rows_without_anything_in_a_known_column_are_skipped() -> None:
    sheet = read_pasted("序号\t姓名\t手机\n1\t张三\t2\n2\t \t\n3\t李四\t")
    assert [row["name"].name for row in data_rows(sheet, find_header(sheet, HEADERS))] == ["B2", "B4"]


@pytest.mark.parametrize(
    ("pasted", "cells"),
    [
        ("姓名\t手机\r\n张三\t1\r\n", [["姓名", "手机"], ["张三", "1"]]),
        ('"甲\n乙"\t1\n2\t3', [["甲\n乙", "1"], ["2", "3"]]),
        ('"说""好""\n的"\t"', [['说"好"\n的', '"']]),
        ('"张三\t1\n李四\t2', [['"张三', "1"], ["李四", "2"]]),
        ('"张三"\t1', [['"张三"', "1"]]),
        ("a\t\tb\n\t\t\n\t\tc\t\n\n", [["a", "", "b"], ["", "", ""], ["", "", "c"]]),
        ("张三", [["张三"]]),
        ("=1+1\t+86 138", [["=1+1", "+86 138"]]),
    ],
)
def test_pasted_cells(pasted: str, cells: list[list[str]]) -> None:
    sheet = read_pasted(pasted)
    assert texts(sheet) == cells
    assert sheet.kind == "pasted"
