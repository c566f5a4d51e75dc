"""Forms about an activity and its shifts."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import g
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from registry.accounts.choices import unit_choices
from registry.core import clock
from registry.core.db import db
from registry.core.errors import RuleError
from registry.core.text import narrow, read_date
from registry.volunteers.commands.activities import Terms
from registry.volunteers.commands.shifts import END_FIRST, PlannedShift
from registry.volunteers.forms.volunteers import field_choices
from registry.volunteers.hours import DAY, read_time
from registry.volunteers.queries import activities as queries
from registry.web.forms import BaseForm, FilterForm
from registry.web.grid import GridColumn, GridField
from registry.web.locale import local_name, translate

MOST_NEEDED = 5_000
OLDEST = 120
STATES = {"open": _l("Takes bookings"), "closed": _l("Over and closed"), "cancelled": _l("Called off")}

Choices = list[tuple[str, Any]]


class ActivityFilters(FilterForm):
    """Filters of the list of activities."""

    text = StringField(_l("No., title or place"), validators=[Optional(), Length(max=80)])
    field = SelectField(_l("Field of service"), validators=[Optional()])
    state = SelectField(_l("State"), validators=[Optional()])
    unit = SelectField(_l("Unit"), validators=[Optional()])
    starts_from = DateField(_l("Takes place from"), validators=[Optional()])
    starts_to = DateField(_l("Takes place until"), validators=[Optional()])

    def process(self, *args: Any, **kwargs: Any) -> None:
        """The choices are needed before the values are read."""
        every: Choices = [("", _("All"))]
        self.field.choices = every + field_choices()
        self.state.choices = every + list(STATES.items())
        self.unit.choices = every + unit_choices()
        super().process(*args, **kwargs)


class EditActivityForm(BaseForm):
    """What an activity is."""

    title = StringField(_l("Title"), validators=[InputRequired(), Length(max=80)])
    place = StringField(_l("Meeting place"), validators=[InputRequired(), Length(max=80)])
    field = SelectField(_l("Field of service"), validators=[InputRequired()])
    team = SelectField(_l("Team of volunteers"), validators=[Optional()])
    starts_on = DateField(_l("First day of the activity"), validators=[InputRequired()])
    ends_on = DateField(
        _l("Last day"), validators=[Optional()], description=_l("Left empty, it is the first day.")
    )
    responsible = StringField(
        _l("Responsible person"),
        validators=[Optional(), Length(max=60)],
        description=_l("Stands on certificates of service, with the consent of the person."),
    )
    content = TextAreaField(
        _l("What is done"),
        validators=[Optional(), Length(max=200)],
        description=_l(
            "Stands on certificates of service; no names and no details of people who are helped."
        ),
    )
    risky = BooleanField(
        _l("Risky"), description=_l("Only volunteers whom an insurance covers on the day can be booked.")
    )
    public = BooleanField(
        _l("Offered to volunteers on their phones"),
        default=True,
        description=_l("To those of this unit and of the units below; otherwise staff book them."),
    )

    def process(self, *args: Any, **kwargs: Any) -> None:
        """The choices are needed before the values are read."""
        self.field.choices = field_choices()
        teams = queries.open_teams(db.session(), g.scope, clock.today())
        self.team.choices = [("", _("none")), *((str(team.id), team.name) for team in teams)]
        super().process(*args, **kwargs)

    @property
    def terms(self) -> Terms:
        """The fields as the commands take them."""
        return Terms(
            title=self.title.data,
            place=self.place.data,
            field=self.field.data,
            starts_on=self.starts_on.data,
            ends_on=self.ends_on.data or self.starts_on.data,
            team_id=int(self.team.data) if self.team.data else None,
            content=" ".join((self.content.data or "").split()),
            responsible=self.responsible.data or "",
            risky=self.risky.data,
            public=self.public.data,
        )


def shift_columns() -> tuple[GridColumn, ...]:
    """The cells of a shift."""
    kinds = [(str(kind.id), local_name(kind), "") for kind in queries.credential_types(db.session())]
    return (
        GridColumn("held_on", _l("Day"), aliases=("日期",)),
        GridColumn("starts", _l("Begins at"), required=True, narrow=True, aliases=("开始", "开始时间")),
        GridColumn("ends", _l("Finishes at"), required=True, narrow=True, aliases=("结束", "结束时间")),
        GridColumn(
            "needed", _l("Needed"), type="number", required=True, narrow=True, aliases=("人数", "需要人数")
        ),
        GridColumn(
            "credential", _l("Certificate asked for"), type="choice", choices=tuple(kinds), aliases=("证书",)
        ),
        GridColumn("min_age", _l("Minimum age"), type="number", narrow=True, aliases=("最低年龄",)),
    )


class _WithShifts:
    """Reads the rows of the grid `rows`."""

    rows: GridField

    def planned(self, first: date, last: date) -> list[PlannedShift]:
        """The rows as shifts; what is wrong is marked at its cell, and the form then counts as refused.

        A day that is left empty is the first day of the activity.
        """
        found = []
        for index, row in enumerate(self.rows.data):
            held_on = self._day(index, row.get("held_on", ""), first, last)
            starts = self._minutes(index, row, "starts")
            ends = self._minutes(index, row, "ends")
            if starts is not None and ends is not None and ends <= starts:
                self.rows.add_cell_error(index, "ends", _(END_FIRST))
                continue
            needed = self._number(index, row, "needed", MOST_NEEDED)
            min_age = self._number(index, row, "min_age", OLDEST) if row.get("min_age") else None
            if held_on is None or starts is None or ends is None or needed is None:
                continue
            kind = row.get("credential", "")
            found.append(
                PlannedShift(
                    held_on=held_on,
                    starts=starts,
                    ends=ends,
                    needed=needed,
                    credential_type_id=int(kind) if kind else None,
                    min_age=min_age,
                    id=int(row["id"]) if row.get("id") else None,
                )
            )
        return found

    def _day(self, index: int, text: str, first: date, last: date) -> date | None:
        if not text:
            return first
        try:
            day = read_date(text, "held_on")
        except RuleError as error:
            self.rows.add_cell_error(index, "held_on", translate(error.message))
            return None
        if not first <= day <= last:
            self.rows.add_cell_error(
                index,
                "held_on",
                _(
                    "Lies outside the days of the activity, %(first)s to %(last)s.",
                    first=first.isoformat(),
                    last=last.isoformat(),
                ),
            )
            return None
        return day

    def _minutes(self, index: int, row: dict[str, str], column: str) -> int | None:
        try:
            return read_time(row.get(column, ""), DAY if column == "ends" else DAY - 1)
        except RuleError as error:
            self.rows.add_cell_error(index, column, translate(error.message))
            return None

    def _number(self, index: int, row: dict[str, str], column: str, most: int) -> int | None:
        text = narrow(row.get(column, ""))
        if not (text.isascii() and text.isdecimal() and len(text) <= 5) or not 1 <= int(text) <= most:
            self.rows.add_cell_error(index, column, _("A whole number from 1 to %(most)s.", most=most))
            return None
        return int(text)


class OpenActivityForm(EditActivityForm, _WithShifts):
    """A new activity with its shifts; `open_activity_form` gives it the grid."""

    unit = SelectField(_l("Unit"), validators=[InputRequired()])
    rows: GridField

    def process(self, *args: Any, **kwargs: Any) -> None:
        """The choices are needed before the values are read."""
        self.unit.choices = unit_choices()
        super().process(*args, **kwargs)


class EditShiftsForm(BaseForm, _WithShifts):
    """The shifts of an activity as rows; `edit_shifts_form` gives it the grid."""

    rows: GridField
    reason = StringField(
        _l("Why it changes"),
        validators=[Optional(), Length(max=200)],
        description=_l("Needed when a shift that volunteers are booked for is moved or taken out."),
    )


def open_activity_form(**kwargs: Any) -> OpenActivityForm:
    """The form with the kinds of certificates there are now."""

    class Form(OpenActivityForm):
        rows = GridField(_l("Shifts"), columns=shift_columns(), max_rows=100)

    return Form(**kwargs)


def edit_shifts_form(**kwargs: Any) -> EditShiftsForm:
    """The form with the kinds of certificates there are now."""

    class Form(EditShiftsForm):
        rows = GridField(_l("Shifts"), columns=shift_columns(), max_rows=100)

    return Form(**kwargs)


class CloseActivityForm(BaseForm):
    """Nothing but the question."""
