"""Users, their roles, and how far an administrator may go with them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from registry.accounts.models import RoleGrant, Unit, User
from registry.accounts.queries import roles_of, tree_on
from registry.core.permissions import Role
from registry.core.scope import Actor, Scope

# Administrators by level; every other role ranks below them.
RANKS = {Role.PROVINCE_ADMIN: 3, Role.PREFECTURE_ADMIN: 2, Role.COUNTY_ADMIN: 1}
LEVEL_OF = {
    Role.PROVINCE_ADMIN: "province",
    Role.PREFECTURE_ADMIN: "prefecture",
    Role.COUNTY_ADMIN: "county",
}


def rank(role: Role) -> int:
    """How high a role stands: 3, 2, 1 for administrators of province, prefecture, county, else 0."""
    return RANKS.get(role, 0)


def highest(roles: Iterable[Role]) -> int:
    """The rank of the highest of the roles; -1 without any."""
    return max((rank(role) for role in roles), default=-1)


def rank_over(session: Session, actor: Actor, unit_id: int, day: date) -> int:
    """The highest rank among the roles of the actor that reach a unit; the system stands above all."""
    if actor.user_id is None:
        return max(RANKS.values())
    tree = tree_on(session, day)
    return highest(
        role for role, unit in roles_of(session, actor.user_id, day) if unit_id in tree.below(unit)
    )


def in_force(day: date) -> Any:
    """The condition that a role grant holds on a day."""
    return (RoleGrant.starts_on <= day) & or_(RoleGrant.ends_on.is_(None), RoleGrant.ends_on > day)


def users(scope: Scope, day: date) -> Select[Any]:
    """Users whose home unit lies within reach: (User, Unit, roles in force joined by commas)."""
    roles = (
        select(func.aggregate_strings(RoleGrant.role, ","))
        .where(RoleGrant.user_id == User.id, in_force(day))
        .correlate(User)
        .scalar_subquery()
        .label("roles")
    )
    return select(User, Unit, roles).join(Unit, Unit.id == User.home_unit_id).where(scope.where(Unit.id))


def holding(rows: Select[Any], role: str, day: date) -> Select[Any]:
    """Of the users those who hold a role on a day."""
    return rows.where(User.id.in_(select(RoleGrant.user_id).where(RoleGrant.role == role, in_force(day))))


def grants_of(user_id: int) -> Select[RoleGrant, Unit]:
    """Every role a user has, had or will have: (RoleGrant, Unit), newest first."""
    return (
        select(RoleGrant, Unit)
        .join(Unit, Unit.id == RoleGrant.unit_id)
        .where(RoleGrant.user_id == user_id)
        .order_by(RoleGrant.starts_on.desc(), RoleGrant.id.desc())
    )


def grants_not_over(session: Session, user_id: int, day: date) -> list[RoleGrant]:
    """The roles of a user that hold on a day or will hold later."""
    return list(
        session.execute(
            select(RoleGrant).where(
                RoleGrant.user_id == user_id, or_(RoleGrant.ends_on.is_(None), RoleGrant.ends_on > day)
            )
        ).scalars()
    )


def province_administrators(session: Session, day: date) -> set[int]:
    """The ids of the active users who are province administrators on a day."""
    return set(
        session.execute(
            select(RoleGrant.user_id)
            .join(User, User.id == RoleGrant.user_id)
            .where(RoleGrant.role == Role.PROVINCE_ADMIN.value, in_force(day), User.active)
        ).scalars()
    )
