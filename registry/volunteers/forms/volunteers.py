"""Filters of the list of volunteers, and the choices that forms of this register share."""

from __future__ import annotations

from typing import Any

from flask import g
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField
from wtforms.validators import Length, Optional

from registry.accounts.choices import unit_choices
from registry.core.db import db
from registry.volunteers.fields import FIELDS, PERIODS
from registry.volunteers.queries.teams import standing_teams
from registry.web.forms import FilterForm
from registry.web.locale import local_name, translate

Choices = list[tuple[str, Any]]


def field_choices() -> Choices:
    """The fields of service."""
    return [(code, translate(label)) for code, label in FIELDS.items()]


def team_choices() -> Choices:
    """The teams within the scope of the page that are not dissolved, with the names of their units."""
    return [
        (str(team.id), f"{team.name} · {local_name(unit)}")
        for team, unit in standing_teams(db.session(), g.scope)
    ]


class VolunteerFilters(FilterForm):
    """Filters of the list; a name is looked for in the search field at the top, never in an address."""

    number = StringField(_l("Number starts with"), validators=[Optional(), Length(max=20)])
    state = SelectField(_l("State today"), validators=[Optional()])
    unit = SelectField(_l("Unit"), validators=[Optional()])
    field = SelectField(_l("Field of service"), validators=[Optional()])
    team = SelectField(_l("Team"), validators=[Optional()])

    def process(self, *args: Any, **kwargs: Any) -> None:
        """The choices are needed before the values are read."""
        every: Choices = [("", _("All"))]
        self.state.choices = every + [(kind, translate(label)) for kind, label in PERIODS.items()]
        self.unit.choices = every + unit_choices()
        self.field.choices = every + field_choices()
        self.team.choices = every + team_choices()
        super().process(*args, **kwargs)
