"""What is written as a list comes back unchanged, and nothing in it comes to life."""

from __future__ import annotations

import io
from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.core.errors import RuleError
from registry.core.sheets import Sheet, Stored, read_sheet, write_csv, write_xlsx


def texts(sheet: Sheet) -> list[list[str]]:
    return [[cell.text for cell in row] for row in sheet.rows]


HOSTILE = [
    "=1+1",
    "+8613800001234",
    "-5",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "'=1",
    "''-1",
    "'",
    "＝1",
    "a\nb",
    '"',
    "a,b;c\td",
    " a ",
]


def test_nothing_in_a_csv_file_comes_to_life() -> None:
    data = b"".join(write_csv(["姓名"], [[text] for text in HOSTILE]))
    assert data.startswith(b"\xef\xbb\xbf")
    written = data.decode("utf-8-sig").split('\r\n"')[1:]
    assert len(written) == len(HOSTILE)
    assert not any(line.startswith(("=", "+", "-", "@", "\t", "\r", "＝")) for line in written)
    assert texts(read_sheet(data, "a.csv")) == [["姓名"], *([text] for text in HOSTILE)]


def test_nothing_in_a_workbook_comes_to_life() -> None:
    file = io.BytesIO()
    write_xlsx(file, ["姓名", "=1"], [[text, text] for text in HOSTILE])
    sheet = read_sheet(file.getvalue(), "a.xlsx")
    assert texts(sheet) == [["姓名", "=1"], *([text, text] for text in HOSTILE)]
    assert {cell.stored for row in sheet.rows for cell in row} == {Stored.TEXT}


written = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufffe\uffff"), max_size=12)
hostile = st.builds(
    str.__add__, st.sampled_from(["", "'", "''", "=", "+", "-", "@", "\t", "\r", "\n"]), written
)


@settings(max_examples=60)
@given(st.lists(st.lists(hostile, min_size=3, max_size=3), min_size=1, max_size=4))
def test_csv_comes_back_unchanged(rows: list[list[str]]) -> None:
    data = b"".join(write_csv(["a", "b", "c"], rows))
    back = texts(read_sheet(data, "a.csv"))
    assert back == [["a", "b", "c"], *rows][: len(back)]
    assert not any(any(row) for row in rows[len(back) - 1 :])


@settings(max_examples=25)
@given(st.lists(st.lists(hostile, min_size=2, max_size=2), min_size=1, max_size=3))
def test_a_workbook_comes_back_unchanged(rows: list[list[str]]) -> None:
    file = io.BytesIO()
    write_xlsx(file, ["a", "b"], rows)
    back = texts(read_sheet(file.getvalue(), "a.xlsx"))
    assert back == [["a", "b"], *rows][: len(back)]
    assert not any(any(row) for row in rows[len(back) - 1 :])


def test_values_other_than_text() -> None:
    moment = datetime(2026, 3, 1, 8, 5)  # noqa: DTZ001 - a cell has no zone.
    values = [5, -2.5, Decimal("1234567.89"), date(2026, 3, 1), moment, None, 220102190001011230]
    assert texts(read_sheet(b"".join(write_csv(["a"] * 7, [values])), "a.csv"))[1] == [
        "5",
        "-2.5",
        "1234567.89",
        "2026-03-01",
        "2026-03-01 08:05:00",
        "",
        "220102190001011230",
    ]
    file = io.BytesIO()
    write_xlsx(file, ["a"] * 7, [values])
    cells = read_sheet(file.getvalue(), "a.xlsx").rows[1]
    assert [cell.stored for cell in cells[:4]] == [Stored.NUMBER] * 3 + [Stored.TEXT]
    assert (cells[6].text, cells[6].stored) == ("220102190001011230", Stored.TEXT)
    with pytest.raises(RuleError, match="longer than"):
        write_xlsx(io.BytesIO(), ["a"], [["x" * 32_768]])


def test_csv_is_written_in_pieces() -> None:
    pieces = list(write_csv(["a"], ([str(number)] for number in range(1_200))))
    assert len(pieces) == 4
    assert len(read_sheet(b"".join(pieces), "a.csv").rows) == 1_201


def test_what_no_file_can_carry_is_left_out() -> None:
    assert texts(read_sheet(b"".join(write_csv(["a"], [["张\ud800三\uffff"]])), "a.csv"))[1] == ["张三"]
    file = io.BytesIO()
    write_xlsx(file, ["a"], [["张\ud800三\uffff"]])
    assert texts(read_sheet(file.getvalue(), "a.xlsx"))[1] == ["张三"]
