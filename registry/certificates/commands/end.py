"""What ends a certificate: void removes it from every date, revoked counts before a day."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from registry.certificates.models import Certificate, CertificateEvent
from registry.core.errors import RuleError
from registry.core.i18n import N_
from registry.core.permissions import Permission
from registry.core.text import stated_reason
from registry.core.write import Write, command


@command(Permission.CERTIFICATE_APPROVE)
def void_certificate(w: Write, certificate: Certificate, *, reason: str) -> Certificate:
    """Void a certificate entered in error or obtained by fraud: it counts on no date. Its number stays used.

    A revoked certificate can still be voided. What replaced it stands on it and is void as well. RuleError
    when it is void already.
    """
    for voided in void(w, certificate, reason):
        w.add(_event(w, voided, "voided", w.today, voided.void_reason or ""))
    w.reason, w.unit_id = certificate.void_reason, certificate.unit_id
    return certificate


@command(Permission.CERTIFICATE_APPROVE)
def revoke_certificate(
    w: Write, certificate: Certificate, *, ended_on: date, reason: str, document: str = ""
) -> Certificate:
    """Revoke a certificate. `ended_on` is the first day it no longer counts, `document` names the decision.

    RuleError when it is void or revoked already, or when the day lies before its issue or in the future.
    """
    w.reason, w.unit_id = revoke(w, certificate, ended_on, reason), certificate.unit_id
    w.add(_event(w, certificate, "revoked", ended_on, w.reason, document.strip()))
    return certificate


def void(w: Write, certificate: Certificate, reason: str) -> list[Certificate]:
    """Mark a certificate and its replacements void, without their events; gives them, itself first."""
    if certificate.voided_at is not None:
        raise RuleError(N_("This certificate is void already. Nothing was saved."))
    stated = stated_reason(reason)
    voided = [certificate]
    for one in voided:
        one.void_reason, one.voided_at = stated, w.at
        voided += w.session.execute(
            select(Certificate).where(Certificate.replaces_id == one.id, Certificate.voided_at.is_(None))
        ).scalars()
    return voided


def revoke(w: Write, certificate: Certificate, ended_on: date, reason: str) -> str:
    """Mark a certificate revoked, without its event; gives the reason as stored."""
    if certificate.voided_at is not None:
        raise RuleError(N_("This certificate is void, so it cannot be revoked. Nothing was saved."))
    if certificate.ended_on is not None:
        raise RuleError(
            N_("This certificate is revoked already, from %(day)s on. Nothing was saved."),
            day=certificate.ended_on.isoformat(),
        )
    if ended_on < certificate.issued_on:
        raise RuleError(
            N_(
                "It was issued on %(day)s; it cannot be revoked from an earlier day on. Nothing was saved. "
                "Void it if it should never have been issued."
            ),
            "ended_on",
            day=certificate.issued_on.isoformat(),
        )
    if ended_on > w.today:
        raise RuleError(
            N_("The day lies in the future. Nothing was saved; give today or an earlier day."), "ended_on"
        )
    certificate.end_reason = stated_reason(reason)
    certificate.ended_on = ended_on
    return certificate.end_reason


def _event(
    w: Write, certificate: Certificate, kind: str, day: date, reason: str, document: str = ""
) -> CertificateEvent:
    return CertificateEvent(
        certificate_id=certificate.id,
        kind=kind,
        on=day,
        reason=reason,
        document=document,
        by_id=w.actor.user_id,
    )
