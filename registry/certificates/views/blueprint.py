"""What the pages of this register share."""

from __future__ import annotations

from collections.abc import Sequence
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, cast

from flask import Blueprint, current_app, request, send_file
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l

from registry.accounts.settings import is_demo
from registry.certificates.models import Certificate
from registry.certificates.pdf import draw_certificates
from registry.certificates.sheets import CertificateSheet
from registry.certificates.snapshots import font_book
from registry.certificates.validity import PRINTED, CertificateState
from registry.core.db import db
from registry.web.columns import Status

blueprint = Blueprint("certificates", __name__, url_prefix="/certificates")

IN_MEMORY = 8_000_000

STATES = {
    CertificateState.VALID: Status("good", _l("Valid")),
    CertificateState.EXPIRED: Status("wait", _l("Expired")),
    CertificateState.REVOKED: Status("bad", _l("Revoked")),
    CertificateState.VOID: Status("off", _l("Void")),
}
BATCH_STATES = {
    "prepared": Status("wait", _l("Waiting for approval")),
    "issued": Status("good", _l("Issued")),
    "rejected": Status("bad", _l("Rejected")),
}


def public_url() -> str:
    """The address on certificates; demo data, which only a loopback address serves, take that of the page."""
    url = str(current_app.config["PUBLIC_URL"])
    return url or (request.url_root.rstrip("/") if is_demo(db.session()) else "")


def is_printable(certificate: Certificate, state: CertificateState) -> bool:
    """Whether there is a PDF: it was issued here, and not taken back since."""
    return certificate.origin == "issued" and state in PRINTED


def row_name(row: Any, key: str) -> str:
    """The name of a unit or type that a row of a list carries in both languages."""
    locale = get_locale()
    english = locale is not None and locale.language == "en"
    return str(getattr(row, f"{key}_name_en" if english else f"{key}_name") or "")


def send_pdf(sheets: Sequence[CertificateSheet], name: str) -> ResponseReturnValue:
    """The sheets as one PDF file, sent in pieces; a large one waits on disk, not in memory."""
    file = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 - closed by the response.
    draw_certificates(sheets, cast(BinaryIO, file), font_book())
    file.seek(0)
    answer = send_file(file, mimetype="application/pdf", as_attachment=True, download_name=f"{name}.pdf")
    answer.headers["Cache-Control"] = "no-store"
    return answer
