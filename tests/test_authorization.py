"""Every endpoint, every role, and records of the own unit, below it, beside it and above it."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from secrets import token_hex
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from registry.accounts.models import RoleGrant, User
from registry.core.db import db
from registry.core.journal import Clock, JournalLine
from registry.core.permissions import GRANTS, Role
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.training import commands
from registry.training.commands import DraftRow
from registry.training.models import Course, RosterDraft
from registry.training.queries.courses import sessions_of
from registry.web.guard import right_of
from tests import factories, training
from tests.endpoints import (
    ABOVE,
    BELOW,
    NOT_SENT,
    OWN,
    POSITIONS,
    SIBLING,
    TABLE,
    Reader,
    Records,
    address,
    endpoints,
    records,
    values_for,
)


@pytest.mark.sqlite_only
def test_the_table_names_every_endpoint_and_no_other(app: Flask) -> None:
    with app.app_context():
        here = {rule.endpoint: right_of(rule.endpoint) for rule, _line in endpoints(app)}
    assert set(here) == set(TABLE["endpoints"])
    assert None not in here.values(), "a view without @permit"
    told = {name: line["right"] for name, line in TABLE["endpoints"].items()}
    assert {name: right.value for name, right in here.items() if right is not None} == told
    for rule, line in endpoints(app):
        assert set(line.get("records", {})) == set(rule.arguments), rule.endpoint


def test_the_policy_is_the_one_written_out() -> None:
    assert {role.value: sorted(rights) for role, rights in GRANTS.items()} == TABLE["roles"]


def rights_of(line: dict[str, Any], method: str) -> set[str]:
    """The rights of which one is needed."""
    return set(line["post"]) if method == "POST" and "post" in line else {line["right"]}


def expected(line: dict[str, Any], method: str, role: Role, position: str, stand: str) -> str:
    """What the policy says of one cell: open, forbidden (403) or hidden (404)."""
    if line["right"] in ("public", "signed_in"):
        return "open"
    held = set(TABLE["roles"][role.value])
    if line["right"] not in held:
        return "forbidden"
    placed = ("records" in line and not line.get("open")) or "query" in line
    if placed and position in ("sibling", "above"):
        return "hidden"
    if not rights_of(line, method) & held or (line.get("province") and method == "POST" and stand != ABOVE):
        return "forbidden"
    return "open"


def told(answer: Any) -> str:
    """What an answer says of the cell."""
    if answer.status_code in (403, 404):
        return "forbidden" if answer.status_code == 403 else "hidden"
    # A code is asked for after a password alone; who is signed in is sent on.
    sent_away = answer.request.path != "/sign-in/code" and "/sign-in" in answer.headers.get("Location", "")
    if answer.status_code >= 500 or sent_away:
        return f"{answer.status_code} {answer.headers.get('Location', '')}"
    return "open"


def cells(
    app: Flask, found: Records, seen: dict[str, str]
) -> Iterator[tuple[Any, Any, str, str, dict[str, Any]]]:
    """Every method of every endpoint at every position where its address leads to another record."""
    for rule, line in endpoints(app):
        for number, (position, code) in enumerate(seen.items()):
            values = values_for(line, found[code])
            if values is None or (number and not values):
                continue
            for method in sorted(rule.methods & {"GET", "POST"}):
                if method == "GET" or rule.endpoint not in NOT_SENT:
                    yield rule, line, method, position, values


# Every role stands at the prefecture, with a unit of each kind around it; two also stand where they belong.
STANDS = [(role, OWN, POSITIONS) for role in Role]
STANDS.append((Role.PROVINCE_ADMIN, ABOVE, {"own": ABOVE, "below": OWN}))
STANDS.append((Role.COUNTY_ADMIN, BELOW, {"own": BELOW, "sibling": factories.KUANCHENG, "above": OWN}))


def test_every_role_at_every_position(app: Flask, session: Session, engine_name: str) -> None:
    """Every endpoint × every role × own, child, sibling and parent unit: a role without the right gets a 403
    wherever the record is; with it the records beside and above do not exist, and the others do.

    A role is refused before any record is looked for, and what is open to all asks no role: for those one
    engine sees every cell.
    """
    found = records(session)
    session.rollback()
    wrong, asked = [], Counter[str]()
    for role, stand, seen in STANDS:
        reader = Reader(app, session, [role], stand)
        closed, opened = [], []
        for cell in cells(app, found, seen):
            say = expected(cell[1], cell[2], role, cell[3], stand)
            same = (say == "forbidden" and cell[3] != "own") or cell[1]["right"] in ("public", "signed_in")
            if same and engine_name != "sqlite":
                continue
            asked[say] += 1
            (opened if say == "open" else closed).append((*cell, say))
        seq = session.get_one(Clock, 1).seq
        session.rollback()
        for part in (closed, opened):
            for rule, _line, method, position, values, say in part:
                answer = told(reader.ask(method, rule, values))
                if answer != say:
                    wrong.append(
                        f"{role} at {stand}: {method} {rule.endpoint} {position}: {answer}, not {say}"
                    )
            if part is closed and session.get_one(Clock, 1).seq != seq:
                wrong.append(f"{role} at {stand}: something refused was written all the same")
            session.rollback()
    assert not wrong, "\n".join(wrong)
    assert asked["forbidden"] > (2_500 if engine_name == "sqlite" else 700)
    assert asked["hidden"] > 600
    assert asked["open"] > (1_300 if engine_name == "sqlite" else 700)


def test_without_sign_in_only_public_pages_open(app: Flask, session: Session) -> None:
    """Wherever the record is, and whether there is one: who is not signed in is asked to sign in."""
    found = records(session)
    session.rollback()
    client = app.test_client()
    seq = session.get_one(Clock, 1).seq
    nothing = {kind: 999_999_999 if isinstance(value, int) else value for kind, value in found[OWN].items()}
    wrong = []
    for rule, line, method, position, values in cells(app, {**found, "": nothing}, {**POSITIONS, "none": ""}):
        url = address(app, rule, values)
        answer = (
            client.get(url, buffered=True) if method == "GET" else client.post(url, data={}, buffered=True)
        )
        asked_in = answer.status_code in (302, 303) and "/sign-in" in answer.headers["Location"]
        if line["right"] == "public":
            # A form is refused for want of its token; a code is asked for after a password alone.
            well = (
                answer.status_code == (200 if method == "GET" else 400)
                or rule.endpoint == "accounts.enter_code"
            )
        else:
            well = asked_in if method == "GET" else answer.status_code == 401
        if not well:
            wrong.append(f"{method} {rule.endpoint} {position}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)
    session.rollback()
    assert session.get_one(Clock, 1).seq == seq


# Tables that run the site; a page that is only read may note there when a session was last used.
RUNNING = {"web_session", "throttle", "form_key", "preference"}


@contextmanager
def writing_statements() -> Iterator[list[str]]:
    """Statements that change a table of the registers, sent meanwhile."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        found = re.match(r"\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+\"?(\w+)", statement, re.IGNORECASE)
        if found and found[1] not in RUNNING:
            sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield sent
    event.remove(db.engine, "before_cursor_execute", note)


