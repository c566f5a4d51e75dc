"""No page asks the database more often when there is more to show: 10 rows and 1,000 cost the same."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.accounts.models import RoleGrant, UnitParent, User
from registry.certificates.models import CertificateEvent
from registry.core import clock
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import Write, run, write
from registry.people.models import Person, PersonMerge
from registry.training import commands
from registry.training.commands import DraftRow
from registry.training.models import Course, CourseTypeVersion, Enrolment, RosterImport
from registry.volunteers.models import ServiceEntry, ServiceLine, Team, TeamMembership
from registry.web import once
from tests import activities, certificates, factories, figures, hours, sign_ups, training
from tests import volunteers as volunteering
from tests.endpoints import OWN, Reader, address, endpoints, values_for
from tests.watching import statements

FEW, MANY = 10, 1_000
# Pages that hold a list without an end; the others show one record, or choices, or are full with a few
# records already, as the journal and the search are.
GROWING = {
    *("accounts.setting_values", "accounts.unit", "accounts.user", "accounts.users"),
    "audit.entry",
    *("certificates.batch", "certificates.batches", "certificates.certificate", "certificates.certificates"),
    *("certificates.download_batch", "desk.person", "indicators.excluded", "indicators.records"),
    *("people.people", "training.close_course", "training.correct_draft", "training.course"),
    *("training.courses", "training.prepare_certificates", "training.record_assessment"),
    *("training.record_attendance", "training.roster_import", "training.sign_in_sheet"),
    *("volunteers.registrations", "volunteers.sign_ups", "volunteers.team", "volunteers.teams"),
    *("volunteers.volunteer", "volunteers.volunteers"),
    *("volunteers.enter_hours", "volunteers.service", "volunteers.service_entries"),
    *("volunteers.activities", "volunteers.check_in", "volunteers.insurance", "volunteers.shift"),
    *("volunteers.insurance_policies", "volunteers.insurance_policy"),
}


def opened(session: Session, trainees: int) -> Course:
    course = training.course(session, OWN, capacity=5_000)
    training.enrolled(session, course, trainees)
    training.record_all(session, course)
    return course


def with_drafts(session: Session, count: int) -> Course:
    course = training.course(session, OWN, capacity=5_000)
    drafts = [
        DraftRow(n, {"name": f"草稿{n}"}, [{"column": "phone", "text": "Missing.", "params": {}}])
        for n in range(1, count + 1)
    ]
    run(SYSTEM, commands.enrol, course, entries=[], drafts=drafts, source="file", digest=f"{course.id:064d}")
    return course


def courses(session: Session, count: int, person: int) -> None:
    """Courses in bulk, each with the person in it and one import."""
    version = session.execute(select(CourseTypeVersion.id).limit(1)).scalar_one()
    unit = factories.unit(session, OWN).id
    day = clock.today()
    with write("training.many", SYSTEM) as w:
        w.unit_id = unit
        plan = {"course_type_version_id": version, "unit_id": unit, "venue": "礼堂", "capacity": 9}
        ids = w.insert_many(
            Course,
            [
                {
                    **plan,
                    "number": f"many-{w.seq}-{n}",
                    "title": f"培训班{n}",
                    "starts_on": day,
                    "ends_on": day,
                }
                for n in range(count)
            ],
        )
        told = {"unit_id": unit, "person_id": person, "row_number": 1, "source": "grid", "enrolled_at": w.at}
        w.insert_many(Enrolment, [{**told, "course_id": course, "result": "passed"} for course in ids])
        w.insert_many(
            RosterImport,
            [
                {
                    "course_id": ids[0],
                    "unit_id": unit,
                    "digest": f"{n}",
                    "source": "grid",
                    "saved_count": 1,
                    "draft_count": 0,
                    "imported_at": w.at,
                }
                for n in range(count)
            ],
        )


def much_known_person(session: Session, count: int) -> int:
    """Somebody with many certificates, courses, merged rows and entries of the journal."""
    person = factories.person(session, OWN).id
    with write("test.certify", SYSTEM) as w:
        for _ in range(count):
            figures.certify(session, person, date(2024, 2, 29), date(2027, 2, 27), unit_code=OWN, w=w)
    losers = factories.persons(session, count, OWN)
    with write("people.many", SYSTEM) as w:
        told = {"winner_id": person, "reason": "同一人", "preview": {}, "merged_at": w.at}
        w.insert_many(PersonMerge, [{**told, "loser_id": loser} for loser in losers])
        for loser in w.session.execute(select(Person).where(Person.id.in_(losers))).scalars():
            loser.canonical_id, loser.state = person, "merged"
    for n in range(count // 20):
        with write("people.correct_person", SYSTEM) as w:
            w.session.get_one(Person, person).employer = f"单位{n}"
    courses(session, count, person)
    return person


def much_granted_user(session: Session, count: int) -> int:
    user = factories.user(session, Role.TRAINER, OWN)
    day = date(1990, 1, 1)
    with write("accounts.many", SYSTEM) as w:
        told = {"user_id": user.id, "unit_id": user.home_unit_id, "role": "supervisor"}
        days = [day + timedelta(days=n) for n in range(count)]
        w.insert_many(RoleGrant, [{**told, "starts_on": one, "ends_on": one} for one in days])
    return user.id


def batches(session: Session, count: int) -> None:
    for _ in range(count // 50):
        certificates.prepared(session, factories.persons(session, 1, OWN), unit_code=OWN)


def many_volunteers(session: Session, count: int) -> dict[str, Any]:
    """Volunteers who are all in one team and have the hours to be proposed; one of them was in many teams."""
    found = volunteering.volunteers(session, count, OWN)
    team, day = volunteering.team(session, OWN).id, volunteering.ENROLLED_ON
    today = clock.today()
    with write("volunteers.many", SYSTEM) as w:
        unit = found[0].unit_id
        told = {"unit_id": unit, "field": "aid", "starts_on": day}
        teams = w.insert_many(Team, [{**told, "name": f"队{w.seq}-{n}"} for n in range(count)])
        people = [
            {"volunteer_id": one.id, "person_id": one.person_id, "unit_id": one.unit_id} for one in found
        ]
        inside = [{**one, "team_id": team, "starts_on": day} for one in people]
        w.insert_many(TeamMembership, [*inside, *({**inside[0], "team_id": one} for one in teams)])
        served = {"field": "aid", "served_on": today, "starts": 0, "minutes": 1_300}
        entry = {**served, "source": "grid", "state": "approved", "submitted_at": w.at}
        entries = w.insert_many(ServiceEntry, [{**one, **entry} for one in people])
        line = {**served, "active_until": today, "posted_on": today}
        lines = [{**one, **line, "service_entry_id": i} for one, i in zip(people, entries, strict=True)]
        w.insert_many(ServiceLine, lines)
    return {"volunteer": found[0].id, "team": team}


def _user_row(w: Write) -> dict[str, Any]:
    unit = factories.unit(w.session, OWN).id
    return {"name": "测试员", "home_unit_id": unit, "password_hash": "x", "password_changed_at": w.at}


def build(session: Session, count: int) -> list[dict[str, Any]]:
    """Records of every kind with `count` rows under each; two variants, for open and for closed courses."""
    unit = factories.unit(session, OWN).id
    open_course, closed = opened(session, count), opened(session, count)
    taken = session.execute(
        select(RosterImport.id).where(RosterImport.course_id == open_course.id)
    ).scalar_one()
    enrolment = session.execute(
        select(Enrolment.id).where(Enrolment.course_id == open_course.id).limit(1)
    ).scalar_one()
    run(SYSTEM, commands.close_course, closed, attested=True)
    draft_course = with_drafts(session, count)
    held = certificates.issued(session, factories.persons(session, count, OWN), unit_code=OWN)
    certificate, token, issued_batch = held[0].id, held[0].token, held[0].batch_id
    with write("certificates.many", SYSTEM) as w:
        told = {"certificate_id": certificate, "kind": "printed", "on": w.today}
        wanted = {column.name for column in CertificateEvent.__table__.columns}
        more = {"at": w.at, "occurred_at": w.at, "reason": "", "document": "", "by_id": None}
        row = {**told, **{name: value for name, value in more.items() if name in wanted}}
        w.insert_many(CertificateEvent, [dict(row) for _ in range(count)])
    batch = certificates.prepared(session, factories.persons(session, count, OWN), unit_code=OWN).id
    batches(session, count)
    person, user = much_known_person(session, count), much_granted_user(session, count)
    grant = session.execute(select(RoleGrant.id).where(RoleGrant.user_id == user).limit(1)).scalar_one()
    with write("accounts.many", SYSTEM) as w:
        other = factories.unit(session, factories.YANBIAN).id
        first = w.session.execute(select(UnitParent).where(UnitParent.unit_id == unit).limit(1)).scalar_one()
        told = {"unit_id": unit, "parent_id": other, "known_seq": 1, "void_seq": w.seq}
        days = [date(1970, 1, 1) + timedelta(days=w.seq + n) for n in range(count)]
        w.insert_many(UnitParent, [{**told, "starts_on": day} for day in days])
        parent = first.id
    for _ in range(count):
        certificates.choose("session_idle_minutes", 30)
    with write("accounts.many", SYSTEM) as w:
        w.unit_id = unit
        entry = w.seq
        w.insert_many(User, [{**(_user_row(w)), "username": f"many-{w.seq}-{n}"} for n in range(count)])
    found = {
        "passed_course": closed.id,
        "enrolment": enrolment,
        "roster_import": taken,
        "person": person,
        "batch": batch,
        "issued_batch": issued_batch,
        "certificate": certificate,
        "token": token,
        "user": user,
        "role_grant": grant,
        "unit": unit,
        "unit_parent": parent,
        "journal_entry": entry,
        "setting": "session_idle_minutes",
        "listing": "people.people",
        "indicator": "rescuers_first",
        "rule_kind": "registration",
        **volunteering.one_of_each(session, OWN),
        **sign_ups.tokens(session, OWN),
        **many_volunteers(session, count),
    }
    found |= activities.many(session, count, OWN, found["volunteer"])
    sign_ups.many(session, count, OWN)
    hours.many(session, count, found)
    ids = {"open": open_course.id, "closed": closed.id, "drafts": draft_course.id}
    session.rollback()
    return [{**found, "course": course, "variant": variant} for variant, course in ids.items()]


def asked_for(sent: list[str]) -> int:
    """How many statements, but for the capped count of a list, which a single page does not need."""
    counts = [one for one in sent if one.startswith("SELECT count(*)") and "LIMIT" in one]
    assert len(counts) <= 1
    return len(sent) - len(counts)


class Forgetful(dict[Any, Any]):
    """Keeps nothing."""

    def __setitem__(self, key: Any, value: Any) -> None:
        pass


def measured(
    app: Flask, session: Session, reader: Reader, variants: list[dict[str, Any]]
) -> dict[str, tuple[int, int]]:
    """Statements and length of every page, list and file."""
    told = {}
    for rule, line in endpoints(app):
        if "GET" not in rule.methods:
            continue
        for found in variants:
            values = values_for(line, found) or {}
            if found["variant"] != "open" and "course_id" not in values:
                continue
            url = address(app, rule, values)
            for more in ("export=csv", "", "n=100", "export=xlsx", "all=1&recount=1"):
                with statements() as sent:
                    answer = reader.client.get(f"{url}{'&' if '?' in url else '?'}{more}", buffered=True)
                assert answer.status_code < 500, url
                told[f"{rule.endpoint} {found['variant']} {more}"] = (
                    asked_for(sent),
                    len(answer.get_data()),
                )
                if (
                    more == "export=csv"
                    and answer.mimetype != "text/csv"
                    and "indicator" not in rule.endpoint
                ):
                    break  # It is no list, so this was the page itself.
    for text in ("王", "张", "W", "RC", "2026", "many"):
        for part in ("", "1"):
            with statements() as sent:
                answer = reader.send("/search", q=text, part=part)
            told[f"search {text} {part}"] = (asked_for(sent), len(answer.get_data()))
    return told


@pytest.mark.sqlite_only
def test_a_thousand_rows_ask_as_often_as_ten(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is kept from one page to the next, so that each asks for all it shows."""
    monkeypatch.setattr(once, "_answers", Forgetful())
    monkeypatch.setattr(app.jinja_env, "auto_reload", True)
    certificates.confirm_address()
    session.rollback()
    roles = (Role.PREFECTURE_ADMIN, Role.TRAINER, Role.CERTIFICATE_APPROVER, Role.AUDITOR)
    reader = Reader(app, session, roles, OWN)
    few_rows = build(session, FEW)
    measured(app, session, reader, few_rows)  # What is found once per process is found now.
    few = measured(app, session, reader, few_rows)
    many_rows = build(session, MANY)
    many = measured(app, session, reader, many_rows)
    wrong = [
        f"{page}: {few[page][0]} statements for {FEW} rows, {many[page][0]} for {MANY}"
        for page in few
        if few[page][0] != many[page][0]
    ]
    assert not wrong, "\n".join(wrong)
    grown = {page.split()[0] for page in few if many[page][1] > few[page][1] * 3}
    assert grown >= GROWING
