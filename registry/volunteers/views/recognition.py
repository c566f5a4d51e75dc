"""What a volunteer received: star levels, points and honours."""

from __future__ import annotations

from typing import Any

from flask import g, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from registry.core import clock
from registry.core.db import db
from registry.core.permissions import Permission
from registry.volunteers.commands import honours as honouring
from registry.volunteers.commands import points as pointing
from registry.volunteers.forms.recognition import (
    AdjustPointsForm,
    RecordHonourForm,
    RedeemPointsForm,
)
from registry.volunteers.forms.stars import STATES
from registry.volunteers.hours import hours_of
from registry.volunteers.models import Honour, Volunteer
from registry.volunteers.queries.honours import honours_of_person
from registry.volunteers.queries.ledger import minutes_of
from registry.volunteers.queries.points import accounts_of, latest_lines, rows_of_person
from registry.volunteers.queries.stars import stars_of_person
from registry.volunteers.views.blueprint import blueprint, tabs_of
from registry.volunteers.views.proofs import canonical_person
from registry.volunteers.views.stars import KINDS, level_name
from registry.web.columns import Link, Status
from registry.web.forms import ReasonForm
from registry.web.guard import permit
from registry.web.load import load
from registry.web.submit import submit

LATEST = 50
POINTS = {
    "earn": _l("Earned by service"),
    "reverse": _l("Taken back with reversed hours"),
    "settle": _l("Settled against what was owed"),
    "redeem": _l("Redeemed"),
    "expire": _l("Expired points"),
    "adjust": _l("Adjusted"),
}


def in_points(hundredths: int) -> str:
    """Hundredths as points: 12, 12.5, 0.25."""
    sign, whole, rest = "-" if hundredths < 0 else "", *divmod(abs(hundredths), 100)
    return sign + f"{whole}.{rest:02d}".rstrip("0").rstrip(".")


@blueprint.get("/<int:volunteer_id>/recognition")
@permit(Permission.VOLUNTEER_VIEW)
def recognition(volunteer_id: int) -> ResponseReturnValue:
    """Star levels, points with their lines, and honours of a volunteer, those of merged rows included."""
    session = db.session()
    volunteer = load(Volunteer, volunteer_id)
    person = canonical_person(volunteer)
    ids = rows_of_person(session, person.id)
    accounts = accounts_of(session, ids).values()
    may_approve = g.actor.scope(Permission.VOLUNTEER_APPROVE).holds(volunteer.unit_id)
    today = clock.today()
    return render_template(
        "volunteers/recognition.html",
        volunteer=volunteer,
        person=person,
        tabs=tabs_of(volunteer, "volunteers.recognition"),
        hours=hours_of(minutes_of(session, [person.id]).get(person.id, 0)),
        stars=[_star(award, who) for award, who in stars_of_person(session, person.id)],
        usable=in_points(sum(account.usable(today) for account in accounts)),
        due=in_points(sum(account.due(today) for account in accounts)),
        owed=in_points(sum(account.owed for account in accounts)),
        lines=[_line(*row) for row in latest_lines(session, ids, LATEST)],
        latest=LATEST,
        honours=[_honour(honour, may_approve) for honour in honours_of_person(session, person.id)],
        may_edit=g.actor.scope(Permission.VOLUNTEER_EDIT).holds(volunteer.unit_id),
        may_approve=may_approve,
    )


def _star(award: Any, who: str | None) -> list[Any]:
    return [
        level_name(award.level),
        hours_of(award.minutes),
        award.published_until,
        Status(KINDS[award.state], STATES[award.state]),
        award.decided_on,
        who,
        " · ".join(part for part in (award.decision_reason, award.document) if part),
    ]


def _line(line: Any, served_on: Any, who: str | None) -> list[Any]:
    told = line.reason
    if served_on is not None:
        told = _("Service of %(day)s", day=served_on.isoformat())
    if line.shortfall:
        told += " · " + _("%(points)s owed", points=in_points(line.shortfall))
    return [line.on, POINTS[line.kind], in_points(line.points), line.expires_on, told, who]


