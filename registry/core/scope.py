"""Which units one may reach, as a WHERE clause, and who is acting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, false, true

from registry.core.permissions import Permission


@dataclass(frozen=True)
class Scope:
    """A set of units; `units` None means every unit."""

    units: frozenset[int] | None

    def where(self, column: Any) -> ColumnElement[bool]:
        """The condition that `column` (a unit id) lies within reach."""
        if self.units is None:
            return true()
        if not self.units:
            return false()
        if len(self.units) == 1:
            # A list of parameters is expanded anew for every statement; most readers have one unit.
            return column == next(iter(self.units))  # type: ignore[no-any-return]
        return column.in_(sorted(self.units))  # type: ignore[no-any-return]

    def holds(self, unit_id: int | None) -> bool:
        """Whether one unit lies within reach."""
        return self.units is None or unit_id in self.units


EVERYWHERE = Scope(None)
NOWHERE = Scope(frozenset())


@dataclass(frozen=True)
class Actor:
    """Who acts: a user with the units each permission reaches, or the system itself.

    Built anew for every request, so a changed role holds from the next request on.
    """

    user_id: int | None
    name: str
    reach: Mapping[Permission, frozenset[int] | None]
    home_unit_id: int | None = None

    def may(self, permission: Permission) -> bool:
        """Whether any role of the actor carries the permission."""
        return permission in self.reach

    def scope(self, permission: Permission) -> Scope:
        """The units the permission reaches; nowhere when it is not held."""
        return Scope(self.reach[permission]) if permission in self.reach else NOWHERE


SYSTEM = Actor(None, "system", dict.fromkeys(Permission))
ANONYMOUS = Actor(None, "anonymous", {})
