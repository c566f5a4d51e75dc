"""How the forms of signing up and of admitting volunteers are filled in."""

from __future__ import annotations

from itertools import count

from sqlalchemy.orm import Session

from registry.accounts.models import User
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.volunteers.commands.decide_sign_ups import approve_sign_ups
from tests import factories, sign_ups, training
from tests import volunteers as volunteering
from tests.filling import Filled, Maker, listed, rows, unit_id

_serial = count(1)


def _withdraw_sign_up(session: Session, user: User) -> Filled:
    path = f"/join/receipt/{sign_ups.received(session).token}"
    return Filled(path, action=f"{path}/withdraw")


def _take_page(session: Session, user: User) -> Filled:
    record, token = sign_ups.received(session)
    run(SYSTEM, approve_sign_ups, [record])
    path = f"/join/receipt/{token}"
    return Filled(path, action=f"{path}/page")


FORMS: dict[str, Maker] = {
    "public.sign_up": lambda s, u: Filled(
        f"/join/{factories.NANGUAN}", {**sign_ups.typed(), "consent": "y"}, changed={"phone": "13100000003"}
    ),
    "public.take_page": _take_page,
    "public.withdraw_sign_up": _withdraw_sign_up,
    "volunteers.add_volunteer": lambda s, u: Filled(
        "/volunteers/add", {**training.row(), "unit": unit_id(s)}, changed={"phone": "13100000003"}
    ),
    "volunteers.add_volunteers": lambda s, u: Filled(
        "/volunteers/add-list",
        {**rows(training.row(), training.row()), "unit": unit_id(s)},
        "/volunteers/add-list",
        changed=rows(training.row()),
    ),
    "volunteers.add_volunteers_file": lambda s, u: Filled(
        "/volunteers/add-list",
        {**listed(training.row()), "unit": unit_id(s)},
        "/volunteers/add-list/file",
        changed=listed(training.row()),
    ),
    "volunteers.approve_sign_ups": lambda s, u: Filled(
        f"/volunteers/sign-ups/approve?sign_up={sign_ups.received(s).record.id}"
    ),
    "volunteers.give_page": lambda s, u: Filled(f"/volunteers/{volunteering.volunteer(s).id}/page"),
    "volunteers.reject_sign_ups": lambda s, u: Filled(
        f"/volunteers/sign-ups/reject?sign_up={sign_ups.received(s).record.id}", {"reason": "本次招募已满"}
    ),
}
