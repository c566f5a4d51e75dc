"""Several people enter, approve and correct the hours of one person at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.core.db import db
from registry.core.errors import RuleError
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.volunteers.commands.hours import edit_entry, submit_hours
from registry.volunteers.commands.ledger import approve_entries, reverse_entry
from registry.volunteers.hours import HoursRow, entries_digest
from registry.volunteers.models import ServiceEntry, ServiceLine
from tests import hours
from tests import volunteers as makers
from tests.watching import together


def standing(session: Session) -> list[ServiceEntry]:
    session.rollback()
    rows = select(ServiceEntry).where(ServiceEntry.state.in_(("submitted", "approved")))
    return list(session.execute(rows.order_by(ServiceEntry.starts)).scalars())


def posted(session: Session) -> list[int]:
    session.rollback()
    return list(session.execute(select(ServiceLine.minutes).order_by(ServiceLine.id)).scalars())


def submitting(unit_id: int, row: HoursRow) -> Callable[[], Any]:
    return lambda: run(SYSTEM, submit_hours, unit_id=unit_id, rows=[row], source="grid")


def test_of_overlapping_stretches_entered_at_once_one_stands(app: Flask, session: Session) -> None:
    person = makers.volunteer(session)
    unit_id = person.unit_id
    # Each begins at another minute, so that not the index but the rule decides.
    rows = [hours.row(person, 540 + 30 * place, 240) for place in range(6)]
    session.rollback()
    results = together(app, [submitting(unit_id, row) for row in rows])
    assert sum(isinstance(one, RuleError) for one in results) == 5
    assert len(standing(session)) == 1


def test_stretches_that_do_not_overlap_all_stand(app: Flask, session: Session) -> None:
    person = makers.volunteer(session)
    unit_id = person.unit_id
    rows = [hours.row(person, 240 * place, 240) for place in range(6)]
    session.rollback()
    results = together(app, [submitting(unit_id, row) for row in rows])
    assert not [one for one in results if isinstance(one, RuleError)]
    assert sum(entry.minutes for entry in standing(session)) == 1_440


def test_a_day_keeps_its_24_hours(app: Flask, session: Session) -> None:
    person = makers.volunteer(session)
    unit_id = person.unit_id
    rows = [hours.row(person, 120 * (place % 7), 600) for place in range(7)]
    session.rollback()
    together(app, [submitting(unit_id, row) for row in rows])
    stretches = [(entry.starts, entry.starts + entry.minutes) for entry in standing(session)]
    assert stretches
    assert sum(ends - starts for starts, ends in stretches) <= 1_440
    assert all(one[1] <= two[0] for one, two in pairwise(stretches))


def test_two_approvers_of_the_same_entries_post_one_line_each(app: Flask, session: Session) -> None:
    people = makers.volunteers(session, 5)
    entries = hours.submitted(session, [hours.row(one, number=n) for n, one in enumerate(people, 1)])
    ids, seen = [entry.id for entry in entries], entries_digest(entries)
    session.rollback()
    results = together(app, [lambda: run(SYSTEM, approve_entries, entry_ids=ids, seen=seen)] * 4)
    assert sum(isinstance(one, RuleError) for one in results) == 3
    assert posted(session) == [240] * 5


def test_what_is_approved_and_corrected_at_once_counts_once(app: Flask, session: Session) -> None:
    (entry,) = hours.submitted(session, [hours.row(makers.volunteer(session))])
    entry_id, seen = entry.id, entries_digest([entry])
    day, person_id = entry.served_on, entry.person_id
    session.rollback()

    def correct() -> Any:
        own = db.session.get_one(ServiceEntry, entry_id)
        values: dict[str, Any] = {"field": "aid", "served_on": day, "starts": 540, "content": ""}
        return run(SYSTEM, edit_entry, own, minutes=120, reason="更正时长", **values).id

    together(app, [lambda: run(SYSTEM, approve_entries, entry_ids=[entry_id], seen=seen), correct, correct])
    assert hours.in_ledger(session, person_id) == hours.in_entries(session, person_id) == 0
    assert [e.state for e in standing(session)] == ["submitted"]


def test_what_is_reversed_twice_at_once_is_reversed_once(app: Flask, session: Session) -> None:
    (entry,) = hours.submitted(session, [hours.row(makers.volunteer(session))])
    hours.approved(session, [entry])
    entry_id = entry.id
    session.rollback()

    def take_back() -> Any:
        own = db.session.get_one(ServiceEntry, entry_id)
        return run(SYSTEM, reverse_entry, own, reason="未到场").id

    results = together(app, [take_back] * 3)
    assert sum(isinstance(one, RuleError) for one in results) == 2
    assert posted(session) == [240, -240]
