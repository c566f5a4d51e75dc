"""From enrolled (登记) to registered (注册): the system proposes, somebody applies, somebody else decides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from registry.core.errors import RuleError
from registry.core.i18n import N_
from registry.core.permissions import Permission
from registry.core.scope import EVERYWHERE
from registry.core.text import stated_reason
from registry.core.write import Write, command
from registry.people.queries import canonical_ids
from registry.volunteers.commands.periods import follow, open_period, refuse_day
from registry.volunteers.commands.teams import named
from registry.volunteers.models import RegistrationApplication, Volunteer, VolunteerRule
from registry.volunteers.queries.registrations import chosen_proposals, is_registered, minutes_in_year
from registry.volunteers.rules import rule_on


@dataclass(frozen=True)
class Applied:
    """The applications that were made, in the order of their volunteers."""

    application_ids: tuple[int, ...]


@command(Permission.VOLUNTEER_EDIT)
def apply_registrations(w: Write, volunteers: Sequence[Volunteer]) -> Applied:
    """Apply for the registration of volunteers that are proposed: for all of them, or for nobody.

    Each application keeps the year, the minutes and the rule it rests on. RuleError when one of them is not
    proposed any more. The number of statements does not depend on the list.
    """
    rule = rule_on(w.session, "registration", w.today)
    least = int(rule.terms["minutes_in_year"])
    chosen = {one.id: one for one in volunteers}
    proposed = chosen_proposals(w.session, EVERYWHERE, w.today, least, chosen)
    gone = [one.number for one in chosen.values() if one.id not in proposed]
    if gone:
        raise RuleError(
            N_(
                "Not proposed any more: %(numbers)s. Somebody applied meanwhile, or hours were reversed. "
                "Nothing was saved; open the list again."
            ),
            numbers=named(gone),
        )
    if not chosen:
        raise RuleError(N_("Nobody is selected. Nothing was saved; tick the volunteers first."))
    units = {one.unit_id for one in chosen.values()}
    w.unit_id = units.pop() if len(units) == 1 else None
    rows = [
        {
            "volunteer_id": one.id,
            "person_id": one.person_id,
            "unit_id": one.unit_id,
            "volunteer_rule_id": rule.id,
            "year": proposed[one.id].year,
            "minutes": int(proposed[one.id].minutes),
            "applied_by": w.actor.user_id,
            "applied_at": w.at,
        }
        for one in chosen.values()
    ]
    return Applied(tuple(w.insert_many(RegistrationApplication, rows)))


@command(Permission.VOLUNTEER_APPROVE)
def approve_registration(
    w: Write, application: RegistrationApplication, *, starts_on: date, document: str = ""
) -> RegistrationApplication:
    """The volunteer is a registered one (注册) from a day on. Only a county or a level above has the right.

    RuleError when it was decided already, when the one who decides applied, when the volunteer is not an
    enrolled one any more, or when the hours no longer reach the rule of the application.
    """
    _refuse_decided(application)
    if application.applied_by is not None and application.applied_by == w.actor.user_id:
        raise RuleError(
            N_("You applied for this registration, so somebody else decides. Nothing was saved for it.")
        )
    volunteer = w.session.get_one(Volunteer, application.volunteer_id)
    if not w.actor.scope(Permission.VOLUNTEER_APPROVE).holds(volunteer.unit_id):
        raise RuleError(
            N_("The volunteer belongs to another unit by now. Nothing was saved for it; reject it.")
        )
    now = open_period(w, volunteer)
    person_id = canonical_ids(w.session, [volunteer.person_id])[volunteer.person_id]
    if now.kind != "enrolled" or is_registered(w.session, person_id, w.today):
        raise RuleError(
            N_("The volunteer is not an enrolled one any more. Nothing was saved for it; reject it.")
        )
    rule = w.session.get_one(VolunteerRule, application.volunteer_rule_id)
    least = int(rule.terms["minutes_in_year"])
    minutes = minutes_in_year(w.session, person_id, application.year)
    if minutes < least:
        raise RuleError(
            N_(
                "Hours were reversed: %(minutes)s minutes are left in %(year)s, and %(least)s are needed. "
                "Nothing was saved for it; reject it, or wait for more hours."
            ),
            minutes=minutes,
            year=application.year,
            least=least,
        )
    refuse_day(w, now, starts_on)
    period = follow(w, volunteer, now, "registered", starts_on, "", document.strip())
    _decide(w, application, "approved", "")
    application.document, application.volunteer_period_id = document.strip(), period.id
    w.unit_id = volunteer.unit_id
    return application


@command(Permission.VOLUNTEER_APPROVE)
def reject_registration(
    w: Write, application: RegistrationApplication, *, reason: str
) -> RegistrationApplication:
    """The volunteer stays an enrolled one; whoever applied reads why. RuleError when it was decided."""
    _refuse_decided(application)
    stated = stated_reason(reason)
    _decide(w, application, "rejected", stated)
    w.unit_id, w.reason = application.unit_id, stated
    return application


def _decide(w: Write, application: RegistrationApplication, state: str, reason: str) -> None:
    application.state, application.decision_reason = state, reason
    application.decided_by, application.decided_at = w.actor.user_id, w.at


def _refuse_decided(application: RegistrationApplication) -> None:
    if application.state != "waiting":
        raise RuleError(
            N_("This application was decided already. Nothing was saved for it; see the decided ones.")
        )
