"""What a reader of figures chooses: unit, period, as-of day and known-on moment."""

from __future__ import annotations

from typing import Any

from flask import g
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from wtforms import DateField, SelectField, StringField
from wtforms.validators import Length, Optional, ValidationError

from registry.accounts import queries
from registry.core.db import db
from registry.indicators.question import parse_known_on
from registry.volunteers.fields import FIELDS
from registry.volunteers.models import Team
from registry.web.forms import FilterForm
from registry.web.locale import local_name, translate

# The filters of a list of records that only a figure with groups of that key has.
GROUP_FILTERS = ("field", "team")
# Stands in an address for records that say nothing.
NOTHING = "-"

_INDENT = {"province": "", "prefecture": "\u3000", "county": "\u3000\u3000"}


def unit_choices() -> list[tuple[int, str]]:
    """The units within the reach of the page's permission, in the order of their codes."""
    if "figure_units" not in g:
        rows = db.session.execute(queries.units(g.scope)).scalars()
        g.figure_units = [(unit.id, _INDENT[unit.level] + local_name(unit)) for unit in rows]
    return list(g.figure_units)


class FigureFilters(FilterForm):
    """The question about a figure. What is left empty takes its default: own unit, today, as known now."""

    unit = SelectField(_l("Unit"), coerce=int, choices=unit_choices, validators=[Optional()])
    as_of = DateField(_l("As of"), validators=[Optional()])
    from_on = DateField(_l("From"), validators=[Optional()])
    known_on = StringField(
        _l("As known on"),
        validators=[Optional(), Length(max=32)],
        description=_l("A day such as 2026-03-31, or a time such as 2026-03-31 14:05."),
    )

    def validate_known_on(self, field: Any) -> None:
        """A day or a time."""
        try:
            parse_known_on(field.data)
        except ValueError as error:
            raise ValidationError(
                gettext("This is no day or time. Write it as 2026-03-31 or 2026-03-31 14:05.")
            ) from error


def team_choices() -> list[tuple[str, str]]:
    """The teams within the reach of the page's permission, those dissolved included, by name."""
    if "figure_teams" not in g:
        rows = db.session.execute(
            select(Team.id, Team.name).where(g.scope.where(Team.unit_id)).order_by(Team.name, Team.id)
        )
        g.figure_teams = [(str(team_id), name) for team_id, name in rows]
    return list(g.figure_teams)


class RecordFilters(FigureFilters):
    """The same question, and of the records behind the figure those of one field of service or team."""

    field = SelectField(_l("Field of service"), validators=[Optional()])
    team = SelectField(_l("Volunteer team"), validators=[Optional()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        everything = [("", gettext("All"))]
        self.field.choices = everything + [(code, translate(name)) for code, name in FIELDS.items()]
        self.team.choices = [*everything, (NOTHING, gettext("Without a team")), *team_choices()]
