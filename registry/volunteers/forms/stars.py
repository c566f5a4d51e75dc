"""Forms about star levels."""

from __future__ import annotations

from typing import Any

from flask import g
from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, SelectField, StringField
from wtforms.validators import Length, Optional

from registry.accounts import queries as accounts
from registry.core.db import db
from registry.web.forms import BaseForm, FilterForm
from registry.web.listing import whole_numbers
from registry.web.locale import local_name

LEVELS = 5
STATES = {
    "published": _l("Under public notice"),
    "awarded": _l("Awarded"),
    "rejected": _l("Not awarded"),
    "withdrawn": _l("Level taken back"),
}


class ProposalFilters(FilterForm):
    """Filters of the list of proposals."""

    unit = SelectField(_l("Unit"), validators=[Optional()])
    level = SelectField(_l("Star level"), validators=[Optional()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        everything = [("", gettext("All"))]
        units = db.session.execute(accounts.units(g.scope)).scalars()
        self.unit.choices = everything + [(str(unit.id), local_name(unit)) for unit in units]
        self.level.choices = everything + [(str(level), str(level)) for level in range(1, LEVELS + 1)]


class StarFilters(ProposalFilters):
    """Filters of the list of star levels."""

    state = SelectField(_l("State"), validators=[Optional()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.state.choices = [("", gettext("All")), *((key, str(label)) for key, label in STATES.items())]


class ChosenForm(BaseForm):
    """What was ticked in the list, and the number of the decision."""

    chosen = HiddenField(validators=[Length(max=10_000)])
    document = StringField(_l("Number of the decision"), validators=[Optional(), Length(max=120)])

    @property
    def ids(self) -> tuple[int, ...]:
        """The records chosen."""
        return whole_numbers((self.chosen.data or "").split(","))


class ExpirePointsForm(BaseForm):
    """One press: nothing is filled in."""
