"""The ledger of points: earned with hours, taken back with them, redeemed, adjusted, expired.

No balance is ever below zero. Points are hundredths. Every volunteer has an account of its own, so taking a
merge of persons back leaves none below zero; what is redeemed comes from all accounts of the person, points
that expire first at first.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select

from registry.core.clock import add_months
from registry.core.errors import RuleError
from registry.core.i18n import N_
from registry.core.permissions import Permission
from registry.core.text import stated_reason
from registry.core.write import Write, command
from registry.people.models import Person
from registry.volunteers.models import PointsLine, Volunteer, VolunteerRule
from registry.volunteers.points import Account
from registry.volunteers.queries.points import (
    accounts_of,
    owed_by,
    owners_of,
    rows_of_person,
    with_points_due,
)
from registry.volunteers.rules import rule_on

# More than a lifetime of service; a larger number is a slip of the keys.
MOST_POINTS = 10_000_000


def earn(w: Write, rows: Sequence[dict[str, Any]]) -> None:
    """The points of lines of the ledger of hours, given as they were inserted, by the rule in force on the
    day of service. What the volunteer still owes from a reversal is settled from them first.

    Hundredths are rounded down. The number of statements does not depend on the lines.
    """
    if not rows:
        return
    rules = _rules(w)
    owed = owed_by(w.session, (row["volunteer_id"] for row in rows))
    lines: list[dict[str, Any]] = []
    for row in rows:
        rule = _rule_for(w, rules, row["served_on"])
        points = row["minutes"] * int(rule.terms["per_hour"].get(row["field"], 0)) // 60
        if points <= 0:
            continue
        lines.append(
            _line(
                w,
                row,
                "earn",
                points,
                expires_on=add_months(row["served_on"], rule.terms["expires_months"]),
                service_line_id=row["id"],
                volunteer_rule_id=rule.id,
            )
        )
        settled = min(points, owed.get(row["volunteer_id"], 0))
        if settled:
            owed[row["volunteer_id"]] -= settled
            lines.append(_line(w, row, "settle", -settled))
    w.insert_many(PointsLine, lines)


def take_back(w: Write, rows: Sequence[dict[str, Any]]) -> None:
    """Take back what lines of hours earned, given the lines that reverse them as they were inserted.

    What of it expired is gone already; what was spent is owed (`shortfall`), never taken below zero.
    """
    if not rows:
        return
    accounts = accounts_of(w.session, (row["volunteer_id"] for row in rows))
    lines = []
    for row in rows:
        account = accounts[row["volunteer_id"]]
        lot = account.lot_of(row["reverses_id"])
        if lot is None:
            continue
        lines += _expired(w, row, account, w.today)
        due = lot.earned - lot.expired
        taken = min(due, account.balance)
        account.reverse(lot, taken)
        lines.append(_line(w, row, "reverse", -taken, shortfall=due - taken, service_line_id=row["id"]))
    w.insert_many(PointsLine, lines)


@command(Permission.VOLUNTEER_EDIT)
def redeem_points(w: Write, volunteer: Volunteer, *, points: int, reason: str) -> Volunteer:
    """Points are exchanged for something. RuleError when there are fewer that can still be used."""
    _refuse_number(points)
    stated = stated_reason(reason)
    if points < 0:
        raise RuleError(N_("Give a number above zero. Nothing was saved."), "points")
    _spend(w, volunteer, "redeem", points, stated)
    return volunteer


@command(Permission.VOLUNTEER_APPROVE)
def adjust_points(w: Write, volunteer: Volunteer, *, points: int, reason: str) -> Volunteer:
    """Points are added or, below zero, taken off for a stated reason; added ones expire as if earned now."""
    _refuse_number(points)
    stated = stated_reason(reason)
    if points < 0:
        _spend(w, volunteer, "adjust", -points, stated)
        return volunteer
    rule = rule_on(w.session, "points", w.today)
    w.insert_many(
        PointsLine,
        [
            _line(
                w,
                _of(volunteer),
                "adjust",
                points,
                expires_on=add_months(w.today, rule.terms["expires_months"]),
                volunteer_rule_id=rule.id,
                reason=stated,
            )
        ],
    )
    w.reason, w.unit_id = stated, volunteer.unit_id
    return volunteer


@command(Permission.VOLUNTEER_APPROVE)
def expire_points(w: Write, day: date) -> int:
    """Write off what could no longer be used by a day, for every volunteer within reach; gives how many had
    such points. Doing it again on the same day changes nothing more."""
    if day > w.today:
        raise RuleError(
            N_("The day lies in the future. Nothing was saved; give today or an earlier day."), "day"
        )
    ids = with_points_due(w.session, w.actor.scope(Permission.VOLUNTEER_APPROVE), day)
    owners = owners_of(w.session, ids)
    lines = []
    for volunteer_id, account in accounts_of(w.session, ids).items():
        lines += _expired(w, owners[volunteer_id], account, day)
    w.insert_many(PointsLine, lines)
    return len(lines)


def _rules(w: Write) -> list[VolunteerRule]:
    """The rules of points in the order they came into force."""
    rows = w.session.execute(
        select(VolunteerRule)
        .where(VolunteerRule.kind == "points")
        .order_by(VolunteerRule.starts_on, VolunteerRule.version)
    )
    return list(rows.scalars())


def _rule_for(w: Write, rules: Sequence[VolunteerRule], day: date) -> VolunteerRule:
    found = [rule for rule in rules if rule.starts_on <= day]
    return found[-1] if found else rule_on(w.session, "points", day)  # Which says that there is none.


def _refuse_number(points: int) -> None:
    if points == 0 or abs(points) > MOST_POINTS:
        raise RuleError(
            N_("Give a number of points other than zero, at most %(most)s. Nothing was saved."),
            "points",
            most=MOST_POINTS // 100,
        )


def _spend(w: Write, volunteer: Volunteer, kind: str, points: int, reason: str) -> None:
    """Take points from the accounts of the person, those that expire first at first."""
    row = w.session.get_one(Person, volunteer.person_id)
    accounts = accounts_of(w.session, rows_of_person(w.session, row.canonical_id))
    owners = owners_of(w.session, accounts)
    lines = []
    for volunteer_id, account in accounts.items():
        lines += _expired(w, owners[volunteer_id], account, w.today)
    there = sum(account.balance for account in accounts.values())
    if points > there:
        raise RuleError(
            N_("Only %(there)s points can be used. Nothing was saved; give fewer."),
            "points",
            there=f"{there / 100:g}",
        )
    left = points
    lots = [(lot, volunteer_id) for volunteer_id, account in accounts.items() for lot in account.soonest()]
    taken = dict.fromkeys(accounts, 0)
    for lot, volunteer_id in sorted(lots, key=lambda pair: (pair[0].expires_on or date.max, pair[1])):
        part = min(left, lot.left)
        taken[volunteer_id] += part
        left -= part
    lines += [
        _line(w, owners[volunteer_id], kind, -part, reason=reason)
        for volunteer_id, part in taken.items()
        if part
    ]
    w.insert_many(PointsLine, lines)
    w.reason, w.unit_id = reason, volunteer.unit_id


def _expired(w: Write, row: dict[str, Any], account: Account, day: date) -> list[dict[str, Any]]:
    """The line that writes off what ran out by a day, if anything did."""
    gone = account.expire(day)
    return [{**_line(w, row, "expire", -gone), "on": day}] if gone else []


def _of(volunteer: Volunteer) -> dict[str, Any]:
    return {"volunteer_id": volunteer.id, "person_id": volunteer.person_id, "unit_id": volunteer.unit_id}


def _line(w: Write, row: dict[str, Any], kind: str, points: int, **more: Any) -> dict[str, Any]:
    return {
        "volunteer_id": row["volunteer_id"],
        "person_id": row["person_id"],
        "unit_id": row["unit_id"],
        "kind": kind,
        "points": points,
        "on": w.today,
        "by_id": w.actor.user_id,
        **more,
    }
