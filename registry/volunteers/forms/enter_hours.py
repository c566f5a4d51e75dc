"""Grids in which hours of many people are entered at once."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional

from registry.accounts.choices import unit_choices
from registry.core.errors import RuleError
from registry.core.imports import ListRefusedError
from registry.volunteers.forms.volunteers import field_choices
from registry.volunteers.hours import HoursRow, hours_of, read_hours, read_time, time_of
from registry.volunteers.imports_service import SERVICE_HEADERS
from registry.volunteers.models import Shift
from registry.volunteers.queries.attended import Attended
from registry.web.forms import BaseForm
from registry.web.grid import GridColumn, GridField
from registry.web.locale import translate

TICKED = "1"
MOST_ROWS = 500
SHIFT_COLUMNS = (
    GridColumn("there", _l("Served"), type="check"),
    GridColumn("name", _l("Name"), readonly=True),
    GridColumn("hours", _l("Hours"), type="number", narrow=True),
    GridColumn("starts", _l("Begins at"), narrow=True),
    GridColumn("present", _l("Checked in"), readonly=True),
    GridColumn("number", _l("Volunteer no."), readonly=True),
)


class _HoursGridForm(BaseForm):
    """A grid whose rows show what a list was refused for. `places` tells which row of the grid a row of the
    command is."""

    rows: GridField
    places: dict[int, int]

    def add_rule_error(self, error: RuleError) -> None:
        """A refused list at its cells, everything else as usual."""
        if not isinstance(error, ListRefusedError):
            super().add_rule_error(error)
            return
        columns = {column.key for column in self.rows.columns}
        for one in error.errors:
            column = {"volunteer": "number"}.get(one.column or "", one.column)
            told = translate(one.message)
            self.rows.add_cell_error(
                self.places.get(one.row or 0, 0), column if column in columns else None, told
            )


class EnterHoursForm(_HoursGridForm):
    """The hours of those who were at a shift. One number for all of them overrides the table."""

    hours_all = StringField(
        _l("Hours for everyone ticked"),
        validators=[Optional(), Length(max=8)],
        description=_l("For example 4. Left empty, the hours in the table count."),
    )
    content = StringField(_l("What was done"), validators=[Optional(), Length(max=200)])
    rows = GridField(_l("Hours"), columns=SHIFT_COLUMNS, max_rows=2_000)

    def stretches(self, shift: Shift, field: str, people: dict[int, Attended]) -> list[HoursRow] | None:
        """The ticked rows; None when something cannot be read, which the form then shows. Of who is none of
        `people` nothing is taken."""
        self.places = {}
        same = self._for_all(shift)
        found: list[HoursRow] = []
        for place, row in enumerate(self.rows.data):
            one = people.get(int(row.get("id") or 0))
            if one is None or row.get("there") not in (TICKED, "y", "true", "是"):
                continue
            times = self._times(place, row, shift, one, same)
            if times is None:
                continue
            self.places[place + 1] = place
            found.append(
                HoursRow(
                    row=place + 1,
                    volunteer_id=one.volunteer_id,
                    field=field,
                    served_on=shift.held_on,
                    starts=times[0],
                    minutes=times[1],
                    activity_id=shift.activity_id,
                    shift_id=shift.id,
                    content=self.content.data or "",
                    source="check" if one.presence is not None else "grid",
                )
            )
        return None if self.hours_all.errors or self.rows.cell_errors else found

    def _for_all(self, shift: Shift) -> int | None:
        if not self.hours_all.data:
            return None
        try:
            minutes = read_hours(self.hours_all.data)
        except RuleError as error:
            self.add_rule_error(RuleError(error.message.text, "hours_all"))
            return None
        if minutes > shift.ends - shift.starts:
            told = _(
                "The shift had only %(hours)s h, and travel beyond it does not count. Nothing was saved.",
                hours=hours_of(shift.ends - shift.starts),
            )
            self.hours_all.errors = [*self.hours_all.errors, told]
        return minutes

    def _times(
        self, place: int, row: dict[str, str], shift: Shift, one: Attended, same: int | None
    ) -> tuple[int, int] | None:
        """Start and minutes of a row. The same hours for all begin when each came, or as late as the shift
        still allows."""
        if same is not None:
            came = one.presence.came if one.presence is not None else shift.starts
            return max(shift.starts, min(came, shift.ends - same)), same
        read = []
        for column, reader in (("starts", read_time), ("hours", read_hours)):
            try:
                read.append(reader(row.get(column, "")))
            except RuleError as error:
                self.rows.add_cell_error(place, column, translate(error.message))
        return (read[0], read[1]) if len(read) == 2 else None


def shift_rows(people: list[Attended], shift: Shift, step: int) -> list[dict[str, Any]]:
    """The rows of a shift: who checked in is ticked, with the time present rounded down to the step."""
    rows = []
    for one in people:
        there = one.presence
        minutes = there.minutes // step * step if there is not None else 0
        left = time_of(there.left) if there is not None and there.left is not None else "?"
        rows.append(
            {
                "id": one.volunteer_id,
                "there": TICKED if there is not None else "",
                "name": one.name,
                "number": one.number,
                "present": f"{time_of(there.came)}–{left}" if there is not None else "",
                "starts": time_of(there.came if there is not None else shift.starts),
                "hours": str(hours_of(minutes)) if minutes else "",
            }
        )
    return rows


class EnterServiceForm(_HoursGridForm):
    """Hours of many people without an activity, pasted or typed."""

    unit = SelectField(_l("Unit the hours are served for"), validators=[InputRequired()])
    rows: GridField

    def process(self, *args: Any, **kwargs: Any) -> None:
        """The choices are needed before the values are read."""
        self.unit.choices = unit_choices()
        super().process(*args, **kwargs)


def enter_service_form(**kwargs: Any) -> EnterServiceForm:
    """The form with the fields of service in the language of the page."""
    choices = tuple((code, label, "") for code, label in field_choices())
    columns = (
        GridColumn(
            "number", _l("Volunteer no. or document no."), aliases=SERVICE_HEADERS["number"], wide=True
        ),
        GridColumn("name", _l("Name"), aliases=SERVICE_HEADERS["name"]),
        GridColumn("served_on", _l("Day of service"), required=True, aliases=SERVICE_HEADERS["served_on"]),
        GridColumn("starts", _l("Begins at"), required=True, narrow=True, aliases=SERVICE_HEADERS["starts"]),
        GridColumn("hours", _l("Hours"), required=True, narrow=True, aliases=SERVICE_HEADERS["hours"]),
        GridColumn(
            "field",
            _l("Field of service"),
            type="choice",
            choices=choices,
            required=True,
            aliases=SERVICE_HEADERS["field"],
        ),
        GridColumn("content", _l("What was done"), wide=True, aliases=SERVICE_HEADERS["content"]),
    )

    class Form(EnterServiceForm):
        rows = GridField(_l("Hours"), columns=columns, max_rows=MOST_ROWS)

    return Form(**kwargs)
