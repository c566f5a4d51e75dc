"""Forms about batches and certificates."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import DateField, HiddenField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from registry.accounts.choices import unit_choices
from registry.certificates.queries.certificates import credential_types
from registry.certificates.validity import CertificateState
from registry.core.db import db
from registry.web.forms import BaseForm, FilterForm, reason_field
from registry.web.locale import local_name, translate


class CertificateFilters(FilterForm):
    """Filters of the list; a holder is looked for in the search field at the top, never in an address."""

    number = StringField(_l("Number starts with"), validators=[Optional(), Length(max=60)])
    state = SelectField(_l("State today"), validators=[Optional()])
    unit = SelectField(_l("Issuing unit"), validators=[Optional()])
    credential_type = SelectField(_l("Certificate type"), validators=[Optional()])
    issued_from = DateField(_l("Issued from"), validators=[Optional()])
    issued_to = DateField(_l("Issued until"), validators=[Optional()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        everything = [("", gettext("All"))]
        self.state.choices = everything + [
            (state.value, translate(state.label)) for state in CertificateState
        ]
        self.unit.choices = [("", gettext("All")), *unit_choices()]
        self.credential_type.choices = everything + [
            (str(kind.id), local_name(kind)) for kind in credential_types(db.session())
        ]


class BatchFilters(FilterForm):
    """Filters of the list of batches."""

    state = SelectField(_l("State"), validators=[Optional()])
    unit = SelectField(_l("Issuing unit"), validators=[Optional()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.state.choices = [
            ("", gettext("All")),
            ("prepared", gettext("Waiting for approval")),
            ("issued", gettext("Issued")),
            ("rejected", gettext("Rejected")),
        ]
        self.unit.choices = [("", gettext("All")), *unit_choices()]


class IssueForm(BaseForm):
    """One press: nothing is filled in. `seen` tells what the page showed of the persons."""

    seen = HiddenField(validators=[Length(max=5_000)])


class RejectForm(BaseForm):
    """Why a batch goes back."""

    reason = reason_field(_l("Who prepared the batch reads it."))


class RevokeForm(BaseForm):
    """From when on and why a certificate no longer holds."""

    ended_on = DateField(
        _l("Revoked from"),
        validators=[InputRequired()],
        description=_l("The first day on which it no longer counts."),
    )
    reason = reason_field()
    document = StringField(_l("Number of the decision"), validators=[Optional(), Length(max=120)])
