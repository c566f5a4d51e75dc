"""Hours are submitted in lists, edited and withdrawn, and refused at the row that cannot be."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.errors import ForbiddenError, RecordNotFoundError, RuleError, StorageError
from registry.core.imports import ListRefusedError
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run, write
from registry.people.commands import merge_persons
from registry.people.models import Person
from registry.volunteers.commands import change_period
from registry.volunteers.commands.hours import edit_entry, submit_hours, withdraw_entry
from registry.volunteers.commands.ledger import reverse_entry
from registry.volunteers.hours import HoursRow, entries_digest, hours_of, read_hours, read_time
from registry.volunteers.models import ServiceEntry, ServiceLine, Volunteer
from tests import factories as make
from tests import hours
from tests import volunteers as makers
from tests.watching import last_entry, statements


def refusal(session: Session, *rows: HoursRow, unit_id: int | None = None) -> ListRefusedError:
    """Why a list is refused; nothing of it may be saved."""
    where = unit_id or session.get_one(Volunteer, rows[0].volunteer_id).unit_id
    before = entries(session)
    with pytest.raises(ListRefusedError) as refused:
        run(SYSTEM, submit_hours, unit_id=where, rows=rows, source="grid")
    assert entries(session) == before
    return refused.value


def entries(session: Session) -> int:
    session.rollback()
    return session.execute(select(func.count()).select_from(ServiceEntry)).scalar_one()


def edit(entry: ServiceEntry, actor: Any = SYSTEM, **changed: Any) -> ServiceEntry:
    values = {name: getattr(entry, name) for name in ("field", "served_on", "starts", "minutes", "content")}
    return run(actor, edit_entry, entry, **{**values, **changed})


# Submitting


def test_hours_of_many_are_submitted_in_one_write(session: Session) -> None:
    coordinator = make.actor(session, Role.VOLUNTEER_COORDINATOR)
    people = makers.volunteers(session, 3)
    found = hours.submitted(session, [hours.row(one) for one in people], coordinator)
    assert {(e.state, e.source, e.submitted_by, e.minutes) for e in found} == {
        ("submitted", "grid", coordinator.user_id, 240)
    }
    assert [e.person_id for e in found] == [one.person_id for one in people]
    told = last_entry(session)
    assert (told.action, told.unit_id, told.line_count) == (
        "volunteers.submit_hours",
        people[0].unit_id,
        3,
    )
    assert session.execute(select(func.count()).select_from(ServiceLine)).scalar_one() == 0


def test_the_team_of_the_activity_is_that_of_its_hours(session: Session) -> None:
    person, group = makers.volunteer(session), makers.team(session)
    gathering = makers.activity(session, on=hours.yesterday(), team_id=group.id)
    (entry,) = hours.submitted(session, [hours.row(person, activity_id=gathering.id)])
    assert (entry.activity_id, entry.team_id) == (gathering.id, group.id)


@pytest.mark.parametrize(
    ("changed", "column"),
    [
        ({"served_on": clock.today() + timedelta(days=1)}, "served_on"),
        ({"served_on": makers.ENROLLED_ON - timedelta(days=1)}, "served_on"),
        ({"minutes": 45}, "hours"),
        ({"minutes": 0}, "hours"),
        ({"minutes": -30}, "hours"),
        ({"starts": 1_380, "minutes": 90}, "hours"),
        ({"starts": -30}, "hours"),
        ({"field": "anything"}, "field"),
        ({"team_id": 10**9}, "team"),
        ({"activity_id": 10**9}, "activity"),
    ],
)
def test_a_row_that_cannot_be_is_refused_at_its_place(
    session: Session, changed: dict[str, Any], column: str
) -> None:
    one, two = makers.volunteers(session, 2)
    error = refusal(session, hours.row(one), hours.row(two, number=7, **changed))
    assert hours.refused_at(error) == [(7, column)]


def test_the_last_minute_of_a_day_and_the_first_day_of_service_still_count(session: Session) -> None:
    person = makers.volunteer(session)
    hours.submitted(
        session,
        [
            hours.row(person, 0, 60),
            hours.row(person, 1_380, 60, 2),
            hours.row(person, served_on=makers.ENROLLED_ON, number=3),
            hours.row(person, served_on=clock.today(), number=4),
        ],
    )


def test_a_volunteer_on_leave_serves_no_hours(session: Session) -> None:
    person = makers.volunteer(session)
    makers.on_leave(session, person, hours.yesterday())
    assert hours.refused_at(refusal(session, hours.row(person))) == [(1, "served_on")]
    hours.submitted(session, [hours.row(person, served_on=hours.yesterday() - timedelta(days=1))])


def test_who_left_keeps_the_days_served_before(session: Session) -> None:
    person = makers.volunteer(session)
    run(SYSTEM, change_period, person, kind="left", starts_on=clock.today(), reason="工作调动")
    hours.submitted(session, [hours.row(person)])


def test_travel_beyond_the_shift_does_not_count(session: Session) -> None:
    person = makers.volunteer(session)
    gathering = makers.activity(session, on=hours.yesterday())
    part = makers.shift(session, gathering, 540, 780)
    common: dict[str, Any] = {"activity_id": gathering.id, "shift_id": part.id}
    for starts, minutes in ((510, 240), (540, 270), (600, 240)):
        error = refusal(session, hours.row(person, starts, minutes, **common))
        assert hours.refused_at(error) == [(1, "hours")]
        assert "09:00–13:00" in str(error.errors[0].message)
    (entry,) = hours.submitted(session, [hours.row(person, 540, 240, **common)])
    assert entry.shift_id == part.id


def test_hours_belong_to_the_day_of_the_shift_and_of_the_activity(session: Session) -> None:
    person = makers.volunteer(session)
    gathering = makers.activity(session, on=hours.yesterday())
    part = makers.shift(session, gathering)
    other = hours.yesterday() - timedelta(days=1)
    for more in ({"shift_id": part.id}, {}):
        late = hours.row(person, activity_id=gathering.id, served_on=other, **more)
        assert hours.refused_at(refusal(session, late)) == [(1, "served_on")]


def test_a_shift_of_another_activity_is_none(session: Session) -> None:
    person = makers.volunteer(session)
    one, two = (makers.activity(session, on=hours.yesterday()) for _ in range(2))
    part = makers.shift(session, two)
    wrong = hours.row(person, activity_id=one.id, shift_id=part.id)
    assert hours.refused_at(refusal(session, wrong)) == [(1, "activity")]


def test_a_cancelled_activity_has_no_hours_and_says_what_to_do(session: Session) -> None:
    person = makers.volunteer(session)
    gathering = makers.activity(session, on=hours.yesterday(), state="cancelled")
    error = refusal(session, hours.row(person, activity_id=gathering.id))
    assert hours.refused_at(error) == [(1, "activity")]
    assert "check-ins are kept" in str(error.errors[0].message)
    hours.submitted(session, [hours.row(person)])


def test_an_activity_of_another_unit_is_none(session: Session) -> None:
    person = makers.volunteer(session)
    gathering = makers.activity(session, make.YANJI, on=hours.yesterday())
    error = refusal(session, hours.row(person, activity_id=gathering.id))
    assert hours.refused_at(error) == [(1, "activity")]


# What is entered already


@pytest.mark.parametrize(("starts", "minutes"), [(540, 240), (480, 90), (750, 60), (600, 30), (480, 600)])
def test_an_overlap_names_what_is_entered(session: Session, starts: int, minutes: int) -> None:
    person = makers.volunteer(session)
    gathering = makers.activity(session, on=hours.yesterday())
    hours.submitted(session, [hours.row(person, activity_id=gathering.id)])
    error = refusal(session, hours.row(person, starts, minutes, 5))
    assert hours.refused_at(error) == [(5, "starts")]
    assert "09:00–13:00" in str(error.errors[0].message)
    assert gathering.title in str(error.errors[0].message)


def test_stretches_may_touch(session: Session) -> None:
    person = makers.volunteer(session)
    hours.submitted(session, [hours.row(person)])
    hours.submitted(session, [hours.row(person, 480, 60), hours.row(person, 780, 60, 2)])


def test_rows_of_one_list_that_overlap_name_each_other(session: Session) -> None:
    person = makers.volunteer(session)
    error = refusal(session, hours.row(person, number=3), hours.row(person, 600, 60, 4))
    assert hours.refused_at(error) == [(4, "starts")]
    assert "Row 3" in str(error.errors[0].message)


def test_rejected_and_withdrawn_entries_take_up_no_time(session: Session) -> None:
    person = makers.volunteer(session)
    (entry,) = hours.submitted(session, [hours.row(person)])
    run(SYSTEM, withdraw_entry, entry, reason="录入有误")
    (again,) = hours.submitted(session, [hours.row(person)])
    hours.approved(session, [again])
    refusal(session, hours.row(person))
    run(SYSTEM, reverse_entry, again, reason="录入有误")
    hours.submitted(session, [hours.row(person)])


def test_who_was_merged_is_one_human_being(session: Session) -> None:
    one, two = makers.volunteers(session, 2)
    hours.submitted(session, [hours.row(one)])
    loser, winner = (session.get_one(Person, v.person_id) for v in (one, two))
    run(SYSTEM, merge_persons, loser=loser, winner=winner, reason="同一人")
    assert hours.refused_at(refusal(session, hours.row(two, 600, 60))) == [(1, "starts")]
    error = refusal(session, hours.row(one, 900, 60), hours.row(two, 900, 60, 2))
    assert hours.refused_at(error) == [(2, "starts")]
    (entry,) = hours.submitted(session, [hours.row(one, 900, 60)])
    assert entry.person_id == two.person_id


def test_a_day_has_24_hours_even_after_a_merge(session: Session) -> None:
    one, two = makers.volunteers(session, 2)
    hours.submitted(session, [hours.row(one, 0, 900), hours.row(two, 0, 480, 2)])
    loser, winner = (session.get_one(Person, v.person_id) for v in (one, two))
    run(SYSTEM, merge_persons, loser=loser, winner=winner, reason="同一人")
    hours.submitted(session, [hours.row(two, 900, 60)])
    assert hours.refused_at(refusal(session, hours.row(two, 960, 30))) == [(1, "hours")]


def test_the_database_refuses_a_second_entry_of_the_same_start(session: Session) -> None:
    person = makers.volunteer(session)
    (entry,) = hours.submitted(session, [hours.row(person)])
    names = ("volunteer_id", "person_id", "unit_id", "field", "served_on", "starts", "minutes")
    values = {name: getattr(entry, name) for name in names}
    with pytest.raises((IntegrityError, StorageError)), write("volunteers.factory", SYSTEM) as w:
        w.add(ServiceEntry(source="grid", submitted_at=w.at, **values))


def test_statements_do_not_depend_on_the_length_of_the_list(session: Session) -> None:
    counts = []
    for many in (2, 40):
        people = makers.volunteers(session, many)
        gathering = makers.activity(session, on=hours.yesterday())
        rows = [hours.row(one, number=place, activity_id=gathering.id) for place, one in enumerate(people, 1)]
        session.rollback()
        with statements() as sent:
            run(SYSTEM, submit_hours, unit_id=gathering.unit_id, rows=rows, source="grid")
        counts.append(len(sent))
    assert counts[0] == counts[1]


# Reach and rights


def test_a_volunteer_of_another_unit_is_not_within_reach(session: Session) -> None:
    coordinator = make.actor(session, Role.VOLUNTEER_COORDINATOR)
    stranger = makers.volunteer(session, make.YANJI)
    where = make.unit(session).id
    with pytest.raises(ListRefusedError) as refused:
        run(coordinator, submit_hours, unit_id=where, rows=[hours.row(stranger)], source="grid")
    assert hours.refused_at(refused.value) == [(1, "volunteer")]


def test_a_unit_out_of_reach_is_unknown(session: Session) -> None:
    coordinator = make.actor(session, Role.VOLUNTEER_COORDINATOR)
    person, there = makers.volunteer(session), make.unit(session, make.YANJI).id
    for rows, unit_id in (
        ([hours.row(person)], there),
        ([hours.row(person, unit_id=there)], person.unit_id),
    ):
        with pytest.raises(RecordNotFoundError):
            run(coordinator, submit_hours, unit_id=unit_id, rows=rows, source="grid")


def test_who_may_not_edit_volunteers_submits_nothing(session: Session) -> None:
    person = makers.volunteer(session)
    with pytest.raises(ForbiddenError):
        hours.submitted(session, [hours.row(person)], make.actor(session, Role.TRAINER))


def test_an_empty_list_is_refused(session: Session) -> None:
    with pytest.raises(RuleError):
        run(SYSTEM, submit_hours, unit_id=make.unit(session).id, rows=[], source="grid")


# Editing and withdrawing


def test_an_entry_is_corrected_and_submitted_again(session: Session) -> None:
    coordinator = make.actor(session, Role.VOLUNTEER_COORDINATOR)
    (entry,) = hours.submitted(session, [hours.row(makers.volunteer(session))])
    edit(entry, coordinator, minutes=120, content="改正")
    assert (entry.minutes, entry.content, entry.state) == (120, "改正", "submitted")
    assert entry.submitted_by == coordinator.user_id
    told = last_entry(session)
    assert (told.action, told.unit_id) == ("volunteers.edit_entry", entry.unit_id)


def test_an_approved_entry_leaves_the_count_until_it_is_approved_again(session: Session) -> None:
    (entry,) = hours.submitted(session, [hours.row(makers.volunteer(session))])
    hours.approved(session, [entry])
    assert hours.in_ledger(session, entry.person_id) == 240
    edit(entry, minutes=120, reason="多算了两小时")
    assert (entry.state, entry.decided_by, entry.decided_at) == ("submitted", None, None)
    assert hours.in_ledger(session, entry.person_id) == 0
    assert last_entry(session).reason == "多算了两小时"
    hours.approved(session, [entry])
    assert hours.in_ledger(session, entry.person_id) == 120
    lines = session.execute(select(ServiceLine.minutes).order_by(ServiceLine.id)).scalars().all()
    assert lines == [240, -240, 120]


def test_editing_what_counts_asks_for_a_reason(session: Session) -> None:
    (entry,) = hours.submitted(session, [hours.row(makers.volunteer(session))])
    hours.approved(session, [entry])
    with pytest.raises(RuleError) as refused:
        edit(entry, minutes=120)
    assert refused.value.field == "reason"
    assert hours.in_ledger(session, entry.person_id) == 240


def test_editing_refuses_what_submitting_refuses(session: Session) -> None:
    person = makers.volunteer(session)
    one, two = hours.submitted(session, [hours.row(person), hours.row(person, 840, 60, 2)])
    with pytest.raises(RuleError) as refused:
        edit(two, starts=600)
    assert refused.value.field == "starts"
    assert "Nothing was saved" in str(refused.value)
    edit(one, starts=600)  # Its own time does not stand in its way.


def test_an_entry_changed_meanwhile_is_not_overwritten(session: Session) -> None:
    (entry,) = hours.submitted(session, [hours.row(makers.volunteer(session))])
    seen = entries_digest([entry])
    edit(entry, minutes=120)
    with pytest.raises(RuleError, match="since the page was opened"):
        edit(entry, minutes=60, seen=seen)
    with pytest.raises(RuleError, match="since the page was opened"):
        run(SYSTEM, withdraw_entry, entry, reason="录入有误", seen=seen)


def test_a_withdrawn_entry_is_not_edited(session: Session) -> None:
    (entry,) = hours.submitted(session, [hours.row(makers.volunteer(session))])
    run(SYSTEM, withdraw_entry, entry, reason="录入有误")
    told = last_entry(session)
    assert (told.action, told.reason) == ("volunteers.withdraw_entry", "录入有误")
    with pytest.raises(RuleError):
        edit(entry, minutes=60)
    with pytest.raises(RuleError):
        run(SYSTEM, withdraw_entry, entry, reason="录入有误")


def test_what_was_approved_is_reversed_and_not_withdrawn(session: Session) -> None:
    (entry,) = hours.submitted(session, [hours.row(makers.volunteer(session))])
    hours.approved(session, [entry])
    with pytest.raises(RuleError, match="was approved"):
        run(SYSTEM, withdraw_entry, entry, reason="录入有误")


def test_an_entry_of_another_unit_is_unknown(session: Session) -> None:
    (entry,) = hours.submitted(session, [hours.row(makers.volunteer(session, make.YANJI))])
    coordinator = make.actor(session, Role.VOLUNTEER_COORDINATOR)
    with pytest.raises(RecordNotFoundError):
        run(coordinator, withdraw_entry, entry, reason="录入有误")
    with pytest.raises(RecordNotFoundError):
        edit(entry, coordinator, minutes=60)


# How hours are written


@pytest.mark.parametrize(
    ("minutes", "text"), [(240, "4"), (270, "4.5"), (20, "0.33"), (600, "10"), (-90, "-1.5"), (0, "0")]
)
def test_hours_are_decimal(minutes: int, text: str) -> None:
    assert str(hours_of(minutes)) == text


@pytest.mark.parametrize(("text", "minutes"), [("4", 240), ("4.5", 270), ("４.５小时", 270), ("24", 1_440)])
def test_hours_are_read(text: str, minutes: int) -> None:
    assert read_hours(text) == minutes


@pytest.mark.parametrize("text", ["", "0", "25", "4:30", "-1", "vier", "0.333", "1e1"])
def test_what_is_no_number_of_hours_is_refused(text: str) -> None:
    with pytest.raises(RuleError):
        read_hours(text)


@pytest.mark.parametrize(
    ("text", "minute"), [("9:00", 540), ("09：30", 570), ("00:00", 0), ("23:59:00", 1_439), ("0930", 570)]
)
def test_times_are_read(text: str, minute: int) -> None:
    assert read_time(text) == minute


@pytest.mark.parametrize("text", ["", "9", "24:00", "12:60", "12:00:30", "noon"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(RuleError):
        read_time(text)
