"""Makers of generated records for tests. No name, number or phone here belongs to a real person."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from functools import cache

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.accounts import commands as accounts
from registry.accounts.models import Unit, User
from registry.accounts.queries import actor_for, unit_by_code
from registry.core import clock
from registry.core.passwords import hash_password
from registry.core.permissions import Role
from registry.core.scope import SYSTEM, Actor
from registry.core.write import run, write
from registry.people import commands as people
from registry.people.commands import Entrant
from registry.people.identity import check_character, read_document
from registry.people.kinds import DocumentKind
from registry.people.models import Person

PROVINCE, CHANGCHUN, NANGUAN, KUANCHENG, YANBIAN, YANJI = (
    "220000",
    "220100",
    "220102",
    "220103",
    "222400",
    "222401",
)

SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜朴崔"
GIVEN = "伟芳娜敏静丽强磊军洋艳勇杰娟涛明超秀霞平刚桂英华慧巧美丹萍鑫宇浩轩"

_serial = itertools.count(1)


def unit(session: Session, code: str = NANGUAN) -> Unit:
    """The unit with a GB code."""
    return unit_by_code(session, code)


def resident_number(birth_on: date, serial: int, area: str = "220102") -> str:
    """A well-formed 18-character number that nobody holds (made up area, date and serial)."""
    first = f"{area}{birth_on:%Y%m%d}{serial % 1000:03d}"
    return first + check_character(first)


def entrant(
    name: str | None = None, *, serial: int | None = None, number: str | None = None, **more: object
) -> Entrant:
    """A generated entrant with a resident number of its own."""
    serial = next(_serial) if serial is None else serial
    rng = random.Random(serial)
    if name is None:
        name = rng.choice(SURNAMES) + "".join(rng.choice(GIVEN) for _ in range(rng.choice((1, 2, 2))))
    if number is None:
        born = date(1960 + serial % 45, serial % 12 + 1, serial % 28 + 1)
        number = resident_number(
            born, serial // 40 * 7 + serial % 7, area=f"22{serial % 9 + 1:02d}{serial % 60 + 1:02d}"
        )
    document = read_document(DocumentKind.RESIDENT_ID, number, today=clock.today())
    return Entrant.of(name, document, **more)  # type: ignore[arg-type]


def person(session: Session, unit_code: str = NANGUAN, name: str | None = None, **more: object) -> Person:
    """A registered person at home in a unit."""
    return run(SYSTEM, people.add_person, entrant=entrant(name, **more), unit_id=unit(session, unit_code).id)  # type: ignore[arg-type]


def persons(session: Session, count: int, unit_code: str = NANGUAN) -> list[int]:
    """The ids of `count` new persons at home in a unit, added in one write."""
    entrants = [entrant() for _ in range(count)]
    with write("people.factory", SYSTEM) as w:
        return [m.person_id for m in people.match_or_add(w, entrants, unit(session, unit_code).id)]


PASSWORD = "Correct-horse-42-battery"


@cache
def _password_hash() -> str:
    """That of PASSWORD; taking it is slow on purpose, and one does for all users of a run."""
    return hash_password(PASSWORD)


def user(
    session: Session,
    role: Role | Sequence[Role] = Role.TRAINER,
    unit_code: str = NANGUAN,
    username: str | None = None,
) -> User:
    """Someone with a role at a unit, who signs in with PASSWORD."""
    where = unit(session, unit_code)
    username = username or f"user{next(_serial)}"
    made = run(
        SYSTEM,
        accounts.add_user,
        username=username,
        name=f"测试员{username}",
        password_hash=_password_hash(),
        unit=where,
        must_change_password=False,
    )
    for one in [role] if isinstance(role, Role) else role:
        run(SYSTEM, accounts.grant_role, user=made, role=one, unit=where, starts_on=date(2020, 1, 1))
    return made


def actor(session: Session, role: Role | Sequence[Role] = Role.TRAINER, unit_code: str = NANGUAN) -> Actor:
    """Someone with a role at a unit, ready to run commands."""
    return actor_for(session, user(session, role, unit_code), clock.today())


def all_units(session: Session) -> Iterable[Unit]:
    """Every unit."""
    return session.execute(select(Unit).order_by(Unit.sort_key)).scalars()


def noon(day: date) -> datetime:
    """A moment within a Shanghai day."""
    return datetime(day.year, day.month, day.day, 4, tzinfo=UTC)
