"""Forms about points and honours."""

from __future__ import annotations

from decimal import Decimal

from flask_babel import lazy_gettext as _l
from wtforms import DateField, DecimalField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from registry.web.forms import BaseForm

_MOST = Decimal(100_000)


class _PointsForm(BaseForm):
    points = DecimalField(_l("Points"), places=2, validators=[InputRequired(), NumberRange(-_MOST, _MOST)])
    reason = StringField(_l("Reason"), validators=[InputRequired(), Length(max=200)])

    @property
    def hundredths(self) -> int:
        """The points in hundredths; more digits are rounded to the nearest."""
        exact: Decimal = self.points.data * 100
        return round(exact)


class RedeemPointsForm(_PointsForm):
    """How many points are exchanged, and for what."""

    reason = StringField(_l("Exchanged for"), validators=[InputRequired(), Length(max=200)])


class AdjustPointsForm(_PointsForm):
    """How many points are added or taken off, and why."""

    points = DecimalField(
        _l("Points"),
        places=2,
        validators=[InputRequired(), NumberRange(-_MOST, _MOST)],
        description=_l("Below zero takes points off."),
    )


class RecordHonourForm(BaseForm):
    """An honour: what, by whom, when, and by which document."""

    title = StringField(_l("Title of the honour"), validators=[InputRequired(), Length(max=120)])
    given_by = StringField(_l("Given by"), validators=[InputRequired(), Length(max=120)])
    given_on = DateField(_l("Given on"), validators=[InputRequired()])
    document = StringField(_l("Number of the decision"), validators=[Optional(), Length(max=120)])
