"""Child processes of the start."""

import os
import signal
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]


def child_environment() -> "dict[str, str]":
    """The environment of a child: output comes at once and never fails on what the console lacks."""
    return {**os.environ, "PYTHONIOENCODING": ":replace", "PYTHONUNBUFFERED": "1"}


def call(command: "list[str]", **variables: str) -> int:
    """Run a child in the project's folder and return its exit status; Ctrl+C ends both."""
    child = subprocess.Popen(command, cwd=str(HERE), env={**child_environment(), **variables})
    signal.signal(signal.SIGTERM, lambda _number, _frame: child.terminate())
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            try:
                child.wait(timeout=5)
            except subprocess.TimeoutExpired:
                child.terminate()
