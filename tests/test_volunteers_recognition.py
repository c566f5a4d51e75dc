"""The pages about recognition ask the database equally often, however much there is to show."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.permissions import Role
from registry.volunteers.models import Volunteer
from tests import factories as make
from tests import volunteers as makers
from tests.certificates import confirm_address
from tests.endpoints import Reader
from tests.test_volunteers_points import earned
from tests.test_volunteers_record_honour import honoured
from tests.test_volunteers_stars import published, served_hours
from tests.watching import statements

FIRST = date(2025, 3, 1)


def filled(session: Session, count: int) -> Volunteer:
    """A volunteer with so many certificates, lines of points and honours, among so many with a star level."""
    found = makers.volunteer(session)
    for place in range(count):
        earned(session, found, 60, on=FIRST + timedelta(days=place))
        makers.issued_proof(session, found)
        honoured(found)
        others = makers.volunteers(session, 2)
        for other in others:
            served_hours(session, other, 100)
        published(session, others[:1])
    return found


@pytest.mark.sqlite_only
def test_many_rows_ask_as_often_as_few(app: Flask, session: Session) -> None:
    confirm_address()
    reader = Reader(app, session, [Role.COUNTY_ADMIN], make.NANGUAN)
    told = []
    for count in (1, 6):
        found = filled(session, count)
        proof = makers.issued_proof(session, found)
        pages = (
            f"/volunteers/{found.id}/recognition",
            f"/volunteers/{found.id}/proofs",
            f"/volunteers/proofs/{proof.id}",
            "/volunteers/stars",
            "/volunteers/stars/proposed",
            "/volunteers/stars/notice",
        )
        asked = []
        for page in pages:
            reader.client.get(page)
            with statements() as sent:
                assert reader.client.get(page).status_code == 200
            asked.append(len(sent))
        told.append(asked)
    assert told[0] == told[1]


def test_a_record_of_another_unit_does_not_exist(app: Flask, session: Session) -> None:
    confirm_address()
    found = makers.volunteer(session, make.YANJI)
    makers.served(session, found, 60, clock.today())
    proof = makers.issued_proof(session, found)
    honour = honoured(found)
    reader = Reader(app, session, [Role.COUNTY_ADMIN], make.NANGUAN)
    for page in (
        f"/volunteers/{found.id}/recognition",
        f"/volunteers/{found.id}/proofs",
        f"/volunteers/{found.id}/points/redeem",
        f"/volunteers/{found.id}/honours/record",
        f"/volunteers/proofs/{proof.id}",
        f"/volunteers/proofs/{proof.id}/pdf",
        f"/volunteers/proofs/{proof.id}/void",
        f"/volunteers/honours/{honour.id}/void",
    ):
        assert reader.client.get(page).status_code == 404, page
