"""A course is cancelled with a reason, and opened again as long as no certificate stands on it."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.certificates.commands import reject_batch, void_certificate
from registry.certificates.models import Certificate, CertificateBatch
from registry.core.errors import RuleError
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.training import commands
from registry.training.models import Course, Enrolment
from tests import certificates
from tests import training as t
from tests.watching import last_entry


def closed(session: Session, count: int = 2) -> Course:
    found = t.course(session)
    t.enrolled(session, found, count)
    t.record_all(session, found)
    return run(SYSTEM, commands.close_and_prepare, found, attested=True)


def batch_of(session: Session) -> CertificateBatch:
    return session.execute(select(CertificateBatch)).scalar_one()


def test_cancelling_keeps_the_reason(session: Session) -> None:
    found = run(SYSTEM, commands.cancel_course, t.course(session), reason="人数不足")
    assert (found.state, found.state_reason) == ("cancelled", "人数不足")
    entry = last_entry(session)
    assert (entry.action, entry.reason) == ("training.cancel_course", "人数不足")
    with pytest.raises(RuleError, match="was cancelled"):
        run(SYSTEM, commands.cancel_course, found, reason="再次")


def test_a_cancelled_course_is_opened_again(session: Session) -> None:
    found = run(SYSTEM, commands.cancel_course, t.course(session), reason="人数不足")
    run(SYSTEM, commands.reopen_course, found, reason="又凑齐了")
    assert (found.state, found.state_reason) == ("open", "")
    with pytest.raises(RuleError, match="is open"):
        run(SYSTEM, commands.reopen_course, found, reason="再次")


def test_a_waiting_batch_keeps_the_course_closed(session: Session) -> None:
    found = closed(session)
    with pytest.raises(RuleError, match="wait for approval"):
        run(SYSTEM, commands.reopen_course, found, reason="成绩有误")
    run(SYSTEM, reject_batch, batch_of(session), reason="成绩有误")
    run(SYSTEM, commands.reopen_course, found, reason="成绩有误")
    rows = session.execute(select(Enrolment)).scalars().all()
    assert [(e.result, e.batch_line_id) for e in rows] == [(None, None), (None, None)]


def test_certificates_that_count_keep_the_course_closed(session: Session) -> None:
    found = closed(session)
    certificates.confirm_address()
    certificates.issue(batch_of(session))
    with pytest.raises(RuleError, match="2 certificates of the course"):
        run(SYSTEM, commands.reopen_course, found, reason="成绩有误")
    for certificate in session.execute(select(Certificate)).scalars().all():
        run(SYSTEM, void_certificate, certificate, reason="成绩录入有误")
    assert run(SYSTEM, commands.reopen_course, found, reason="成绩有误").state == "open"


def test_the_pages_ask_for_a_reason(app: Flask, session: Session) -> None:
    found = t.course(session)
    browser = t.Browser(app, session)
    url = f"/training/courses/{found.id}/cancel"
    assert "This field is required." in t.told(browser.submit(url, reason=""))
    assert browser.submit(url, reason="场地被征用").status_code == 303
    assert "场地被征用" in browser.get(f"/training/courses/{found.id}")
    assert browser.submit(f"/training/courses/{found.id}/reopen", reason="场地归还").status_code == 303
    session.refresh(found)
    assert found.state == "open"
