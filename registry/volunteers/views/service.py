"""The hours of one volunteer, and one entry with what became of it."""

from __future__ import annotations

from typing import Any

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from registry.accounts.models import Unit, User
from registry.core import clock
from registry.core.db import db
from registry.core.permissions import Permission
from registry.people.models import Person
from registry.people.queries import canonical_ids
from registry.volunteers.commands import hours as commands
from registry.volunteers.commands import ledger
from registry.volunteers.fields import FIELDS
from registry.volunteers.forms.service import EditEntryForm, WithdrawEntryForm
from registry.volunteers.hours import entries_digest, hours_of, times_of
from registry.volunteers.models import Activity, ServiceEntry, ServiceLine, Team, Volunteer
from registry.volunteers.queries import ledger as queries
from registry.volunteers.views.blueprint import blueprint, tabs_of
from registry.volunteers.views.service_entries import ENTRY_STATES, SOURCES
from registry.web.columns import Column, Link, Status
from registry.web.forms import ReasonForm
from registry.web.guard import permit
from registry.web.listing import Listing
from registry.web.load import load
from registry.web.locale import local_name, translate
from registry.web.navigation import known
from registry.web.submit import submit


def kind_of(line: ServiceLine) -> Status:
    """Whether a line adds or takes back."""
    if line.reverses_id is not None:
        return Status("bad", _("Reversal"))
    return Status("good", _("Posted"))


LINES = Listing(
    key="volunteers.service",
    identity=ServiceLine.id,
    row_id=lambda row: row.ServiceLine.id,
    columns=(
        Column(
            "served_on",
            _l("Day of service"),
            sort=ServiceLine.served_on,
            value=lambda row: Link(
                url_for("volunteers.service_entry", entry_id=row.ServiceLine.service_entry_id),
                row.ServiceLine.served_on.isoformat(),
            ),
        ),
        Column("activity_title", _l("Activity"), css="title"),
        Column(
            "times",
            _l("Time"),
            value=lambda row: times_of(row.ServiceLine.starts, abs(row.ServiceLine.minutes)),
        ),
        Column("field", _l("Field of service"), value=lambda row: translate(FIELDS[row.ServiceLine.field])),
        Column("kind", _l("Ledger line"), value=lambda row: kind_of(row.ServiceLine)),
        Column("minutes", _l("Hours"), css="num", value=lambda row: hours_of(row.ServiceLine.minutes)),
        Column("running", _l("Running total"), css="num", value=lambda row: hours_of(row.running)),
    ),
    default_sort="-served_on",
    title=_l("Ledger of hours"),
)


@blueprint.get("/<int:volunteer_id>/service")
@permit(Permission.VOLUNTEER_VIEW)
def service(volunteer_id: int) -> ResponseReturnValue:
    """The hours of a volunteer by year and field, and the lines of the ledger behind them."""
    volunteer = load(Volunteer, volunteer_id)
    session = db.session()
    person_id = canonical_ids(session, [volunteer.person_id])[volunteer.person_id]
    asked = LINES.read(request.args, current_user.id)
    rows = queries.lines_of_person(person_id)
    if asked.export:
        return asked.download(session, rows)
    totals = queries.totals(session, person_id)
    years = sorted({year for year, _field, _minutes in totals}, reverse=True)
    tabs, here = tabs_of(volunteer, "volunteers.service")
    return render_template(
        "volunteers/service.html",
        volunteer=volunteer,
        person=session.get_one(Person, person_id),
        tabs_shown=tabs,
        here=here,
        trail=_trail(),
        total=hours_of(sum(minutes for _year, _field, minutes in totals)),
        by_year=[
            [str(year), hours_of(sum(minutes for when, _field, minutes in totals if when == year))]
            for year in years
        ],
        by_field=[
            [translate(label), hours_of(minutes)]
            for code, label in FIELDS.items()
            if (minutes := sum(m for _year, field, m in totals if field == code))
        ],
        page=asked.page(
            session,
            rows,
            empty_title=_("No hours count yet"),
            empty_hint=_("Hours count from their approval on; what waits stands in the list of hours."),
        ),
    )


@blueprint.get("/service/<int:entry_id>")
@permit(Permission.VOLUNTEER_VIEW)
def service_entry(entry_id: int) -> ResponseReturnValue:
    """One entry, the lines it has in the ledger, and what can be done with it."""
    entry = load(ServiceEntry, entry_id)
    session = db.session()
    lines = queries.lines_of_entry(session, entry.id)
    edits = g.actor.scope(Permission.VOLUNTEER_EDIT).holds(entry.unit_id)
    approves = g.actor.scope(Permission.SERVICE_APPROVE).holds(entry.unit_id)
    own = ledger.second_person(session, clock.today()) and ledger.is_own(entry, g.actor.user_id)
    return render_template(
        "volunteers/service_entry.html",
        entry=entry,
        name=_person(entry).name,
        trail=_trail(),
        facts=_facts(entry),
        state=ENTRY_STATES[entry.state],
        lines=[
            [line.posted_on, kind_of(line), hours_of(line.minutes), line.reason or None] for line in lines
        ],
        may_approve=approves and entry.state == "submitted" and not own,
        own=approves and own and entry.state == "submitted",
        may_edit=edits and entry.state != "withdrawn",
        may_withdraw=edits and entry.state == "submitted",
        may_reverse=approves and entry.state == "approved",
    )


