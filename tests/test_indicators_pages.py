"""The pages of figures: who sees what, what they say, and the way down to a certificate."""

from __future__ import annotations

import io
import re
from datetime import date, timedelta

import pytest
from flask import Flask
from flask_babel import force_locale
from python_calamine import CalamineWorkbook
from sqlalchemy import update
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.permissions import Role
from registry.indicators.cards import cards
from registry.indicators.commands import build_missing
from registry.indicators.models import IndicatorState, MonthCell
from registry.indicators.tiles import tiles
from tests import factories
from tests.accounts import Browser, text
from tests.certificates import issued
from tests.factories import CHANGCHUN, KUANCHENG, NANGUAN, PROVINCE, YANJI
from tests.figures import certify, change, people
from tests.test_indicators_verify import tamper
from tests.watching import statements

DAY = date(2024, 2, 29)
PAGES = ("/indicators/", "/indicators/rescuers_first", "/indicators/rescuers_valid/units")
LISTS = ("/indicators/rescuers_first/records", "/indicators/rescuers_valid/excluded")


@pytest.fixture(autouse=True)
def _built(session: Session) -> None:
    build_missing(session)


def browser(app: Flask, session: Session, role: Role, unit_code: str = CHANGCHUN) -> Browser:
    """Somebody signed in, with pages in English."""
    user = factories.user(session, role, unit_code)
    session.rollback()
    signed_in = Browser(app.test_client())
    signed_in.sign_in(user.username)
    signed_in.send("/language", language="en", back="/")
    return signed_in