def test_no_page_writes(app: Flask, session: Session) -> None:
    found = records(session)[OWN]
    session.rollback()
    reader = Reader(app, session, list(Role), factories.PROVINCE)
    seq = session.get_one(Clock, 1).seq
    session.rollback()
    with writing_statements() as sent:
        for rule, line in endpoints(app):
            if "GET" in rule.methods:
                url = address(app, rule, values_for(line, found) or {})
                for more in ("", "export=csv"):
                    reader.client.get(f"{url}{'&' if '?' in url else '?'}{more}", buffered=True)
                    assert not sent, f"GET {rule.endpoint}: {sent}"
    assert session.get_one(Clock, 1).seq == seq


def test_no_form_is_taken_without_a_token_of_its_own_session(app: Flask, session: Session) -> None:
    found = records(session)[OWN]
    session.rollback()
    reader = Reader(app, session, list(Role), factories.PROVINCE)
    other = Reader(app, session, list(Role), factories.PROVINCE)
    wrong = []
    for rule, line in endpoints(app):
        if "POST" in rule.methods:
            url = address(app, rule, values_for(line, found) or {})
            for token in ("", "x" * 40, other.csrf):
                status = reader.client.post(url, data={"csrf_token": token}).status_code
                if status != 400:
                    wrong.append(f"POST {rule.endpoint} with token {token!r}: {status}")
    assert not wrong, "\n".join(wrong)


def grid(*found: dict[str, Any]) -> str:
    return json.dumps({"rows": list(found)})


