"""From enrolled to registered: proposed by the hours, applied for, and decided by somebody else."""

from __future__ import annotations

from datetime import date, timedelta
from secrets import token_hex

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from registry.accounts.queries import actor_for
from registry.core import clock
from registry.core.db import db
from registry.core.errors import ForbiddenError, RecordNotFoundError, RuleError
from registry.core.permissions import Role
from registry.core.scope import EVERYWHERE, SYSTEM, Scope
from registry.core.write import run
from registry.people.commands import merge_persons
from registry.people.models import Person
from registry.volunteers.commands import change_period, move_volunteer
from registry.volunteers.commands.registrations import (
    apply_registrations,
    approve_registration,
    reject_registration,
)
from registry.volunteers.commands.rules import change_rule
from registry.volunteers.models import RegistrationApplication, ServiceLine, Volunteer, VolunteerPeriod
from registry.volunteers.queries.registrations import proposals
from tests import accounts
from tests import factories as make
from tests import volunteers as makers
from tests.training import told
from tests.watching import last_entry, statements, together

LEAST = 1_200


def today() -> date:
    return clock.today()


def proposed(session: Session, scope: Scope = EVERYWHERE, year: int | None = None) -> list[int]:
    session.rollback()
    rows = proposals(scope, today(), LEAST, year).order_by(Volunteer.id)
    return [row.id for row in session.execute(rows)]


def serve(session: Session, one: Volunteer, minutes: int = LEAST, years_ago: int = 0) -> ServiceLine:
    return makers.served(session, one, minutes, on=date(today().year - years_ago, 1, 5), starts=0)


def ready(session: Session, count: int = 1, unit_code: str = make.NANGUAN) -> list[Volunteer]:
    found = makers.volunteers(session, count, unit_code)
    for one in found:
        serve(session, one)
    return found


def applied(session: Session, found: list[Volunteer]) -> list[RegistrationApplication]:
    made = run(make.actor(session, Role.VOLUNTEER_COORDINATOR, make.PROVINCE), apply_registrations, found)
    session.rollback()
    return [session.get_one(RegistrationApplication, one) for one in made.application_ids]


def approver(session: Session) -> object:
    return make.actor(session, Role.COUNTY_ADMIN)


def spans(session: Session, one: Volunteer) -> list[tuple[str, date, date | None]]:
    return [(p.kind, p.starts_on, p.ended_on) for p in makers.periods(session, one)]


# Who is proposed


def test_who_reached_the_hours_is_proposed(session: Session) -> None:
    enough, short, split, last_year, long_ago = makers.volunteers(session, 5)
    serve(session, enough)
    serve(session, short, LEAST - 1)
    serve(session, split, LEAST - 60)
    serve(session, split, LEAST - 60, years_ago=1)
    serve(session, last_year, years_ago=1)
    serve(session, long_ago, years_ago=2)
    assert proposed(session) == [enough.id, last_year.id]
    assert proposed(session, year=today().year) == [enough.id]
    assert proposed(session, year=today().year - 1) == [last_year.id]
    assert proposed(session, Scope(frozenset({make.unit(session, make.YANJI).id}))) == []


def test_reversed_hours_propose_nobody(session: Session) -> None:
    (one,) = makers.volunteers(session, 1)
    makers.reversed_line(session, serve(session, one))
    assert proposed(session) == []


def test_only_enrolled_volunteers_are_proposed(session: Session) -> None:
    found = ready(session, 3)
    makers.registered(session, found[0])
    makers.on_leave(session, found[1])
    assert proposed(session) == [found[2].id]


def test_who_applied_is_not_proposed_again_until_rejected(session: Session) -> None:
    found = ready(session)
    (application,) = applied(session, found)
    assert proposed(session) == []
    run(approver(session), reject_registration, application, reason="材料不全")
    assert proposed(session) == [found[0].id]


def merge(session: Session, one: Volunteer, other: Volunteer) -> None:
    loser, winner = session.get_one(Person, other.person_id), session.get_one(Person, one.person_id)
    run(SYSTEM, merge_persons, loser=loser, winner=winner, reason="同一人")
    session.rollback()


