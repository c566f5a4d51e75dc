"""Demo data: marked on every page, and served to this computer only."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.accounts.commands_settings import change_setting
from registry.accounts.models import Unit
from registry.certificates.models import Certificate
from registry.core import journal
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.demo.load import COURSES, PEOPLE, load_demo
from registry.people.models import Person, PersonMerge
from registry.training.models import Course


def test_the_demo_holds_what_it_promises(session: Session) -> None:
    said: list[str] = []
    load_demo(session, said.append)

    def count(model: type) -> int:
        return session.execute(select(func.count()).select_from(model)).scalar_one()

    assert len(said) >= 4
    assert (count(Unit), count(Course), count(PersonMerge)) == (70, len(COURSES), 1)
    assert count(Person) >= PEOPLE
    assert {course.state for course in session.execute(select(Course)).scalars()} == {
        "open",
        "closed",
        "cancelled",
    }
    holders = select(Certificate.person_id).group_by(Certificate.person_id).having(func.count() > 1)
    assert len(session.execute(holders).all()) >= 12
    assert journal.verify(session) is None


@pytest.mark.parametrize(("address", "status"), [("127.0.0.1", 200), ("::1", 200), ("192.168.1.7", 403)])
def test_only_this_computer_is_served(app: Flask, session: Session, address: str, status: int) -> None:
    session.rollback()
    client = app.test_client()
    assert client.get("/sign-in", environ_base={"REMOTE_ADDR": address}).status_code == 200
    run(SYSTEM, change_setting, key="demo", value=True)
    answer = client.get("/sign-in", environ_base={"REMOTE_ADDR": address})
    assert answer.status_code == status
    assert ("演示" in answer.get_data(as_text=True)) or ("invented" in answer.get_data(as_text=True))
