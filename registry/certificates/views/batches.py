"""Batches: the inbox of who approves, one batch, and what becomes of it."""

from __future__ import annotations

from typing import Any

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from registry.accounts.models import Unit, User
from registry.accounts.queries import narrowed
from registry.accounts.settings import is_demo, is_public_url_confirmed
from registry.certificates import commands
from registry.certificates.commands.issue import approves_own, may_issue, may_issue_any
from registry.certificates.forms import BatchFilters, IssueForm, RejectForm
from registry.certificates.models import CertificateBatch, CredentialType
from registry.certificates.queries import batches as queries
from registry.certificates.queries.batches import Holder
from registry.certificates.snapshots import Unprintable, font_book, issuer_of, sheet_of, unprintable_in
from registry.certificates.validity import PRINTED, state_on
from registry.certificates.views.blueprint import (
    BATCH_STATES,
    STATES,
    blueprint,
    public_url,
    row_name,
    send_pdf,
)
from registry.core import clock
from registry.core.db import db
from registry.core.errors import RecordNotFoundError
from registry.core.permissions import Permission
from registry.web.columns import Column, Link
from registry.web.guard import permit
from registry.web.listing import BatchAction, Listing
from registry.web.load import load
from registry.web.submit import submit

BATCHES = Listing(
    key="certificates.batches",
    identity=CertificateBatch.id,
    columns=(
        Column(
            "title",
            _l("Batch"),
            sort=CertificateBatch.title,
            css="title",
            value=lambda row: Link(url_for("certificates.batch", batch_id=row.id), row.title),
        ),
        Column("credential_type", _l("Certificate type"), value=lambda row: row_name(row, "type")),
        Column("unit", _l("Issuing unit"), value=lambda row: row_name(row, "unit")),
        Column("lines", _l("Certificates"), css="num"),
        Column("prepared_by_name", _l("Prepared by")),
        Column("prepared_at", _l("Prepared"), sort=CertificateBatch.prepared_at),
        Column("state", _l("State"), value=lambda row: BATCH_STATES[row.state]),
    ),
    filters=BatchFilters,
    default_sort="-prepared_at",
    batch=(BatchAction(_l("Approve and issue"), "certificates.issue_batches", icon="check"),),
    title=_l("Issue batches"),
)


@blueprint.get("/batches")
@permit(Permission.CERTIFICATE_VIEW)
def batches() -> ResponseReturnValue:
    """Batches within reach, the newest first."""
    asked = BATCHES.read(request.args, current_user.id)
    rows = batches_of_list(asked.filters)
    if asked.export:
        return asked.download(db.session(), rows)
    page = asked.page(
        db.session(),
        rows,
        empty_title=_("No batch yet"),
        empty_hint=_(
            "A batch is prepared on the page of a closed course, and approved here by someone else."
        ),
        batch=None if may_issue_any(db.session(), g.actor) else (),
    )
    return render_template("certificates/batches.html", page=page)


def batches_of_list(chosen: dict[str, Any]) -> Any:
    """The batches within reach that the filters find."""
    return queries.batches(
        narrowed(db.session(), g.scope, chosen.get("unit"), clock.today()), state=chosen.get("state")
    )


@blueprint.get("/batches/<int:batch_id>")
@permit(Permission.CERTIFICATE_VIEW)
def batch(batch_id: int) -> ResponseReturnValue:
    """One batch: who is in it, and what can be done with it now."""
    return _batch_page(load(CertificateBatch, batch_id), IssueForm())


def _batch_page(record: CertificateBatch, form: IssueForm) -> ResponseReturnValue:
    session = db.session()
    unit = session.get_one(Unit, record.unit_id)
    credential_type = session.get_one(CredentialType, record.credential_type_id)
    people = queries.holders(session, record.id)
    form.seen.data = queries.holders_digest(people)
    waiting = record.state == "prepared"
    certificates = queries.batch_certificates(session, record.id) if record.state == "issued" else []
    today = clock.today()
    return render_template(
        "certificates/batch.html",
        batch=record,
        form=form,
        state=BATCH_STATES[record.state],
        unit=unit,
        credential_type=credential_type,
        people=people,
        prepared_by=session.get(User, record.prepared_by) if record.prepared_by else None,
        decided_by=session.get(User, record.decided_by) if record.decided_by else None,
        unprintable=_unprintable(record, people) if waiting else [],
        may_issue=waiting and may_issue(session, g.actor, record),
        may_reject=waiting and g.actor.scope(Permission.CERTIFICATE_APPROVE).holds(record.unit_id),
        own=approves_own(session, g.actor, record),
        address_missing=not (is_demo(session) or is_public_url_confirmed(session, public_url())),
        certificates={c.id: (c, STATES[state_on(c, today)]) for c in certificates},
        standing=sum(state_on(c, today) in PRINTED for c in certificates),
    )


def _unprintable(record: CertificateBatch, people: list[Holder]) -> list[Unprintable]:
    session = db.session()
    unit = session.get_one(Unit, record.unit_id)
    credential_type = session.get_one(CredentialType, record.credential_type_id)
    return unprintable_in(people, credential_type, issuer_of(session, unit, clock.today()), font_book())


@blueprint.post("/batches/<int:batch_id>/issue")
@permit(Permission.CERTIFICATE_VIEW)
def issue_batch(batch_id: int) -> ResponseReturnValue:
    """Approve a batch and issue its certificates. Who may hangs on a setting, so the command decides."""
    record = load(CertificateBatch, batch_id)
    form = IssueForm()
    if form.validate_on_submit():
        # The glyphs are drawn here once, before the write, which then only looks them up.
        _unprintable(record, queries.holders(db.session(), record.id))
        done = submit(
            form,
            commands.issue_batch,
            record,
            fonts=font_book(),
            public_url=public_url(),
            seen=form.seen.data or None,
            locate=lambda issued: url_for("certificates.batch", batch_id=issued.id),
        )
        if done is not None:
            return done
    return _batch_page(record, form)


@blueprint.route("/batches/<int:batch_id>/reject", methods=["GET", "POST"])
@permit(Permission.CERTIFICATE_APPROVE)
def reject_batch(batch_id: int) -> ResponseReturnValue:
    """Send a batch back with a reason."""
    record = load(CertificateBatch, batch_id)
    form = RejectForm()
    if form.validate_on_submit():
        done = submit(
            form,
            commands.reject_batch,
            record,
            reason=form.reason.data,
            locate=lambda rejected: url_for("certificates.batch", batch_id=rejected.id),
            saved=_("The batch is rejected."),
        )
        if done is not None:
            return done
    return render_template("certificates/reject_batch.html", form=form, batch=record)


@blueprint.get("/batches/<int:batch_id>/pdf")
@permit(Permission.CERTIFICATE_VIEW)
def download_batch(batch_id: int) -> ResponseReturnValue:
    """All certificates of a batch that still stand, as one file in the order of its lines."""
    record = load(CertificateBatch, batch_id)
    today = clock.today()
    certificates = [
        certificate
        for certificate in queries.batch_certificates(db.session(), record.id)
        if state_on(certificate, today) in PRINTED
    ]
    if not certificates:
        raise RecordNotFoundError("certificate")
    name = f"{certificates[0].number}-{certificates[-1].number}"
    return send_pdf([sheet_of(certificate) for certificate in certificates], name)
