"""The rules a registry starts with, and new versions of them."""

from __future__ import annotations

from sqlalchemy import select

from registry.accounts.commands import EARLIEST
from registry.core.write import Write, command
from registry.volunteers.models import VolunteerRule
from registry.volunteers.rules import RULES


@command(None)
def load_volunteer_rules(w: Write) -> int:
    """Load the first version of every kind of rule that has none; returns how many."""
    there = set(w.session.execute(select(VolunteerRule.kind)).scalars())
    missing = [kind for kind in RULES if kind not in there]
    for kind in missing:
        rule = RULES[kind]
        w.add(
            VolunteerRule(
                kind=kind, version=1, starts_on=EARLIEST, terms=dict(rule.terms), source=rule.source
            )
        )
    return len(missing)
