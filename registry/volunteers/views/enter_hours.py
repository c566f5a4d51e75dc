"""Hours of many people entered at once: of those at a shift, or without an activity."""

from __future__ import annotations

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.accounts.imports import UnitNames
from registry.core import clock
from registry.core.db import db
from registry.core.errors import RecordNotFoundError
from registry.core.imports import Row, RowError
from registry.core.permissions import Permission
from registry.volunteers.commands.hours import submit_hours
from registry.volunteers.forms.enter_hours import (
    EnterHoursForm,
    EnterServiceForm,
    enter_service_form,
    shift_rows,
)
from registry.volunteers.hours import HoursRow, hours_of, times_of
from registry.volunteers.imports_service import read_service_entries
from registry.volunteers.models import Activity, Shift
from registry.volunteers.queries.attended import Attended, attended, held_shifts
from registry.volunteers.queries.named import find_volunteers
from registry.volunteers.rules import rule_on
from registry.volunteers.views.blueprint import blueprint
from registry.web.guard import permit
from registry.web.listing import whole_numbers
from registry.web.load import load
from registry.web.locale import translate
from registry.web.navigation import known
from registry.web.submit import submit


@blueprint.route("/activities/<int:activity_id>/hours", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_EDIT)
def enter_hours(activity_id: int) -> ResponseReturnValue:
    """The hours of those who were at a shift of an activity: who checked in is ticked already."""
    activity = load(Activity, activity_id)
    session = db.session()
    shifts = held_shifts(session, activity.id, clock.today())
    shift, people, done = _asked_for(shifts)
    form = EnterHoursForm(data={"content": activity.content})
    if shift is not None and people and not form.is_submitted():
        step = int(rule_on(session, "hours", clock.today()).terms["step_minutes"])
        form = EnterHoursForm(data={"content": activity.content, "rows": shift_rows(people, shift, step)})
    if shift is not None and form.validate_on_submit():
        by_id = {one.volunteer_id: one for one in people}
        rows = form.stretches(shift, activity.field, by_id)
        if rows is not None:
            submitted = submit(
                form,
                submit_hours,
                unit_id=activity.unit_id,
                rows=rows,
                source="check",
                locate=lambda _ids: url_for("volunteers.service_entries", activity=activity.number),
                saved=_("The hours of %(count)s people are submitted for approval.", count=len(rows)),
            )
            if submitted is not None:
                return submitted
    return render_template(
        "volunteers/enter_hours.html",
        form=form,
        activity=activity,
        shift=shift,
        times=times_of(shift.starts, shift.ends - shift.starts) if shift is not None else "",
        length=hours_of(shift.ends - shift.starts) if shift is not None else 0,
        came=len([one for one in people if one.presence is not None]),
        people=len(people),
        done=done,
        tabs_shown=[(_shift_name(one), _address(activity, one), None) for one in shifts],
        here=shifts.index(shift) if shift is not None else 0,
        back=(
            url_for("volunteers.activity", activity_id=activity.id)
            if known("volunteers.activity")
            else url_for("volunteers.service_entries")
        ),
    )


def _asked_for(shifts: list[Shift]) -> tuple[Shift | None, list[Attended], int]:
    """The shift of the address, else the first one with hours still to be entered, with its people."""
    session = db.session()
    wanted = whole_numbers(request.args.getlist("shift"))
    if "shift" in request.args:
        shift = next((one for one in shifts if one.id in wanted), None)
        if shift is None:
            raise RecordNotFoundError("shift")
        return shift, *attended(session, shift)
    people: list[Attended] = []
    done = 0
    for shift in shifts:
        people, done = attended(session, shift)
        if people:
            return shift, people, done
    return (shifts[-1] if shifts else None), people, done


def _address(activity: Activity, shift: Shift) -> str:
    return url_for("volunteers.enter_hours", activity_id=activity.id, shift=shift.id)


def _shift_name(shift: Shift) -> str:
    day = shift.held_on.strftime("%m-%d")
    times = times_of(shift.starts, shift.ends - shift.starts)
    return f"{day} {times} {shift.title}".strip()


@blueprint.route("/service/enter", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_EDIT)
def enter_service() -> ResponseReturnValue:
    """Hours of many people without an activity, pasted from a list or typed."""
    form = enter_service_form()
    if form.validate_on_submit():
        unit_id = int(form.unit.data)
        rows = _read(form, unit_id)
        if rows is not None:
            done = submit(
                form,
                submit_hours,
                unit_id=unit_id,
                rows=rows,
                source="grid",
                locate=lambda _ids: url_for("volunteers.service_entries"),
                saved=_("%(count)s entries are submitted for approval.", count=len(rows)),
            )
            if done is not None:
                return done
    return render_template("volunteers/enter_service.html", form=form)


def _read(form: EnterServiceForm, unit_id: int) -> list[HoursRow] | None:
    """The rows of the grid; None when something is wrong in them, which the grid then shows."""
    listed = [
        Row(place + 1, {}, texts={key: text for key, text in row.items() if key != "id"})
        for place, row in enumerate(form.rows.data)
    ]
    form.places = {row.number: row.number - 1 for row in listed}
    found = read_service_entries(
        listed,
        units=UnitNames({}),
        unit_id=unit_id,
        today=clock.today(),
    )
    people, errors = find_volunteers(db.session(), g.scope, [row.named for row in found])
    errors = [*(error for row in listed for error in row.errors), *errors]
    for error in errors:
        _tell(form, error)
    if errors:
        return None
    return [
        HoursRow(
            row=row.row,
            volunteer_id=people[row.row],
            field=row.field or "",
            served_on=row.served_on,
            starts=row.starts,
            minutes=row.minutes,
            content=row.content,
        )
        for row in found
    ]


def _tell(form: EnterServiceForm, error: RowError) -> None:
    columns = {column.key for column in form.rows.columns}
    place = form.places.get(error.row or 0, 0)
    form.rows.add_cell_error(
        place, error.column if error.column in columns else None, translate(error.message)
    )
