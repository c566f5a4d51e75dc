"""The rules of volunteering: what each kind decides, its first version, and which is in force on a day.

Every threshold is a setting of the branch in versions; the first versions are national practice and marked
"to confirm".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.core.errors import RuleError
from registry.core.i18n import N_
from registry.volunteers.models import VolunteerRule


@dataclass(frozen=True)
class RuleDef:
    """A kind of rule: its name, what it decides, its first terms, and where those come from."""

    label: str
    hint: str
    terms: Mapping[str, Any]
    source: str


RULES: dict[str, RuleDef] = {
    "admission": RuleDef(
        N_("Who may become a volunteer"),
        N_("Youngest age in years, and the age below which a guardian has to consent."),
        {"minimum_age": 14, "guardian_below": 18},
        N_("Practice of Red Cross branches; guardian consent by the rules for Red Cross volunteers"),
    ),
    "registration": RuleDef(
        N_("When registration is proposed"),
        N_("Minutes of approved service within one calendar year."),
        {"minutes_in_year": 1_200},
        N_("Rules for Red Cross volunteers: 20 hours in a year"),
    ),
    "active": RuleDef(
        N_("Who is an active volunteer"),
        N_("For how many months a service makes its volunteer an active one."),
        {"months": 12},
        N_("Customary; no national rule"),
    ),
    "stars": RuleDef(
        N_("Star levels"),
        N_("Hours of approved service for each level, and days of public notice before an award."),
        {"hours": [100, 300, 600, 1_000, 1_500], "notice_days": 7},
        N_("Table of the Ministry of Civil Affairs"),
    ),
    "points": RuleDef(
        N_("Points"),
        N_("Hundredths of a point for an hour of each field, and after how many months they expire."),
        {
            "per_hour": {
                "rescue": 150,
                "aid": 120,
                "blood": 100,
                "stem_cells": 120,
                "ihl": 100,
                "community": 100,
                "elderly": 100,
                "youth": 100,
                "other": 100,
            },
            "expires_months": 24,
        },
        N_("After DB3205/T 1001-2020 of Suzhou; no national rule"),
    ),
    "hours": RuleDef(
        N_("Hours of service"),
        N_("Step in minutes that service is counted in, and whether somebody else has to approve it."),
        {"step_minutes": 30, "second_person": True},
        N_("Customary; hours are actual service without travel"),
    ),
}


def rule_on(session: Session, kind: str, day: date) -> VolunteerRule:
    """The rule of a kind in force on a day; RuleError when there is none."""
    rule = session.execute(
        select(VolunteerRule)
        .where(VolunteerRule.kind == kind, VolunteerRule.starts_on <= day)
        .order_by(VolunteerRule.starts_on.desc(), VolunteerRule.version.desc())
        .limit(1)
    ).scalar()
    if rule is None:
        raise RuleError(
            N_("No rule of this kind is in force on %(day)s. Nothing was saved; an administrator adds one."),
            day=day.isoformat(),
        )
    return rule
