"""How long a certificate is valid, and what state it is in on a day."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from registry.core.clock import add_months
from registry.core.i18n import N_, Message


class CertificateState(StrEnum):
    """The state of a certificate on a day. Expiry is computed, never stored."""

    VALID = "valid"
    EXPIRED = "expired"
    REVOKED = "revoked"
    VOID = "void"

    @property
    def label(self) -> Message:
        """The state in words."""
        return Message(_LABELS[self])


_LABELS = {
    CertificateState.VALID: N_("Valid"),
    CertificateState.EXPIRED: N_("Expired"),
    CertificateState.REVOKED: N_("Revoked"),
    CertificateState.VOID: N_("Void"),
}


PRINTED = frozenset({CertificateState.VALID, CertificateState.EXPIRED})
"""The states in which a certificate is still printed; what was taken back is not."""


class Dated(Protocol):
    """What the state of a certificate depends on: a Certificate, or a row of a list."""

    @property
    def valid_until(self) -> date | None: ...
    @property
    def ended_on(self) -> date | None: ...
    @property
    def voided_at(self) -> datetime | None: ...


def state_on(certificate: Dated, day: date) -> CertificateState:
    """The state on a day: `valid_until` is the last valid day, `ended_on` the first that no longer counts."""
    if certificate.voided_at is not None:
        return CertificateState.VOID
    if certificate.ended_on is not None and certificate.ended_on <= day:
        return CertificateState.REVOKED
    if certificate.valid_until is not None and certificate.valid_until < day:
        return CertificateState.EXPIRED
    return CertificateState.VALID


def last_valid_day(issued_on: date, validity_months: int | None, last_day: str) -> date | None:
    """The last day a certificate is valid, None when it does not expire.

    Months are calendar months, clamped to the month's end: 36 months after 29 Feb 2024 is 28 Feb 2027.
    `last_day` says whether that anniversary is the last valid day (`same_day`) or the day before it is
    (`day_before`). Which of the two holds is a setting to confirm.
    """
    if validity_months is None:
        return None
    anniversary = add_months(issued_on, validity_months)
    return anniversary if last_day == "same_day" else anniversary - timedelta(days=1)
