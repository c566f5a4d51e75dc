"""One PDF of certificates chosen in the list."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.certificates.models import Certificate
from registry.certificates.queries import certificates as queries
from registry.certificates.snapshots import sheet_of
from registry.certificates.validity import state_on
from registry.certificates.views.blueprint import STATES, blueprint, is_printable, send_pdf
from registry.certificates.views.certificates import CERTIFICATES, certificates_of_list
from registry.core import clock
from registry.core.db import db
from registry.core.errors import RecordNotFoundError
from registry.core.permissions import Permission
from registry.web.columns import Link, Status
from registry.web.guard import permit

MOST_PAGES = 500


@blueprint.route("/print", methods=["GET", "POST"])
@permit(Permission.CERTIFICATE_VIEW)
def print_certificates() -> ResponseReturnValue:
    """The chosen certificates as one file, in the order of their numbers.

    What has no PDF of its own has no page here either: it is named first, and the others are printed when the
    reader says so.
    """
    if request.method == "GET":  # Back, or an address out of the history: there is no selection any more.
        return redirect(url_for("certificates.certificates"), 303)
    picked = CERTIFICATES.selection(request.form)
    back = url_for("certificates.certificates") + (f"?{picked.query}" if picked.query else "")
    if not picked:
        flash(_("No certificate is selected. Nothing was printed; tick the certificates first."), "warning")
        return redirect(back, 303)
    rows = picked.narrow(certificates_of_list(picked.filters))
    chosen = queries.certificates_chosen(db.session(), rows, MOST_PAGES + 1)
    if len(chosen) > MOST_PAGES:
        flash(
            _(
                "At most %(limit)s certificates fit into one file. Nothing was printed; select fewer, "
                "or print batch by batch.",
                limit=MOST_PAGES,
            ),
            "warning",
        )
        return redirect(back, 303)
    if not chosen:
        raise RecordNotFoundError("certificate")
    today = clock.today()
    printable = [c for c in chosen if is_printable(c, state_on(c, today))]
    left_out = [c for c in chosen if not is_printable(c, state_on(c, today))]
    if left_out and (request.form.get("rest") != "leave_out" or not printable):
        return render_template(
            "certificates/print_certificates.html",
            printable=printable,
            left_out=[_told(c) for c in left_out],
            back=back,
            query=picked.query,
        )
    name = printable[0].number
    if len(printable) > 1:
        name = f"{name}-{printable[-1].number}"
    return send_pdf([sheet_of(c) for c in printable], name)


def _told(certificate: Certificate) -> list[Any]:
    """Which certificate has no PDF, and why."""
    state: Status = STATES[state_on(certificate, clock.today())]
    if certificate.origin != "issued":
        state = Status("off", _("Taken over from a list"))
    url = url_for("certificates.certificate", certificate_id=certificate.id)
    return [Link(url, certificate.number), sheet_of(certificate).holder_name, state]
