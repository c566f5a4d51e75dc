"""Entries of hours: the list, and what is decided on those chosen in it."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from registry.accounts.queries import narrowed
from registry.core import clock
from registry.core.db import db
from registry.core.errors import RecordNotFoundError
from registry.core.permissions import Permission
from registry.core.scope import Scope
from registry.core.text import mask_name
from registry.volunteers.commands.ledger import approve_entries as approve_command
from registry.volunteers.commands.ledger import is_own, second_person
from registry.volunteers.commands.ledger import reject_entries as reject_command
from registry.volunteers.fields import FIELDS
from registry.volunteers.forms.service import DecideForm, EntryFilters, RejectEntriesForm
from registry.volunteers.hours import entries_digest, hours_of, times_of
from registry.volunteers.models import ServiceEntry
from registry.volunteers.queries import service_entries as queries
from registry.volunteers.views.blueprint import blueprint
from registry.web.columns import Column, Link, Status, named
from registry.web.guard import permit
from registry.web.listing import BatchAction, Listing
from registry.web.locale import translate
from registry.web.submit import submit

MOST_ENTRIES = 1_000
ENTRY_STATES = {
    "submitted": Status("wait", _l("Waiting for approval")),
    "approved": Status("good", _l("Approved")),
    "rejected": Status("bad", _l("Rejected")),
    "withdrawn": Status("off", _l("Withdrawn")),
}
SOURCES = {
    "check": _l("Check-in and check-out"),
    "grid": _l("Entered by staff"),
    "claim": _l("Claimed by the volunteer"),
    "import": _l("From a list"),
}


def what_of(row: Any) -> str:
    """What was done: the activity, or the words of the entry."""
    return str(row.activity_title or row.ServiceEntry.content)


ENTRIES = Listing(
    key="volunteers.service_entries",
    identity=ServiceEntry.id,
    row_id=lambda row: row.ServiceEntry.id,
    columns=(
        Column(
            "served_on",
            _l("Day of service"),
            sort=ServiceEntry.served_on,
            value=lambda row: Link(
                url_for("volunteers.service_entry", entry_id=row.ServiceEntry.id),
                row.ServiceEntry.served_on.isoformat(),
            ),
        ),
        Column("name", _l("Volunteer"), masked=lambda row: mask_name(row.name), css="who"),
        Column("number", _l("Volunteer no."), css="nowrap"),
        Column("what", _l("Activity or content"), css="title", value=what_of),
        Column(
            "times", _l("Time"), value=lambda row: times_of(row.ServiceEntry.starts, row.ServiceEntry.minutes)
        ),
        Column(
            "minutes",
            _l("Hours"),
            sort=ServiceEntry.minutes,
            css="num",
            value=lambda row: hours_of(row.ServiceEntry.minutes),
        ),
        Column("field", _l("Field of service"), value=lambda row: translate(FIELDS[row.ServiceEntry.field])),
        Column(
            "source",
            _l("Way of entry"),
            value=lambda row: SOURCES[row.ServiceEntry.source],
            default_visible=False,
        ),
        Column("state", _l("State"), value=lambda row: ENTRY_STATES[row.ServiceEntry.state]),
        Column(
            "submitted_by_name",
            _l("Submitted by"),
            value=lambda row: row.submitted_by_name or SOURCES[row.ServiceEntry.source],
        ),
        Column("unit", _l("Unit"), made=named("unit"), default_visible=False),
    ),
    filters=EntryFilters,
    default_sort="-served_on",
    batch=(
        BatchAction(_l("Approve"), "volunteers.approve_entries", icon="check"),
        BatchAction(_l("Reject"), "volunteers.reject_entries", danger=True),
    ),
    title=_l("Hours of service"),
    size=50,
)


@blueprint.get("/service")
@permit(Permission.VOLUNTEER_VIEW)
def service_entries() -> ResponseReturnValue:
    """Entries within reach, at first those that wait for approval."""
    asked = ENTRIES.read(request.args, current_user.id)
    rows = entries_of_list(asked.filters)
    if asked.export:
        return asked.download(db.session(), rows)
    may_edit = g.actor.may(Permission.VOLUNTEER_EDIT)
    page = asked.page(
        db.session(),
        rows,
        empty_title=_("No hours wait for approval"),
        empty_hint=_("Hours are entered on the page of an activity, or here for many people at once."),
        empty_action=(_l("Enter hours"), "volunteers.enter_service") if may_edit else None,
        batch=None if g.actor.may(Permission.SERVICE_APPROVE) else (),
    )
    return render_template("volunteers/service_entries.html", page=page, may_edit=may_edit)


def entries_of_list(chosen: dict[str, Any], scope: Scope | None = None) -> queries.Rows:
    """The entries within reach that the filters find."""
    reach = narrowed(db.session(), g.scope if scope is None else scope, chosen.get("unit"), clock.today())
    team = chosen.get("team")
    more = {key: value for key, value in chosen.items() if key not in ("unit", "team")}
    if more.get("overlapping"):  # Of two that overlap, one is often approved already.
        more.setdefault("state", "all")
    return queries.service_entries(reach, team=int(team) if team else None, **more)


@blueprint.route("/service/approve", methods=["GET", "POST"])
@permit(Permission.SERVICE_APPROVE)
def approve_entries() -> ResponseReturnValue:
    """The chosen entries as they stand, then one press approves them. What one submitted oneself is left for
    somebody else."""
    sent = bool(request.form.get("chosen"))
    form = DecideForm() if sent else DecideForm(formdata=None)
    chosen = _chosen(form)
    if not isinstance(chosen, list):
        return chosen
    if sent and form.validate_on_submit():
        done = submit(
            form,
            approve_command,
            entry_ids=form.entry_ids,
            seen=form.seen.data or "",
            locate=lambda _lines: url_for("volunteers.service_entries"),
            saved=_("%(count)s entries are approved and count from now on.", count=len(form.entry_ids)),
        )
        if done is not None:
            return done
        chosen = _rows(form.entry_ids)
    own: list[Any] = []
    if second_person(db.session(), clock.today()):
        own = [row for row in chosen if is_own(row.ServiceEntry, g.actor.user_id)]
    return _page("volunteers/approve_entries.html", form, chosen, own)


@blueprint.route("/service/reject", methods=["GET", "POST"])
@permit(Permission.SERVICE_APPROVE)
def reject_entries() -> ResponseReturnValue:
    """The chosen entries, sent back for one reason."""
    sent = bool(request.form.get("chosen"))
    form = RejectEntriesForm() if sent else RejectEntriesForm(formdata=None)
    chosen = _chosen(form)
    if not isinstance(chosen, list):
        return chosen
    if sent and form.validate_on_submit():
        done = submit(
            form,
            reject_command,
            entry_ids=form.entry_ids,
            seen=form.seen.data or "",
            reason=form.reason.data,
            locate=lambda _entries: url_for("volunteers.service_entries"),
            saved=_("%(count)s entries are rejected.", count=len(form.entry_ids)),
        )
        if done is not None:
            return done
        chosen = _rows(form.entry_ids)
    return _page("volunteers/reject_entries.html", form, chosen, [])


def _chosen(form: DecideForm) -> list[Any] | ResponseReturnValue:
    """The rows that the list or the page itself sent; or the way back to the list."""
    back = url_for("volunteers.service_entries")
    if request.method == "GET":  # Back, or an address out of the history: there is no selection any more.
        return redirect(back, 303)
    if request.form.get("chosen"):
        return _rows(form.entry_ids)
    picked = ENTRIES.selection(request.form)
    back += f"?{picked.query}" if picked.query else ""
    if not picked:
        flash(_("No entry is selected. Nothing was changed; tick the entries first."), "warning")
        return redirect(back, 303)
    rows = picked.narrow(entries_of_list(picked.filters if picked.everything else {"state": "all"}))
    found = db.session().execute(rows.limit(MOST_ENTRIES + 1)).all()
    if len(found) > MOST_ENTRIES:
        flash(
            _(
                "At most %(limit)s entries are decided at once. Nothing was changed; select fewer.",
                limit=MOST_ENTRIES,
            ),
            "warning",
        )
        return redirect(back, 303)
    return _rows([row.ServiceEntry.id for row in found])


def _rows(entry_ids: list[int]) -> list[Any]:
    found = queries.entries_of(db.session(), g.scope, entry_ids[:MOST_ENTRIES])
    if not found:
        raise RecordNotFoundError("service_entry")
    return list(found)


def _page(template: str, form: DecideForm, chosen: list[Any], own: list[Any]) -> ResponseReturnValue:
    """The page with what can be decided on, and what of the chosen cannot."""
    left_out = {row.ServiceEntry.id for row in own}
    ready = [
        row for row in chosen if row.ServiceEntry.state == "submitted" and row.ServiceEntry.id not in left_out
    ]
    entries = [row.ServiceEntry for row in ready]
    form.chosen.data = ",".join(str(entry.id) for entry in entries)
    form.seen.data = entries_digest(entries)
    return render_template(
        template,
        form=form,
        ready=[_cells(row) for row in ready],
        count=len(ready),
        hours=hours_of(sum(entry.minutes for entry in entries)),
        own=len([row for row in own if row.ServiceEntry.state == "submitted"]),
        decided=len([row for row in chosen if row.ServiceEntry.state != "submitted"]),
    )


def _cells(row: Any) -> list[Any]:
    entry: ServiceEntry = row.ServiceEntry
    return [
        Link(url_for("volunteers.service_entry", entry_id=entry.id), entry.served_on.isoformat()),
        row.name,
        what_of(row),
        times_of(entry.starts, entry.minutes),
        hours_of(entry.minutes),
        row.submitted_by_name or SOURCES[entry.source],
    ]
