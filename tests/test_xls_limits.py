"""An .xls or .et workbook is measured record by record before it is parsed."""

from __future__ import annotations

import io
import struct

import pytest
import xlwt

from registry.core import xls
from registry.core.errors import RuleError
from registry.core.sheets import read_sheet
from tests.test_workbook_limits import old_workbook, refusal, wide


def test_one_long_text_in_too_many_cells_of_an_old_workbook(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xls, "SHARED_TEXT", 7)
    assert "too much text" in refusal(old_workbook(), monkeypatch)
    monkeypatch.setattr(xls, "SHARED_TEXT", 8)
    assert len(read_sheet(old_workbook(), "a").rows) == 2


def test_long_texts_of_an_old_workbook_run_over_record_ends() -> None:
    file = io.BytesIO()
    book = xlwt.Workbook()
    page = book.add_sheet("a")
    for row in range(3):
        page.write(row, 0, chr(0x4E00 + row) * 9_000 + "a" * row)
    book.save(file)
    assert [len(row[0].text) for row in read_sheet(file.getvalue(), "a").rows] == [9_000, 9_001, 9_002]


@pytest.mark.parametrize(
    ("offset", "value"),
    [
        (30, b"\x20\x00"),
        (32, b"\x00\x00"),
        (48, b"\xff\x00\x00\x00"),
        (68, b"\x01\x00\x00\x00"),
        (76, b"\xf0\x00\x00\x00"),
    ],
)
def test_a_container_that_points_nowhere(offset: int, value: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytearray(old_workbook())
    data[offset : offset + len(value)] = value
    refusal(bytes(data), monkeypatch)


def test_a_chain_that_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    data = bytearray(old_workbook())
    fat = 512 * (1 + struct.unpack_from("<I", data, 76)[0])
    start = struct.unpack_from("<I", data, data.index(wide("Workbook")) + 116)[0]
    struct.pack_into("<I", data, fat + 4 * start, start)
    assert "damaged" in refusal(bytes(data), monkeypatch)


def record(kind: int) -> tuple[bytearray, int]:
    """An old workbook and where the body of its first record of a kind begins."""
    data = bytearray(old_workbook())
    at = 512
    while struct.unpack_from("<H", data, at)[0] != kind:
        at += 4 + struct.unpack_from("<H", data, at + 2)[0]
    return data, at + 4


def test_cells_and_sizes_of_an_old_workbook_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    data, body = record(0xFC)
    struct.pack_into("<i", data, body + 4, 2_000_000_000)
    assert "damaged" in refusal(bytes(data), monkeypatch)
    data, body = record(0x85)
    sheet = 512 + struct.unpack_from("<I", data, body)[0]
    at = sheet
    while struct.unpack_from("<H", data, at)[0] != 0x200:
        at += 4 + struct.unpack_from("<H", data, at + 2)[0]
    struct.pack_into("<II", data, at + 4, 0, 0xFFFFFFFF)
    assert "damaged" in refusal(bytes(data), monkeypatch)
    data, body = record(0x85)
    at = sheet
    while struct.unpack_from("<H", data, at)[0] != 0xFD:
        at += 4 + struct.unpack_from("<H", data, at + 2)[0]
    struct.pack_into("<HH", data, at + 4, 65_535, 255)
    assert "too many cells" in refusal(bytes(data), monkeypatch)


def small_container(stream: bytes) -> bytes:
    """A container whose workbook stream is below 4,096 bytes and therefore lies in the mini stream."""
    end, free, fat_mark = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD
    count = -(-len(stream) // 64)
    sectors = -(-count // 8)
    fat = [fat_mark, end, end, *range(4, 3 + sectors), end]
    mini_fat = [*range(1, count), end]

    def entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
        head = struct.pack("<64sHBB", wide(name), 2 * len(name) + 2, kind, 1)
        return head + struct.pack("<III36xIII", free, free, child, start, size, 0)

    header = xls.MAGIC + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<IIIIIIIII", 0, 1, 1, 0, 4096, 2, 1, end, 0) + struct.pack("<I", 0)
    header += struct.pack("<I", free) * 108
    directory = (
        entry("Root Entry", 5, 1, 3, count * 64) + entry("Workbook", 2, free, 0, len(stream)) + bytes(256)
    )
    pad = struct.pack("<I", free)
    body = [
        b"".join(struct.pack("<I", number) for number in fat).ljust(512, pad[:1]),
        directory,
        b"".join(struct.pack("<I", number) for number in mini_fat).ljust(512, pad[:1]),
        stream.ljust(sectors * 512, b"\0"),
    ]
    return header + b"".join(body)


def stream_of(data: bytes) -> bytes:
    return data[512 : 512 + 4096].rstrip(b"\0") + b"\0\0\0"


def test_a_small_workbook_in_the_mini_stream() -> None:
    stream = stream_of(old_workbook())
    assert len(stream) < 4096
    data = small_container(stream)
    assert [[cell.text for cell in row] for row in read_sheet(data, "a.et").rows] == [["张三", "张三"]] * 2


def test_a_small_workbook_is_measured_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    data, body = record(0xFC)
    struct.pack_into("<i", data, body + 4, 2_000_000_000)
    assert "damaged" in refusal(small_container(stream_of(bytes(data))), monkeypatch)


def test_the_list_of_allocation_sectors_may_run_on() -> None:
    data = bytearray(old_workbook())
    struct.pack_into("<I", data, 68, (len(data) - 512) // 512)
    more = struct.pack("<128I", *[0xFFFFFFFF] * 127, 0xFFFFFFFE)
    assert len(read_sheet(bytes(data) + more, "a.xls").rows) == 2


def test_texts_in_several_fonts_are_measured() -> None:
    file = io.BytesIO()
    book = xlwt.Workbook()
    page = book.add_sheet("a")
    bold = xlwt.easyfont("bold on")
    for row in range(400):
        page.write_rich_text(row, 0, [f"{row:05d}", ("张三" * 12, bold), "李四"])
    book.save(file)
    texts = [row[0].text for row in read_sheet(file.getvalue(), "a").rows]
    assert texts == [f"{row:05d}{'张三' * 12}李四" for row in range(400)]


def strings(*bodies: bytes, declared: int = 2) -> list[bytes]:
    return [struct.pack("<ii", declared, declared) + bodies[0], *bodies[1:]]


def test_strings_run_on_in_the_next_record() -> None:
    # Two bytes a character, one byte a character after the break, then phonetic data that runs on as well.
    first = struct.pack("<HBi", 6, 5, 3) + "张三李".encode("utf-16-le")
    second = b"\0" + b"abc" + b"\1"
    third = b"\2\3" + struct.pack("<HBH", 9, 8, 1) + b"123456789" + bytes(4)
    assert xls._longest_text(strings(first, second, third)) == 9


@pytest.mark.parametrize(
    "segments",
    [
        strings(struct.pack("<HB", 9, 0) + b"abc"),
        strings(b""),
        strings(b"", declared=-1),
    ],
)
def test_strings_that_end_nowhere(segments: list[bytes]) -> None:
    with pytest.raises((RuleError, IndexError, struct.error)):
        xls._longest_text(segments)


def test_data_behind_a_string_cannot_lead_backwards() -> None:
    with pytest.raises(RuleError, match="damaged"):
        xls._longest_text(strings(struct.pack("<HBi", 1, 4, -1) + b"a" + struct.pack("<HB", 1, 0) + b"a"))


def test_a_container_locked_by_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    data, body = record(0x85)
    # The record of the sheet becomes the one that says the stream is encrypted.
    struct.pack_into("<H", data, body - 4, 0x2F)
    assert "password" in refusal(bytes(data), monkeypatch)
