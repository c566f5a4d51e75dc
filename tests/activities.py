"""Activities, bookings, check-ins and covers in bulk, for tests of what grows."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.scope import SYSTEM
from registry.core.secrets import new_token
from registry.core.write import write
from registry.volunteers.models import (
    Activity,
    Booking,
    CheckEvent,
    InsuranceCover,
    InsurancePolicy,
    Shift,
    Volunteer,
)
from tests import volunteers as maker


def many(session: Session, count: int, unit_code: str, volunteer_id: int) -> dict[str, Any]:
    """Activities with a shift each, one shift with everybody in it, one policy that covers everybody, and the
    volunteer under many policies; the ids of what has much below it."""
    people = maker.volunteers(session, count, unit_code)
    shift = maker.shift(session, maker.activity(session, unit_code), needed=count)
    policy = maker.insured(session, people)
    day, unit, shift_id = clock.today(), people[0].unit_id, shift.id
    each = [{"volunteer_id": one.id, "person_id": one.person_id, "unit_id": unit} for one in people]
    known = session.get_one(Volunteer, volunteer_id)
    of_one = {"volunteer_id": known.id, "person_id": known.person_id, "unit_id": unit}
    with write("volunteers.many", SYSTEM) as w:
        told = {"unit_id": unit, "field": "aid", "place": "南湖", "starts_on": day, "ends_on": day}
        rows = [
            {**told, "number": f"HD{w.seq}-{n}", "title": f"活动{n}", "sign_up_token": new_token()}
            for n in range(count)
        ]
        held = {"unit_id": unit, "held_on": day, "starts": 1_200, "ends": 1_380, "needed": 3}
        w.insert_many(
            Shift,
            [
                {**held, "activity_id": one, "check_secret": new_token()}
                for one in w.insert_many(Activity, rows)
            ],
        )
        w.insert_many(Booking, [{**one, "shift_id": shift_id, "booked_at": w.at} for one in each])
        w.session.get_one(Shift, shift_id).places_taken = count
        came = {
            "shift_id": shift_id,
            "kind": "in",
            "method": "list",
            "occurred_at": w.at,
            "received_at": w.at,
        }
        w.insert_many(
            CheckEvent, [{**one, **came, "client_key": f"{w.seq}-{n}"} for n, one in enumerate(each)]
        )
        insured = {"unit_id": unit, "insurer": "测试保险公司", "starts_on": day, "ends_on": day}
        policies = w.insert_many(
            InsurancePolicy, [{**insured, "number": f"M{w.seq}-{n}"} for n in range(count)]
        )
        w.insert_many(
            InsuranceCover,
            [{**of_one, "insurance_policy_id": one, "starts_on": day, "ends_on": day} for one in policies],
        )
    return {
        "activity": shift.activity_id,
        "shift": shift_id,
        "insurance_policy": policy.id,
    }
