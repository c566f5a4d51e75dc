"""What a certificate says, frozen when it is issued, and the fonts that print it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy.orm import Session

from registry.accounts.models import Unit
from registry.accounts.queries import tree_on
from registry.certificates.models import Certificate, CredentialType
from registry.certificates.queries.batches import Holder
from registry.certificates.sheets import CertificateSheet
from registry.core.fonts import FontBook

# Certificates are documents in Chinese, whatever language the page is in.
SEX = {"male": "男", "female": "女"}


SOCIETY = "红十字会"


@lru_cache(maxsize=1)
def font_book() -> FontBook:
    """The fonts of this process, opened when they are first asked for."""
    return FontBook.open()


@dataclass(frozen=True)
class Issuer:
    """The issuing unit as documents name it."""

    zh: str
    en: str


def issuer_of(session: Session, unit: Unit, day: date) -> Issuer:
    """The society of a unit under its full name; a district is named with its city, as on its seal."""
    zh, en = unit.name, unit.name_en
    if unit.level == "county" and unit.name.endswith("区"):
        above = tree_on(session, day).parent.get(unit.id)
        city = session.get(Unit, above) if above is not None else None
        if city is not None:
            zh, en = f"{city.name}{unit.name}", f"{unit.name_en}, {city.name_en}"
    return Issuer(f"{zh}{SOCIETY}", f"Red Cross Society of {en}")


def snapshot_of(sheet: CertificateSheet) -> dict[str, Any]:
    """A sheet as it is stored with the certificate."""
    told = asdict(sheet)
    told["issued_on"] = sheet.issued_on.isoformat()
    told["valid_until"] = sheet.valid_until.isoformat() if sheet.valid_until else None
    return told


def sheet_of(certificate: Certificate) -> CertificateSheet:
    """What the certificate said when it was issued; nothing that changed since enters it."""
    told = dict(certificate.snapshot)
    until = told["valid_until"]
    told["issued_on"] = date.fromisoformat(told["issued_on"])
    told["valid_until"] = date.fromisoformat(until) if until else None
    return CertificateSheet(**told)


def new_sheet(
    holder: Holder,
    credential_type: CredentialType,
    issuer: Issuer,
    *,
    template_version: str,
    number: str,
    issued_on: date,
    valid_until: date | None,
    verify_url: str,
    demo: bool,
) -> CertificateSheet:
    """What the certificate of a holder will say."""
    return CertificateSheet(
        title=credential_type.name,
        template_version=template_version,
        holder_name=holder.name,
        sex=SEX.get(holder.sex or "", ""),
        document_masked=holder.document_masked,
        number=number,
        issued_on=issued_on,
        valid_until=valid_until,
        issuing_unit_zh=issuer.zh,
        issuing_unit_en=issuer.en,
        course_name=holder.course_title,
        class_hours=holder.class_hours,
        holder_unit=holder.employer,
        verify_url=verify_url,
        demo=demo,
        title_en=credential_type.name_en,
    )


@dataclass(frozen=True)
class Unprintable:
    """A row of a batch with characters for which no font has a glyph. Rows count from 1."""

    row: int
    characters: tuple[str, ...]

    def __str__(self) -> str:
        """The characters with their codes; a character without a glyph may not show on the screen either."""
        return ", ".join(f"{character} (U+{ord(character):04X})" for character in self.characters)


def unprintable_in(
    holders: Sequence[Holder], credential_type: CredentialType, issuer: Issuer, fonts: FontBook
) -> list[Unprintable]:
    """The rows of a batch that cannot be printed as they are; a missing glyph would be a silent blank.

    Asking also draws every glyph once, so that the write that issues finds them ready.
    """
    texts = [(credential_type.name, issuer.zh, issuer.en, *_texts(holder)) for holder in holders]
    missing = set(fonts.missing_glyphs("".join("".join(row) for row in texts)))
    if not missing:
        return []
    found = (
        (number, tuple(dict.fromkeys(character for character in "".join(row) if character in missing)))
        for number, row in enumerate(texts, start=1)
    )
    return [Unprintable(number, characters) for number, characters in found if characters]


def _texts(holder: Holder) -> tuple[str, ...]:
    return holder.name, holder.document_masked, holder.employer, holder.course_title
