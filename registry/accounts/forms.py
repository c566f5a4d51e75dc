"""Forms of sign-in and of one's own account."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, PasswordField, SelectField, StringField
from wtforms.validators import EqualTo, InputRequired, Length

from registry.core.passwords import LONGEST
from registry.web.forms import BaseForm
from registry.web.locale import LOCALES

NEW_PASSWORD = {"autocomplete": "new-password"}
OLD_PASSWORD = {"autocomplete": "current-password"}
CODE = {"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": "9"}


class SignInForm(BaseForm):
    """Name and password. `next` is where to go on to, `kept` what was typed before (see kept.py)."""

    username = StringField(
        _l("Sign-in name"),
        validators=[InputRequired(), Length(max=60)],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )
    password = PasswordField(
        _l("Password"), validators=[InputRequired(), Length(max=LONGEST)], render_kw=OLD_PASSWORD
    )
    next = HiddenField()
    kept = HiddenField()


class EnterCodeForm(BaseForm):
    """The second step of sign-in."""

    totp_code = StringField(
        _l("Code of the authenticator app"), validators=[InputRequired(), Length(max=9)], render_kw=CODE
    )
    next = HiddenField()
    kept = HiddenField()


class ConfirmPasswordForm(BaseForm):
    """The password again, before a sensitive act."""

    password = PasswordField(
        _l("Password"), validators=[InputRequired(), Length(max=LONGEST)], render_kw=OLD_PASSWORD
    )
    next = HiddenField()
    kept = HiddenField()


class ChangePasswordForm(BaseForm):
    """The old password and the new one twice."""

    present_password = PasswordField(
        _l("Present password"), validators=[InputRequired(), Length(max=LONGEST)], render_kw=OLD_PASSWORD
    )
    password = PasswordField(
        _l("New password"), validators=[InputRequired(), Length(max=LONGEST)], render_kw=NEW_PASSWORD
    )
    password_again = PasswordField(
        _l("New password again"),
        validators=[
            InputRequired(),
            EqualTo("password", _l("The two new passwords differ. Type both again.")),
        ],
        render_kw=NEW_PASSWORD,
    )


class EditProfileForm(BaseForm):
    """One's own name and language."""

    name = StringField(_l("Name"), validators=[InputRequired(), Length(max=60)])
    locale = SelectField(_l("Language"), choices=list(LOCALES.items()), validators=[InputRequired()])


class SetUpSecondFactorForm(BaseForm):
    """The first code, which proves that the app holds the secret."""

    totp_code = StringField(
        _l("Code shown by the app"), validators=[InputRequired(), Length(max=9)], render_kw=CODE
    )


class EmptyForm(BaseForm):
    """A question without fields: yes, or back."""


class ReasonForm(BaseForm):
    """A question that asks why."""

    reason = StringField(_l("Reason"), validators=[InputRequired(), Length(max=200)])


class RevokeForm(BaseForm):
    """Which session to end; empty for all others."""

    session = HiddenField()
