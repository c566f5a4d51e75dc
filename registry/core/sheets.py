"""Lists as people have them: workbooks, CSV files and pasted cells, read into rows of cells."""

from __future__ import annotations

import csv
import io
import re

from registry.core.cells import Cell, Sheet, Stored, sheet_of
from registry.core.errors import RuleError
from registry.core.i18n import N_
from registry.core.sheet_header import HeaderMatch, data_rows, find_header
from registry.core.sheet_limits import CELLS, DAMAGED, NOT_A_LIST, TOO_FULL, check_position
from registry.core.sheet_writer import unguard, write_csv, write_xlsx
from registry.core.workbooks import xls_rows, xlsx_rows
from registry.core.xls import MAGIC

__all__ = [
    "Cell",
    "HeaderMatch",
    "Sheet",
    "Stored",
    "data_rows",
    "find_header",
    "read_pasted",
    "read_sheet",
    "write_csv",
    "write_xlsx",
]

UPLOAD = 20_000_000


def read_sheet(data: bytes, filename: str, *, max_rows: int = 10_000) -> Sheet:
    """The list in an uploaded file; of a workbook the first visible sheet that holds anything.

    The content decides what the file is, whatever its name: .xlsx, .xls and .et workbooks, CSV in UTF-8,
    UTF-16 with BOM, GBK or GB18030, separated by comma, semicolon or tab. `max_rows` counts every row up to
    the last filled one, titles and header included. RuleError (field "file") for all else, before parsing.
    """
    if len(data) > UPLOAD:
        raise RuleError(
            N_(
                "The file is larger than %(limit)s MB. Nothing was saved. "
                "Upload the list alone, without pictures."
            ),
            "file",
            limit=UPLOAD // 1_000_000,
        )
    if data.startswith(b"PK\x03\x04"):
        return sheet_of(xlsx_rows(data, max_rows), "xlsx")
    if data.startswith(MAGIC):
        return sheet_of(xls_rows(data, max_rows), "xls")
    return _read_csv(data, filename, max_rows)


def read_pasted(text: str, *, max_rows: int = 10_000) -> Sheet:
    """Cells copied in Excel or WPS: tab separated, a cell with line breaks or tabs in quotes."""
    if len(text) > UPLOAD:
        raise RuleError(
            N_("The pasted text is too long. Nothing was saved. Upload the list as a file."), "file"
        )
    rows: list[list[str]] = [[]]
    for match in _PASTED.finditer(text.rstrip("\r\n")):
        check_position(len(rows) - 1, len(rows[-1]), max_rows)
        quoted, plain, end = match.groups()
        # A spreadsheet puts quotes around a copied cell only when it holds a line break or a tab.
        if quoted is not None:
            breaks = "\n" in quoted or "\t" in quoted
            plain = quoted.replace('""', '"') if breaks else f'"{quoted}"'
        rows[-1].append(plain)
        if not end:
            break
        if end != "\t":
            rows.append([])
    return sheet_of(rows, "pasted")


_PASTED = re.compile(r"""(?:"((?:[^"]|"")*+)"(?=\t|\r?\n|\Z)|([^\t\r\n]*+))(\t|\r?\n|\r|\Z)""")


def _read_csv(data: bytes, filename: str, max_rows: int) -> Sheet:
    text = _decode(data, filename)
    if _MARKUP.match(text):
        raise RuleError(
            N_(
                "The file is a web page under the name of a list. Nothing was saved. "
                "Open it in Excel or WPS, save it as .xlsx and upload that."
            ),
            "file",
        )
    delimiter = _delimiter(text)
    if text.count(delimiter) > CELLS:
        raise RuleError(TOO_FULL, "file")
    rows: list[list[str]] = []
    reader = csv.reader(io.StringIO(text.rstrip("\r\n"), newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            if len(rows) >= max_rows and any(row):
                check_position(len(rows), 0, max_rows)
            rows.append([unguard(value) for value in row])
    except csv.Error as error:
        raise RuleError(
            N_(
                "The quotes in line %(line)s of the file do not match. Nothing was saved. "
                "Correct the line, or upload the list as .xlsx."
            ),
            "file",
            line=reader.line_num,
        ) from error
    return sheet_of(rows, "csv")


def _decode(data: bytes, filename: str) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif b"\0" in data or data.startswith(b"%PDF"):
        raise RuleError(DAMAGED if filename.lower().endswith(_WORKBOOKS) else NOT_A_LIST, "file")
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise RuleError(
        N_(
            "The characters of the file cannot be read. Nothing was saved. "
            "CSV files are read in UTF-8, GBK or GB18030; or upload the list as .xlsx."
        ),
        "file",
    )


_MARKUP = re.compile(r"\s*<(?:!doctype|html|head|meta|style|table|\?xml)", re.IGNORECASE)
_WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".et")


def _delimiter(text: str) -> str:
    sample = re.sub(r'"[^"]*(?:"|\Z)', "", text[:20_000])
    return max(",\t;", key=sample.count)
