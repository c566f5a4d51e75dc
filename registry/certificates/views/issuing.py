"""Several batches approved and issued at once, each as a write of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.certificates import commands
from registry.certificates.commands.issue import may_issue_any, ready_to_issue
from registry.certificates.forms import IssueForm
from registry.certificates.models import CertificateBatch
from registry.certificates.queries import batches as queries
from registry.certificates.queries.batches import Holder, holders_digest
from registry.certificates.snapshots import font_book
from registry.certificates.views.batches import BATCHES, batches_of_list
from registry.certificates.views.blueprint import BATCH_STATES, blueprint, public_url, row_name
from registry.core import clock
from registry.core.db import db
from registry.core.errors import (
    AlreadySavedError,
    ForbiddenError,
    RecordNotFoundError,
    RuleError,
)
from registry.core.permissions import Permission
from registry.web.columns import Link, Status
from registry.web.guard import permit
from registry.web.listing import whole_numbers
from registry.web.load import load
from registry.web.locale import translate
from registry.web.submit import SAVED_ALREADY, Refusal, submit_each

MOST_BATCHES = 50


@blueprint.route("/batches/issue", methods=["GET", "POST"])
@permit(Permission.CERTIFICATE_VIEW)
def issue_batches() -> ResponseReturnValue:
    """The chosen batches, what stands against issuing each of them, and what became of those issued.

    The list posts its selection; the page it leads to has an address of its own, so it can be returned to
    and always tells how the batches stand now.
    """
    if request.method == "POST" and not may_issue_any(db.session(), g.actor):
        raise ForbiddenError("certificates.issue_batches")
    if request.method == "POST" and "batch" not in request.args:
        return _chosen()
    ids = whole_numbers(request.args.getlist("batch"))
    if not ids:
        return redirect(url_for("certificates.batches"), 303)
    form = IssueForm()
    lines = _lines(ids)
    if form.validate_on_submit():
        _issue(form, lines)
        return redirect(_page(line.batch_id for line in lines), 303)
    ready = [line for line in lines if line.people]
    form.seen.data = " ".join(f"{line.batch_id}:{holders_digest(line.people)}" for line in ready)
    return render_template(
        "certificates/issue_batches.html",
        form=form,
        lines=lines,
        ready=ready,
        certificates=sum(line.certificates for line in ready),
    )


def _chosen() -> ResponseReturnValue:
    """From the selection in the list to the page about it."""
    picked = BATCHES.selection(request.form)
    back = url_for("certificates.batches") + (f"?{picked.query}" if picked.query else "")
    if not picked:
        flash(_("No batch is selected. Nothing was issued; tick the batches first."), "warning")
        return redirect(back, 303)
    rows = picked.narrow(batches_of_list(picked.filters)).order_by(CertificateBatch.prepared_at)
    found = db.session().execute(rows.limit(MOST_BATCHES + 1)).all()
    if len(found) > MOST_BATCHES:
        flash(
            _(
                "At most %(limit)s batches are issued at once. Nothing was issued; select fewer.",
                limit=MOST_BATCHES,
            ),
            "warning",
        )
        return redirect(back, 303)
    if not found:
        raise RecordNotFoundError("certificate_batch")
    return redirect(_page(row.id for row in found), 303)


def _page(batch_ids: Any) -> str:
    return url_for("certificates.issue_batches", batch=list(batch_ids))


@dataclass(frozen=True)
class Line:
    """One of the chosen batches as the page tells of it. `people` are those who get a certificate from it
    now, nobody when it cannot be issued."""

    batch_id: int
    title: str
    cells: list[Any]
    certificates: int
    people: list[Holder]
    issued: bool


def _lines(ids: tuple[int, ...]) -> list[Line]:
    """The batches of the page that are within reach, in the order in which they are issued."""
    session = db.session()
    rows = queries.batches(g.scope).where(CertificateBatch.id.in_(ids[:MOST_BATCHES]))
    found = session.execute(rows.order_by(CertificateBatch.prepared_at, CertificateBatch.id)).all()
    if not found:
        raise RecordNotFoundError("certificate_batch")
    return [_line(row) for row in found]


def _line(row: Any) -> Line:
    people, refusal = _people(row.id) if row.state == "prepared" else ([], None)
    told = BATCH_STATES[row.state]
    if row.state == "prepared":
        told = Status("info", _("Ready to be issued")) if people else Status("wait", _("Cannot be issued"))
    file: Link | None = None
    if row.state == "issued":
        file = Link(url_for("certificates.download_batch", batch_id=row.id), _("One file for printing"))
    return Line(
        batch_id=row.id,
        title=row.title,
        cells=[
            Link(url_for("certificates.batch", batch_id=row.id), row.title),
            row_name(row, "unit"),
            row.prepared_by_name,
            row.lines,
            told,
            row.issued_on or refusal,
            file,
        ],
        certificates=row.lines,
        people=people,
        issued=row.state == "issued",
    )


def _people(batch_id: int) -> tuple[list[Holder], str | None]:
    """Who gets a certificate from a prepared batch; or nobody, and what stands against issuing it."""
    batch = load(CertificateBatch, batch_id)
    try:
        # This also draws every glyph once, so that the write that issues finds them ready.
        ready = ready_to_issue(
            db.session(),
            g.actor,
            batch,
            fonts=font_book(),
            public_url=public_url(),
            day=clock.today(),
        )
    except (RuleError, ForbiddenError) as error:
        return [], _in_words(error)
    return ready.people, None


def _in_words(refusal: Refusal) -> str:
    if isinstance(refusal, ForbiddenError):
        return str(_("Your role does not let you issue this batch."))
    return translate(refusal.message if isinstance(refusal, RuleError) else str(refusal))


def _issue(form: IssueForm, lines: list[Line]) -> None:
    """Issue what is ready, as the page showed it, and say how many were and what was not.

    Those issued already are sent as well: under the key of the form they tell whether it was sent before.
    """
    seen = dict(pair.split(":", 1) for pair in (form.seen.data or "").split() if ":" in pair)
    told = submit_each(
        form,
        commands.issue_batch,
        [line.batch_id for line in lines if line.people or line.issued],
        lambda batch_id: load(CertificateBatch, batch_id),
        locate=lambda issued: url_for("certificates.batch", batch_id=issued.id),
        each=lambda batch_id: {"seen": seen.get(str(batch_id))},
        fonts=font_book(),
        public_url=public_url(),
    )
    issued = sum(why is None for why in told.values())
    refused = [(line, told[line.batch_id]) for line in lines if line.people]
    for line, why in refused:
        if why is not None and not isinstance(why, AlreadySavedError):
            flash(
                _("“%(title)s” was not issued: %(reason)s", title=line.title, reason=_in_words(why)),
                "warning",
            )
    if issued:
        flash(_("%(count)s batches are issued.", count=issued), "success")
    elif any(isinstance(why, AlreadySavedError) for why in told.values()):
        flash(_(SAVED_ALREADY), "info")
    elif not refused:
        flash(_("None of these batches can be issued. Nothing was issued; see why below."), "warning")
