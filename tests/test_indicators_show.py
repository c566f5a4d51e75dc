"""`flask indicators`: the command line that reports and checks are built on."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session

from registry.cli import figures as cli
from registry.core import clock
from registry.indicators.commands import build_missing
from registry.indicators.definitions import INDICATORS
from registry.indicators.models import Cell
from tests.factories import CHANGCHUN, NANGUAN, PROVINCE, YANJI
from tests.figures import certify, change, people
from tests.test_indicators_verify import tamper

DAY = date(2024, 2, 29)
Run = Callable[..., Result]


@pytest.fixture
def flask_run(app: Flask, session: Session) -> Run:
    """Run `flask indicators …`."""
    if "indicators" not in app.cli.commands:
        cli.install(app)
    build_missing(session)

    def run_it(*words: str) -> Result:
        session.rollback()
        return app.test_cli_runner().invoke(args=["indicators", *words])

    return run_it


def test_show_prints_the_value_and_its_parts(session: Session, flask_run: Run) -> None:
    for code in (NANGUAN, NANGUAN, YANJI):
        certify(session, people(session)[0], DAY, None, unit_code=code)
    shown = json.loads(flask_run("show", "rescuers_first", "--as-of", "2024-03-31", "--json").stdout)
    assert {key: shown[key] for key in ("code", "unit", "from", "as_of", "known_on", "value")} == {
        "code": "rescuers_first",
        "unit": PROVINCE,
        "from": "2021-01-01",
        "as_of": "2024-03-31",
        "known_on": None,
        "value": 3,
    }
    assert sum(shown["by_unit"].values()) == 3
    assert (shown["by_unit"][NANGUAN], shown["by_unit"][CHANGCHUN], len(shown["by_unit"])) == (2, 0, 70)
    assert shown["by_unit_below"][CHANGCHUN] == 2
    assert len(shown["by_unit_below"]) == 9
    below = json.loads(flask_run("show", "rescuers_valid", "--unit", CHANGCHUN, "--json").stdout)
    assert (below["value"], below["from"], below["as_of"]) == (2, None, clock.today().isoformat())
    assert "3 人" in flask_run("show", "rescuers_first").stdout


SHOWN = {"code", "unit", "from", "as_of", "known_on", "value", "by_unit", "by_unit_below"}


@pytest.mark.parametrize("code", ["rescuers_first", "rescuers_valid"])
@pytest.mark.parametrize("unit", [PROVINCE, CHANGCHUN, NANGUAN])
def test_the_parts_sum_to_the_value(session: Session, flask_run: Run, code: str, unit: str) -> None:
    for where in (PROVINCE, CHANGCHUN, NANGUAN, NANGUAN, YANJI):
        certify(session, people(session)[0], DAY, unit_code=where)
    told = json.loads(flask_run("show", code, "--unit", unit, "--as-of", "2024-03-31", "--json").stdout)
    assert set(told) >= SHOWN
    assert told["value"] == {PROVINCE: 5, CHANGCHUN: 3, NANGUAN: 2}[unit]
    assert sum(told["by_unit"].values()) == told["value"]
    assert sum(told["by_unit_below"].values()) == told["value"] - told["by_unit"][unit]
    listed = flask_run("records", code, "--unit", unit, "--as-of", "2024-03-31", "--json").stdout
    assert sum(row["quantity"] for row in json.loads(listed)) == told["value"]


def test_verify_and_rebuild_answer_in_json(session: Session, flask_run: Run) -> None:
    certify(session, people(session)[0], DAY)
    told = json.loads(flask_run("verify", "--json").stdout)
    assert told["differences"] == []
    assert all(told["compared"][name] > 0 for name in ("values", "cells", "digests"))
    session.rollback()
    tamper(update(Cell).values(quantity=5))
    broken = flask_run("verify", "--json")
    assert broken.exit_code == 1
    assert json.loads(broken.stdout)["differences"]
    assert json.loads(flask_run("rebuild", "rescuers_first", "--json").stdout)["written"] > 0


def test_show_as_known_before(session: Session, flask_run: Run) -> None:
    made = certify(session, people(session)[0], DAY)
    then = clock.now()
    change(made, voided_at=None)
    show = ("show", "rescuers_valid", "--json")
    assert json.loads(flask_run(*show).stdout)["value"] == 0
    told = json.loads(flask_run(*show, "--known-on", then.isoformat()).stdout)
    assert (told["value"], told["known_on"]) == (1, then.isoformat())
    local = clock.local(then).strftime("%Y-%m-%dT%H:%M:%S.%f")
    assert json.loads(flask_run(*show, "--known-on", local).stdout)["value"] == 1
    assert json.loads(flask_run(*show, "--known-on", "2000-01-01").stdout)["value"] == 0


def test_records_are_those_behind_the_number(session: Session, flask_run: Run) -> None:
    made = certify(session, people(session)[0], DAY, date(2027, 2, 27), number="R-1")
    change(certify(session, people(session)[0], DAY), voided_at=None)
    listed = json.loads(flask_run("records", "rescuers_valid", "--as-of", "2026-01-01", "--json").stdout)
    assert [(row["record"], row["number"], row["unit"]) for row in listed] == [(made, "R-1", NANGUAN)]
    assert listed[0]["ends_on"] == "2027-02-27"
    assert "R-1" in flask_run("records", "rescuers_first").stdout


def test_a_former_code_and_an_id_find_the_unit(session: Session, flask_run: Run) -> None:
    certify(session, people(session)[0], DAY, None, unit_code="220184")
    former = json.loads(flask_run("show", "rescuers_valid", "--unit", "220381", "--json").stdout)
    assert (former["unit"], former["value"]) == ("220184", 1)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("show", "nonsense"), "no indicator nonsense"),
        (("show", "rescuers_valid", "--unit", "999999"), "no unit 999999"),
        (("show", "rescuers_valid", "--as-of", "yesterday"), "is no date"),
        (("show", "rescuers_valid", "--known-on", "then"), "is no date or time"),
        (("show", "rescuers_valid", "--as-of", "2999-01-01"), "future"),
        (("show", "rescuers_first", "--from", "2024-03-02", "--as-of", "2024-03-01"), "before it begins"),
        (("records", "rescuers_valid", "--unit", "999999"), "no unit 999999"),
        (("verify", "--as-of", "yesterday"), "is no date"),
        (("verify", "--known-on", "then"), "is no date or time"),
        (("rebuild", "nonsense"), "no indicator nonsense"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(flask_run: Run, words: tuple[str, ...], said: str) -> None:
    result = flask_run(*words)
    assert result.exit_code in (1, 2)
    assert said in result.output
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.stdout == ""


def test_the_future_needs_projection(session: Session, flask_run: Run) -> None:
    today = clock.today()
    certify(session, people(session)[0], today, today + timedelta(days=10))
    later = (today + timedelta(days=11)).isoformat()
    shown = json.loads(flask_run("show", "rescuers_valid", "--as-of", later, "--projection", "--json").stdout)
    assert shown["value"] == 0


def test_list_tells_the_rules(flask_run: Run) -> None:
    listed: list[dict[str, Any]] = json.loads(flask_run("list", "--json").stdout)
    assert [entry["code"] for entry in listed] == list(INDICATORS)
    assert all(entry["rule"]["zh"] and entry["rule"]["en"] and entry["built"] for entry in listed)
    assert "救护员" in flask_run("list").stdout


def test_verify_is_quiet_when_all_is_well_and_fails_when_not(session: Session, flask_run: Run) -> None:
    certify(session, people(session)[0], DAY)
    assert flask_run("verify").exit_code == 0
    session.rollback()
    tamper(update(Cell).values(quantity=5))
    result = flask_run("verify", "--as-of", "2024-03-31", "--known-on", clock.now().isoformat())
    assert result.exit_code == 1
    assert "5 is served" in result.stdout or "day cell" in result.stdout
    assert "2 differences written" in flask_run("rebuild").stdout
    assert flask_run("verify").exit_code == 0
