"""The journal as pages: read only."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from wtforms import DateField, SelectField
from wtforms.validators import Optional

from registry.accounts.models import User
from registry.audit import queries
from registry.core.db import db
from registry.core.errors import RecordNotFoundError
from registry.core.journal import JournalEntry
from registry.core.permissions import Permission
from registry.web.actions import ACTIONS, action_label
from registry.web.columns import Column, Link
from registry.web.forms import FilterForm
from registry.web.guard import permit
from registry.web.listing import Listing
from registry.web.locale import local_name

blueprint = Blueprint("audit", __name__, url_prefix="/audit")

# How many lines of one entry a page shows.
MOST_LINES = 200


class JournalFilters(FilterForm):
    """What to look for in the journal."""

    action = SelectField(_l("Action"), validators=[Optional()])
    since = DateField(_l("From"), validators=[Optional()])
    until = DateField(_l("To"), validators=[Optional()])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.action.choices = [("", _("All"))] + [(key, action_label(key)) for key in sorted(ACTIONS)]


JOURNAL = Listing(
    key="audit.journal",
    identity=JournalEntry.seq,
    columns=(
        Column(
            "seq",
            _l("No."),
            sort=JournalEntry.seq,
            css="num",
            value=lambda row: Link(url_for("audit.entry", seq=row[0].seq), str(row[0].seq)),
        ),
        Column("at", _l("Time"), value=lambda row: row[0].at),
        Column("action", _l("Action"), value=lambda row: action_label(row[0].action)),
        Column("who", _l("Who"), value=lambda row: row[1] or _("System")),
        Column("unit", _l("Unit"), value=lambda row: local_name(row[2]) if row[2] else None),
        Column("lines", _l("Records"), css="num", value=lambda row: row[0].line_count),
        Column("reason", _l("Reason"), value=lambda row: row[0].reason),
    ),
    filters=JournalFilters,
    default_sort="-seq",
    title=_l("Journal"),
    row_id=lambda row: row[0].seq,
)


@blueprint.get("/journal")
@permit(Permission.JOURNAL_VIEW)
def journal() -> ResponseReturnValue:
    """Who did what, newest first."""
    asked = JOURNAL.read(request.args, current_user.id)
    rows = queries.entries(g.scope, **asked.filters)
    if asked.export:
        return asked.download(db.session(), rows)
    page = asked.page(
        db.session(),
        rows,
        empty_title=_("No entry matches"),
        empty_hint=_("Every change of a record makes an entry; choose other dates or another action."),
    )
    return render_template("audit/journal.html", page=page)


@blueprint.get("/journal/<int:seq>")
@permit(Permission.JOURNAL_VIEW)
def entry(seq: int) -> ResponseReturnValue:
    """One entry with the records it changed. Personal values stay closed here."""
    session = db.session()
    record = queries.entry(session, g.scope, seq)
    if record is None:
        raise RecordNotFoundError("journal_entry")
    shown = []
    for line in queries.lines(session, seq, MOST_LINES):
        changes = json.loads(line.changes)
        sealed = changes.pop("_sealed", None) is not None
        shown.append((line, sorted(changes.items()), sealed))
    return render_template(
        "audit/entry.html",
        entry=record,
        what=action_label(record.action),
        who=session.get(User, record.actor_id) if record.actor_id is not None else None,
        shown=shown,
        more=record.line_count - len(shown),
    )
