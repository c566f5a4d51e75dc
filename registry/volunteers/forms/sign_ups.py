"""Forms about sign-ups."""

from __future__ import annotations

from typing import Any

from flask import g
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from registry.accounts import queries as accounts
from registry.core.db import db
from registry.web.forms import BaseForm, FilterForm, reason_field
from registry.web.locale import local_name


class SignUpFilters(FilterForm):
    """Filters of the queue. Without a choice it shows what waits; a name never stands in an address."""

    state = SelectField(_l("State"), validators=[Optional()])
    unit = SelectField(_l("Unit"), validators=[Optional()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.state.choices = [
            ("", _("To review")),
            ("approved", _("Admitted")),
            ("rejected", _("Not admitted")),
            ("withdrawn", _("Withdrawn")),
            ("all", _("All")),
        ]
        units = db.session.execute(accounts.units(g.scope)).scalars()
        self.unit.choices = [("", _("All")), *((str(unit.id), local_name(unit)) for unit in units)]


class ApproveSignUpsForm(BaseForm):
    """Admit the applicants that the page shows."""


class RejectSignUpsForm(BaseForm):
    """Why they are not admitted."""

    reason = reason_field(_l("The applicants read it on their receipt, and it stands in the journal."))


class RevealSignUpForm(BaseForm):
    """Why number and phone of an applicant are shown in clear."""

    reason = StringField(_l("Reason"), validators=[InputRequired(), Length(max=200)])


class GivePageForm(BaseForm):
    """Give a volunteer a new address of the own page."""
