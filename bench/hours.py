"""The totals of hours for every unit and by month, at 200,000 and at 2,000,000 lines of the ledger.

The lines and what they add to the figure are put into the tables directly, for that is not what is
measured here; the total is compared with the ledger once.
"""

from __future__ import annotations

import shutil
import sqlite3
from datetime import date
from pathlib import Path
from statistics import median
from time import perf_counter

from flask import Flask
from sqlalchemy import func, select

from registry.core.db import db
from tests.databases import build_app, scratch_folder

SMALL, LARGE = 200_000, 2_000_000
ROUNDS = 15
VOLUNTEERS = 50_000
FIGURE = "service_hours"
FIRST_DAY, DAYS, AS_OF = date(2021, 1, 1), 1_800, date(2025, 6, 17)

# One row per line; every column follows from the number of the line, spread over units, people and days.
LINES = """
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < :lines),
     u AS (SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM unit)
INSERT INTO service_line (id, service_entry_id, volunteer_id, person_id, unit_id, field, served_on, starts,
                          minutes, active_until, posted_on, reason)
SELECT :first + i, :first + i, :first + i % :volunteers, :first + i % :volunteers, u.id,
       CASE i % 3 WHEN 0 THEN 'rescue' WHEN 1 THEN 'community' ELSE 'elderly' END,
       date(:day, '+' || (i / 70 * 7919 % :days) || ' days'), 480, 30 + i % 16 * 30,
       date(:day, '+' || (i / 70 * 7919 % :days + 365) || ' days'), date(:day, '+' || :days || ' days'), ''
FROM n JOIN u ON u.place = i % (SELECT count(*) FROM u)
"""
CONTRIBUTIONS = """
INSERT INTO contribution (id, indicator, version, subject_id, unit_id, starts_on, quantity, record_id,
                          known_seq)
SELECT :lines + id, :figure, 1, person_id, unit_id, served_on, minutes, id, 1 FROM service_line
"""
CELLS = """
INSERT INTO cell (indicator, unit_id, day, quantity)
SELECT indicator, unit_id, starts_on, sum(quantity) FROM contribution GROUP BY indicator, unit_id, starts_on
"""
MONTHS = """
INSERT INTO month_cell (indicator, unit_id, month, quantity)
SELECT indicator, unit_id, date(day, 'start of month') AS month, sum(quantity)
FROM cell GROUP BY indicator, unit_id, month
"""


def _site(folder: Path, lines: int) -> Flask:
    """An installation with that many lines of 50,000 volunteers."""
    from registry.cli.setup import load_catalogues, make_keys, migrate

    started = perf_counter()
    file = folder / f"{lines}.db"
    app = build_app(f"sqlite:///{file.as_posix()}", str(folder / "instance"))
    with app.app_context():
        make_keys(app)
        migrate()
        load_catalogues()
        db.session.remove()
        _fill(file, lines)
        _check()
    print(f"  {lines:,} lines written in {perf_counter() - started:.0f} s")
    return app


def _fill(file: Path, lines: int) -> None:
    from registry.indicators.definitions import INDICATORS

    connection = sqlite3.connect(file)
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("PRAGMA synchronous = OFF")
    first = connection.execute("SELECT last_id FROM clock").fetchone()[0] + 1
    told = {
        "lines": lines,
        "first": first,
        "volunteers": VOLUNTEERS,
        "day": FIRST_DAY.isoformat(),
        "days": DAYS,
        "figure": FIGURE,
        "hash": INDICATORS[FIGURE].definition_hash,
    }
    for statement in (LINES, CONTRIBUTIONS, CELLS, MONTHS):
        connection.execute(statement, told)
    connection.execute("DELETE FROM indicator_state WHERE indicator = :figure", told)
    connection.execute(
        "INSERT INTO indicator_state (indicator, definition_hash, built_seq) VALUES (:figure, :hash, 1)", told
    )
    connection.execute("UPDATE clock SET last_id = ?", (first + 2 * lines,))
    connection.execute("ANALYZE")
    connection.commit()
    connection.close()


def _check() -> None:
    """The total that is served is what stands in the ledger."""
    from registry.volunteers.models import ServiceLine

    in_ledger = select(func.sum(ServiceLine.minutes)).where(ServiceLine.served_on.between(FIRST_DAY, AS_OF))
    assert _totals() == db.session().execute(in_ledger).scalar_one() > 0


def _totals() -> int:
    """The hours of the province with every unit below it, and by month, as the page of the figure asks."""
    from registry.accounts.models import Unit
    from registry.indicators.question import ask
    from registry.indicators.read import breakdown, by_month

    session = db.session()
    province = session.execute(select(Unit.id).where(Unit.level == "province")).scalar_one()
    asked = ask(session, FIGURE, province, as_of=AS_OF)
    parts = breakdown(session, asked)
    assert len(parts.own) == 70
    assert len(by_month(session, asked)) == 12
    return parts.value


def _time(app: Flask) -> float:
    """Seconds for the totals, in a new transaction."""
    with app.app_context():
        db.session().rollback()
        started = perf_counter()
        _totals()
        return perf_counter() - started


def run() -> list[tuple[str, float, float]]:
    """Large against small, interleaved."""
    folder = scratch_folder("registry-hours")
    try:
        small, large = _site(folder, SMALL), _site(folder, LARGE)
        times: dict[str, list[float]] = {"small": [], "large": []}
        for _round in range(ROUNDS):
            times["small"].append(_time(small))
            times["large"].append(_time(large))
        best = {name: median(taken) for name, taken in times.items()}
        print("  " + ", ".join(f"{name} {seconds * 1000:.1f} ms" for name, seconds in best.items()))
        return [
            (
                "hours of 70 units and by month, 2,000,000 against 200,000 lines of the ledger",
                best["large"] / best["small"],
                1.5,
            )
        ]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
