"""The figures of volunteering, at the edges of every rule."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from registry.core.journal import JournalEntry
from registry.core.scope import SYSTEM
from registry.core.write import write
from registry.indicators.commands import build_missing
from registry.indicators.definitions import INDICATORS
from registry.indicators.differences import differences
from registry.indicators.effects import effects_of_merge
from registry.indicators.groups import by_group
from registry.indicators.models import Contribution
from registry.indicators.question import Question, ask
from registry.indicators.read import by_month, records, value
from registry.indicators.recount import recount
from registry.indicators.verify import World, read_tables, totals
from registry.people.models import Person
from registry.volunteers.models import ServiceLine, Volunteer, VolunteerPeriod
from tests import factories as make
from tests import volunteers as volunteering
from tests.factories import KUANCHENG, NANGUAN, PROVINCE, YANJI
from tests.figures import merge, told
from tests.test_indicators_verify import tamper
from tests.volunteers import ENROLLED_ON, registered, reversed_line, served, volunteer
from tests.watching import statements

REGISTERED, ENROLLED, ACTIVE = "volunteers_registered", "volunteers_enrolled", "volunteers_active"
TIMES, HOURS = "service_person_times", "service_hours"
DAY = date(2025, 3, 10)
BY_SERVICE = (ACTIVE, TIMES, HOURS)


@pytest.fixture(autouse=True)
def _built(session: Session) -> None:
    build_missing(session)


def asked(session: Session, code: str, day: date, unit_code: str = PROVINCE, **more: Any) -> Question:
    return ask(session, code, make.unit(session, unit_code).id, as_of=day, **more)


def seen(session: Session, code: str, days: list[date], unit_code: str = PROVINCE) -> list[int]:
    """The values on these days, each also summed from its records, recounted and verified."""
    found = []
    unit = make.unit(session, unit_code).id
    world = World(read_tables(session))
    for day in days:
        question = asked(session, code, day, unit_code)
        found.append(value(session, question))
        by_records = sum(row.quantity for row in session.execute(records(question)))
        verified = totals(world, code, question.first, day).get(unit, 0)
        assert found[-1] == by_records == recount(session, question).value == verified
    return found


def end_period(session: Session, found: Volunteer, day: date, **values: Any) -> None:
    with write("test.end", SYSTEM) as w:
        last = w.session.execute(
            select(VolunteerPeriod)
            .where(VolunteerPeriod.volunteer_id == found.id, VolunteerPeriod.voided_at.is_(None))
            .order_by(VolunteerPeriod.starts_on.desc())
            .limit(1)
        ).scalar_one()
        last.ended_on = day
        for name, new in values.items():
            setattr(last, name, w.at if name == "voided_at" else new)


def test_enrolled_until_the_day_before_registered_and_registered_until_the_day_before_the_end(
    session: Session,
) -> None:
    found = volunteer(session)
    registered(session, found, date(2025, 1, 1))
    end_period(session, found, date(2025, 6, 1))
    days = [
        ENROLLED_ON - timedelta(1),
        ENROLLED_ON,
        date(2024, 12, 31),
        date(2025, 1, 1),
        date(2025, 5, 31),
        date(2025, 6, 1),
    ]
    assert seen(session, ENROLLED, days) == [0, 1, 1, 0, 0, 0]
    assert seen(session, REGISTERED, days) == [0, 0, 0, 1, 1, 0]
    excluded = recount(session, asked(session, REGISTERED, date(2025, 6, 1))).excluded
    assert excluded == {"other_kind": 1, "ended": 1}


@pytest.mark.parametrize("what", ["period", "volunteer", "person"])
def test_what_was_entered_in_error_leaves_every_date(session: Session, what: str) -> None:
    found = volunteer(session)
    assert seen(session, ENROLLED, [DAY]) == [1]
    with write("test.void", SYSTEM) as w:
        if what == "period":
            [period] = volunteering.periods(session, found)
            w.session.get_one(VolunteerPeriod, period.id).voided_at = w.at
        elif what == "volunteer":
            w.session.get_one(Volunteer, found.id).voided_at = w.at
        else:
            w.session.get_one(Person, found.person_id).state = "void"
    assert seen(session, ENROLLED, [DAY]) == [0]
    reason = {"period": "voided", "volunteer": "volunteer_voided", "person": "person_voided"}[what]
    assert recount(session, asked(session, ENROLLED, DAY)).excluded == {reason: 1}


def test_service_counts_on_its_day_and_makes_active_to_its_last_day(session: Session) -> None:
    line = served(session, volunteer(session), minutes=90, on=DAY)
    until = line.active_until
    days = [DAY - timedelta(1), DAY, until, until + timedelta(1)]
    assert seen(session, TIMES, days) == [0, 1, 1, 1]
    assert seen(session, HOURS, days) == [0, 90, 90, 90]
    assert seen(session, ACTIVE, days) == [0, 1, 1, 0]
    assert told(session, HOURS, DAY, from_on=DAY) == 90
    assert told(session, HOURS, until, from_on=DAY + timedelta(1)) == 0
    assert recount(session, asked(session, ACTIVE, until + timedelta(1))).excluded == {"expired": 1}


def test_a_reversal_moves_every_figure_back_and_the_past_stays_as_it_was_known(session: Session) -> None:
    found = volunteer(session)
    first = served(session, found, minutes=120, on=DAY)
    served(session, found, minutes=60, on=DAY, starts=900)
    before = session.execute(select(func.max(JournalEntry.seq))).scalar_one()
    assert [seen(session, code, [DAY]) for code in BY_SERVICE] == [[1], [2], [180]]
    reversed_line(session, first)
    assert [seen(session, code, [DAY]) for code in BY_SERVICE] == [[1], [1], [60]]
    assert [told(session, code, DAY, known_on=before) for code in BY_SERVICE] == [1, 2, 180]
    assert recount(session, asked(session, HOURS, DAY)).excluded == {"reversed": 1}
    assert by_month(session, asked(session, HOURS, DAY), 1) == [(DAY.replace(day=1), 60)]


def test_two_entries_of_one_volunteer_merged_count_one_and_keep_all_hours(session: Session) -> None:
    one, other = volunteer(session, NANGUAN), volunteer(session, YANJI)
    for found in (one, other):
        registered(session, found, date(2025, 1, 1))
        served(session, found, minutes=60, on=DAY)
    foretold = effects_of_merge(session, other.person_id, one.person_id, as_of=DAY)
    assert {(e.code, e.unit_id, e.change) for e in foretold} == {
        (code, make.unit(session, YANJI).id, -1) for code in (REGISTERED, ACTIVE)
    }
    merge(other.person_id, one.person_id)
    figures = {code: seen(session, code, [DAY]) for code in (REGISTERED, *BY_SERVICE)}
    assert figures == {REGISTERED: [1], ACTIVE: [1], TIMES: [2], HOURS: [120]}
    assert seen(session, HOURS, [DAY], YANJI) == [60], "the hours stay with the unit they were served for"
    merge(other.person_id, other.person_id)
    assert seen(session, REGISTERED, [DAY]) == [2]


def test_who_moved_counts_for_the_unit_of_the_period(session: Session) -> None:
    found = volunteer(session, NANGUAN)
    end_period(session, found, DAY)
    with write("test.move", SYSTEM) as w:
        where = make.unit(session, YANJI).id
        common = {"volunteer_id": found.id, "person_id": found.person_id, "unit_id": where}
        w.add(VolunteerPeriod(kind="enrolled", starts_on=DAY, **common))
    days = [DAY - timedelta(1), DAY]
    assert [seen(session, ENROLLED, days, code) for code in (PROVINCE, NANGUAN, YANJI)] == [
        [1, 1],
        [1, 0],
        [0, 1],
    ]


def test_fields_and_teams_add_up_to_the_value(session: Session) -> None:
    found = volunteer(session)
    group = volunteering.team(session)
    served(session, found, minutes=120, on=DAY, field="rescue", team_id=group.id)
    served(session, found, minutes=30, on=DAY, starts=800, field="elderly")
    reversed_line(session, served(session, found, minutes=60, on=DAY, starts=900, field="youth"))
    question = asked(session, HOURS, DAY)
    fields, teams = (by_group(session, question, g) for g in question.indicator.groups.values())
    assert [(part.key, part.quantity) for part in fields] == [("rescue", 120), ("elderly", 30)]
    assert [(part.key, part.name, part.quantity) for part in teams] == [
        (group.id, group.name, 120),
        (None, None, 30),
    ]


@pytest.mark.parametrize(
    ("minutes", "hours"), [(60, 1), (90, Decimal("1.5")), (20, Decimal("0.3")), (3, Decimal("0.1")), (0, 0)]
)
def test_minutes_are_shown_as_hours(minutes: int, hours: object) -> None:
    assert INDICATORS[HOURS].shown(minutes) == hours
    assert INDICATORS[TIMES].shown(minutes) == minutes


@pytest.mark.parametrize("count", [10, 500])
def test_statements_do_not_grow_with_the_posted_lines(session: Session, count: int) -> None:
    found = volunteering.volunteers(session, 5)
    first = [served(session, one, on=DAY) for one in found]
    names = ("service_entry_id", "volunteer_id", "person_id", "unit_id", "field", "starts", "minutes")
    rows = [
        {
            **{name: getattr(line, name) for name in names},
            "served_on": DAY - timedelta(n // 5 + 1),
            "active_until": DAY,
            "posted_on": DAY,
        }
        for n, line in zip(range(count), (line for _ in range(count) for line in first), strict=False)
    ]
    with statements() as counted, write("test.post", SYSTEM) as w:
        w.insert_many(ServiceLine, rows)
    assert len([s for s in counted if "contribution" in s or "cell" in s or "canonical_id" in s]) <= 22
    assert told(session, TIMES, DAY) == count + 5


def test_verify_finds_nothing_and_a_changed_ledger_is_found(session: Session) -> None:
    served(session, volunteer(session, NANGUAN), on=DAY)
    registered(session, volunteer(session, KUANCHENG))
    assert list(differences(session)) == []
    session.rollback()
    more = {"quantity": Contribution.quantity + 60}
    tamper(update(Contribution).where(Contribution.indicator == HOURS).values(more))
    assert any(HOURS in str(found) for found in differences(session))
