"""Every endpoint with its line of authorization.yaml, one record of every kind in a unit, and readers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from flask import Flask, url_for
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.accounts.models import RoleGrant, UnitParent
from registry.accounts.sessions import open_session
from registry.core.journal import JournalEntry
from registry.core.permissions import Role
from registry.training.models import Enrolment, RosterImport
from tests import certificates, factories, sign_ups, training
from tests import volunteers as volunteering

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


def records(session: Session, *codes: str) -> Records:
    """One record of every kind in each of the units, by default those around the readers."""
    certificates.confirm_address()
    return {code: records_in(session, code) for code in codes or (*POSITIONS.values(), factories.KUANCHENG)}


def records_in(session: Session, code: str) -> dict[str, Any]:
    """One record of every kind in a unit; the address has to be confirmed."""
    unit = factories.unit(session, code)
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
    parent = session.execute(select(UnitParent).where(UnitParent.unit_id == unit.id).limit(1)).scalar()
    entry = session.execute(
        select(func.max(JournalEntry.seq)).where(JournalEntry.unit_id == unit.id)
    ).scalar_one()
    return {
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
        "unit": unit.id,
        "unit_parent": parent.id if parent is not None else None,
        "journal_entry": entry,
        "setting": "certificate_second_person",
        "listing": "people.people",
        "indicator": "rescuers_first",
        "rule_kind": "registration",
        **volunteering.one_of_each(session, code),
        **sign_ups.tokens(session, code),
    }


class Reader:
    """Someone signed in who asks for pages and sends empty forms."""

    def __init__(self, app: Flask, session: Session, roles: Sequence[Role], unit_code: str = OWN) -> None:
        self.app = app
        self.user = user = factories.user(session, roles, unit_code)
        self.client = app.test_client()
        token, _web = open_session(user, "test")
        with self.client.session_transaction() as stored:
            stored["_user_id"], stored["_fresh"] = token, True
        found = re.search(
            r'name="csrf_token" value="([^"]+)"', self.client.get("/profile").get_data(as_text=True)
        )
        assert found
        self.csrf = found[1]

    def send(self, url: str, **fields: Any) -> Any:
        """The answer to a form with these fields and the token."""
        return self.client.post(url, data={"csrf_token": self.csrf, **fields}, buffered=True)

    def ask(self, method: str, rule: Any, values: dict[str, Any]) -> Any:
        """The answer to one method of an endpoint; a form is sent with nothing but its token."""
        url = address(self.app, rule, values)
        if method == "GET":
            return self.client.get(url, buffered=True)
        return self.client.post(url, data={"csrf_token": self.csrf}, buffered=True)


def address(app: Flask, rule: Any, values: dict[str, Any]) -> str:
    with app.test_request_context():
        return url_for(rule.endpoint, **values)


def values_for(line: dict[str, Any], found: dict[str, Any]) -> dict[str, Any] | None:
    """What the address of an endpoint is filled with; None where the unit has no such record."""
    kinds = {**line.get("records", {}), **line.get("query", {})}
    values = {part: found[kind] for part, kind in kinds.items()}
    return None if None in values.values() else values
