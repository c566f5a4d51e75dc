"""The certificate of service as a PDF, drawn from the snapshot that was frozen when it was issued.

A template is never edited once a certificate was issued with it: a new look or wording is a new module under
a new version.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO

from registry.certificates.sheets import Hand
from registry.core.fonts import BOLD, REGULAR, FontBook, TextFont
from registry.core.pdf import Background, Drawing, PdfFile
from registry.volunteers import service_2026_1
from registry.volunteers.service_2026_1 import A4
from registry.volunteers.sheets import ProofSheet

TEMPLATE_VERSION = "service-2026-1"
"""The template that new certificates of service are issued with."""


@dataclass(frozen=True)
class Template:
    """How one version looks: what all pages share, and the pages of one certificate."""

    background: Callable[[FontBook, bool], Background]
    pages: Callable[[ProofSheet, Hand], list[Drawing]]


def draw_proof(sheet: ProofSheet, fonts: FontBook) -> bytes:
    """One certificate of service as a PDF. The same sheet gives the same bytes.

    Ask `unprintable` first: a character without a glyph raises KeyError here.
    """
    template = TEMPLATES[sheet.template_version]
    pdf = PdfFile(title=sheet.number, created=sheet.issued_on, page_size=A4)
    hand = Hand(TextFont("Regular", fonts, REGULAR), TextFont("Bold", fonts, BOLD))
    background = _background(fonts, sheet.template_version, sheet.demo)
    for page in template.pages(sheet, hand):
        pdf.add_page(page, background)
    out = BytesIO()
    pdf.write(out, (hand.regular, hand.bold))
    return out.getvalue()


def unprintable(sheet: ProofSheet, fonts: FontBook) -> list[str]:
    """The characters of a sheet that cannot be printed, each once; issuing is refused naming them."""
    return fonts.missing_glyphs(sheet.texts())


@lru_cache(maxsize=4)
def _background(fonts: FontBook, version: str, demo: bool) -> Background:
    return TEMPLATES[version].background(fonts, demo)


TEMPLATES = {"service-2026-1": Template(service_2026_1.background, service_2026_1.pages)}
"""Every template that a certificate of service was ever issued with, by version."""
