"""What differs between the two engines stands in one module."""

from __future__ import annotations

import re
from pathlib import Path

import registry

ROOT = Path(registry.__file__).parent
# Where an engine may be named: what differs, and which database is chosen.
ALLOWED = {"core/engines.py", "config.py"}


def test_no_other_module_names_an_engine() -> None:
    named = {
        file.relative_to(ROOT).as_posix()
        for file in ROOT.rglob("*.py")
        if re.search("sqlite|postgres", file.read_text(encoding="utf-8"), re.IGNORECASE)
    }
    assert {"core/engines.py"} <= named
    told_in_prose = {
        name
        for name in named - ALLOWED
        if not re.search(
            r"[\"'(]\s*(sqlite|postgres)|(sqlite|postgresql)_\w+\s*=|import.*(sqlite|postgres)|dialect.name ==",
            (ROOT / name).read_text(encoding="utf-8"),
        )
    }
    assert named - ALLOWED == told_in_prose
