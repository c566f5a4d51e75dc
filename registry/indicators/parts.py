"""A value laid out over the unit tree."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.accounts.models import Unit
from registry.indicators.question import Question
from registry.indicators.read import Breakdown


@dataclass(frozen=True)
class UnitRow:
    """A unit of the tree: its own part, and with everything below it. `depth` counts from the asked unit."""

    unit: Unit
    depth: int
    own: int
    total: int


def unit_rows(session: Session, question: Question, parts: Breakdown) -> list[UnitRow]:
    """The units in the order of the tree, each after the one above it."""
    tree = question.history.on(question.as_of)
    found = session.execute(select(Unit).where(Unit.id.in_(sorted(parts.own)))).scalars()
    units = {unit.id: unit for unit in found}
    children: dict[int, list[Unit]] = {}
    for unit in sorted(units.values(), key=lambda unit: (unit.sort_key, unit.id)):
        # A unit that stood below only in the past has its row directly under the asked unit.
        above = tree.parent.get(unit.id)
        children.setdefault(above if above in units else question.unit_id, []).append(unit)
    rows: list[UnitRow] = []

    def add(unit: Unit, depth: int) -> None:
        rows.append(UnitRow(unit, depth, parts.own[unit.id], parts.total.get(unit.id, 0)))
        for child in children.get(unit.id, ()):
            if child.id != question.unit_id:
                add(child, depth + 1)

    add(units[question.unit_id], 0)
    return rows
