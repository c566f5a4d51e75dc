"""Pages that change a person: what is masked stays masked."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from registry.core.permissions import Role
from registry.people.models import Person
from tests import factories
from tests.accounts import Browser, text

PHONE = "13812345678"


@pytest.fixture
def trainer(client: FlaskClient, session: Session) -> Browser:
    browser = Browser(client)
    browser.sign_in(factories.user(session, Role.TRAINER).username)
    return browser


def test_correcting_shows_the_phone_masked_and_keeps_it(session: Session, trainer: Browser) -> None:
    person = factories.person(session, name="王小明", phone=PHONE)
    page = trainer.get(f"/people/{person.id}/correct")
    assert "138****5678" in text(page)
    assert PHONE not in text(page)
    assert trainer.send(f"/people/{person.id}/correct", name="王小敏").status_code == 303
    session.expire_all()
    kept = session.get_one(Person, person.id)
    assert (kept.name, kept.phone) == ("王小敏", PHONE)


def test_a_typed_phone_takes_the_place_of_the_registered_one(session: Session, trainer: Browser) -> None:
    person = factories.person(session, name="王小明", phone=PHONE)
    refused = trainer.send(f"/people/{person.id}/correct", name="王小明", phone="138")
    assert 'value="138"' in text(refused)
    trainer.send(f"/people/{person.id}/correct", name="王小明", phone="13900001111")
    session.expire_all()
    assert session.get_one(Person, person.id).phone == "13900001111"
