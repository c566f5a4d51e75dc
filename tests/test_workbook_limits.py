"""Files that are too large, damaged, hostile or no lists at all are refused before they are parsed."""

from __future__ import annotations

import io
import re
import struct
import tracemalloc
import zipfile
from collections.abc import Callable

import pytest
import xlsxwriter
import xlwt

from registry.core import cells, sheet_limits, sheets, workbooks, xls, xlsx
from registry.core.errors import RuleError
from registry.core.sheets import read_pasted, read_sheet

SHEET = "xl/worksheets/sheet1.xml"


def workbook(rows: int = 2, columns: int = 2, text: str = "张三") -> bytes:
    file = io.BytesIO()
    book = xlsxwriter.Workbook(file, {"in_memory": True})
    page = book.add_worksheet()
    for row in range(rows):
        for column in range(columns):
            page.write_string(row, column, text)
    book.close()
    return file.getvalue()


def old_workbook(rows: int = 2, columns: int = 2) -> bytes:
    file = io.BytesIO()
    book = xlwt.Workbook()
    page = book.add_sheet("a")
    for row in range(rows):
        for column in range(columns):
            page.write(row, column, "张三")
    book.save(file)
    return file.getvalue()


def wide(name: str) -> bytes:
    """The name as the directory of a container holds it."""
    return name.encode("utf-16-le")


