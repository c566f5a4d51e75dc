"""Units as lists name them, and a list of parentages taken in as one write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.accounts.commands import set_unit_parent
from registry.accounts.models import Unit, UnitCode, UnitParent
from registry.accounts.queries import tree_on
from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.i18n import N_
from registry.core.imports import Imported, ListRefusedError, Row, RowError, plain, present, read_yes
from registry.core.permissions import Permission
from registry.core.scope import Scope
from registry.core.text import read_date
from registry.core.write import Write, command

UNIT_PARENT_HEADERS: dict[str, tuple[str, ...]] = {
    "unit": ("单位", "单位代码", "单位名称", "unit code"),
    "parent": ("上级单位", "上级单位代码", "上级单位名称", "parent unit"),
    "starts_on": ("起始日期", "生效日期", "start date", "effective date"),
    "confirmed": ("已确认", "是否确认"),
    "note": ("备注", "说明", "remark"),
}
UNIT_PARENT_REQUIRED = ("unit", "parent", "starts_on")

_RED_CROSS = "红十字会"


@dataclass(frozen=True)
class UnitNames:
    """The units within reach by everything they are called by."""

    ids: dict[str, set[int]]

    @classmethod
    def load(cls, session: Session, scope: Scope, day: date) -> UnitNames:
        """Codes, former codes and names, these also behind the names of the units above on a day."""
        units = {unit.id: unit for unit in session.execute(select(Unit)).scalars()}
        tree = tree_on(session, day)
        ids: dict[str, set[int]] = {}
        for unit in units.values():
            if not scope.holds(unit.id):
                continue
            above = [units[step].name for step in tree.path(unit.id)]
            full = ["".join(reversed(above[: steps + 1])) for steps in range(len(above))]
            for name in (unit.code, unit.name_en, *full):
                if name:
                    ids.setdefault(plain(name), set()).add(unit.id)
        for former in session.execute(select(UnitCode)).scalars():
            if scope.holds(former.unit_id):
                ids.setdefault(plain(former.code), {former.unit_id})
        return cls(ids)

    def find(self, text: str) -> int:
        """The unit with this code or name; RuleError when none within reach has it, or several do."""
        found = self.ids.get(plain(text).removesuffix(_RED_CROSS), set())
        if not found:
            raise RuleError(
                N_("No unit within your reach has the name or code “%(text)s”."), "unit", text=text[:60]
            )
        if len(found) > 1:
            raise RuleError(
                N_("Several units are called “%(text)s”; write the code."), "unit", text=text[:60]
            )
        return next(iter(found))

    def read(self, row: Row, key: str, default: int | None) -> int | None:
        """The unit a row names; `default` where it names none, and an error told without one."""
        if row.text(key):
            return row.read(key, self.find)
        if default is None:
            row.refuse(RuleError(N_("The unit is missing: name it in the list, or choose one.")), key)
        return default


@dataclass(frozen=True, slots=True)
class ParentRow:
    """A checked row of a list of parentages."""

    row: int
    unit_id: int
    parent_id: int
    starts_on: date
    confirmed: bool
    note: str


def read_unit_parents(rows: Sequence[Row], *, units: UnitNames, unit_id: int | None) -> list[ParentRow]:
    """The parentages of a list; what is wrong is told in the rows."""
    found = []
    seen: dict[tuple[int, date], int] = {}
    for row in rows:
        unit = units.read(row, "unit", unit_id)
        parent = row.read("parent", lambda text: units.find(present(text)))
        starts_on = row.read("starts_on", read_date)
        confirmed = row.optional("confirmed", read_yes)
        note = row.bounded("note", 500)
        if unit is not None and starts_on is not None:
            earlier = seen.setdefault((unit, starts_on), row.number)
            if earlier != row.number:
                row.refuse(
                    RuleError(
                        N_("Row %(row)s names the same unit and day; delete one of the two."), row=earlier
                    ),
                    None,
                )
        if not row.errors and unit is not None and parent is not None and starts_on is not None:
            found.append(ParentRow(row.number, unit, parent, starts_on, confirmed is not False, note))
    return found


@command(Permission.UNIT_EDIT)
def import_unit_parents(w: Write, *, rows: Sequence[ParentRow]) -> Imported:
    """Put units under others from days on. What stands already has no effect.

    ListRefusedError naming every row that makes no sense.
    """
    scope = w.actor.scope(Permission.UNIT_EDIT)
    units = {unit.id: unit for unit in w.session.execute(select(Unit).where(scope.where(Unit.id))).scalars()}
    parentages = select(UnitParent).where(UnitParent.void_seq.is_(None))
    standing = {
        (p.unit_id, p.parent_id, p.starts_on, p.confirmed, p.note)
        for p in w.session.execute(parentages).scalars()
    }
    errors: list[RowError] = []
    saved = 0
    for row in rows:
        if (row.unit_id, row.parent_id, row.starts_on, row.confirmed, row.note) in standing:
            continue
        if row.unit_id not in units or row.parent_id not in units:
            raise RecordNotFoundError("unit")
        try:
            set_unit_parent(
                w,
                unit=units[row.unit_id],
                parent=units[row.parent_id],
                starts_on=row.starts_on,
                confirmed=row.confirmed,
                note=row.note,
            )
        except RuleError as error:
            errors.append(RowError(row.row, error.field or "parent", error.message))
        saved += 1
    if errors:
        raise ListRefusedError(errors)
    return Imported(saved, len(rows) - saved)
