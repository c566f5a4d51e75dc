"""Forms through which trainees come into a course and leave it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import HiddenField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from registry.core.i18n import Message
from registry.core.text import has_hidden
from registry.people.kinds import DocumentKind, Sex
from registry.training.commands import DraftRow
from registry.training.imports import MOST_ROWS, ROSTER_HEADERS, CellError
from registry.web.forms import BaseForm
from registry.web.grid import GridColumn, GridField
from registry.web.locale import translate


def _column(key: str, label: Any, **more: Any) -> GridColumn:
    return GridColumn(key, label, aliases=ROSTER_HEADERS[key], **more)


# In the order of the paper form that branches use.
ROSTER_COLUMNS = (
    _column("name", _l("Name")),
    _column("sex", _l("Sex"), narrow=True),
    _column("education", _l("Education"), narrow=True),
    _column("age", _l("Age"), narrow=True),
    _column("occupation", _l("Occupation")),
    _column("document_kind", _l("Kind of document")),
    _column("document_number", _l("Document number"), wide=True),
    _column("phone", _l("Phone")),
    _column("employer", _l("Employer or address"), wide=True),
    _column("birth_on", _l("Date of birth")),
)


class GridForm(BaseForm):
    """A form whose rows are a class list; subclasses add nothing but where the rows came from."""

    rows = GridField(_l("Roster"), columns=ROSTER_COLUMNS, max_rows=MOST_ROWS)

    def mark(self, errors: Sequence[CellError]) -> None:
        """Show what the check found, each at its place."""
        for error in sorted(errors, key=lambda e: e.row):
            self.rows.add_cell_error(error.row, error.column, translate(error.message))

    def hidden_cells(self) -> int:
        """In how many of the cells that were sent invisible characters were taken out."""
        try:
            sent = json.loads((self.rows.raw_data or [""])[0])["rows"]
            return sum(has_hidden(str(cell)) for row in sent for cell in row.values())
        except (ValueError, KeyError, TypeError, AttributeError):
            return 0


class RosterForm(GridForm):
    """A pasted list, or an uploaded one on its way to being correct."""

    file_digest = HiddenField(validators=[Optional(), Length(max=64)])
    file_name = HiddenField(validators=[Optional(), Length(max=120)])


class DraftsForm(GridForm):
    """The rows that wait to be corrected."""


class UploadForm(BaseForm):
    """A class list as a file."""

    file = FileField(
        _l("File"),
        validators=[FileRequired(_l("Choose a file first."))],
        description=_l(
            "Excel (.xlsx, .xls), WPS (.et) or CSV, with a header row as in 姓名, 身份证号, 手机."
        ),
    )


class TraineeForm(BaseForm):
    """One trainee."""

    name = StringField(_l("Name"), validators=[InputRequired(), Length(max=60)])
    document_kind = SelectField(_l("Kind of document"), validators=[Optional()])
    document_number = StringField(
        _l("Document number"),
        validators=[Optional(), Length(max=40)],
        description=_l("Birth date and sex are taken from a resident number."),
    )
    phone = StringField(_l("Phone"), validators=[Optional(), Length(max=30)])
    sex = SelectField(_l("Sex"), validators=[Optional()])
    birth_on = StringField(_l("Date of birth"), validators=[Optional(), Length(max=20)])
    employer = StringField(_l("Employer or address"), validators=[Optional(), Length(max=120)])
    occupation = StringField(_l("Occupation"), validators=[Optional(), Length(max=60)])
    education = StringField(_l("Education"), validators=[Optional(), Length(max=30)])

    def process(self, *args: Any, **kwargs: Any) -> None:
        """The choices are needed before the values are read."""
        self.document_kind.choices = [("", _("Recognise from the number"))] + [
            (kind.value, translate(kind.label)) for kind in DocumentKind
        ]
        self.sex.choices = [("", "—")] + [(sex.value, translate(sex.label)) for sex in Sex]
        super().process(*args, **kwargs)

    def as_row(self) -> dict[str, str]:
        """The trainee as a row of a list."""
        return {key: self._fields[key].data or "" for key in ROSTER_HEADERS if key in self._fields}

    def mark(self, errors: Sequence[CellError]) -> None:
        """Show what the check found, each at its field."""
        for error in errors:
            text = translate(error.message)
            field = self._fields.get(error.column or "")
            if field is None:
                self.form_errors.append(text)
            else:
                field.errors = [*field.errors, text]


def draft_row(row_number: int, values: dict[str, str], errors: Sequence[CellError]) -> DraftRow:
    """A row with what is wrong with it, in a form that can be kept and said later in any language."""
    return DraftRow(
        row_number=row_number,
        values={key: value for key, value in values.items() if key in ROSTER_HEADERS},
        errors=[
            {"column": e.column, "text": e.message.text, "params": plain_params(e.message)} for e in errors
        ],
    )


def plain_params(message: Message) -> dict[str, Any]:
    """The parameters of a message as JSON carries them; a nested message by its English text."""
    return {k: {"text": v.text} if isinstance(v, Message) else v for k, v in message.params.items()}


def message_of(stored: dict[str, Any]) -> Message:
    """A message kept with a draft."""
    params = {
        k: Message(v["text"]) if isinstance(v, dict) else v for k, v in stored.get("params", {}).items()
    }
    return Message(stored["text"], params)
