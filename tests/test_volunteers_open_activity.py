"""An activity is opened with its shifts, found in the list, and its page shows how far it is."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.permissions import Role
from registry.core.scope import EVERYWHERE, Scope
from registry.core.write import run
from registry.volunteers.commands.activities import Terms, open_activity
from registry.volunteers.commands.shifts import PlannedShift
from registry.volunteers.models import Activity, Shift
from registry.volunteers.queries.activities import activities, shifts_of
from tests import factories as make
from tests import volunteers as maker
from tests.test_query_plans import plan
from tests.training import Browser, last_action, rows_of, told
from tests.watching import last_entry, statements

OPEN = "/volunteers/activities/open"


def fields(session: Session, **more: Any) -> dict[str, Any]:
    """What is typed into the form."""
    return {
        "title": "社区宣传",
        "place": "南湖社区",
        "unit": str(make.unit(session).id),
        "field": "community",
        "starts_on": clock.today().isoformat(),
        "public": "y",
        **more,
    }


def a_shift(**more: Any) -> dict[str, Any]:
    """A row of the grid."""
    return {"held_on": "", "starts": "9:00", "ends": "13:00", "needed": "10", **more}


def terms(**more: Any) -> Terms:
    day = clock.today()
    values = {"title": "社区宣传", "place": "南湖", "field": "community", "starts_on": day, "ends_on": day}
    return Terms(**{**values, **more})


def planned(**more: Any) -> PlannedShift:
    return PlannedShift(**{"held_on": clock.today(), "starts": 540, "ends": 780, "needed": 5, **more})


@pytest.fixture
def browser(app: Flask, session: Session) -> Browser:
    return Browser(app, session, Role.VOLUNTEER_COORDINATOR)


def test_an_activity_opens_with_its_shifts(session: Session, browser: Browser) -> None:
    answer = browser.submit(
        OPEN, [a_shift(), a_shift(starts="13：00", ends="24:00", min_age="18")], **fields(session, risky="y")
    )
    assert answer.status_code == 303
    activity = session.execute(select(Activity)).scalar_one()
    assert activity.number == f"HD{clock.today().year}{activity.id:09d}"
    assert (activity.risky, activity.public, activity.state) == (True, True, "open")
    first, second = shifts_of(session, activity.id)
    assert (first.starts, first.ends, first.needed, first.held_on) == (540, 780, 10, clock.today())
    assert (second.starts, second.ends, second.min_age) == (780, 1_440, 18)
    entry = last_entry(session)
    assert (entry.action, entry.unit_id) == ("volunteers.open_activity", activity.unit_id)
    page = browser.get(answer.location)
    assert "Book volunteers" in page


def test_the_same_form_twice_opens_one(session: Session, browser: Browser) -> None:
    sent = browser.fill(OPEN, [a_shift()], **fields(session))
    first, second = browser.post(OPEN, sent), browser.post(OPEN, sent)
    assert first.location == second.location
    assert rows_of(session, Activity) == 1


@pytest.mark.parametrize(
    ("row", "column", "words"),
    [
        ({"starts": "13:00", "ends": "9:00"}, "Finishes at", "ends before it begins"),
        ({"starts": "25:00"}, "Begins at", "not a time of day"),
        ({"starts": "24:00", "ends": "24:00"}, "Begins at", "not a time of day"),
        ({"needed": "0"}, "Needed", "A whole number from 1"),
        ({"min_age": "900"}, "Minimum age", "A whole number from 1"),
        ({"held_on": "2020-01-01"}, "Day", "Lies outside the days"),
    ],
)
def test_a_wrong_cell_is_marked_and_what_was_typed_stays(
    session: Session, browser: Browser, row: dict[str, str], column: str, words: str
) -> None:
    answer = browser.submit(OPEN, [a_shift(), a_shift(**row)], **fields(session))
    assert answer.status_code == 200
    page = told(answer)
    assert f"Row 2 · {column}" in page
    assert words in page
    assert "社区宣传" in answer.get_data(as_text=True)
    assert rows_of(session, Activity) == 0


def test_shifts_of_one_activity_may_overlap(session: Session) -> None:
    actor = make.actor(session, Role.VOLUNTEER_COORDINATOR)
    unit_id = make.unit(session).id
    made = run(actor, open_activity, unit_id=unit_id, terms=terms(), shifts=[planned(), planned()])
    assert len(shifts_of(session, made.id)) == 2


@pytest.mark.parametrize(
    ("wrong", "shifts", "words"),
    [
        ({}, [], "at least one shift"),
        ({}, [{"starts": 780, "ends": 540}], "ends before it begins"),
        ({}, [{"ends": 1_441}], "outside the day"),
        ({}, [{"needed": 0}], "at least one volunteer"),
        ({}, [{"held_on": date(2020, 1, 1)}], "outside the days"),
        ({"field": "nothing"}, [{}], "field of service"),
        ({"ends_on": date(2020, 1, 1)}, [{}], "before the first"),
        ({"starts_on": date(2099, 1, 1), "ends_on": date(2099, 1, 1)}, [{}], "two years ahead"),
        ({"ends_on": date(2099, 1, 1)}, [{}], "at most a year"),
    ],
)
def test_the_command_refuses_what_cannot_be(
    session: Session, wrong: dict[str, Any], shifts: list[dict[str, Any]], words: str
) -> None:
    actor = make.actor(session, Role.VOLUNTEER_COORDINATOR)
    unit_id = make.unit(session).id
    with pytest.raises(RuleError, match=words):
        run(
            actor,
            open_activity,
            unit_id=unit_id,
            terms=terms(**wrong),
            shifts=[planned(**one) for one in shifts],
        )
    assert rows_of(session, Shift) == 0


def test_another_unit_and_its_team_do_not_exist(session: Session, browser: Browser) -> None:
    actor = make.actor(session, Role.VOLUNTEER_COORDINATOR)
    elsewhere, own = make.unit(session, make.YANJI).id, make.unit(session).id
    with pytest.raises(RecordNotFoundError):
        run(actor, open_activity, unit_id=elsewhere, terms=terms(), shifts=[planned()])
    team = maker.team(session, make.YANJI).id
    with pytest.raises(RecordNotFoundError):
        run(actor, open_activity, unit_id=own, terms=terms(team_id=team), shifts=[planned()])
    answer = browser.submit(OPEN, [a_shift()], **fields(session, unit=str(elsewhere)))
    assert "Not a valid choice" in told(answer)
    activity = maker.activity(session, make.YANJI)
    assert browser.client.get(f"/volunteers/activities/{activity.id}").status_code == 404


def test_a_trainer_sees_no_activities(app: Flask, session: Session) -> None:
    trainer = Browser(app, session, Role.TRAINER)
    assert trainer.client.get("/volunteers/activities").status_code == 403
    assert trainer.client.get(OPEN).status_code == 403
    auditor = Browser(app, session, Role.AUDITOR)
    assert auditor.client.get(OPEN).status_code == 403
    assert "No activity yet" in auditor.get("/volunteers/activities")


def test_the_list_filters_and_counts_statements(session: Session, browser: Browser) -> None:
    day = clock.today()
    for number in range(3):
        maker.shift(session, maker.activity(session, title=f"活动{number}", field="blood"), needed=4)
    maker.activity(session, title="别的活动", on=day + timedelta(days=40))
    url = "/volunteers/activities"
    with statements() as few:
        page = browser.get(f"{url}?field=blood")
    assert "活动0" in page
    assert "别的活动" not in page
    for number in range(8):
        maker.shift(session, maker.activity(session, title=f"又一{number}", field="blood"))
    with statements() as many:
        browser.get(f"{url}?field=blood")
    assert len(many) == len(few)
    assert "别的活动" in browser.get(f"{url}?starts_from={day + timedelta(days=30)}")
    assert "别的活动" not in browser.get(f"{url}?starts_to={day + timedelta(days=30)}")
    assert "活动1" not in browser.get(f"{url}?state=closed")
    assert "活动1" in browser.get(f"{url}?unit={make.unit(session).id}&text=活动")
    assert last_action(session) == "volunteers.factory"


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    ("units", "index"), [(None, "ix_activity_starts"), ((7,), "ix_activity_unit_starts (unit_id=?)")]
)
def test_the_list_is_read_in_its_order_by_an_index(
    session: Session, units: tuple[int, ...] | None, index: str
) -> None:
    scope = EVERYWHERE if units is None else Scope(frozenset(units))
    rows = activities(scope).order_by(Activity.starts_on.desc(), Activity.id.desc()).limit(21)
    told_plan = plan(session, rows)
    assert index in told_plan
    assert "ix_shift_activity (activity_id=?)" in told_plan
    assert "TEMP B-TREE" not in told_plan
