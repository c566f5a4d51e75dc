"""Forms through which staff admit volunteers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import g
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from registry.accounts import queries as accounts
from registry.core.db import db
from registry.core.imports import RowError
from registry.core.text import NAME_LENGTH
from registry.people.kinds import DocumentKind, Sex
from registry.volunteers.fields import FIELDS
from registry.volunteers.imports_volunteers import ADMISSION_HEADERS, MOST_ROWS
from registry.web.forms import BaseForm
from registry.web.grid import GridColumn, GridField
from registry.web.locale import local_name, translate

_NUMBER_HINT = _l("Birth date and sex are taken from a resident number.")


class _UnitForm(BaseForm):
    unit = SelectField(_l("Unit"), validators=[InputRequired()])

    def process(self, *args: Any, **kwargs: Any) -> None:
        """The choices are needed before the values are read; none lies outside the reader's reach."""
        units = db.session.execute(accounts.units(g.scope)).scalars()
        self.unit.choices = [(str(unit.id), local_name(unit)) for unit in units]
        home = str(g.actor.home_unit_id or "")
        if home in dict(self.unit.choices):
            self.unit.default = home
        super().process(*args, **kwargs)

    @property
    def unit_id(self) -> int:
        """The unit that admits."""
        return int(self.unit.data)


class AddVolunteerForm(_UnitForm):
    """One volunteer."""

    name = StringField(_l("Name"), validators=[InputRequired(), Length(max=NAME_LENGTH)])
    document_kind = SelectField(_l("Kind of document"), validators=[Optional()])
    document_number = StringField(
        _l("Document number"), validators=[InputRequired(), Length(max=40)], description=_NUMBER_HINT
    )
    phone = StringField(_l("Phone"), validators=[InputRequired(), Length(max=30)])
    sex = SelectField(_l("Sex"), validators=[Optional()])
    birth_on = StringField(_l("Date of birth"), validators=[Optional(), Length(max=20)])
    employer = StringField(_l("Employer or address"), validators=[Optional(), Length(max=120)])
    field = SelectField(_l("Wants to help with"), validators=[Optional()])
    starts_on = StringField(
        _l("Volunteer since"),
        validators=[Optional(), Length(max=20)],
        description=_l("Today, unless told otherwise."),
    )
    guardian_name = StringField(
        _l("Guardian"),
        validators=[Optional(), Length(max=NAME_LENGTH)],
        description=_l("Who is under age needs the consent of a guardian."),
    )
    guardian_phone = StringField(_l("Phone of the guardian"), validators=[Optional(), Length(max=30)])

    def process(self, *args: Any, **kwargs: Any) -> None:
        """The choices are needed before the values are read."""
        self.document_kind.choices = [("", _("Recognise from the number"))] + [
            (kind.value, translate(kind.label)) for kind in DocumentKind if kind is not DocumentKind.NONE
        ]
        self.sex.choices = [("", "—")] + [(sex.value, translate(sex.label)) for sex in Sex]
        self.field.choices = [("", "—"), *((code, _(text)) for code, text in FIELDS.items())]
        super().process(*args, **kwargs)

    def as_row(self) -> dict[str, str]:
        """The volunteer as a row of a list."""
        return {key: self._fields[key].data or "" for key in ADMISSION_HEADERS if key in self._fields}

    def mark(self, errors: Iterable[RowError]) -> None:
        """Show what the check found, each at its field."""
        for error in errors:
            field = self._fields.get(error.column or "")
            if field is None:
                self.form_errors.append(translate(error.message))
            else:
                field.errors = [*field.errors, translate(error.message)]


def _column(key: str, label: Any, **more: Any) -> GridColumn:
    return GridColumn(key, label, aliases=ADMISSION_HEADERS[key], **more)


ADMISSION_COLUMNS = (
    _column("name", _l("Name")),
    _column("document_number", _l("Document number"), wide=True),
    _column("phone", _l("Phone")),
    _column("field", _l("Wants to help with")),
    _column("starts_on", _l("Volunteer since"), narrow=True),
    _column("guardian_name", _l("Guardian")),
    _column("guardian_phone", _l("Phone of the guardian")),
    _column("sex", _l("Sex"), narrow=True),
    _column("birth_on", _l("Date of birth")),
    _column("document_kind", _l("Kind of document")),
    _column("employer", _l("Employer or address"), wide=True),
    _column("occupation", _l("Occupation")),
    _column("education", _l("Education"), narrow=True),
    _column("age", _l("Age"), narrow=True),
)


class AddVolunteersForm(_UnitForm):
    """A pasted list of volunteers of one unit."""

    rows = GridField(_l("Volunteers"), columns=ADMISSION_COLUMNS, max_rows=MOST_ROWS)

    def mark(self, errors: Iterable[RowError]) -> None:
        """Show what the check found, each at its place."""
        for error in errors:
            self.rows.add_cell_error((error.row or 1) - 1, error.column, translate(error.message))


class VolunteersFileForm(_UnitForm):
    """A list of volunteers of one unit as a file."""

    file = FileField(
        _l("File"),
        validators=[FileRequired(_l("Choose a file first."))],
        description=_l(
            "Excel (.xlsx, .xls), WPS (.et) or CSV, with a header row as in 姓名, 身份证号, 手机."
        ),
    )
