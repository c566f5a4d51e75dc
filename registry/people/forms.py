"""Forms about one person."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _l
from wtforms import DateField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from registry.core import clock
from registry.core.text import clean_name
from registry.people.commands import Entrant
from registry.people.identity import read_document
from registry.people.kinds import DocumentKind, Sex
from registry.people.phone import read_phone
from registry.web.forms import BaseForm
from registry.web.locale import translate


class PersonForm(BaseForm):
    """A person as somebody types them. Birth date and sex follow from a resident number."""

    name = StringField(_l("Name"), validators=[InputRequired(), Length(max=60)])
    kind = SelectField(_l("Kind of document"), validators=[Optional()])
    number = StringField(
        _l("Document number"),
        validators=[Optional(), Length(max=40)],
        description=_l("Birth date and sex are taken from a resident number."),
    )
    sex = SelectField(_l("Sex"), validators=[Optional()])
    birth_on = DateField(_l("Date of birth"), validators=[Optional()])
    phone = StringField(_l("Phone"), validators=[Optional(), Length(max=30)])
    employer = StringField(_l("Employer or address"), validators=[Optional(), Length(max=120)])
    occupation = StringField(_l("Occupation"), validators=[Optional(), Length(max=60)])
    education = StringField(_l("Education"), validators=[Optional(), Length(max=30)])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = [("", gettext("Recognise from the number"))] + [
            (kind.value, translate(kind.label)) for kind in DocumentKind
        ]
        self.sex.choices = [("", "—")] + [(sex.value, translate(sex.label)) for sex in Sex]

    def entrant(self, today: date | None = None) -> Entrant:
        """The checked values; RuleError with the field that is wrong."""
        today = today or clock.today()
        sex = Sex(self.sex.data) if self.sex.data else None
        document = None
        if self.number.data:
            kind = DocumentKind(self.kind.data) if self.kind.data else None
            document = read_document(
                kind, self.number.data, today=today, birth_on=self.birth_on.data, sex=sex
            )
        return Entrant.of(
            clean_name(self.name.data or ""),
            document,
            sex=sex.value if sex else None,
            birth_on=self.birth_on.data,
            phone=read_phone(self.phone.data) if self.phone.data else None,
            employer=self.employer.data or "",
            occupation=self.occupation.data or "",
            education=self.education.data or "",
        )


class RevealForm(BaseForm):
    """Why a masked value has to be seen in clear."""

    reason = TextAreaField(
        _l("Reason"),
        validators=[InputRequired(), Length(min=4, max=200)],
        description=_l("The reason and your name stand in the journal."),
    )
