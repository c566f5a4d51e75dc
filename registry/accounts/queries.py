"""Units, their tree on a day, and who a user is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from registry.accounts.models import RoleGrant, Unit, UnitCode, UnitParent, User
from registry.core.errors import RecordNotFoundError
from registry.core.permissions import GRANTS, Permission, Role
from registry.core.scope import Actor, Scope


@dataclass(frozen=True)
class UnitTree:
    """Which unit stood under which on one day, as known at one journal entry."""

    parent: Mapping[int, int]

    def below(self, unit_id: int) -> frozenset[int]:
        """The unit and every unit below it."""
        children: dict[int, list[int]] = {}
        for child, parent in self.parent.items():
            children.setdefault(parent, []).append(child)
        found, waiting = set(), [unit_id]
        while waiting:
            current = waiting.pop()
            if current not in found:
                found.add(current)
                waiting.extend(children.get(current, ()))
        return frozenset(found)

    def path(self, unit_id: int) -> list[int]:
        """The unit and the units above it, from the unit upward."""
        steps = [unit_id]
        while steps[-1] in self.parent and self.parent[steps[-1]] not in steps:
            steps.append(self.parent[steps[-1]])
        return steps


Parentage = tuple[date, int, int]  # From which day on a unit stands under a parent.


def parentages_known(session: Session, known_seq: int | None = None) -> list[Parentage]:
    """Every parentage in the order of its first day, as known now or at a journal entry."""
    rows = select(UnitParent.starts_on, UnitParent.unit_id, UnitParent.parent_id)
    if known_seq is None:
        rows = rows.where(UnitParent.void_seq.is_(None))
    else:
        rows = rows.where(
            UnitParent.known_seq <= known_seq,
            or_(UnitParent.void_seq.is_(None), UnitParent.void_seq > known_seq),
        )
    found = session.execute(rows.order_by(UnitParent.starts_on, UnitParent.id))
    return [(starts_on, unit_id, parent_id) for starts_on, unit_id, parent_id in found]


def tree_of(parentages: Iterable[Parentage], day: date) -> UnitTree:
    """The tree of a day. A unit is under its first parent before that one's first day, so that no unit ever
    stands alone, and a figure of the province is the same under every parentage."""
    parents: dict[int, int] = {}
    for starts_on, unit_id, parent_id in parentages:
        if starts_on <= day or unit_id not in parents:
            parents[unit_id] = parent_id
    return UnitTree(parents)


def tree_on(session: Session, day: date, *, known_seq: int | None = None) -> UnitTree:
    """The unit tree of a business day; `known_seq` reads it as known at that journal entry."""
    return tree_of(parentages_known(session, known_seq), day)


def narrowed(session: Session, scope: Scope, unit: str | None, day: date) -> Scope:
    """The scope cut down to a unit, as a filter names it, and those below it on a day; all of it without
    one."""
    if unit is None:
        return scope
    below = tree_on(session, day).below(int(unit))
    return Scope(below if scope.units is None else below & scope.units)


def units(scope: Scope) -> Select[Unit]:
    """Units within reach, in the order of their codes."""
    return select(Unit).where(scope.where(Unit.id)).order_by(Unit.sort_key, Unit.id)


def unit_by_code(session: Session, code: str) -> Unit:
    """The unit with this GB code, a former one included; RecordNotFoundError otherwise."""
    unit = session.execute(select(Unit).where(Unit.code == code)).scalar()
    if unit is None:
        unit = session.execute(
            select(Unit).join(UnitCode, UnitCode.unit_id == Unit.id).where(UnitCode.code == code)
        ).scalar()
    if unit is None:
        raise RecordNotFoundError("unit")
    return unit


def roles_of(session: Session, user_id: int, day: date) -> list[tuple[Role, int]]:
    """The roles in force on a day, with their units."""
    rows = session.execute(
        select(RoleGrant.role, RoleGrant.unit_id).where(
            RoleGrant.user_id == user_id,
            RoleGrant.starts_on <= day,
            or_(RoleGrant.ends_on.is_(None), RoleGrant.ends_on > day),
        )
    ).all()
    return [(Role(role), unit_id) for role, unit_id in rows]


def actor_for(session: Session, user: User, day: date) -> Actor:
    """The user as an actor: for each permission the units it reaches today."""
    return actor_with(session, user.id, user.name, user.home_unit_id, roles_of(session, user.id, day), day)


def actor_with(
    session: Session,
    user_id: int,
    name: str,
    home_unit_id: int,
    roles: Iterable[tuple[Role, int]],
    day: date,
) -> Actor:
    """An actor with the roles given, which were read already."""
    tree = tree_on(session, day)
    reach: dict[Permission, frozenset[int]] = {}
    for role, unit_id in roles:
        below = tree.below(unit_id)
        for permission in GRANTS[role]:
            reach[permission] = reach.get(permission, frozenset()) | below
    everywhere = tree.parent.keys() | set(tree.parent.values())
    return Actor(
        user_id,
        name,
        # A reach over the whole tree is "everywhere", which spares the list of ids in every query.
        {p: None if everywhere and ids >= everywhere else ids for p, ids in reach.items()},
        home_unit_id,
    )


def user_by_name(session: Session, username: str) -> User | None:
    """The user with this sign-in name."""
    return session.execute(select(User).where(User.username == username)).scalar()


def parentages(unit_id: int) -> Select[UnitParent, Unit]:
    """Under which units a unit stood, with the days and what was taken back; newest first."""
    return (
        select(UnitParent, Unit)
        .join(Unit, Unit.id == UnitParent.parent_id)
        .where(UnitParent.unit_id == unit_id)
        .order_by(UnitParent.starts_on.desc(), UnitParent.id.desc())
    )


def former_codes(unit_id: int) -> Select[UnitCode]:
    """Codes a unit had before."""
    return select(UnitCode).where(UnitCode.unit_id == unit_id).order_by(UnitCode.ends_on, UnitCode.code)


def unconfirmed_units() -> Select[int]:
    """Units with a parentage whose date is still to confirm."""
    return select(UnitParent.unit_id).where(UnitParent.confirmed.is_(False), UnitParent.void_seq.is_(None))


@dataclass(frozen=True)
class Move:
    """Which sub-totals a unit leaves and enters when its parent changes. Common ones stay the same."""

    leaves: list[int]
    enters: list[int]
    stays: list[int]
    units: int


def move_of(tree: UnitTree, unit_id: int, parent_id: int) -> Move:
    """What putting a unit under another parent does to the totals above it; `units` move with it."""
    before, after = tree.path(unit_id)[1:], tree.path(parent_id)
    return Move(
        leaves=[u for u in before if u not in after],
        enters=[u for u in after if u not in before],
        stays=[u for u in after if u in before],
        units=len(tree.below(unit_id)),
    )
