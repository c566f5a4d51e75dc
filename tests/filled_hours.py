"""How the forms about hours of service are filled in."""

from __future__ import annotations

from itertools import count

from sqlalchemy.orm import Session

from registry.accounts.models import User
from tests import factories, hours
from tests import volunteers as volunteering
from tests.filling import Filled, Maker, rows, unit_id

_serial = count(1)


def _service_entry(session: Session, approved: bool = False) -> str:
    """The address of an entry that nobody of the staff submitted."""
    row = hours.row(volunteering.volunteer(session))
    entries = hours.submitted(session, [row])
    if approved:
        hours.approved(session, entries)
    return f"/volunteers/service/{entries[0].id}"


def _decide(session: Session, verb: str) -> Filled:
    picked = {"ids": [_service_entry(session).rsplit("/", 1)[1]]}
    fields = {"reason": "时间有误"} if verb == "reject" else {}
    changed = {"reason": "另有原因"} if verb == "reject" else {}
    return Filled(f"/volunteers/service/{verb}", fields, changed=changed, picked=picked)


def _edit_entry(session: Session, user: User) -> Filled:
    fields = {"starts": "10:00", "hours": "2", "served_on": hours.yesterday().isoformat(), "field": "aid"}
    return Filled(f"{_service_entry(session)}/edit", fields, changed={"hours": "1"})


def _enter_hours(session: Session, user: User) -> Filled:
    gathering = volunteering.activity(session, on=hours.yesterday())
    part = volunteering.shift(session, gathering)
    found = hours.booked(part, volunteering.volunteer(session))
    marked = {"id": str(found.volunteer_id), "there": "1", "starts": "09:00", "hours": "2"}
    url = f"/volunteers/activities/{gathering.id}/hours"
    return Filled(url, rows(marked), changed=rows({**marked, "hours": "1"}))


def _enter_service(session: Session, user: User) -> Filled:
    row = {
        "number": volunteering.volunteer(session).number,
        "served_on": hours.yesterday().isoformat(),
        "starts": "09:00",
        "hours": "2",
        "field": "aid",
    }
    fields = {**rows(row), "unit": unit_id(session, factories.NANGUAN)}
    return Filled("/volunteers/service/enter", fields, changed=rows({**row, "hours": "1"}))


FORMS: dict[str, Maker] = {
    "volunteers.approve_entries": lambda s, u: _decide(s, "approve"),
    "volunteers.edit_entry": _edit_entry,
    "volunteers.enter_hours": _enter_hours,
    "volunteers.enter_service": _enter_service,
    "volunteers.reject_entries": lambda s, u: _decide(s, "reject"),
    "volunteers.reverse_entry": lambda s, u: Filled(
        f"{_service_entry(s, approved=True)}/reverse", {"reason": "未到场"}, changed={"reason": "另有原因"}
    ),
    "volunteers.withdraw_entry": lambda s, u: Filled(
        f"{_service_entry(s)}/withdraw", {"reason": "录入有误"}, changed={"reason": "另有原因"}
    ),
}
