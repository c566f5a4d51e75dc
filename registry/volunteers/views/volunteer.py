"""The page of one volunteer."""

from __future__ import annotations

from typing import Any

from flask import g, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.core import clock
from registry.core.db import db
from registry.core.permissions import Permission
from registry.core.text import mask_phone
from registry.people.identity import age_on
from registry.volunteers.fields import AVAILABLE, FIELDS
from registry.volunteers.hours import hours_of
from registry.volunteers.queries.standing import kinds_on
from registry.volunteers.queries.teams import teams_of_person
from registry.volunteers.queries.volunteers import Shown, shown_volunteer
from registry.volunteers.views.blueprint import PERIOD_STATES, blueprint, tabs_of
from registry.volunteers.views.periods import following
from registry.volunteers.views.volunteers import joined
from registry.web.columns import Link, Status
from registry.web.guard import permit
from registry.web.locale import local_name, translate


@blueprint.get("/<int:volunteer_id>")
@permit(Permission.VOLUNTEER_VIEW)
def volunteer(volunteer_id: int) -> ResponseReturnValue:
    """One volunteer: what they are today, what they can, their teams and their periods."""
    session, today = db.session(), clock.today()
    shown = shown_volunteer(session, g.scope, volunteer_id, today)
    kind = kinds_on(session, [volunteer_id], today).get(volunteer_id)
    tabs, current = tabs_of(shown.volunteer, "volunteers.volunteer")
    unit_id = shown.volunteer.unit_id
    present = shown.present
    return render_template(
        "volunteers/volunteer.html",
        shown=shown,
        state=PERIOD_STATES.get(kind or ""),
        tabs_shown=tabs,
        current=current,
        may_edit=g.actor.scope(Permission.VOLUNTEER_EDIT).holds(unit_id),
        may_change=bool(following(shown)),
        may_void=present is not None
        and shown.may_void
        and g.actor.scope(Permission.VOLUNTEER_APPROVE).holds(present.unit_id),
        present=present,
        known_facts=_facts(shown),
        guardian=_guardian(shown),
        skills=[
            [
                local_name(skill),
                _("valid until %(day)s", day=skill.last_day.isoformat())
                if skill.last_day
                else _("permanent"),
            ]
            for skill in shown.skills
        ],
        teams=_teams(shown.person.id),
        events=[_event(period, unit) for period, unit in shown.periods],
    )


def _facts(shown: Shown) -> list[tuple[str, Any]]:
    one = shown.volunteer
    person: Any = shown.person.name
    if g.actor.may(Permission.PERSON_VIEW):
        person = Link(url_for("desk.person", person_id=shown.person.id), person)
    return [
        (_("Registered as"), person),
        (_("Unit"), local_name(shown.unit)),
        (_("Hours so far"), hours_of(shown.minutes)),
        (_("Fields offered"), joined([translate(FIELDS.get(code, code)) for code in one.fields]) or None),
        (_("Available"), joined([translate(AVAILABLE.get(code, code)) for code in one.available]) or None),
        (_("Consent given on"), one.consent_on),
        (_("Entered on"), one.added_on),
    ]


def _guardian(shown: Shown) -> list[tuple[str, Any]]:
    """Who consented for somebody who is under age today; later it is nobody's business."""
    one, born = shown.volunteer, shown.person.birth_on
    if not one.guardian_name or (born is not None and age_on(born, clock.today()) >= 18):
        return []
    return [
        (_("Name"), one.guardian_name),
        (_("Phone"), mask_phone(one.guardian_phone) if one.guardian_phone else None),
        (_("Consent given on"), one.guardian_consent_on),
    ]


def _teams(person_id: int) -> list[list[Any]]:
    rows = []
    for membership, team, unit in teams_of_person(db.session(), person_id):
        name: Any = team.name
        if g.scope.holds(team.unit_id):
            name = Link(url_for("volunteers.team", team_id=team.id), name)
        leads = Status("info", _("leads the team")) if membership.leader else None
        rows.append([name, local_name(unit), leads, membership.starts_on, membership.ended_on])
    return rows


def _event(period: Any, unit: Any) -> dict[str, Any]:
    what = str(PERIOD_STATES[period.kind].label)
    if period.ended_on is not None:
        what = _("%(state)s, until before %(day)s", state=what, day=period.ended_on.isoformat())
    if period.voided_at is not None:
        what = _("Void: %(state)s (%(reason)s)", state=what, reason=period.void_reason or "")
    return {
        "at": period.starts_on,
        "who": local_name(unit),
        "what": what,
        "detail": " · ".join(part for part in (period.reason, period.document) if part),
    }
