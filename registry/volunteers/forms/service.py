"""Forms about entries of hours."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import g
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, DateField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from registry.accounts.choices import unit_choices
from registry.core import clock
from registry.core.db import db
from registry.core.errors import RuleError
from registry.volunteers.forms.volunteers import field_choices
from registry.volunteers.hours import hours_of, read_hours, read_time, time_of
from registry.volunteers.models import ServiceEntry
from registry.volunteers.queries.service_entries import teams
from registry.web.forms import BaseForm, FilterForm, reason_field
from registry.web.listing import whole_numbers

Choices = list[tuple[str, Any]]


class EntryFilters(FilterForm):
    """Filters of the list of hours; without a state it holds what waits for approval."""

    state = SelectField(_l("State"), validators=[Optional()])
    served_from = DateField(_l("Served from"), validators=[Optional()])
    served_to = DateField(_l("Served until"), validators=[Optional()])
    unit = SelectField(_l("Unit"), validators=[Optional()])
    field = SelectField(_l("Field of service"), validators=[Optional()])
    team = SelectField(_l("Team"), validators=[Optional()])
    activity = StringField(_l("Number of the activity starts with"), validators=[Optional(), Length(max=60)])
    overlapping = BooleanField(_l("Overlapping after a merge"))

    def process(self, *args: Any, **kwargs: Any) -> None:
        """The choices are needed before the values are read."""
        every: Choices = [("", _("All"))]
        self.state.choices = [
            ("", _("Waiting for approval")),
            ("approved", _("Approved")),
            ("rejected", _("Rejected")),
            ("withdrawn", _("Withdrawn")),
            ("all", _("All")),
        ]
        self.unit.choices = every + unit_choices()
        self.field.choices = every + field_choices()
        found = db.session.execute(teams(g.scope, clock.today())).scalars()
        self.team.choices = every + [(str(team.id), team.name) for team in found]
        super().process(*args, **kwargs)


class DecideForm(BaseForm):
    """The chosen entries. `seen` tells what the page showed of them."""

    chosen = HiddenField(validators=[Length(max=20_000)])
    seen = HiddenField(validators=[Length(max=64)])

    @property
    def entry_ids(self) -> list[int]:
        """The ids of the chosen entries."""
        return list(whole_numbers((self.chosen.data or "").split(",")))


class RejectEntriesForm(DecideForm):
    """Why entries go back."""

    reason = reason_field(_l("Who submitted the hours reads it, the volunteer as well."))


class WithdrawEntryForm(BaseForm):
    """Why an entry is taken back."""

    seen = HiddenField(validators=[Length(max=64)])
    reason = reason_field()


class StretchForm(BaseForm):
    """When somebody served, and for how long."""

    served_on = DateField(_l("Day of service"), validators=[InputRequired()])
    starts = StringField(
        _l("Begins at"), validators=[InputRequired(), Length(max=8)], description=_l("For example 09:00.")
    )
    hours = StringField(
        _l("Hours"),
        validators=[InputRequired(), Length(max=8)],
        description=_l("Actual service without travel, for example 4 or 4.5."),
    )

    def stretch(self) -> tuple[date, int, int] | None:
        """Day, start and minutes; None when a field cannot be read, which then says so."""
        read = []
        for field, reader in ((self.starts, read_time), (self.hours, read_hours)):
            try:
                read.append(reader(field.data or ""))
            except RuleError as error:
                self.add_rule_error(error)
        return (self.served_on.data, read[0], read[1]) if len(read) == 2 else None


class EditEntryForm(StretchForm):
    """A corrected entry. `seen` tells what the page showed of it."""

    seen = HiddenField(validators=[Length(max=64)])
    field = SelectField(_l("Field of service"), validators=[InputRequired()])
    content = StringField(_l("What was done"), validators=[Optional(), Length(max=200)])
    reason = TextAreaField(_l("Reason of the correction"), validators=[Optional(), Length(max=200)])

    def __init__(self, entry: ServiceEntry, **kwargs: Any) -> None:
        super().__init__(
            data={
                "served_on": entry.served_on,
                "starts": time_of(entry.starts),
                "hours": str(hours_of(entry.minutes)),
                "field": entry.field,
                "content": entry.content,
            },
            **kwargs,
        )

    def process(self, *args: Any, **kwargs: Any) -> None:
        """The choices are needed before the values are read."""
        self.field.choices = field_choices()
        super().process(*args, **kwargs)
