"""Forms about users and their roles. Units and roles offered are those the administrator may give."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict
from wtforms import DateField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional, Regexp

from registry.accounts.choices import unit_choices
from registry.accounts.models import Unit
from registry.core import clock
from registry.core.db import db
from registry.core.permissions import ROLE_NAMES, Role
from registry.web.forms import BaseForm, FilterForm
from registry.web.locale import translate


def chosen_unit(choice: str) -> Unit:
    """The unit behind a choice that passed validation."""
    return db.session.get_one(Unit, int(choice))


def role_choices() -> list[tuple[str, str]]:
    """Every role by its name."""
    return [(role.value, translate(ROLE_NAMES[role])) for role in Role]


class UserFilters(FilterForm):
    """Which users to show."""

    unit = SelectField(_l("Unit of the user"), validators=[Optional()])
    role = SelectField(_l("Role"), validators=[Optional()])
    state = SelectField(_l("State"), validators=[Optional()])

    def __init__(self, args: MultiDict[str, str], **kwargs: Any) -> None:
        super().__init__(args, **kwargs)
        self.unit.choices = [("", _("All")), *unit_choices(codes=True)]
        self.role.choices = [("", _("All")), *role_choices()]
        self.state.choices = [("", _("All")), ("active", _("active")), ("disabled", _("disabled"))]


class UserForm(BaseForm):
    """Name and home unit of a user."""

    name = StringField(_l("Name"), validators=[InputRequired(), Length(max=60)])
    unit = SelectField(_l("Unit of the user"), validators=[InputRequired()])

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.unit.choices = [("", _("Choose a unit")), *unit_choices(codes=True)]


class AddUserForm(UserForm):
    """Someone new, with the first role."""

    username = StringField(
        _l("Sign-in name"),
        validators=[
            InputRequired(),
            Length(min=2, max=60),
            Regexp(r"^[\w.@-]+$", message=_l("Only letters, digits and . _ @ - are possible.")),
        ],
        description=_l("It cannot be changed later."),
    )
    role = SelectField(
        _l("First role at this unit"),
        validators=[Optional()],
        description=_l("Further roles can be given on the page of the user."),
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.role.choices = [("", _("None yet")), *role_choices()]


class GrantRoleForm(BaseForm):
    """A role at a unit, with dates."""

    role = SelectField(_l("Role"), validators=[InputRequired()])
    unit = SelectField(
        _l("Unit"),
        validators=[InputRequired()],
        description=_l("The role reaches this unit and all below it."),
    )
    starts_on = DateField(_l("Starts on"), validators=[InputRequired()])
    ends_on = DateField(
        _l("First day without the role"),
        validators=[Optional()],
        description=_l("Leave empty if no end is known."),
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        kwargs.setdefault("starts_on", clock.today())
        super().__init__(*args, **kwargs)
        self.role.choices = [("", _("Choose a role")), *role_choices()]
        self.unit.choices = [("", _("Choose a unit")), *unit_choices(codes=True)]


class EndRoleForm(BaseForm):
    """The first day without the role."""

    ends_on = DateField(
        _l("First day without the role"),
        validators=[InputRequired()],
        description=_l("With today's date the role ends at once."),
    )

    def __init__(self, *args: object, today: date, **kwargs: object) -> None:
        super().__init__(*args, ends_on=today, **kwargs)
