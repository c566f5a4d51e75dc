"""Forms about the trainees of one course."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, SelectField
from wtforms.validators import InputRequired, Length, Optional

from registry.training.outcome import RESULT_LABELS
from registry.web.forms import FilterForm, ReasonForm
from registry.web.listing import whole_numbers


class TraineeFilters(FilterForm):
    """Filters of the trainees of a course; a name is looked for in the search field at the top."""

    result = SelectField(_l("Result"), validators=[Optional()])
    certificate = SelectField(_l("Certificate"), validators=[Optional()])
    taking = SelectField(_l("Takes part"), validators=[Optional()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        everything = ("", _("All"))
        self.result.choices = [everything, *((key.value, _(text)) for key, text in RESULT_LABELS.items())]
        self.certificate.choices = [everything, ("issued", _("Issued")), ("none", _("Not issued"))]
        self.taking.choices = [("", _("takes part")), ("withdrawn", _("withdrawn"))]


class WithdrawForm(ReasonForm):
    """The reason for which several trainees withdraw, and who they are: numbers with commas between them."""

    chosen = HiddenField(validators=[InputRequired(), Length(max=60_000)])

    @property
    def enrolment_ids(self) -> tuple[int, ...]:
        """The chosen trainees."""
        return whole_numbers((self.chosen.data or "").split(","))
