"""A rule of volunteering gets a new version from a day on, and no earlier day changes its rule."""

from __future__ import annotations

from datetime import date, timedelta
from secrets import token_hex
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.errors import ForbiddenError, RecordNotFoundError, RuleError
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.volunteers.commands.rules import change_rule
from registry.volunteers.models import VolunteerRule
from registry.volunteers.queries.rules import versions
from registry.volunteers.rules import RULES, rule_on
from tests import accounts
from tests import factories as make
from tests.training import told
from tests.watching import last_entry

LATEST = date(2026, 1, 1)


def change(kind: str, terms: dict[str, Any], starts_on: date = LATEST, **more: Any) -> VolunteerRule:
    return run(
        SYSTEM,
        change_rule,
        kind=kind,
        starts_on=starts_on,
        terms=terms,
        **{"source": "吉红〔2026〕1号", "confirmed": True, **more},
    )


def test_a_new_version_holds_from_its_day_on(session: Session) -> None:
    change("registration", {"minutes_in_year": 1_800})
    session.rollback()
    before = rule_on(session, "registration", LATEST - timedelta(days=1))
    after = rule_on(session, "registration", LATEST)
    assert (before.version, before.terms, before.confirmed) == (1, {"minutes_in_year": 1_200}, False)
    assert (after.version, after.terms, after.confirmed) == (2, {"minutes_in_year": 1_800}, True)
    entry = last_entry(session)
    assert entry.action == "volunteers.change_rule"


def test_no_version_begins_before_another(session: Session) -> None:
    change("active", {"months": 6})
    with pytest.raises(RuleError, match="Version 2 begins on 2026-01-01") as refused:
        change("active", {"months": 9}, LATEST - timedelta(days=1))
    assert refused.value.field == "starts_on"
    # On the same day the later version holds.
    change("active", {"months": 9})
    session.rollback()
    assert rule_on(session, "active", LATEST).version == 3


@pytest.mark.parametrize("kind", sorted(RULES))
def test_the_first_terms_of_every_kind_pass_their_own_checks(session: Session, kind: str) -> None:
    made = change(kind, dict(RULES[kind].terms))
    assert made.terms == dict(RULES[kind].terms)
    with pytest.raises(RuleError, match="in the latest version already"):
        change(kind, dict(RULES[kind].terms))


POINTS = RULES["points"].terms["per_hour"]


@pytest.mark.parametrize(
    ("kind", "terms", "field"),
    [
        ("admission", {"minimum_age": 5, "guardian_below": 18}, "minimum_age"),
        ("admission", {"minimum_age": 18, "guardian_below": 14}, "guardian_below"),
        ("admission", {"minimum_age": 14}, "guardian_below"),
        ("registration", {"minutes_in_year": 0}, "minutes_in_year"),
        ("registration", {"minutes_in_year": "1200"}, "minutes_in_year"),
        ("active", {"months": True}, "months"),
        ("active", {"months": 121}, "months"),
        ("stars", {"hours": [], "notice_days": 7}, "hours"),
        ("stars", {"hours": [100, 100], "notice_days": 7}, "hours"),
        ("stars", {"hours": [300, 100], "notice_days": 7}, "hours"),
        ("stars", {"hours": list(range(1, 12)), "notice_days": 7}, "hours"),
        ("stars", {"hours": [0, 100], "notice_days": 7}, "hours"),
        ("stars", {"hours": [100], "notice_days": -1}, "notice_days"),
        ("points", {"per_hour": {**POINTS, "aid": -1}, "expires_months": 24}, "points_aid"),
        ("points", {"per_hour": {"aid": 1}, "expires_months": 24}, "points_rescue"),
        ("points", {"per_hour": POINTS, "expires_months": 0}, "expires_months"),
        ("hours", {"step_minutes": 7, "second_person": True}, "step_minutes"),
    ],
)
def test_terms_that_make_no_sense_are_refused_at_their_field(
    session: Session, kind: str, terms: dict[str, Any], field: str
) -> None:
    with pytest.raises(RuleError) as refused:
        change(kind, terms)
    assert refused.value.field == field
    session.rollback()
    assert len(versions(session, kind)[kind]) == 1


def test_terms_of_another_kind_are_left_out(session: Session) -> None:
    made = change("active", {"months": 6, "minimum_age": 3})
    assert made.terms == {"months": 6}


def test_a_rule_names_its_source_and_its_kind(session: Session) -> None:
    with pytest.raises(RuleError, match="where the rule comes from") as refused:
        change("active", {"months": 6}, source=" ")
    assert refused.value.field == "source"
    with pytest.raises(RecordNotFoundError):
        change("weather", {})


