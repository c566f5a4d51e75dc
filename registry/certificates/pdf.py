"""The certificate as a PDF, drawn from the snapshot that was frozen when it was issued.

A template is never edited once a certificate was issued with it: a new look or wording is a new
module under a new version. The wording of the templates is the project's own, not an official text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from functools import lru_cache
from io import BytesIO
from typing import BinaryIO

from registry.certificates import rescuer_2026_1
from registry.certificates.sheets import CertificateSheet, Hand
from registry.core.fonts import BOLD, REGULAR, FontBook, TextFont
from registry.core.pdf import A4_LANDSCAPE, Background, Drawing, PdfFile

__all__ = [
    "TEMPLATE_VERSION",
    "CertificateSheet",
    "draw_certificate",
    "draw_certificates",
    "unprintable",
]

TEMPLATE_VERSION = "rescuer-2026-1"
"""The template that new certificates are issued with."""


@dataclass(frozen=True)
class Template:
    """How one version looks: what all pages share for a title, and what one certificate adds."""

    background: Callable[[FontBook, str, str, bool], Background]
    page: Callable[[CertificateSheet, Hand], Drawing]


def draw_certificates(
    sheets: Iterable[CertificateSheet],
    out: BinaryIO,
    fonts: FontBook,
    progress: Callable[[int], None] | None = None,
) -> None:
    """Write one PDF with a page for each sheet, in their order, and call `progress` with the pages done.

    The same sheets give the same bytes. Ask `unprintable` first: a character without a glyph raises
    KeyError here. Without a sheet: ValueError.
    """
    sheets = list(sheets)
    if not sheets:
        raise ValueError("a PDF needs at least one certificate")
    first, last = sheets[0], sheets[-1]
    title = first.number if len(sheets) == 1 else f"{first.number} - {last.number}"
    pdf = PdfFile(title=title, created=first.issued_on, page_size=A4_LANDSCAPE)
    hand = Hand(TextFont("Regular", fonts, REGULAR), TextFont("Bold", fonts, BOLD))
    for done, sheet in enumerate(sheets, start=1):
        page = TEMPLATES[sheet.template_version].page(sheet, hand)
        pdf.add_page(
            page, _background(fonts, sheet.template_version, sheet.title, sheet.title_en, sheet.demo)
        )
        if progress is not None:
            progress(done)
    pdf.write(out, (hand.regular, hand.bold))


def draw_certificate(sheet: CertificateSheet, fonts: FontBook) -> bytes:
    """One certificate as a PDF of its own; see `draw_certificates`."""
    out = BytesIO()
    draw_certificates([sheet], out, fonts)
    return out.getvalue()


def unprintable(sheet: CertificateSheet, fonts: FontBook) -> list[str]:
    """The characters of a sheet that cannot be printed, each once; issuing is refused naming them."""
    texts = [getattr(sheet, column.name) for column in fields(sheet) if column.type == "str"]
    return fonts.missing_glyphs("".join(texts))


@lru_cache(maxsize=16)
def _background(fonts: FontBook, version: str, title: str, title_en: str, demo: bool) -> Background:
    return TEMPLATES[version].background(fonts, title, title_en, demo)


TEMPLATES = {"rescuer-2026-1": Template(rescuer_2026_1.background, rescuer_2026_1.page)}
"""Every template that a certificate was ever issued with, by version."""
