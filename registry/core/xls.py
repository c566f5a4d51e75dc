"""What an .xls or .et workbook (OLE2) must prove before it is parsed: that it stays small in memory.

Formats: [MS-CFB] for the container, [MS-XLS] for the records of the workbook stream.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from registry.core.errors import RuleError
from registry.core.sheet_limits import CELLS, NOT_A_LIST, PROTECTED, SHARED_TEXT, TOO_FULL, damaged

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# A parser holds every cell between the first and the last filled one of a sheet.
AREA = 2_000_000

SHEETS = 255

_MINI_CUTOFF = 4096
_END, _FREE = 0xFFFFFFFE, 0xFFFFFFFF
_EOF, _SHEET, _SST, _CONTINUE, _DIMENSIONS, _FILEPASS = 0x0A, 0x85, 0xFC, 0x3C, 0x200, 0x2F
_LABEL_SST, _MULRK = 0xFD, 0xBD
_FILLED = frozenset({0x06, 0x203, 0x204, 0x205, 0x27E, _LABEL_SST, _MULRK})


def check_workbook(data: bytes) -> None:
    """RuleError unless the container is sound and its sheets and texts fit into memory."""
    try:
        for stream in _workbook_streams(data):
            _check_records(stream)
    except (struct.error, IndexError) as error:
        raise damaged() from error


def _workbook_streams(data: bytes) -> list[bytes]:
    sector_shift, mini_shift = struct.unpack_from("<HH", data, 30)
    if sector_shift not in (9, 12) or mini_shift != 6:
        raise damaged()
    size = 1 << sector_shift
    first_directory, first_mini_fat, first_difat = struct.unpack_from("<I8xI4xI", data, 48)
    sectors = [data[at : at + size] for at in range(size, len(data), size)]
    fat = _numbers(b"".join(sectors[index] for index in _fat_sectors(data, sectors, first_difat)))
    directory = b"".join(_chain(sectors, fat, first_directory))
    entries = [directory[at : at + 128] for at in range(0, len(directory) - 127, 128)]
    names = [entry[:64].decode("utf-16-le", "ignore").split("\0")[0] for entry in entries]
    if "EncryptedPackage" in names:
        raise RuleError(PROTECTED, "file")
    found = [entry for entry, name in zip(entries, names, strict=True) if name in ("Workbook", "Book")]
    if not found:
        raise RuleError(NOT_A_LIST, "file")
    streams = []
    for entry in found:
        start, length = struct.unpack_from("<II", entry, 116)
        if length < _MINI_CUTOFF:
            mini = b"".join(_chain(sectors, fat, struct.unpack_from("<I", entries[0], 116)[0]))
            small = [mini[at : at + 64] for at in range(0, len(mini), 64)]
            mini_fat = _numbers(b"".join(_chain(sectors, fat, first_mini_fat)))
            streams.append(b"".join(_chain(small, mini_fat, start))[:length])
        else:
            streams.append(b"".join(_chain(sectors, fat, start))[:length])
    return streams


def _fat_sectors(data: bytes, sectors: list[bytes], first_difat: int) -> list[int]:
    listed = list(struct.unpack_from("<109I", data, 76))
    at, steps = first_difat, 0
    while at not in (_END, _FREE):
        *more, at = _numbers(sectors[at])
        listed.extend(more)
        steps += 1
        if steps > len(sectors):
            raise damaged()
    return [index for index in listed if index != _FREE]


def _chain(sectors: list[bytes], fat: list[int], start: int) -> Iterator[bytes]:
    at = start
    for _step in range(len(sectors) + 1):
        if at in (_END, _FREE):
            return
        yield sectors[at]
        at = fat[at]
    raise damaged()


def _numbers(raw: bytes) -> list[int]:
    return list(struct.unpack(f"<{len(raw) // 4}I", raw[: len(raw) // 4 * 4]))


def _records(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    while at + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, at)
        if kind == _EOF:
            return
        yield kind, stream[at + 4 : at + 4 + length]
        at += 4 + length


def _check_records(stream: bytes) -> None:
    starts: list[int] = []
    texts: list[list[bytes]] = []
    previous = 0
    for kind, body in _records(stream, 0):
        if kind == _SHEET:
            starts.append(struct.unpack_from("<I", body)[0])
        elif kind == _SST:
            texts.append([body])
        elif kind == _CONTINUE and previous == _SST:
            texts[-1].append(body)
        elif kind == _FILEPASS:
            raise RuleError(PROTECTED, "file")
        if kind != _CONTINUE:
            previous = kind
    longest = max(map(_longest_text, texts), default=0)
    cells = labels = 0
    for start in starts:
        more_cells, more_labels = _check_sheet(stream, start)
        cells, labels = cells + more_cells, labels + more_labels
        if len(starts) > SHEETS or cells > CELLS or labels * longest > SHARED_TEXT:
            raise RuleError(TOO_FULL, "file")


def _check_sheet(stream: bytes, start: int) -> tuple[int, int]:
    """The number of filled cells of a sheet, and of those that refer to a shared string."""
    first, last, width, cells, labels = 0xFFFF, 0, 0, 0, 0
    for kind, body in _records(stream, start):
        if kind in _FILLED:
            row, column = struct.unpack_from("<HH", body)
            if kind == _MULRK:
                column = struct.unpack_from("<H", body, len(body) - 2)[0]
            first, last, width = min(first, row), max(last, row), max(width, column)
            cells += 1
            labels += kind == _LABEL_SST
        elif kind == _DIMENSIONS:
            _check_dimensions(body)
    if cells and (last - first + 1) * (width + 1) > AREA:
        raise RuleError(TOO_FULL, "file")
    return cells, labels


def _check_dimensions(body: bytes) -> None:
    """The declared area: rows and columns from the first to the one after the last."""
    row, row_end, column, column_end = struct.unpack_from("<IIHH" if len(body) == 14 else "<HHHH", body)
    if not (row <= row_end <= 0x10000 and column <= column_end <= 0x100):
        raise damaged()


def _longest_text(segments: list[bytes]) -> int:
    """Characters of the longest shared string. A string may run on in the next record, but not its header."""
    declared = struct.unpack_from("<i", segments[0], 4)[0]
    segment, at, longest, left = 0, 8, 0, sum(map(len, segments))
    if not 0 <= declared <= left // 3 + 1:
        raise damaged()
    for _string in range(declared):
        if at >= len(segments[segment]):
            segment, at = segment + 1, 0
        body = segments[segment]
        characters, flags = struct.unpack_from("<HB", body, at)
        at += 3
        runs = extra = 0
        if flags & 8:
            runs = struct.unpack_from("<H", body, at)[0]
            at += 2
        if flags & 4:
            extra = struct.unpack_from("<i", body, at)[0]
            at += 4
        if extra < 0:
            raise damaged()
        longest = max(longest, characters)
        wide = 1 + (flags & 1)
        while characters:
            here = min(characters, max(0, len(segments[segment]) - at) // wide)
            characters -= here
            at += here * wide
            if characters:
                segment, at = segment + 1, 1
                wide = 1 + (segments[segment][0] & 1)
        skip = runs * 4 + extra
        while skip:
            here = min(skip, len(segments[segment]) - at)
            skip -= here
            at += here
            if skip:
                segment, at = segment + 1, 0
    return longest
