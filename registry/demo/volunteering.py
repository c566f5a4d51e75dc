"""Volunteering in the demo: volunteers, teams, activities of the last weeks, hours, and what waits today."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.accounts.queries import unit_by_code
from registry.core import clock
from registry.core.scope import SYSTEM, Actor
from registry.core.secrets import new_token
from registry.core.write import run
from registry.demo.people import People
from registry.people.commands import Entrant
from registry.volunteers.commands import Admission, add_volunteers
from registry.volunteers.commands.activities import Terms, close_activity, open_activity
from registry.volunteers.commands.applicants import Applicant
from registry.volunteers.commands.bookings import book
from registry.volunteers.commands.check_in import Mark, check_in
from registry.volunteers.commands.hours import submit_hours
from registry.volunteers.commands.insurance import add_policy, cover_volunteers
from registry.volunteers.commands.ledger import approve_entries
from registry.volunteers.commands.registrations import apply_registrations, approve_registration
from registry.volunteers.commands.shifts import PlannedShift
from registry.volunteers.commands.sign_up import sign_up
from registry.volunteers.commands.teams import add_members, found_team, name_leader
from registry.volunteers.hours import HoursRow, entries_digest
from registry.volunteers.models import (
    Activity,
    RegistrationApplication,
    ServiceEntry,
    Shift,
    TeamMembership,
    Volunteer,
)

ADMITTED_ON = date(2025, 3, 5)
# County, how many of the holders of certificates volunteer there.
COUNTIES = (("220102", 28), ("220103", 6), ("222401", 8))
# Days before today, title, place, field, from and to in minutes, volunteers.
PAST = (
    (40, "学雷锋社区志愿服务", "南湖街道", "community", 510, 690, 16),
    (30, "应急救护知识进校园", "长春市第八中学", "rescue", 540, 720, 14),
    (19, "无偿献血宣传", "重庆路步行街", "blood", 540, 780, 12),
    (9, "敬老院陪护服务", "南关区福利院", "elderly", 780, 960, 10),
)
# How many of the most eager apply for registration, and how many of those are registered.
APPLYING, REGISTERED = 4, 3


def load_volunteering(
    session: Session, made: People, history: Sequence[Entrant], actor_of: Callable[[str], Actor]
) -> None:
    """Volunteers out of the holders of certificates, and everything they did; `actor_of` gives a user of the
    demo by the sign-in name."""
    volunteers = _admit(session, history)
    coordinator, second, admin = (actor_of(name) for name in ("zhiyuan", "fuhe", "nanguan"))
    _teams(session, coordinator, volunteers)
    _insure(session, coordinator, volunteers)
    _eager(session, coordinator, second, volunteers[:6])
    for past in PAST:
        _past(session, coordinator, second, past, volunteers)
    _register(session, coordinator, admin, volunteers[:5])
    _today(session, coordinator, volunteers)
    _applicants(session, made)


def _admit(session: Session, history: Sequence[Entrant]) -> list[Volunteer]:
    """The volunteers of the first county, in order."""
    ids: list[int] = []
    start = 0
    offers = (("rescue", "community"), ("community",), ("blood", "elderly"), ("aid", "ihl", "youth"))
    for code, count in COUNTIES:
        admissions = [
            Admission(
                row,
                entrant,
                fields=offers[row % len(offers)],
                available=("weekends", "emergency") if row % 3 == 0 else ("weekends",),
                consent_on=ADMITTED_ON,
                starts_on=ADMITTED_ON + timedelta(days=row % 20),
            )
            for row, entrant in enumerate(history[start : start + count], start=1)
        ]
        start += count
        done = run(
            SYSTEM,
            add_volunteers,
            unit_id=unit_by_code(session, code).id,
            admissions=admissions,
            source="list",
        )
        ids = ids or done.volunteer_ids
    rows = session.execute(select(Volunteer).where(Volunteer.id.in_(ids)).order_by(Volunteer.id))
    return list(rows.scalars())


def _teams(session: Session, coordinator: Actor, volunteers: Sequence[Volunteer]) -> None:
    unit_id = volunteers[0].unit_id
    for name, field, members in (
        ("南关区应急救援志愿服务队", "rescue", volunteers[:12]),
        ("南关区社区志愿服务队", "community", volunteers[8:24]),
    ):
        team = run(
            coordinator,
            found_team,
            unit_id=unit_id,
            name=name,
            field=field,
            starts_on=ADMITTED_ON + timedelta(days=30),
        )
        run(coordinator, add_members, team, list(members), starts_on=ADMITTED_ON + timedelta(days=30))
        first = session.execute(
            select(TeamMembership).where(TeamMembership.team_id == team.id).order_by(TeamMembership.id)
        ).scalars()
        run(
            coordinator,
            name_leader,
            next(iter(first)),
            leader=True,
            starts_on=ADMITTED_ON + timedelta(days=31),
        )


def _insure(session: Session, coordinator: Actor, volunteers: Sequence[Volunteer]) -> None:
    starts_on = clock.today() - timedelta(days=120)
    ends_on = starts_on + timedelta(days=364)
    policy = run(
        coordinator,
        add_policy,
        unit_id=volunteers[0].unit_id,
        insurer="演示财产保险公司吉林分公司",
        number="YS2026000188",
        starts_on=starts_on,
        ends_on=ends_on,
        note="志愿者人身意外伤害险",
    )
    run(
        coordinator,
        cover_volunteers,
        policy,
        volunteer_ids=[one.id for one in volunteers[:20]],
        starts_on=starts_on,
        ends_on=ends_on,
    )


def _eager(session: Session, coordinator: Actor, second: Actor, volunteers: Sequence[Volunteer]) -> None:
    """Long days of service some months ago: enough for registration, and of the first for a star."""
    rows = [
        HoursRow(
            row=row,
            volunteer_id=volunteer.id,
            field="rescue",
            served_on=clock.today() - timedelta(days=60 + 3 * day),
            starts=510,
            minutes=480,
            content="防汛救灾物资转运和群众安置",
        )
        for row, (volunteer, day) in enumerate(
            ((one, day) for n, one in enumerate(volunteers) for day in range(6 if n else 14)), start=1
        )
    ]
    _submit(session, coordinator, second, rows, "grid")


def _past(
    session: Session,
    coordinator: Actor,
    second: Actor,
    past: tuple[int, str, str, str, int, int, int],
    volunteers: Sequence[Volunteer],
) -> None:
    """An activity that is over: who came, and the hours, those of the last one not approved yet."""
    ago, title, place, field, starts, ends, size = past
    day = clock.today() - timedelta(days=ago)
    activity = _open(coordinator, volunteers[0].unit_id, title, place, field, day, starts, ends, size + 4)
    shift = session.execute(select(Shift).where(Shift.activity_id == activity.id)).scalar_one()
    there = volunteers[ago % 7 : ago % 7 + size]
    marks = [
        Mark(f"demo-{kind}-{shift.id}-{one.id}", one.id, kind, _at(day, minute))
        for one in there
        for kind, minute in (("in", starts - 5), ("out", ends + 4))
    ]
    run(coordinator, check_in, shift, marks=marks)
    rows = [
        HoursRow(
            row=row,
            volunteer_id=one.id,
            field=field,
            served_on=day,
            starts=starts,
            minutes=ends - starts,
            activity_id=activity.id,
            shift_id=shift.id,
            content=title,
        )
        for row, one in enumerate(there, start=1)
    ]
    _submit(session, coordinator, second if ago > PAST[-1][0] else None, rows, "check")
    run(coordinator, close_activity, activity)


def _submit(
    session: Session, coordinator: Actor, second: Actor | None, rows: Sequence[HoursRow], source: str
) -> None:
    """Hours submitted by one coordinator and, unless they are to wait, approved by the other."""
    unit_id = session.execute(
        select(Volunteer.unit_id).where(Volunteer.id == rows[0].volunteer_id)
    ).scalar_one()
    ids = run(coordinator, submit_hours, unit_id=unit_id, rows=rows, source=source)
    if second is not None:
        entries = session.execute(select(ServiceEntry).where(ServiceEntry.id.in_(ids))).scalars().all()
        run(second, approve_entries, entry_ids=ids, seen=entries_digest(entries))


def _register(session: Session, coordinator: Actor, admin: Actor, volunteers: Sequence[Volunteer]) -> None:
    """Some of the eager ones apply for registration; one application waits."""
    run(coordinator, apply_registrations, list(volunteers[:APPLYING]))
    waiting = session.execute(select(RegistrationApplication).order_by(RegistrationApplication.id)).scalars()
    for application in list(waiting)[:REGISTERED]:
        run(
            admin,
            approve_registration,
            application,
            starts_on=clock.today() - timedelta(days=5),
            document="南红字〔2026〕12号",
        )


def _today(session: Session, coordinator: Actor, volunteers: Sequence[Volunteer]) -> None:
    """What comes: a shift with bookings, and a risky activity that asks for insurance."""
    day = clock.today() + timedelta(days=2)
    unit_id = volunteers[0].unit_id
    activity = _open(coordinator, unit_id, "冬季送温暖入户走访", "曙光街道", "aid", day, 540, 720, 12)
    shift = session.execute(select(Shift).where(Shift.activity_id == activity.id)).scalar_one()
    run(coordinator, book, shift, volunteer_ids=[one.id for one in volunteers[4:14]])
    _open(
        coordinator,
        unit_id,
        "冰雪运动会应急救护保障",
        "净月潭",
        "rescue",
        day + timedelta(days=5),
        480,
        1_020,
        8,
        risky=True,
    )


def _open(
    coordinator: Actor,
    unit_id: int,
    title: str,
    place: str,
    field: str,
    day: date,
    starts: int,
    ends: int,
    needed: int,
    *,
    risky: bool = False,
) -> Activity:
    terms = Terms(
        title=title,
        place=place,
        field=field,
        starts_on=day,
        ends_on=day,
        content=title,
        responsible="王志远",
        risky=risky,
    )
    shifts = [PlannedShift(held_on=day, starts=starts, ends=ends, needed=needed)]
    return run(coordinator, open_activity, unit_id=unit_id, terms=terms, shifts=shifts)


def _applicants(session: Session, made: People) -> None:
    """People who signed up on their telephones and wait for a decision."""
    unit_id = unit_by_code(session, "220102").id
    for entrant, field in zip(made.entrants(4), ("community", "rescue", "blood", "youth"), strict=True):
        run(
            SYSTEM,
            sign_up,
            unit_id=unit_id,
            activity_id=None,
            applicant=Applicant(entrant, field, False, None),
            token=new_token(),
        )


def _at(day: date, minute: int) -> datetime:
    """A minute of a day in Shanghai."""
    return datetime.combine(day, time.min, clock.SHANGHAI) + timedelta(minutes=minute)
