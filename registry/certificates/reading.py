"""Reading rows of a list: what they name, and everything that is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.accounts.models import Unit, UnitCode
from registry.certificates.models import CredentialRule, CredentialType
from registry.certificates.snapshots import SOCIETY
from registry.certificates.validity import last_valid_day
from registry.core.errors import RuleError
from registry.core.i18n import N_, Message
from registry.core.scope import Scope
from registry.core.sheets import Cell
from registry.core.text import clean, narrow

R = TypeVar("R")

# What `read_document` calls its fields, as columns of the list.
_DOCUMENT_COLUMNS = {"number": "document_number", "kind": "document_kind"}


@dataclass(frozen=True)
class RowError:
    """What is wrong in a row of the file (counted from 1, as the spreadsheet counts)."""

    row: int
    column: str | None
    message: Message


@dataclass
class Catalogue:
    """What the rows name: credential types and their rules, and the units within reach."""

    types: dict[str, CredentialType]
    rules: list[CredentialRule]
    units: dict[str, int]

    @classmethod
    def load(cls, session: Session, scope: Scope) -> Catalogue:
        """Read it once for a whole list."""
        types: dict[str, CredentialType] = {}
        for kind in session.execute(select(CredentialType)).scalars():
            types.update(dict.fromkeys((plain(kind.code), plain(kind.name), plain(kind.name_en)), kind))
        units: dict[str, int] = {}
        for unit in session.execute(select(Unit).where(scope.where(Unit.id))).scalars():
            units.update({plain(name): unit.id for name in (unit.code, unit.name, unit.name_en) if name})
        for former in session.execute(select(UnitCode).where(scope.where(UnitCode.unit_id))).scalars():
            units.setdefault(former.code, former.unit_id)
        rules = session.execute(
            select(CredentialRule).order_by(CredentialRule.starts_on.desc(), CredentialRule.version.desc())
        )
        return cls(types, list(rules.scalars()), units)

    def credential_type(self, text: str) -> int:
        """The credential type a row names; a list without that column is one of first-aid certificates."""
        kind = self.types.get(plain(text) or "rescuer")
        if kind is None:
            raise RuleError(
                N_("There is no certificate of the type “%(text)s”. Write one of: %(names)s."),
                "credential_type",
                text=text,
                names="、".join(dict.fromkeys(kind.name for kind in self.types.values())),
            )
        return kind.id

    def unit(self, text: str) -> int:
        """The unit within reach with this name or code, former codes included."""
        unit_id = self.units.get(plain(text).removesuffix(SOCIETY))
        if unit_id is None:
            raise RuleError(
                N_("No unit within your reach has the name or code “%(text)s”."), "unit", text=text
            )
        return unit_id

    def valid_until(self, credential_type_id: int, issued_on: date) -> date | None:
        """The last valid day by the rule in force when it was issued."""
        rules = [rule for rule in self.rules if rule.credential_type_id == credential_type_id]
        # The first rule stands for what was issued before it, too.
        rule = next((rule for rule in rules if rule.starts_on <= issued_on), rules[-1])
        return last_valid_day(issued_on, rule.validity_months, rule.last_day)


def plain(text: str) -> str:
    """A name as it is compared: half width, lower case, without spaces."""
    return "".join(narrow(clean(text)).lower().split())


@dataclass
class Row:
    """One row being read: its cells, and everything that is wrong with it."""

    cells: Mapping[str, Cell]
    errors: list[RowError] = field(default_factory=list)

    @property
    def number(self) -> int:
        """Its row in the file, counted from 1."""
        return next(iter(self.cells.values())).row + 1

    def text(self, key: str) -> str:
        """A cell cleaned; RuleError when a number lost its last digits in the spreadsheet."""
        cell = self.cells.get(key)
        if cell is None:
            return ""
        return clean(cell.exact(key) if key in ("number", "document_number", "phone") else cell.text)

    def read(self, key: str, reader: Callable[[str], R]) -> R | None:
        """What `reader` makes of a cell; None, and an error told, when it refuses."""
        try:
            return reader(self.text(key))
        except RuleError as error:
            self.refuse(error, key)
            return None

    def optional(self, key: str, reader: Callable[[str], R]) -> R | None:
        """The same, None for an empty cell."""
        cell = self.cells.get(key)
        return self.read(key, reader) if cell is not None and clean(cell.text) else None

    def refuse(self, error: RuleError, key: str | None = None) -> None:
        """Keep what is wrong, at a column or at the one that the rule names."""
        column = _DOCUMENT_COLUMNS.get(error.field or "", error.field) if key is None else key
        self.errors.append(RowError(self.number, column, error.message))
