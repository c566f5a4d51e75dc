"""Forms about who comes to a shift."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, SelectMultipleField, StringField
from wtforms.validators import InputRequired, Length, Optional

from registry.volunteers.queries.bookings import Candidate
from registry.web.forms import BaseForm, reason_field
from registry.web.listing import whole_numbers


class ChooseForm(BaseForm):
    """Several volunteers, out of those that were found; `look` finds others and saves nothing."""

    text = StringField(
        _l("Find volunteers"),
        validators=[Optional(), Length(max=60)],
        description=_l("The beginning of a name or of a volunteer number."),
    )
    chosen = SelectMultipleField(_l("Chosen volunteers"), validators=[Optional()])

    def __init__(self, found: Sequence[Candidate], **kwargs: Any) -> None:
        self._found = found
        super().__init__(**kwargs)

    def process(self, *args: Any, **kwargs: Any) -> None:
        """The choices are needed before the values are read."""
        self.chosen.choices = [(str(one.volunteer.id), one.name) for one in self._found]
        super().process(*args, **kwargs)

    def is_submitted(self) -> bool:
        """Looking for others sends the form as well, and saves nothing."""
        return "look" not in request.form and bool(super().is_submitted())

    @property
    def volunteer_ids(self) -> tuple[int, ...]:
        """Who was ticked, in the order of the page."""
        return tuple(dict.fromkeys(int(one) for one in self.chosen.data or ()))


def ticked() -> tuple[int, ...]:
    """Who is ticked in the form that was sent; whether they are within reach is asked by the query."""
    return whole_numbers(request.form.getlist("chosen"))[:500]


class SwapBookingForm(BaseForm):
    """Who comes instead, and why."""

    text = ChooseForm.text
    volunteer = SelectField(_l("Who comes instead"), validators=[InputRequired()])
    reason = reason_field()

    def __init__(self, found: Sequence[Candidate], **kwargs: Any) -> None:
        self._found = found
        super().__init__(**kwargs)

    def process(self, *args: Any, **kwargs: Any) -> None:
        """The choices are needed before the values are read."""
        self.volunteer.choices = [
            (str(one.volunteer.id), f"{one.name} · {one.volunteer.number}") for one in self._found
        ]
        super().process(*args, **kwargs)

    def is_submitted(self) -> bool:
        """Looking for others sends the form as well, and saves nothing."""
        return "look" not in request.form and bool(super().is_submitted())
