"""Whom a call-out list looks for, and why phones are shown in clear."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import g
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from wtforms import BooleanField, DateField, IntegerField, SelectField, TextAreaField
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError

from registry.accounts import queries as accounts
from registry.certificates.queries.certificates import credential_types
from registry.core.db import db
from registry.volunteers.fields import AVAILABLE, FIELDS, PERIODS, SERVING
from registry.volunteers.models import Team
from registry.web.forms import BaseForm, FilterForm
from registry.web.locale import local_name, translate

OLDEST = 120
# Room in the calendar for the ages and months around it.
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 12, 31)


class CallOutFilters(FilterForm):
    """Skill, place and age first; what is left empty is not asked for."""

    credential_type = SelectField(_l("Skill: valid certificate"), validators=[Optional()])
    unit = SelectField(_l("Unit and those below"), validators=[Optional()])
    near = SelectField(_l("Nearest to"), validators=[Optional()])
    insured = BooleanField(_l("Insured on the day"))
    age_from = IntegerField(_l("Age from"), validators=[Optional(), NumberRange(min=1, max=OLDEST)])
    age_to = IntegerField(_l("Age up to"), validators=[Optional(), NumberRange(min=1, max=OLDEST)])
    trained_within = IntegerField(
        _l("Certificate issued within months"), validators=[Optional(), NumberRange(min=1, max=600)]
    )
    available = SelectField(_l("Can serve"), validators=[Optional()])
    field = SelectField(_l("Field of service"), validators=[Optional()])
    team = SelectField(_l("Volunteer team"), validators=[Optional()])
    kind = SelectField(_l("State on the day"), validators=[Optional()])
    day = DateField(_l("Day of service"), validators=[Optional()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        everything = [("", gettext("All"))]
        session = db.session()
        units = [(str(u.id), local_name(u)) for u in session.execute(accounts.units(g.scope)).scalars()]
        teams = session.execute(
            select(Team.id, Team.name).where(g.scope.where(Team.unit_id)).order_by(Team.name, Team.id)
        )
        self.credential_type.choices = everything + [
            (str(kind.id), local_name(kind)) for kind in credential_types(session)
        ]
        self.unit.choices = [*everything, *units]
        self.near.choices = [("", gettext("The unit chosen, else my own")), *units]
        self.available.choices = everything + [(code, translate(name)) for code, name in AVAILABLE.items()]
        self.field.choices = everything + [(code, translate(name)) for code, name in FIELDS.items()]
        self.team.choices = everything + [(str(team_id), name) for team_id, name in teams]
        self.kind.choices = everything + [(code, translate(PERIODS[code])) for code in SERVING]

    def validate_day(self, field: Any) -> None:
        """A day within a lifetime of today."""
        if not FIRST_DAY <= field.data <= LAST_DAY:
            raise ValidationError(
                gettext("Date must be between %(min)s and %(max)s.", min=FIRST_DAY, max=LAST_DAY)
            )


class RevealCallOutForm(BaseForm):
    """Why the phones of a list have to be seen in clear."""

    reason = TextAreaField(
        _l("Reason"),
        validators=[InputRequired(), Length(min=4, max=200)],
        description=_l("The reason and your name stand in the journal."),
    )
    as_file = BooleanField(_l("As an Excel file instead of a page"))