def plain(response: object) -> str:
    """The text of a page in one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", text(response)).split())


def test_two_clicks_from_the_tile_to_a_certificate(app: Flask, session: Session) -> None:
    [made] = issued(session, [factories.person(session).id])
    number, where = made.number, f"/certificates/{made.id}"
    reader = browser(app, session, Role.PREFECTURE_ADMIN)
    board = text(reader.get("/indicators/"))
    first_click = re.search(r'href="(/indicators/rescuers_first/records[^"]*)"', board)
    assert first_click
    listed = text(reader.get(first_click[1].replace("&amp;", "&")))
    assert f'href="{where}">{number}<' in listed
    certificate = reader.get(where)
    assert certificate.status_code == 200
    assert number in text(certificate)


@pytest.mark.parametrize("path", [*PAGES, *LISTS])
def test_a_unit_out_of_reach_does_not_exist(app: Flask, session: Session, path: str) -> None:
    reader = browser(app, session, Role.PREFECTURE_ADMIN)
    for code in (PROVINCE, YANJI):
        unit = factories.unit(session, code).id
        assert reader.get(f"{path}?unit={unit}").status_code == 404
    own = factories.unit(session, NANGUAN).id
    assert reader.get(f"{path}?unit={own}").status_code == 200
    assert reader.get(f"{path}?unit=x").status_code == 404
    assert reader.get(path.replace("rescuers", "nobody")).status_code == (200 if path == PAGES[0] else 404)


def test_a_supervisor_sees_figures_and_no_records(app: Flask, session: Session) -> None:
    certify(session, people(session)[0], DAY, number="N-0001")
    reader = browser(app, session, Role.SUPERVISOR)
    for path in PAGES:
        answer = reader.get(path)
        assert answer.status_code == 200
        assert b"/records" not in answer.data
        assert b"N-0001" not in answer.data
    for path in LISTS:
        assert reader.get(path).status_code == 403


def test_a_canary_of_a_sibling_is_in_no_page_and_in_no_number(app: Flask, session: Session) -> None:
    certify(session, people(session, unit_code=YANJI)[0], DAY, number="CANARY", unit_code=YANJI)
    change(certify(session, people(session)[0], DAY, number="CANARY2", unit_code=YANJI), voided_at=None)
    reader = browser(app, session, Role.TRAINER, NANGUAN)
    for path in (*PAGES, *LISTS, LISTS[0] + "?export=csv"):
        assert b"CANARY" not in reader.get(path.replace("/units", "/units?export=csv")).data
    assert "0 persons" in plain(reader.get("/indicators/rescuers_first"))


def test_the_figure_is_recounted_in_front_of_the_reader(app: Flask, session: Session) -> None:
    persons = people(session, 2)
    certify(session, persons[0], DAY, date(2027, 2, 27))
    certify(session, persons[0], DAY + timedelta(1), None)
    certify(session, persons[1], DAY, None, kind="cpr_aed")
    reader = browser(app, session, Role.PREFECTURE_ADMIN)
    path = "/indicators/rescuers_valid?as_of=2024-03-01"
    told = plain(reader.get(path))
    assert "Recounted from the records just now: 1, equal" in told
    assert "1 Another record of this person in force counts" in told
    assert "1 Another kind of certificate" in told
    tamper(update(MonthCell).values(quantity=9))
    told = plain(reader.get(path))
    assert "The figure and the records differ" in told
    assert "just now: 1. The figure says 9" in told
    assert 'role="alert"' in text(reader.get(path))


def test_a_figure_as_known_before(app: Flask, session: Session) -> None:
    made = certify(session, people(session)[0], DAY)
    then = clock.now()
    change(made, voided_at=None)
    reader = browser(app, session, Role.PREFECTURE_ADMIN)
    moment = clock.local(then).strftime("%Y-%m-%d %H:%M:%S.%f")
    told = plain(reader.get(f"/indicators/rescuers_first?known_on={moment}"))
    assert "As known then, not as known now" in told
    assert "1 persons" in told
    assert "Recounted from the records" not in told
    listed = plain(reader.get(f"/indicators/rescuers_first/records?known_on={moment}"))
    assert "1 rows" in listed
    assert "0 persons" in plain(reader.get("/indicators/rescuers_first"))
    back = reader.get(f"/indicators/rescuers_first/excluded?known_on={moment}")
    assert back.status_code == 302, "reasons are told of the records as they stand now"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("as_of=2999-01-01", "lies in the future"),
        ("as_of=2024-01-01&from_on=2024-02-01", "ends before it begins"),
        ("as_of=soon", "Not a valid date"),
        ("known_on=then", "This is no day or time"),
    ],
)
def test_what_cannot_be_asked_is_said_at_its_field(
    app: Flask, session: Session, query: str, said: str
) -> None:
    reader = browser(app, session, Role.PREFECTURE_ADMIN)
    answer = reader.get(f"/indicators/rescuers_first?{query}")
    assert answer.status_code == 200
    assert said in plain(answer)
    assert query.split("=")[-1] in text(answer), "what was typed is still there"
    assert "<title>Error" in text(answer)
    listed = reader.get(f"/indicators/rescuers_first/records?{query}")
    assert listed.status_code == 302
    assert query.split("=")[-1] in listed.location


def test_what_a_unit_did_before_it_moved_away_is_counted_and_not_listed(app: Flask, session: Session) -> None:
    gongzhuling, siping = "220184", "220300"
    person = people(session, unit_code=gongzhuling)[0]
    certify(session, person, date(2020, 6, 30), None, unit_code=gongzhuling, number="MOVED")
    reader = browser(app, session, Role.PREFECTURE_ADMIN, siping)
    path, query = "/indicators/rescuers_first", "?from_on=2020-01-01&all=1"
    told = reader.get(path + query)
    assert "1 persons" in plain(told)
    assert re.search(r"Gongzhuling City\s+1\s+1", plain(told))
    assert f"unit={factories.unit(session, gongzhuling).id}" not in text(told)
    listed = reader.get(path + "/records" + query)
    assert "MOVED" not in text(listed)
    assert "1 of them belong to units that are outside your reach" in plain(listed)


def test_parts_by_unit_and_the_whole_tree(app: Flask, session: Session) -> None:
    for code in (NANGUAN, NANGUAN, KUANCHENG, YANJI):
        certify(session, people(session)[0], DAY, None, unit_code=code)
    reader = browser(app, session, Role.PROVINCE_ADMIN, PROVINCE)
    told = plain(reader.get("/indicators/rescuers_valid?all=1"))
    assert re.search(r"Changchun\s+0\s+3", told)
    assert "Sum of the own parts 4" in told
    assert "Nanguan" not in plain(reader.get("/indicators/rescuers_valid")).split("By unit")[1]


@pytest.mark.parametrize("part", ["", "/records", "/excluded", "/units"])
def test_a_first_day_means_nothing_for_a_stock(app: Flask, session: Session, part: str) -> None:
    reader = browser(app, session, Role.PREFECTURE_ADMIN)
    path = f"/indicators/rescuers_valid{part}"
    with_day = reader.get(f"{path}?from_on=2024-02-01")
    assert with_day.status_code == 200
    assert b"2024-02-01" not in with_day.data.replace(b"from_on=2024-02-01", b"")


def test_parts_as_files(app: Flask, session: Session) -> None:
    certify(session, people(session)[0], DAY)
    reader = browser(app, session, Role.PREFECTURE_ADMIN)
    path = "/indicators/rescuers_first/units?as_of=2024-03-31"
    rows = CalamineWorkbook.from_filelike(io.BytesIO(reader.get(path).data)).get_sheet_by_index(0).to_python()
    assert len(rows) == 1 + 12
    assert rows[1][:6] == ["220100", "Changchun", 0.0, 1.0, "2021-01-01", "2024-03-31"]
    csv = reader.get(path + "&export=csv")
    assert csv.data.startswith(b"\xef\xbb\xbf")
    assert '"220102","Nanguan District","1","1"' in csv.data.decode("utf-8-sig")
    assert reader.get(path + "&export=pdf").status_code == 404
    listed = reader.get("/indicators/rescuers_first/records?export=csv").data.decode("utf-8-sig")
    assert "测*员" in listed
    assert "测试员" not in listed


@pytest.mark.parametrize("path", [*PAGES, *LISTS])
def test_pages_cost_the_same_with_more_records(app: Flask, session: Session, path: str) -> None:
    reader = browser(app, session, Role.PREFECTURE_ADMIN)
    costs = []
    for count in (5, 60):
        for person in people(session, count):
            certify(session, person, DAY)
            certify(session, person, DAY + timedelta(1))
        session.rollback()
        with statements() as counted:
            assert reader.get(path).status_code == 200
        costs.append(len(counted))
    assert costs[0] == costs[1]


def test_figures_that_wait_for_a_rebuild_are_not_shown(app: Flask, session: Session) -> None:
    certify(session, people(session)[0], DAY)
    reader = browser(app, session, Role.PREFECTURE_ADMIN)
    tamper(update(IndicatorState).values(definition_hash="old"))
    assert "has not been rebuilt yet" in plain(reader.get("/indicators/rescuers_first"))
    board = plain(reader.get("/indicators/"))
    assert "waits to be rebuilt" in board
    assert "From 1 records" not in board


def test_tiles_stay_within_reach_and_follow_the_month(session: Session) -> None:
    actor = factories.actor(session, Role.TRAINER, NANGUAN)
    unit = factories.unit(session, NANGUAN).id
    certify(session, people(session)[0], date(2024, 1, 10), date(2024, 3, 4))
    certify(session, people(session)[0], date(2024, 3, 2))
    first, valid, *_others = tiles(session, actor, unit, date(2024, 3, 20))
    assert (first.value, first.change, first.trend[-3:]) == (2, 1, [1, 1, 2])
    assert (valid.value, valid.change, valid.trend[-3:]) == (1, 0, [1, 1, 1])
    assert tiles(session, actor, factories.unit(session, CHANGCHUN).id) == []


def test_cards_speak_both_languages(app: Flask, session: Session) -> None:
    actor = factories.actor(session, Role.SUPERVISOR, NANGUAN)
    unit = factories.unit(session, NANGUAN).id
    certify(session, people(session)[0], DAY)
    for language, label in (
        ("zh_CN", "救护员（首次取证）"),
        ("en", "Certified rescuers (first certificate)"),
    ):
        with app.test_request_context(), force_locale(language):
            card = cards(session, actor, unit)[0]
        assert (card.label, card.value, card.records_url) == (label, 1, "")
