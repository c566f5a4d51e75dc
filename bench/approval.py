"""1,000 entries of hours approved at once, against an executemany of the same lines.

The lines are what approving adds: those of the ledger and those of the journal, handed to the driver as they
are stored. The statements are counted for two sizes as well.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select

from bench._timing import medians
from bench.roster import Insert, insert_bare, recorded
from registry.cli.setup import load_catalogues, make_keys, migrate
from registry.core import clock
from registry.core.db import db
from registry.core.scope import SYSTEM
from registry.core.write import run as run_command
from registry.core.write import write
from registry.volunteers.commands.ledger import approve_entries
from registry.volunteers.hours import entries_digest
from registry.volunteers.models import ServiceEntry
from tests import volunteers as makers
from tests.databases import SqliteDatabase, build_app, scratch_folder

FEW, MANY = 100, 1_000
PEOPLE = 250
ROUNDS = 9


def submit(count: int) -> None:
    """Entries that wait: four days of service of every volunteer."""
    people = makers.volunteers(db.session(), PEOPLE)
    with write("volunteers.bench", SYSTEM) as w:
        w.insert_many(
            ServiceEntry,
            [
                {
                    "volunteer_id": (one := people[place % PEOPLE]).id,
                    "person_id": one.person_id,
                    "unit_id": one.unit_id,
                    "field": "community",
                    "served_on": clock.today() - timedelta(days=1 + place // PEOPLE),
                    "starts": 540,
                    "minutes": 240,
                    "content": "社区服务",
                    "source": "grid",
                    "submitted_at": w.at,
                }
                for place in range(count)
            ],
        )


def seen_by_somebody(count: int) -> tuple[list[int], str]:
    """The first entries as a page shows them before they are approved."""
    entries = (
        db.session().execute(select(ServiceEntry).order_by(ServiceEntry.id).limit(count)).scalars().all()
    )
    told = [entry.id for entry in entries], entries_digest(entries)
    db.session.remove()
    return told


def measure(database: SqliteDatabase) -> tuple[float, float, int, int]:
    """Median seconds of approving and of its baseline, and the statements for many and for few entries."""
    few, many = seen_by_somebody(FEW), seen_by_somebody(MANY)

    def fresh() -> None:
        db.session.remove()
        db.engine.dispose()
        database.renew()

    def approve(chosen: tuple[list[int], str]) -> None:
        run_command(SYSTEM, approve_entries, entry_ids=chosen[0], seen=chosen[1])

    fresh()
    with recorded() as short:
        approve(few)
    fresh()
    with recorded() as long:
        approve(many)
    inserts: list[Insert] = [(sql, rows) for sql, rows in long if sql.startswith("INSERT")]
    jobs: list[Callable[[], None]] = [lambda: approve(many), lambda: insert_bare(inserts)]
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
            submit(MANY)
            db.session.remove()
            db.engine.dispose()
            database.keep_as_template()
            job, bare, long, short = measure(database)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return [
        ("approving 1,000 entries of hours", job / bare, 8.0),
        ("its statements against those of 100 entries", long / short, 1.0),
    ]