def _honour(honour: Honour, may_void: bool) -> list[Any]:
    state: Any = Status("good", _("On record"))
    if honour.voided_at is not None:
        state = Status("off", _("Void: %(reason)s", reason=honour.void_reason))
    elif may_void:
        state = Link(url_for("volunteers.void_honour", honour_id=honour.id), _("Void"))
    return [honour.title, honour.given_by, honour.given_on, honour.document, state]


def _back(volunteer_id: int) -> str:
    return url_for("volunteers.recognition", volunteer_id=volunteer_id)


@blueprint.route("/<int:volunteer_id>/points/redeem", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_EDIT)
def redeem_points(volunteer_id: int) -> ResponseReturnValue:
    """Exchange points for something."""
    volunteer = load(Volunteer, volunteer_id)
    form = RedeemPointsForm()
    if form.validate_on_submit():
        done = submit(
            form,
            pointing.redeem_points,
            volunteer,
            points=form.hundredths,
            reason=form.reason.data,
            locate=lambda found: _back(found.id),
            saved=_("The points are redeemed."),
        )
        if done is not None:
            return done
    return _points_page("volunteers/redeem_points.html", form, volunteer_id)


@blueprint.route("/<int:volunteer_id>/points/adjust", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_APPROVE)
def adjust_points(volunteer_id: int) -> ResponseReturnValue:
    """Add points or take some off, for a reason."""
    volunteer = load(Volunteer, volunteer_id)
    form = AdjustPointsForm()
    if form.validate_on_submit():
        done = submit(
            form,
            pointing.adjust_points,
            volunteer,
            points=form.hundredths,
            reason=form.reason.data,
            locate=lambda found: _back(found.id),
            saved=_("The points are adjusted."),
        )
        if done is not None:
            return done
    return _points_page("volunteers/adjust_points.html", form, volunteer_id)


def _points_page(template: str, form: Any, volunteer_id: int) -> ResponseReturnValue:
    session = db.session()
    volunteer = load(Volunteer, volunteer_id)
    person = canonical_person(volunteer)
    accounts = accounts_of(session, rows_of_person(session, person.id)).values()
    usable = in_points(sum(account.usable(clock.today()) for account in accounts))
    return render_template(template, form=form, person=person, usable=usable, back=_back(volunteer_id))


@blueprint.route("/<int:volunteer_id>/honours/record", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_APPROVE)
def record_honour(volunteer_id: int) -> ResponseReturnValue:
    """Record an honour of a volunteer."""
    volunteer = load(Volunteer, volunteer_id)
    form = RecordHonourForm()
    if form.validate_on_submit():
        done = submit(
            form,
            honouring.record_honour,
            volunteer,
            title=form.title.data,
            given_by=form.given_by.data,
            given_on=form.given_on.data,
            document=form.document.data or "",
            locate=lambda honour: _back(honour.volunteer_id),
            saved=_("The honour is recorded."),
        )
        if done is not None:
            return done
    person = canonical_person(load(Volunteer, volunteer_id))
    return render_template(
        "volunteers/record_honour.html", form=form, person=person, back=_back(volunteer_id)
    )


@blueprint.route("/honours/<int:honour_id>/void", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_APPROVE)
def void_honour(honour_id: int) -> ResponseReturnValue:
    """Void an honour that was entered in error."""
    honour = load(Honour, honour_id)
    form = ReasonForm()
    if form.validate_on_submit():
        done = submit(
            form,
            honouring.void_honour,
            honour,
            reason=form.reason.data,
            locate=lambda saved: _back(saved.volunteer_id),
            saved=_("The honour is void."),
        )
        if done is not None:
            return done
    honour = load(Honour, honour_id)
    return render_template(
        "volunteers/void_honour.html", form=form, honour=honour, back=_back(honour.volunteer_id)
    )
