"""How the forms of recognition and of certificates of service are filled in."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import count
from typing import Any

from sqlalchemy import inspect
from sqlalchemy.orm import Session

from registry.accounts.models import User
from registry.core import clock
from registry.core.scope import SYSTEM
from registry.core.write import run, write
from registry.volunteers.commands.honours import record_honour
from registry.volunteers.commands.own_page import give_page
from registry.volunteers.commands.points import earn
from registry.volunteers.models import ServiceLine, StarAward, Volunteer
from registry.volunteers.rules import rule_on
from tests import volunteers as volunteering
from tests.filling import Filled, Maker

_serial = count(1)


def _volunteer(session: Session, hours: int = 0, first: date | None = None) -> Volunteer:
    """A volunteer with so many hours, twenty on a day from half a year ago on, and the points for them."""
    found = volunteering.volunteer(session)
    first = first or clock.add_months(clock.today(), -6)
    for day in range(hours // 20):
        line = volunteering.served(session, found, 1_200, first + timedelta(days=day), starts=0)
        with write("volunteers.factory", SYSTEM) as w:
            earn(w, [{column.key: getattr(line, column.key) for column in inspect(ServiceLine).columns}])
    return found


def _star(session: Session, days_ago: int, state: str = "published") -> StarAward:
    """A star level that was published so many days ago for a week."""
    found = _volunteer(session, 100)
    on = clock.today() - timedelta(days=days_ago)
    with write("volunteers.factory", SYSTEM) as w:
        return w.add(
            StarAward(
                volunteer_id=found.id,
                person_id=found.person_id,
                unit_id=found.unit_id,
                volunteer_rule_id=rule_on(w.session, "stars", w.today).id,
                level=1,
                minutes=6_000,
                published_on=on,
                published_until=on + timedelta(days=6),
                state=state,
            )
        )


def _expire_points(session: Session, user: User) -> Filled:
    _volunteer(session, 20, date(2023, 3, 1))  # Somebody whose points have run out.
    return Filled("/volunteers/points/expire")


def _issue_proof(session: Session, user: User) -> Filled:
    page = f"/volunteers/{_volunteer(session, 20).id}/proofs"
    fields = {"starts_on": "2025-01-01", "responsible": "王丽", "handled_by": "李明"}
    return Filled(page, fields, f"{page}/issue", changed={"responsible": "张丽"})


def _own_proofs(session: Session, user: User) -> Filled:
    return Filled(f"/my/{run(SYSTEM, give_page, _volunteer(session, 20))}/proofs")


def _void_honour(session: Session, user: User) -> Filled:
    found = _volunteer(session)
    values: dict[str, Any] = {"title": "优秀志愿者", "given_by": "测试单位", "given_on": clock.today()}
    honour = run(SYSTEM, record_honour, found, **values)
    fields = {"reason": "录入有误"}
    return Filled(f"/volunteers/honours/{honour.id}/void", fields, changed={"reason": "另有原因"})


def _batch_of_stars(page: str, record_id: int) -> Filled:
    return Filled(
        page, {"document": "1"}, changed={"document": "2"}, picked={"ids": str(record_id), "query": ""}
    )


FORMS: dict[str, Maker] = {
    "public.own_proofs": _own_proofs,
    "volunteers.adjust_points": lambda s, u: Filled(
        f"/volunteers/{_volunteer(s).id}/points/adjust",
        {"points": "5", "reason": "更正"},
        changed={"points": "6"},
    ),
    "volunteers.award_stars": lambda s, u: _batch_of_stars("/volunteers/stars/award", _star(s, 10).id),
    "volunteers.expire_points": _expire_points,
    "volunteers.issue_proof": _issue_proof,
    "volunteers.publish_stars": lambda s, u: _batch_of_stars(
        "/volunteers/stars/publish", _volunteer(s, 100).id
    ),
    "volunteers.record_honour": lambda s, u: Filled(
        f"/volunteers/{_volunteer(s).id}/honours/record",
        {"title": "优秀志愿者", "given_by": "测试单位", "given_on": clock.today().isoformat()},
        changed={"title": "先进个人"},
    ),
    "volunteers.redeem_points": lambda s, u: Filled(
        f"/volunteers/{_volunteer(s, 20).id}/points/redeem",
        {"points": "5", "reason": "兑换急救包"},
        changed={"points": "6"},
    ),
    "volunteers.reject_star": lambda s, u: Filled(
        f"/volunteers/stars/{_star(s, 1).id}/reject", {"reason": "异议成立"}, changed={"reason": "另有原因"}
    ),
    "volunteers.void_honour": _void_honour,
    "volunteers.void_proof": lambda s, u: Filled(
        f"/volunteers/proofs/{volunteering.issued_proof(s, _volunteer(s, 20)).id}/void",
        {"reason": "开具有误"},
        changed={"reason": "另有原因"},
    ),
    "volunteers.withdraw_star": lambda s, u: Filled(
        f"/volunteers/stars/{_star(s, 10, 'awarded').id}/withdraw",
        {"reason": "评定有误"},
        changed={"reason": "另有原因"},
    ),
}
