"""Every endpoint, every role, and records of the own unit, below it, beside it and above it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.accounts.models import RoleGrant, UnitParent, User
from registry.accounts.sessions import open_session
from registry.core.journal import Clock, JournalEntry
from registry.core.permissions import GRANTS, Role
from registry.training.models import Enrolment, RosterImport
from registry.web.guard import right_of
from tests import certificates, factories, training

TABLE: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parent / "authorization.yaml").read_text(encoding="utf-8")
)
# Own unit of the readers: a prefecture, so that there is a unit below, a sibling and one above.
OWN, BELOW, SIBLING, ABOVE = factories.CHANGCHUN, factories.NANGUAN, factories.YANBIAN, factories.PROVINCE
POSITIONS = {"own": OWN, "below": BELOW, "sibling": SIBLING, "above": ABOVE}
# Leaving would end the session the other requests are made in.
NOT_SENT = {"accounts.sign_out"}
Records = dict[str, dict[str, Any]]


def endpoints(app: Flask) -> Iterator[tuple[Any, dict[str, Any]]]:
    """The rules of the application with their line of the table."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint not in ("static", "bootstrap.static"):
            yield rule, TABLE["endpoints"].get(rule.endpoint)


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


def records(session: Session) -> Records:
    """One record of every kind in each of the four units."""
    found: Records = {}
    certificates.confirm_address()
    for code in POSITIONS.values():
        course = training.course(session, code)
        training.enrolled(session, course, 1)
        passed = training.course(session, code)
        training.enrolled(session, passed, 1)
        training.record_all(session, passed)
        enrolment = session.execute(select(Enrolment).where(Enrolment.course_id == course.id)).scalar_one()
        taken = session.execute(select(RosterImport).where(RosterImport.course_id == course.id)).scalar_one()
        person = factories.person(session, code)
        batch = certificates.prepared(session, [factories.person(session, code).id], unit_code=code)
        (certificate,) = certificates.issued(session, [person.id], unit_code=code)
        user = factories.user(session, Role.TRAINER, code)
        grant = session.execute(select(RoleGrant).where(RoleGrant.user_id == user.id)).scalar_one()
        parent = session.execute(
            select(UnitParent).where(UnitParent.unit_id == factories.unit(session, code).id).limit(1)
        ).scalar()
        entry = session.execute(
            select(func.max(JournalEntry.seq)).where(JournalEntry.unit_id == factories.unit(session, code).id)
        ).scalar_one()
        found[code] = {
            "course": course.id,
            "passed_course": passed.id,
            "enrolment": enrolment.id,
            "roster_import": taken.id,
            "person": person.id,
            "batch": batch.id,
            "issued_batch": certificate.batch_id,
            "certificate": certificate.id,
            "token": certificate.token,
            "user": user.id,
            "role_grant": grant.id,
            "unit": factories.unit(session, code).id,
            "unit_parent": parent.id if parent is not None else None,
            "journal_entry": entry,
            "setting": "certificate_second_person",
            "listing": "people.people",
            "indicator": "rescuers_first",
        }
    return found


class Reader:
    """Someone signed in who asks for pages and sends empty forms."""

    def __init__(self, app: Flask, session: Session, roles: list[Role], unit_code: str = OWN) -> None:
        self.app = app
        user = factories.user(session, roles, unit_code)
        self.client = app.test_client()
        token, _web = open_session(user, "test")
        with self.client.session_transaction() as stored:
            stored["_user_id"], stored["_fresh"] = token, True
        found = re.search(
            r'name="csrf_token" value="([^"]+)"', self.client.get("/profile").get_data(as_text=True)
        )
        assert found
        self.csrf = found[1]

    def answers(self, rule: Any, values: dict[str, Any]) -> dict[str, int]:
        """Method → status, for every method of the rule."""
        with self.app.test_request_context():
            from flask import url_for

            url = url_for(rule.endpoint, **values)
        told = {}
        if "GET" in rule.methods:
            told["GET"] = self.client.get(url, buffered=True).status_code
        if "POST" in rule.methods and rule.endpoint not in NOT_SENT:
            told["POST"] = self.client.post(url, data={"csrf_token": self.csrf}).status_code
        return told


def values_for(line: dict[str, Any], found: dict[str, Any]) -> dict[str, Any] | None:
    values = {part: found[kind] for part, kind in line.get("records", {}).items()}
    return None if None in values.values() else values


@pytest.mark.parametrize("role", list(Role))
def test_a_role_opens_what_its_rights_name_and_nothing_else(app: Flask, session: Session, role: Role) -> None:
    found = records(session)[OWN]
    session.rollback()
    # What holds for everyone, like a setting, is changed at the province.
    reader = Reader(app, session, [role], factories.PROVINCE if role is Role.PROVINCE_ADMIN else OWN)
    wrong = []
    for rule, line in endpoints(app):
        values = values_for(line, found)
        assert values is not None
        open_to_all = line["right"] in ("public", "signed_in")
        for method, status in reader.answers(rule, values).items():
            allowed = open_to_all or line["right"] in TABLE["roles"][role.value]
            if method == "POST" and "post" in line:
                allowed = bool(set(line["post"]) & set(TABLE["roles"][role.value]))
            if (status == 403) == allowed or status == 404 or status >= 500:
                wrong.append(f"{method} {rule.endpoint}: {status}, allowed: {allowed}")
    assert not wrong, "\n".join(wrong)


