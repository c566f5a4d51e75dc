"""Units, users and roles: how they come to be and change."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from registry.accounts.models import LEVELS, RoleGrant, Unit, UnitCode, UnitParent, User
from registry.accounts.queries import tree_on
from registry.accounts.queries_users import grants_not_over
from registry.accounts.rules import refuse_beyond_reach, refuse_grant
from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.i18n import N_
from registry.core.permissions import Permission, Role
from registry.core.write import Write, command

DATA = Path(__file__).parent / "data"

# From before any record the registry will hold.
EARLIEST = date(1949, 10, 1)
# 公主岭 moved from 四平 to 长春 in mid-2020; the exact day is to confirm.
GONGZHULING_MOVED_ON = date(2020, 7, 1)


@command(None)
def load_units(w: Write) -> int:
    """Load the 70 units of Jilin (1 province, 9 prefectures, 60 counties); returns how many were added.

    The file follows GB/T 2260. 公主岭 stands under 四平 until it moved to 长春; its former code
    220381 resolves.
    """
    with open(DATA / "jilin_units.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    known = {code for (code,) in w.session.execute(select(Unit.code))}
    if known:
        return 0
    ids = dict(
        zip(
            (row["code"] for row in rows),
            w.insert_many(
                Unit,
                [
                    {
                        "code": row["code"],
                        "name": row["name_zh"],
                        "name_en": row["name_en"],
                        "level": row["level"],
                        "sort_key": row["code"],
                    }
                    for row in rows
                ],
            ),
            strict=True,
        )
    )
    parents = []
    for row in rows:
        if not row["parent_code"]:
            continue
        parent, starts_on, confirmed, note = row["parent_code"], EARLIEST, True, ""
        if row["code"] == "220184":
            parents.append(
                {
                    "unit_id": ids[row["code"]],
                    "parent_id": ids["220300"],
                    "starts_on": EARLIEST,
                    "known_seq": w.seq,
                }
            )
            starts_on, confirmed, note = GONGZHULING_MOVED_ON, False, "mid-2020, the exact day is to confirm"
        parents.append(
            {
                "unit_id": ids[row["code"]],
                "parent_id": ids[parent],
                "starts_on": starts_on,
                "confirmed": confirmed,
                "note": note,
                "known_seq": w.seq,
            }
        )
    w.insert_many(UnitParent, parents)
    w.insert_many(UnitCode, [{"unit_id": ids["220184"], "code": "220381", "ends_on": GONGZHULING_MOVED_ON}])
    return len(rows)


@command(Permission.UNIT_EDIT)
def set_unit_parent(
    w: Write, *, unit: Unit, parent: Unit, starts_on: date, confirmed: bool = True, note: str = ""
) -> UnitParent:
    """Put a unit under another one from a day on; RuleError when that would make a circle."""
    _refuse_out_of_reach(w, unit)
    if LEVELS.index(parent.level) >= LEVELS.index(unit.level):
        raise RuleError(
            N_("A unit stands under one of a higher level. Nothing was saved; choose another one."), "parent"
        )
    if unit.id in tree_on(w.session, starts_on).path(parent.id):
        raise RuleError(
            N_("%(parent)s stands below %(unit)s on that day. Nothing was saved."),
            "parent",
            parent=parent.name,
            unit=unit.name,
        )
    for row in w.session.execute(
        select(UnitParent).where(
            UnitParent.unit_id == unit.id, UnitParent.starts_on == starts_on, UnitParent.void_seq.is_(None)
        )
    ).scalars():
        row.void_seq = w.seq
    return w.add(
        UnitParent(
            unit_id=unit.id,
            parent_id=parent.id,
            starts_on=starts_on,
            confirmed=confirmed,
            note=note,
            known_seq=w.seq,
        )
    )


@command(Permission.UNIT_EDIT)
def void_unit_parent(w: Write, *, parentage: UnitParent, reason: str) -> UnitParent:
    """Take back a parentage entered in error; the one before holds again, also for past days."""
    if parentage.void_seq is not None:
        raise RuleError(N_("This entry was taken back already. Nothing was saved."))
    others = select(UnitParent.id).where(
        UnitParent.unit_id == parentage.unit_id,
        UnitParent.id != parentage.id,
        UnitParent.void_seq.is_(None),
        UnitParent.starts_on <= parentage.starts_on,
    )
    if w.session.execute(others.limit(1)).scalar() is None:
        raise RuleError(
            N_(
                "Without this entry the unit would stand under none. Nothing was saved; "
                "add the right one first."
            )
        )
    parentage.void_seq = w.seq
    w.reason = reason
    return parentage


@command(Permission.UNIT_EDIT)
def add_unit(
    w: Write,
    *,
    name: str,
    name_en: str,
    level: str,
    parent: Unit,
    starts_on: date,
    code: str | None = None,
) -> Unit:
    """Add a unit under another one from a day on. Some, like 长白山, have no GB code."""
    _refuse_out_of_reach(w, parent)
    if code is not None and _code_is_taken(w.session, code):
        raise RuleError(N_("This code belongs to another unit. Nothing was saved; check the code."), "code")
    unit = w.add(Unit(code=code, name=name, name_en=name_en, level=level, sort_key=""))
    unit.sort_key = code or f"{parent.sort_key}-{unit.id:08d}"
    set_unit_parent(w, unit=unit, parent=parent, starts_on=starts_on)
    return unit


def _refuse_out_of_reach(w: Write, unit: Unit) -> None:
    # A unit added in this write is within nobody's reach yet.
    if unit not in w.session.new and not w.actor.scope(Permission.UNIT_EDIT).holds(unit.id):
        raise RecordNotFoundError("unit")


def _code_is_taken(session: Session, code: str) -> bool:
    present = select(Unit.id).where(Unit.code == code)
    former = select(UnitCode.id).where(UnitCode.code == code)
    return session.execute(select(or_(present.exists(), former.exists()))).scalar_one()


@command(Permission.USER_MANAGE)
def add_user(
    w: Write,
    *,
    username: str,
    name: str,
    password_hash: str,
    unit: Unit,
    role: Role | None = None,
    must_change_password: bool = True,
) -> User:
    """Add someone who signs in, with a first role at the home unit; RuleError when the name is taken."""
    if not w.actor.scope(Permission.USER_MANAGE).holds(unit.id):
        raise RuleError(N_("The home unit has to be one of your own units. Nothing was saved."), "unit")
    if w.session.execute(select(User.id).where(User.username == username)).scalar() is not None:
        raise RuleError(N_("This sign-in name is taken. Nothing was saved; choose another one."), "username")
    user = w.add(
        User(
            username=username,
            name=name,
            home_unit_id=unit.id,
            password_hash=password_hash,
            password_changed_at=w.at,
            must_change_password=must_change_password,
        )
    )
    if role is not None:
        grant_role(w, user=user, role=role, unit=unit)
    return user


@command(Permission.USER_MANAGE)
def grant_role(
    w: Write,
    *,
    user: User,
    role: Role,
    unit: Unit,
    starts_on: date | None = None,
    ends_on: date | None = None,
) -> RoleGrant:
    """Give a user a role at a unit, from a day on; nobody can give a role beyond their own reach or level."""
    if not w.actor.scope(Permission.USER_MANAGE).holds(unit.id):
        raise RuleError(N_("You may give roles only within your own units. Nothing was saved."), "unit")
    refuse_beyond_reach(w, user)
    refuse_grant(w, user, role, unit)
    starts_on = starts_on or w.today
    if ends_on is not None and ends_on <= starts_on:
        raise RuleError(
            N_("The role would end before it begins. Nothing was saved; check the dates."), "ends_on"
        )
    for grant in grants_not_over(w.session, user.id, starts_on):
        if grant.role == role.value and grant.unit_id == unit.id:
            raise RuleError(N_("The user has this role at this unit already. Nothing was saved."), "role")
    return w.add(
        RoleGrant(user_id=user.id, unit_id=unit.id, role=role.value, starts_on=starts_on, ends_on=ends_on)
    )
