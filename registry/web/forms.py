"""The forms every register builds on: form key, cleaned text, digest, refusals at their field."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Hashable
from secrets import token_hex
from typing import Any

from flask import request
from flask_babel import get_translations, gettext
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from werkzeug.datastructures import FileStorage, MultiDict
from wtforms import (
    BooleanField,
    FileField,
    HiddenField,
    MultipleFileField,
    PasswordField,
    RadioField,
    StringField,
    SubmitField,
    TextAreaField,
)
from wtforms.fields.choices import SelectFieldBase
from wtforms.validators import InputRequired, Length, ValidationError
from wtforms.widgets import ListWidget

from registry.core.errors import BUSY, BusyError, RuleError, StorageError
from registry.core.i18n import N_
from registry.core.text import LONGEST_REASON, clean
from registry.web.locale import translate
from registry.web.widgets import draw

NOT_IN_DIGEST = frozenset({"csrf_token", "form_key", "expired"})

# WTForms' own messages, listed so that they are extracted and worded in our catalogue.
WTFORMS_MESSAGES = (
    N_("This field is required."),
    N_("Not a valid choice."),
    N_("Not a valid date value."),
    N_("Not a valid datetime value."),
    N_("Not a valid time value."),
    N_("Not a valid integer value."),
    N_("Not a valid decimal value."),
    N_("Invalid input."),
    N_("Invalid email address."),
    N_("Invalid Choice: could not coerce."),
    N_("Field must be equal to %(other_name)s."),
    N_("Field must be at least %(min)d character long."),
    N_("Field cannot be longer than %(max)d character."),
    N_("Field must be exactly %(max)d character long."),
    N_("Field must be between %(min)d and %(max)d characters long."),
    N_("Number must be at least %(min)s."),
    N_("Number must be at most %(max)s."),
    N_("Number must be between %(min)s and %(max)s."),
    N_("Date must be at least %(min)s."),
    N_("Date must be at most %(max)s."),
    N_("Date must be between %(min)s and %(max)s."),
    N_("The CSRF token is missing."),
    N_("The CSRF token is invalid."),
    N_("The CSRF session token is missing."),
    N_("The CSRF token has expired."),
    N_("The CSRF tokens do not match."),
)


def new_form_key() -> str:
    """A fresh form key: 32 hexadecimal digits."""
    return token_hex(16)


def field_kind(field: Any) -> str:
    """How a field is drawn: hidden, check, radios, checks, select, textarea, file, submit or input."""
    kinds: tuple[tuple[str, Any], ...] = (
        ("hidden", HiddenField),
        ("check", BooleanField),
        ("radios", RadioField),
        ("select", SelectFieldBase),
        ("textarea", TextAreaField),
        ("file", (FileField, MultipleFileField)),
        ("submit", SubmitField),
    )
    kind = next((name for name, classes in kinds if isinstance(field, classes)), "input")
    return "checks" if kind == "select" and isinstance(field.widget, ListWidget) else kind


def clean_text(value: Any) -> Any:
    """The text without what people cannot see; anything that is not text passes through."""
    return clean(value) if isinstance(value, str) else value


def clean_lines(value: Any) -> Any:
    """Like `clean_text`, with the line ends kept."""
    return clean(value, lines=True) if isinstance(value, str) else value


class _Catalogue:
    """WTForms fills in the placeholders itself, so it gets the translated text as it stands."""

    def gettext(self, text: str) -> str:
        return str(gettext(text))

    def ngettext(self, singular: str, plural: str, count: int) -> str:
        return str(get_translations().ungettext(singular, plural, count))


class _Meta(FlaskForm.Meta):  # type: ignore[misc]
    def bind_field(self, form: Any, unbound_field: Any, options: dict[str, Any]) -> Any:
        kind = unbound_field.field_class
        filters = list(unbound_field.kwargs.get("filters", ()))
        if issubclass(kind, StringField) and not issubclass(kind, (PasswordField, HiddenField)):
            tidy = clean_lines if issubclass(kind, TextAreaField) else clean_text
            options = {**options, "filters": [tidy, *filters]}
        return unbound_field.bind(form=form, **options)

    def get_translations(self, form: Any) -> _Catalogue:
        return _Catalogue()

    def render_field(self, field: Any, render_kw: dict[str, Any]) -> Any:
        drawn = draw(field, render_kw)
        return super().render_field(field, render_kw) if drawn is None else drawn


class BaseForm(FlaskForm):  # type: ignore[misc]
    """A form that saves something. Its key tells one filling of the form from the next."""

    form_key = HiddenField(default=new_form_key)
    already_saved: str | None = None

    class Meta(_Meta):
        pass

    def validate_form_key(self, field: Any) -> None:
        """A key that is not one of ours comes from an old or changed page; nothing may be saved under it."""
        value = field.data or ""
        if len(value) != 32 or set(value) - set("0123456789abcdef"):
            field.data = new_form_key()
            raise ValidationError(
                gettext("This page is out of date. Nothing was saved; what you typed is kept: send it again.")
            )

    def is_submitted(self) -> bool:
        """A form given back after a new sign-in is filled but not sent: the reader sends it again."""
        return "_restore" not in request.form and bool(super().is_submitted())

    def renew_key(self) -> None:
        """Give the form a new key, so that sending it again saves another record."""
        self.form_key.data = new_form_key()

    def digest(self) -> str:
        """SHA-256 over address, names and values, by which a repeated request is told from a changed one."""
        values = {
            name: _digestible(field.data)
            for name, field in self._fields.items()
            if name not in NOT_IN_DIGEST and not isinstance(field, PasswordField)
        }
        told = json.dumps([request.path, values], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(told.encode("utf-8")).hexdigest()

    def add_refusal(self, error: RuleError | BusyError | StorageError) -> None:
        """Show a refusal at its field, or at the top of the form when it belongs to none."""
        if isinstance(error, RuleError):
            self.add_rule_error(error)
        else:
            self.form_errors.append(translate(str(error) or BUSY))

    def add_rule_error(self, error: RuleError) -> None:
        """Show the message of a rule at its field, or at the top of the form."""
        text = translate(error.message)
        field = self._fields.get(error.field or "")
        if field is None or isinstance(field, HiddenField):
            self.form_errors.append(text)
        else:
            field.errors = [*field.errors, text]

    def add_already_saved(self, location: str) -> None:
        """This form was saved before. It offers the first result, and, under a new key, to save what is typed
        now as another record."""
        self.already_saved = location
        self.renew_key()


def _digestible(value: Any) -> Any:
    if isinstance(value, FileStorage):
        content = hashlib.sha256(value.stream.read()).hexdigest()
        value.stream.seek(0)
        return [value.filename, content]
    if isinstance(value, dict):
        return {str(key): _digestible(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_digestible(item) for item in value]
    return value if value is None or isinstance(value, (bool, int)) else str(value)


def reason_field(description: Any = None) -> TextAreaField:
    """Why something is done, as `stated_reason` takes it. `description` tells what the journal does not."""
    return TextAreaField(
        _l("Reason"),
        validators=[InputRequired(), Length(min=2, max=LONGEST_REASON)],
        description=description or _l("The reason and your name stand in the journal."),
    )


class ReasonForm(BaseForm):
    """Why something is done that weighs."""

    reason = reason_field()


class FilterForm(FlaskForm):  # type: ignore[misc]
    """The search form of a list: sent by GET, saves nothing, and what does not fit is left out."""

    class Meta(_Meta):
        csrf = False

    def __init__(self, args: MultiDict[str, str], **kwargs: Any) -> None:
        super().__init__(formdata=args, **kwargs)

    @property
    def look(self) -> Hashable:
        """What the drawn form depends on."""
        return tuple(
            [
                (
                    f.name,
                    str(f.label.text),
                    str(f.data),
                    tuple(f.raw_data or ()),
                    tuple(f.errors),
                    repr(getattr(f, "choices", None)),
                )
                for f in self._fields.values()
            ]
        )

    def values(self) -> dict[str, Any]:
        """The fields that were filled in and passed validation, by name."""
        empty = [field for field in self._fields.values() if not field.raw_data or not any(field.raw_data)]
        if len(empty) < len(self._fields):
            self.validate()
        for field in empty:
            field.errors = ()  # What was left empty is no mistake in a search.
        return {
            name: field.data
            for name, field in self._fields.items()
            if not field.errors and field.data not in (None, "", [], False)
        }
