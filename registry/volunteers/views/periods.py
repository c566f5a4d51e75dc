"""What a volunteer is from a day on: another state, another unit, or a period taken back."""

from __future__ import annotations

from flask import g, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.core import clock
from registry.core.db import db
from registry.core.permissions import Permission
from registry.volunteers import commands
from registry.volunteers.fields import FOLLOWING
from registry.volunteers.forms.periods import MoveForm, PeriodForm, VoidPeriodForm
from registry.volunteers.models import Volunteer, VolunteerPeriod
from registry.volunteers.queries.volunteers import Shown, shown_volunteer
from registry.volunteers.views.blueprint import PERIOD_STATES, blueprint
from registry.web.guard import permit
from registry.web.load import load
from registry.web.submit import submit


def following(shown: Shown) -> tuple[str, ...]:
    """What can follow the present state by itself: who never was a registered volunteer becomes one by an
    application only."""
    present = shown.present
    if present is None:
        return ()
    kinds = (p.kind for p, _unit in shown.periods if p.voided_at is None)
    before = next((kind for kind in kinds if kind in ("registered", "left", "enrolled")), None)
    return tuple(k for k in FOLLOWING[present.kind] if k != "registered" or before == "registered")


def _trail(shown: Shown) -> list[tuple[str, str]]:
    here = url_for("volunteers.volunteer", volunteer_id=shown.volunteer.id)
    return [(_("Volunteers"), url_for("volunteers.volunteers")), (shown.person.name, here)]


def _page(volunteer_id: int) -> str:
    return url_for("volunteers.volunteer", volunteer_id=volunteer_id)


@blueprint.route("/<int:volunteer_id>/period", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_EDIT)
def change_period(volunteer_id: int) -> ResponseReturnValue:
    """End the present state and begin another."""
    shown = shown_volunteer(db.session(), g.scope, volunteer_id, clock.today())
    form = PeriodForm(data={"starts_on": clock.today()})
    if form.validate_on_submit():
        done = submit(
            form,
            commands.change_period,
            load(Volunteer, volunteer_id),
            kind=form.kind.data,
            starts_on=form.starts_on.data,
            reason=form.reason.data,
            document=form.document.data or "",
            locate=lambda period: _page(period.volunteer_id),
            saved=_("The new state holds from the day given."),
        )
        if done is not None:
            return done
        shown = shown_volunteer(db.session(), g.scope, volunteer_id, clock.today())
    kinds = following(shown)
    form.offer(kinds)
    return render_template(
        "volunteers/change_period.html",
        form=form,
        shown=shown,
        trail=_trail(shown),
        kinds=kinds,
        state=PERIOD_STATES[shown.present.kind] if shown.present else None,
    )


@blueprint.route("/<int:volunteer_id>/move", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_EDIT)
def move_volunteer(volunteer_id: int) -> ResponseReturnValue:
    """Give a volunteer to another unit within reach."""
    shown = shown_volunteer(db.session(), g.scope, volunteer_id, clock.today())
    form = MoveForm(data={"starts_on": clock.today()})
    if form.validate_on_submit():
        done = submit(
            form,
            commands.move_volunteer,
            load(Volunteer, volunteer_id),
            unit_id=int(form.unit.data),
            starts_on=form.starts_on.data,
            reason=form.reason.data,
            locate=lambda period: _page(period.volunteer_id),
            saved=_("The volunteer belongs to the new unit from the day given."),
        )
        if done is not None:
            return done
        shown = shown_volunteer(db.session(), g.scope, volunteer_id, clock.today())
    form.leave_out(shown.unit.id)
    return render_template("volunteers/move_volunteer.html", form=form, shown=shown, trail=_trail(shown))


@blueprint.route("/periods/<int:period_id>/void", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_APPROVE)
def void_period(period_id: int) -> ResponseReturnValue:
    """Take back the latest period of a volunteer, entered in error."""
    period = load(VolunteerPeriod, period_id)
    # The volunteer may belong to another unit by now; a later period then has to be voided first.
    everywhere = g.actor.scope(Permission.VOLUNTEER_APPROVE)
    volunteer = db.session.get_one(Volunteer, period.volunteer_id)
    inside = everywhere.holds(volunteer.unit_id)
    form = VoidPeriodForm()
    if form.validate_on_submit():
        done = submit(
            form,
            commands.void_period,
            period,
            reason=form.reason.data,
            locate=lambda voided: (
                _page(voided.volunteer_id)
                if everywhere.holds(db.session.get_one(Volunteer, voided.volunteer_id).unit_id)
                else url_for("volunteers.volunteers")
            ),
            saved=_("The period is void; the one before it goes on."),
        )
        if done is not None:
            return done
        period = load(VolunteerPeriod, period_id)
    cancel = _page(period.volunteer_id) if inside else url_for("volunteers.volunteers")
    return render_template(
        "volunteers/void_period.html",
        form=form,
        period=period,
        state=PERIOD_STATES[period.kind],
        cancel=cancel,
        number=db.session.get_one(Volunteer, period.volunteer_id).number,
    )
