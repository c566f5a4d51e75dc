"""Star levels: published for objections, then awarded by somebody else; never silently computed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from registry.core.errors import RuleError
from registry.core.i18n import N_
from registry.core.permissions import Permission
from registry.core.text import stated_reason
from registry.core.write import Write, command
from registry.volunteers.models import StarAward, Volunteer, VolunteerRule
from registry.volunteers.queries.ledger import minutes_of
from registry.volunteers.queries.stars import persons_of, proposals
from registry.volunteers.rules import rule_on


@command(Permission.VOLUNTEER_EDIT)
def publish_stars(w: Write, volunteers: Sequence[Volunteer], *, document: str = "") -> list[int]:
    """Publish the highest level that each of these volunteers has reached, from today for the days of notice
    of the rule in force; gives the ids of the awards to be.

    Levels skipped below it are covered by it and never awarded. Who is no longer proposed, because somebody
    else published them meanwhile or hours were reversed, is left out; RuleError when nobody is left.
    """
    rule = rule_on(w.session, "stars", w.today)
    chosen = {volunteer.id for volunteer in volunteers}
    rows = w.session.execute(
        proposals(w.actor.scope(Permission.VOLUNTEER_EDIT), rule).where(Volunteer.id.in_(sorted(chosen)))
    ).all()
    if not rows:
        raise RuleError(
            N_(
                "None of these volunteers waits for a star level any more: they are published already, or "
                "hours were reversed. Nothing was saved; look at the list again."
            )
        )
    until = w.today + timedelta(days=int(rule.terms["notice_days"]) - 1)
    awards: list[dict[str, Any]] = [
        {
            "volunteer_id": row.id,
            "person_id": row.person_id,
            "unit_id": row.unit_id,
            "volunteer_rule_id": rule.id,
            "level": row.level,
            "minutes": int(row.minutes),
            "published_on": w.today,
            "published_until": until,
            "published_by": w.actor.user_id,
            "state": "published",
            "document": document.strip(),
        }
        for row in rows
    ]
    w.unit_id = _one_unit(row.unit_id for row in rows)
    return w.insert_many(StarAward, awards)


@command(Permission.VOLUNTEER_APPROVE)
def award_stars(w: Write, awards: Sequence[StarAward], *, document: str = "") -> list[StarAward]:
    """Award published levels: all of them, or none.

    RuleError when one is decided already, its notice is not over, its hours no longer reach the level by the
    rule it was published under, or whoever awards is who published it.
    """
    if not awards:
        raise RuleError(N_("No star level is selected. Nothing was saved."))
    persons = persons_of(w.session, (award.id for award in awards))
    minutes = minutes_of(w.session, persons.values())
    rules = {
        rule.id: rule
        for rule in w.session.execute(
            select(VolunteerRule).where(VolunteerRule.id.in_({award.volunteer_rule_id for award in awards}))
        ).scalars()
    }
    for award in awards:
        why = why_not(w, award, minutes.get(persons[award.id], 0), rules[award.volunteer_rule_id])
        if why is not None:
            raise why
    for award in awards:
        award.state, award.decided_by, award.decided_on = "awarded", w.actor.user_id, w.today
        award.document = document.strip() or award.document
    w.unit_id = _one_unit(award.unit_id for award in awards)
    return list(awards)


def why_not(w: Write, award: StarAward, minutes: int, rule: VolunteerRule) -> RuleError | None:
    """What stands against awarding a published level, if anything does."""
    if award.state != "published":
        return RuleError(N_("One of these star levels is decided already. Nothing was saved; look again."))
    if w.today <= award.published_until:
        return RuleError(
            N_("The notice runs until %(day)s, that day included. Nothing was saved; award it afterwards."),
            day=award.published_until.isoformat(),
        )
    if award.published_by is not None and award.published_by == w.actor.user_id:
        return RuleError(
            N_("You published this star level yourself, so someone else awards it. Nothing was saved.")
        )
    needed = rule.terms["hours"][award.level - 1]
    if minutes < needed * 60:
        return RuleError(
            N_(
                "Hours were reversed since the notice: level %(level)s needs %(needed)s hours. Nothing was "
                "saved; reject this star level with the reason."
            ),
            level=award.level,
            needed=needed,
        )
    return None


@command(Permission.VOLUNTEER_APPROVE)
def reject_star(w: Write, award: StarAward, *, reason: str) -> StarAward:
    """An objection was upheld: the published level is not awarded. It is proposed again after more hours."""
    if award.state != "published":
        raise RuleError(N_("Only a published star level is rejected; this one is not. Nothing was saved."))
    return _decide(w, award, "rejected", reason)


@command(Permission.VOLUNTEER_APPROVE)
def withdraw_star(w: Write, award: StarAward, *, reason: str) -> StarAward:
    """A level that was awarded in error is taken back; with the hours for it, it is proposed again."""
    if award.state != "awarded":
        raise RuleError(N_("Only an awarded star level is withdrawn; this one is not. Nothing was saved."))
    return _decide(w, award, "withdrawn", reason)


def _decide(w: Write, award: StarAward, state: str, reason: str) -> StarAward:
    stated = stated_reason(reason)
    award.state, award.decision_reason = state, stated
    award.decided_by, award.decided_on = w.actor.user_id, w.today
    w.reason, w.unit_id = stated, award.unit_id
    return award


def _one_unit(unit_ids: Any) -> int | None:
    """The unit the journal names: the one all belong to, or that of who acts."""
    units = set(unit_ids)
    return units.pop() if len(units) == 1 else None
