"""Child processes of the start."""

import os
import signal
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
GRACE_SECONDS = 5


def child_environment() -> "dict[str, str]":
    """The environment of a child: output comes at once and never fails on what the console lacks."""
    return {**os.environ, "PYTHONIOENCODING": ":replace", "PYTHONUNBUFFERED": "1"}


def call(command: "list[str]", **variables: str) -> int:
    """Run a child in the project's folder and return its exit status.

    Ctrl+C reaches the child too; KeyboardInterrupt is raised here once it has ended.
    """
    child = subprocess.Popen(command, cwd=str(HERE), env={**child_environment(), **variables})
    before = signal.signal(signal.SIGTERM, lambda _number, _frame: child.terminate())
    try:
        return child.wait()
    except KeyboardInterrupt:
        try:
            child.wait(timeout=GRACE_SECONDS)
        except (KeyboardInterrupt, subprocess.TimeoutExpired):
            child.terminate()
            child.wait()
        raise
    finally:
        signal.signal(signal.SIGTERM, before)
