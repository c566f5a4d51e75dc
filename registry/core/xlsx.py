"""What an .xlsx workbook must prove before it is parsed: that it stays small when it is unpacked.

A megabyte of zip can hold a gigabyte of XML, two cells can span a billion, and one long text can be
referred to by every cell. The limits here are looked up in the zip directory or found while inflating
with a cap, so a refusal costs milliseconds and little memory.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from xml.parsers import expat

from registry.core.errors import RuleError
from registry.core.sheet_limits import (
    CELLS,
    EMPTY,
    NOT_A_LIST,
    PROTECTED,
    SHARED_TEXT,
    TOO_FULL,
    UNPACKS_LARGE,
    check_position,
    damaged,
)

UNPACKED = 50_000_000
PARTS = 5_000
RATIO = 200

_OPTIONAL = ("[content_types].xml", "_rels/.rels", "xl/styles.xml", "xl/sharedstrings.xml")
_COUNT = re.compile(rb"""[cC]ount\s*=\s*["']\s*\+?0*(\d{8,})""")
_REFERENCE = re.compile(r"([A-Za-z]{1,3})([1-9][0-9]{0,6})")

_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
    OverflowError,
)

Start = Callable[[str, dict[str, str]], None]


def small_workbook(data: bytes, max_rows: int) -> tuple[bytes, str]:
    """The first visible sheet that holds anything, as a workbook of that sheet alone, and its name.

    The new workbook is packed here from what was inflated and checked, so what is parsed later is exactly
    what was measured, whatever the headers of the old one claim. RuleError where a limit is passed.
    """
    parts = _open(data)
    workbook, links = parts.read("xl/workbook.xml"), parts.read("xl/_rels/workbook.xml.rels")
    targets = _targets(links)
    for name, link in _visible_sheets(workbook):
        path = targets.get(link, "")
        if not path.startswith("xl/worksheets/") or path.lower() not in parts.names:
            continue
        sheet = parts.read(path)
        scan = SheetScan(max_rows)
        parse(sheet, scan.start)
        if not scan.cells:
            continue
        kept = {"xl/workbook.xml": workbook, "xl/_rels/workbook.xml.rels": links, path: sheet}
        for optional in _OPTIONAL:
            if optional in parts.names:
                kept[parts.names[optional].filename] = parts.read(optional)
        _check_texts(kept, scan.shared)
        return _pack(kept), name
    raise RuleError(EMPTY, "file")


class _Parts:
    """The parts of the zip by lower-case name, inflated on demand to no more than their declared size."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.names = {info.filename.lower(): info for info in archive.infolist()}

    def read(self, name: str) -> bytes:
        info = self.names.get(name.lower())
        if info is None:
            raise damaged()
        try:
            with self.archive.open(info) as part:
                # Reading by size caps the inflating; reading to the end would inflate whatever is there.
                return part.read(info.file_size)
        except _UNREADABLE as error:
            raise damaged() from error


def _open(data: bytes) -> _Parts:
    if data.count(b"PK\x01\x02") > PARTS:
        raise RuleError(UNPACKS_LARGE, "file", limit=UNPACKED // 1_000_000)
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except _UNREADABLE as error:
        raise damaged() from error
    parts = _Parts(archive)
    unpacked = sum(info.file_size for info in archive.infolist())
    if unpacked > UNPACKED or (unpacked > UNPACKED // 5 and unpacked > RATIO * len(data)):
        raise RuleError(UNPACKS_LARGE, "file", limit=UNPACKED // 1_000_000)
    if "xl/workbook.xml" not in parts.names:
        raise RuleError(NOT_A_LIST, "file")
    if any(info.flag_bits & 1 for info in archive.infolist()):
        raise RuleError(PROTECTED, "file")
    return parts


def parse(xml: bytes, start: Start, text: Callable[[str], None] | None = None) -> None:
    """Walk through well-formed UTF-8 XML without a document type; anything else is refused as damaged."""
    # A UTF-16 mark would win over the encoding given here.
    if b"\0" in xml:
        raise damaged()
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = _no_doctype
    if text is not None:
        parser.CharacterDataHandler = text
    try:
        parser.Parse(xml, True)
    except (expat.ExpatError, ValueError) as error:
        raise damaged() from error


def _no_doctype(*_args: object) -> None:
    raise damaged()


class SheetScan:
    """Where the filled cells of a worksheet lie; the walk ends as soon as a limit is passed."""

    def __init__(self, max_rows: int) -> None:
        self.max_rows = max_rows
        self.row = self.column = -1
        self.seen = self.cells = self.shared = 0
        self._is_shared = False
        self._columns: dict[str, int] = {}

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if ":" in name:
            name = name.rpartition(":")[2]
        if name == "c":
            self.seen += 1
            if self.seen > 2 * CELLS:
                raise RuleError(TOO_FULL, "file")
            reference = attributes.get("r")
            if reference is None:
                self.column += 1
            else:
                self._place(reference)
            self._is_shared = attributes.get("t") == "s"
        elif name in ("v", "is"):
            self._fill()
        elif name == "row":
            number = attributes.get("r", "")
            if number and not (number.isascii() and number.isdigit()):
                raise damaged()
            self.row = int(number) - 1 if number else self.row + 1
            self.column = -1

    def _place(self, reference: str) -> None:
        found = _REFERENCE.fullmatch(reference)
        if found is None:
            raise damaged()
        letters, digits = found.groups()
        if letters not in self._columns:
            self._columns[letters] = column_index(letters)
        self.column, self.row = self._columns[letters], int(digits) - 1

    def _fill(self) -> None:
        check_position(self.row, self.column, self.max_rows)
        self.cells += 1
        self.shared += self._is_shared
        if self.cells > CELLS:
            raise RuleError(TOO_FULL, "file")


def column_index(letters: str) -> int:
    """0 for A, 26 for AA."""
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - 64
    return index - 1


def _check_texts(kept: dict[str, bytes], shared: int) -> None:
    """Refuse declared counts nobody can fill, and texts that would be copied into too many cells."""
    for xml in kept.values():
        if _COUNT.search(xml):
            raise damaged()
    strings = next((xml for path, xml in kept.items() if path.lower() == "xl/sharedstrings.xml"), None)
    if strings is None:
        return
    longest = length = 0

    def start(name: str, _attributes: dict[str, str]) -> None:
        nonlocal length
        if name == "si" or name.endswith(":si"):
            length = 0

    def text(part: str) -> None:
        nonlocal length, longest
        length += len(part)
        longest = max(longest, length)

    parse(strings, start, text)
    if longest * shared > SHARED_TEXT:
        raise RuleError(TOO_FULL, "file")


def _targets(links: bytes) -> dict[str, str]:
    targets: dict[str, str] = {}

    def start(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(":")[2] == "Relationship":
            target = attributes.get("Target", "")
            path = target.lstrip("/") if target.startswith(("/xl/", "xl/")) else f"xl/{target}"
            targets[attributes.get("Id", "")] = path

    parse(links, start)
    return targets


def _visible_sheets(workbook: bytes) -> list[tuple[str, str]]:
    sheets: list[tuple[str, str]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(":")[2] == "sheet" and attributes.get("state", "visible") == "visible":
            link = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            sheets.append((attributes.get("name", ""), link))

    parse(workbook, start)
    return sheets


def _pack(parts: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for path, part in parts.items():
            archive.writestr(path, part)
    return packed.getvalue()
