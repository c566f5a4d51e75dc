"""Volunteers are admitted from lists, and what they are changes by dated periods that never overlap."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.errors import ForbiddenError, RecordNotFoundError, RuleError, StorageError
from registry.core.imports import ListRefusedError
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run, write
from registry.people.models import PersonReach
from registry.volunteers.commands import (
    Guardian,
    add_volunteers,
    change_period,
    load_volunteer_rules,
    move_volunteer,
    void_period,
)
from registry.volunteers.fields import FOLLOWING
from registry.volunteers.models import Volunteer, VolunteerPeriod, VolunteerRule
from tests import factories as make
from tests import volunteers as makers
from tests.watching import last_entry


def spans(session: Session, volunteer: Volunteer) -> list[tuple[str, date, date | None]]:
    return [(p.kind, p.starts_on, p.ended_on) for p in makers.periods(session, volunteer)]


# Admitting


def test_a_list_is_admitted_with_a_number_and_a_period_each(session: Session) -> None:
    coordinator = make.actor(session, Role.VOLUNTEER_COORDINATOR)
    found = makers.volunteers(session, 3, actor=coordinator)
    assert len({volunteer.number for volunteer in found}) == 3
    assert all(spans(session, one) == [("enrolled", makers.ENROLLED_ON, None)] for one in found)
    entry = last_entry(session)
    assert (entry.action, entry.unit_id) == ("volunteers.add_volunteers", found[0].unit_id)
    assert entry.line_count >= 6


def test_who_is_a_volunteer_already_is_left_as_is(session: Session) -> None:
    person = make.entrant()
    unit_id = make.unit(session).id
    first = run(
        SYSTEM, add_volunteers, unit_id=unit_id, admissions=[makers.admission(1, person)], source="list"
    )
    again = run(
        SYSTEM,
        add_volunteers,
        unit_id=unit_id,
        admissions=[makers.admission(1, person), makers.admission(2)],
        source="list",
    )
    assert again.known == first.volunteer_ids
    assert len(again.volunteer_ids) == 1


def test_one_person_twice_on_a_list_becomes_one_volunteer(session: Session) -> None:
    person = make.entrant()
    made = run(
        SYSTEM,
        add_volunteers,
        unit_id=make.unit(session).id,
        admissions=[makers.admission(1, person), makers.admission(2, person)],
        source="list",
    )
    assert len(made.volunteer_ids) == 1


def test_a_volunteer_of_another_unit_stays_there(session: Session) -> None:
    person = make.entrant()
    here, there = make.unit(session), make.unit(session, make.YANJI)
    made = run(
        SYSTEM, add_volunteers, unit_id=here.id, admissions=[makers.admission(1, person)], source="list"
    )
    again = run(
        SYSTEM, add_volunteers, unit_id=there.id, admissions=[makers.admission(1, person)], source="list"
    )
    assert (again.volunteer_ids, again.known) == ([], made.volunteer_ids)


def test_who_left_returns_with_a_new_period_and_the_same_number(session: Session) -> None:
    person = make.entrant()
    unit_id = make.unit(session).id
    made = run(
        SYSTEM, add_volunteers, unit_id=unit_id, admissions=[makers.admission(1, person)], source="list"
    )
    volunteer = session.get_one(Volunteer, made.volunteer_ids[0])
    run(SYSTEM, change_period, volunteer, kind="left", starts_on=date(2024, 6, 1), reason="工作调动")
    back = makers.admission(1, person, starts_on=date(2025, 3, 1))
    returned = run(SYSTEM, add_volunteers, unit_id=unit_id, admissions=[back], source="list")
    assert returned.returned == made.volunteer_ids
    assert spans(session, volunteer) == [
        ("enrolled", makers.ENROLLED_ON, date(2024, 6, 1)),
        ("left", date(2024, 6, 1), date(2025, 3, 1)),
        ("enrolled", date(2025, 3, 1), None),
    ]


def test_a_return_before_the_leaving_is_refused_at_its_row(session: Session) -> None:
    person = make.entrant()
    unit_id = make.unit(session).id
    made = run(
        SYSTEM, add_volunteers, unit_id=unit_id, admissions=[makers.admission(1, person)], source="list"
    )
    volunteer = session.get_one(Volunteer, made.volunteer_ids[0])
    run(SYSTEM, change_period, volunteer, kind="left", starts_on=date(2024, 6, 1), reason="工作调动")
    early = makers.admission(7, person, starts_on=date(2024, 5, 1))
    with pytest.raises(ListRefusedError) as refused:
        run(SYSTEM, add_volunteers, unit_id=unit_id, admissions=[early], source="list")
    assert [(error.row, error.column) for error in refused.value.errors] == [(7, "starts_on")]


@pytest.mark.parametrize(
    ("years", "guardian", "column"),
    [
        (13, None, "birth_on"),
        (13, Guardian("王芳", "13000000000", date(2024, 1, 1)), "birth_on"),
        (14, None, "guardian_name"),
        (17, None, "guardian_name"),
        (14, Guardian("王芳", "13000000000", date(2024, 1, 1)), None),
        (18, None, None),
    ],
)
def test_age_and_consent_decide_on_admission(
    session: Session, years: int, guardian: Guardian | None, column: str | None
) -> None:
    day = clock.today()
    born = clock.add_months(day, -12 * years)
    person = make.entrant(number=make.resident_number(born, years))
    one = makers.admission(3, person, starts_on=day, guardian=guardian)
    unit_id = make.unit(session).id
    if column is None:
        made = run(SYSTEM, add_volunteers, unit_id=unit_id, admissions=[one], source="list")
        volunteer = session.get_one(Volunteer, made.volunteer_ids[0])
        assert volunteer.guardian_name == (guardian.name if guardian else None)
        return
    with pytest.raises(ListRefusedError) as refused:
        run(SYSTEM, add_volunteers, unit_id=unit_id, admissions=[one], source="list")
    assert [(error.row, error.column) for error in refused.value.errors] == [(3, column)]
    session.rollback()
    assert session.execute(select(Volunteer)).first() is None


def test_the_day_before_a_birthday_is_still_too_young(session: Session) -> None:
    day = clock.today()
    born = clock.add_months(day + timedelta(days=1), -12 * 14)
    person = make.entrant(number=make.resident_number(born, 1))
    one = makers.admission(1, person, starts_on=day, guardian=Guardian("王芳", "13000000000", day))
    with pytest.raises(ListRefusedError):
        run(SYSTEM, add_volunteers, unit_id=make.unit(session).id, admissions=[one], source="list")


def test_a_day_to_come_is_refused(session: Session) -> None:
    one = makers.admission(4, starts_on=clock.today() + timedelta(days=1))
    with pytest.raises(ListRefusedError) as refused:
        run(SYSTEM, add_volunteers, unit_id=make.unit(session).id, admissions=[one], source="list")
    assert refused.value.errors[0].column == "starts_on"


def test_a_unit_out_of_reach_and_a_wrong_role_are_refused(session: Session) -> None:
    admissions = [makers.admission()]
    elsewhere = make.unit(session, make.YANJI).id
    with pytest.raises(RecordNotFoundError):
        run(
            make.actor(session, Role.VOLUNTEER_COORDINATOR),
            add_volunteers,
            unit_id=elsewhere,
            admissions=admissions,
            source="staff",
        )
    with pytest.raises(ForbiddenError):
        run(
            make.actor(session, Role.TRAINER),
            add_volunteers,
            unit_id=make.unit(session).id,
            admissions=admissions,
            source="staff",
        )


# Changing


def test_leave_and_back(session: Session) -> None:
    volunteer = makers.volunteer(session)
    makers.registered(session, volunteer, date(2025, 1, 1))
    change(session, volunteer, "leave", date(2025, 2, 1))
    change(session, volunteer, "registered", date(2025, 5, 1))
    assert spans(session, volunteer) == [
        ("enrolled", makers.ENROLLED_ON, date(2025, 1, 1)),
        ("registered", date(2025, 1, 1), date(2025, 2, 1)),
        ("leave", date(2025, 2, 1), date(2025, 5, 1)),
        ("registered", date(2025, 5, 1), None),
    ]


def change(
    session: Session, volunteer: Volunteer, kind: str, starts_on: date, **more: Any
) -> VolunteerPeriod:
    actor = make.actor(session, Role.VOLUNTEER_COORDINATOR)
    return run(actor, change_period, volunteer, kind=kind, starts_on=starts_on, reason="本人申请", **more)


def test_nobody_becomes_registered_without_an_application(session: Session) -> None:
    volunteer = makers.volunteer(session)
    with pytest.raises(RuleError) as refused:
        change(session, volunteer, "registered", date(2025, 1, 1))
    assert refused.value.field == "kind"
    change(session, volunteer, "leave", date(2025, 2, 1))
    with pytest.raises(RuleError):
        change(session, volunteer, "registered", date(2025, 3, 1))


def test_who_was_registered_left_and_came_back_applies_again(session: Session) -> None:
    volunteer = makers.volunteer(session)
    makers.registered(session, volunteer, date(2025, 1, 1))
    change(session, volunteer, "left", date(2025, 2, 1))
    change(session, volunteer, "enrolled", date(2025, 3, 1))
    change(session, volunteer, "leave", date(2025, 4, 1))
    with pytest.raises(RuleError):
        change(session, volunteer, "registered", date(2025, 5, 1))


@pytest.mark.parametrize("day", [makers.ENROLLED_ON, makers.ENROLLED_ON - timedelta(days=1), None])
def test_a_day_before_the_present_period_or_to_come_is_refused(session: Session, day: date | None) -> None:
    volunteer = makers.volunteer(session)
    with pytest.raises(RuleError) as refused:
        change(session, volunteer, "leave", day or clock.today() + timedelta(days=1))
    assert refused.value.field == "starts_on"
    assert len(spans(session, volunteer)) == 1


def test_a_change_needs_a_reason(session: Session) -> None:
    volunteer = makers.volunteer(session)
    with pytest.raises(RuleError) as refused:
        run(SYSTEM, change_period, volunteer, kind="leave", starts_on=date(2025, 1, 1), reason=" ")
    assert refused.value.field == "reason"


def test_a_volunteer_of_another_unit_does_not_exist(session: Session) -> None:
    volunteer = makers.volunteer(session, make.YANJI)
    with pytest.raises(RecordNotFoundError):
        change(session, volunteer, "leave", date(2025, 1, 1))


def test_the_journal_tells_the_change_with_its_reason(session: Session) -> None:
    volunteer = makers.volunteer(session)
    change(session, volunteer, "leave", date(2025, 1, 1), document="长红发〔2025〕3号")
    entry = last_entry(session)
    assert (entry.action, entry.reason) == ("volunteers.change_period", "本人申请")
    assert makers.periods(session, volunteer)[-1].document == "长红发〔2025〕3号"


def test_a_move_goes_on_elsewhere_with_the_same_state(session: Session) -> None:
    volunteer = makers.volunteer(session)
    there = make.unit(session, make.KUANCHENG)
    actor = make.actor(session, Role.PREFECTURE_ADMIN, make.CHANGCHUN)
    run(actor, move_volunteer, volunteer, unit_id=there.id, starts_on=date(2025, 1, 1), reason="搬家")
    found = makers.periods(session, volunteer)
    assert [(p.kind, p.unit_id) for p in found] == [
        ("enrolled", make.unit(session).id),
        ("enrolled", there.id),
    ]
    reached = session.execute(
        select(PersonReach.unit_id).where(PersonReach.person_id == volunteer.person_id)
    ).scalars()
    assert there.id in set(reached)
    with pytest.raises(RuleError):
        run(actor, move_volunteer, volunteer, unit_id=there.id, starts_on=date(2025, 2, 1), reason="搬家")


def test_a_move_out_of_reach_is_refused(session: Session) -> None:
    volunteer = makers.volunteer(session)
    with pytest.raises(RecordNotFoundError):
        run(
            make.actor(session, Role.VOLUNTEER_COORDINATOR),
            move_volunteer,
            volunteer,
            unit_id=make.unit(session, make.YANJI).id,
            starts_on=date(2025, 1, 1),
            reason="搬家",
        )


def test_the_latest_period_can_be_voided_and_the_one_before_goes_on(session: Session) -> None:
    volunteer = makers.volunteer(session)
    period = change(session, volunteer, "suspended", date(2025, 1, 1))
    with pytest.raises(ForbiddenError):
        run(make.actor(session, Role.VOLUNTEER_COORDINATOR), void_period, period, reason="录入错误")
    run(make.actor(session, Role.COUNTY_ADMIN), void_period, period, reason="录入错误")
    assert spans(session, volunteer) == [("enrolled", makers.ENROLLED_ON, None)]
    with pytest.raises(RuleError):
        run(SYSTEM, void_period, period, reason="录入错误")


def test_only_the_latest_period_can_be_voided_and_never_the_only_one(session: Session) -> None:
    volunteer = makers.volunteer(session)
    first = makers.periods(session, volunteer)[0]
    with pytest.raises(RuleError):
        run(SYSTEM, void_period, first, reason="录入错误")
    change(session, volunteer, "leave", date(2025, 1, 1))
    with pytest.raises(RuleError):
        run(SYSTEM, void_period, first, reason="录入错误")


def test_the_database_refuses_a_second_open_period(session: Session) -> None:
    volunteer = makers.volunteer(session)
    with pytest.raises((IntegrityError, StorageError)), write("volunteers.factory", SYSTEM) as w:
        w.add(
            VolunteerPeriod(
                volunteer_id=volunteer.id,
                person_id=volunteer.person_id,
                unit_id=volunteer.unit_id,
                kind="registered",
                starts_on=date(2025, 1, 1),
            )
        )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.sampled_from(sorted(FOLLOWING)), st.integers(-5, 60)), max_size=8))
def test_periods_never_overlap_and_leave_no_day_out(session: Session, steps: list[tuple[str, int]]) -> None:
    session.rollback()
    volunteer = makers.volunteer(session)
    day = makers.ENROLLED_ON
    for kind, days in steps:
        try:
            run(
                SYSTEM,
                change_period,
                volunteer,
                kind=kind,
                starts_on=day + timedelta(days=days),
                reason="变更",
            )
            day += timedelta(days=days)
        except RuleError:
            session.rollback()
    found = spans(session, volunteer)
    assert found[0][1] == makers.ENROLLED_ON
    assert all(before[2] == after[1] > before[1] for before, after in pairwise(found))
    assert found[-1][2] is None


# Rules


def test_every_kind_of_rule_has_a_version_marked_to_confirm(session: Session) -> None:
    rules = session.execute(select(VolunteerRule)).scalars().all()
    assert sorted(rule.kind for rule in rules) == [
        "active",
        "admission",
        "hours",
        "points",
        "registration",
        "stars",
    ]
    assert not any(rule.confirmed for rule in rules)
    assert run(SYSTEM, load_volunteer_rules) == 0
