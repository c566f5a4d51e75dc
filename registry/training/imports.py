"""The headers of class lists, and a class list read from a file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from registry.core.errors import RuleError
from registry.core.i18n import N_, Message
from registry.core.sheets import Cell, Stored, data_rows, find_header, read_sheet
from registry.core.text import clean, has_hidden

# A list this long is read at once; a course has far fewer seats.
MOST_ROWS = 5_000
ID_DIGITS = 15

# Column key → accepted headers, the first named in messages; the keys are accepted as well.
ROSTER_HEADERS: dict[str, tuple[str, ...]] = {
    "name": ("姓名", "学员姓名", "성명", "full name"),
    "sex": ("性别", "성별", "gender"),
    "education": ("文化程度", "学历", "education level"),
    "age": ("年龄", "年齢", "나이"),
    "birth_on": ("出生日期", "出生年月日", "生日", "birth date", "date of birth"),
    "occupation": ("职业", "职务", "工种", "profession"),
    "document_kind": ("证件类型", "证件种类", "document type", "document kind"),
    "document_number": (
        "身份证号",
        "身份证号码",
        "身份证",
        "证件号",
        "证件号码",
        "公民身份号码",
        "id number",
        "id no.",
        "document no.",
    ),
    "phone": ("手机", "手机号", "手机号码", "电话", "联系电话", "联系方式", "mobile", "telephone"),
    "employer": (
        "工作单位",
        "单位",
        "工作单位/家庭住址",
        "工作单位或家庭住址",
        "所在单位",
        "家庭住址",
        "workplace",
    ),
}
ROSTER_REQUIRED = ("name",)


@dataclass(frozen=True)
class CellError:
    """What is wrong at a place of a list. Rows count from 0; column None means the whole row."""

    row: int
    column: str | None
    message: Message


@dataclass(frozen=True)
class RosterFile:
    """A class list as read: cleaned text by column key, and what could not be taken over."""

    rows: list[dict[str, str]]
    digest: str
    errors: list[CellError] = field(default_factory=list)
    cleaned: int = 0


def read_roster(data: bytes, filename: str) -> RosterFile:
    """Read an uploaded class list; RuleError (field "file") when it is none.

    A number that a spreadsheet stored as a number is not taken over, because its last digits are lost.
    """
    sheet = read_sheet(data, filename, max_rows=MOST_ROWS)
    match = find_header(sheet, ROSTER_HEADERS, ROSTER_REQUIRED)
    rows: list[dict[str, str]] = []
    errors: list[CellError] = []
    cleaned = 0
    for cells in data_rows(sheet, match):
        row: dict[str, str] = {}
        for key, cell in cells.items():
            try:
                row[key] = clean(_taken_over(key, cell))
            except RuleError as error:
                row[key] = ""
                errors.append(CellError(len(rows), key, error.message))
            cleaned += has_hidden(cell.text)
        rows.append(row)
    if not rows:
        raise RuleError(
            N_(
                "There is no row below the header. Nothing was saved; "
                "check that the names are on the first sheet."
            ),
            "file",
        )
    return RosterFile(rows, hashlib.sha256(data).hexdigest(), errors, cleaned)


def rows_digest(rows: Sequence[Mapping[str, str]]) -> str:
    """What tells one pasted list from another, as the digest of its content tells files apart."""
    told = [{key: row.get(key, "") for key in ROSTER_HEADERS} for row in rows]
    return hashlib.sha256(json.dumps(told, ensure_ascii=False, sort_keys=True).encode("utf-8")).hexdigest()


def _taken_over(key: str, cell: Cell) -> str:
    digits = sum(map(str.isdigit, cell.text))
    if key == "document_number" and cell.stored is Stored.NUMBER and digits >= ID_DIGITS:
        raise RuleError(
            N_(
                "Cell %(cell)s is stored as a number, so its last digits are lost. Set the column to text "
                "(设为文本) in the spreadsheet and type the number again, or type it here."
            ),
            key,
            cell=cell.name,
        )
    return cell.text
