"""Signing up as a volunteer from a phone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from registry.core.text import NAME_LENGTH
from registry.people.imports import ColumnError
from registry.volunteers.fields import FIELDS
from registry.web.forms import BaseForm
from registry.web.locale import translate


class SignUpForm(BaseForm):
    """Eight fields at most, since they are filled in on a telephone.

    `wait` is after how many seconds it can be sent again when too many were sent.
    """

    wait = 0

    name = StringField(
        _l("Your name"),
        validators=[InputRequired(), Length(max=NAME_LENGTH)],
        description=_l("As it stands in your document."),
    )
    document_number = StringField(
        _l("Number of your identity document"),
        validators=[InputRequired(), Length(max=40)],
        description=_l("Resident identity card, residence permit, passport or another document."),
    )
    birth_on = StringField(
        _l("Your date of birth"),
        validators=[Optional(), Length(max=20)],
        description=_l("Only when the number above does not tell it, as that of a passport."),
    )
    phone = StringField(_l("Your phone"), validators=[InputRequired(), Length(max=30)])
    field = SelectField(_l("What would you like to help with?"))
    guardian_name = StringField(
        _l("Name of a guardian"),
        validators=[Optional(), Length(max=NAME_LENGTH)],
        description=_l("Who is under age signs up with the consent of a guardian."),
    )
    guardian_phone = StringField(_l("Phone of the guardian"), validators=[Optional(), Length(max=30)])
    consent = BooleanField(
        _l("I have read this and agree; under age, so does my guardian."),
        validators=[InputRequired(_l("Nothing is sent without your consent; tick the box."))],
    )

    def process(self, *args: Any, **kwargs: Any) -> None:
        """The choices are needed before the values are read."""
        self.field.choices = [("", _("Please choose")), *((key, _(text)) for key, text in FIELDS.items())]
        super().process(*args, **kwargs)

    def typed(self) -> dict[str, str]:
        """What was typed, by field."""
        return {name: str(self._fields[name].data or "") for name in _TYPED}

    def mark(self, errors: Iterable[ColumnError]) -> None:
        """Show what the check found, each at its field."""
        for column, message in errors:
            field = self._fields.get(column or "")
            if field is None:
                self.form_errors.append(translate(message))
            else:
                field.errors = [*field.errors, translate(message)]


_TYPED = ("name", "document_number", "birth_on", "phone", "field", "guardian_name", "guardian_phone")


class ReceiptForm(BaseForm):
    """A button of the receipt."""
