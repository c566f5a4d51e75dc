"""Forms about teams and their members."""

from __future__ import annotations

import re
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from registry.accounts.choices import unit_choices
from registry.core.text import narrow
from registry.volunteers.forms.volunteers import field_choices, team_choices
from registry.web.forms import BaseForm, FilterForm, reason_field

MOST_MEMBERS = 500


class TeamFilters(FilterForm):
    """Filters of the list of teams."""

    text = StringField(_l("Name begins with"), validators=[Optional(), Length(max=60)])
    field = SelectField(_l("Field of service"), validators=[Optional()])
    unit = SelectField(_l("Unit"), validators=[Optional()])
    state = SelectField(_l("Standing or dissolved"), validators=[Optional()])

    def process(self, *args: Any, **kwargs: Any) -> None:
        """The choices are needed before the values are read."""
        every = [("", _("All"))]
        self.field.choices = every + field_choices()
        self.unit.choices = every + unit_choices()
        self.state.choices = [*every, ("standing", _("Standing")), ("dissolved", _("Dissolved"))]
        super().process(*args, **kwargs)


class MemberFilters(FilterForm):
    """Filters of the members of a team."""

    taking = SelectField(_l("Membership"), validators=[Optional()])

    def process(self, *args: Any, **kwargs: Any) -> None:
        """The choices are needed before the values are read."""
        self.taking.choices = [("", _("In the team today")), ("ended", _("Ended memberships"))]
        super().process(*args, **kwargs)


class TeamForm(BaseForm):
    """What a team is called and what it is for."""

    name = StringField(_l("Name of the team"), validators=[InputRequired(), Length(max=60)])
    field = SelectField(_l("Field of service"), validators=[InputRequired()])

    def process(self, *args: Any, **kwargs: Any) -> None:
        """The choices are needed before the values are read."""
        self.field.choices = field_choices()
        super().process(*args, **kwargs)


class FoundTeamForm(TeamForm):
    """A new team."""

    unit = SelectField(_l("Unit"), validators=[InputRequired()])
    starts_on = DateField(_l("Founded on"), validators=[InputRequired()])

    def process(self, *args: Any, **kwargs: Any) -> None:
        """The choices are needed before the values are read."""
        self.unit.choices = unit_choices()
        super().process(*args, **kwargs)


class DissolveForm(BaseForm):
    """From which day on there is no such team, and why."""

    ended_on = DateField(
        _l("Dissolved from"),
        validators=[InputRequired()],
        description=_l("The first day without the team; every membership ends with it."),
    )
    reason = reason_field()


class MembersForm(BaseForm):
    """Volunteers who join a team, by their numbers."""

    team = SelectField(_l("Team"), validators=[InputRequired()])
    numbers = TextAreaField(
        _l("Volunteer numbers"),
        validators=[InputRequired(), Length(max=8_000)],
        description=_l("One per line, or with spaces or commas between them. Tick them in the list instead."),
    )
    starts_on = DateField(_l("Joins on"), validators=[InputRequired()])

    def process(self, *args: Any, **kwargs: Any) -> None:
        """The choices are needed before the values are read."""
        self.team.choices = team_choices()
        super().process(*args, **kwargs)

    @property
    def wanted(self) -> list[str]:
        """The numbers as they are stored, each once, in their order."""
        parts = re.split(r"[\s,;、，；]+", narrow(self.numbers.data or "").upper())
        return list(dict.fromkeys(part for part in parts if part))


class EndMembershipForm(BaseForm):
    """From which day on somebody is not in the team, and why."""

    ended_on = DateField(
        _l("Out of the team from"),
        validators=[InputRequired()],
        description=_l("The first day outside the team."),
    )
    reason = reason_field()


class LeaderForm(BaseForm):
    """From which day on somebody leads the team, or does not any more."""

    # What the page offered, so that two who send it at once do not undo each other.
    leader = HiddenField()
    starts_on = DateField(_l("From which day"), validators=[InputRequired()])
