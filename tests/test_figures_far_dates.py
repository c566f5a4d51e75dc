"""Days and moments at the ends of the calendar are refused in words; a certificate without end counts."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.errors import RuleError
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.indicators.definitions import INDICATORS
from registry.indicators.differences import differences
from registry.indicators.question import ask, parse_known_on
from registry.indicators.read import by_month, value
from registry.indicators.tiles import tiles
from tests import factories as make
from tests.accounts import Browser, text

CODES = sorted(INDICATORS)


@pytest.mark.parametrize("as_of", ["0001-01-01", "1899-12-31"])
def test_a_day_before_any_record_is_refused_on_pages(app: Flask, session: Session, as_of: str) -> None:
    browser = Browser(app.test_client())
    browser.sign_in(make.user(session, Role.AUDITOR, make.PROVINCE).username)
    for path in ("/indicators/", *(f"/indicators/{code}" for code in CODES)):
        page = browser.get(f"{path}?as_of={as_of}")
        assert page.status_code == 200
        assert as_of in text(page)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("day", [date.min, date(1899, 12, 31), date(9999, 1, 1), date.max])
def test_a_day_no_figure_reaches_to_is_refused(session: Session, code: str, day: date) -> None:
    unit = make.unit(session, make.PROVINCE).id
    with pytest.raises(RuleError) as refused:
        ask(session, code, unit, as_of=day, projection=True)
    assert refused.value.field == "as_of"


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("day", [date(1900, 1, 1), date(9998, 12, 31)])
def test_the_first_and_the_last_day_are_counted(session: Session, code: str, day: date) -> None:
    unit = make.unit(session, make.PROVINCE).id
    question = ask(session, code, unit, as_of=day, projection=True)
    assert value(session, question) == 0
    assert len(by_month(session, question)) == 12


def test_tiles_of_a_day_before_any_record_are_refused(session: Session) -> None:
    actor = make.actor(session, Role.AUDITOR, make.PROVINCE)
    with pytest.raises(RuleError):
        tiles(session, actor, make.unit(session, make.PROVINCE).id, date.min)


@pytest.mark.parametrize(
    "known_on", ["9999-12-31", "9999-12-31 23:59", "0001-01-01", "0001-01-01 00:00", "0001-01-01T00:00+14:00"]
)
def test_a_moment_no_clock_reaches_is_no_moment(app: Flask, session: Session, known_on: str) -> None:
    with pytest.raises(ValueError, match="year"):
        parse_known_on(known_on)
    browser = Browser(app.test_client())
    browser.sign_in(make.user(session, Role.AUDITOR, make.PROVINCE).username)
    assert browser.get(f"/indicators/{CODES[0]}?known_on={known_on.replace('+', '%2B')}").status_code == 200


def test_a_certificate_until_the_last_day_of_the_calendar_counts(session: Session) -> None:
    """Older systems write 9999-12-31 for "without end"."""
    from registry.certificates.commands import LegacyCertificate, import_certificates
    from tests.certificates import credential

    entrant = make.entrant()
    rows = [
        LegacyCertificate(
            row=row,
            entrant=entrant,
            unit_id=make.unit(session).id,
            credential_type_id=credential(session).id,
            number=f"吉救{row}",
            issued_on=date(2020 + row, 5, 6),
            valid_until=date.max,
        )
        for row in (1, 2)
    ]
    run(SYSTEM, import_certificates, rows=rows)
    unit = make.unit(session).id
    for day, counted in ((date(2021, 5, 5), 0), (date(2021, 5, 6), 1), (clock.today(), 1)):
        assert value(session, ask(session, "rescuers_valid", unit, as_of=day)) == counted
    assert list(differences(session)) == []
