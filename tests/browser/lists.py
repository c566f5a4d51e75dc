"""Class lists as trainers have them: copied out of a spreadsheet, and as a workbook."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import xlsxwriter

from tests import factories as make

TITLE = "2026年第3期红十字救护员培训班学员名单"
HEADINGS = ("序号", "姓名", "性别", "文化程度", "年龄", "职业", "身份证号", "手机", "工作单位", "备注")
# Names that have broken other programs: two-character surname, 30 characters, Korean, beyond the BMP.
HARD_NAMES = ("欧阳娜娜", "阿卜杜热合曼·麦麦提图尔荪江·阿卜杜克热木江·吐尔逊", "김민준", "王𠅤", "张㛃")

Row = tuple[str, ...]


def class_list(count: int, first: int = 1) -> list[Row]:
    """Rows under HEADINGS, each of somebody else."""
    rows: list[Row] = []
    for number in range(first, first + count):
        name = HARD_NAMES[number - 1] if number <= len(HARD_NAMES) else None
        person = make.entrant(name)
        assert person.document is not None
        document = person.document.number
        sex = "男" if int(document[16]) % 2 else "女"
        rows.append(
            (
                *(str(number), person.name, sex, "大专", "", "职员", document, f"138{number:08d}"),
                *("南关区民康街道办事处", ""),
            )
        )
    return rows


def as_copied(rows: list[Row]) -> str:
    """What Excel puts on the clipboard: a title row, the headings, the rows."""
    title = "\t".join([TITLE] + [""] * (len(HEADINGS) - 1))
    return "".join(line + "\r\n" for line in (title, "\t".join(HEADINGS), *map("\t".join, rows)))


def as_workbook(rows: list[Row], file: Path, as_number: Collection[tuple[int, str]] = ()) -> Path:
    """The same as an .xlsx with the title in merged cells; cells of `as_number` (row from 0, heading) are
    stored as numbers, as a spreadsheet does with long digits typed into it."""
    book = xlsxwriter.Workbook(str(file))
    sheet = book.add_worksheet("名单")
    sheet.merge_range(0, 0, 0, len(HEADINGS) - 1, TITLE)
    for r, row in enumerate([HEADINGS, *rows], start=1):
        for c, cell in enumerate(row):
            if (r - 2, HEADINGS[c]) in as_number:
                sheet.write_number(r, c, float(cell))
            else:
                sheet.write_string(r, c, cell)
    book.close()
    return file