def test_only_the_province_changes_a_rule(session: Session) -> None:
    common: dict[str, Any] = {
        "kind": "active",
        "starts_on": LATEST,
        "terms": {"months": 6},
        "source": "通知",
        "confirmed": True,
    }
    for role, unit in (
        (Role.PROVINCE_ADMIN, make.CHANGCHUN),
        (Role.PREFECTURE_ADMIN, make.CHANGCHUN),
        (Role.AUDITOR, make.PROVINCE),
    ):
        with pytest.raises(ForbiddenError):
            run(make.actor(session, role, unit), change_rule, **common)
    run(make.actor(session, Role.PROVINCE_ADMIN, make.PROVINCE), change_rule, **common)


# Pages


def reader(app: Flask, session: Session, role: Role = Role.PROVINCE_ADMIN) -> accounts.Browser:
    browser = accounts.Browser(app.test_client())
    browser.sign_in(make.user(session, role, make.PROVINCE).username)
    browser.send("/language", language="en")
    return browser


def test_the_page_shows_every_kind_and_what_is_to_confirm(app: Flask, session: Session) -> None:
    change("stars", {"hours": [50, 200], "notice_days": 5}, clock.today() + timedelta(days=30))
    change("active", {"months": 6})
    page = told(reader(app, session).get("/volunteers/rules"))
    for said in (
        "From 14 years; a guardian consents below 18 years",
        "20 approved hours in one calendar year",
        "For 6 months after a service",
        "50, 200 hours; 5 days of public notice",
        "Emergency rescue and first aid 1.5",
        "Steps of 30 minutes; somebody else approves",
        "to confirm",
        "from the beginning",
    ):
        assert said in page, said
    assert page.count("In force from") == 6
    assert page.count("Superseded") == 1
    assert page.count("To come") == 1


FILLED: dict[str, dict[str, str]] = {
    "admission": {"minimum_age": "16", "guardian_below": "18"},
    "registration": {"hours_in_year": "30"},
    "active": {"months": "24"},
    "stars": {"hours": "50、100， 200", "notice_days": "10"},
    "points": {
        **{f"points_{code}": "1" for code in POINTS},
        "points_stem_cells": "1.25",
        "expires_months": "12",
    },
    "hours": {"step_minutes": "10"},
}
STORED: dict[str, dict[str, Any]] = {
    "admission": {"minimum_age": 16, "guardian_below": 18},
    "registration": {"minutes_in_year": 1_800},
    "active": {"months": 24},
    "stars": {"hours": [50, 100, 200], "notice_days": 10},
    "points": {"per_hour": {**dict.fromkeys(POINTS, 100), "stem_cells": 125}, "expires_months": 12},
    "hours": {"step_minutes": 10, "second_person": False},
}


@pytest.mark.parametrize("kind", sorted(RULES))
def test_each_kind_is_changed_by_fields_of_its_own(app: Flask, session: Session, kind: str) -> None:
    browser, url, key = reader(app, session), f"/volunteers/rules/{kind}/change", token_hex(16)
    page = accounts.text(browser.get(url))
    for name in FILLED[kind]:
        assert f'name="{name}"' in page
    sent = {"starts_on": LATEST.isoformat(), "source": "吉红〔2026〕1号", **FILLED[kind]}
    for _ in range(2):
        answer = browser.send(url, form_key=key, **sent)
        assert (answer.status_code, answer.location) == (303, "/volunteers/rules")
    session.rollback()
    found = versions(session, kind)[kind]
    assert [rule.version for rule in found] == [2, 1]
    assert (found[0].terms, found[0].confirmed) == (STORED[kind], False)


@pytest.mark.parametrize(
    ("kind", "wrong", "says"),
    [
        ("stars", {"hours": "viel"}, "Write whole numbers with commas between them."),
        ("stars", {"hours": "200, 100"}, "Each level takes more hours"),
        ("points", {"points_aid": "1.005"}, "At most two decimal places."),
        ("points", {"points_aid": ""}, "This field is required."),
        ("admission", {"guardian_below": "12"}, "above the youngest one"),
        ("registration", {"hours_in_year": "0"}, "between 1 and 2000"),
        ("active", {"starts_on": "0001-01-01"}, "Version 1 begins on"),
    ],
)
def test_a_mistake_is_told_and_what_was_typed_stays(
    app: Flask, session: Session, kind: str, wrong: dict[str, str], says: str
) -> None:
    sent = {"starts_on": LATEST.isoformat(), "source": "我的来源", **FILLED[kind], **wrong}
    answer = reader(app, session).send(f"/volunteers/rules/{kind}/change", **sent)
    assert answer.status_code == 200
    assert says in told(answer)
    assert "我的来源" in accounts.text(answer)
    session.rollback()
    assert len(versions(session, kind)[kind]) == 1


def test_who_may_read_is_offered_no_change(app: Flask, session: Session) -> None:
    auditor = reader(app, session, Role.AUDITOR)
    assert "New version" not in accounts.text(auditor.get("/volunteers/rules"))
    assert auditor.get("/volunteers/rules/active/change").status_code == 403
    assert reader(app, session).get("/volunteers/rules/weather/change").status_code == 404
    assert reader(app, session, Role.VOLUNTEER_COORDINATOR).get("/volunteers/rules").status_code == 403
