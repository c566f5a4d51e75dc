"""Excel and WPS workbooks, checked first and then parsed."""

from __future__ import annotations

import io
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum

from registry.core.errors import RuleError
from registry.core.sheet_limits import EMPTY, PROTECTED, check_position, damaged
from registry.core.xls import check_workbook
from registry.core.xlsx import small_workbook


def xlsx_rows(data: bytes, max_rows: int) -> list[list[Any]]:
    """The values of the first visible sheet that holds anything, from its cell A1."""
    workbook, name = small_workbook(data, max_rows)
    return _parse(workbook, name, max_rows)


def xls_rows(data: bytes, max_rows: int) -> list[list[Any]]:
    """The same of an .xls or .et workbook in an OLE2 container."""
    check_workbook(data)
    return _parse(data, None, max_rows)


def _parse(data: bytes, name: str | None, max_rows: int) -> list[list[Any]]:
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        for sheet in workbook.sheets_metadata:
            if sheet.visible is not SheetVisibleEnum.Visible or name not in (None, sheet.name):
                continue
            page = workbook.get_sheet_by_name(sheet.name)
            if page.end is not None:
                check_position(*page.end, max_rows)
                return page.to_python(skip_empty_area=False)
    except PasswordError as error:
        raise RuleError(PROTECTED, "file") from error
    except CalamineError as error:
        raise damaged() from error
    except BaseException as error:
        # A panic of the parser is no Exception; it means the same as an error.
        if type(error).__name__ == "PanicException":
            raise damaged() from error
        raise
    raise RuleError(EMPTY, "file")
