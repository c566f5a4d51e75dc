"""Courses are opened under the rules in force, numbered, and planned from their type."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.errors import ForbiddenError, RecordNotFoundError, RuleError
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run, write
from registry.training import commands
from registry.training.models import Course, CourseInstructor, CourseTypeVersion
from registry.training.queries.courses import instructor_of, instructors, sessions_of
from registry.training.stages import Stage, stage_of
from tests import certificates
from tests import factories as make
from tests import training as t

FIRST = date(2026, 3, 2)


def test_number_title_seats_and_sessions_come_from_the_type(session: Session) -> None:
    found = t.course(session, starts_on=FIRST)
    assert found.number == "220102-2026-001"
    assert found.title == "救护员培训班（第1期）"
    assert (found.capacity, found.ends_on) == (60, FIRST + timedelta(days=1))
    planned = sessions_of(session, found.id)
    assert [(s.number, s.held_on.day, s.starts, s.minutes) for s in planned] == [
        (1, 2, "08:30", 180),
        (2, 2, "13:00", 180),
        (3, 3, "08:30", 180),
        (4, 3, "13:00", 180),
    ]
    assert t.last_action(session) == "training.open_course"


def test_numbers_run_by_unit_and_year(session: Session) -> None:
    t.course(session, starts_on=FIRST)
    second = t.course(session, starts_on=FIRST, code="cpr_aed")
    elsewhere = t.course(session, make.YANJI, starts_on=FIRST)
    next_year = t.course(session, starts_on=date(2027, 1, 5))
    assert [c.number for c in (second, elsewhere, next_year)] == [
        "220102-2026-002",
        "222401-2026-001",
        "220102-2027-001",
    ]
    assert second.title.endswith("（第1期）")


def test_the_version_in_force_on_the_first_day_rules(session: Session) -> None:
    kind = t.course_type(session)
    before = session.execute(
        select(CourseTypeVersion).where(CourseTypeVersion.course_type_id == kind.id)
    ).scalar_one()
    told = {c.key: getattr(before, c.key) for c in CourseTypeVersion.__table__.columns if c.key != "id"}
    with write("training.test", SYSTEM) as w:
        w.add(CourseTypeVersion(**{**told, "version": 2, "starts_on": date(2026, 6, 1), "max_trainees": 30}))
    assert t.course(session, starts_on=date(2026, 5, 31)).capacity == 60
    assert t.course(session, starts_on=date(2026, 6, 1)).capacity == 30


def test_a_unit_out_of_reach_is_not_found(session: Session) -> None:
    trainer = make.actor(session, Role.TRAINER, make.YANJI)
    with pytest.raises(RecordNotFoundError):
        t.course(session, make.NANGUAN, actor=trainer)
    assert t.rows_of(session, Course) == 0


def test_a_supervisor_opens_no_course(session: Session) -> None:
    with pytest.raises(ForbiddenError):
        t.course(session, actor=make.actor(session, Role.SUPERVISOR))


def test_a_mistyped_year_is_refused(session: Session) -> None:
    with pytest.raises(RuleError, match="more than two years ahead") as refused:
        t.course(session, starts_on=clock.today() + timedelta(days=800))
    assert refused.value.field == "starts_on"
    assert t.rows_of(session, Course) == 0


def test_a_day_before_any_rule_is_refused(session: Session) -> None:
    with pytest.raises(RuleError, match="No rules of this course type"):
        t.course(session, starts_on=date(1949, 9, 30))


def test_a_copy_takes_the_sessions_of_the_earlier_course(session: Session) -> None:
    first = t.course(session, starts_on=FIRST)
    plan = sessions_of(session, first.id)
    moved = [
        commands.PlannedSession(
            s.held_on + timedelta(days=7 * (s.number > 2)), "18:00", "21:00", s.title, 180, s.id
        )
        for s in plan
    ]
    run(SYSTEM, commands.edit_sessions, first, sessions=moved)
    copy = t.course(session, starts_on=date(2026, 9, 1), copied=first)
    days = [(s.held_on - copy.starts_on).days for s in sessions_of(session, copy.id)]
    assert days == [0, 0, 8, 8]
    assert copy.ends_on == date(2026, 9, 9)


def test_stages_follow_the_days() -> None:
    first, last = date(2026, 3, 2), date(2026, 3, 3)
    assert stage_of("open", first, last, False, date(2026, 3, 1)) is Stage.ENROLLING
    assert stage_of("open", first, last, False, first) is Stage.RUNNING
    assert stage_of("open", first, last, False, last) is Stage.RUNNING
    assert stage_of("open", first, last, False, date(2026, 3, 4)) is Stage.ASSESSING
    assert stage_of("closed", first, last, False, last) is Stage.CLOSED
    assert stage_of("closed", first, last, True, last) is Stage.CERTIFIED
    assert stage_of("cancelled", first, last, True, last) is Stage.CANCELLED


def test_only_holders_of_a_valid_instructor_certificate_within_reach_are_offered(session: Session) -> None:
    near, far, plain = make.persons(session, 3)
    certificates.issued(session, [near], credential_code="instructor")
    certificates.issued(session, [plain])
    away = make.persons(session, 1, make.YANJI)
    certificates.issued(session, away, unit_code=make.YANJI, credential_code="instructor")
    scope = make.actor(session).scope(commands.open_course.permission)  # type: ignore[arg-type]
    found = instructors(session, scope, clock.today())
    assert [one.person_id for one in found] == [near]
    assert far not in {one.person_id for one in found}


def test_an_instructor_without_a_valid_credential_is_named_with_a_warning(
    app: Flask, session: Session
) -> None:
    (plain,) = make.persons(session, 1)
    found = t.course(session, instructor_id=plain, starts_on=clock.today())
    named, valid = instructor_of(session, found)
    assert named is not None
    assert (named.person_id, valid) == (plain, False)
    assert "holds no instructor certificate that is valid" in t.Browser(app, session).get(
        f"/training/courses/{found.id}"
    )
    certificates.issued(session, [plain], credential_code="instructor")
    assert instructor_of(session, found)[1] is True
    assert t.rows_of(session, CourseInstructor) == 1


def test_the_page_opens_a_course_once(app: Flask, session: Session) -> None:
    browser = t.Browser(app, session)
    url = "/training/courses/open"
    sent = browser.fill(
        url,
        course_type=str(t.course_type(session).id),
        unit=str(make.unit(session).id),
        starts_on="2026-03-02",
        venue="社区活动室",
        instructor="",
    )
    first, again = browser.post(url, sent), browser.post(url, sent)
    assert first.status_code == again.status_code == 303
    assert first.location == again.location
    assert t.rows_of(session, Course) == 1
    changed = browser.post(url, {**sent, "venue": "另一处"})
    assert "This form was saved before." in t.told(changed)
    assert t.rows_of(session, Course) == 1


def test_the_page_offers_only_units_within_reach(app: Flask, session: Session) -> None:
    browser = t.Browser(app, session, unit_code=make.YANJI)
    answer = browser.submit(
        "/training/courses/open",
        course_type=str(t.course_type(session).id),
        unit=str(make.unit(session, make.NANGUAN).id),
        starts_on="2026-03-02",
        venue="社区活动室",
        instructor="",
    )
    assert answer.status_code == 200
    assert "Not a valid choice." in t.told(answer)
    assert t.rows_of(session, Course) == 0


def test_a_course_of_a_sibling_is_not_copied(app: Flask, session: Session) -> None:
    found = t.course(session, make.YANJI)
    answer = t.Browser(app, session).client.get(f"/training/courses/open?copy={found.id}")
    assert answer.status_code == 404
