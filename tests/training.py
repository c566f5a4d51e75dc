"""Makers of courses and class lists, and a browser that fills in forms, for tests of training."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.accounts.sessions import open_session
from registry.core import clock
from registry.core.db import Base
from registry.core.journal import JournalEntry
from registry.core.permissions import Role
from registry.core.scope import SYSTEM, Actor
from registry.core.write import run
from registry.training import commands
from registry.training.commands import AssessmentMark, AttendanceMark
from registry.training.models import Course, CourseType, Enrolment
from registry.training.queries.courses import sessions_of, version_of
from registry.training.queries.progress import THEORY
from registry.training.roster import RosterEntry
from tests import factories as make


def course_type(session: Session, code: str = "rescuer") -> CourseType:
    """A course type by its code."""
    return session.execute(select(CourseType).where(CourseType.code == code)).scalar_one()


def course(
    session: Session,
    unit_code: str = make.NANGUAN,
    *,
    starts_on: date | None = None,
    code: str = "rescuer",
    actor: Actor = SYSTEM,
    **more: Any,
) -> Course:
    """A course that ended a week ago, unless told otherwise."""
    return run(
        actor,
        commands.open_course,
        course_type=course_type(session, code),
        unit=make.unit(session, unit_code),
        starts_on=starts_on or clock.today() - timedelta(days=8),
        venue="红十字会培训室",
        **more,
    )


def enrolled(session: Session, found: Course, count: int, actor: Actor = SYSTEM) -> list[Enrolment]:
    """The enrolments of `count` new trainees, in order."""
    entries = [RosterEntry(n, make.entrant(employer="演示单位")) for n in range(1, count + 1)]
    taken = run(actor, commands.enrol, found, entries=entries, source="grid")
    rows = select(Enrolment).where(Enrolment.roster_import_id == taken.id).order_by(Enrolment.id)
    return list(session.execute(rows).scalars())


def record_all(
    session: Session,
    found: Course,
    *,
    absent: Sequence[int] = (),
    low: Sequence[int] = (),
    actor: Actor = SYSTEM,
) -> None:
    """Everyone present and passed, but for the enrolments named."""
    ids = list(session.execute(select(Enrolment.id).where(Enrolment.course_id == found.id)).scalars())
    sittings = list(sessions_of(session, found.id))
    items = [item["code"] for item in version_of(session, found).practical_items]
    run(
        actor,
        commands.record_attendance,
        found,
        marks=[AttendanceMark(i, s.id, 0 if i in absent else s.minutes) for i in ids for s in sittings],
        key=f"{found.id:032x}",
    )
    marks = [AssessmentMark(i, THEORY, 40 if i in low else 90) for i in ids]
    marks += [AssessmentMark(i, item, True) for i in ids for item in items]
    run(actor, commands.record_assessment, found, marks=marks, assessed_on=found.ends_on)


def row(name: str | None = None, number: str | None = None, **more: str) -> dict[str, str]:
    """A row of a class list with a well-formed number of its own."""
    someone = make.entrant(name)
    assert someone.document is not None
    found = {
        "name": someone.name,
        "document_number": number or someone.document.number,
        "phone": "13800000000",
    }
    return {**found, **more}


def rows_of(session: Session, model: type[Base]) -> int:
    """How many rows a table has."""
    return session.execute(select(func.count()).select_from(model)).scalar_one()


def last_action(session: Session) -> str:
    """The action of the newest journal entry."""
    return session.execute(
        select(JournalEntry.action).order_by(JournalEntry.seq.desc()).limit(1)
    ).scalar_one()


class Browser:
    """Someone signed in, who loads pages and sends the forms on them."""

    def __init__(
        self, app: Flask, session: Session, role: Role = Role.TRAINER, unit_code: str = make.NANGUAN
    ) -> None:
        self.user = make.user(session, role, unit_code)
        self.client: FlaskClient = app.test_client()
        token, _web = open_session(self.user, "test")
        with self.client.session_transaction() as stored:
            stored["_user_id"] = token
            stored["_fresh"] = True
            stored["locale"] = "en"

    def get(self, url: str) -> str:
        """The page at an address; it has to be there."""
        answer = self.client.get(url)
        assert answer.status_code == 200, (url, answer.status_code)
        return answer.get_data(as_text=True)

    def fill(self, url: str, rows: Sequence[dict[str, Any]] | None = None, **fields: Any) -> dict[str, Any]:
        """The fields of the form at an address as a browser with script sends them, filled with these."""
        page = re.sub("<noscript>.*?</noscript>", "", self.get(url))
        sent: dict[str, Any] = {}
        for tag in re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", page):
            name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
            if name:
                sent[name[1]] = html.unescape(value[1]) if value else ""
        if rows is not None:
            sent["rows"] = json.dumps({"rows": list(rows)}, ensure_ascii=False)
        return {**sent, **fields}

    def post(self, url: str, sent: dict[str, Any], to: str | None = None) -> Any:
        """Send a filled form."""
        return self.client.post(to or url, data=sent)

    def submit(
        self, url: str, rows: Sequence[dict[str, Any]] | None = None, to: str | None = None, **fields: Any
    ) -> Any:
        """Load the page, fill in its form, send it."""
        return self.post(url, self.fill(url, rows, **fields), to)


def told(answer: Any) -> str:
    """The words of an answer, without markup."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True))).split())
