"""`flask import`: what it accepts, how it refuses, and what it prints."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from registry.cli.imports import columns, files, listing
from registry.cli.imports.kinds import KINDS
from registry.core.errors import BUSY, BusyError
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run, write
from registry.people.models import Person
from registry.training.models import Course
from registry.volunteers.commands import add_volunteers
from tests import factories as make
from tests import volunteers
from tests.imports import (
    count,
    csv_file,
    entries,
    imported,
    importer,
    places,
    reasons,
    run_import,
    xlsx_file,
)

NUMBER = make.resident_number(date(1990, 1, 2), 7)
PEOPLE = ["姓名", "身份证号"]
DOCUMENT = Path(__file__).parents[1] / "docs" / "imports.md"


def test_list_tells_every_kind_with_its_columns(app: Flask) -> None:
    result = run_import(app, "--list")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == list(listing())
    told = json.loads(run_import(app, "--list", "--json").stdout)
    assert list(told) == list(KINDS)
    assert told["unit_parents"] == columns("unit_parents")


def test_the_document_tells_what_list_tells() -> None:
    blocks = re.findall(r"```text\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert "".join(blocks).splitlines() == list(listing())


@pytest.mark.parametrize("kind", KINDS)
def test_no_header_means_two_columns(kind: str) -> None:
    told = [
        name for column in columns(kind) for name in {column["key"], column["header"], *column["aliases"]}
    ]
    assert len(told) == len(set(told))
    assert set(KINDS[kind].required) <= set(KINDS[kind].headers)


@pytest.mark.sqlite_only
def test_wrong_usage_is_told_on_standard_error_with_exit_code_2(
    app: Flask, session: Session, tmp_path: Path
) -> None:
    name = importer(session)
    file = csv_file(tmp_path, PEOPLE, ["王伟", NUMBER])
    gone = make.user(session, Role.COUNTY_ADMIN)
    with write("accounts.factory", SYSTEM) as w:
        w.session.refresh(gone)
        gone.active = False
    for arguments in (
        [],
        ["people", file],
        ["pets", file, "--as", name],
        ["people", tmp_path / "missing.csv", "--as", name],
        ["people", file, "--as", "nobody"],
        ["people", file, "--as", gone.username, "--unit", make.NANGUAN],
        ["people", file, "--as", name, "--unit", "999999"],
        ["people", file, "--as", name, "--unit", make.KUANCHENG],
        ["people", file, "--as", name, "--course", "1" * 50],
    ):
        result = run_import(app, *arguments)
        assert (result.exit_code, result.stdout) == (2, ""), arguments
        assert result.stderr
    assert count(session, Person) == 0


def test_the_report_holds_exactly_what_is_promised(app: Flask, session: Session, tmp_path: Path) -> None:
    file = csv_file(tmp_path, PEOPLE, ["王伟", NUMBER])
    told = imported(app, "people", file, importer(session), "--unit", make.NANGUAN)
    assert told == {
        "kind": "people",
        "file": "list.csv",
        "dry_run": False,
        "rows": 1,
        "saved": 1,
        "known": 0,
        "errors": [],
    }


def test_a_dry_run_says_what_would_happen_and_saves_nothing(
    app: Flask, session: Session, tmp_path: Path
) -> None:
    name = importer(session)
    file = csv_file(tmp_path, PEOPLE, ["王伟", NUMBER])
    before = entries(session)
    told = imported(app, "people", file, name, "--unit", make.NANGUAN, "--dry-run")
    assert (told["dry_run"], told["saved"], told["known"]) == (True, 1, 0)
    assert (count(session, Person), entries(session)) == (0, before)


@pytest.mark.sqlite_only
def test_a_person_reads_sentences(app: Flask, session: Session, tmp_path: Path) -> None:
    name = importer(session)
    good = csv_file(tmp_path, PEOPLE, ["王伟", NUMBER])
    bad = csv_file(tmp_path, PEOPLE, ["王伟", NUMBER], ["李3", ""], name="bad.csv")
    unit = ["--as", name, "--unit", make.NANGUAN]
    result = run_import(app, "people", bad, *unit)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "Row 3, 姓名: The name holds the digit 3" in result.stderr
    assert "Nothing was saved" in result.stderr
    told = run_import(app, "people", good, *unit, "--dry-run").stdout
    assert "in order" in told
    assert "Nothing was saved" in told
    assert "Rows saved: 1" in run_import(app, "people", good, *unit).stdout
    again = run_import(app, "people", good, *unit)
    assert (again.exit_code, "no effect" in again.stdout) == (0, True)


@pytest.mark.sqlite_only
def test_a_chinese_user_is_told_in_chinese(app: Flask, session: Session, tmp_path: Path) -> None:
    name = make.user(session, Role.COUNTY_ADMIN).username
    file = csv_file(tmp_path, PEOPLE, ["王伟", NUMBER])
    told = imported(app, "people", file, name)
    assert "缺少" in reasons(told)


@pytest.mark.parametrize(("kind", "role"), [("people", Role.AUDITOR), ("unit_parents", Role.COUNTY_ADMIN)])
def test_a_role_without_the_right_imports_nothing(
    app: Flask, session: Session, tmp_path: Path, kind: str, role: Role
) -> None:
    headers = [column["header"] for column in columns(kind)]
    told = imported(app, kind, csv_file(tmp_path, headers, ["x"] * len(headers)), importer(session, role))
    assert places(told) == [(None, None)]
    assert "roles do not allow" in reasons(told)
    assert count(session, Person) == 0


def bad_files(folder: Path) -> dict[str, tuple[Path, str]]:
    """Files that are no list of persons, with a word of the reason."""
    (folder / "a.pdf").write_bytes(b"%PDF-1.4 ...")
    (folder / "empty.csv").write_bytes(b"")
    (folder / "large.csv").write_bytes(b"x" * 20_000_001)
    (folder / "cut.xlsx").write_bytes(b"PK\x03\x04 and no more")
    (folder / "odd.csv").write_bytes("姓名,身份证号\n".encode("gb18030") + b"\xff\xff\xff,1")
    return {
        "pdf": (folder / "a.pdf", "not a list"),
        "empty": (folder / "empty.csv", "no rows"),
        "large": (folder / "large.csv", "larger than"),
        "cut": (folder / "cut.xlsx", "damaged"),
        "encoding": (folder / "odd.csv", "cannot be read"),
        "header": (csv_file(folder, ["甲", "乙"], ["1", "2"], name="h.csv"), "No header row"),
        "column": (csv_file(folder, ["性别", "身份证号"], ["男", NUMBER], name="c.csv"), "missing: 姓名"),
        "rows": (csv_file(folder, PEOPLE, name="r.csv"), "no row below the header"),
        "long": (csv_file(folder, PEOPLE, *[["王伟", NUMBER]] * 10_001, name="l.csv"), "at most 10000"),
    }


@pytest.mark.sqlite_only
def test_a_file_that_is_no_list_is_refused_with_one_sentence(
    app: Flask, session: Session, tmp_path: Path
) -> None:
    name = importer(session)
    for what, (file, reason) in bad_files(tmp_path).items():
        told = imported(app, "people", file, name, "--unit", make.NANGUAN)
        assert places(told) == [(None, None)], what
        assert reason in reasons(told), what
        assert "Nothing was saved" in reasons(told), what
    assert count(session, Person) == 0


@pytest.mark.sqlite_only
def test_a_column_that_no_option_fills_is_missing(app: Flask, session: Session, tmp_path: Path) -> None:
    told = imported(app, "people", csv_file(tmp_path, PEOPLE, ["王伟", NUMBER]), importer(session))
    assert "missing: 所属红十字会" in reasons(told)


@pytest.mark.sqlite_only
def test_every_bad_cell_is_named_with_row_column_and_cure(
    app: Flask, session: Session, tmp_path: Path
) -> None:
    file = xlsx_file(
        tmp_path,
        ["名单"],
        ["序号", "姓名", "证件号码", "出生日期"],
        [1, "王伟", int(NUMBER[:17] + "0"), ""],
        [2, "李娜", "", ""],
        [3, "张\u202e敏", NUMBER, "1999-02-30"],
        [4, "赵\u202e强", NUMBER, ""],
    )
    told = imported(app, "people", file, importer(session), "--unit", make.NANGUAN)
    assert (told["rows"], told["saved"]) == (4, 0)
    assert places(told) == [(3, "证件号码"), (4, "证件号码"), (5, "出生日期")]
    first, second, third = told["errors"]
    assert "Cell C3 is stored as a number" in first["reason"]
    assert "设为文本" in first["reason"]
    assert "phone number" in second["reason"]
    assert "does not exist" in third["reason"]
    assert NUMBER not in json.dumps(told)
    assert count(session, Person) == 0


@pytest.mark.sqlite_only
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_every_usual_encoding_is_read(app: Flask, session: Session, tmp_path: Path, encoding: str) -> None:
    file = csv_file(tmp_path, PEOPLE, ["王䶮", NUMBER.lower()], encoding=encoding)
    told = imported(app, "people", file, importer(session), "--unit", make.NANGUAN)
    assert told["saved"] == 1
    session.rollback()
    assert [person.name for person in session.query(Person)] == ["王䶮"]


@pytest.mark.sqlite_only
def test_a_formula_is_refused(app: Flask, session: Session, tmp_path: Path) -> None:
    file = csv_file(tmp_path, [*PEOPLE, "单位"], ["王伟", NUMBER, '=HYPERLINK("x")'])
    told = imported(app, "people", file, importer(session), "--unit", make.NANGUAN)
    assert places(told) == [(2, "单位")]
    assert "formula" in reasons(told)


@pytest.mark.sqlite_only
def test_a_locked_database_is_told(
    app: Flask, session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_arguments: Any, **_given: Any) -> None:
        raise BusyError(BUSY)

    monkeypatch.setattr(files, "run", busy)
    file = csv_file(tmp_path, PEOPLE, ["王伟", NUMBER])
    told = imported(app, "people", file, importer(session), "--unit", make.NANGUAN)
    assert places(told) == [(None, None)]
    assert "Nothing was saved" in reasons(told)
    assert told["saved"] == 0


@pytest.mark.sqlite_only
def test_errors_of_the_rows_and_of_the_registry_are_told_in_one_run(
    app: Flask, session: Session, tmp_path: Path
) -> None:
    name = importer(session)
    header = ["班次编号", "班次类型", "主办单位", "开班日期"]
    first = csv_file(tmp_path, header, ["甲1", "救护员", "南关区", "2025-03-01"])
    assert imported(app, "courses", first, name)["saved"] == 1
    second = csv_file(
        tmp_path,
        header,
        ["甲1", "救护员", "南关区", "2025-03-01"],
        ["甲2", "游泳", "宽城区", "2025-02-30"],
        ["甲3", "救护员", "南关区", "2099-01-01"],
    )
    told = imported(app, "courses", second, name)
    assert places(told) == [
        (2, "班次编号"),
        (3, "班次类型"),
        (3, "主办单位"),
        (3, "开班日期"),
        (4, "开班日期"),
    ]
    assert count(session, Course) == 1


def examples() -> dict[str, list[list[str]]]:
    """The example of each kind in the document, header first."""
    found = {}
    for part in DOCUMENT.read_text(encoding="utf-8").split("\n## ")[1:]:
        kind, _end, text = part.partition("\n")
        lines = [line for line in text.splitlines() if line.startswith("| ")]
        found[kind] = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return found


def test_the_examples_of_the_document_are_taken_in(app: Flask, session: Session, tmp_path: Path) -> None:
    name = importer(session, Role.PROVINCE_ADMIN, make.PROVINCE)
    shown = examples()
    assert list(shown) == list(KINDS)
    for kind, rows in shown.items():
        if kind == "service_entries":  # Hours are those of a volunteer; who is one already stays so.
            person = make.entrant("王伟", number=rows[1][0])
            enrolled = volunteers.admission(entrant=person, starts_on=date(2025, 3, 1))
            where = make.unit(session).id
            run(SYSTEM, add_volunteers, unit_id=where, admissions=[enrolled], source="staff")
        told = imported(app, kind, csv_file(tmp_path, *rows), name)
        assert told["errors"] == [], kind
        # The parentage of the example is one that every installation starts with, but for its note.
        assert told["saved"] == len(rows) - 1, kind
