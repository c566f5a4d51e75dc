"""A class list of 5,000 rows taken in from its workbook, against the bare inserts of the same rows."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from io import BytesIO
from typing import Any

import xlsxwriter
from sqlalchemy import event, select

from bench._timing import medians
from registry.accounts.queries import unit_by_code
from registry.cli.setup import load_catalogues, make_keys, migrate
from registry.core import clock
from registry.core.db import db
from registry.core.imports import read_list
from registry.core.scope import EVERYWHERE, SYSTEM
from registry.core.write import run as run_command
from registry.people.identity import check_character
from registry.training.commands import open_course
from registry.training.commands_import import import_rosters
from registry.training.imports_rosters import ROSTERS_HEADERS, read_rosters
from registry.training.models import CourseType
from tests.databases import SqliteDatabase, build_app, scratch_folder

FEW, MANY = 500, 5_000
ROUNDS = 7
COURSE = "220102-2025-001"
HEADER = ["序号", "姓名", "性别", "文化程度", "年龄", "职业", "身份证号", "手机", "工作单位"]

# A statement with the rows it inserts.
Insert = tuple[str, Any]


def workbook(count: int) -> bytes:
    """A class list as trainers have it, of people who do not exist; some leave cells empty."""
    rng = random.Random(20260101)
    surnames = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
    given = [bytes([row, cell]).decode("gb2312") for row in range(0xB0, 0xBA) for cell in range(0xA1, 0xFF)]
    out = BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet()
    sheet.write(0, 0, "红十字救护员培训班学员名单")
    sheet.write_row(1, 0, HEADER)
    for index in range(count):
        born = date(1960 + index % 45, index % 12 + 1, index % 28 + 1)
        first = f"22{index % 9 + 1:02}{index // 1000 + 1:02}{born:%Y%m%d}{index % 1000:03}"
        number = first + check_character(first)
        cells = [
            index + 1,
            rng.choice(surnames) + "".join(rng.sample(given, rng.choice((1, 2, 2)))),
            "男" if int(number[16]) % 2 else "女",
            rng.choice(("本科", "大专", "高中")),
            "" if index % 3 else clock.today().year - born.year,
            rng.choice(("教师", "工人", "")),
            number,
            f"138{rng.randrange(10**8):08}" if index % 4 else "",
            rng.choice(("第一中学", "红旗街道", "")),
        ]
        sheet.write_row(index + 2, 0, cells)
    book.close()
    return out.getvalue()


def take_in(data: bytes) -> None:
    """The whole job: read the workbook, check the list, enrol everyone in one write."""
    listed = read_list(data, "roster.xlsx", ROSTERS_HEADERS)
    rosters = read_rosters(db.session(), listed.rows, scope=EVERYWHERE, course=COURSE, today=clock.today())
    if listed.errors:
        raise AssertionError(listed.errors[0])
    run_command(SYSTEM, import_rosters, rosters=rosters, digest=listed.digest)


def insert_bare(inserts: list[Insert]) -> None:
    """The same rows, journal lines included, handed to the driver as they are stored."""
    connection = db.engine.raw_connection()
    cursor = connection.cursor()
    cursor.execute("BEGIN IMMEDIATE")
    for statement, rows in inserts:
        cursor.executemany(statement, rows)
    cursor.execute("COMMIT")
    connection.close()


@contextmanager
def recorded() -> Iterator[list[Insert]]:
    """The statements sent to the database meanwhile, each with a list of rows."""
    sent: list[Insert] = []

    def note(_connection: Any, _cursor: Any, statement: str, rows: Any, _context: Any, many: bool) -> None:
        sent.append((statement, rows if many else [rows]))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def measure(database: SqliteDatabase) -> tuple[float, float, int, int]:
    """Median seconds of the job and of its baseline, and the statements of a long and of a short list."""

    def fresh() -> None:
        db.session.remove()
        db.engine.dispose()
        database.renew()

    few, many = workbook(FEW), workbook(MANY)
    fresh()
    with recorded() as short:
        take_in(few)
    fresh()
    with recorded() as long:
        take_in(many)
    inserts = [(statement, rows) for statement, rows in long if statement.startswith("INSERT")]
    jobs: list[Callable[[], None]] = [lambda: take_in(many), lambda: insert_bare(inserts)]
    job, bare = medians(jobs, ROUNDS, before=fresh)
    return job, bare, len(long), len(short)


def run() -> list[tuple[str, float, float]]:
    """The ratio of the median times, and that of the numbers of statements."""
    folder = scratch_folder("registry-bench")
    try:
        database = SqliteDatabase(folder)
        database.create()
        app = build_app(database.url, str(folder / "instance"))
        with app.app_context():
            make_keys(app)
            migrate()
            load_catalogues()
            course = run_command(
                SYSTEM,
                open_course,
                course_type=db.session.execute(
                    select(CourseType).where(CourseType.code == "rescuer")
                ).scalar_one(),
                unit=unit_by_code(db.session(), "220102"),
                starts_on=date(2025, 3, 1),
                venue="培训中心",
                capacity=MANY,
            )
            assert course.number == COURSE
            db.session.remove()
            db.engine.dispose()
            database.keep_as_template()
            job, bare, long, short = measure(database)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return [
        ("a class list of 5,000 rows", job / bare, 8.0),
        ("its statements against those of 500 rows", long / short, 1.0),
    ]
