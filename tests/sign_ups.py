"""Makers of sign-ups, for tests."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.scope import SYSTEM
from registry.core.secrets import new_token
from registry.core.write import run, write
from registry.volunteers.commands.applicants import Applicant, read_applicant
from registry.volunteers.commands.sign_up import sign_up
from registry.volunteers.models import Activity, SignUp
from registry.volunteers.queries.sign_ups import receipt_digest, sign_up_address
from registry.volunteers.rules import rule_on
from tests import factories as make

PHONE = "13900001234"


class Received(NamedTuple):
    """A sign-up with the token of its receipt."""

    record: SignUp
    token: str


def typed(serial: int | None = None, *, born: date | None = None, **more: str) -> dict[str, str]:
    """What somebody types; `born` makes the number one of a person of that age."""
    number = make.resident_number(born, (serial or 1) + 300) if born is not None else None
    someone = make.entrant(serial=serial, number=number)
    assert someone.document is not None
    return {
        "name": someone.name,
        "document_number": someone.document.number,
        "phone": PHONE,
        "field": "community",
        **more,
    }


def applicant(session: Session, told: dict[str, str]) -> Applicant:
    """An applicant whose form is in order."""
    today = clock.today()
    found, errors = read_applicant(told, rule_on(session, "admission", today).terms, today)
    assert found is not None, errors
    return found


def received(
    session: Session,
    unit_code: str = make.NANGUAN,
    told: dict[str, str] | None = None,
    activity: Activity | None = None,
) -> Received:
    """A sign-up that waits."""
    token = new_token()
    values: dict[str, Any] = {
        "unit_id": make.unit(session, unit_code).id,
        "activity_id": activity.id if activity is not None else None,
        "applicant": applicant(session, told or typed()),
        "token": token,
    }
    return Received(run(SYSTEM, sign_up, **values), token)


def tokens(session: Session, unit_code: str) -> dict[str, str]:
    """What opens the public pages of a unit: the sign-up page, a receipt, and the own page of a volunteer."""
    found = make.unit(session, unit_code)
    return {
        "join_token": sign_up_address(found),
        "receipt_token": received(session, unit_code).token,
    }


def many(session: Session, count: int, unit_code: str) -> None:
    """Sign-ups that wait, in one write."""
    unit_id = make.unit(session, unit_code).id
    people = [applicant(session, typed()) for _ in range(count)]
    with write("volunteers.factory", SYSTEM) as w:
        w.insert_many(
            SignUp,
            [
                {
                    "unit_id": unit_id,
                    "values": one.values(),
                    "number_hash": one.entrant.document_hash,
                    "receipt_digest": receipt_digest(new_token()),
                    "signed_up_at": w.at,
                }
                for one in people
            ],
        )


def again(session: Session, record: SignUp) -> SignUp:
    """The sign-up as it stands now."""
    session.rollback()
    return session.execute(
        select(SignUp).where(SignUp.id == record.id).execution_options(populate_existing=True)
    ).scalar_one()
