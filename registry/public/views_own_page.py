"""The page of a volunteer's own, opened by its secret address."""

from __future__ import annotations

from flask import render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.core import clock
from registry.core.db import db
from registry.core.text import mask_name
from registry.people.identity import is_minor
from registry.public.blueprint import blueprint, in_chosen_language
from registry.public.branches import branch
from registry.volunteers.fields import FIELDS, PERIOD_KINDS, PERIODS
from registry.volunteers.hours import hours_of
from registry.volunteers.queries.own_page import volunteer_by_page
from registry.volunteers.queries.own_record import own_record
from registry.web.guard import PUBLIC, permit
from registry.web.navigation import known


@blueprint.get("/my/<token>")
@permit(PUBLIC)
@in_chosen_language
def own_page(token: str) -> ResponseReturnValue:
    """Who holds the address sees what the register holds of them, with the name shortened."""
    session, today = db.session(), clock.today()
    volunteer, person = volunteer_by_page(session, token)
    record = own_record(session, person, today)
    now = record.on(today)
    pages = (
        ("public.own_shifts", _("Shifts and bookings")),
        ("public.own_hours", _("My service hours")),
        ("public.own_proofs", _("Certificates of service")),
    )
    minor = is_minor(person.birth_on, today)
    return render_template(
        "public/own_page.html",
        volunteer=volunteer,
        name=mask_name(person.name, minor=minor),
        state=(PERIOD_KINDS[now.kind], _(PERIODS[now.kind])) if now is not None else None,
        periods=[
            (_(PERIODS[period.kind]), period.starts_on, period.ended_on, branch(unit))
            for period, unit in record.periods
        ],
        teams=[(team.name, _(FIELDS.get(team.field, team.field)), leads) for team, leads in record.teams],
        hours=hours_of(record.minutes),
        pages=[(label, url_for(endpoint, token=token)) for endpoint, label in pages if known(endpoint)],
    )
