"""Lists that find few rows among many are served by an index: the plans SQLite makes for them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.orm import Session

from registry.audit.queries import entries
from registry.certificates.models import Certificate
from registry.certificates.queries.certificates import certificates
from registry.certificates.validity import CertificateState
from registry.core import clock
from registry.core.db import db
from registry.core.journal import JournalEntry
from registry.core.scope import EVERYWHERE, Scope
from registry.desk.search import find
from registry.indicators.question import ask
from registry.indicators.read import by_month, value
from registry.training.models import Course
from registry.training.queries.courses import courses, instructors
from registry.training.stages import Stage
from tests import factories as make
from tests.certificates import credential
from tests.figures import certify, people
from tests.watching import statements

TODAY = date(2026, 11, 23)


def plan(session: Session, rows: Any) -> str:
    """How SQLite reads a statement, line by line."""
    compiled = rows.compile(session.get_bind(), compile_kwargs={"literal_binds": True})
    return "\n".join(row[-1] for row in session.execute(text(f"EXPLAIN QUERY PLAN {compiled}")))


@pytest.mark.sqlite_only
@pytest.mark.parametrize("state", [None, CertificateState.VALID, CertificateState.EXPIRED])
@pytest.mark.parametrize("units", [None, (3, 4, 5)])
def test_certificates_of_a_type_are_read_in_their_order(
    session: Session, state: CertificateState | None, units: tuple[int, ...] | None
) -> None:
    scope = EVERYWHERE if units is None else Scope(frozenset(units))
    rows = certificates(scope, TODAY, credential_type_id=credential(session, "instructor").id, state=state)
    told = plan(session, rows.order_by(Certificate.issued_on.desc(), Certificate.id.desc()).limit(21))
    assert "ix_certificate_type_issued (credential_type_id=?" in told
    assert "TEMP B-TREE" not in told


@pytest.mark.sqlite_only
@pytest.mark.parametrize("stage", [Stage.CERTIFIED, Stage.CLOSED])
def test_courses_of_a_stage_are_asked_one_by_one(session: Session, stage: Stage) -> None:
    rows = courses(EVERYWHERE, today=TODAY, stage=stage)
    told = plan(session, rows.order_by(Course.starts_on.desc(), Course.id.desc()).limit(21))
    assert "ix_enrolment_course (course_id=?)" in told
    assert "SCAN enrolment" not in told
    assert "TEMP B-TREE" not in told


@pytest.mark.sqlite_only
def test_entries_of_an_action_are_read_in_their_order(session: Session) -> None:
    rows = entries(EVERYWHERE, action="people.merge_persons").order_by(JournalEntry.seq.desc()).limit(21)
    told = plan(session, rows)
    assert "ix_journal_entry_action (action=?)" in told
    assert "TEMP B-TREE" not in told


@pytest.mark.sqlite_only
def test_instructors_are_found_from_their_certificates(session: Session) -> None:
    with statements() as sent:
        instructors(session, EVERYWHERE, TODAY)
    statement = next(one for one in sent if "FROM person" in one)
    told = plan(session, text(statement.replace("?", "1")))
    assert "ix_certificate_type_issued (credential_type_id=?" in told
    assert "SCAN person" not in told
    assert "SCAN certificate" not in told


@pytest.mark.sqlite_only
@pytest.mark.parametrize("units", [None, (3,), (3, 4, 5)])
def test_names_and_numbers_are_searched_along_indexes(
    session: Session, units: tuple[int, ...] | None
) -> None:
    scope = EVERYWHERE if units is None else Scope(frozenset(units))
    sent: list[Any] = []
    listener = lambda *args: sent.append(args[2:4])  # noqa: E731
    event.listen(db.engine, "before_cursor_execute", listener)
    find(session, "w", people=scope, certificates=scope, courses=scope, volunteers=scope)
    event.remove(db.engine, "before_cursor_execute", listener)
    statement, values = sent[-1]
    explained = session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
    told = "\n".join(row[-1] for row in explained)
    table, unit = ("person", "") if units is None else ("person_reach", "unit_id=? AND ")
    for index in ("name", "pinyin", "initials"):
        ways = told.count(f"ix_{table}_{index} ({unit}{index}>? AND {index}<?)")
        assert ways == len(units or (1,)), told
    number = "ix_certificate_number (" if units is None else "ix_certificate_unit_number (unit_id=? AND "
    assert told.count(f"{number}number>? AND number<?)") == len(units or (1,)), told


@pytest.mark.parametrize("code", ["rescuers_first", "rescuers_valid"])
def test_months_as_known_are_read_at_once_and_are_what_each_month_says(session: Session, code: str) -> None:
    today = clock.today()
    for number, person in enumerate(people(session, 6)):
        begins = today - timedelta(days=50 * number)
        certify(session, person, begins, begins + timedelta(days=70))
    known = session.execute(text("SELECT max(seq) FROM journal_entry")).scalar_one()
    question = ask(session, code, make.unit(session, make.PROVINCE).id, known_on=known)
    with statements() as sent:
        months = by_month(session, question)
    assert len(sent) == 1
    assert len(months) == 12
    assert len({quantity for _month, quantity in months}) > 1
    for month, quantity in months:
        end = min(clock.add_months(month, 1) - timedelta(days=1), today)
        assert quantity == value(session, question.at(from_on=month, as_of=end))
