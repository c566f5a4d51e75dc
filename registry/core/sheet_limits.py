"""How much of a list is read, and how too much of it or something else is refused."""

from __future__ import annotations

from registry.core.errors import RuleError
from registry.core.i18n import N_

COLUMNS = 200
CELLS = 500_000
SHARED_TEXT = 100_000_000

NOT_A_LIST = N_(
    "This file is not a list that can be read. Nothing was saved. "
    "Save it as an Excel workbook (.xlsx, .xls), a WPS sheet (.et) or a CSV file and upload that."
)
DAMAGED = N_(
    "The workbook is damaged or not an Excel file. Nothing was saved. Open it in Excel or WPS, save it again "
    "as .xlsx and upload that."
)
PROTECTED = N_(
    "The workbook is protected by a password. Nothing was saved. "
    "Remove the password, save it and upload it again."
)
UNPACKS_LARGE = N_(
    "The workbook unpacks to more than %(limit)s MB. Nothing was saved. "
    "Copy the list alone, without pictures, into a new workbook and upload that."
)
TOO_LONG = N_(
    "The list reaches row %(row)s; at most %(limit)s rows are read at once. Nothing was saved. "
    "Split the list, or delete what lies below it."
)
TOO_WIDE = N_(
    "The list has more than %(limit)s columns. Nothing was saved. Delete what lies to the right of the list."
)
TOO_FULL = N_(
    "The workbook holds too much text or too many cells. Nothing was saved. Copy the list alone into a new "
    "workbook and upload that."
)
EMPTY = N_("The file holds no rows. Nothing was saved. Check that the list is on a visible sheet.")


def damaged() -> RuleError:
    return RuleError(DAMAGED, "file")


def check_position(row: int, column: int, max_rows: int) -> None:
    """RuleError for a filled cell (counted from 0) beyond the rows or columns that are read."""
    if row >= max_rows:
        raise RuleError(TOO_LONG, "file", row=row + 1, limit=max_rows)
    if column >= COLUMNS:
        raise RuleError(TOO_WIDE, "file", limit=COLUMNS)
