"""Units, users and roles: how they come to be and change."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

from sqlalchemy import select

from registry.accounts.models import RoleGrant, Unit, UnitCode, UnitParent, User
from registry.accounts.queries import tree_on
from registry.core.errors import RuleError
from registry.core.i18n import N_
from registry.core.permissions import Permission, Role
from registry.core.write import Write, command

DATA = Path(__file__).parent / "data"

# From before any record the registry will hold.
EARLIEST = date(1949, 10, 1)
# 公主岭 moved from 四平 to 长春 in mid-2020; the exact day is to confirm.
GONGZHULING_MOVED_ON = date(2020, 7, 1)
_PREFIX = {"province": 0, "prefecture": 4, "county": 6}


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


@command(Permission.USER_MANAGE)
def add_user(
    w: Write, *, username: str, name: str, password_hash: str, unit: Unit, must_change_password: bool = True
) -> User:
    """Add someone who signs in; RuleError when the sign-in name is taken."""
    if w.session.execute(select(User.id).where(User.username == username)).scalar() is not None:
        raise RuleError(N_("This sign-in name is taken. Nothing was saved; choose another one."), "username")
    return w.add(
        User(
            username=username,
            name=name,
            home_unit_id=unit.id,
            password_hash=password_hash,
            password_changed_at=w.at,
            must_change_password=must_change_password,
        )
    )


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
    """Give a user a role at a unit, from a day on; nobody can give a role beyond their own reach."""
    if not w.actor.scope(Permission.USER_MANAGE).holds(unit.id):
        raise RuleError(N_("You may give roles only within your own units. Nothing was saved."), "unit")
    return w.add(
        RoleGrant(
            user_id=user.id, unit_id=unit.id, role=role.value, starts_on=starts_on or w.today, ends_on=ends_on
        )
    )
