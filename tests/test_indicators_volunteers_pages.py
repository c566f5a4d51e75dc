"""The figures of volunteering as pages, files, tiles and the command line show them."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from registry.cli import figures as cli
from registry.core.permissions import Role
from registry.indicators.cards import cards
from registry.indicators.commands import build_missing
from registry.volunteers.models import Volunteer
from tests import factories as make
from tests import volunteers as volunteering
from tests.factories import CHANGCHUN, NANGUAN, YANJI
from tests.test_indicators_pages import browser, plain
from tests.volunteers import served, volunteer
from tests.watching import statements

REGISTERED, ENROLLED, ACTIVE = "volunteers_registered", "volunteers_enrolled", "volunteers_active"
TIMES, HOURS = "service_person_times", "service_hours"
DAY = date(2025, 3, 10)
BY_SERVICE = (ACTIVE, TIMES, HOURS)


@pytest.fixture(autouse=True)
def _built(session: Session) -> None:
    build_missing(session)


def serve_some(session: Session) -> Volunteer:
    """Five and a half hours in three stretches: 4.5 for emergency rescue of a team, 1 for the elderly."""
    found = volunteer(session, NANGUAN)
    group = volunteering.team(session, NANGUAN, name="南关救援队")
    served(session, found, minutes=240, on=DAY, field="rescue", team_id=group.id)
    served(session, found, minutes=30, on=DAY, starts=800, field="rescue", team_id=group.id)
    served(session, found, minutes=60, on=DAY, starts=900, field="elderly")
    return found


def test_the_page_shows_hours_everywhere_and_parts_that_add_up(app: Flask, session: Session) -> None:
    found = serve_some(session)
    reader = browser(app, session, Role.VOLUNTEER_COORDINATOR)
    page = reader.get(f"/indicators/{HOURS}?as_of=2025-03-31&all=1").get_data(as_text=True)
    text = plain(reader.get(f"/indicators/{HOURS}?as_of=2025-03-31&all=1"))
    assert "5.5 hours" in text
    assert "330" not in text
    assert "Recounted from the records just now: 5.5, equal" in text
    assert re.search(r"Nanguan District 5\.5 5\.5", text)
    assert re.search(r"Emergency rescue and first aid 4\.5 Care for the elderly 1 Together, equal", text)
    assert re.search(r"南关救援队 4\.5 Without a team 1 Together, equal to the figure 5\.5", text)
    link = re.search(r'href="([^"]*/records[^"]*field=rescue[^"]*)"', page)
    assert link
    listed = plain(reader.get(link[1].replace("&amp;", "&")))
    assert "Records listed: 2 · together 4.5 hours" in listed
    assert found.number in listed
    everything = plain(reader.get(f"/indicators/{HOURS}/records?as_of=2025-03-31"))
    assert "Records listed: 3 · together 5.5 hours" in everything
    assert re.search(r"Emergency rescue and first aid 0\.5 2025-03-10", everything)
    none = plain(reader.get(f"/indicators/{HOURS}/records?as_of=2025-03-31&team=-"))
    assert "Records listed: 1 · together 1 hours" in none
    assert "Records behind it" in plain(reader.get("/indicators/"))


def test_a_team_out_of_reach_is_named_and_not_offered(app: Flask, session: Session) -> None:
    found = volunteer(session, NANGUAN)
    group = volunteering.team(session, YANJI, name="外地队")
    served(session, found, minutes=60, on=DAY, team_id=group.id)
    reader = browser(app, session, Role.VOLUNTEER_COORDINATOR)
    page = reader.get(f"/indicators/{HOURS}?as_of=2025-03-31").get_data(as_text=True)
    assert "外地队" in page
    assert f"team={group.id}" not in page
    listed = reader.get(f"/indicators/{HOURS}/records?as_of=2025-03-31&team={group.id}").get_data(
        as_text=True
    )
    assert "外地队" not in listed


def test_a_long_table_of_teams_ends_with_the_rest_and_still_adds_up(app: Flask, session: Session) -> None:
    found = volunteer(session, NANGUAN)
    for n in range(33):
        group = volunteering.team(session, NANGUAN)
        served(session, found, minutes=30, on=DAY - timedelta(n), team_id=group.id)
    reader = browser(app, session, Role.VOLUNTEER_COORDINATOR)
    text = plain(reader.get(f"/indicators/{HOURS}?as_of=2025-03-31"))
    assert "4 others 2 Together, equal to the figure 16.5" in text
    assert "others" not in plain(reader.get(f"/indicators/{HOURS}?as_of=2025-03-31&all=1"))


def test_files_by_unit_and_by_field_and_team(app: Flask, session: Session) -> None:
    serve_some(session)
    reader = browser(app, session, Role.SUPERVISOR)
    path = f"/indicators/{HOURS}/units?as_of=2025-03-31&export=csv"

    def rows(more: str = "") -> list[list[str]]:
        return list(csv.reader(io.StringIO(reader.get(path + more).data.decode("utf-8-sig"))))

    assert [NANGUAN, "Nanguan District", "5.5", "5.5"] in [row[:4] for row in rows()]
    assert [row[:2] for row in rows("&by=field")] == [
        ["By field of service", "hours"],
        ["Emergency rescue and first aid", "4.5"],
        ["Care for the elderly", "1"],
        ["Together", "5.5"],
    ]
    assert [row[:2] for row in rows("&by=team")][1:] == [
        ["南关救援队", "4.5"],
        ["Without a team", "1"],
        ["Together", "5.5"],
    ]
    assert reader.get(path + "&by=colour").status_code == 404
    assert reader.get("/indicators/rescuers_first/units?by=field").status_code == 404
    assert reader.get(f"/indicators/{HOURS}/units?as_of=2025-03-31&by=team").status_code == 200


def test_records_of_a_page_that_does_not_exist_yet_are_named_without_a_link(
    app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = serve_some(session)
    monkeypatch.setattr("registry.indicators.views_records.known", lambda endpoint: False)
    reader = browser(app, session, Role.VOLUNTEER_COORDINATOR)
    for code in (ENROLLED, HOURS):
        listed = reader.get(f"/indicators/{code}/records?as_of=2025-03-31").get_data(as_text=True)
        assert found.number in listed
        assert f">{found.number}</a>" not in listed
        assert reader.get(f"/indicators/{code}/excluded?as_of=2025-03-31").status_code == 200


def test_a_tile_says_hours(app: Flask, session: Session) -> None:
    serve_some(session)
    actor = make.actor(session, Role.VOLUNTEER_COORDINATOR, NANGUAN)
    with app.test_request_context():
        found = cards(session, actor, actor.home_unit_id or 0)
        shown = {card.url.split("?")[0].rsplit("/", 1)[-1]: card for card in found}
    assert shown[HOURS].value == Decimal("5.5")
    assert shown[HOURS].records is None
    assert (shown[TIMES].value, shown[TIMES].records) == (3, 3)


def test_the_command_line_says_hours_and_parts(app: Flask, session: Session) -> None:
    serve_some(session)
    if "indicators" not in app.cli.commands:
        cli.install(app)

    def run_it(*words: str) -> Any:
        session.rollback()
        return app.test_cli_runner().invoke(args=["indicators", *words])

    show = ("show", HOURS, "--as-of", "2025-03-31", "--by", "field", "--by", "team")
    told_json = json.loads(run_it(*show, "--json").stdout)
    assert (told_json["value"], told_json["quantity"], told_json["per"]) == (5.5, 330, 60)
    assert told_json["by_unit"][NANGUAN] == told_json["by_unit_below"][CHANGCHUN] == 5.5
    fields = [(part["key"], part["value"]) for part in told_json["by_field"]]
    assert fields == [("rescue", 4.5), ("elderly", 1)]
    assert [part["quantity"] for part in told_json["by_team"]] == [270, 60]
    printed = run_it(*show).stdout
    assert "5.5 小时" in printed
    assert "不属于任何服务队  1" in printed
    listed = json.loads(run_it("records", HOURS, "--as-of", "2025-03-31", "--json").stdout)
    assert sorted(row["quantity"] for row in listed) == [0.5, 1, 4]
    refused = run_it("show", REGISTERED, "--by", "field")
    assert refused.exit_code == 1
    assert "no parts by field" in refused.output


@pytest.mark.parametrize("path", [HOURS, f"{HOURS}/records", f"{ACTIVE}/excluded"])
def test_pages_cost_the_same_with_more_service(app: Flask, session: Session, path: str) -> None:
    path = f"/indicators/{path}"
    found = serve_some(session)
    reader = browser(app, session, Role.VOLUNTEER_COORDINATOR)
    reader.get(path)
    with statements() as few:
        reader.get(path)
    for n in range(40):
        served(session, found, minutes=30, on=DAY - timedelta(n + 1), field="community")
    with statements() as many:
        reader.get(path)
    assert len([s for s in few if "count(*)" not in s]) == len([s for s in many if "count(*)" not in s])
