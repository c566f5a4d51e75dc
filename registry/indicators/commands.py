"""Building figures anew, and what a merge would change."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from registry.core.permissions import Permission
from registry.core.scope import SYSTEM
from registry.core.write import Write, command, run
from registry.indicators import engine
from registry.indicators.definitions import INDICATORS
from registry.indicators.question import is_built


@command(Permission.SETTING_EDIT)
def rebuild(w: Write, *, codes: Collection[str]) -> int:
    """Derive indicators anew from all records and write only the differences; returns how many."""
    return engine.rebuild(w, codes)


def build_missing(session: Session) -> list[str]:
    """Build what was never built, or was built under another definition; returns their codes."""
    missing = [code for code, indicator in INDICATORS.items() if not is_built(session, indicator)]
    if missing:
        run(SYSTEM, rebuild, codes=missing)
    return missing
