"""Finding the header row of a list and what its columns mean."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from registry.core.cells import Cell, Sheet
from registry.core.errors import RuleError
from registry.core.i18n import N_
from registry.core.text import clean, narrow

HEADER_ROWS = 30


@dataclass(frozen=True)
class HeaderMatch:
    """The header row (counted from 0) and the column of each key that was found."""

    row: int
    columns: dict[str, int]


def find_header(
    sheet: Sheet, headers: Mapping[str, Sequence[str]], required: Collection[str] = ()
) -> HeaderMatch:
    """The header row and the column of each key; `headers` gives the accepted headers of each key.

    The first is the one named in messages. The row with the most known headers among the first 30 is taken,
    so title rows may stand above. Case, spaces, line breaks, full width and marks such as * do not matter; a
    bracket behind the header, as in 手机(电话), counts only when nothing matches with it. Other columns are
    left alone. RuleError (field "file") when no row fits, a required key is missing, or one appears twice.
    """
    known = {_header(alias): key for key, aliases in headers.items() for alias in (key, *aliases)}
    best: tuple[int, dict[str, list[int]]] = (0, {})
    for index, row in enumerate(sheet.rows[:HEADER_ROWS]):
        found = _match(row, known)
        if len(found) > len(best[1]):
            best = (index, found)
    row_index, found = best
    if len(found) < min(2, len(headers)):
        example = [*required, *(key for key in headers if key not in required)]
        raise RuleError(
            N_(
                "No header row was found in the first %(count)s rows. Nothing was saved. "
                "Name the columns, for example: %(names)s."
            ),
            "file",
            count=HEADER_ROWS,
            names=_names(headers, example[:6]),
        )
    missing = [key for key in headers if key in required and key not in found]
    if missing:
        raise RuleError(
            N_(
                "These columns are missing: %(names)s. Nothing was saved. Add them to the header row %(row)s."
            ),
            "file",
            names=_names(headers, missing),
            row=row_index + 1,
        )
    for key, columns in found.items():
        if len(columns) > 1:
            raise RuleError(
                N_(
                    "Cells %(first)s and %(second)s both name the column %(name)s. "
                    "Nothing was saved. Keep one."
                ),
                "file",
                first=sheet.rows[row_index][columns[0]].name,
                second=sheet.rows[row_index][columns[1]].name,
                name=_names(headers, [key]),
            )
    return HeaderMatch(row_index, {key: columns[0] for key, columns in found.items()})


def data_rows(sheet: Sheet, match: HeaderMatch) -> Iterator[dict[str, Cell]]:
    """The rows below the header as cells by key; rows without anything in a known column are skipped."""
    for row in sheet.rows[match.row + 1 :]:
        cells = {key: row[column] for key, column in match.columns.items()}
        if any(cell.text.strip() for cell in cells.values()):
            yield cells


_BRACKETS = str.maketrans("【】〔〕［］[]「」", "()()()()()")


def _header(text: str) -> str:
    return re.sub(r"[\s_*:：-]", "", narrow(clean(text)).translate(_BRACKETS)).lower()


def _match(row: Sequence[Cell], known: Mapping[str, str]) -> dict[str, list[int]]:
    exact: dict[str, list[int]] = {}
    loose: dict[str, list[int]] = {}
    for cell in row:
        header = _header(cell.text)
        if header in known:
            exact.setdefault(known[header], []).append(cell.column)
        elif (base := re.sub(r"\(.*?\)", "", header)) in known:
            loose.setdefault(known[base], []).append(cell.column)
    return loose | exact


def _names(headers: Mapping[str, Sequence[str]], keys: Sequence[str]) -> str:
    return "、".join(headers[key][0] if headers[key] else key for key in keys)
