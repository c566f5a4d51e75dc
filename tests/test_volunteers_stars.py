"""Star levels are proposed by hours, published for objections, and awarded by somebody else afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.db import db
from registry.core.errors import ForbiddenError, RecordNotFoundError, RuleError
from registry.core.journal import JournalEntry
from registry.core.permissions import Role
from registry.core.scope import EVERYWHERE, SYSTEM, Scope
from registry.core.write import run, write
from registry.people.models import Person
from registry.volunteers.commands.stars import award_stars, publish_stars, reject_star, withdraw_star
from registry.volunteers.models import ServiceLine, StarAward, Volunteer
from registry.volunteers.queries.ledger import minutes_of
from registry.volunteers.queries.stars import proposals
from registry.volunteers.rules import rule_on
from tests import factories as make
from tests import volunteers as makers
from tests.accounts import text
from tests.endpoints import Reader
from tests.watching import last_entry, statements, together

FIRST = date(2024, 2, 1)


def served_hours(
    session: Session, volunteer: Volunteer, hours: int, first: date = FIRST
) -> list[ServiceLine]:
    """So many hours, twenty on a day."""
    parts = [min(hours - done, 20) * 60 for done in range(0, hours, 20)]
    days = [(first + timedelta(days=place), minutes) for place, minutes in enumerate(parts)]
    return makers.served_on_days(volunteer, days, starts=0)


def proposed(session: Session, scope: Scope = EVERYWHERE) -> dict[int, tuple[int, int]]:
    session.rollback()
    rule = rule_on(session, "stars", clock.today())
    return {row.id: (row.level, row.skipped) for row in session.execute(proposals(scope, rule))}


def published(session: Session, volunteers: list[Volunteer], actor: Any = SYSTEM) -> list[StarAward]:
    ids = run(actor, publish_stars, volunteers)
    session.rollback()
    return list(session.execute(select(StarAward).where(StarAward.id.in_(ids))).scalars())


@contextmanager
def after_notice() -> Iterator[None]:
    with time_machine.travel(clock.end_of_day(clock.today() + timedelta(days=7)), tick=False):
        yield


# Proposals


@pytest.mark.parametrize(
    ("hours", "told"),
    [(99, None), (100, (1, 0)), (299, (1, 0)), (300, (2, 1)), (600, (3, 2)), (1_500, (5, 4))],
)
def test_the_highest_level_reached_is_proposed(
    session: Session, hours: int, told: tuple[int, int] | None
) -> None:
    volunteer = makers.volunteer(session)
    served_hours(session, volunteer, hours)
    assert proposed(session).get(volunteer.id) == told


def test_reversed_hours_do_not_count(session: Session) -> None:
    volunteer = makers.volunteer(session)
    lines = served_hours(session, volunteer, 100)
    makers.reversed_line(session, lines[0])
    assert proposed(session) == {}


def test_a_merged_person_is_proposed_once_with_all_hours(session: Session) -> None:
    one, other = makers.volunteers(session, 2)
    served_hours(session, one, 60)
    served_hours(session, other, 40, FIRST + timedelta(days=50))
    assert proposed(session) == {}
    with write("people.factory", SYSTEM) as w:
        w.session.get_one(Person, other.person_id).canonical_id = one.person_id
    assert proposed(session) == {one.id: (1, 0)}
    published(session, [one])
    assert proposed(session) == {}


def test_other_units_are_not_seen(session: Session) -> None:
    here, there = makers.volunteer(session), makers.volunteer(session, make.YANJI)
    served_hours(session, here, 100)
    served_hours(session, there, 100)
    assert set(proposed(session, Scope(frozenset([here.unit_id])))) == {here.id}
    with pytest.raises(RecordNotFoundError):
        run(make.actor(session, Role.VOLUNTEER_COORDINATOR), publish_stars, [there])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(1, 20), st.booleans()), max_size=25))
def test_proposed_is_what_the_standing_hours_reach(session: Session, rows: list[tuple[int, bool]]) -> None:
    session.rollback()
    volunteer = makers.volunteer(session)
    total = 0
    for place, (hours, undone) in enumerate(rows):
        line = makers.served(session, volunteer, hours * 60, FIRST + timedelta(days=place), starts=0)
        if undone:
            makers.reversed_line(session, line)
        total += 0 if undone else hours
    session.rollback()
    assert minutes_of(session, [volunteer.person_id]).get(volunteer.person_id, 0) == total * 60
    level = sum(total >= needed for needed in (100, 300, 600, 1_000, 1_500))
    assert proposed(session).get(volunteer.id) == ((level, level - 1) if level else None)


# From the notice to the award


def test_published_for_the_days_of_the_rule_then_awarded(session: Session) -> None:
    volunteer = makers.volunteer(session)
    served_hours(session, volunteer, 100)
    coordinator = make.actor(session, Role.VOLUNTEER_COORDINATOR)
    (award,) = published(session, [volunteer], coordinator)
    assert (award.state, award.level, award.minutes) == ("published", 1, 6_000)
    assert award.published_until == clock.today() + timedelta(days=6)
    entry = last_entry(session)
    assert (entry.action, entry.unit_id) == ("volunteers.publish_stars", volunteer.unit_id)
    assert proposed(session) == {}
    admin = make.actor(session, Role.COUNTY_ADMIN)
    with pytest.raises(RuleError):
        run(admin, award_stars, [award])
    last = clock.end_of_day(award.published_until)
    with time_machine.travel(last, tick=False), pytest.raises(RuleError):
        run(admin, award_stars, [award])
    with time_machine.travel(last + timedelta(seconds=1), tick=False):
        with pytest.raises(ForbiddenError):
            run(coordinator, award_stars, [award])
        run(admin, award_stars, [award], document="长红发〔2026〕8号")
        with pytest.raises(RuleError):
            run(admin, award_stars, [award])
        entry = last_entry(session)
    assert (entry.action, entry.unit_id) == ("volunteers.award_stars", volunteer.unit_id)
    session.refresh(award)
    assert (award.state, award.document, award.decided_by) == ("awarded", "长红发〔2026〕8号", admin.user_id)


def test_who_published_does_not_award(session: Session) -> None:
    volunteer = makers.volunteer(session)
    served_hours(session, volunteer, 100)
    admin = make.actor(session, Role.COUNTY_ADMIN)
    (award,) = published(session, [volunteer], admin)
    with after_notice(), pytest.raises(RuleError):
        run(admin, award_stars, [award])


def test_hours_reversed_since_the_notice_stop_the_award_of_all(session: Session) -> None:
    one, other = makers.volunteers(session, 2)
    lines = served_hours(session, one, 100)
    served_hours(session, other, 100)
    awards = published(session, [one, other])
    makers.reversed_line(session, lines[0])
    with after_notice(), pytest.raises(RuleError):
        run(make.actor(session, Role.COUNTY_ADMIN), award_stars, awards)
    session.rollback()
    assert {award.state for award in awards} == {"published"}


def test_the_next_level_follows_the_one_held(session: Session) -> None:
    volunteer = makers.volunteer(session)
    served_hours(session, volunteer, 100)
    (award,) = published(session, [volunteer])
    with after_notice():
        run(make.actor(session, Role.COUNTY_ADMIN), award_stars, [award])
    served_hours(session, volunteer, 200, FIRST + timedelta(days=100))
    assert proposed(session) == {volunteer.id: (2, 0)}


def test_a_rejected_level_comes_back_only_with_more_hours(session: Session) -> None:
    volunteer = makers.volunteer(session)
    served_hours(session, volunteer, 100)
    (award,) = published(session, [volunteer])
    with pytest.raises(ForbiddenError):
        run(make.actor(session, Role.VOLUNTEER_COORDINATOR), reject_star, award, reason="时长不实")
    with pytest.raises(RuleError):
        run(SYSTEM, reject_star, award, reason="")
    with pytest.raises(RuleError):
        run(SYSTEM, withdraw_star, award, reason="时长不实")
    run(make.actor(session, Role.COUNTY_ADMIN), reject_star, award, reason="时长不实")
    entry = last_entry(session)
    assert (entry.action, entry.reason, entry.unit_id) == (
        "volunteers.reject_star",
        "时长不实",
        volunteer.unit_id,
    )
    assert proposed(session) == {}
    with pytest.raises(RuleError):
        run(SYSTEM, publish_stars, [volunteer])
    served_hours(session, volunteer, 10, FIRST + timedelta(days=60))
    assert proposed(session) == {volunteer.id: (1, 0)}


def test_a_withdrawn_level_is_proposed_again(session: Session) -> None:
    volunteer = makers.volunteer(session)
    served_hours(session, volunteer, 100)
    (award,) = published(session, [volunteer])
    admin = make.actor(session, Role.COUNTY_ADMIN)
    with after_notice():
        run(admin, award_stars, [award])
        with pytest.raises(RuleError):
            run(admin, reject_star, award, reason="评定有误")
        run(admin, withdraw_star, award, reason="评定有误")
        with pytest.raises(RuleError):
            run(admin, withdraw_star, award, reason="评定有误")
    assert proposed(session) == {volunteer.id: (1, 0)}


def test_the_number_of_statements_does_not_depend_on_how_many(session: Session) -> None:
    everyone = makers.volunteers(session, 7)
    for one in everyone:
        served_hours(session, one, 100)
    counts = []
    admin = make.actor(session, Role.COUNTY_ADMIN)
    for group in (everyone[:1], everyone[1:]):
        with statements() as publishing:
            awards = published(session, group)
        with after_notice(), statements() as awarding:
            run(admin, award_stars, awards)
        counts.append((len(publishing), len(awarding)))
    assert counts[0] == counts[1]


def test_two_at_once_publish_once_and_award_once(app: Flask, session: Session) -> None:
    volunteer = makers.volunteer(session)
    served_hours(session, volunteer, 100)
    volunteer_id = volunteer.id
    session.rollback()
    results = together(
        app,
        [lambda: run(SYSTEM, publish_stars, [db.session.get_one(Volunteer, volunteer_id)])] * 4,
    )
    assert sum(isinstance(result, RuleError) for result in results) == 3
    session.rollback()
    award_id = session.execute(select(StarAward.id)).scalar_one()
    session.rollback()
    admin = make.actor(session, Role.COUNTY_ADMIN)
    session.rollback()
    with after_notice():
        results = together(
            app, [lambda: run(admin, award_stars, [db.session.get_one(StarAward, award_id)])] * 4
        )
    assert sum(isinstance(result, RuleError) for result in results) == 3
    session.rollback()
    done = session.execute(
        select(JournalEntry.seq).where(JournalEntry.action == "volunteers.award_stars")
    ).all()
    assert len(done) == 1


# Pages


def test_the_way_of_a_batch_through_the_pages(app: Flask, session: Session) -> None:
    volunteer = makers.volunteer(session, entrant=make.entrant(name="欧阳娜"))
    served_hours(session, volunteer, 300)
    coordinator = Reader(app, session, [Role.VOLUNTEER_COORDINATOR], make.NANGUAN)
    page = text(coordinator.client.get("/volunteers/stars/proposed"))
    assert "欧阳娜" in page
    assert "★★" in page
    assert "欧阳娜" not in text(coordinator.client.get("/volunteers/stars/proposed?level=1"))
    asked = text(coordinator.send("/volunteers/stars/publish", ids=str(volunteer.id)))
    assert f'name="chosen" value="{volunteer.id}"' in asked.replace('type="hidden" ', "")
    fields = {"chosen": str(volunteer.id), "form_key": "a" * 32}
    done = coordinator.send("/volunteers/stars/publish", **fields)
    assert done.status_code == 303
    assert coordinator.send("/volunteers/stars/publish", **fields).location == done.location
    award_id = session.execute(select(StarAward.id)).scalar_one()
    session.rollback()
    assert "欧阳娜" in text(coordinator.client.get(done.location))
    notice = text(coordinator.client.get("/volunteers/stars/notice"))
    assert "欧阳*" in notice
    assert "欧阳娜" not in notice
    assert coordinator.send("/volunteers/stars/award", ids=str(award_id)).status_code == 403
    with after_notice():
        admin = Reader(app, session, [Role.COUNTY_ADMIN], make.NANGUAN)
        assert "欧阳" not in text(admin.client.get("/volunteers/stars/notice"))
        assert "欧阳娜" in text(admin.send("/volunteers/stars/award", ids=str(award_id)))
        fields = {"chosen": str(award_id), "form_key": "b" * 32}
        done = admin.send("/volunteers/stars/award", **fields)
        assert done.status_code == 303
        assert "欧阳娜" in text(admin.client.get(done.location))
        assert "★★" in text(admin.client.get(f"/volunteers/{volunteer.id}/recognition"))


def test_nothing_chosen_and_records_of_others_lead_nowhere(app: Flask, session: Session) -> None:
    volunteer = makers.volunteer(session, make.YANJI)
    served_hours(session, volunteer, 100)
    (award,) = published(session, [volunteer])
    award_id = award.id
    admin = Reader(app, session, [Role.COUNTY_ADMIN], make.NANGUAN)
    for path in ("publish", "award"):
        assert admin.client.get(f"/volunteers/stars/{path}").status_code == 303
        assert admin.send(f"/volunteers/stars/{path}").status_code == 303
        assert admin.send(f"/volunteers/stars/{path}", ids=str(award_id)).status_code == 404
    sent = admin.send("/volunteers/stars/award", chosen=str(award_id), form_key="a" * 32)
    assert sent.status_code == 200
    assert admin.client.get(f"/volunteers/stars/{award_id}/reject").status_code == 404
    session.refresh(award)
    assert award.state == "published"
