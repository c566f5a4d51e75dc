"""What is printed on a certificate, and what it is written with."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from registry.core.fonts import TextFont


@dataclass(frozen=True)
class CertificateSheet:
    """All that is printed on one certificate, as it was when the certificate was issued.

    `document_masked` is the identity document number as it may be shown; `valid_until` is the last
    valid day, None when the certificate does not expire; `class_hours` are of 学时; `demo` marks
    generated data. Empty texts are left out.
    """

    title: str
    template_version: str
    holder_name: str
    sex: str
    document_masked: str
    number: str
    issued_on: date
    valid_until: date | None
    issuing_unit_zh: str
    issuing_unit_en: str
    course_name: str
    class_hours: int
    holder_unit: str
    verify_url: str
    demo: bool
    title_en: str = "Red Cross certified rescuer"


@dataclass
class Hand:
    """What the pages of one file are written with: two weights, each one subset of the file.

    `sentences` keeps how a text was set, because a class shares its sentence.
    """

    regular: TextFont
    bold: TextFont
    sentences: dict[tuple[str, float], tuple[float, list[str]]] = field(default_factory=dict)
