"""Forms about the registration of volunteers."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, HiddenField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from registry.accounts.choices import unit_choices
from registry.core import clock
from registry.web.forms import BaseForm, FilterForm, reason_field
from registry.web.listing import whole_numbers


class RegistrationFilters(FilterForm):
    """Filters of proposals and applications; the state decides which of them the page lists."""

    state = SelectField(_l("State"), validators=[Optional()])
    unit = SelectField(_l("Unit"), validators=[Optional()])
    year = SelectField(_l("Year of service"), validators=[Optional()])

    def process(self, *args: Any, **kwargs: Any) -> None:
        """The choices are needed before the values are read."""
        self.state.choices = [
            ("proposed", _("Proposed")),
            ("waiting", _("Waiting for a decision")),
            ("decided", _("Already decided")),
        ]
        self.unit.choices = [("", _("All")), *unit_choices()]
        this = clock.today().year
        self.year.choices = [("", _("All")), *((str(year), str(year)) for year in (this, this - 1))]
        super().process(*args, **kwargs)


class ChosenForm(BaseForm):
    """Several records at once: their numbers with commas between them."""

    chosen = HiddenField(validators=[InputRequired(), Length(max=20_000)])

    @property
    def ids(self) -> tuple[int, ...]:
        """The chosen records."""
        return whole_numbers((self.chosen.data or "").split(","))


class ApproveForm(ChosenForm):
    """From when on the chosen are registered volunteers, and by which decision."""

    starts_on = DateField(
        _l("Registered from"),
        validators=[InputRequired()],
        description=_l("The first day as a registered volunteer, today or earlier."),
    )
    document = StringField(_l("Number of the decision"), validators=[Optional(), Length(max=120)])


class RejectForm(ChosenForm):
    """Why the chosen stay enrolled volunteers."""

    reason = reason_field(_l("One reason for all of them; whoever applied reads it."))
