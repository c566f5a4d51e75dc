"""A rule of volunteering gets a new version from a day on; what was decided keeps the version before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from itertools import pairwise
from typing import Any

from registry.core.errors import ForbiddenError, RecordNotFoundError, RuleError
from registry.core.i18n import N_
from registry.core.permissions import Permission
from registry.core.write import Write, command
from registry.volunteers.fields import FIELDS
from registry.volunteers.models import VolunteerRule
from registry.volunteers.queries.rules import versions
from registry.volunteers.rules import RULES

# Smallest and largest value of each term that is a whole number.
LIMITS: dict[str, tuple[int, int]] = {
    "minimum_age": (6, 60),
    "guardian_below": (6, 60),
    "minutes_in_year": (60, 60 * 2_000),
    "months": (1, 120),
    "notice_days": (0, 90),
    "expires_months": (1, 240),
}
MOST_LEVELS = 10
MOST_HOURS = 100_000
MOST_POINTS = 100_000
# Steps that an hour can be divided into.
STEPS = (1, 5, 6, 10, 15, 20, 30, 60)


@command(Permission.SETTING_EDIT)
def change_rule(
    w: Write, *, kind: str, starts_on: date, terms: Mapping[str, Any], source: str, confirmed: bool
) -> VolunteerRule:
    """A new version of a kind of rule from a day on. Earlier versions stay, and so does what was decided by
    them.

    RuleError for terms that make no sense, without a source, or for a day before the latest version began.
    A rule holds for everyone, so only the province changes it.
    """
    if kind not in RULES:
        raise RecordNotFoundError("volunteer_rule")
    if w.actor.scope(Permission.SETTING_EDIT).units is not None:
        raise ForbiddenError(w.action)
    checked = check_terms(kind, terms)
    if not source.strip():
        raise RuleError(N_("Say where the rule comes from. Nothing was saved."), "source")
    latest = next(iter(versions(w.session, kind).get(kind, ())), None)
    if latest is not None and starts_on < latest.starts_on:
        raise RuleError(
            N_(
                "Version %(version)s begins on %(day)s. Nothing was saved; give that day or a later one, "
                "so that no earlier day changes its rule."
            ),
            "starts_on",
            version=latest.version,
            day=latest.starts_on.isoformat(),
        )
    if latest is not None and latest.terms == checked and latest.confirmed == confirmed:
        raise RuleError(N_("These terms are in the latest version already. Nothing was saved."))
    return w.add(
        VolunteerRule(
            kind=kind,
            version=latest.version + 1 if latest is not None else 1,
            starts_on=starts_on,
            terms=checked,
            source=source.strip(),
            confirmed=confirmed,
        )
    )


def check_terms(kind: str, terms: Mapping[str, Any]) -> dict[str, Any]:
    """The terms of a rule, each within its limits and fit to the others; RuleError at the term otherwise."""
    checked = {name: _checked(name, terms.get(name)) for name in RULES[kind].terms}
    if kind == "admission" and checked["guardian_below"] < checked["minimum_age"]:
        raise RuleError(
            N_("A guardian consents up to an age above the youngest one. Nothing was saved; correct it."),
            "guardian_below",
        )
    return checked


def _checked(name: str, value: Any) -> Any:
    if name == "hours":
        return _levels(value)
    if name == "per_hour":
        return {field: _number(f"points_{field}", value.get(field), 0, MOST_POINTS) for field in FIELDS}
    if name == "step_minutes":
        if value not in STEPS:
            raise RuleError(
                N_("An hour cannot be divided into such steps. Nothing was saved; choose one."), name
            )
        return value
    if name == "second_person":
        return bool(value)
    return _number(name, value, *LIMITS[name])


def _levels(value: Any) -> list[int]:
    """The hours of each star level, from the first on."""
    found = [_number("hours", one, 1, MOST_HOURS) for one in value or ()]
    if not 1 <= len(found) <= MOST_LEVELS:
        raise RuleError(
            N_("Give one to %(most)s levels. Nothing was saved; correct the list."), "hours", most=MOST_LEVELS
        )
    if any(lower >= higher for lower, higher in pairwise(found)):
        raise RuleError(
            N_("Each level takes more hours than the one before. Nothing was saved; correct the list."),
            "hours",
        )
    return found


def _number(name: str, value: Any, least: int, most: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise RuleError(
            N_("A whole number from %(least)s to %(most)s is needed here. Nothing was saved."),
            name,
            least=least,
            most=most,
        )
    return value
