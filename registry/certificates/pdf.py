"""The certificate as a PDF, drawn from the snapshot that was frozen when it was issued.

A template is never edited once a certificate was issued with it: a new look or wording is a new
function under a new version. The wording of this one is the project's own, not an official text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import date
from functools import lru_cache
from io import BytesIO
from itertools import chain
from typing import BinaryIO

from registry.certificates.guilloche import draw_band, draw_rosette
from registry.core.fonts import BOLD, REGULAR, FontBook, TextFont
from registry.core.pdf import A4_LANDSCAPE, MM, Background, Colour, Drawing, PdfFile, wrap
from registry.core.qr import qr_rects

TEMPLATE_VERSION = "rescuer-2026-1"
"""The template that new certificates are issued with."""

RED: Colour = (0.78, 0.06, 0.14)
ENGRAVING: Colour = (0.72, 0.36, 0.33)
INK: Colour = (0.13, 0.13, 0.14)
QUIET: Colour = (0.45, 0.45, 0.46)
HAIRLINE: Colour = (0.72, 0.72, 0.72)


@dataclass(frozen=True)
class CertificateSheet:
    """All that is printed on one certificate, as it was when the certificate was issued."""

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


@dataclass
class Hand:
    """What the pages of one file are written with: two weights, each one subset in the file."""

    regular: TextFont
    bold: TextFont


def draw_rescuer_2026_1(sheet: CertificateSheet, hand: Hand) -> Drawing:
    page = Drawing()
    left, right = 80 * MM, 261 * MM
    # name
    page.text(left, 113 * MM, sheet.holder_name, hand.bold, 32, colour=INK)
    x = left
    for label, value in (("性别", sheet.sex), ("证件号码", sheet.document_masked), ("工作单位", sheet.holder_unit)):
        if value:
            page.text(x, 100 * MM, label, hand.regular, 10, colour=QUIET)
            x += hand.regular.width(label, 10) + 7
            page.text(x, 100 * MM, value, hand.regular, 11, colour=INK)
            x += hand.regular.width(value, 11) + 26
    sentence = (
        f"　　参加{sheet.course_name}，修满 {sheet.class_hours} 学时，经理论与操作考核，成绩合格，特发此证。"
    )
    y = 86.5 * MM
    for line in wrap(sentence, right - left, hand.regular, 15):
        page.text(left, y, line, hand.regular, 15, colour=INK)
        y -= 9.5 * MM
    page.text(left+30, y+1.5*MM, "has completed 16 class hours of first aid training and passed its assessments in theory and practice.", hand.regular, 8.5, colour=QUIET)
    grid, rects = qr_rects(sheet.verify_url)
    side = 26 * MM * grid / (grid - 8)
    page.modules(49*MM - side / 2, 45 * MM - side / 2, side, grid, rects)
    page.text(left, 50.2 * MM, sheet.number, hand.bold, 13, colour=INK)
    page.text(left, 35.2 * MM, chinese_date(sheet.valid_until), hand.regular, 13, colour=INK)
    m=226*MM
    page.text(m, 50.2 * MM, sheet.issuing_unit_zh, hand.bold, 15, align="centre", colour=INK)
    page.text(m, 44.6 * MM, sheet.issuing_unit_en, hand.regular, 8, align="centre", colour=QUIET)
    page.text(m, 35.2 * MM, chinese_date(sheet.issued_on), hand.regular, 13, align="centre", colour=INK)
    return page


def rescuer_2026_1_background(book: FontBook, title: str, demo: bool) -> Background:
    page = Drawing()
    bold, spaced = TextFont("B1", book, BOLD, tracking=200), TextFont("B2", book, REGULAR, tracking=220)
    plain = TextFont("B3", book, REGULAR)
    w, h = A4_LANDSCAPE
    if demo:
        page.rotated_text(w / 2, h / 2, "演示", bold, 240, (0.866, 0.5), (0.95, 0.86, 0.86))
    draw_rosette(page, (w/2, 97*MM), radius=52*MM, depth=0.16, petals=24, strands=8, line=0.25, colour=(0.95,0.91,0.9))
    draw_rosette(page, (w/2, 97*MM), radius=33*MM, depth=0.22, petals=16, strands=8, line=0.25, colour=(0.95,0.91,0.9))
    def ring(e, r, **kw):
        draw_band(page, (e*MM, e*MM, w - 2 * e*MM, h - 2 * e*MM), radius=r*MM, **kw)
    ring(13.2, 10, amplitude=3.0 * MM, waves=72, strands=8, line=0.25, colour=ENGRAVING)
    ring(13.2, 10, amplitude=1.2 * MM, waves=144, strands=2, line=0.25, colour=ENGRAVING)
    ring(9.4, 13.8, amplitude=0, waves=12, strands=1, line=0.9, colour=ENGRAVING)
    ring(17.0, 6.2, amplitude=0, waves=12, strands=1, line=0.3, colour=ENGRAVING)
    ring(18.0, 5.2, amplitude=0, waves=12, strands=1, line=0.3, colour=ENGRAVING)
    cross(page, w / 2, 173 * MM, 15 * MM)
    page.text(w / 2, 148 * MM, title, bold, 37, align="centre", colour=INK)
    page.text(w / 2, 140 * MM, "RED CROSS CERTIFIED RESCUER", spaced, 8.5, align="centre", colour=QUIET)
    page.frame(36 * MM, 87.5 * MM, 26 * MM, 36 * MM, 0.5, HAIRLINE, "2 2")
    page.text(49 * MM, 104.5 * MM, "照片", plain, 10, align="centre", colour=HAIRLINE)
    page.line([(80 * MM, 107.5 * MM), (261 * MM, 107.5 * MM)], 0.5, HAIRLINE)
    page.text(49 * MM, 25.5 * MM, "扫码核验", plain, 9.5, align="centre", colour=QUIET)
    page.text(80 * MM, 56.5 * MM, "证书编号", plain, 9, colour=QUIET)
    page.text(80 * MM, 41.5 * MM, "有效期至", plain, 9, colour=QUIET)
    page.text(226 * MM, 58.5 * MM, "（盖章）", plain, 9, align="centre", colour=QUIET)
    draw_rosette(page, (226*MM, 45*MM), radius=20*MM, depth=0, petals=4, strands=1, line=0.4, colour=(.85,.85,.85))
    return Background.of(page, (bold, spaced, plain))


def cross(page: Drawing, x: float, y: float, side: float) -> None:
    """The emblem: a red cross of five equal squares, `side` points high, on the white of the paper."""
    arm = side / 3
    page.fill_rects([(x - arm / 2, y - side / 2, arm, side), (x - side / 2, y - arm / 2, side, arm)], RED)


def chinese_date(day: date | None) -> str:
    """A date as documents write it; without a date the certificate does not expire."""
    return f"{day.year}年{day.month}月{day.day}日" if day else "长期有效"


_background = lru_cache(maxsize=16)(rescuer_2026_1_background)


def draw_certificates(
    sheets: Iterable[CertificateSheet],
    out: BinaryIO,
    fonts: FontBook,
    progress: Callable[[int], None] | None = None,
) -> None:
    sheets = list(sheets)
    hand = Hand(TextFont("P1", fonts, REGULAR), TextFont("P2", fonts, BOLD))
    title = sheets[0].number if len(sheets) == 1 else f"{sheets[0].number} – {sheets[-1].number}"
    pdf = PdfFile(out, title=title, created=sheets[0].issued_on, page_size=A4_LANDSCAPE)
    for done, sheet in enumerate(sheets, start=1):
        pdf.add_page(draw_rescuer_2026_1(sheet, hand), _background(fonts, sheet.title, sheet.demo))
        if progress:
            progress(done)
    pdf.save((hand.regular, hand.bold))


def draw_certificate(sheet: CertificateSheet, fonts: FontBook) -> bytes:
    out = BytesIO()
    draw_certificates([sheet], out, fonts)
    return out.getvalue()
