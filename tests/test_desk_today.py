"""The start page: what waits for a trainer and for an approver."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from registry.certificates.commands import reject_batch
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.training import commands
from registry.training.models import Course
from registry.training.queries.batches import batches_of
from tests import certificates
from tests import factories as make
from tests import training as t


def today(browser: t.Browser) -> str:
    return t.told(browser.client.get("/"))


@pytest.fixture
def closed(session: Session) -> Course:
    """A closed course; two of three passed."""
    found = t.course(session, title="南关区春季班")
    people = t.enrolled(session, found, 3)
    t.record_all(session, found, low=[people[0].id])
    run(SYSTEM, commands.close_course, found, attested=True)
    return found


def test_a_course_whose_certificates_are_to_prepare(app: Flask, session: Session, closed: Course) -> None:
    trainer = t.Browser(app, session)
    assert "Certificates to prepare 南关区春季班" in today(trainer)
    run(make.actor(session), commands.prepare_certificates, closed)
    assert "南关区春季班" not in today(trainer)


def test_a_batch_sent_back_comes_back_with_its_reason(app: Flask, session: Session, closed: Course) -> None:
    trainer = t.Browser(app, session)
    run(make.actor(session), commands.prepare_certificates, closed)
    (batch,) = batches_of(session, closed.id)
    run(SYSTEM, reject_batch, batch, reason="学时有误")
    page = today(trainer)
    assert "Certificates sent back 南关区春季班" in page
    assert "学时有误" in page
    run(make.actor(session), commands.prepare_certificates, closed)
    assert "南关区春季班" not in today(trainer)


def test_nobody_passed_or_the_course_is_elsewhere(app: Flask, session: Session) -> None:
    for code, low in ((make.NANGUAN, True), (make.YANJI, False)):
        found = t.course(session, code, title="别处的班")
        people = t.enrolled(session, found, 1)
        t.record_all(session, found, low=[people[0].id] if low else [])
        run(SYSTEM, commands.close_course, found, attested=True)
    assert "别处的班" not in today(t.Browser(app, session))


def test_a_stage_reads_as_in_the_list_of_courses(app: Flask, session: Session) -> None:
    t.course(session, title="待考核的班")
    trainer = t.Browser(app, session)
    assert "Assessing 待考核的班" in today(trainer)
    assert "Assessing" in trainer.get("/training/courses")


def test_an_approver_comes_to_all_waiting_batches(app: Flask, session: Session) -> None:
    certificates.prepared(session, make.persons(session, 2))
    page: Any = t.Browser(app, session, Role.CERTIFICATE_APPROVER).get("/")
    assert 'href="/certificates/batches?state=prepared"' in page
    assert "2 certificates, prepared by" in page
