"""The list of volunteers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import g, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy.orm import Session

from registry.accounts.queries import narrowed
from registry.certificates.queries.certificates import credential_types
from registry.core import clock
from registry.core.db import db
from registry.core.journal import catalogue
from registry.core.permissions import Permission
from registry.core.text import mask_name
from registry.volunteers.fields import FIELDS
from registry.volunteers.forms.volunteers import VolunteerFilters
from registry.volunteers.hours import hours_of
from registry.volunteers.models import Volunteer
from registry.volunteers.queries import volunteers as queries
from registry.volunteers.queries.ledger import minutes_of
from registry.volunteers.views.blueprint import PERIOD_STATES, blueprint
from registry.web.columns import Cell, Column, Status, linked, named
from registry.web.guard import permit
from registry.web.listing import Asked, BatchAction, Listing
from registry.web.listing_page import COUNT_CAP
from registry.web.locale import is_english, local_name, translate
from registry.web.navigation import known
from registry.web.once import once

VOID = Status("off", _l("Void"))


def joined(names: list[str]) -> str:
    """Names in one cell, with the comma of the language."""
    return str(_(", ")).join(names)


def _fields() -> Cell:
    names: dict[str, str] = once(
        ("names of fields", is_english()),
        lambda: {code: translate(label) for code, label in FIELDS.items()},
    )
    comma = str(_(", "))
    said: dict[str, str] = {}

    def cell(row: Any) -> str:
        if row.fields not in said:
            said[row.fields] = comma.join([names.get(code, code) for code in json.loads(row.fields)])
        return said[row.fields]

    return cell


def _skills() -> Cell:
    session = db.session()
    names: dict[str, str] = once(
        ("names of credential types", catalogue(session), is_english()),
        lambda: {str(kind.id): local_name(kind) for kind in credential_types(session)},
    )
    comma = str(_(", "))
    return lambda row: (
        comma.join([names[one] for one in sorted(set(row.skills.split(",")), key=int)])
        if (row.skills)
        else None
    )


def _hours() -> Cell:
    """The hours of everyone listed, read at once."""
    session = db.session()
    minutes = minutes_of(session, g.persons_listed())
    return lambda row: hours_of(minutes.get(row.person_id, 0))


VOLUNTEERS = Listing(
    key="volunteers.volunteers",
    identity=Volunteer.id,
    columns=(
        Column("number", _l("Volunteer no."), sort=Volunteer.number, css="nowrap"),
        Column(
            "name",
            _l("Name"),
            made=linked("volunteers.volunteer", "volunteer_id", text="name"),
            masked=lambda row: mask_name(row.name),
            css="who",
        ),
        Column("unit", _l("Unit"), made=named("unit")),
        Column(
            "state",
            _l("State today"),
            value=lambda row: VOID if row.voided_at is not None else PERIOD_STATES.get(row.kind),
        ),
        Column("since", _l("In this state since")),
        Column("fields", _l("Fields offered"), made=_fields),
        Column("skills", _l("Skills"), made=_skills),
        Column("hours", _l("Hours so far"), made=_hours, css="num", default_visible=False),
        Column("added_on", _l("Entered on"), sort=Volunteer.id, default_visible=False),
    ),
    filters=VolunteerFilters,
    default_sort="-added_on",
    batch=(BatchAction(_l("Put into a team"), "volunteers.add_members", icon="people"),),
    title=_l("Volunteers"),
)


@blueprint.get("/")
@permit(Permission.VOLUNTEER_VIEW)
def volunteers() -> ResponseReturnValue:
    """Volunteers within reach, the newest first."""
    session = db.session()
    asked = VOLUNTEERS.read(request.args, current_user.id, steady=(catalogue(session), g.scope.units))
    if asked.export:
        rows = volunteers_of_list(asked.filters)
        g.persons_listed = lambda: queries.persons_of(session, asked.order(rows))
        return asked.download(session, rows)
    may_edit = g.actor.may(Permission.VOLUNTEER_EDIT)
    g.persons_listed = _persons(session, asked)
    first_step = next(
        (one for one in ("volunteers.add_volunteer", "volunteers.add_volunteers") if known(one)), None
    )
    page = asked.page(
        session,
        lambda: volunteers_of_list(asked.filters),
        first=lambda count: queries.newest_volunteers(session, g.scope, clock.today(), count),
        empty_title=_l("No volunteer yet"),
        empty_hint=_l("Volunteers sign up on the page of their unit, or staff add them here."),
        empty_action=(_l("Add a volunteer"), first_step) if may_edit and first_step else None,
        batch=None if may_edit else (),
    )
    if asked.is_first:
        page = replace(page, counting=lambda: queries.count_volunteers(session, g.scope, COUNT_CAP + 1))
    return render_template("volunteers/volunteers.html", page=page, may_edit=may_edit)


def _persons(session: Session, asked: Asked) -> Callable[[], list[int]]:
    """Whom the page shows, asked only when their hours are shown."""

    def persons() -> list[int]:
        rows = asked.order(volunteers_of_list(asked.filters))
        start = (asked.number - 1) * asked.size
        return queries.persons_of(session, rows.limit(asked.size).offset(start))

    return persons


def volunteers_of_list(chosen: dict[str, Any]) -> Any:
    """The volunteers within reach that the filters find."""
    return queries.volunteers(
        narrowed(db.session(), g.scope, chosen.get("unit"), clock.today()),
        clock.today(),
        number="".join(chosen.get("number", "").split()).upper() or None,
        kind=chosen.get("state"),
        field=chosen.get("field"),
        team_id=int(chosen["team"]) if "team" in chosen else None,
    )
