"""The list of hours and what is decided in it; the pages of one entry and of one volunteer's hours."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.permissions import Role
from registry.core.scope import EVERYWHERE, SYSTEM, Scope
from registry.core.text import mask_name
from registry.core.write import run
from registry.people.commands import merge_persons
from registry.people.models import Person
from registry.volunteers.models import ServiceEntry, ServiceLine, Volunteer
from registry.volunteers.queries.ledger import lines_of_person
from registry.volunteers.queries.service_entries import service_entries
from tests import factories as make
from tests import hours
from tests import volunteers as makers
from tests.test_query_plans import plan
from tests.training import Browser, told
from tests.watching import statements

LIST = "/volunteers/service"


@pytest.fixture
def coordinator(app: Flask, session: Session) -> Browser:
    return Browser(app, session, Role.VOLUNTEER_COORDINATOR)


def waiting(session: Session, count: int = 2, **more: Any) -> list[ServiceEntry]:
    people = makers.volunteers(session, count)
    rows = [hours.row(one, number=place, **more) for place, one in enumerate(people, 1)]
    return hours.submitted(session, rows)


def choose(browser: Browser, to: str, entries: list[ServiceEntry], **more: str) -> Any:
    """Tick entries in the list and press a button of the bar."""
    sent = {**browser.fill(LIST), "ids": [str(entry.id) for entry in entries], **more}
    return browser.client.post(f"{LIST}/{to}", data=sent)


def confirm(browser: Browser, to: str, page: Any, **more: str) -> Any:
    """Press the button of the page that follows."""
    sent = {}
    for tag in re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", page.get_data(as_text=True)):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and name[1] != "without_script":
            sent[name[1]] = unescape(value[1]) if value else ""
    return browser.client.post(f"{LIST}/{to}", data={**sent, **more})


def states(session: Session) -> list[str]:
    session.rollback()
    return list(session.execute(select(ServiceEntry.state).order_by(ServiceEntry.id)).scalars())


# The list


def test_the_export_has_the_number_and_a_shortened_name(session: Session, coordinator: Browser) -> None:
    (entry,) = waiting(session, 1)
    volunteer = session.get_one(Volunteer, entry.volunteer_id)
    name = session.get_one(Person, entry.person_id).name
    answer = coordinator.client.get(f"{LIST}?export=csv", buffered=True).get_data(as_text=True)
    assert volunteer.number in answer
    assert mask_name(name) in answer
    assert name not in answer


def test_the_list_holds_what_waits_until_another_state_is_asked_for(
    session: Session, coordinator: Browser
) -> None:
    one, two = waiting(session)
    name = {e.id: session.get_one(Person, e.person_id).name for e in (one, two)}
    hours.approved(session, [one])
    first = coordinator.get(LIST)
    assert f"/volunteers/service/{two.id}" in first
    assert f'/volunteers/service/{one.id}"' not in first
    assert name[two.id] in first
    assert "09:00–13:00" in first
    approved = coordinator.get(f"{LIST}?state=approved")
    assert f'/volunteers/service/{one.id}"' in approved
    assert f'/volunteers/service/{two.id}"' not in approved
    every = coordinator.get(f"{LIST}?state=all")
    assert all(f'/volunteers/service/{one.id}"' in every for one in (one, two))


def test_filters_narrow_the_list(session: Session, coordinator: Browser) -> None:
    person, group = makers.volunteer(session), makers.team(session)
    gathering = makers.activity(session, on=hours.yesterday(), team_id=group.id)
    here, there = hours.submitted(
        session,
        [
            hours.row(person, activity_id=gathering.id, field="aid"),
            hours.row(person, number=2, served_on=clock.today()),
        ],
    )
    unit = person.unit_id
    asked = {
        "field=aid": [here],
        "field=youth": [],
        f"team={group.id}": [here],
        f"activity={gathering.number}": [here],
        f"served_from={clock.today()}": [there],
        f"served_to={hours.yesterday()}": [here],
        f"unit={unit}": [here, there],
        "overlapping=y": [],
    }
    for query, found in asked.items():
        page = coordinator.get(f"{LIST}?{query}")
        shown = {entry.id for entry in (here, there) if f'/volunteers/service/{entry.id}"' in page}
        assert shown == {entry.id for entry in found}, query


def test_overlaps_after_a_merge_are_shown(session: Session, coordinator: Browser) -> None:
    one, two, other = waiting(session, 3)
    hours.approved(session, [one])
    loser, winner = (session.get_one(Person, e.person_id) for e in (one, two))
    run(SYSTEM, merge_persons, loser=loser, winner=winner, reason="同一人")
    page = coordinator.get(f"{LIST}?overlapping=y")
    shown = {e.id for e in (one, two, other) if f'/volunteers/service/{e.id}"' in page}
    assert shown == {one.id, two.id}


def test_hours_of_other_units_are_not_listed(app: Flask, session: Session) -> None:
    (entry,) = waiting(session, 1)
    stranger = Browser(app, session, Role.VOLUNTEER_COORDINATOR, make.YANJI)
    page = stranger.get(LIST)
    assert f"/volunteers/service/{entry.id}" not in page
    assert "No hours wait for approval" in page
    for url in (f"{LIST}/{entry.id}", f"{LIST}/{entry.id}/edit", f"{LIST}/{entry.id}/reverse"):
        assert stranger.client.get(url).status_code == 404


def test_who_may_not_approve_sees_no_buttons(app: Flask, session: Session) -> None:
    (entry,) = waiting(session, 1)
    auditor = Browser(app, session, Role.AUDITOR)
    page = auditor.get(LIST)
    assert f'/volunteers/service/{entry.id}"' in page
    assert f"{LIST}/approve" not in page
    assert f"{LIST}/enter" not in page
    assert auditor.client.get(f"{LIST}/enter").status_code == 403


def test_the_list_asks_as_often_for_many_rows(session: Session, coordinator: Browser) -> None:
    counts = []
    for more in (2, 40):
        waiting(session, more)
        coordinator.get(LIST)
        session.rollback()
        with statements() as sent:
            coordinator.get(LIST)
        counts.append(len(sent))
    assert counts[0] == counts[1]


@pytest.mark.sqlite_only
@pytest.mark.parametrize("scope", [EVERYWHERE, Scope(frozenset({3}))])
def test_what_waits_is_read_along_an_index(session: Session, scope: Scope) -> None:
    rows = service_entries(scope).order_by(ServiceEntry.served_on.desc(), ServiceEntry.id.desc()).limit(51)
    read = plan(session, rows)
    assert "USING INDEX ix_service_entry_" in read
    assert "TEMP B-TREE" not in read


# Deciding


def test_a_batch_is_approved_from_the_list(session: Session, coordinator: Browser) -> None:
    entries = waiting(session, 3)
    page = choose(coordinator, "approve", entries)
    assert "3 entries, 12 h together" in told(page)
    done = confirm(coordinator, "approve", page)
    assert (done.status_code, done.location) == (303, LIST)
    assert states(session) == ["approved"] * 3
    assert "3 entries are approved" in coordinator.get(LIST)
    again = confirm(coordinator, "approve", page)
    assert again.status_code == 303
    assert len(session.execute(select(ServiceLine)).all()) == 3


def test_all_that_a_filter_finds_is_approved(session: Session, coordinator: Browser) -> None:
    entries = waiting(session, 2)
    other = waiting(session, 1, field="aid")
    page = choose(coordinator, "approve", [], all="1", query="field=community")
    confirm(coordinator, "approve", page)
    assert states(session) == ["approved", "approved", "submitted"]
    assert [e.state for e in (*entries, *other)] == ["approved", "approved", "submitted"]


def test_ones_own_entries_are_left_for_somebody_else(
    app: Flask, session: Session, coordinator: Browser
) -> None:
    entries = waiting(session, 1)
    person = makers.volunteer(session)
    row = {
        "number": person.number,
        "served_on": hours.yesterday().isoformat(),
        "starts": "09:00",
        "hours": "4",
        "field": "aid",
    }
    coordinator.submit(f"{LIST}/enter", [row], unit=str(person.unit_id))
    session.rollback()
    own = session.execute(select(ServiceEntry).where(ServiceEntry.volunteer_id == person.id)).scalar_one()
    page = choose(coordinator, "approve", [*entries, own])
    assert "You submitted 1 of the chosen entries yourself" in told(page)
    confirm(coordinator, "approve", page)
    assert states(session) == ["approved", "submitted"]
    assert "somebody else approves it" in coordinator.get(f"{LIST}/{own.id}")
    none = choose(coordinator, "approve", [own])
    assert "None of these entries can be decided" in told(none)


def test_two_coordinators_with_one_batch_are_told(app: Flask, session: Session, coordinator: Browser) -> None:
    entries = waiting(session, 2)
    other = Browser(app, session, Role.VOLUNTEER_COORDINATOR)
    mine, theirs = (choose(browser, "approve", entries) for browser in (coordinator, other))
    confirm(other, "approve", theirs)
    answer = confirm(coordinator, "approve", mine)
    assert "were decided or withdrawn in the meantime" in told(answer)
    assert "None of these entries can be decided" in told(answer)
    assert len(session.execute(select(ServiceLine)).all()) == 2


def test_a_batch_is_rejected_with_a_reason(session: Session, coordinator: Browser) -> None:
    entries = waiting(session, 2)
    page = choose(coordinator, "reject", entries)
    refused = confirm(coordinator, "reject", page)
    assert refused.status_code == 200
    assert states(session) == ["submitted"] * 2
    done = confirm(coordinator, "reject", page, reason="时间有误")
    assert done.status_code == 303
    assert states(session) == ["rejected"] * 2
    assert "时间有误" in coordinator.get(f"{LIST}/{entries[0].id}")


def test_nothing_chosen_and_foreign_entries_change_nothing(
    app: Flask, session: Session, coordinator: Browser
) -> None:
    (entry,) = waiting(session, 1)
    assert coordinator.client.get(f"{LIST}/approve").location == LIST
    assert choose(coordinator, "approve", []).location == LIST
    assert "No entry is selected" in coordinator.get(LIST)
    stranger = Browser(app, session, Role.VOLUNTEER_COORDINATOR, make.YANJI)
    for to in ("approve", "reject"):
        sent = {**stranger.fill("/profile"), "ids": str(entry.id)}
        assert stranger.client.post(f"{LIST}/{to}", data=sent).status_code == 404
        sent = {**stranger.fill("/profile"), "chosen": str(entry.id), "seen": "x", "reason": "不符"}
        assert stranger.client.post(f"{LIST}/{to}", data=sent).status_code == 404
    assert states(session) == ["submitted"]


# One entry


def test_an_entry_is_corrected_taken_back_and_reversed(session: Session, coordinator: Browser) -> None:
    (entry,) = waiting(session, 1)
    url = f"{LIST}/{entry.id}"
    values = {"served_on": entry.served_on.isoformat(), "field": "aid", "content": "改正"}
    done = coordinator.submit(f"{url}/edit", starts="10:00", hours="2.5", **values)
    assert (done.status_code, done.location) == (303, url)
    session.rollback()
    assert (entry.starts, entry.minutes, entry.field) == (600, 150, "aid")
    hours.approved(session, [entry])
    page = coordinator.get(url)
    assert "2.5" in page
    assert "Take back" not in page
    wrong = coordinator.submit(f"{url}/edit", starts="10:00", hours="2", **values)
    assert "Say why" in told(wrong)
    done = coordinator.submit(f"{url}/reverse", reason="未到场")
    assert done.location == url
    assert states(session) == ["rejected"]
    assert "-2.5" in coordinator.get(url)
    coordinator.submit(f"{url}/edit", starts="10:00", hours="2", **values)
    done = coordinator.submit(f"{url}/withdraw", reason="重复")
    assert done.location == url
    assert states(session) == ["withdrawn"]
    assert f"{url}/edit" not in coordinator.get(url)


def test_times_that_cannot_be_read_are_told_at_their_field(session: Session, coordinator: Browser) -> None:
    (entry,) = waiting(session, 1)
    values = {"served_on": entry.served_on.isoformat(), "field": "aid", "content": ""}
    answer = coordinator.submit(f"{LIST}/{entry.id}/edit", starts="neun", hours="40", **values)
    assert "not a time of day" in told(answer)
    assert "Write the hours as a number" in told(answer)


def test_an_entry_changed_meanwhile_is_told(app: Flask, session: Session, coordinator: Browser) -> None:
    (entry,) = waiting(session, 1)
    values = {"served_on": entry.served_on.isoformat(), "field": "aid", "content": ""}
    sent = coordinator.fill(f"{LIST}/{entry.id}/edit", starts="09:00", hours="1", **values)
    hours.approved(session, [entry])
    answer = coordinator.post(f"{LIST}/{entry.id}/edit", {**sent, "reason": "更正时长"})
    assert "Somebody else changed this entry" in told(answer)
    assert states(session) == ["approved"]


# One volunteer


def test_the_hours_of_a_volunteer_by_year_and_field(session: Session, coordinator: Browser) -> None:
    person = makers.volunteer(session)
    makers.served(session, person, 240, hours.yesterday(), field="aid")
    makers.reversed_line(session, makers.served(session, person, 600, clock.today(), 0))
    makers.served(session, person, 90, makers.ENROLLED_ON, field="blood")
    page = coordinator.get(f"/volunteers/{person.id}/service")
    assert "Total of approved service: 5.5 h" in page
    text = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert f"{hours.yesterday().year} 4" in text
    assert "2024 1.5" in text
    assert "-10" in text
    running = [
        row.running
        for row in session.execute(
            lines_of_person(person.person_id).order_by(ServiceLine.served_on, ServiceLine.id)
        )
    ]
    assert running == [90, 330, 930, 330]


def test_a_volunteer_without_hours_is_told_what_to_do(session: Session, coordinator: Browser) -> None:
    page = coordinator.get(f"/volunteers/{makers.volunteer(session).id}/service")
    assert "No hours count yet" in page
    stranger = makers.volunteer(session, make.YANJI)
    assert coordinator.client.get(f"/volunteers/{stranger.id}/service").status_code == 404