def test_records_beside_and_above_do_not_exist(app: Flask, session: Session) -> None:
    """Somebody with every right of a prefecture reaches its records and those below, and no other."""
    found = records(session)
    session.rollback()
    roles = [Role.PREFECTURE_ADMIN, Role.TRAINER, Role.CERTIFICATE_APPROVER, Role.AUDITOR]
    reader = Reader(app, session, roles)
    rights = {right for role in roles for right in TABLE["roles"][role.value]}
    wrong = []
    for rule, line in endpoints(app):
        if line["right"] not in rights or not line.get("records") or line.get("open"):
            continue
        for position, code in POSITIONS.items():
            values = values_for(line, found[code])
            if values is None:
                continue
            for method, status in reader.answers(rule, values).items():
                hidden = position in ("sibling", "above")
                if (status == 404) != hidden or status >= 500:
                    wrong.append(f"{method} {rule.endpoint} {position}: {status}")
    assert not wrong, "\n".join(wrong)


def test_without_sign_in_only_public_pages_open(app: Flask, session: Session) -> None:
    found = records(session)[OWN]
    session.rollback()
    client = app.test_client()
    seq = session.get_one(Clock, 1).seq
    wrong = []
    for rule, line in endpoints(app):
        values = values_for(line, found)
        with app.test_request_context():
            from flask import url_for

            url = url_for(rule.endpoint, **(values or {}))
        public = line["right"] == "public"
        if "GET" in rule.methods:
            answer = client.get(url)
            asked = answer.status_code in (302, 303) and "/sign-in" in answer.location
            if asked == public and rule.endpoint != "accounts.enter_code":
                wrong.append(f"GET {rule.endpoint}: {answer.status_code}")
        if "POST" in rule.methods:
            status = client.post(url, data={}).status_code
            if status >= 500 or (not public and status not in (302, 303, 400, 401, 403)):
                wrong.append(f"POST {rule.endpoint}: {status}")
    assert not wrong, "\n".join(wrong)
    session.rollback()
    assert session.get_one(Clock, 1).seq == seq


def test_no_page_writes_and_no_form_is_taken_without_its_token(app: Flask, session: Session) -> None:
    found = records(session)[OWN]
    session.rollback()
    reader = Reader(app, session, list(Role), factories.PROVINCE)
    seq = session.get_one(Clock, 1).seq
    wrong = []
    for rule, line in endpoints(app):
        with app.test_request_context():
            from flask import url_for

            url = url_for(rule.endpoint, **(values_for(line, found) or {}))
        if "GET" in rule.methods:
            reader.client.get(url)
            session.rollback()
            if session.get_one(Clock, 1).seq != seq:
                wrong.append(f"GET {rule.endpoint} wrote")
                seq = session.get_one(Clock, 1).seq
        if "POST" in rule.methods:
            for token in ("", "x" * 40):
                status = reader.client.post(url, data={"csrf_token": token}).status_code
                if status != 400:
                    wrong.append(f"POST {rule.endpoint} with token {token!r}: {status}")
    assert not wrong, "\n".join(wrong)


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


CANARY = "金丝雀"


def test_nothing_outside_reach_leaks(app: Flask, session: Session) -> None:
    """A person, a certificate and a course of another prefecture show up in no page, search or export."""
    hidden = factories.person(session, SIBLING, name=CANARY + "某")
    (certificate,) = certificates.issued(session, [hidden.id], unit_code=SIBLING)
    course = training.course(session, SIBLING, title=CANARY + "培训班")
    here = records(session)[OWN]
    number = certificate.number
    session.rollback()
    roles = [Role.PREFECTURE_ADMIN, Role.TRAINER, Role.CERTIFICATE_APPROVER, Role.AUDITOR]
    reader = Reader(app, session, roles)
    canaries = [CANARY, number, certificate.token]
    assert course.id
    leaks = []
    for rule, line in endpoints(app):
        values = values_for(line, here)
        if "GET" not in rule.methods or values is None:
            continue
        with app.test_request_context():
            from flask import url_for

            url = url_for(rule.endpoint, **values)
        for suffix in ("", "?export=csv", "?export=xlsx"):
            body = reader.client.get(url + suffix, buffered=True).get_data()
            leaks += [f"{url}{suffix}: {c}" for c in canaries if c.encode() in body]
    for text in (CANARY, number, "jsq", "jinsique"):
        body = reader.client.post("/search", data={"csrf_token": reader.csrf, "q": text}).get_data(
            as_text=True
        )
        found = re.sub(r"“[^”]*”", "", body)
        leaks += [f"search {text}: {c}" for c in canaries if c in found.replace(f'value="{text}"', "")]
    assert not leaks, "\n".join(leaks)
