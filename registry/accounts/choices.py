"""The units that a form or a filter offers."""

from __future__ import annotations

from collections.abc import Sequence

from flask import g

from registry.accounts.models import LEVELS, Unit
from registry.accounts.queries import units
from registry.core.db import db
from registry.web.locale import local_name


def unit_choices(levels: Sequence[str] = LEVELS, *, codes: bool = False) -> list[tuple[str, str]]:
    """The units of these levels within the reach of the view; `codes` puts the code before the name."""
    rows = db.session.execute(units(g.scope).where(Unit.level.in_(levels))).scalars()
    return [
        (str(unit.id), " ".join(filter(None, (unit.code if codes else "", local_name(unit)))))
        for unit in rows
    ]
