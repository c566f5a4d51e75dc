"""Voiding and revoking a certificate."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.certificates.commands import revoke_certificate, void_certificate
from registry.certificates.models import Certificate, CertificateEvent
from registry.certificates.queries.certificates import in_state
from registry.certificates.validity import CertificateState, state_on
from registry.core import clock
from registry.core.errors import ForbiddenError, RecordNotFoundError, RuleError
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run, write
from tests import factories as make
from tests.certificates import issued
from tests.watching import last_entry


@pytest.fixture
def certificate(session: Session) -> Certificate:
    return issued(session, make.persons(session, 1))[0]


def events(session: Session) -> list[CertificateEvent]:
    return list(session.execute(select(CertificateEvent).order_by(CertificateEvent.id)).scalars())


def test_void(session: Session, certificate: Certificate) -> None:
    approver = make.actor(session, Role.CERTIFICATE_APPROVER)
    run(approver, void_certificate, certificate, reason=" 重复录入 ")
    session.rollback()
    assert certificate.voided_at is not None
    assert certificate.void_reason == "重复录入"
    event = events(session)[-1]
    assert (event.kind, event.on, event.reason, event.by_id) == (
        "voided",
        clock.today(),
        "重复录入",
        approver.user_id,
    )
    assert (last_entry(session).action, last_entry(session).reason) == (
        "certificates.void_certificate",
        "重复录入",
    )


def test_revoke(session: Session, certificate: Certificate) -> None:
    approver = make.actor(session, Role.CERTIFICATE_APPROVER)
    today = clock.today()
    run(
        approver,
        revoke_certificate,
        certificate,
        ended_on=today,
        reason="考核作弊",
        document="吉红〔2026〕7号",
    )
    session.rollback()
    assert (certificate.ended_on, certificate.end_reason) == (today, "考核作弊")
    event = events(session)[-1]
    assert (event.kind, event.on, event.document) == ("revoked", today, "吉红〔2026〕7号")
    assert last_entry(session).action == "certificates.revoke_certificate"


def test_a_revoked_certificate_can_still_be_voided_but_not_the_other_way_round(
    session: Session, certificate: Certificate
) -> None:
    today = clock.today()
    run(SYSTEM, revoke_certificate, certificate, ended_on=today, reason="考核作弊")
    with pytest.raises(RuleError, match="revoked already"):
        run(SYSTEM, revoke_certificate, certificate, ended_on=today, reason="再次")
    run(SYSTEM, void_certificate, certificate, reason="冒名顶替")
    with pytest.raises(RuleError, match="void already"):
        run(SYSTEM, void_certificate, certificate, reason="再次")
    with pytest.raises(RuleError, match="is void, so it cannot be revoked"):
        run(SYSTEM, revoke_certificate, certificate, ended_on=today, reason="再次")
    assert [event.kind for event in events(session)] == ["issued", "revoked", "voided"]


@pytest.mark.parametrize(("days", "message"), [(-1, "from an earlier day"), (1, "lies in the future")])
def test_the_first_day_without_it(
    session: Session, certificate: Certificate, days: int, message: str
) -> None:
    with pytest.raises(RuleError, match=message) as refusal:
        run(
            SYSTEM,
            revoke_certificate,
            certificate,
            ended_on=clock.today() + timedelta(days=days),
            reason="原因",
        )
    assert refusal.value.field == "ended_on"
    session.rollback()
    assert certificate.ended_on is None
    assert len(events(session)) == 1


@pytest.mark.parametrize("reason", ["", " ", "因", "长" * 201])
def test_a_reason_is_needed(session: Session, certificate: Certificate, reason: str) -> None:
    with pytest.raises(RuleError) as refusal:
        run(SYSTEM, void_certificate, certificate, reason=reason)
    assert refusal.value.field == "reason"
    with pytest.raises(RuleError):
        run(SYSTEM, revoke_certificate, certificate, ended_on=clock.today(), reason=reason)
    session.rollback()
    assert certificate.voided_at is None
    assert certificate.ended_on is None


@pytest.mark.parametrize("role", [Role.TRAINER, Role.COUNTY_ADMIN, Role.AUDITOR])
def test_only_who_approves_may_end_a_certificate(
    session: Session, certificate: Certificate, role: Role
) -> None:
    actor = make.actor(session, role)
    with pytest.raises(ForbiddenError):
        run(actor, void_certificate, certificate, reason="原因")
    with pytest.raises(ForbiddenError):
        run(actor, revoke_certificate, certificate, ended_on=clock.today(), reason="原因")


def test_the_certificate_of_another_unit_does_not_exist(session: Session, certificate: Certificate) -> None:
    elsewhere = make.actor(session, Role.CERTIFICATE_APPROVER, make.KUANCHENG)
    with pytest.raises(RecordNotFoundError):
        run(elsewhere, void_certificate, certificate, reason="原因")
    with pytest.raises(RecordNotFoundError):
        run(elsewhere, revoke_certificate, certificate, ended_on=clock.today(), reason="原因")
    session.rollback()
    assert certificate.voided_at is None


def test_the_list_and_the_page_agree_on_the_state_of_every_certificate(session: Session) -> None:
    """`in_state` in SQL and `state_on` in Python are one rule."""
    made = issued(session, make.persons(session, 8))
    day = date(2030, 1, 1)
    changes = [
        {},
        {"valid_until": None},
        {"valid_until": day},
        {"valid_until": day - timedelta(days=1)},
        {"ended_on": day},
        {"ended_on": day + timedelta(days=1)},
        {"ended_on": day, "valid_until": day - timedelta(days=5)},
        {"ended_on": day, "voided_at": clock.now()},
    ]
    with write("certificates.factory", SYSTEM) as w:
        for certificate, change in zip(made, changes, strict=True):
            w.session.refresh(certificate)
            for name, value in change.items():
                setattr(certificate, name, value)
    for state in CertificateState:
        found = session.execute(select(Certificate).where(in_state(state, day))).scalars().all()
        assert {c.id for c in found} == {c.id for c in made if state_on(c, day) is state}
    assert {state_on(c, day) for c in made} == set(CertificateState)
