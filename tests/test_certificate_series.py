"""Number series at the turn of the year, after the template changed, and among numbers of other series."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.accounts.models import Unit
from registry.certificates.models import Certificate, CredentialRule, NumberCounter
from registry.certificates.numbers import take_numbers
from registry.core.scope import SYSTEM
from registry.core.write import write
from tests import factories as make
from tests.certificates import confirm_address, credential, issue, prepared
from tests.watching import statements

# 31 December 2026, 23:59:30 in Shanghai.
EVE = datetime(2026, 12, 31, 15, 59, 30, tzinfo=UTC)


def use_template(session: Session, template: str) -> None:
    """Another number template from the first day on."""
    with write("certificates.factory", SYSTEM) as w:
        old = w.session.execute(
            select(CredentialRule).where(CredentialRule.credential_type_id == credential(session).id)
        ).scalar_one()
        w.add(
            CredentialRule(
                credential_type_id=old.credential_type_id,
                version=2,
                starts_on=old.starts_on,
                validity_months=36,
                number_template=template,
                template_version=old.template_version,
            )
        )


def give_out(session: Session, count: int, unit_code: str = make.NANGUAN) -> list[str]:
    """The numbers of that many certificates issued now."""
    batch = prepared(session, make.persons(session, count, unit_code), unit_code=unit_code)
    issue(batch)
    rows = select(Certificate.number).where(Certificate.batch_id == batch.id).order_by(Certificate.id)
    return list(session.execute(rows).scalars())


@pytest.fixture(autouse=True)
def _confirmed(session: Session) -> None:
    confirm_address()


def test_a_new_year_begins_anew_in_shanghai(session: Session) -> None:
    with time_machine.travel(EVE, tick=False) as clock:
        assert give_out(session, 2) == ["2201022026J000001", "2201022026J000002"]
        clock.shift(30)
        assert give_out(session, 1) == ["2201022027J000001"]
        clock.shift(-3600)
        assert give_out(session, 1) == ["2201022026J000003"]


def test_a_changed_template_goes_on_with_the_series(session: Session) -> None:
    with time_machine.travel(EVE, tick=False):
        give_out(session, 2)
        use_template(session, "吉{year}-{unit}-{serial:04d}")
        assert give_out(session, 2) == ["吉2026-220102-0003", "吉2026-220102-0004"]


def test_without_unit_and_year_a_number_is_still_given_once(session: Session) -> None:
    use_template(session, "吉救{serial:05d}")
    with time_machine.travel(EVE, tick=False) as clock:
        assert give_out(session, 3) == ["吉救00001", "吉救00002", "吉救00003"]
        assert give_out(session, 2, make.KUANCHENG) == ["吉救00004", "吉救00005"]
        clock.shift(60)
        assert give_out(session, 2) == ["吉救00006", "吉救00007"]
        assert give_out(session, 1, make.YANJI) == ["吉救00008"]
        assert give_out(session, 1) == ["吉救00009"]


def test_many_taken_numbers_are_passed_over_with_few_looks(session: Session) -> None:
    use_template(session, "吉救{serial:05d}")
    template = give_out(session, 1)[0]
    assert template == "吉救00001"
    first = session.execute(select(Certificate)).scalar_one()
    copied = {c.key: getattr(first, c.key) for c in Certificate.__table__.columns if c.key != "id"}
    with write("certificates.factory", SYSTEM) as w:
        w.insert_many(
            Certificate,
            [
                {**copied, "number": f"吉救{n:05d}", "token": f"{n:022d}", "batch_id": None}
                for n in range(2, 3_000)
            ],
        )
    with write("certificates.factory", SYSTEM) as w:
        rule = w.session.execute(
            select(CredentialRule).where(CredentialRule.number_template == "吉救{serial:05d}")
        ).scalar_one()
        unit = w.session.execute(select(Unit).where(Unit.code == make.YANJI)).scalar_one()
        with statements() as sent:
            assert take_numbers(w, rule, unit, 1) == ["吉救03000"]
    assert len(sent) < 20
    counter = session.execute(select(NumberCounter).where(NumberCounter.unit_id == unit.id)).scalar_one()
    assert counter.next_serial == 3_001
