"""Every screen that somebody signed in can open: all GET pages of the URL map, on data like the demo's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Flask, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.accounts.models import User
from registry.accounts.queries import unit_by_code
from registry.accounts.sessions import open_session
from registry.certificates.models import CertificateBatch
from registry.core import clock
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.demo.load import load_demo
from registry.training import commands
from registry.training.models import Course
from registry.training.roster import RosterEntry
from tests import factories as make
from tests import training
from tests.test_authorization import OWN, endpoints, records, values_for

# Whoever holds these opens every page of the back office.
ROLES = [Role.PROVINCE_ADMIN, Role.TRAINER, Role.CERTIFICATE_APPROVER, Role.AUDITOR]
LONG_NAME = "阿卜杜热合曼·麦麦提图尔荪江·阿卜杜克热木江·吐尔逊"


@dataclass(frozen=True)
class Screen:
    """A page to look at. `public` pages are looked at without signing in; a `form` saves something."""

    name: str
    path: str
    public: bool
    form: bool


def prepare(app: Flask, session: Session) -> tuple[User, list[Screen]]:
    """Load data like the demo's; somebody who may open everything, and all there is to open."""
    load_demo(session, lambda _line: None)
    found = records(session)[OWN]
    crowded = _crowded_course(session)
    reader = make.user(session, ROLES, make.PROVINCE)
    session.rollback()
    client = app.test_client()
    token, _web = open_session(reader, "test")
    with client.session_transaction() as stored:
        stored["_user_id"], stored["_fresh"] = token, True
    screens = []
    with app.test_request_context():
        for name, path, public in [*_by_rule(app, found), *_by_state(session, crowded)]:
            answer = client.get(path, buffered=True)
            if answer.status_code == 200 and answer.mimetype == "text/html":
                page = answer.get_data(as_text=True)
                form = 'method="post"' in page and "data-main" in page
                screens.append(Screen(name, path, public, form))
    return reader, screens


def _by_rule(app: Flask, found: dict[str, Any]) -> Iterator[tuple[str, str, bool]]:
    for rule, line in endpoints(app):
        values = None if line is None else values_for(line, found)
        if "GET" in rule.methods and values is not None:
            yield rule.endpoint, url_for(rule.endpoint, **values), rule.endpoint.startswith("public.")


def _by_state(session: Session, crowded: int) -> Iterator[tuple[str, str, bool]]:
    """Courses and batches in every state, and pages with much, little and nothing on them."""
    seen = set()
    for course in session.execute(select(Course).order_by(Course.id.desc())).scalars():
        steps = ["course"]
        if course.state == "open" and course.seats_taken:
            steps += ["record_attendance", "record_assessment", "close_course"]
        elif course.state == "closed":
            steps += ["prepare_certificates"]
        state = (course.state, course.starts_on > clock.today(), bool(course.seats_taken))
        if state in seen and course.id != crowded:
            continue
        seen.add(state)
        for step in steps:
            yield f"training.{step} {state}", url_for(f"training.{step}", course_id=course.id), False
    for state_of_batch in ("prepared", "issued", "rejected"):
        batch_id = session.execute(
            select(CertificateBatch.id).where(CertificateBatch.state == state_of_batch).limit(1)
        ).scalar()
        if batch_id is not None:
            yield (
                f"certificates.batch {state_of_batch}",
                url_for("certificates.batch", batch_id=batch_id),
                False,
            )
    every_batch = list(session.execute(select(CertificateBatch.id)).scalars())
    yield (
        "certificates.issue_batches",
        url_for("certificates.issue_batches", batch=every_batch),
        False,
    )
    yield (
        "training.course withdrawn",
        url_for("training.course", course_id=crowded, taking="withdrawn"),
        False,
    )
    yield "people.people 100", url_for("people.people", n=100), False
    yield "training.courses empty", url_for("training.courses", text="没有这个班"), False
    yield "public.verify unknown", url_for("public.verify", token="0" * 22), True
    yield "errors 404", "/nothing-here", False


def _crowded_course(session: Session) -> int:
    """A course of fifty with hard names, which has taken place."""
    names = [LONG_NAME, "欧阳娜娜", "김민준", "Aleksandra Wiśniewska-Kowalczyk", "王𠅤"]
    people = [make.entrant(names[n] if n < len(names) else None) for n in range(50)]
    course = run(
        SYSTEM,
        commands.open_course,
        course_type=training.course_type(session),
        unit=unit_by_code(session, make.NANGUAN),
        starts_on=clock.today(),
        venue="南关区民康街道办事处三楼东侧多功能厅(原会议室),从北门进",
        title="南关区民康街道办事处、长春市第八中学联合举办的红十字救护员培训班",
        capacity=60,
    )
    entries = [RosterEntry(n, person) for n, person in enumerate(people, start=1)]
    run(SYSTEM, commands.enrol, course, entries=entries, source="grid")
    return int(course.id)
