"""`run.py check`: everything that can be judged without running the tests, and the long tier with --deep."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PYTHON = sys.executable
CHECKS: list[tuple[str, list[str]]] = [
    ("lint", [PYTHON, "-m", "ruff", "check", "."]),
    ("format", [PYTHON, "-m", "ruff", "format", "--check", "."]),
    ("types", [PYTHON, "-m", "mypy"]),
    (
        "import contracts",
        [PYTHON, "-c", "from importlinter.cli import lint_imports_command as c; c(standalone_mode=True)"],
    ),
    ("migrations and triggers", [PYTHON, "-m", "tests.checks.migrations"]),
    ("catalogues", [PYTHON, "-m", "tests.checks.catalogues"]),
]
DEEP = [
    ("long tests", [PYTHON, "-m", "pytest", "-m", "deep", "-n", "2"]),
    ("tests on another day", [PYTHON, "-m", "pytest", "-m", "not deep and not browser", "-n", "2"]),
]
# Minutes after midnight in Shanghai, on the day after a leap day, which is the day itself elsewhere.
ANOTHER_DAY = "2028-03-01T00:06:00+08:00"


def main() -> int:
    """Run every check, also after one has failed, and say at the end which did."""
    failed = []
    for name, command in [*CHECKS, *(DEEP if "--deep" in sys.argv[1:] else [])]:
        start = time.monotonic()
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, "TESTS_ON": ANOTHER_DAY} if "another day" in name else None,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
        mark = "FAILED" if done.returncode else "ok"
        print(f"{mark:6}  {name}  ({time.monotonic() - start:.0f} s)", flush=True)
        if done.returncode:
            failed.append(name)
            print(done.stdout, flush=True)
    print(f"Failed: {', '.join(failed)}." if failed else "All checks passed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
