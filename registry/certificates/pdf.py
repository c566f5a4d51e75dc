"""The certificate as a PDF, drawn from the snapshot that was frozen when it was issued.

A template is never edited once a certificate was issued with it: a new look or wording is a new
function under a new version. The wording of the templates is the project's own, not an official text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import date
from functools import lru_cache
from io import BytesIO
from typing import BinaryIO

from registry.certificates.guilloche import draw_band, draw_rosette
from registry.core.fonts import BOLD, REGULAR, FontBook, TextFont
from registry.core.pdf import (
    A4_LANDSCAPE,
    MM,
    WHITE,
    Background,
    Colour,
    Drawing,
    PdfFile,
    Point,
    break_points,
    fill,
    wrap,
)
from registry.core.qr import qr_rects

TEMPLATE_VERSION = "rescuer-2026-1"
"""The template that new certificates are issued with."""

CROSS_RED: Colour = (0.78, 0.06, 0.14)
ENGRAVING: Colour = (0.72, 0.36, 0.33)
TINT: Colour = (0.95, 0.90, 0.89)
DEMO_TINT: Colour = (0.95, 0.87, 0.87)
INK: Colour = (0.13, 0.13, 0.14)
QUIET: Colour = (0.42, 0.42, 0.43)
HAIRLINE: Colour = (0.70, 0.70, 0.70)
SEAL: Colour = (0.82, 0.82, 0.82)


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


@dataclass
class Hand:
    """What the pages of one file are written with: two weights, each one subset of the file.

    `sentences` keeps how a text was set, because a class shares its sentence.
    """

    regular: TextFont
    bold: TextFont
    sentences: dict[tuple[str, float], tuple[float, list[str]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Template:
    """How one version looks: what all pages share for a title, and what one certificate adds."""

    background: Callable[[FontBook, str, bool], Background]
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
    pdf = PdfFile(out, title=title, created=first.issued_on, page_size=A4_LANDSCAPE)
    hand = Hand(TextFont("Regular", fonts, REGULAR), TextFont("Bold", fonts, BOLD))
    for done, sheet in enumerate(sheets, start=1):
        page = TEMPLATES[sheet.template_version].page(sheet, hand)
        pdf.add_page(page, _background(fonts, sheet.template_version, sheet.title, sheet.demo))
        if progress is not None:
            progress(done)
    pdf.save((hand.regular, hand.bold))


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
def _background(fonts: FontBook, version: str, title: str, demo: bool) -> Background:
    return TEMPLATES[version].background(fonts, title, demo)


# Template rescuer-2026-1: two columns on a grid. Lengths in millimetres from the lower left corner.

LEFT, MIDDLE, SECOND, RIGHT = 36, 80, 170, 261
PICTURE = 26
RULE = 107.5


def _rescuer_2026_1_background(book: FontBook, title: str, demo: bool) -> Background:
    page = Drawing()
    plain = TextFont("Plain", book, REGULAR)
    heading = TextFont("Heading", book, BOLD, tracking=200)
    spaced = TextFont("Spaced", book, REGULAR, tracking=220)
    width, height = 297, 210
    for radius, depth, petals in ((46, 15, 24), (28, 11, 16)):
        draw_rosette(
            page,
            _mm(width / 2, 83),
            radius=radius * MM,
            depth=depth * MM,
            petals=petals,
            strands=8,
            width=0.25,
            colour=TINT,
        )
    if demo:
        page.slanted_text(_mm(width / 2, 96), "演示", heading, 210, (0.866, 0.5), DEMO_TINT)
    for wave, amplitude, strands in ((10.9, 3.0, 8), (5.45, 1.2, 2)):
        draw_band(
            page,
            (13.2 * MM, 13.2 * MM, (width - 26.4) * MM, (height - 26.4) * MM),
            radius=8 * MM,
            wave=wave * MM,
            amplitude=amplitude * MM,
            strands=strands,
            width=0.25,
            colour=ENGRAVING,
        )
    for inset, radius, line in ((9.3, 11.9, 0.9), (17.1, 4.1, 0.3), (18.2, 3, 0.3)):
        rect = (inset * MM, inset * MM, (width - 2 * inset) * MM, (height - 2 * inset) * MM)
        page.frame(rect, line, ENGRAVING, radius=radius * MM)
    _cross(page, _mm(width / 2, 173), 15 * MM)
    page.text(_mm(width / 2, 148), title, heading, 37, INK, "centre")
    page.text(_mm(width / 2, 140), "RED CROSS CERTIFIED RESCUER", spaced, 8.5, QUIET, "centre")
    page.frame((LEFT * MM, 87.5 * MM, PICTURE * MM, 36 * MM), 0.5, HAIRLINE, dash="2 2")
    page.text(_mm(LEFT + PICTURE / 2, 104.4), "照片", plain, 10, HAIRLINE, "centre")
    page.line(_mm(MIDDLE, RULE), _mm(RIGHT, RULE), 0.5, HAIRLINE)
    page.text(_mm(LEFT + PICTURE / 2, 26.6), "扫码核验", plain, 9.5, QUIET, "centre")
    page.frame((220 * MM, 25.5 * MM, 40 * MM, 40 * MM), 0.5, SEAL, radius=20 * MM, dash="2 2")
    page.text(_mm(240, 33.5), "盖章处", plain, 8, HAIRLINE, "centre")
    for x, y, label, english in (
        (MIDDLE, 55.6, "证书编号", "Certificate No."),
        (MIDDLE, 38.6, "有效期至", "Valid until"),
        (SECOND, 55.6, "发证单位", "Issued by"),
        (SECOND, 38.6, "发证日期", "Date of issue"),
    ):
        page.text(_mm(x, y), label, plain, 9, QUIET)
        page.text(_mm(x + 14.5, y), english, plain, 7, QUIET)
    return Background.of(page, (plain, heading, spaced))


def _rescuer_2026_1_page(sheet: CertificateSheet, hand: Hand) -> Drawing:
    page = Drawing()
    column = (RIGHT - MIDDLE) * MM
    size, lines = _fit_name(sheet.holder_name, hand.bold, column)
    baseline = RULE + (5.6 if len(lines) == 1 else 3.6)
    for index, line in enumerate(reversed(lines)):
        page.text(_mm(MIDDLE, baseline + index * size * 1.25 / MM), line, hand.bold, size, INK)
    details = (("性别", sheet.sex), ("证件号码", sheet.document_masked), ("工作单位", sheet.holder_unit))
    bottom = _details(page, hand, 100.2, details)
    _sentence(page, hand, bottom - 13.5, sheet)

    modules, rects = qr_rects(sheet.verify_url)
    # The dark part is as wide as the photo; its quiet zone lies outside.
    dark = modules - 8
    side = PICTURE * MM * modules / dark
    x, y = _mm(LEFT + PICTURE / 2, 45)
    page.fill_rects([(x - side / 2, y - side / 2, side, side)], WHITE)
    page.symbol((x - side / 2, y - side / 2), side, modules, rects)

    until = chinese_date(sheet.valid_until) if sheet.valid_until else "长期有效"
    first, second = (SECOND - MIDDLE - 4) * MM, (RIGHT - SECOND) * MM
    heads = ((13, 1), (11, 1), (9, 1), (7.5, 2))
    _block(page, (MIDDLE, 49.2), _fit(sheet.number, hand.bold, first, heads), hand.bold)
    _block(page, (MIDDLE, 32.2), (13, [until]), hand.regular)
    _block(page, (SECOND, 49.2), _fit(sheet.issuing_unit_zh, hand.bold, second, ((15, 1), *heads)), hand.bold)
    english = _fit(sheet.issuing_unit_en, hand.regular, second, ((8, 1), (7, 2), (6, 3)))
    _block(page, (SECOND, 44.8), english, hand.regular, QUIET)
    _block(page, (SECOND, 32.2), (13, [chinese_date(sheet.issued_on)]), hand.regular)
    return page


def _fit_name(name: str, font: TextFont, width: float) -> tuple[float, list[str]]:
    """A long name shrinks, then breaks, after a middle dot where it has one; it is never clipped."""
    pieces = re.split("(?<=·)", name) if "·" in name else break_points(name)
    sizes: Sequence[tuple[float, int]] = ((32, 1), (28, 1), (24, 1), (20, 2), (17, 2), (13, 3), (10, 4))
    for size, most in sizes:
        lines = fill(pieces, width, font, size)
        if len(lines) <= most:
            break
    # Several lines are made about equally long.
    narrower = (fill(pieces, width * share, font, size) for share in (0.5, 0.6, 0.7, 0.8, 0.9))
    return size, next((even for even in narrower if len(even) == len(lines)), lines)


def _details(page: Drawing, hand: Hand, top: float, details: Iterable[tuple[str, str]]) -> float:
    """Labelled values one after the other, on further rows when they need them; gives the last row."""
    left, right = MIDDLE * MM, RIGHT * MM
    x = left
    for label, value in details:
        if not value:
            continue
        indent = hand.regular.width(label, 10) + 7
        wide = indent + hand.regular.width(value, 11)
        if x > left and x + wide > right:
            x, top = left, top - 6.5
        page.text((x, top * MM), label, hand.regular, 10, QUIET)
        for index, line in enumerate(wrap(value, right - x - indent, hand.regular, 11)):
            top -= 6.5 if index else 0
            page.text((x + indent, top * MM), line, hand.regular, 11, INK)
        x += wide + 26
    return top


def _sentence(page: Drawing, hand: Hand, top: float, sheet: CertificateSheet) -> None:
    """The sentence that certifies, as large as leaves room above the number; below it the same in English."""
    text = (
        f"　　参加{sheet.course_name}，修满 {sheet.class_hours} 学时，经理论与操作考核，成绩合格，特发此证。"
    )
    room = (top - 66.5) * MM
    if (text, room) not in hand.sentences:
        sizes = [(size, 1 + int(room / (size * 1.8))) for size in (15, 14, 13, 12, 11, 10, 9, 8, 7)]
        hand.sentences[text, room] = _fit(text, hand.regular, (RIGHT - MIDDLE) * MM, sizes)
    size, lines = hand.sentences[text, room]
    y = top * MM
    for line in lines:
        page.text((MIDDLE * MM, y), line, hand.regular, size, INK)
        y -= size * 1.8
    english = (
        f"The holder has completed {sheet.class_hours} class hours of first aid training "
        "and passed its assessments in theory and practice."
    )
    page.text((MIDDLE * MM + 2 * size, y + size * 0.3), english, hand.regular, 8.5, QUIET)


def _fit(
    text: str, font: TextFont, width: float, sizes: Sequence[tuple[float, int]]
) -> tuple[float, list[str]]:
    """The first of `sizes` (points, lines at most) at which `text` fits, or else the last, and its lines."""
    for size, most in sizes:
        lines = wrap(text, width, font, size)
        if len(lines) <= most:
            break
    return size, lines


def _block(
    page: Drawing, at: Point, fitted: tuple[float, list[str]], font: TextFont, colour: Colour = INK
) -> None:
    size, lines = fitted
    x, y = _mm(*at)
    for index, line in enumerate(lines):
        page.text((x, y - index * size * 1.2), line, font, size, colour)


def _cross(page: Drawing, centre: Point, side: float) -> None:
    """The emblem: a red cross of five equal squares on the white of the paper."""
    x, y = centre
    arm = side / 3
    bars = ((arm, side), (side, arm))
    page.fill_rects([(x - wide / 2, y - high / 2, wide, high) for wide, high in bars], CROSS_RED)


def chinese_date(day: date) -> str:
    """A date as documents write it: 2026年11月23日."""
    return f"{day.year}年{day.month}月{day.day}日"


def _mm(x: float, y: float) -> Point:
    return x * MM, y * MM


TEMPLATES = {"rescuer-2026-1": Template(_rescuer_2026_1_background, _rescuer_2026_1_page)}
"""Every template that a certificate was ever issued with, by version."""
