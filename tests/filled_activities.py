"""How the forms of activities, bookings, check-in and insurance are filled in."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.accounts.models import User
from registry.core import clock
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.volunteers.commands.bookings import book
from registry.volunteers.models import InsuranceCover, Shift
from tests import factories
from tests import volunteers as volunteering
from tests.filling import Filled, Maker, rows, unit_id

_serial = count(1)


# Volunteers: activities, bookings, check-in, insurance


def _shift(session: Session) -> Shift:
    day = clock.today() + timedelta(days=1)
    return volunteering.shift(session, volunteering.activity(session, factories.NANGUAN, day), needed=9)


def _booking(session: Session) -> int:
    found, (one,) = _shift(session), volunteering.volunteers(session, 1)
    return run(SYSTEM, book, found, volunteer_ids=[one.id]).booked[0]


def _open_activity(session: Session, user: User) -> Filled:
    fields = {
        "title": "社区宣传",
        "place": "南湖",
        "unit": unit_id(session),
        "field": "community",
        "starts_on": clock.today().isoformat(),
        **rows({"starts": "9:00", "ends": "12:00", "needed": "5"}),
    }
    return Filled("/volunteers/activities/open", fields, changed={"place": "另一处"})


def _edit_shifts(session: Session, user: User) -> Filled:
    found = _shift(session)
    row = {"id": str(found.id), "starts": "8:00", "ends": "12:00", "needed": "5"}
    url = f"/volunteers/activities/{found.activity_id}/shifts"
    return Filled(url, rows(row), changed=rows({**row, "needed": "6"}))


def _book(session: Session, user: User) -> Filled:
    one, other = volunteering.volunteers(session, 2)
    url = f"/volunteers/shifts/{_shift(session).id}/book"
    return Filled(url, {"chosen": [str(one.id)]}, changed={"chosen": [str(other.id)]})


def _check_in(session: Session, user: User) -> Filled:
    found = volunteering.shift(session, volunteering.activity(session))
    one, other = volunteering.volunteers(session, 2)
    run(SYSTEM, book, found, volunteer_ids=[one.id, other.id])
    url = f"/volunteers/shifts/{found.id}/check_in"
    return Filled(url, {"mark": f"in:{one.id}"}, changed={"mark": f"in:{other.id}"})


def _add_policy(session: Session, user: User) -> Filled:
    fields = {
        "unit": unit_id(session),
        "insurer": "某保险公司",
        "number": f"B{next(_serial)}",
        "starts_on": "2026-01-01",
        "ends_on": "2026-12-31",
    }
    return Filled("/volunteers/insurance/add", fields, changed={"insurer": "另一公司"})


def _cover(session: Session, user: User) -> Filled:
    one, other = volunteering.volunteers(session, 2)
    url = f"/volunteers/insurance/{volunteering.insured(session, [one]).id}/cover"
    return Filled(url, {"chosen": [str(one.id)]}, changed={"chosen": [str(other.id)]})


def _void_cover(session: Session, user: User) -> Filled:
    volunteering.insured(session, [volunteering.volunteer(session)])
    cover = session.execute(select(func.max(InsuranceCover.id))).scalar_one()
    url = f"/volunteers/insurance/covers/{cover}/void"
    return Filled(url, {"reason": "录入有误"}, changed={"reason": "另有原因"})


def _swap_booking(session: Session, user: User) -> Filled:
    one, other = volunteering.volunteers(session, 2)
    fields = {"volunteer": str(one.id), "reason": "换班"}
    url = f"/volunteers/bookings/{_booking(session)}/swap"
    return Filled(url, fields, changed={"volunteer": str(other.id)})


FORMS: dict[str, Maker] = {
    "volunteers.add_policy": _add_policy,
    "volunteers.book": _book,
    "volunteers.cancel_activity": lambda s, u: Filled(
        f"/volunteers/activities/{_shift(s).activity_id}/cancel",
        {"reason": "天气原因"},
        changed={"reason": "另有原因"},
    ),
    "volunteers.check_in": _check_in,
    "volunteers.close_activity": lambda s, u: Filled(
        f"/volunteers/activities/{volunteering.activity(s).id}/close"
    ),
    "volunteers.cover_volunteers": _cover,
    "volunteers.edit_activity": lambda s, u: Filled(
        f"/volunteers/activities/{volunteering.activity(s).id}/edit",
        {"place": "新的地点"},
        changed={"place": "另一地点"},
    ),
    "volunteers.edit_shifts": _edit_shifts,
    "volunteers.open_activity": _open_activity,
    "volunteers.reopen_activity": lambda s, u: Filled(
        f"/volunteers/activities/{volunteering.activity(s, state='closed').id}/reopen",
        {"reason": "结束过早"},
        changed={"reason": "另有原因"},
    ),
    "volunteers.swap_booking": _swap_booking,
    "volunteers.void_cover": _void_cover,
    "volunteers.void_policy": lambda s, u: Filled(
        f"/volunteers/insurance/{volunteering.insured(s, [volunteering.volunteer(s)]).id}/void",
        {"reason": "合同无效"},
        changed={"reason": "另有原因"},
    ),
    "volunteers.withdraw_booking": lambda s, u: Filled(
        f"/volunteers/bookings/{_booking(s)}/withdraw", {"reason": "临时有事"}, changed={"reason": "另有原因"}
    ),
}
