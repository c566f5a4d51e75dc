"""Forms about certificates of service."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import DateField, StringField
from wtforms.validators import InputRequired, Length, Optional

from registry.web.forms import BaseForm


class IssueProofForm(BaseForm):
    """The period, and who answers for the certificate."""

    starts_on = DateField(_l("First day of service"), validators=[InputRequired()])
    ends_on = DateField(_l("Last day of service"), validators=[InputRequired()])
    responsible = StringField(
        _l("Person responsible"),
        validators=[InputRequired(), Length(max=60)],
        description=_l("Who answers for the service records of the unit; printed on the certificate."),
    )
    handled_by = StringField(_l("Handled by"), validators=[InputRequired(), Length(max=60)])
    contact = StringField(_l("Telephone of the unit for questions"), validators=[Optional(), Length(max=40)])
