"""Forms about insurance policies and whom they cover."""

from __future__ import annotations

from typing import Any

from flask import g
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from registry.accounts.choices import unit_choices
from registry.core import clock
from registry.core.db import db
from registry.volunteers.forms.bookings import ChooseForm
from registry.volunteers.queries.insurance import activities_to_cover
from registry.web.forms import BaseForm, FilterForm

POLICY_STATES = {
    "running": _l("In force today"),
    "coming": _l("Begins later"),
    "over": _l("Has run out"),
    "void": _l("Void"),
}


class PolicyFilters(FilterForm):
    """Filters of the list of policies."""

    text = StringField(_l("Policy no. or insurer"), validators=[Optional(), Length(max=80)])
    state = SelectField(_l("State"), validators=[Optional()])

    def process(self, *args: Any, **kwargs: Any) -> None:
        """The choices are needed before the values are read."""
        self.state.choices = [("", _("All")), *POLICY_STATES.items()]
        super().process(*args, **kwargs)


class AddPolicyForm(BaseForm):
    """A policy as the insurer wrote it."""

    unit = SelectField(_l("Unit that insures"), validators=[InputRequired()])
    insurer = StringField(_l("Insurer"), validators=[InputRequired(), Length(max=80)])
    number = StringField(_l("Policy no."), validators=[InputRequired(), Length(max=80)])
    starts_on = DateField(_l("First day covered"), validators=[InputRequired()])
    ends_on = DateField(_l("Last day covered"), validators=[InputRequired()])
    note = StringField(_l("What it covers"), validators=[Optional(), Length(max=200)])

    def process(self, *args: Any, **kwargs: Any) -> None:
        """The choices are needed before the values are read."""
        self.unit.choices = unit_choices()
        super().process(*args, **kwargs)


class CoverForm(ChooseForm):
    """Several volunteers, those of a whole activity, or both, from a day to a last one."""

    activity = SelectField(
        _l("Everyone booked for an activity"),
        validators=[Optional()],
        description=_l("Those with a place now; who is booked later is covered by covering again."),
    )
    starts_on = DateField(_l("First day covered"), validators=[InputRequired()])
    ends_on = DateField(_l("Last day covered"), validators=[InputRequired()])

    def process(self, *args: Any, **kwargs: Any) -> None:
        """The choices are needed before the values are read."""
        found = activities_to_cover(db.session(), g.scope, clock.today())
        self.activity.choices = [
            ("", _("none")),
            *((str(one.id), f"{one.starts_on.isoformat()} {one.title}") for one in found),
        ]
        super().process(*args, **kwargs)
