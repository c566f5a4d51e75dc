"""Forms about the rules of volunteering: for each kind its terms as fields of their own."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, DecimalField, IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, ValidationError

from registry.core.text import narrow
from registry.volunteers.commands.rules import LIMITS, STEPS
from registry.volunteers.fields import FIELDS
from registry.web.forms import BaseForm
from registry.web.locale import translate


def _whole(label: Any, term: str, description: Any = "") -> IntegerField:
    least, most = LIMITS[term]
    return IntegerField(
        label, validators=[InputRequired(), NumberRange(min=least, max=most)], description=description
    )


class RuleForm(BaseForm):
    """From when on a version holds, who decided it, and whether it is settled."""

    starts_on = DateField(
        _l("In force from"),
        validators=[InputRequired()],
        description=_l("What was decided before keeps the version it rested on."),
    )
    source = StringField(
        _l("Source"),
        validators=[InputRequired(), Length(max=200)],
        description=_l("The rule or decision it comes from, with its number."),
    )
    confirmed = BooleanField(_l("The branch has confirmed this version"))

    def fill(self, terms: dict[str, Any]) -> None:
        """Show the terms of a version in the fields."""
        for name, value in terms.items():
            self[name].data = value

    def terms(self) -> dict[str, Any]:
        """The terms as they are stored."""
        raise NotImplementedError


class AdmissionForm(RuleForm):
    """Who may become a volunteer."""

    minimum_age = _whole(_l("Youngest age"), "minimum_age", _l("In whole years."))
    guardian_below = _whole(
        _l("A guardian consents below the age of"), "guardian_below", _l("In whole years.")
    )

    def terms(self) -> dict[str, Any]:
        """Two ages in years."""
        return {"minimum_age": self.minimum_age.data, "guardian_below": self.guardian_below.data}


class RegistrationForm(RuleForm):
    """When registration is proposed."""

    hours_in_year = IntegerField(
        _l("Approved hours in a calendar year"), validators=[InputRequired(), NumberRange(min=1, max=2_000)]
    )

    def fill(self, terms: dict[str, Any]) -> None:
        """Show the minutes as hours."""
        self.hours_in_year.data = terms["minutes_in_year"] // 60

    def terms(self) -> dict[str, Any]:
        """Minutes in a year."""
        return {"minutes_in_year": self.hours_in_year.data * 60}


class ActiveForm(RuleForm):
    """Who is an active volunteer."""

    months = _whole(_l("Months after a service"), "months")

    def terms(self) -> dict[str, Any]:
        """How many months."""
        return {"months": self.months.data}


class StarsForm(RuleForm):
    """The star levels."""

    hours = StringField(
        _l("Hours of each level"),
        validators=[InputRequired(), Length(max=100)],
        description=_l("From the first star on, with commas between them: 100, 300, 600, 1000, 1500."),
    )
    notice_days = _whole(_l("Days of public notice"), "notice_days")

    def fill(self, terms: dict[str, Any]) -> None:
        """Show the levels in one line."""
        self.hours.data = ", ".join(map(str, terms["hours"]))
        self.notice_days.data = terms["notice_days"]

    def validate_hours(self, field: Any) -> None:
        """Whole numbers and nothing else."""
        if not all(re.fullmatch(r"[0-9]{1,6}", part) for part in self._parts()):
            raise ValidationError(_("Write whole numbers with commas between them."))

    def _parts(self) -> list[str]:
        return [part for part in re.split(r"[\s,、;]+", narrow(self.hours.data or "")) if part]

    def terms(self) -> dict[str, Any]:
        """Hours by level, and days."""
        return {"hours": [int(part) for part in self._parts()], "notice_days": self.notice_days.data}


def _points() -> DecimalField:
    return DecimalField(
        _l("Points for an hour"), places=2, validators=[InputRequired(), NumberRange(min=0, max=1_000)]
    )


class PointsForm(RuleForm):
    """The points for an hour of each field, in points with two places."""

    points_rescue = _points()
    points_aid = _points()
    points_blood = _points()
    points_stem_cells = _points()
    points_ihl = _points()
    points_community = _points()
    points_elderly = _points()
    points_youth = _points()
    points_other = _points()
    expires_months = _whole(_l("Points expire after so many months"), "expires_months")

    def process(self, *args: Any, **kwargs: Any) -> None:
        """Each field is called by what is served."""
        for code, label in FIELDS.items():
            self[f"points_{code}"].label.text = _("Points for an hour: %(field)s", field=translate(label))
        super().process(*args, **kwargs)

    def fill(self, terms: dict[str, Any]) -> None:
        """Show hundredths as points."""
        for code in FIELDS:
            self[f"points_{code}"].data = Decimal(terms["per_hour"][code]) / 100
        self.expires_months.data = terms["expires_months"]

    def validate(self, extra_validators: Any = None) -> bool:
        """Points have two places at most, since hundredths are kept."""
        fine = bool(super().validate(extra_validators))
        for code in FIELDS:
            field = self[f"points_{code}"]
            if field.data is not None and not field.errors and field.data * 100 % 1:
                field.errors = [*field.errors, _("At most two decimal places.")]
                fine = False
        return fine

    def terms(self) -> dict[str, Any]:
        """Hundredths by field, and months."""
        per_hour = {code: int(self[f"points_{code}"].data * 100) for code in FIELDS}
        return {"per_hour": per_hour, "expires_months": self.expires_months.data}


class HoursForm(RuleForm):
    """How hours are counted and approved."""

    step_minutes = SelectField(
        _l("Service is counted in steps of (minutes)"),
        coerce=int,
        validators=[InputRequired()],
    )
    second_person = BooleanField(_l("Somebody else than who entered the hours approves them"))

    def process(self, *args: Any, **kwargs: Any) -> None:
        """The choices are needed before the values are read."""
        self.step_minutes.choices = [(step, str(step)) for step in STEPS]
        super().process(*args, **kwargs)

    def terms(self) -> dict[str, Any]:
        """The step in minutes, and whether a second person approves."""
        return {"step_minutes": self.step_minutes.data, "second_person": self.second_person.data}


RULE_FORMS: dict[str, type[RuleForm]] = {
    "admission": AdmissionForm,
    "registration": RegistrationForm,
    "active": ActiveForm,
    "stars": StarsForm,
    "points": PointsForm,
    "hours": HoursForm,
}