@blueprint.route("/service/<int:entry_id>/edit", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_EDIT)
def edit_entry(entry_id: int) -> ResponseReturnValue:
    """Correct an entry; it waits for approval again."""
    entry = load(ServiceEntry, entry_id)
    form = EditEntryForm(entry)
    if form.validate_on_submit() and (stretch := form.stretch()) is not None:
        served_on, starts, minutes = stretch
        done = submit(
            form,
            commands.edit_entry,
            entry,
            served_on=served_on,
            starts=starts,
            minutes=minutes,
            field=form.field.data,
            content=form.content.data or "",
            reason=form.reason.data or "",
            seen=form.seen.data or None,
            locate=lambda edited: url_for("volunteers.service_entry", entry_id=edited.id),
            saved=_("The entry is corrected and waits for approval."),
        )
        if done is not None:
            return done
    if not form.is_submitted():
        form.seen.data = entries_digest([entry])
    return render_template(
        "volunteers/edit_entry.html", form=form, entry=entry, name=_person(entry).name, trail=_trail(entry)
    )


@blueprint.route("/service/<int:entry_id>/withdraw", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_EDIT)
def withdraw_entry(entry_id: int) -> ResponseReturnValue:
    """Take back an entry that waits."""
    entry = load(ServiceEntry, entry_id)
    form = WithdrawEntryForm()
    if form.validate_on_submit():
        done = submit(
            form,
            commands.withdraw_entry,
            entry,
            reason=form.reason.data,
            seen=form.seen.data or None,
            locate=lambda withdrawn: url_for("volunteers.service_entry", entry_id=withdrawn.id),
            saved=_("The entry is withdrawn."),
        )
        if done is not None:
            return done
    if not form.is_submitted():
        form.seen.data = entries_digest([entry])
    return render_template(
        "volunteers/withdraw_entry.html", form=form, entry=entry, told=_in_words(entry), trail=_trail(entry)
    )


@blueprint.route("/service/<int:entry_id>/reverse", methods=["GET", "POST"])
@permit(Permission.SERVICE_APPROVE)
def reverse_entry(entry_id: int) -> ResponseReturnValue:
    """Take something approved out of the count."""
    entry = load(ServiceEntry, entry_id)
    form = ReasonForm()
    if form.validate_on_submit():
        done = submit(
            form,
            ledger.reverse_entry,
            entry,
            reason=form.reason.data,
            locate=lambda reversed_: url_for("volunteers.service_entry", entry_id=reversed_.id),
            saved=_("The entry does not count any more."),
        )
        if done is not None:
            return done
    return render_template(
        "volunteers/reverse_entry.html", form=form, entry=entry, told=_in_words(entry), trail=_trail(entry)
    )


def _person(entry: ServiceEntry) -> Person:
    session = db.session()
    return session.get_one(Person, canonical_ids(session, [entry.person_id])[entry.person_id])


def _in_words(entry: ServiceEntry) -> str:
    """Who, when and how long, in one line."""
    when = f"{entry.served_on.isoformat()} {times_of(entry.starts, entry.minutes)}"
    return f"{_person(entry).name} · {when} · {_('%(hours)s h', hours=hours_of(entry.minutes))}"


def _trail(entry: ServiceEntry | None = None) -> list[tuple[str, str]]:
    trail = [(_("Hours of service"), url_for("volunteers.service_entries"))]
    if entry is not None:
        day = entry.served_on.isoformat()
        trail.append((day, url_for("volunteers.service_entry", entry_id=entry.id)))
    return trail


def _facts(entry: ServiceEntry) -> list[tuple[str, Any]]:
    session = db.session()
    activity = session.get(Activity, entry.activity_id) if entry.activity_id else None
    team = session.get(Team, entry.team_id) if entry.team_id else None
    done_by = session.get(User, entry.decided_by) if entry.decided_by else None
    submitted_by = session.get(User, entry.submitted_by) if entry.submitted_by else None
    volunteer = session.get_one(Volunteer, entry.volunteer_id)
    name: Any = _person(entry).name
    if g.scope.holds(volunteer.unit_id):
        name = Link(url_for("volunteers.service", volunteer_id=volunteer.id), name)
    where: Any = activity.title if activity else None
    if activity is not None and known("volunteers.activity"):
        where = Link(url_for("volunteers.activity", activity_id=activity.id), activity.title)
    return [
        (_("Volunteer"), name),
        (_("Unit"), local_name(session.get_one(Unit, entry.unit_id))),
        (_("Activity"), where),
        (_("Team"), team.name if team else None),
        (_("Field of service"), translate(FIELDS[entry.field])),
        (_("What was done"), entry.content or None),
        (_("Day of service"), entry.served_on),
        (_("Time"), times_of(entry.starts, entry.minutes)),
        (_("Hours"), hours_of(entry.minutes)),
        (_("Way of entry"), SOURCES[entry.source]),
        (_("Submitted by"), submitted_by.name if submitted_by else None),
        (_("Submitted on"), entry.submitted_at),
        (_("Decided by"), done_by.name if done_by else None),
        (_("Decided"), entry.decided_at),
        (_("Reason"), translate(entry.decision_reason) if entry.decision_reason else None),
    ]
