"""Makers of volunteers and what they do, for tests."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.certificates.snapshots import font_book
from registry.core import clock
from registry.core.db import Base
from registry.core.scope import SYSTEM, Actor
from registry.core.secrets import blind_index, new_token
from registry.core.write import run, write
from registry.people.commands import Entrant
from registry.volunteers.commands import Admission, add_volunteers, change_period
from registry.volunteers.commands.own_page import give_page
from registry.volunteers.commands.proofs import issue_proof
from registry.volunteers.models import (
    Activity,
    Booking,
    Honour,
    InsuranceCover,
    InsurancePolicy,
    RegistrationApplication,
    ServiceEntry,
    ServiceLine,
    ServiceProof,
    Shift,
    SignUp,
    StarAward,
    Team,
    TeamMembership,
    Volunteer,
    VolunteerPeriod,
)
from registry.volunteers.rules import rule_on
from tests import certificates
from tests import factories as make

ENROLLED_ON = date(2024, 1, 10)
_serial = itertools.count(1)


def admission(row: int = 1, entrant: Entrant | None = None, **more: Any) -> Admission:
    """Somebody to be admitted, since ENROLLED_ON unless told otherwise."""
    return Admission(row, entrant or make.entrant(), **{"starts_on": ENROLLED_ON, **more})


def volunteers(
    session: Session, count: int = 3, unit_code: str = make.NANGUAN, actor: Actor = SYSTEM, **more: Any
) -> list[Volunteer]:
    """Enrolled volunteers of a unit, added in one write, in order."""
    made = run(
        actor,
        add_volunteers,
        unit_id=make.unit(session, unit_code).id,
        admissions=[admission(row, **more) for row in range(1, count + 1)],
        source="staff",
    )
    rows = session.execute(select(Volunteer).where(Volunteer.id.in_(made.volunteer_ids)))
    return sorted(rows.scalars(), key=lambda volunteer: volunteer.id)


def volunteer(session: Session, unit_code: str = make.NANGUAN, **more: Any) -> Volunteer:
    """One enrolled volunteer."""
    return volunteers(session, 1, unit_code, **more)[0]


def registered(session: Session, found: Volunteer, starts_on: date = date(2025, 1, 1)) -> VolunteerPeriod:
    """Make a volunteer a registered one, as a decided application does."""
    with write("volunteers.factory", SYSTEM) as w:
        now = w.session.execute(
            select(VolunteerPeriod).where(
                VolunteerPeriod.volunteer_id == found.id, VolunteerPeriod.ended_on.is_(None)
            )
        ).scalar_one()
        now.ended_on = starts_on
        w.session.flush()
        return w.add(
            VolunteerPeriod(
                volunteer_id=found.id,
                person_id=found.person_id,
                unit_id=found.unit_id,
                kind="registered",
                starts_on=starts_on,
            )
        )


def on_leave(session: Session, found: Volunteer, starts_on: date | None = None) -> VolunteerPeriod:
    """Send a volunteer on leave."""
    return run(
        SYSTEM,
        change_period,
        found,
        kind="leave",
        starts_on=starts_on or clock.today(),
        reason="出国学习",
    )


def periods(session: Session, found: Volunteer) -> list[VolunteerPeriod]:
    """The periods of a volunteer that are not void, in order."""
    session.rollback()
    rows = session.execute(
        select(VolunteerPeriod)
        .where(VolunteerPeriod.volunteer_id == found.id, VolunteerPeriod.voided_at.is_(None))
        .order_by(VolunteerPeriod.starts_on)
    )
    return list(rows.scalars())


def team(session: Session, unit_code: str = make.NANGUAN, field: str = "rescue", **more: Any) -> Team:
    """A team of a unit."""
    values = {"name": f"志愿服务队{next(_serial)}", "starts_on": ENROLLED_ON, **more}
    with write("volunteers.factory", SYSTEM) as w:
        return w.add(Team(unit_id=make.unit(session, unit_code).id, field=field, **values))


def activity(
    session: Session, unit_code: str = make.NANGUAN, on: date | None = None, **more: Any
) -> Activity:
    """An open activity of one day, today unless told otherwise, without shifts."""
    day = on or clock.today()
    values = {
        "title": "社区应急救护宣传",
        "place": "南湖社区",
        "content": "宣传应急救护知识",
        "field": "community",
        "responsible": "王丽",
        "starts_on": day,
        "ends_on": day,
        **more,
    }
    with write("volunteers.factory", SYSTEM) as w:
        number = f"HD{day.year}{next(_serial):09d}"
        where = make.unit(session, unit_code).id
        return w.add(Activity(unit_id=where, number=number, sign_up_token=new_token(), **values))


def shift(
    session: Session, found: Activity, starts: int = 540, ends: int = 780, needed: int = 30, **more: Any
) -> Shift:
    """A shift of an activity on its first day, from 09:00 to 13:00 unless told otherwise."""
    values = {"held_on": found.starts_on, **more}
    with write("volunteers.factory", SYSTEM) as w:
        return w.add(
            Shift(
                activity_id=found.id,
                unit_id=found.unit_id,
                starts=starts,
                ends=ends,
                needed=needed,
                check_secret=new_token(),
                **values,
            )
        )


def served(
    session: Session,
    found: Volunteer,
    minutes: int = 240,
    on: date | None = None,
    starts: int = 540,
    field: str = "community",
    **more: Any,
) -> ServiceLine:
    """A line of the ledger with its approved entry, as approving posts it, without points."""
    return served_on_days(found, [(on or clock.today(), minutes)], starts=starts, field=field, **more)[0]


def served_on_days(
    found: Volunteer, days: Sequence[tuple[date, int]], field: str = "community", **more: Any
) -> list[ServiceLine]:
    """A line of the ledger for each day with its minutes, posted in one write."""
    lines = []
    with write("volunteers.factory", SYSTEM) as w:
        common = {"volunteer_id": found.id, "person_id": found.person_id, "unit_id": found.unit_id}
        for day, minutes in days:
            stretch = {**common, "field": field, "served_on": day, "minutes": minutes, **more}
            entry = w.add(
                ServiceEntry(source="grid", state="approved", submitted_at=w.at, decided_at=w.at, **stretch)
            )
            until = clock.add_months(day, 12) - timedelta(days=1)
            line = ServiceLine(service_entry_id=entry.id, active_until=until, posted_on=w.today, **stretch)
            lines.append(w.add(line))
    return lines


def reversed_line(session: Session, line: ServiceLine, reason: str = "登记错误") -> ServiceLine:
    """The line that reverses another one."""
    with write("volunteers.factory", SYSTEM) as w:
        names = (
            "service_entry_id",
            "volunteer_id",
            "person_id",
            "unit_id",
            "activity_id",
            "team_id",
            "field",
            "served_on",
            "starts",
            "active_until",
        )
        values = {name: getattr(line, name) for name in names}
        return w.add(
            ServiceLine(
                minutes=-line.minutes, posted_on=w.today, reverses_id=line.id, reason=reason, **values
            )
        )


def insured(
    session: Session,
    found: Sequence[Volunteer],
    starts_on: date = ENROLLED_ON,
    ends_on: date | None = None,
) -> InsurancePolicy:
    """A policy of the unit of the first volunteer that covers all of them."""
    until = ends_on or clock.today() + timedelta(days=200)
    with write("volunteers.factory", SYSTEM) as w:
        policy = w.add(
            InsurancePolicy(
                unit_id=found[0].unit_id,
                insurer="测试保险公司",
                number=f"BX{next(_serial):08d}",
                starts_on=starts_on,
                ends_on=until,
            )
        )
        for one in found:
            w.add(
                InsuranceCover(
                    insurance_policy_id=policy.id,
                    volunteer_id=one.id,
                    person_id=one.person_id,
                    unit_id=one.unit_id,
                    starts_on=starts_on,
                    ends_on=until,
                )
            )
        return policy


def issued_proof(session: Session, found: Volunteer, **more: Any) -> ServiceProof:
    """A certificate of service of all that a volunteer served since being enrolled; the address of the
    installation has to be confirmed."""
    values: dict[str, Any] = {
        "starts_on": ENROLLED_ON,
        "ends_on": clock.today(),
        "handled_by": "李明",
        "responsible": "王丽",
        "origin": "staff",
        "public_url": certificates.PUBLIC_URL,
        "fonts": font_book(),
        **more,
    }
    return run(SYSTEM, issue_proof, found, **values)


def one_of_each(session: Session, unit_code: str) -> dict[str, Any]:
    """The id of one record of every kind of this register in a unit."""
    found = volunteer(session, unit_code)
    registered(session, found)
    gathering = activity(session, unit_code)
    part = shift(session, gathering)
    group = team(session, unit_code)
    line = served(session, found)
    policy = insured(session, [found])
    common = {"volunteer_id": found.id, "person_id": found.person_id, "unit_id": found.unit_id}
    today = clock.today()
    with write("volunteers.factory", SYSTEM) as w:
        made: dict[str, Base] = {
            "sign_up": SignUp(
                unit_id=found.unit_id,
                values={"name": "测试人"},
                receipt_digest=blind_index("receipt", new_token()),
                signed_up_at=w.at,
            ),
            "registration_application": RegistrationApplication(
                **common,
                volunteer_rule_id=rule_on(w.session, "registration", today).id,
                year=today.year,
                minutes=1_200,
                applied_at=w.at,
            ),
            "team_membership": TeamMembership(**common, team_id=group.id, starts_on=ENROLLED_ON),
            "booking": Booking(**common, shift_id=part.id, booked_at=w.at),
            "service_entry": ServiceEntry(
                **common,
                source="grid",
                field="community",
                served_on=today,
                starts=840,
                minutes=60,
                submitted_at=w.at,
            ),
            "star_award": StarAward(
                **common,
                volunteer_rule_id=rule_on(w.session, "stars", today).id,
                level=1,
                minutes=6_000,
                published_on=today,
                published_until=today + timedelta(days=6),
            ),
            "honour": Honour(
                **common, title="优秀志愿者", given_by="测试单位", given_on=today, recorded_at=w.at
            ),
        }
        for record in made.values():
            w.add(record)
    proof = issued_proof(session, found)
    cover = session.execute(
        select(InsuranceCover).where(InsuranceCover.insurance_policy_id == policy.id)
    ).scalar_one()
    first = periods(session, found)[-1]
    ids = {kind: record.id for kind, record in made.items()}  # type: ignore[attr-defined]
    return {
        **ids,
        "own_page": run(SYSTEM, give_page, found),
        "volunteer": found.id,
        "other_volunteer": volunteer(session, unit_code).id,
        "volunteer_period": first.id,
        "activity": gathering.id,
        "shift": part.id,
        "team": group.id,
        "service_line": line.id,
        "insurance_policy": policy.id,
        "insurance_cover": cover.id,
        "service_proof": proof.id,
        "proof_token": proof.token,
    }
