"""The list of certificates and the page of one."""

from __future__ import annotations

from typing import Any

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user

from registry.accounts.queries import narrowed
from registry.certificates import commands
from registry.certificates.forms import CertificateFilters, RevokeForm
from registry.certificates.models import Certificate
from registry.certificates.queries import certificates as queries
from registry.certificates.snapshots import sheet_of
from registry.certificates.validity import CertificateState, state_on
from registry.certificates.views.blueprint import STATES, blueprint, is_printable, send_pdf
from registry.core import clock
from registry.core.db import db
from registry.core.errors import RuleError
from registry.core.i18n import N_
from registry.core.journal import catalogue
from registry.core.permissions import Permission
from registry.core.text import mask_name
from registry.web.columns import Cell, Column, linked, named
from registry.web.forms import ReasonForm
from registry.web.guard import permit
from registry.web.listing import BatchAction, Listing
from registry.web.load import load
from registry.web.submit import submit

EVENTS = {
    "issued": _l("Issued"),
    "imported": _l("Taken over from a list"),
    "printed": _l("Printed"),
    "revoked": _l("Revoked"),
    "voided": _l("Voided"),
}


def _states() -> Cell:
    today = clock.today()
    return lambda row: STATES[state_on(row, today)]


CERTIFICATES = Listing(
    key="certificates.certificates",
    identity=Certificate.id,
    columns=(
        Column(
            "number",
            _l("Number"),
            sort=Certificate.number,
            made=linked("certificates.certificate", "certificate_id", text="number"),
        ),
        Column(
            "holder",
            _l("Holder"),
            made=linked("desk.person", "person_id", text="holder", number="person_id"),
            masked=lambda row: mask_name(row.holder),
        ),
        Column("credential_type", _l("Certificate type"), made=named("type")),
        Column("unit", _l("Issuing unit"), made=named("unit")),
        Column("issued_on", _l("Issued on"), sort=Certificate.issued_on),
        Column("valid_until", _l("Valid until"), value=lambda row: row.valid_until or _("without end")),
        Column("state", _l("State today"), made=_states),
    ),
    filters=CertificateFilters,
    default_sort="-issued_on",
    batch=(
        BatchAction(
            _l("One PDF of the selected"), "certificates.print_certificates", icon="print", file=True
        ),
    ),
    title=_l("Certificates"),
)


@blueprint.get("/")
@permit(Permission.CERTIFICATE_VIEW)
def certificates() -> ResponseReturnValue:
    """Certificates within reach, the newest first."""
    session = db.session()
    asked = CERTIFICATES.read(request.args, current_user.id, steady=(catalogue(session), g.scope.units))
    if asked.export:
        return asked.download(session, certificates_of_list(asked.filters))
    page = asked.page(
        session,
        lambda: certificates_of_list(asked.filters),
        first=lambda count: queries.newest_certificates(session, g.scope, count),
        empty_title=_l("No certificate yet"),
        empty_hint=_l("Certificates are prepared from a closed course and issued once a batch is approved."),
        empty_action=(_l("Issue batches"), "certificates.batches"),
    )
    return render_template("certificates/certificates.html", page=page)


def certificates_of_list(chosen: dict[str, Any]) -> Any:
    """The certificates within reach that the filters find."""
    return queries.certificates(
        narrowed(db.session(), g.scope, chosen.get("unit"), clock.today()),
        clock.today(),
        number="".join(chosen.get("number", "").split()).upper() or None,
        credential_type_id=int(chosen["credential_type"]) if "credential_type" in chosen else None,
        state=CertificateState(chosen["state"]) if "state" in chosen else None,
        issued_from=chosen.get("issued_from"),
        issued_to=chosen.get("issued_to"),
    )


@blueprint.get("/<int:certificate_id>")
@permit(Permission.CERTIFICATE_VIEW)
def certificate(certificate_id: int) -> ResponseReturnValue:
    """One certificate: its state today, what it says, and what happened to it."""
    session = db.session()
    shown = queries.certificate(session, g.scope, certificate_id)
    state = state_on(shown.certificate, clock.today())
    return render_template(
        "certificates/certificate.html",
        shown=shown,
        certificate=shown.certificate,
        sheet=sheet_of(shown.certificate),
        state=STATES[state],
        printable=is_printable(shown.certificate, state),
        may_end=g.actor.scope(Permission.CERTIFICATE_APPROVE).holds(shown.certificate.unit_id),
        events=[
            {"at": event.on, "who": who or _("System"), "what": EVENTS[event.kind], "detail": _detail(event)}
            for event, who in queries.certificate_events(session, certificate_id)
        ],
    )


def _detail(event: Any) -> str:
    return " · ".join(part for part in (event.reason, event.document) if part)


@blueprint.get("/<int:certificate_id>/pdf")
@permit(Permission.CERTIFICATE_VIEW)
def download(certificate_id: int) -> ResponseReturnValue:
    """The certificate as a PDF, drawn from what was frozen at issue, unless it was taken back."""
    record = load(Certificate, certificate_id)
    if not is_printable(record, state_on(record, clock.today())):
        raise RuleError(
            N_("This certificate is void, revoked or was printed elsewhere, so there is no PDF of it.")
        )
    return send_pdf([sheet_of(record)], record.number)


@blueprint.route("/<int:certificate_id>/void", methods=["GET", "POST"])
@permit(Permission.CERTIFICATE_APPROVE)
def void_certificate(certificate_id: int) -> ResponseReturnValue:
    """Remove a certificate entered in error from every date."""
    record = load(Certificate, certificate_id)
    form = ReasonForm()
    if form.validate_on_submit():
        done = submit(
            form,
            commands.void_certificate,
            record,
            reason=form.reason.data,
            locate=lambda saved: url_for("certificates.certificate", certificate_id=saved.id),
            saved=_("The certificate is void."),
        )
        if done is not None:
            return done
    return render_template("certificates/void_certificate.html", form=form, certificate=record)


@blueprint.route("/<int:certificate_id>/revoke", methods=["GET", "POST"])
@permit(Permission.CERTIFICATE_APPROVE)
def revoke_certificate(certificate_id: int) -> ResponseReturnValue:
    """End a certificate from a day on."""
    record = load(Certificate, certificate_id)
    form = RevokeForm(data={"ended_on": clock.today()})
    if form.validate_on_submit():
        done = submit(
            form,
            commands.revoke_certificate,
            record,
            ended_on=form.ended_on.data,
            reason=form.reason.data,
            document=form.document.data or "",
            locate=lambda saved: url_for("certificates.certificate", certificate_id=saved.id),
            saved=_("The certificate is revoked."),
        )
        if done is not None:
            return done
    return render_template("certificates/revoke_certificate.html", form=form, certificate=record)
