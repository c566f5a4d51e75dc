"""Hours of a shift and of a pasted list, entered for many people at once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.core.clock import SHANGHAI
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.secrets import new_token
from registry.core.write import run, write
from registry.people.commands import merge_persons
from registry.people.models import Person
from registry.volunteers.models import (
    Activity,
    CheckEvent,
    ServiceEntry,
    Shift,
    Volunteer,
)
from tests import factories as make
from tests import hours
from tests import volunteers as makers
from tests.training import Browser, told


def came(shift: Shift, found: Volunteer, *moments: tuple[str, int]) -> None:
    """Check-ins and check-outs of a volunteer at minutes of the day of the shift."""
    with write("volunteers.factory", SYSTEM) as w:
        for kind, minute in moments:
            at = datetime.combine(shift.held_on, time(0), SHANGHAI) + timedelta(minutes=minute)
            w.add(
                CheckEvent(
                    client_key=new_token(),
                    shift_id=shift.id,
                    volunteer_id=found.id,
                    person_id=found.person_id,
                    unit_id=shift.unit_id,
                    kind=kind,
                    occurred_at=at.astimezone(UTC),
                    received_at=w.at,
                    method="list",
                )
            )


def gathering(session: Session, **more: Any) -> tuple[Activity, Shift]:
    """An activity of yesterday with a shift from 09:00 to 13:00."""
    found = makers.activity(session, on=hours.yesterday(), **more)
    return found, makers.shift(session, found)


def grid_of(page: str) -> list[dict[str, str]]:
    """The rows of the grid of a page as the script reads them."""
    return json.loads(unescape(page.split('data-rows="', 1)[1].split('"', 1)[0]))


def entries(session: Session) -> list[ServiceEntry]:
    session.rollback()
    return list(session.execute(select(ServiceEntry).order_by(ServiceEntry.id)).scalars())


@pytest.fixture
def coordinator(app: Flask, session: Session) -> Browser:
    return Browser(app, session, Role.VOLUNTEER_COORDINATOR)


# A shift


def test_who_checked_in_is_ticked_with_the_time_present(session: Session, coordinator: Browser) -> None:
    activity, shift = gathering(session)
    one, two, three, four = makers.volunteers(session, 4)
    came(shift, one, ("in", 535), ("out", 785))
    came(shift, two, ("in", 560), ("out", 760))
    came(shift, three, ("in", 540))
    hours.booked(shift, four)
    hours.booked(shift, one)
    rows = {row["id"]: row for row in grid_of(coordinator.get(f"/volunteers/activities/{activity.id}/hours"))}
    shown = {
        person.id: (
            rows[str(person.id)]["there"],
            rows[str(person.id)]["starts"],
            rows[str(person.id)]["hours"],
        )
        for person in (one, two, three, four)
    }
    assert shown == {
        one.id: ("1", "09:00", "4"),
        two.id: ("1", "09:20", "3"),
        three.id: ("1", "09:00", ""),
        four.id: ("", "09:00", ""),
    }


def test_one_number_submits_the_hours_of_everybody_checked_in(session: Session, coordinator: Browser) -> None:
    activity, shift = gathering(session)
    people = makers.volunteers(session, 23)
    for place, one in enumerate(people):
        came(shift, one, ("in", 530 + place))
    url = f"/volunteers/activities/{activity.id}/hours"
    rows = grid_of(coordinator.get(url))
    answer = coordinator.submit(url, rows, hours_all="4")
    assert answer.status_code == 303
    assert f"activity={activity.number}" in answer.location
    found = entries(session)
    assert len(found) == 23
    assert {(e.starts, e.minutes, e.source, e.state, e.shift_id) for e in found} == {
        (540, 240, "check", "submitted", shift.id)
    }
    assert {e.submitted_by for e in found} == {coordinator.user.id}
    page = coordinator.get(url)
    assert "The hours of everybody at this shift are entered" in page


def test_a_late_comer_keeps_the_beginning_while_the_hours_fit(session: Session, coordinator: Browser) -> None:
    activity, shift = gathering(session)
    person = makers.volunteer(session)
    came(shift, person, ("in", 600))
    url = f"/volunteers/activities/{activity.id}/hours"
    coordinator.submit(url, grid_of(coordinator.get(url)), hours_all="2")
    (entry,) = entries(session)
    assert (entry.starts, entry.minutes) == (600, 120)


def test_more_hours_than_the_shift_had_are_refused(session: Session, coordinator: Browser) -> None:
    activity, shift = gathering(session)
    came(shift, makers.volunteer(session), ("in", 540))
    url = f"/volunteers/activities/{activity.id}/hours"
    answer = coordinator.submit(url, grid_of(coordinator.get(url)), hours_all="5")
    assert "The shift had only 4 h" in told(answer)
    assert entries(session) == []


def test_who_did_not_check_out_needs_hours(session: Session, coordinator: Browser) -> None:
    activity, shift = gathering(session)
    came(shift, makers.volunteer(session), ("in", 540))
    url = f"/volunteers/activities/{activity.id}/hours"
    rows = grid_of(coordinator.get(url))
    answer = coordinator.submit(url, rows)
    assert "Write the hours as a number" in answer.get_data(as_text=True)
    assert entries(session) == []
    assert coordinator.submit(url, [{**rows[0], "hours": "3.5"}]).status_code == 303
    (entry,) = entries(session)
    assert entry.minutes == 210


def test_a_booked_one_who_came_is_ticked_by_hand(session: Session, coordinator: Browser) -> None:
    activity, shift = gathering(session)
    one, two = makers.volunteers(session, 2)
    for person in (one, two):
        hours.booked(shift, person)
    url = f"/volunteers/activities/{activity.id}/hours"
    rows = [
        {**row, "there": "1" if row["id"] == str(one.id) else ""} for row in grid_of(coordinator.get(url))
    ]
    coordinator.submit(url, rows, hours_all="4")
    (entry,) = entries(session)
    assert (entry.volunteer_id, entry.source) == (one.id, "grid")
    assert [row["id"] for row in grid_of(coordinator.get(url))] == [str(two.id)]


def test_nothing_ticked_submits_nothing(session: Session, coordinator: Browser) -> None:
    activity, shift = gathering(session)
    hours.booked(shift, makers.volunteer(session))
    url = f"/volunteers/activities/{activity.id}/hours"
    answer = coordinator.submit(url, grid_of(coordinator.get(url)), hours_all="4")
    assert "No hours are filled in" in told(answer)


def test_only_people_of_the_shift_are_taken(session: Session, coordinator: Browser) -> None:
    activity, shift = gathering(session)
    came(shift, makers.volunteer(session), ("in", 540))
    stranger = makers.volunteer(session)
    url = f"/volunteers/activities/{activity.id}/hours"
    rows = [*grid_of(coordinator.get(url)), {"id": str(stranger.id), "there": "1", "hours": "4"}]
    coordinator.submit(url, rows, hours_all="4")
    assert stranger.id not in {entry.volunteer_id for entry in entries(session)}


def test_an_overlap_is_shown_at_its_row(session: Session, coordinator: Browser) -> None:
    activity, shift = gathering(session)
    one, two = makers.volunteers(session, 2)
    for person in (one, two):
        came(shift, person, ("in", 540))
    hours.submitted(session, [hours.row(one, 600, 60)])
    url = f"/volunteers/activities/{activity.id}/hours"
    answer = coordinator.submit(url, grid_of(coordinator.get(url)), hours_all="4")
    assert answer.status_code == 200
    assert "10:00–11:00 is entered already" in unescape(answer.get_data(as_text=True))
    assert len(entries(session)) == 1


def test_a_merged_person_stands_in_the_grid_once(session: Session, coordinator: Browser) -> None:
    activity, shift = gathering(session)
    one, two = makers.volunteers(session, 2)
    came(shift, one, ("in", 540))
    hours.booked(shift, two)
    loser, winner = (session.get_one(Person, v.person_id) for v in (one, two))
    run(SYSTEM, merge_persons, loser=loser, winner=winner, reason="同一人")
    url = f"/volunteers/activities/{activity.id}/hours"
    rows = grid_of(coordinator.get(url))
    assert [(row["id"], row["there"]) for row in rows] == [(str(one.id), "1")]


def test_a_cancelled_activity_says_so_and_keeps_its_check_ins(session: Session, coordinator: Browser) -> None:
    activity, shift = gathering(session)
    came(shift, makers.volunteer(session), ("in", 540))
    url = f"/volunteers/activities/{activity.id}/hours"
    sent = coordinator.fill(url, grid_of(coordinator.get(url)), hours_all="4")
    with write("volunteers.factory", SYSTEM) as w:
        w.session.get_one(Activity, activity.id).state = "cancelled"
    answer = coordinator.post(url, sent)
    assert "cancelled" in told(answer)
    assert entries(session) == []
    assert session.execute(select(func.count()).select_from(CheckEvent)).scalar_one() == 1


def test_the_shift_is_chosen_by_its_address(session: Session, coordinator: Browser) -> None:
    activity, morning = gathering(session)
    evening = makers.shift(session, activity, 1_080, 1_200)
    person = makers.volunteer(session)
    came(evening, person, ("in", 1_080), ("out", 1_200))
    url = f"/volunteers/activities/{activity.id}/hours"
    assert [row["starts"] for row in grid_of(coordinator.get(url))] == ["18:00"]
    assert "Nobody checked in" in coordinator.get(f"{url}?shift={morning.id}")
    _other, foreign = gathering(session)
    for shift_id in (foreign.id, 10**9, "x"):
        assert coordinator.client.get(f"{url}?shift={shift_id}").status_code == 404


def test_an_activity_of_another_unit_is_unknown(app: Flask, session: Session) -> None:
    activity, _ = gathering(session)
    stranger = Browser(app, session, Role.VOLUNTEER_COORDINATOR, make.YANJI)
    assert stranger.client.get(f"/volunteers/activities/{activity.id}/hours").status_code == 404


def test_the_same_grid_sent_twice_is_saved_once(session: Session, coordinator: Browser) -> None:
    activity, shift = gathering(session)
    came(shift, makers.volunteer(session), ("in", 540))
    url = f"/volunteers/activities/{activity.id}/hours"
    sent = coordinator.fill(url, grid_of(coordinator.get(url)), hours_all="4")
    first, second = coordinator.post(url, sent), coordinator.post(url, sent)
    assert (first.status_code, second.status_code, second.location) == (303, 303, first.location)
    assert len(entries(session)) == 1


# Without an activity


def line(number: str = "", name: str = "", **more: str) -> dict[str, str]:
    values = {"served_on": hours.yesterday().isoformat(), "starts": "09:00", "hours": "4"}
    return {"number": number, "name": name, **values, "field": "community", "content": "宣传", **more}


def pasted(session: Session, browser: Browser, rows: Sequence[dict[str, str]]) -> Any:
    return browser.submit("/volunteers/service/enter", rows, unit=str(make.unit(session).id))


def test_a_pasted_list_is_submitted(session: Session, coordinator: Browser) -> None:
    one, two = makers.volunteers(session, 2)
    name = session.get_one(Person, two.person_id).name
    assert pasted(session, coordinator, [line(one.number), line(name=name, hours="1.5")]).status_code == 303
    first, second = entries(session)
    assert (first.volunteer_id, first.minutes, first.source) == (one.id, 240, "grid")
    assert (second.volunteer_id, second.minutes, second.content) == (two.id, 90, "宣传")


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"number": "ZY999999999"}, "No volunteer within your reach has this number"),
        ({"number": "", "name": "查无此人"}, "No volunteer within your reach has this name"),
        ({"number": ""}, "Name the volunteer by number"),
        ({"name": "另一人"}, "has another name"),
        ({"served_on": "gestern"}, "This is not a date"),
        ({"starts": "neun"}, "not a time of day"),
        ({"hours": "40"}, "Write the hours as a number"),
        ({"hours": "0.75"}, "counted in steps"),
        ({"served_on": "2099-01-01"}, "lies in the future"),
    ],
)
def test_what_is_wrong_in_a_pasted_row_is_told(
    session: Session, coordinator: Browser, changed: dict[str, str], reason: str
) -> None:
    one, two = makers.volunteers(session, 2)
    answer = pasted(session, coordinator, [line(one.number), {**line(two.number), **changed}])
    assert answer.status_code == 200
    assert reason in unescape(answer.get_data(as_text=True))
    assert entries(session) == []


def test_a_unit_out_of_reach_is_no_choice(session: Session, coordinator: Browser) -> None:
    person = makers.volunteer(session)
    answer = coordinator.submit(
        "/volunteers/service/enter", [line(person.number)], unit=str(make.unit(session, make.YANJI).id)
    )
    assert answer.status_code == 200
    assert entries(session) == []
