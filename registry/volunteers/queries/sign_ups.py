"""Sign-ups: where an address leads, the receipt of the applicant, and the queue of staff."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, and_, exists, select
from sqlalchemy.orm import Session, aliased

from registry.accounts.models import Unit, User
from registry.accounts.queries import unit_by_code
from registry.core.db import LARGEST_ID
from registry.core.errors import RecordNotFoundError
from registry.core.scope import Scope
from registry.core.secrets import blind_index
from registry.people.kinds import DocumentKind
from registry.people.models import Person, PersonIdentifier
from registry.volunteers.models import Activity, SignUp, Volunteer

Rows = Select[*tuple[Any, ...]]

_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
_UNIT = re.compile(r"u([1-9][0-9]{0,9})")


def sign_up_address(unit: Unit) -> str:
    """What stands in the address of the sign-up page of a unit: its GB code, else its number here."""
    return unit.code or f"u{unit.id}"


def sign_up_target(session: Session, token: str) -> tuple[Unit, Activity | None]:
    """The unit somebody signs up with, and the activity whose QR code led there.

    A token of 22 characters is that of an activity, anything else names a unit. RecordNotFoundError for
    neither.
    """
    if _TOKEN.fullmatch(token):
        activity = session.execute(select(Activity).where(Activity.sign_up_token == token)).scalar()
        if activity is None:
            raise RecordNotFoundError("activity")
        return session.get_one(Unit, activity.unit_id), activity
    named = _UNIT.fullmatch(token)
    if named is None:
        return unit_by_code(session, token), None
    number = int(named[1])
    unit = session.get(Unit, number) if number <= LARGEST_ID else None
    if unit is None:
        raise RecordNotFoundError("unit")
    return unit, None


def receipt_digest(token: str) -> str:
    """The token of a receipt as it is stored; that of no receipt for what is no token."""
    return blind_index("receipt", token if _TOKEN.fullmatch(token) else "")


def sign_up_by_receipt(session: Session, token: str) -> SignUp:
    """The sign-up that a receipt is about; RecordNotFoundError for no such receipt."""
    record = session.execute(select(SignUp).where(SignUp.receipt_digest == receipt_digest(token))).scalar()
    if record is None:
        raise RecordNotFoundError("sign_up")
    return record


def is_receipt(session: Session, token: str) -> bool:
    """Whether a sign-up was kept under this receipt."""
    found = select(SignUp.id).where(SignUp.receipt_digest == receipt_digest(token))
    return session.execute(found).scalar() is not None


def sign_ups(scope: Scope, *, state: str | None = None, again: bool = False) -> Rows:
    """Sign-ups within reach as the queue lists them, each with unit, activity, who decided and the volunteer.

    `known_id` is the canonical person who has the number, `volunteer_known` whether that is a volunteer. Of
    several that wait at one unit with one number only the first is listed, all of them with `again`; another
    comes up when the first is decided and it was not decided along.
    """
    earlier, holder, owner = aliased(SignUp), aliased(Person), aliased(Person)
    member, admitted = aliased(Person), aliased(Person)
    waits_before = exists().where(
        earlier.number_hash == SignUp.number_hash,
        # Found by its number; a sum is looked for in no index, or all that wait at the unit would be read.
        earlier.unit_id + 0 == SignUp.unit_id,
        earlier.state == "waiting",
        earlier.id < SignUp.id,
    )
    is_volunteer = exists().where(
        member.canonical_id == owner.id, Volunteer.person_id == member.id, Volunteer.voided_at.is_(None)
    )
    found = aliased(Volunteer)
    rows: Rows = (
        select(
            SignUp,
            Unit.name.label("unit_name"),
            Unit.name_en.label("unit_name_en"),
            Activity.title.label("activity_title"),
            User.name.label("decided_by_name"),
            admitted.name.label("admitted_name"),
            found.unit_id.label("volunteer_unit_id"),
            owner.id.label("known_id"),
            is_volunteer.label("volunteer_known"),
        )
        .join(Unit, Unit.id == SignUp.unit_id)
        .outerjoin(Activity, Activity.id == SignUp.activity_id)
        .outerjoin(User, User.id == SignUp.decided_by)
        .outerjoin(found, found.id == SignUp.volunteer_id)
        .outerjoin(admitted, admitted.id == found.person_id)
        .outerjoin(
            PersonIdentifier,
            and_(
                # The hash holds the kind; naming the kinds as well lets the index be used.
                PersonIdentifier.kind.in_([kind.value for kind in DocumentKind]),
                PersonIdentifier.value_hash == SignUp.number_hash,
                PersonIdentifier.voided_at.is_(None),
            ),
        )
        .outerjoin(holder, holder.id == PersonIdentifier.person_id)
        .outerjoin(owner, owner.id == holder.canonical_id)
        .where(scope.where(SignUp.unit_id))
    )
    if not again:
        rows = rows.where((SignUp.state != "waiting") | ~waits_before)
    return rows if state is None else rows.where(SignUp.state == state)


def sign_ups_of(session: Session, scope: Scope, ids: Sequence[int]) -> list[Any]:
    """The rows of these sign-ups within reach, in the order in which they came; also those not listed."""
    return list(session.execute(sign_ups(scope, again=True).where(SignUp.id.in_(ids)).order_by(SignUp.id)))
