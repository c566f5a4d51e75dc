"""The rules of volunteering: every version, the one in force, and a new one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import abort, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.accounts.commands import EARLIEST
from registry.core import clock
from registry.core.db import db
from registry.core.errors import ForbiddenError
from registry.core.permissions import Permission
from registry.volunteers.commands.rules import change_rule as change_rule_command
from registry.volunteers.fields import FIELDS
from registry.volunteers.forms.rules import RULE_FORMS
from registry.volunteers.hours import hours_of
from registry.volunteers.models import VolunteerRule
from registry.volunteers.queries.rules import versions
from registry.volunteers.rules import RULES
from registry.volunteers.views.blueprint import blueprint
from registry.volunteers.views.volunteers import joined
from registry.web.columns import Status
from registry.web.guard import permit
from registry.web.locale import translate
from registry.web.submit import submit


@blueprint.get("/rules")
@permit(Permission.SETTING_VIEW)
def rules() -> ResponseReturnValue:
    """Every kind of rule with its versions."""
    found = versions(db.session())
    return render_template(
        "volunteers/rules.html",
        kinds=[
            {
                "kind": kind,
                "label": translate(definition.label),
                "hint": translate(definition.hint),
                "rows": _rows(found.get(kind, [])),
            }
            for kind, definition in RULES.items()
        ],
        may_edit=_may_edit(),
    )


def _may_edit() -> bool:
    """A rule holds for everyone, so only the province changes it."""
    return bool(g.actor.may(Permission.SETTING_EDIT) and g.actor.scope(Permission.SETTING_EDIT).units is None)


def _rows(found: list[VolunteerRule]) -> list[list[Any]]:
    """The versions as lines of a table; of those that began the latest is in force."""
    today = clock.today()
    in_force = next((rule for rule in found if rule.starts_on <= today), None)
    rows = []
    for rule in found:
        if rule.starts_on > today:
            standing = Status("info", _("To come"))
        else:
            standing = Status("good", _("In force")) if rule is in_force else Status("off", _("Superseded"))
        confirmed = Status("good", _("confirmed")) if rule.confirmed else Status("wait", _("to confirm"))
        since = _("from the beginning") if rule.starts_on == EARLIEST else rule.starts_on
        rows.append([rule.version, since, in_words(rule), standing, confirmed, translate(rule.source)])
    return rows


def in_words(rule: VolunteerRule) -> str:
    """The terms of a version as a sentence."""
    terms = rule.terms
    if rule.kind == "admission":
        return str(
            _(
                "From %(age)s years; a guardian consents below %(guardian)s years",
                age=terms["minimum_age"],
                guardian=terms["guardian_below"],
            )
        )
    if rule.kind == "registration":
        needed = hours_of(terms["minutes_in_year"])
        return str(_("%(hours)s approved hours in one calendar year", hours=needed))
    if rule.kind == "active":
        return str(_("For %(months)s months after a service", months=terms["months"]))
    if rule.kind == "stars":
        return str(
            _(
                "%(levels)s hours; %(days)s days of public notice",
                levels=joined([str(level) for level in terms["hours"]]),
                days=terms["notice_days"],
            )
        )
    if rule.kind == "points":
        points = [
            _(
                "%(field)s %(points)s",
                field=translate(FIELDS[code]),
                points=f"{Decimal(value) / 100:f}",
            )
            for code, value in terms["per_hour"].items()
        ]
        return str(
            _(
                "Points for an hour: %(points)s; they expire after %(months)s months",
                points=joined(points),
                months=terms["expires_months"],
            )
        )
    approved = _("somebody else approves") if terms["second_person"] else _("nobody else has to approve")
    return str(
        _("Steps of %(minutes)s minutes; %(approved)s", minutes=terms["step_minutes"], approved=approved)
    )


@blueprint.route("/rules/<kind>/change", methods=["GET", "POST"])
@permit(Permission.SETTING_EDIT)
def change_rule(kind: str) -> ResponseReturnValue:
    """A new version of a kind of rule."""
    if kind not in RULES:
        abort(404)
    if request.method == "POST" and not _may_edit():
        raise ForbiddenError("volunteers.change_rule")
    form = RULE_FORMS[kind]()
    latest = next(iter(versions(db.session(), kind).get(kind, ())), None)
    if request.method == "GET":
        form.fill(dict(latest.terms if latest is not None else RULES[kind].terms))
        form.starts_on.data = clock.today()
    elif form.validate_on_submit():
        done = submit(
            form,
            change_rule_command,
            kind=kind,
            starts_on=form.starts_on.data,
            terms=form.terms(),
            source=form.source.data,
            confirmed=form.confirmed.data,
            locate=lambda _rule: url_for("volunteers.rules"),
            saved=_("The new version of the rule is saved."),
        )
        if done is not None:
            return done
    return render_template(
        "volunteers/change_rule.html",
        form=form,
        label=translate(RULES[kind].label),
        hint=translate(RULES[kind].hint),
        terms=[f.name for f in form if f.name not in ("starts_on", "source", "confirmed")],
    )