def test_ids_in_forms_reach_no_further_than_addresses(app: Flask, session: Session) -> None:
    """A unit chosen, a row of a grid or a role named by the id of a record beside changes nothing there."""
    found = records(session, OWN, SIBLING)
    here, there = found[OWN], found[SIBLING]
    draft = {"name": "草稿", "document_number": "", "phone": ""}
    kept = [DraftRow(1, draft, [{"column": "document_number", "text": "Missing.", "params": {}}])]
    drafts = {}
    for code in (OWN, SIBLING):
        course = session.get_one(Course, found[code]["course"])
        run(
            SYSTEM, commands.enrol, course, entries=[], drafts=kept, source="file", digest=f"{course.id:064d}"
        )
        drafts[code] = session.execute(
            select(RosterDraft.id).where(RosterDraft.course_id == course.id)
        ).scalar_one()
    sittings = [one.id for one in sessions_of(session, here["course"])]
    foreign = [one.id for one in sessions_of(session, there["course"])]
    session.rollback()
    reader = Reader(app, session, [Role.PREFECTURE_ADMIN, Role.TRAINER, Role.CERTIFICATE_APPROVER])
    course = f"/training/courses/{here['course']}"
    unit = str(there["unit"])
    user = f"/users/{here['user']}"
    row = {"id": str(there["enrolment"])}
    sitting = {"held_on": "2026-11-02", "starts": "09:00", "ends": "10:00", "minutes": "45", "title": "新"}
    sent: list[tuple[str, dict[str, str]]] = [
        ("/users/add", {"username": "neu", "name": "新", "unit": unit, "role": "trainer"}),
        (f"{user}/edit", {"name": "新", "unit": unit}),
        (f"{user}/roles/grant", {"role": "trainer", "unit": unit, "starts_on": "2026-01-01"}),
        (f"{user}/roles/{there['role_grant']}/end", {"ends_on": "2026-11-02"}),
        (
            "/training/courses/open",
            {"unit": unit, "course_type": "1", "venue": "新", "starts_on": "2026-11-02"},
        ),
        (
            f"{course}/edit",
            {"instructor": str(there["person"]), "title": "新", "venue": "新", "capacity": "9"},
        ),
        (f"{course}/attendance", {"rows": grid({**row, f"s{sittings[0]}": "P", f"s{foreign[0]}": "P"})}),
        (f"{course}/assessment", {"rows": grid({**row, "theory": "90"}), "assessed_on": "2026-11-02"}),
        (f"{course}/drafts", {"rows": grid({"id": str(drafts[SIBLING]), **training.row()})}),
        (f"{course}/sessions", {"rows": grid({"id": str(foreign[0]), **sitting})}),
        (f"{course}/withdraw", {"ids": row["id"]}),
        (f"{course}/withdraw", {"chosen": row["id"], "reason": "不参加"}),
        ("/certificates/print", {"ids": str(there["certificate"]), "rest": "leave_out"}),
        ("/certificates/batches/issue", {"ids": str(there["batch"])}),
        (f"/certificates/batches/issue?batch={there['batch']}", {}),
    ]
    theirs = {
        there["enrolment"],
        there["user"],
        there["batch"],
        there["role_grant"],
        drafts[SIBLING],
        *foreign,
    }
    before = session.get_one(Clock, 1).seq
    for url, fields in sent:
        answer = reader.send(url, form_key=token_hex(16), **fields)
        assert answer.status_code < 500, url
        session.rollback()
        touched = session.execute(
            select(JournalLine.table_name, JournalLine.record_id, JournalLine.changes).where(
                JournalLine.seq > before
            )
        ).all()
        assert not [line for line in touched if line.record_id in theirs], url
        assert not [line for line in touched if f'"unit_id":{unit}' in line.changes], url
        assert not [
            line
            for line in touched
            for name in ("enrolment_id", "course_session_id", "person_id")
            if any(f'"{name}":{other}' in line.changes for other in (*theirs, there["person"]))
        ], url
    # Nothing was wrong with the forms but the ids: the same with those of the own unit are saved.
    own = {"username": "neu", "name": "新", "unit": str(here["unit"]), "role": "trainer"}
    assert reader.send("/users/add", form_key=token_hex(16), **own).status_code == 303
    marks = {"rows": grid({"id": str(here["enrolment"]), f"s{sittings[0]}": "P"})}
    assert reader.send(f"{course}/attendance", form_key=token_hex(16), **marks).status_code == 303


def test_a_changed_role_holds_from_the_next_request(app: Flask, session: Session) -> None:
    reader = Reader(app, session, [Role.TRAINER], BELOW)
    assert reader.client.get("/training/courses").status_code == 200
    grant = session.execute(select(RoleGrant).order_by(RoleGrant.id.desc()).limit(1)).scalar_one()
    from registry.core import clock
    from registry.core.scope import SYSTEM
    from registry.core.write import write

    with write("accounts.test", SYSTEM) as w:
        w.session.get_one(RoleGrant, grant.id).ends_on = clock.today()
    assert reader.client.get("/training/courses").status_code == 403
    with write("accounts.test", SYSTEM) as w:
        w.session.get_one(User, grant.user_id).active = False
    assert reader.client.get("/").status_code in (302, 303)
