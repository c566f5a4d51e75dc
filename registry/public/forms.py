"""What the public may ask."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from registry.core.text import NAME_LENGTH
from registry.web.forms import BaseForm


class NameForm(BaseForm):
    """Is this the holder's full name?"""

    name = StringField(_l("Full name of the holder"), validators=[InputRequired(), Length(max=NAME_LENGTH)])


class LookUpForm(NameForm):
    """A certificate by number and full name."""

    number = StringField(_l("Certificate no."), validators=[InputRequired(), Length(max=80)])
