"""Lists as files, and the command that takes them in, for tests of imports."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextvars import Context
from pathlib import Path
from typing import Any

import xlsxwriter
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.core.db import Base
from registry.core.journal import JournalEntry
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import write
from tests import factories as make

Cells = Sequence[object]


def csv_file(folder: Path, *rows: Cells, name: str = "list.csv", encoding: str = "utf-8") -> Path:
    """A list as a CSV file."""
    file = folder / name
    file.write_text("\n".join(",".join(map(str, row)) for row in rows), encoding=encoding)
    return file


def xlsx_file(folder: Path, *rows: Cells, name: str = "list.xlsx") -> Path:
    """A list as a workbook; numbers are stored as numbers."""
    file = folder / name
    book = xlsxwriter.Workbook(str(file))
    sheet = book.add_worksheet()
    for index, row in enumerate(rows):
        sheet.write_row(index, 0, row)
    book.close()
    return file


def importer(session: Session, role: Role = Role.COUNTY_ADMIN, unit_code: str = make.NANGUAN) -> str:
    """The sign-in name of someone with a role at a unit, who reads English."""
    user = make.user(session, role, unit_code)
    with write("accounts.factory", SYSTEM) as w:
        w.session.refresh(user)
        user.locale = "en"
    return user.username


def run_import(app: Flask, *arguments: object) -> Result:
    """`flask import` with these arguments."""
    return Context().run(app.test_cli_runner().invoke, args=["import", *map(str, arguments)])


def imported(app: Flask, kind: str, file: Path, username: str, *more: object) -> dict[str, Any]:
    """What `flask import … --json` prints."""
    result = run_import(app, kind, file, "--as", username, "--json", *more)
    assert result.exit_code in (0, 1), result.output
    told: dict[str, Any] = json.loads(result.stdout)
    assert (result.exit_code == 0) == (not told["errors"])
    return told


def places(told: dict[str, Any]) -> list[tuple[int | None, str | None]]:
    """Where the errors of a report are."""
    return [(error["row"], error["column"]) for error in told["errors"]]


def reasons(told: dict[str, Any]) -> str:
    """The reasons of a report, one a line."""
    return "\n".join(error["reason"] for error in told["errors"])


def count(session: Session, model: type[Base]) -> int:
    """How many rows a table has now."""
    session.rollback()
    return session.execute(select(func.count()).select_from(model)).scalar_one()


def entries(session: Session) -> int:
    """How many writes were journalled."""
    return count(session, JournalEntry)
