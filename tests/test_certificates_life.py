"""The life of certificates as a machine: prepared, issued or rejected, revoked, void; never back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from registry.certificates.commands import reject_batch, revoke_certificate, void_certificate
from registry.certificates.models import Certificate, CertificateBatch
from registry.certificates.queries.batches import batch_certificates
from registry.certificates.snapshots import sheet_of
from registry.certificates.validity import CertificateState, state_on
from registry.core import clock
from registry.core.db import db
from registry.core.errors import RuleError
from registry.core.journal import verify
from registry.core.scope import SYSTEM
from registry.core.write import run
from tests import factories as make
from tests.certificates import confirm_address, issue, prepared


class Lives(RuleBasedStateMachine):
    """Commands in any order against what a careful clerk would write down."""

    app: Flask
    renew: Callable[[], None]
    batches = Bundle("batches")
    certificates = Bundle("certificates")

    def __init__(self) -> None:
        super().__init__()
        type(self).renew()
        self.context = self.app.app_context()
        self.context.push()
        self.batch_state: dict[int, str] = {}
        self.state: dict[int, str] = {}
        self.numbers: list[str] = []
        self.printed: dict[int, Any] = {}

    def teardown(self) -> None:
        assert verify(db.session()) is None
        self.context.pop()

    @initialize()
    def start(self) -> None:
        self.people = make.persons(db.session(), 4)
        confirm_address()

    @rule(target=batches, size=st.integers(1, 3))
    def prepare(self, size: int) -> int:
        batch = prepared(db.session(), self.people[:size], actor=SYSTEM)
        self.batch_state[batch.id] = "prepared"
        return batch.id

    @rule(batch_id=batches, target=certificates)
    def issue(self, batch_id: int) -> int:
        batch = db.session.get_one(CertificateBatch, batch_id)
        if self.batch_state[batch_id] == "prepared":
            issue(batch)
            self.batch_state[batch_id] = "issued"
            for certificate in batch_certificates(db.session(), batch_id):
                self.state[certificate.id] = "valid"
                self.numbers.append(certificate.number)
                self.printed[certificate.id] = sheet_of(certificate)
        else:
            with pytest.raises(RuleError):
                issue(batch)
        found = batch_certificates(db.session(), batch_id)
        return found[0].id if found else 0

    @rule(batch_id=batches)
    def reject(self, batch_id: int) -> None:
        batch = db.session.get_one(CertificateBatch, batch_id)
        if self.batch_state[batch_id] == "prepared":
            run(SYSTEM, reject_batch, batch, reason="资料不全")
            self.batch_state[batch_id] = "rejected"
        else:
            with pytest.raises(RuleError):
                run(SYSTEM, reject_batch, batch, reason="资料不全")

    @rule(certificate_id=certificates)
    def void(self, certificate_id: int) -> None:
        if not certificate_id:
            return
        certificate = db.session.get_one(Certificate, certificate_id)
        if self.state[certificate_id] in ("valid", "revoked"):
            run(SYSTEM, void_certificate, certificate, reason="录入错误")
            self.state[certificate_id] = "void"
        else:
            with pytest.raises(RuleError):
                run(SYSTEM, void_certificate, certificate, reason="录入错误")

    @rule(certificate_id=consumes(certificates) | certificates, days=st.integers(0, 1))
    def revoke(self, certificate_id: int, days: int) -> None:
        if not certificate_id:
            return
        certificate = db.session.get_one(Certificate, certificate_id)
        ended_on = clock.today() + timedelta(days=days)
        if self.state[certificate_id] == "valid" and not days:
            run(SYSTEM, revoke_certificate, certificate, ended_on=ended_on, reason="考核作弊")
            self.state[certificate_id] = "revoked"
        else:
            with pytest.raises(RuleError):
                run(SYSTEM, revoke_certificate, certificate, ended_on=ended_on, reason="考核作弊")

    @invariant()
    def everything_is_as_written_down(self) -> None:
        session = db.session()
        session.rollback()
        stored = session.execute(select(Certificate).order_by(Certificate.id)).scalars().all()
        today = clock.today()
        assert {c.id: state_on(c, today) for c in stored} == {
            key: CertificateState(value) for key, value in self.state.items()
        }
        assert [c.number for c in stored] == self.numbers
        assert len(set(self.numbers)) == len(self.numbers)
        assert {c.id: sheet_of(c) for c in stored} == self.printed
        batches = session.execute(select(CertificateBatch)).scalars()
        assert {b.id: b.state for b in batches} == self.batch_state


def test_no_order_of_verbs_goes_back(app: Flask, engine_name: str, open_site: Callable[[str], Any]) -> None:
    class OnThisEngine(Lives):
        pass

    OnThisEngine.app = app
    OnThisEngine.renew = staticmethod(open_site(engine_name).renew)  # type: ignore[method-assign]
    run_state_machine_as_test(
        OnThisEngine,
        settings=settings(
            max_examples=12,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
