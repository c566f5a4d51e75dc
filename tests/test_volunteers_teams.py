"""Teams are founded and dissolved; who is in one, leads it and leaves it is dated and never overlaps."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from secrets import token_hex

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.errors import ForbiddenError, RecordNotFoundError, RuleError, StorageError
from registry.core.permissions import Role
from registry.core.scope import EVERYWHERE, SYSTEM
from registry.core.write import run, write
from registry.people.commands import merge_persons
from registry.people.models import Person, PersonReach
from registry.volunteers.commands import change_period
from registry.volunteers.commands.teams import (
    add_members,
    dissolve_team,
    edit_team,
    end_membership,
    found_team,
    name_leader,
)
from registry.volunteers.models import Team, TeamMembership, Volunteer
from registry.volunteers.queries.teams import members_now, teams
from tests import accounts
from tests import factories as make
from tests import volunteers as makers
from tests.training import Browser, told
from tests.watching import last_entry, statements

DAY = date(2025, 3, 1)
LATER = date(2025, 9, 1)


def spans(session: Session, team: Team) -> list[tuple[int, bool, date, date | None]]:
    session.rollback()
    rows = select(TeamMembership).where(TeamMembership.team_id == team.id)
    return [
        (m.volunteer_id, m.leader, m.starts_on, m.ended_on)
        for m in session.execute(rows.order_by(TeamMembership.starts_on, TeamMembership.id)).scalars()
    ]


def joined(session: Session, team: Team, *found: Volunteer, on: date = DAY) -> list[TeamMembership]:
    made = run(SYSTEM, add_members, team, list(found), starts_on=on)
    session.rollback()
    return [session.get_one(TeamMembership, one) for one in made.membership_ids]


# Founding, changing, dissolving


def test_a_coordinator_founds_a_team(session: Session) -> None:
    coordinator = make.actor(session, Role.VOLUNTEER_COORDINATOR)
    unit_id = make.unit(session).id
    team = run(coordinator, found_team, unit_id=unit_id, name=" 救援队 ", field="rescue", starts_on=DAY)
    assert (team.name, team.field, team.starts_on, team.ended_on) == ("救援队", "rescue", DAY, None)
    entry = last_entry(session)
    assert (entry.action, entry.unit_id) == ("volunteers.found_team", unit_id)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"name": " "}, "name"),
        ({"field": "singing"}, "field"),
        ({"starts_on": date(2999, 1, 1)}, "starts_on"),
        ({"name": "先有的队"}, "name"),
    ],
)
def test_a_team_that_makes_no_sense_is_refused(
    session: Session, values: dict[str, object], field: str
) -> None:
    makers.team(session, name="先有的队")
    asked = {"name": "救援队", "field": "rescue", "starts_on": DAY, **values}
    with pytest.raises(RuleError) as refused:
        run(SYSTEM, found_team, unit_id=make.unit(session).id, **asked)
    assert refused.value.field == field


def test_a_dissolved_team_leaves_its_name_free(session: Session) -> None:
    team = makers.team(session, name="救援队")
    run(SYSTEM, dissolve_team, team, ended_on=DAY, reason="任务完成")
    run(SYSTEM, found_team, unit_id=team.unit_id, name="救援队", field="aid", starts_on=DAY)
    for refused in (
        lambda: run(SYSTEM, edit_team, team, name="新名", field="aid"),
        lambda: run(SYSTEM, dissolve_team, team, ended_on=DAY, reason="再次"),
        lambda: joined(session, team, makers.volunteer(session)),
    ):
        with pytest.raises(RuleError, match="is dissolved since 2025-03-01"):
            refused()


def test_a_team_of_another_unit_does_not_exist(session: Session) -> None:
    coordinator = make.actor(session, Role.VOLUNTEER_COORDINATOR)
    team = makers.team(session, make.YANJI)
    with pytest.raises(RecordNotFoundError):
        run(coordinator, edit_team, team, name="新名", field="aid")
    with pytest.raises(RecordNotFoundError):
        run(coordinator, found_team, unit_id=team.unit_id, name="新队", field="aid", starts_on=DAY)
    with pytest.raises(ForbiddenError):
        run(make.actor(session, Role.AUDITOR), edit_team, makers.team(session), name="新", field="aid")


def test_a_change_keeps_its_own_name_and_no_other(session: Session) -> None:
    team, other = makers.team(session), makers.team(session)
    run(SYSTEM, edit_team, team, name=team.name, field="elderly")
    assert session.get_one(Team, team.id).field == "elderly"
    with pytest.raises(RuleError, match="has a team of this name"):
        run(SYSTEM, edit_team, team, name=other.name, field="elderly")


def test_dissolving_ends_every_membership(session: Session) -> None:
    team = makers.team(session)
    found = makers.volunteers(session, 2)
    joined(session, team, *found)
    run(SYSTEM, dissolve_team, team, ended_on=LATER, reason="任务完成")
    assert {span[3] for span in spans(session, team)} == {LATER}
    entry = last_entry(session)
    assert (entry.action, entry.unit_id, entry.reason) == (
        "volunteers.dissolve_team",
        team.unit_id,
        "任务完成",
    )


def test_a_team_is_not_dissolved_before_it_was_at_work(session: Session) -> None:
    team = makers.team(session)
    first, second = makers.volunteers(session, 2)
    (membership,) = joined(session, team, first)
    joined(session, team, second, on=date(2025, 5, 1))
    run(SYSTEM, end_membership, membership, ended_on=date(2025, 8, 1), reason="个人原因")
    with pytest.raises(RuleError, match="until 2025-08-01"):
        run(SYSTEM, dissolve_team, team, ended_on=date(2025, 7, 31), reason="任务完成")
    run(SYSTEM, dissolve_team, team, ended_on=date(2025, 8, 1), reason="任务完成")


# Joining


def test_several_join_at_once_and_come_within_reach_of_the_team(session: Session) -> None:
    team = makers.team(session, make.CHANGCHUN)
    found = makers.volunteers(session, 3)
    coordinator = make.actor(session, Role.VOLUNTEER_COORDINATOR, make.CHANGCHUN)
    made = run(coordinator, add_members, team, found, starts_on=DAY)
    assert (len(made.membership_ids), made.known) == (3, 0)
    reached = select(PersonReach.person_id).where(PersonReach.unit_id == team.unit_id)
    assert {one.person_id for one in found} <= set(session.execute(reached).scalars())
    entry = last_entry(session)
    assert (entry.action, entry.unit_id) == ("volunteers.add_members", team.unit_id)


def test_a_volunteer_may_be_in_several_teams(session: Session) -> None:
    one = makers.volunteer(session)
    for team in (makers.team(session), makers.team(session), makers.team(session)):
        joined(session, team, one)
    counts = session.execute(teams(EVERYWHERE, clock.today())).all()
    assert [row.members for row in counts] == [1, 1, 1]


def test_who_is_a_member_already_stays_one(session: Session) -> None:
    team = makers.team(session)
    first, second = makers.volunteers(session, 2)
    joined(session, team, first)
    made = run(SYSTEM, add_members, team, [first, second], starts_on=LATER)
    assert (len(made.membership_ids), made.known) == (1, 1)
    with pytest.raises(RuleError, match="All of them are members already"):
        run(SYSTEM, add_members, team, [first, second], starts_on=LATER)


def merged(session: Session) -> tuple[Volunteer, Volunteer]:
    one, other = makers.volunteers(session, 2)
    loser, winner = session.get_one(Person, other.person_id), session.get_one(Person, one.person_id)
    run(SYSTEM, merge_persons, loser=loser, winner=winner, reason="同一人")
    session.rollback()
    return one, other


def test_entries_of_a_merged_person_join_once(session: Session) -> None:
    one, other = merged(session)
    team = makers.team(session)
    made = run(SYSTEM, add_members, team, [one, other], starts_on=DAY)
    assert (len(made.membership_ids), made.known) == (1, 1)
    with pytest.raises(RuleError, match="All of them are members already"):
        run(SYSTEM, add_members, team, [other], starts_on=LATER)


def test_two_members_found_to_be_one_person_count_once(session: Session) -> None:
    one, other = makers.volunteers(session, 2)
    team = makers.team(session)
    joined(session, team, one, other)
    loser, winner = session.get_one(Person, other.person_id), session.get_one(Person, one.person_id)
    run(SYSTEM, merge_persons, loser=loser, winner=winner, reason="同一人")
    session.rollback()
    assert members_now(session, team.id, clock.today()) == 1
    (row,) = session.execute(teams(EVERYWHERE, clock.today())).all()
    assert row.members == 1


def test_who_does_not_serve_on_the_day_keeps_everybody_out(session: Session) -> None:
    team = makers.team(session)
    first, second = makers.volunteers(session, 2)
    run(SYSTEM, change_period, second, kind="leave", starts_on=DAY, reason="出国学习")
    with pytest.raises(RuleError, match=second.number) as refused:
        run(SYSTEM, add_members, team, [first, second], starts_on=DAY)
    assert refused.value.field == "starts_on"
    assert spans(session, team) == []
    # The day before both served.
    run(SYSTEM, add_members, team, [first, second], starts_on=DAY - timedelta(days=1))
    assert len(spans(session, team)) == 2


@pytest.mark.parametrize(
    ("day", "says"),
    [(date(2999, 1, 1), "in the future"), (makers.ENROLLED_ON - timedelta(days=1), "The team began on")],
)
def test_a_day_outside_the_team_is_refused(session: Session, day: date, says: str) -> None:
    with pytest.raises(RuleError, match=says):
        run(SYSTEM, add_members, makers.team(session), [makers.volunteer(session)], starts_on=day)


def test_nobody_is_no_list(session: Session) -> None:
    with pytest.raises(RuleError, match="Nobody is named"):
        run(SYSTEM, add_members, makers.team(session), [], starts_on=DAY)


def test_who_left_later_cannot_join_before(session: Session) -> None:
    team, one = makers.team(session), makers.volunteer(session)
    (membership,) = joined(session, team, one)
    run(SYSTEM, end_membership, membership, ended_on=LATER, reason="个人原因")
    with pytest.raises(RuleError, match="Left this team after that day"):
        joined(session, team, one, on=LATER - timedelta(days=1))
    joined(session, team, one, on=LATER)
    assert [span[2:] for span in spans(session, team)] == [(DAY, LATER), (LATER, None)]


def test_a_volunteer_out_of_reach_cannot_be_put_into_a_team(session: Session) -> None:
    coordinator = make.actor(session, Role.VOLUNTEER_COORDINATOR)
    with pytest.raises(RecordNotFoundError):
        run(
            coordinator,
            add_members,
            makers.team(session),
            [makers.volunteer(session, make.YANJI)],
            starts_on=DAY,
        )


def test_the_database_refuses_a_second_open_membership(session: Session) -> None:
    team, one = makers.team(session), makers.volunteer(session)
    (membership,) = joined(session, team, one)
    with pytest.raises((StorageError, IntegrityError)), write("volunteers.test", SYSTEM) as w:
        w.add(
            TeamMembership(
                team_id=team.id,
                volunteer_id=one.id,
                person_id=one.person_id,
                unit_id=membership.unit_id,
                starts_on=LATER,
            )
        )


def test_a_long_list_takes_no_more_statements(session: Session) -> None:
    sent = []
    for count in (3, 40):
        team, found = makers.team(session), makers.volunteers(session, count)
        session.rollback()
        with statements() as counted:
            run(SYSTEM, add_members, team, found, starts_on=DAY)
        sent.append(len(counted))
    assert sent[0] == sent[1]


# Leaving and leading


def test_a_membership_ends_with_a_reason(session: Session) -> None:
    team, one = makers.team(session), makers.volunteer(session)
    (membership,) = joined(session, team, one)
    with pytest.raises(RuleError, match="began on 2025-03-01"):
        run(SYSTEM, end_membership, membership, ended_on=DAY - timedelta(days=1), reason="个人原因")
    with pytest.raises(RuleError, match="in the future"):
        run(SYSTEM, end_membership, membership, ended_on=date(2999, 1, 1), reason="个人原因")
    with pytest.raises(RuleError, match="Say why"):
        run(SYSTEM, end_membership, membership, ended_on=LATER, reason=" ")
    run(SYSTEM, end_membership, membership, ended_on=LATER, reason="个人原因")
    entry = last_entry(session)
    assert (entry.action, entry.unit_id, entry.reason) == (
        "volunteers.end_membership",
        team.unit_id,
        "个人原因",
    )
    with pytest.raises(RuleError, match="over already"):
        run(SYSTEM, end_membership, membership, ended_on=LATER, reason="个人原因")
    assert members_now(session, team.id, LATER) == 0
    assert members_now(session, team.id, LATER - timedelta(days=1)) == 1


def test_who_led_when_stays_readable(session: Session) -> None:
    team, one = makers.team(session), makers.volunteer(session)
    (membership,) = joined(session, team, one)
    leading = run(SYSTEM, name_leader, membership, leader=True, starts_on=LATER)
    with pytest.raises(RuleError, match="leads the team already"):
        run(SYSTEM, name_leader, leading, leader=True, starts_on=LATER)
    run(SYSTEM, name_leader, leading, leader=False, starts_on=date(2026, 1, 1))
    assert [span[1:] for span in spans(session, team)] == [
        (False, DAY, LATER),
        (True, LATER, date(2026, 1, 1)),
        (False, date(2026, 1, 1), None),
    ]
    assert last_entry(session).action == "volunteers.name_leader"


def test_a_leader_from_the_first_day_has_one_membership(session: Session) -> None:
    team, one = makers.team(session), makers.volunteer(session)
    (membership,) = joined(session, team, one)
    run(SYSTEM, name_leader, membership, leader=True, starts_on=DAY)
    assert [span[1:] for span in spans(session, team)] == [(True, DAY, None)]
    for day, says in ((DAY - timedelta(days=1), "began on"), (date(2999, 1, 1), "in the future")):
        with pytest.raises(RuleError, match=says):
            run(SYSTEM, name_leader, membership, leader=False, starts_on=day)


STEPS = st.lists(
    st.tuples(st.sampled_from(["join", "end", "lead", "unlead"]), st.integers(0, 12)),
    min_size=3,
    max_size=14,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_memberships_of_a_volunteer_in_a_team_never_overlap(
    session: Session, steps: list[tuple[str, int]]
) -> None:
    team, one = makers.team(session), makers.volunteer(session)
    for step, number in steps:
        day = DAY + timedelta(days=number)
        session.rollback()
        rows = select(TeamMembership).where(
            TeamMembership.team_id == team.id, TeamMembership.ended_on.is_(None)
        )
        membership = session.execute(rows).scalar()
        try:
            if step == "join":
                run(SYSTEM, add_members, team, [one], starts_on=day)
            elif membership is not None and step == "end":
                run(SYSTEM, end_membership, membership, ended_on=day, reason="个人原因")
            elif membership is not None:
                run(SYSTEM, name_leader, membership, leader=step == "lead", starts_on=day)
        except RuleError:
            pass
        found = spans(session, team)
        for before, after in pairwise(found):
            assert before[3] is not None
            assert before[3] <= after[2]


# Pages


@pytest.fixture
def browser(app: Flask, session: Session) -> accounts.Browser:
    opened = accounts.Browser(app.test_client())
    opened.sign_in(make.user(session, Role.VOLUNTEER_COORDINATOR, make.CHANGCHUN).username)
    opened.send("/language", language="en")
    return opened


def test_the_list_names_members_and_leaders(session: Session, browser: accounts.Browser) -> None:
    team = makers.team(session, name="先锋队")
    one, two = makers.volunteers(session, 2)
    memberships = joined(session, team, one, two)
    run(SYSTEM, name_leader, memberships[0], leader=True, starts_on=DAY)
    page = told(browser.get("/volunteers/teams"))
    assert "先锋队 Emergency rescue and first aid" in page
    assert session.get_one(Person, one.person_id).name in page
    assert "Nothing matches" in told(browser.get("/volunteers/teams?state=dissolved"))
    assert "先锋队" in told(browser.get("/volunteers/teams?state=standing&field=rescue&text=先锋"))


def test_from_the_list_of_volunteers_into_a_team(session: Session, browser: accounts.Browser) -> None:
    team, found = makers.team(session), makers.volunteers(session, 3)
    url = "/volunteers/teams/members/add"
    page = accounts.text(browser.send(url, ids=[found[0].id, found[2].id], query=""))
    assert found[0].number in page
    assert found[1].number not in page
    numbers = f"{found[0].number.lower()}，{found[2].number}\n"
    key = token_hex(16)
    sent = {"team": team.id, "numbers": numbers, "starts_on": DAY.isoformat(), "form_key": key}
    answer = browser.send(url, **sent)
    assert (answer.status_code, answer.location) == (303, f"/volunteers/teams/{team.id}")
    assert browser.send(url, **sent).location == answer.location
    assert len(spans(session, team)) == 2
    page = told(browser.get(answer.location))
    assert "Members now 2" in page
    assert "End the membership" in page


def test_a_number_out_of_reach_is_told_and_kept(session: Session, browser: accounts.Browser) -> None:
    team, here = makers.team(session), makers.volunteer(session)
    there = makers.volunteer(session, make.YANJI)
    page = accounts.text(
        browser.send(
            "/volunteers/teams/members/add",
            team=team.id,
            numbers=f"{here.number} {there.number}",
            starts_on=DAY.isoformat(),
        )
    )
    assert f"No volunteers within your reach: {there.number}" in page
    assert here.number in page
    assert spans(session, team) == []


def test_nobody_selected_is_told(session: Session, browser: accounts.Browser) -> None:
    makers.team(session)
    answer = browser.send("/volunteers/teams/members/add", query="state=enrolled")
    assert (answer.status_code, answer.location) == (303, "/volunteers/?state=enrolled")
    assert "Nobody is selected" in told(browser.get(answer.location))


def test_a_leader_page_that_is_out_of_date_undoes_nothing(
    session: Session, browser: accounts.Browser
) -> None:
    (membership,) = joined(session, makers.team(session), makers.volunteer(session))
    url = f"/volunteers/teams/members/{membership.id}/leader"
    for _ in range(2):  # Two people with the same page; the second is told.
        answer = browser.send(url, leader="1", starts_on=DAY.isoformat())
    assert answer.status_code == 200
    assert "leads the team already" in told(answer)
    session.rollback()
    assert session.get_one(TeamMembership, membership.id).leader


def test_pages_of_another_unit_do_not_exist(app: Flask, session: Session) -> None:
    team = makers.team(session, make.YANJI)
    (membership,) = joined(session, team, makers.volunteer(session, make.YANJI))
    reader = Browser(app, session, Role.VOLUNTEER_COORDINATOR)
    for url in (
        f"teams/{team.id}",
        f"teams/{team.id}/edit",
        f"teams/{team.id}/dissolve",
        f"teams/members/{membership.id}/end",
        f"teams/members/{membership.id}/leader",
    ):
        assert reader.client.get(f"/volunteers/{url}").status_code == 404, url
    auditor = Browser(app, session, Role.AUDITOR, make.YANJI)
    assert "End the membership" not in auditor.get(f"/volunteers/teams/{team.id}")
    assert auditor.client.get("/volunteers/teams/found").status_code == 403
