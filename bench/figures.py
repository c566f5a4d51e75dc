"""Every figure of every unit at a mid-month date, at 100,000 and at 1,000,000 certificates.

The certificates are put into the tables directly, for that is not what is measured here; the figures are
then built from them by the ordinary rebuild.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

from flask import Flask
from sqlalchemy import text

from registry.core.db import db
from tests.databases import build_app, scratch_folder

SMALL, LARGE = 100_000, 1_000_000
ROUNDS = 15
FIGURES = ("rescuers_first", "rescuers_valid")
FIRST_DAY, LAST_DAY = date(2019, 1, 1), date(2025, 12, 31)
AS_OF = date(2025, 6, 17)
COUNT_DISTINCT = text(
    "SELECT COUNT(DISTINCT person_id) FROM certificate "
    "WHERE credential_type_id = :kind AND voided_at IS NULL "
    "AND issued_on BETWEEN '2021-01-01' AND '2025-06-17'"
)


def _site(folder: Path, certificates: int) -> Flask:
    """An installation with that many certificates of 60 % as many people, and its figures built."""
    from registry.cli.setup import load_catalogues, make_keys, migrate
    from registry.indicators import commands
    from registry.indicators.definitions import INDICATORS

    file = folder / f"{certificates}.db"
    app = build_app(f"sqlite:///{file.as_posix()}", str(folder / "instance"))
    with app.app_context():
        make_keys(app)
        migrate()
        load_catalogues()
        _fill(file, certificates)
        session = db.session()
        kind = session.execute(text("SELECT id FROM credential_type WHERE code = 'rescuer'")).scalar_one()
        app.config["BENCH_KIND"] = kind
        session.rollback()
        started = perf_counter()
        from registry.core.scope import SYSTEM
        from registry.core.write import run as run_command

        run_command(SYSTEM, commands.rebuild, codes=list(INDICATORS))
        print(f"  figures of {certificates:,} certificates built in {perf_counter() - started:.0f} s")
        session.execute(text("ANALYZE"))
        session.commit()
    return app


def _fill(file: Path, certificates: int) -> None:
    """Write people and certificates with one statement each."""
    rng = random.Random(certificates)
    connection = sqlite3.connect(file)
    connection.execute("PRAGMA foreign_keys = OFF")
    connection.execute("PRAGMA synchronous = OFF")
    units = [row[0] for row in connection.execute("SELECT id FROM unit ORDER BY id")]
    kind = connection.execute("SELECT id FROM credential_type WHERE code = 'rescuer'").fetchone()[0]
    first = connection.execute("SELECT last_id FROM clock").fetchone()[0] + 1
    people = certificates * 6 // 10
    connection.executemany(
        "INSERT INTO person (id, canonical_id, name, pinyin, initials, employer, occupation, education, "
        "home_unit_id, state) VALUES (?1, ?1, '', '', '', '', '', '', ?2, 'active')",
        ((person, rng.choice(units)) for person in range(first, first + people)),
    )
    days = (LAST_DAY - FIRST_DAY).days
    three_years = timedelta(days=3 * 365)

    def rows() -> object:
        for number in range(certificates):
            issued = FIRST_DAY + timedelta(days=rng.randrange(days))
            yield (
                first + people + number,
                kind,
                f"{number:09d}",
                f"{number:022d}",
                first + rng.randrange(people),
                rng.choice(units),
                issued.isoformat(),
                (issued + three_years).isoformat(),
            )

    connection.executemany(
        "INSERT INTO certificate (id, credential_type_id, number, token, person_id, unit_id, issued_on, "
        "valid_from, valid_until, origin, template_version, snapshot) "
        "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8, 'issued', '', '')",
        rows(),  # type: ignore[arg-type]
    )
    connection.execute("UPDATE clock SET last_id = ?", (first + people + certificates,))
    connection.execute(
        "CREATE INDEX bench_covering ON certificate (credential_type_id, issued_on, voided_at, person_id)"
    )
    connection.commit()
    connection.close()


def _figures(app: Flask) -> float:
    """Seconds for every indicator by unit; each time in a new transaction."""
    from registry.indicators.question import ask
    from registry.indicators.read import breakdown

    with app.app_context():
        session = db.session()
        province = session.execute(text("SELECT id FROM unit WHERE level = 'province'")).scalar_one()
        session.rollback()
        started = perf_counter()
        for code in FIGURES:
            parts = breakdown(session, ask(session, code, province, as_of=AS_OF))
            assert len(parts.own) == 70
            assert sum(parts.own.values()) == parts.value > 0
        return perf_counter() - started


def _count_distinct(app: Flask) -> float:
    """Seconds for counting the province's persons from the certificates, off one covering index."""
    with app.app_context():
        session = db.session()
        session.rollback()
        started = perf_counter()
        assert session.execute(COUNT_DISTINCT, {"kind": app.config["BENCH_KIND"]}).scalar_one() > 0
        return perf_counter() - started


def run() -> list[tuple[str, float, float]]:
    """Figures against counting, and large against small, interleaved."""
    folder = scratch_folder("registry-figures")
    try:
        small, large = _site(folder, SMALL), _site(folder, LARGE)
        times: dict[str, list[float]] = {"small": [], "large": [], "count": []}
        for _round in range(ROUNDS):
            times["small"].append(_figures(small))
            times["large"].append(_figures(large))
            times["count"].append(_count_distinct(large))
        best = {name: median(taken) for name, taken in times.items()}
        print("  " + ", ".join(f"{name} {seconds * 1000:.1f} ms" for name, seconds in best.items()))
        return [
            (
                "every figure for 70 units, 1,000,000 certificates, against one COUNT(DISTINCT)",
                best["large"] / best["count"],
                0.1,
            ),
            (
                "every figure for 70 units, 1,000,000 against 100,000 certificates",
                best["large"] / best["small"],
                1.5,
            ),
        ]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