def test_hours_of_merged_entries_add_up_and_the_person_is_proposed_once(session: Session) -> None:
    one, other = makers.volunteers(session, 2)
    serve(session, one, LEAST // 2)
    serve(session, other, LEAST // 2)
    merge(session, one, other)
    assert proposed(session) == [one.id]
    applied(session, [one])
    assert proposed(session) == []


def test_who_is_registered_under_another_entry_is_not_proposed(session: Session) -> None:
    one, other = ready(session, 2)
    makers.registered(session, other)
    merge(session, one, other)
    assert proposed(session) == []


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(minutes=st.lists(st.integers(100, 700), min_size=1, max_size=5), reverse=st.sets(st.integers(0, 4)))
def test_proposed_is_who_has_the_sum(session: Session, minutes: list[int], reverse: set[int]) -> None:
    one = makers.volunteer(session)
    lines = [
        makers.served(session, one, part, on=date(today().year, 1, 1 + day), starts=0)
        for day, part in enumerate(minutes)
    ]
    for number in reverse & set(range(len(lines))):
        makers.reversed_line(session, lines[number])
    left = sum(part for number, part in enumerate(minutes) if number not in reverse)
    assert (one.id in proposed(session)) == (left >= LEAST)


@pytest.mark.sqlite_only
def test_proposals_walk_along_indexes(session: Session) -> None:
    rows = proposals(EVERYWHERE, today(), LEAST).order_by(Volunteer.number).limit(21)
    compiled = rows.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
    plan = "\n".join(row[-1] for row in session.execute(text(f"EXPLAIN QUERY PLAN {compiled}")))
    assert "ix_service_line_person (person_id=? AND served_on>? AND served_on<?)" in plan, plan
    assert "SCAN service_line" not in plan
    assert "TEMP B-TREE" not in plan


# Applying


def test_an_application_keeps_what_it_rests_on(session: Session) -> None:
    found = ready(session, 2)
    coordinator = make.actor(session, Role.VOLUNTEER_COORDINATOR)
    made = run(coordinator, apply_registrations, found)
    session.rollback()
    kept = session.get_one(RegistrationApplication, made.application_ids[0])
    assert (kept.volunteer_id, kept.year, kept.minutes) == (found[0].id, today().year, LEAST)
    assert (kept.state, kept.applied_by, kept.unit_id) == (
        "waiting",
        coordinator.user_id,
        found[0].unit_id,
    )
    entry = last_entry(session)
    assert (entry.action, entry.unit_id) == ("volunteers.apply_registrations", found[0].unit_id)


def test_all_are_applied_for_or_nobody(session: Session) -> None:
    found = ready(session, 2)
    idle = makers.volunteer(session)
    with pytest.raises(RuleError, match=idle.number):
        run(SYSTEM, apply_registrations, [*found, idle])
    applied(session, found[:1])
    with pytest.raises(RuleError, match=f"Not proposed any more: {found[0].number}"):
        run(SYSTEM, apply_registrations, found)
    session.rollback()
    assert session.execute(select(func.count()).select_from(RegistrationApplication)).scalar_one() == 1


def test_applying_keeps_to_reach_and_role(session: Session) -> None:
    found = ready(session, 1, make.YANJI)
    with pytest.raises(RecordNotFoundError):
        run(make.actor(session, Role.VOLUNTEER_COORDINATOR), apply_registrations, found)
    with pytest.raises(ForbiddenError):
        run(make.actor(session, Role.AUDITOR), apply_registrations, found)


def test_a_long_list_takes_no_more_statements(session: Session) -> None:
    sent = []
    for count in (2, 12):
        found = ready(session, count)
        session.rollback()
        with statements() as counted:
            run(SYSTEM, apply_registrations, found)
        sent.append(len(counted))
    assert sent[0] == sent[1]


# Deciding


def test_an_approval_begins_a_period(session: Session) -> None:
    found = ready(session)
    (application,) = applied(session, found)
    day = today() - timedelta(days=2)
    run(approver(session), approve_registration, application, starts_on=day, document="1号")
    assert spans(session, found[0]) == [
        ("enrolled", makers.ENROLLED_ON, day),
        ("registered", day, None),
    ]
    session.rollback()
    decided = session.get_one(RegistrationApplication, application.id)
    period = session.get_one(VolunteerPeriod, decided.volunteer_period_id)
    assert (decided.state, decided.document, period.kind, period.document) == (
        "approved",
        "1号",
        "registered",
        "1号",
    )
    entry = last_entry(session)
    assert (entry.action, entry.unit_id) == ("volunteers.approve_registration", found[0].unit_id)


def test_who_applied_does_not_decide(session: Session) -> None:
    found = ready(session)
    both = make.actor(session, Role.COUNTY_ADMIN)
    made = run(both, apply_registrations, found)
    session.rollback()
    application = session.get_one(RegistrationApplication, made.application_ids[0])
    with pytest.raises(RuleError, match="somebody else decides"):
        run(both, approve_registration, application, starts_on=today())
    run(approver(session), approve_registration, application, starts_on=today())


def test_only_an_approver_within_reach_decides(session: Session) -> None:
    (application,) = applied(session, ready(session))
    with pytest.raises(ForbiddenError):
        run(
            make.actor(session, Role.VOLUNTEER_COORDINATOR),
            approve_registration,
            application,
            starts_on=today(),
        )
    elsewhere = make.actor(session, Role.COUNTY_ADMIN, make.YANJI)
    with pytest.raises(RecordNotFoundError):
        run(elsewhere, approve_registration, application, starts_on=today())
    with pytest.raises(RecordNotFoundError):
        run(elsewhere, reject_registration, application, reason="材料不全")


def test_hours_reversed_meanwhile_refuse_the_approval(session: Session) -> None:
    (one,) = makers.volunteers(session, 1)
    line = serve(session, one)
    (application,) = applied(session, [one])
    makers.reversed_line(session, line)
    with pytest.raises(RuleError, match="Hours were reversed: 0 minutes are left"):
        run(approver(session), approve_registration, application, starts_on=today())
    assert spans(session, one) == [("enrolled", makers.ENROLLED_ON, None)]


def test_an_application_is_judged_by_its_own_rule(session: Session) -> None:
    found = ready(session)
    (application,) = applied(session, found)
    run(
        SYSTEM,
        change_rule,
        kind="registration",
        starts_on=today(),
        terms={"minutes_in_year": 6_000},
        source="新规定",
        confirmed=True,
    )
    run(approver(session), approve_registration, application, starts_on=today())
    assert spans(session, found[0])[-1][0] == "registered"


def test_what_was_decided_stays_decided(session: Session) -> None:
    first, second = applied(session, ready(session, 2))
    run(approver(session), approve_registration, first, starts_on=today())
    run(approver(session), reject_registration, second, reason="材料不全")
    assert last_entry(session).reason == "材料不全"
    for application in (first, second):
        with pytest.raises(RuleError, match="decided already"):
            run(approver(session), approve_registration, application, starts_on=today())
        with pytest.raises(RuleError, match="decided already"):
            run(approver(session), reject_registration, application, reason="材料不全")


@pytest.mark.parametrize("reason", ["", " "])
def test_a_rejection_says_why(session: Session, reason: str) -> None:
    (application,) = applied(session, ready(session))
    with pytest.raises(RuleError, match="Say why"):
        run(approver(session), reject_registration, application, reason=reason)


def test_who_is_no_enrolled_volunteer_any_more_is_not_registered(session: Session) -> None:
    one, moved, merged, winner = ready(session, 4)
    applications = applied(session, [one, moved, merged])
    run(SYSTEM, change_period, one, kind="leave", starts_on=today(), reason="出国学习")
    run(
        SYSTEM,
        move_volunteer,
        moved,
        unit_id=make.unit(session, make.YANJI).id,
        starts_on=today(),
        reason="搬家",
    )
    makers.registered(session, winner)
    merge(session, winner, merged)
    says = ("not an enrolled one any more", "belongs to another unit", "not an enrolled one any more")
    for application, said in zip(applications, says, strict=True):
        with pytest.raises(RuleError, match=said):
            run(approver(session), approve_registration, application, starts_on=today())


@pytest.mark.parametrize("days", [1, -10_000])
def test_a_day_that_cannot_be_is_refused(session: Session, days: int) -> None:
    (application,) = applied(session, ready(session))
    with pytest.raises(RuleError) as refused:
        run(
            approver(session),
            approve_registration,
            application,
            starts_on=today() + timedelta(days=days),
        )
    assert refused.value.field == "starts_on"


def test_two_approvers_at_once_register_once(app: Flask, session: Session) -> None:
    found = ready(session)
    (application,) = applied(session, found)
    people = [approver(session) for _ in range(3)]
    application_id, day = application.id, today()
    session.rollback()

    def approve(person: object) -> object:
        record = db.session.get_one(RegistrationApplication, application_id)
        return run(person, approve_registration, record, starts_on=day).id  # type: ignore[arg-type]

    results = together(app, [lambda person=person: approve(person) for person in people])  # type: ignore[misc]
    refused = [result for result in results if isinstance(result, RuleError)]
    assert [result for result in results if result == application_id] == [application_id]
    assert len(refused) == 2
    assert all("decided already" in str(error) for error in refused)
    assert [span[0] for span in spans(session, found[0])] == ["enrolled", "registered"]


# Pages


def reader(app: Flask, session: Session, role: Role = Role.COUNTY_ADMIN) -> accounts.Browser:
    browser = accounts.Browser(app.test_client())
    browser.sign_in(make.user(session, role, make.NANGUAN).username)
    browser.send("/language", language="en")
    return browser


BASE = "/volunteers/registrations"


def test_from_the_proposals_to_registered_volunteers(app: Flask, session: Session) -> None:
    found = ready(session, 2)
    coordinator, county = reader(app, session, Role.VOLUNTEER_COORDINATOR), reader(app, session)
    page = told(coordinator.get(BASE))
    assert all(one.number in page for one in found)
    assert "at least 20 approved hours" in page
    picked = accounts.text(coordinator.send(f"{BASE}/apply", ids=[one.id for one in found], query=""))
    assert "Apply for 2 volunteers?" in picked
    assert f"{today().year}: 20 hours" in picked
    chosen, key = ",".join(str(one.id) for one in found), token_hex(16)
    for _ in range(2):
        answer = coordinator.send(f"{BASE}/apply", chosen=chosen, form_key=key)
        assert (answer.status_code, answer.location) == (303, f"{BASE}?state=waiting")
    session.rollback()
    waiting = list(session.execute(select(RegistrationApplication.id)).scalars())
    assert len(waiting) == 2
    assert "Approve the selected" in told(county.get(f"{BASE}?state=waiting"))
    assert "Approve the selected" not in told(coordinator.get(f"{BASE}?state=waiting"))
    page = told(county.send(f"{BASE}/approve", ids=waiting, query="state=waiting"))
    assert "Register 2 volunteers?" in page
    sent = {"chosen": ",".join(map(str, waiting)), "starts_on": today().isoformat(), "document": "7号"}
    key = token_hex(16)
    for _ in range(2):
        answer = county.send(f"{BASE}/approve", form_key=key, **sent)
        assert (answer.status_code, answer.location) == (303, f"{BASE}?state=decided")
    assert {spans(session, one)[-1] for one in found} == {("registered", today(), None)}
    page = told(county.get(f"{BASE}?state=decided"))
    assert page.count("Registration approved") == 2
    assert found[0].number not in told(county.get(BASE))


def test_who_is_refused_stays_on_the_page_and_the_others_go_on(app: Flask, session: Session) -> None:
    one, other = makers.volunteers(session, 2)
    line = serve(session, one)
    serve(session, other)
    waiting = [application.id for application in applied(session, [one, other])]
    makers.reversed_line(session, line)
    answer = reader(app, session).send(
        f"{BASE}/approve",
        chosen=",".join(map(str, waiting)),
        starts_on=today().isoformat(),
        document="7号",
    )
    page = told(answer)
    assert answer.status_code == 200
    assert f"{one.number}: Hours were reversed" in page
    assert "1 volunteers are registered." in page
    assert f'name="chosen" type="hidden" value="{waiting[0]}"' in accounts.text(answer)
    assert [spans(session, each)[-1][0] for each in (one, other)] == ["enrolled", "registered"]


def test_rejecting_keeps_the_volunteer_enrolled(app: Flask, session: Session) -> None:
    (one,) = ready(session)
    (application,) = applied(session, [one])
    browser = reader(app, session)
    assert "Reject 1 applications?" in told(browser.send(f"{BASE}/reject", ids=[application.id], query=""))
    answer = browser.send(f"{BASE}/reject", chosen=str(application.id), reason="材料不全")
    assert answer.status_code == 303
    assert spans(session, one)[-1][0] == "enrolled"
    assert "材料不全" in told(browser.get(f"{BASE}?state=decided"))


def test_nothing_selected_and_nothing_within_reach_are_told(app: Flask, session: Session) -> None:
    (application,) = applied(session, ready(session, 1, make.YANJI))
    browser = reader(app, session)
    for path, ids in (("apply", []), ("approve", []), ("reject", [])):
        answer = browser.send(f"{BASE}/{path}", ids=ids, query="state=waiting")
        assert (answer.status_code, answer.location) == (303, f"{BASE}?state=waiting")
        assert "Nobody is selected" in told(browser.get(answer.location))
    answer = browser.send(f"{BASE}/approve", ids=[application.id], query="state=waiting")
    assert "None of them is in this list any more" in told(browser.get(answer.location))
    sent = {"chosen": str(application.id), "starts_on": today().isoformat()}
    assert browser.send(f"{BASE}/approve", **sent).status_code == 404


def test_the_export_is_masked(app: Flask, session: Session) -> None:
    (one,) = ready(session)
    name = session.get_one(Person, one.person_id).name
    browser = reader(app, session)
    assert name not in accounts.text(browser.get(f"{BASE}?export=csv"))
    applied(session, [one])
    exported = accounts.text(browser.get(f"{BASE}?state=waiting&export=csv"))
    assert one.number in exported
    assert name not in exported
    assert reader(app, session, Role.TRAINER).get(BASE).status_code == 403


def test_a_user_who_applied_is_told_before_approving(app: Flask, session: Session) -> None:
    found = ready(session)
    user = make.user(session, Role.COUNTY_ADMIN, make.NANGUAN)
    made = run(actor_for(session, user, today()), apply_registrations, found)
    browser = accounts.Browser(app.test_client())
    browser.sign_in(user.username)
    browser.send("/language", language="en")
    page = told(browser.send(f"{BASE}/approve", ids=list(made.application_ids), query="state=waiting"))
    assert f"You applied for {found[0].number} yourself" in page
