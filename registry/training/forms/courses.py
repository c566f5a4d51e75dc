"""Forms about a course and its plan."""

from __future__ import annotations

from typing import Any

from flask import g
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, IntegerField, SelectField, StringField
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from registry.accounts.choices import unit_choices
from registry.core import clock
from registry.core.db import db
from registry.core.errors import RuleError
from registry.core.text import read_date
from registry.training.commands import PlannedSession
from registry.training.queries import courses as queries
from registry.training.stages import STAGE_LABELS, Stage
from registry.web.forms import BaseForm, FilterForm
from registry.web.grid import GridColumn, GridField
from registry.web.locale import local_name, translate

MOST_SEATS = 5_000

Choices = list[tuple[str, Any]]


def type_choices() -> Choices:
    """Every kind of course."""
    return [(str(kind.id), local_name(kind)) for kind in queries.course_types(db.session())]


def instructor_choices(named: queries.Instructor | None = None) -> Choices:
    """Nobody, and who within reach holds a valid instructor credential; who is named already stays."""
    found = queries.instructors(db.session(), g.scope, clock.today())
    choices: Choices = [("", _("none"))]
    if named is not None and all(one.person_id != named.person_id for one in found):
        choices.append((str(named.person_id), named.name))
    for one in found:
        until = (
            _("valid until %(day)s", day=one.valid_until.isoformat()) if one.valid_until else _("permanent")
        )
        choices.append((str(one.person_id), f"{one.name} · {until}"))
    return choices


class CourseFilters(FilterForm):
    """Filters of the list of courses."""

    text = StringField(_l("No., title or venue"), validators=[Optional(), Length(max=80)])
    stage = SelectField(_l("Stage"), validators=[Optional()])
    unit = SelectField(_l("Unit"), validators=[Optional()])
    type = SelectField(_l("Course type"), validators=[Optional()])
    starts_from = DateField(_l("Starts from"), validators=[Optional()])
    starts_to = DateField(_l("Starts until"), validators=[Optional()])

    def process(self, *args: Any, **kwargs: Any) -> None:
        """The choices are needed before the values are read."""
        every: Choices = [("", _("All"))]
        self.stage.choices = every + [(s.value, translate(STAGE_LABELS[s])) for s in Stage]
        self.unit.choices = every + unit_choices()
        self.type.choices = every + type_choices()
        super().process(*args, **kwargs)


class CourseForm(BaseForm):
    """What is planned of a course."""

    title = StringField(
        _l("Title"),
        validators=[Optional(), Length(max=80)],
        description=_l("Left empty, it becomes the course type with its number in this unit and year."),
    )
    venue = StringField(_l("Venue"), validators=[InputRequired(), Length(max=120)])
    starts_on = DateField(_l("First day"), validators=[InputRequired()])
    capacity = IntegerField(
        _l("Seats"),
        validators=[Optional(), NumberRange(min=1, max=MOST_SEATS)],
        description=_l("Left empty, as many as the course type foresees."),
    )
    instructor = SelectField(
        _l("Instructor"),
        validators=[Optional()],
        description=_l("People within your reach who hold a valid instructor certificate today."),
    )

    @property
    def instructor_id(self) -> int | None:
        """The person chosen, None for nobody."""
        return int(self.instructor.data) if self.instructor.data else None


class OpenCourseForm(CourseForm):
    """A new course."""

    course_type = SelectField(_l("Course type"), validators=[InputRequired()])
    unit = SelectField(_l("Unit"), validators=[InputRequired()])

    def process(self, *args: Any, **kwargs: Any) -> None:
        """The choices are needed before the values are read."""
        self.course_type.choices = type_choices()
        self.unit.choices = unit_choices()
        self.instructor.choices = instructor_choices()
        super().process(*args, **kwargs)


class EditCourseForm(CourseForm):
    """A course as it is planned now."""

    title = StringField(_l("Title"), validators=[InputRequired(), Length(max=80)])
    capacity = IntegerField(_l("Seats"), validators=[InputRequired(), NumberRange(min=1, max=MOST_SEATS)])

    def __init__(self, named: queries.Instructor | None, **kwargs: Any) -> None:
        self._named = named
        super().__init__(**kwargs)

    def process(self, *args: Any, **kwargs: Any) -> None:
        """The choices are needed before the values are read."""
        self.instructor.choices = instructor_choices(self._named)
        super().process(*args, **kwargs)


SESSION_COLUMNS = (
    GridColumn("held_on", _l("Date"), required=True, aliases=("日期",)),
    GridColumn("starts", _l("Starts at"), required=True, aliases=("开始",)),
    GridColumn("ends", _l("Ends at"), required=True, aliases=("结束",)),
    GridColumn("minutes", _l("Minutes that count"), type="number", required=True, aliases=("分钟",)),
    GridColumn("title", _l("Subject"), required=True, wide=True, aliases=("内容",)),
)


class SessionsForm(BaseForm):
    """The sessions of a course as rows."""

    rows = GridField(_l("Sessions"), columns=SESSION_COLUMNS, max_rows=60)

    def planned(self) -> list[PlannedSession]:
        """The rows as sessions; an unreadable cell is marked and the form then counts as refused."""
        found = []
        for index, row in enumerate(self.rows.data):
            held_on = None
            try:
                held_on = read_date(row.get("held_on", ""), "held_on")
            except RuleError as error:
                self.rows.add_cell_error(index, "held_on", translate(error.message))
            minutes = row.get("minutes", "")
            if not minutes.isdecimal() or len(minutes) > 4:
                self.rows.add_cell_error(index, "minutes", _("A whole number of minutes."))
                continue
            if held_on is None:
                continue
            known = row.get("id", "")
            found.append(
                PlannedSession(
                    held_on=held_on,
                    starts=_clock_time(row.get("starts", "")),
                    ends=_clock_time(row.get("ends", "")),
                    title=row.get("title", "")[:120],
                    minutes=int(minutes),
                    id=int(known) if known.isdecimal() else None,
                )
            )
        return found


def _clock_time(text: str) -> str:
    """8:30 and 8：30 as 08:30; anything else stays and is refused by the command."""
    text = text.replace("：", ":").strip()
    return f"0{text}" if len(text) == 4 and text[1] == ":" else text
