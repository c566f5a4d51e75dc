"""What volunteers fill in about their hours."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from registry.core.errors import RuleError
from registry.volunteers.fields import FIELDS
from registry.volunteers.hours import read_hours, read_time
from registry.volunteers.models import Activity
from registry.web.forms import BaseForm
from registry.web.locale import translate


class WithdrawClaimForm(BaseForm):
    """Nothing to fill in: the form carries its key."""


class ClaimForm(BaseForm):
    """Hours a volunteer claims: for an activity, or in own words."""

    activity = SelectField(_l("Activity"), validators=[Optional()])
    content = StringField(
        _l("What did you do?"),
        validators=[Optional(), Length(max=200)],
        description=_l("Needed when no activity is chosen."),
    )
    field = SelectField(_l("Field of service"), validators=[Optional()])
    served_on = DateField(_l("Day of service"), validators=[InputRequired()])
    starts = StringField(
        _l("Began at"), validators=[InputRequired(), Length(max=8)], description=_l("For example 09:00.")
    )
    hours = StringField(
        _l("Hours"),
        validators=[InputRequired(), Length(max=8)],
        description=_l("Actual service without travel, for example 4 or 4.5."),
    )

    def __init__(self, activities: list[Activity], **kwargs: Any) -> None:
        self._activities = activities
        super().__init__(**kwargs)

    def process(self, *args: Any, **kwargs: Any) -> None:
        """The choices are needed before the values are read."""
        self.activity.choices = [
            ("", _("None of these, in my own words")),
            *((str(one.id), f"{one.starts_on.isoformat()} {one.title}") for one in self._activities),
        ]
        self.field.choices = [(code, translate(label)) for code, label in FIELDS.items()]
        super().process(*args, **kwargs)

    def times(self) -> tuple[int, int] | None:
        """Start and minutes; None when a field cannot be read, which then says so."""
        read = []
        for field, reader in ((self.starts, read_time), (self.hours, read_hours)):
            try:
                read.append(reader(field.data or ""))
            except RuleError as error:
                self.add_rule_error(error)
        return (read[0], read[1]) if len(read) == 2 else None
