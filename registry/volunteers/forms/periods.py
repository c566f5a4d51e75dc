"""Forms about the periods of a volunteer."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import DateField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from registry.accounts.choices import unit_choices
from registry.volunteers.fields import PERIODS
from registry.web.forms import BaseForm, reason_field
from registry.web.locale import translate

REASON = _l("The reason and your name stand in the journal. No medical details.")


class PeriodForm(BaseForm):
    """What the volunteer is from a day on."""

    kind = SelectField(_l("New state"), validators=[InputRequired()])
    starts_on = DateField(
        _l("From which day"),
        validators=[InputRequired()],
        description=_l("The first day of the new state; the present one ends the day before."),
    )
    reason = reason_field(REASON)
    document = StringField(_l("Number of the decision"), validators=[Optional(), Length(max=120)])

    def process(self, *args: Any, **kwargs: Any) -> None:
        """Every state is read, since the form may be sent once more after it changed the state; what can
        follow is for the command to say."""
        self.kind.choices = [(kind, translate(label)) for kind, label in PERIODS.items()]
        super().process(*args, **kwargs)

    def offer(self, kinds: tuple[str, ...]) -> None:
        """Show these states only."""
        self.kind.choices = [choice for choice in self.kind.choices if choice[0] in kinds]


class MoveForm(BaseForm):
    """The unit that looks after the volunteer from a day on."""

    unit = SelectField(_l("New unit"), validators=[InputRequired()])
    starts_on = DateField(_l("From which day"), validators=[InputRequired()])
    reason = reason_field(REASON)

    def process(self, *args: Any, **kwargs: Any) -> None:
        """The choices are needed before the values are read."""
        self.unit.choices = unit_choices()
        super().process(*args, **kwargs)

    def leave_out(self, present: int) -> None:
        """Show the other units only."""
        self.unit.choices = [choice for choice in self.unit.choices if choice[0] != str(present)]


class VoidPeriodForm(BaseForm):
    """Why a period should never have been there."""

    reason = reason_field(REASON)