def changed(part: str, change: Callable[[bytes], bytes], **more: bytes) -> bytes:
    """A sound workbook with one part changed and more parts added."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook())) as old,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for info in old.infolist():
            body = old.read(info)
            new.writestr(info.filename, change(body) if info.filename == part else body)
        for name, body in more.items():
            new.writestr(name, body)
    return file.getvalue()


def cell_at(reference: str, body: bytes = b"<v>1</v>") -> bytes:
    return changed(
        SHEET, lambda xml: re.sub(b'<c r="B2".*?</c>', b'<c r="%s">%s</c>' % (reference.encode(), body), xml)
    )


class Parser:
    """Stands in for the parser class, whose methods cannot be replaced."""

    @staticmethod
    def from_filelike(_file: object) -> None:
        raise AssertionError("the file was parsed")


def refusal(data: bytes, monkeypatch: pytest.MonkeyPatch, filename: str = "a.xlsx") -> str:
    """What is said of a file that must not reach the parser."""
    with monkeypatch.context() as patch:
        patch.setattr(workbooks, "CalamineWorkbook", Parser)
        with pytest.raises(RuleError) as refused:
            read_sheet(data, filename)
    assert refused.value.field == "file"
    assert "Nothing was saved." in str(refused.value)
    return str(refused.value)


def test_the_files_the_tests_change_are_sound() -> None:
    assert read_sheet(workbook(), "a").rows[1][1].text == "张三"
    assert read_sheet(old_workbook(), "a").rows[1][1].text == "张三"
    assert read_sheet(changed("", bytes), "a").rows[1][1].text == "张三"
    assert read_sheet(cell_at("C3"), "a").rows[2][2].text == "1"


def test_a_workbook_that_unpacks_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = changed("", bytes, **{"xl/media/a.bin": b"\0" * 51_000_000})
    assert len(bomb) < 100_000
    assert "more than 50 MB" in refusal(bomb, monkeypatch)


def test_the_size_counts_however_well_it_was_packed(monkeypatch: pytest.MonkeyPatch) -> None:
    with zipfile.ZipFile(io.BytesIO(workbook())) as archive:
        unpacked = sum(info.file_size for info in archive.infolist())
    monkeypatch.setattr(xlsx, "UNPACKED", unpacked - 1)
    assert "unpacks to more than" in refusal(workbook(), monkeypatch)
    monkeypatch.setattr(xlsx, "UNPACKED", unpacked)
    assert len(read_sheet(workbook(), "a").rows) == 2


def test_a_workbook_that_shrinks_suspiciously_well(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "more than 50 MB" in refusal(changed("", bytes, **{"xl/a.bin": b"\0" * 12_000_000}), monkeypatch)


def test_a_workbook_of_too_many_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "PARTS", 20)
    parts = {f"xl/media/{number}.png": b"" for number in range(20)}
    assert "more than 50 MB" in refusal(changed("", bytes, **parts), monkeypatch)


def test_a_header_that_lies_about_the_size_inflates_no_more_than_it_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    big = changed(SHEET, lambda xml: xml.replace(b"<sheetData>", b"<sheetData>" + b" " * 5_000_000))
    with zipfile.ZipFile(io.BytesIO(big)) as archive:
        info = archive.getinfo(SHEET)
    lying = big.replace(struct.pack("<I", info.file_size), struct.pack("<I", 900))
    tracemalloc.start()
    try:
        assert "damaged" in refusal(lying, monkeypatch)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("XFD1048576", "reaches row 1048576; at most 10000"),
        ("A10001", "reaches row 10001"),
        ("IV2", "more than 200 columns"),
        ("ZZZZ1", "damaged"),
        ("1A", "damaged"),
        ("&#65;1", ""),
    ],
)
def test_a_cell_far_away_is_refused_before_memory_is_taken(
    reference: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if reason:
        assert reason in refusal(cell_at(reference), monkeypatch)
    else:
        with pytest.raises(RuleError, match="damaged"):
            read_sheet(cell_at(reference), "a")


def test_rows_and_cells_without_a_reference_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = b"<row/>" * 10_000 + b"<row><c><v>1</v></c></row>"
    data = changed(
        SHEET, lambda xml: re.sub(b"<sheetData>.*</sheetData>", b"<sheetData>%s</sheetData>" % rows, xml)
    )
    assert "row 10001" in refusal(data, monkeypatch)


def test_empty_cells_far_away_do_not_matter() -> None:
    assert len(read_sheet(cell_at("XFD1048576", b""), "a").rows) == 2


def test_too_many_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "CELLS", 3)
    assert "too many cells" in refusal(workbook(), monkeypatch)
    monkeypatch.setattr(xlsx, "CELLS", 4)
    empty = changed(SHEET, lambda xml: xml.replace(b'<c r="A1"', b"<c/>" * 5 + b'<c r="A1"'))
    assert "too many cells" in refusal(empty, monkeypatch)
    monkeypatch.setattr(xls, "CELLS", 3)
    assert "too many cells" in refusal(old_workbook(), monkeypatch)
    monkeypatch.setattr(cells, "CELLS", 1)
    with pytest.raises(RuleError, match="too many cells"):
        read_pasted("a\tb\nc\td")


def test_one_long_text_in_too_many_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx, "SHARED_TEXT", 3_999)
    assert "too much text" in refusal(workbook(text="张" * 1_000), monkeypatch)
    monkeypatch.setattr(xlsx, "SHARED_TEXT", 4_000)
    assert len(read_sheet(workbook(text="张" * 1_000), "a").rows) == 2


def test_declared_counts_nobody_can_fill(monkeypatch: pytest.MonkeyPatch) -> None:
    data = changed(
        "xl/sharedStrings.xml", lambda xml: re.sub(rb'uniqueCount="\d+"', b'uniqueCount="4000000000"', xml)
    )
    assert "damaged" in refusal(data, monkeypatch)


def test_document_types_and_other_encodings_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    entity = b'<!DOCTYPE a [<!ENTITY b "cc"><!ENTITY d "&b;&b;">]>'
    data = changed(SHEET, lambda xml: xml.replace(b"?>\n", b"?>" + entity, 1))
    assert "damaged" in refusal(data, monkeypatch)
    assert "damaged" in refusal(changed(SHEET, lambda xml: xml.decode().encode("utf-16")), monkeypatch)


def test_a_declared_encoding_does_not_change_how_the_cells_are_measured() -> None:
    data = changed(SHEET, lambda xml: xml.replace(b'encoding="UTF-8"', b'encoding="GB2312"'))
    assert len(read_sheet(data, "a").rows) == 2


def test_a_password_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytearray(workbook())
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    assert "password" in refusal(bytes(data), monkeypatch)
    name = wide("EncryptedPackage")
    data = bytearray(old_workbook())
    at = data.index(wide("Workbook"))
    data[at : at + len(name)] = name
    assert "password" in refusal(bytes(data), monkeypatch)


@pytest.mark.parametrize(
    ("data", "filename", "reason"),
    [
        (b"", "a.xlsx", "no rows"),
        (b"\r\n\r\n", "a.csv", "no rows"),
        (b"PK\x03\x04 and nothing more", "a.xlsx", "damaged"),
        (workbook()[:-40], "a.xlsx", "damaged"),
        (xls.MAGIC, "a.xls", "damaged"),
        (xls.MAGIC + b"\xff" * 4_000, "a.xls", "damaged"),
        (old_workbook()[:3_000], "a.xls", "damaged"),
        (
            old_workbook().replace(wide("Workbook"), wide("WordPart")),
            "a.xls",
            "not a list",
        ),
        (b"%PDF-1.7 ...", "a.pdf", "not a list"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "a.png", "not a list"),
        (b"\0\1\2\3", "a.xlsx", "damaged"),
        (b"<html><table><tr><td>1</td></tr></table></html>", "a.xls", "web page"),
        ("姓名\n".encode() + b"\xff\xff\xff", "a.csv", "UTF-8, GBK or GB18030"),
        ('姓名,手机\n"张三,1\n'.encode(), "a.csv", "quotes in line"),
        ("\n".join(["1"] * 10_001).encode(), "a.csv", "reaches row 10001; at most 10000"),
        (",".join(["1"] * 201).encode(), "a.csv", "200 columns"),
        (b"," * 600_000, "a.csv", "too many cells"),
        (b"x" * 20_000_001, "a.csv", "larger than 20 MB"),
    ],
)
def test_what_is_no_list(data: bytes, filename: str, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert reason in refusal(data, monkeypatch, filename)


def test_a_document_in_a_zip_is_no_list(monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    assert "not a list" in refusal(file.getvalue(), monkeypatch, "a.docx")


def test_a_workbook_without_anything_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "no rows" in refusal(workbook(0), monkeypatch)
    with pytest.raises(RuleError, match="no rows"):
        read_sheet(old_workbook(0), "a")


def test_the_limit_of_rows_is_the_callers() -> None:
    for data in (workbook(5), old_workbook(5), b"1\n2\n3\n4\n5\n"):
        assert len(read_sheet(data, "a", max_rows=5).rows) == 5
        with pytest.raises(RuleError, match="reaches row 5; at most 4"):
            read_sheet(data, "a", max_rows=4)
    assert len(read_pasted("1\n2\n3\n", max_rows=3).rows) == 3
    with pytest.raises(RuleError, match="reaches row 3; at most 2"):
        read_pasted("1\n2\n3", max_rows=2)


def test_a_pasted_text_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "UPLOAD", 5)
    with pytest.raises(RuleError, match="too long"):
        read_pasted("123456")


def test_a_panic_of_the_parser_is_a_damaged_file(monkeypatch: pytest.MonkeyPatch) -> None:
    panic = type("PanicException", (BaseException,), {})

    class Panicking:
        @staticmethod
        def from_filelike(_file: object) -> None:
            raise panic

    monkeypatch.setattr(workbooks, "CalamineWorkbook", Panicking)
    with pytest.raises(RuleError) as refused:
        read_sheet(workbook(), "a")
    assert refused.value.message.text == sheet_limits.DAMAGED
