"""Hours are approved by somebody else and posted; what is wrong is rejected or reversed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.errors import ForbiddenError, RecordNotFoundError, RuleError
from registry.core.permissions import Role
from registry.core.scope import EVERYWHERE, SYSTEM, Actor, Scope
from registry.core.write import run, write
from registry.people.commands import merge_persons
from registry.people.models import Person
from registry.volunteers.commands.hours import edit_entry, withdraw_entry
from registry.volunteers.commands.ledger import approve_entries, reject_entries, reverse_entry
from registry.volunteers.hours import entries_digest
from registry.volunteers.models import ServiceEntry, ServiceLine, VolunteerRule
from registry.volunteers.queries.ledger import total_minutes, totals
from registry.volunteers.queries.stretches import overlaps
from tests import factories as make
from tests import hours
from tests import volunteers as makers
from tests.watching import last_entry, statements


def pair(session: Session) -> tuple[Actor, Actor]:
    """Two coordinators of one unit."""
    one, two = (make.actor(session, Role.VOLUNTEER_COORDINATOR) for _ in range(2))
    return one, two


def waiting(session: Session, count: int = 2, actor: Actor = SYSTEM) -> list[ServiceEntry]:
    people = makers.volunteers(session, count)
    rows = [hours.row(one, number=place) for place, one in enumerate(people, 1)]
    return hours.submitted(session, rows, actor)


def lines(session: Session) -> list[ServiceLine]:
    session.rollback()
    return list(session.execute(select(ServiceLine).order_by(ServiceLine.id)).scalars())


def merge(session: Session, loser_id: int, winner_id: int) -> None:
    loser, winner = session.get_one(Person, loser_id), session.get_one(Person, winner_id)
    run(SYSTEM, merge_persons, loser=loser, winner=winner, reason="同一人")


# Approving


def test_approving_posts_one_line_for_each_entry(session: Session) -> None:
    one, two = pair(session)
    group = makers.team(session)
    gathering = makers.activity(session, on=hours.yesterday())
    person = makers.volunteer(session)
    (entry,) = hours.submitted(session, [hours.row(person, activity_id=gathering.id, team_id=group.id)], one)
    hours.approved(session, [entry], two)
    (line,) = lines(session)
    names = ("volunteer_id", "person_id", "unit_id", "activity_id", "team_id", "field", "served_on")
    assert [getattr(line, name) for name in names] == [getattr(entry, name) for name in names]
    assert (line.starts, line.minutes, line.service_entry_id) == (540, 240, entry.id)
    assert line.posted_on == clock.today()
    assert line.active_until == clock.add_months(entry.served_on, 12) - timedelta(days=1)
    assert (entry.state, entry.decided_by) == ("approved", two.user_id)
    told = last_entry(session)
    assert (told.action, told.unit_id, told.line_count) == (
        "volunteers.approve_entries",
        entry.unit_id,
        3,  # The entry, its line of the ledger, and the points for it.
    )


def test_the_lines_are_given_as_inserted(session: Session) -> None:
    posted = hours.approved(session, waiting(session))
    assert [line["id"] for line in posted] == [line.id for line in lines(session)]


def test_who_submitted_does_not_approve(session: Session) -> None:
    one, two = pair(session)
    entries = [*waiting(session, 1, one), *waiting(session, 1, two)]
    with pytest.raises(RuleError, match="You submitted 1 of these"):
        hours.approved(session, entries, one)
    assert lines(session) == []
    hours.approved(session, entries[1:], one)


def test_the_rule_may_allow_one_person(session: Session) -> None:
    one, _ = pair(session)
    entries = waiting(session, 1, one)
    with write("volunteers.factory", SYSTEM) as w:
        terms = {"step_minutes": 30, "second_person": False}
        w.add(VolunteerRule(kind="hours", version=2, starts_on=w.today, terms=terms))
    hours.approved(session, entries, one)
    assert len(lines(session)) == 1


def test_who_corrected_an_entry_does_not_approve_it(session: Session) -> None:
    one, two = pair(session)
    (entry,) = waiting(session, 1, one)
    run(
        two,
        edit_entry,
        entry,
        field="aid",
        served_on=entry.served_on,
        starts=540,
        minutes=120,
        content="",
    )
    with pytest.raises(RuleError, match="yourself"):
        hours.approved(session, [entry], two)
    hours.approved(session, [entry], one)


def test_two_coordinators_with_one_batch(session: Session) -> None:
    entries = waiting(session, 2)
    ids, seen = [entry.id for entry in entries], entries_digest(entries)
    run(SYSTEM, approve_entries, entry_ids=ids[:1], seen=entries_digest(entries[:1]))
    with pytest.raises(RuleError, match="1 of these entries were decided"):
        run(SYSTEM, approve_entries, entry_ids=ids, seen=seen)
    assert len(lines(session)) == 1


def test_an_entry_changed_since_it_was_shown_is_not_approved(session: Session) -> None:
    (entry,) = waiting(session, 1)
    seen = entries_digest([entry])
    values = {"field": "aid", "served_on": entry.served_on, "starts": 540, "minutes": 480, "content": ""}
    run(SYSTEM, edit_entry, entry, **values)
    for verb, more in ((approve_entries, {}), (reject_entries, {"reason": "请更正"})):
        with pytest.raises(RuleError, match="changed since"):
            run(SYSTEM, verb, entry_ids=[entry.id], seen=seen, **more)
    assert lines(session) == []


def test_statements_do_not_depend_on_the_number_of_entries(session: Session) -> None:
    counts = []
    for many in (2, 40):
        entries = waiting(session, many)
        ids, seen = [entry.id for entry in entries], entries_digest(entries)
        session.rollback()
        with statements() as sent:
            run(SYSTEM, approve_entries, entry_ids=ids, seen=seen)
        counts.append(len(sent))
    assert counts[0] == counts[1]


# Overlaps after a merge


def test_an_overlap_that_a_merge_made_is_not_approved_but_listed(session: Session) -> None:
    one, two, other = waiting(session, 3)
    hours.approved(session, [one])
    merge(session, one.person_id, two.person_id)
    with pytest.raises(RuleError, match="09:00–13:00 overlaps"):
        hours.approved(session, [two, other])
    assert len(lines(session)) == 1
    session.rollback()
    listed = set(session.execute(overlaps(EVERYWHERE)).scalars())
    assert listed == {one.id, two.id}
    elsewhere = Scope(frozenset({make.unit(session, make.YANJI).id}))
    assert session.execute(overlaps(elsewhere)).all() == []
    seen = entries_digest([two])
    run(SYSTEM, reject_entries, entry_ids=[two.id], seen=seen, reason="重复登记")
    session.rollback()
    assert session.execute(overlaps(EVERYWHERE)).all() == []
    hours.approved(session, [other])


def test_two_waiting_entries_that_overlap_are_not_approved_together(session: Session) -> None:
    one, two = waiting(session, 2)
    merge(session, one.person_id, two.person_id)
    with pytest.raises(RuleError, match="overlaps"):
        hours.approved(session, [one, two])


def test_the_hours_of_merged_persons_add_up(session: Session) -> None:
    one, two = makers.volunteers(session, 2)
    entries = hours.submitted(
        session, [hours.row(one), hours.row(two, 840, 90, 2, field="aid", served_on=clock.today())]
    )
    hours.approved(session, entries)
    merge(session, one.person_id, two.person_id)
    assert total_minutes(session, two.person_id) == 330
    assert total_minutes(session, one.person_id) == 0
    assert sum(minutes for _, _, minutes in totals(session, two.person_id)) == 330


# Rejecting and reversing


def test_entries_are_rejected_with_a_reason(session: Session) -> None:
    entries = waiting(session, 2)
    ids, seen = [entry.id for entry in entries], entries_digest(entries)
    with pytest.raises(RuleError) as refused:
        run(SYSTEM, reject_entries, entry_ids=ids, seen=seen, reason=" ")
    assert refused.value.field == "reason"
    run(SYSTEM, reject_entries, entry_ids=ids, seen=seen, reason="时间有误")
    told = last_entry(session)
    assert (told.action, told.reason) == ("volunteers.reject_entries", "时间有误")
    assert told.unit_id == entries[0].unit_id
    assert {(e.state, e.decision_reason) for e in entries} == {("rejected", "时间有误")}
    with pytest.raises(RuleError, match="decided"):
        hours.approved(session, entries)


def test_a_rejected_entry_is_corrected_and_waits_again(session: Session) -> None:
    (entry,) = waiting(session, 1)
    seen = entries_digest([entry])
    run(SYSTEM, reject_entries, entry_ids=[entry.id], seen=seen, reason="时间有误")
    values = {"field": "aid", "served_on": entry.served_on, "starts": 540, "minutes": 60, "content": ""}
    run(SYSTEM, edit_entry, entry, **values)
    assert (entry.state, entry.decision_reason) == ("submitted", "")


def test_what_was_posted_wrong_is_reversed_by_a_new_line(session: Session) -> None:
    _, two = pair(session)
    (entry,) = waiting(session, 1)
    hours.approved(session, [entry])
    run(two, reverse_entry, entry, reason="未到场")
    first, second = lines(session)
    assert (first.minutes, first.reverses_id) == (240, None)
    assert (second.minutes, second.reverses_id, second.reason) == (-240, first.id, "未到场")
    assert (second.served_on, second.active_until) == (first.served_on, first.active_until)
    assert (entry.state, entry.decision_reason, entry.decided_by) == ("rejected", "未到场", two.user_id)
    told = last_entry(session)
    assert (told.action, told.reason, told.unit_id) == (
        "volunteers.reverse_entry",
        "未到场",
        entry.unit_id,
    )
    assert totals(session, entry.person_id) == []
    with pytest.raises(RuleError, match="not approved"):
        run(two, reverse_entry, entry, reason="未到场")


def test_only_the_standing_line_is_reversed_after_corrections(session: Session) -> None:
    (entry,) = waiting(session, 1)
    for minutes in (120, 60):
        hours.approved(session, [entry])
        values = {"field": "aid", "served_on": entry.served_on, "starts": 540, "content": ""}
        run(SYSTEM, edit_entry, entry, minutes=minutes, reason="更正时长", **values)
    hours.approved(session, [entry])
    run(SYSTEM, reverse_entry, entry, reason="未到场")
    assert [line.minutes for line in lines(session)] == [240, -240, 120, -120, 60, -60]


# Rights and reach


def test_who_may_not_approve_decides_nothing(session: Session) -> None:
    (entry,) = waiting(session, 1)
    auditor = make.actor(session, Role.AUDITOR)
    for verb, more in ((approve_entries, {}), (reject_entries, {"reason": "请更正"})):
        with pytest.raises(ForbiddenError):
            run(auditor, verb, entry_ids=[entry.id], seen=entries_digest([entry]), **more)
    with pytest.raises(ForbiddenError):
        run(auditor, reverse_entry, entry, reason="请更正")


def test_entries_of_another_unit_are_unknown(session: Session) -> None:
    stranger = make.actor(session, Role.VOLUNTEER_COORDINATOR, make.YANJI)
    entries = waiting(session, 2)
    ids, seen = [entry.id for entry in entries], entries_digest(entries)
    for verb, more in ((approve_entries, {}), (reject_entries, {"reason": "请更正"})):
        with pytest.raises(RecordNotFoundError):
            run(stranger, verb, entry_ids=ids, seen=seen, **more)
    with pytest.raises(RecordNotFoundError):
        run(stranger, reverse_entry, entries[0], reason="请更正")
    with pytest.raises(RecordNotFoundError):
        run(SYSTEM, approve_entries, entry_ids=[], seen="")


def test_a_withdrawn_entry_is_not_approved(session: Session) -> None:
    (entry,) = waiting(session, 1)
    run(SYSTEM, withdraw_entry, entry, reason="录入有误")
    with pytest.raises(RuleError, match="decided or withdrawn"):
        hours.approved(session, [entry])
    assert session.execute(select(func.count()).select_from(ServiceLine)).scalar_one() == 0
