"""Forms about units and settings."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import (
    BooleanField,
    DateField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, Optional, Regexp
from wtforms.widgets import CheckboxInput, ListWidget

from registry.accounts.choices import unit_choices
from registry.accounts.models import LEVEL_NAMES, LEVELS
from registry.accounts.settings import SettingDef
from registry.core import clock
from registry.web.forms import BaseForm
from registry.web.locale import translate


class AddUnitForm(BaseForm):
    """A new unit under an existing one."""

    name = StringField(_l("Name of the unit"), validators=[InputRequired(), Length(max=60)])
    name_en = StringField(_l("English name"), validators=[InputRequired(), Length(max=100)])
    level = SelectField(_l("Level"), validators=[InputRequired()])
    parent = SelectField(_l("Stands under"), validators=[InputRequired()])
    code = StringField(
        _l("GB code"),
        validators=[
            Optional(),
            Regexp(r"^\d{6}(\d{3}|\d{6})?$", message=_l("A GB code has 6, 9 or 12 digits.")),
        ],
        description=_l("Six digits of GB/T 2260. Some units, like 长白山, have none."),
    )
    starts_on = DateField(_l("Starts on"), validators=[InputRequired()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("starts_on", clock.today())
        super().__init__(*args, **kwargs)
        self.level.choices = [("", _("Choose a level"))] + [
            (level, translate(LEVEL_NAMES[level])) for level in LEVELS[1:]
        ]
        self.parent.choices = [("", _("Choose a unit")), *unit_choices(LEVELS[:-1], codes=True)]


class SetUnitParentForm(BaseForm):
    """Under which unit a unit stands from a day on."""

    parent = SelectField(_l("Stands under"), validators=[InputRequired()])
    starts_on = DateField(_l("Starts on"), validators=[InputRequired()])
    unsure = BooleanField(
        _l("The day is still to confirm"), description=_l("It is then marked wherever it is shown.")
    )
    note = TextAreaField(
        _l("Source or note"),
        validators=[Optional(), Length(max=300)],
        description=_l("For example the document that ordered it."),
    )

    def __init__(self, *args: Any, level: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        higher = LEVELS[: LEVELS.index(level)]
        self.parent.choices = [("", _("Choose a unit")), *unit_choices(higher, codes=True)]


class _ChangeSettingForm(BaseForm):
    source = TextAreaField(
        _l("Who decided it, and where it stands"), validators=[Optional(), Length(max=300)]
    )
    confirmed = BooleanField(
        _l("This value is confirmed"), description=_l("The mark “to confirm” then goes away.")
    )


def setting_form(definition: SettingDef, value: Any, public_url: str) -> BaseForm:
    """The form for one setting, with a field of its kind."""
    choices = [(key, translate(label)) for key, label in definition.choices]
    fields: dict[str, Any] = {
        "number": IntegerField(_l("Chosen value"), validators=[InputRequired()]),
        "yes_no": RadioField(
            _l("Chosen value"), choices=[("1", _l("yes")), ("", _l("no"))], validators=[], coerce=str
        ),
        "choice": RadioField(_l("Chosen value"), choices=choices, validators=[InputRequired()]),
        "roles": SelectMultipleField(
            _l("Chosen value"),
            choices=choices,
            validators=[Optional()],
            widget=ListWidget(prefix_label=False),
            option_widget=CheckboxInput(),
        ),
        "mask": StringField(_l("Chosen value"), validators=[InputRequired(), Length(max=5)]),
        "address": RadioField(
            _l("Chosen value"), choices=[(public_url, public_url)], validators=[InputRequired()]
        ),
    }
    form_class = type("ChangeSettingForm", (_ChangeSettingForm,), {"value": fields[definition.kind]})
    shown = ("1" if value else "") if definition.kind == "yes_no" else value
    form: BaseForm = form_class(value=shown)
    return form
