"""The own page of a volunteer, its address given by staff, and the poster of the sign-up page."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import zxingcpp
from flask import Flask
from PIL import Image
from sqlalchemy import select
from sqlalchemy import text as sql
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.permissions import Role
from registry.core.qr import qr_rects
from registry.core.scope import SYSTEM
from registry.core.write import run, write
from registry.people.commands import merge_persons
from registry.people.models import Person
from registry.volunteers.commands import Admission, Guardian
from registry.volunteers.commands.own_page import give_page
from registry.volunteers.models import TeamMembership, Volunteer
from tests import factories as make
from tests import volunteers as makers
from tests.accounts import Browser, text
from tests.endpoints import Reader
from tests.watching import last_entry


@pytest.fixture
def anyone(app: Flask, session: Session) -> Browser:
    session.rollback()
    return Browser(app.test_client())


@pytest.fixture
def reader(app: Flask, session: Session) -> Reader:
    found = Reader(app, session, [Role.VOLUNTEER_COORDINATOR], make.NANGUAN)
    session.rollback()
    return found


def page_of(session: Session, anyone: Browser, volunteer: Volunteer) -> str:
    token = run(SYSTEM, give_page, volunteer)
    session.rollback()
    answer = anyone.get(f"/my/{token}")
    assert answer.status_code == 200
    return text(answer)


def hours(page: str) -> str:
    """The hours the page shows."""
    return re.findall(r"<dd>(.*?)</dd>", page)[2]


def join(session: Session, volunteer: Volunteer, **more: Any) -> str:
    group = makers.team(session)
    values = {"starts_on": makers.ENROLLED_ON, **more}
    with write("volunteers.factory", SYSTEM) as w:
        w.session.refresh(group)
        w.session.refresh(volunteer)
        w.add(
            TeamMembership(
                team_id=group.id,
                volunteer_id=volunteer.id,
                person_id=volunteer.person_id,
                unit_id=group.unit_id,
                **values,
            )
        )
        return group.name


# The page


def test_the_page_shows_number_state_teams_and_hours_and_a_masked_name(
    session: Session, anyone: Browser
) -> None:
    volunteer = makers.volunteer(session, entrant=make.entrant("欧阳娜娜"))
    makers.registered(session, volunteer)
    makers.served(session, volunteer, 240)
    makers.served(session, volunteer, 90, starts=840)
    makers.reversed_line(session, makers.served(session, volunteer, 60, starts=1_000))
    now, before = join(session, volunteer), join(session, volunteer, ended_on=clock.today())
    page = page_of(session, anyone, volunteer)
    assert volunteer.number in page
    assert "欧阳**" in page
    assert "欧阳娜娜" not in page
    assert hours(page) == "5.5"
    assert now in page
    assert before not in page
    assert "status-good" in page
    assert page.count(makers.ENROLLED_ON.isoformat()) == 1
    assert "2025-01-01" in page


def test_of_a_minor_only_the_surname_is_shown(session: Session, anyone: Browser) -> None:
    number = make.resident_number(clock.add_months(clock.today(), -12 * 16), 9)
    someone = make.entrant("王小明", number=number)
    guardian = Guardian("王芳", "13800000001", clock.today())
    made = run(
        SYSTEM,
        makers.add_volunteers,
        unit_id=make.unit(session).id,
        admissions=[Admission(1, someone, guardian=guardian)],
        source="staff",
    )
    volunteer = session.get_one(Volunteer, made.volunteer_ids[0])
    page = page_of(session, anyone, volunteer)
    assert "王**" in page
    assert "王芳" not in page


def test_what_a_merged_entry_served_is_counted(session: Session, anyone: Browser) -> None:
    kept, other = makers.volunteer(session), makers.volunteer(session)
    makers.served(session, kept, 120)
    makers.served(session, other, 60, on=clock.today() - timedelta(days=3))
    persons = [session.get_one(Person, one.person_id) for one in (kept, other)]
    run(SYSTEM, merge_persons, winner=persons[0], loser=persons[1], reason="同一人")
    assert hours(page_of(session, anyone, kept)) == "3"
    assert hours(page_of(session, anyone, other)) == "3"


def test_no_other_address_opens_it_and_an_earlier_one_ends(session: Session, anyone: Browser) -> None:
    volunteer = makers.volunteer(session)
    first, second = run(SYSTEM, give_page, volunteer), run(SYSTEM, give_page, volunteer)
    session.rollback()
    assert [anyone.get(f"/my/{token}").status_code for token in (first, second)] == [404, 200]
    for unknown in ("A" * 22, "x", "%20", second.lower()):
        assert anyone.get(f"/my/{unknown}").status_code == 404


# Given by staff


def give(reader: Reader, volunteer_id: int) -> tuple[Any, dict[str, str]]:
    path = f"/volunteers/{volunteer_id}/page"
    field = re.search(r'<input[^>]*name="form_key"[^>]*>', text(reader.client.get(path)))
    assert field
    found = re.search(r'value="([^"]+)"', field[0])
    assert found
    sent = {"form_key": found[1]}
    return reader.send(path, **sent), sent


def test_the_address_is_shown_once_with_its_code(app: Flask, session: Session, reader: Reader) -> None:
    app.config["PUBLIC_URL"] = "https://hz.example.org"
    volunteer = makers.volunteer(session)
    session.rollback()
    answer, sent = give(reader, volunteer.id)
    shown = text(reader.client.get(answer.location))
    address = re.search(r"https://hz\.example\.org(/my/[A-Za-z0-9_-]{22})", shown)
    assert address
    assert reader.client.get(address[1]).status_code == 200
    # The code says the same.
    size, _rects = qr_rects(address[0])
    assert f'viewBox="0 0 {size} {size}"' in shown
    assert "/my/" not in text(reader.client.get(answer.location))
    # The same form again gives no other address.
    session.rollback()
    before = session.execute(select(Volunteer.page_digest).where(Volunteer.id == volunteer.id)).scalar_one()
    assert reader.send(answer.location, **sent).status_code == 303
    session.rollback()
    now = session.execute(select(Volunteer.page_digest).where(Volunteer.id == volunteer.id)).scalar_one()
    assert now == before
    entry = last_entry(session)
    assert (entry.action, entry.unit_id) == ("volunteers.give_page", volunteer.unit_id)
    stored = str(session.execute(sql("SELECT * FROM form_key")).all())
    stored += str(session.execute(sql("SELECT * FROM volunteer")).all())
    assert address[1].removeprefix("/my/") not in stored


def test_the_address_is_shown_on_the_page_of_its_volunteer_only(session: Session, reader: Reader) -> None:
    one, other = makers.volunteers(session, 2)
    session.rollback()
    give(reader, one.id)
    assert "/my/" not in text(reader.client.get(f"/volunteers/{other.id}/page"))


def test_who_may_give_it(app: Flask, session: Session) -> None:
    own, elsewhere = makers.volunteer(session), makers.volunteer(session, make.KUANCHENG)
    auditor = Reader(app, session, [Role.AUDITOR], make.NANGUAN)
    coordinator = Reader(app, session, [Role.VOLUNTEER_COORDINATOR], make.NANGUAN)
    session.rollback()
    assert auditor.client.get(f"/volunteers/{own.id}/page").status_code == 403
    for path in (f"/volunteers/{elsewhere.id}/page",):
        assert coordinator.client.get(path).status_code == 404
        assert coordinator.send(path).status_code == 404


# The poster


def test_the_poster_leads_to_the_unit_or_the_activity(app: Flask, session: Session, reader: Reader) -> None:
    app.config["PUBLIC_URL"] = "https://hz.example.org"
    gathering, elsewhere = makers.activity(session), makers.activity(session, make.KUANCHENG)
    unit = make.unit(session)
    session.rollback()
    path = f"/volunteers/units/{unit.id}/poster"
    page = text(reader.client.get(path))
    assert f"https://hz.example.org/join/{unit.code}" in page
    assert "长春市南关区红十字会" in page
    page = text(reader.client.get(f"{path}?activity={gathering.id}"))
    assert f"https://hz.example.org/join/{gathering.sign_up_token}" in page
    assert gathering.title in page
    assert reader.client.get(f"{path}?activity={elsewhere.id}").status_code == 404
    assert reader.client.get(f"{path}?activity=99999999999").status_code == 404
    assert reader.client.get(f"/volunteers/units/{elsewhere.unit_id}/poster").status_code == 404


def test_the_code_of_the_poster_can_be_read(session: Session, reader: Reader) -> None:
    unit = make.unit(session)
    session.rollback()
    page = text(reader.client.get(f"/volunteers/units/{unit.id}/poster"))
    size = int(re.search(r'viewBox="0 0 (\d+)', page.split('class="qr"')[1])[1])  # type: ignore[index]
    path = re.search(r'<path d="(M[^"]+)" fill="#000"', page)
    assert path
    image = Image.new("L", (size * 4, size * 4), 255)
    for x, y, width, height in re.findall(r"M(\d+) (\d+)h(\d+)v(\d+)", path[1]):
        corner = int(x) * 4, int(y) * 4
        image.paste(0, (*corner, corner[0] + int(width) * 4, corner[1] + int(height) * 4))
    (read,) = zxingcpp.read_barcodes(image)
    assert read.text.endswith(f"/join/{unit.code}")
    assert read.text in page
