"""What the public is told of a certificate: never a document number, a birth date or a phone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from hmac import compare_digest

from registry.certificates.queries.certificates import Shown
from registry.certificates.snapshots import sheet_of
from registry.certificates.validity import CertificateState, state_on
from registry.core.secrets import current_keys, seal
from registry.core.text import mask_name
from registry.people.identity import is_minor

# As long as the snapshot of a certificate is.
_FILLER = "x" * 600


@dataclass(frozen=True)
class Verdict:
    """The answer to a check. `state` None: there is no such certificate. A void one names nobody."""

    state: CertificateState | None
    shown: Shown | None = None
    issuer_zh: str = ""
    issuer_en: str = ""
    holder_masked: str = ""
    demo: bool = False


def verdict_of(shown: Shown | None, day: date) -> Verdict:
    """What is told of a certificate on a day, or of there being none."""
    if shown is None:
        # The work that a found certificate would have cost, so that the time tells nothing.
        seal(current_keys().field_cipher, _FILLER)
        return Verdict(None)
    state = state_on(shown.certificate, day)
    sheet = sheet_of(shown.certificate)
    born = shown.person.birth_on
    masked = mask_name(sheet.holder_name, minor=is_minor(born, day))
    return Verdict(
        state,
        shown,
        sheet.issuing_unit_zh,
        sheet.issuing_unit_en,
        "" if state is CertificateState.VOID else masked,
        sheet.demo,
    )


def is_holder(shown: Shown, name: str) -> bool:
    """Whether a typed name is the one on the certificate; dots, spaces and case do not matter."""
    return compare_digest(_plain(sheet_of(shown.certificate).holder_name), _plain(name))


def _plain(name: str) -> bytes:
    return "".join(character for character in name.casefold() if character.isalnum()).encode("utf-8")
