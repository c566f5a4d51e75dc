"""What differs between the two engines stands in one module."""

from __future__ import annotations

import re
from pathlib import Path

import registry

ROOT = Path(registry.__file__).parent
# What differs, and which database is chosen; the others name an engine in prose at most.
ALLOWED = {"core/engines.py", "config.py"}
IN_CODE = re.compile(r"""["'](sqlite|postgres)|(sqlite|postgresql)_\w+\s*=|import .*(sqlite|postgres)""")


def test_no_other_module_names_an_engine() -> None:
    named = {
        file.relative_to(ROOT).as_posix()
        for file in ROOT.rglob("*.py")
        if IN_CODE.search(file.read_text(encoding="utf-8"))
    }
    assert named == ALLOWED
