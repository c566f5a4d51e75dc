"""Template rescuer-2026-1: two columns on a grid. Never edited once a certificate was issued with it.

Places are in millimetres from the lower left corner, sizes of type in points. The wording is the
project's own, not an official text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from registry.certificates.ornaments import Guilloche, draw_border, draw_cross, draw_rosette
from registry.certificates.sheets import CertificateSheet, Hand
from registry.core.fonts import BOLD, REGULAR, FontBook, TextFont
from registry.core.pdf import (
    A4_LANDSCAPE,
    MM,
    Background,
    Colour,
    Drawing,
    Point,
    break_points,
    fill,
    wrap,
)
from registry.core.qr import QUIET_ZONE, qr_rects

ENGRAVING: Colour = (0.72, 0.36, 0.33)
TINT: Colour = (0.95, 0.90, 0.89)
DEMO_TINT: Colour = (0.95, 0.87, 0.87)
INK: Colour = (0.13, 0.13, 0.14)
QUIET: Colour = (0.42, 0.42, 0.43)
HAIRLINE: Colour = (0.70, 0.70, 0.70)
SEAL: Colour = (0.82, 0.82, 0.82)

LEFT, MIDDLE, SECOND, RIGHT = 36, 80, 170, 261
PICTURE = 26
RULE = 107.5


def background(book: FontBook, title: str, title_en: str, demo: bool) -> Background:
    """What every certificate of one title shares: ornaments, emblem, title, labels, the mark of a demo."""
    drawing = Drawing()
    plain = TextFont("Plain", book, REGULAR)
    heading = TextFont("Heading", book, BOLD, tracking=200)
    spaced = TextFont("Spaced", book, REGULAR, tracking=220)
    width = 297
    for radius, depth, petals in ((46, 15, 24), (28, 11, 16)):
        weave = Guilloche(8, TINT)
        draw_rosette(drawing, _mm(width / 2, 83), weave, radius=radius * MM, depth=depth * MM, petals=petals)
    if demo:
        drawing.slanted_text(_mm(width / 2, 96), "演示", heading, 210, (0.866, 0.5), DEMO_TINT)
    draw_border(drawing, (0, 0, *A4_LANDSCAPE), ENGRAVING)
    draw_cross(drawing, _mm(width / 2, 173), side=15 * MM)
    size = min(37, 37 * 200 * MM / heading.width(title, 37))
    drawing.text(_mm(width / 2, 148), title, heading, size, INK, "centre")
    drawing.text(_mm(width / 2, 140), title_en.upper(), spaced, 8.5, QUIET, "centre")
    drawing.frame((LEFT * MM, 87.5 * MM, PICTURE * MM, 36 * MM), 0.5, HAIRLINE, dash="2 2")
    drawing.text(_mm(LEFT + PICTURE / 2, 104.4), "照片", plain, 10, HAIRLINE, "centre")
    drawing.line(_mm(MIDDLE, RULE), _mm(RIGHT, RULE), 0.5, HAIRLINE)
    drawing.text(_mm(LEFT + PICTURE / 2, 26), "扫码核验", plain, 9.5, QUIET, "centre")
    drawing.circle(_mm(240, 45), 20 * MM, 0.5, SEAL, dash="2 2")
    drawing.text(_mm(240, 33.5), "盖章处", plain, 8, HAIRLINE, "centre")
    for x, y, label, english in (
        (MIDDLE, 55.6, "证书编号", "Certificate No."),
        (MIDDLE, 38.6, "有效期至", "Valid until"),
        (SECOND, 55.6, "发证单位", "Issued by"),
        (SECOND, 38.6, "发证日期", "Date of issue"),
    ):
        drawing.text(_mm(x, y), label, plain, 9, QUIET)
        drawing.text(_mm(x + 14.5, y), english, plain, 7, QUIET)
    return Background.of(drawing, (plain, heading, spaced))


def page(sheet: CertificateSheet, hand: Hand) -> Drawing:
    """What one certificate adds: the holder, the sentence, the QR code, number, issuer and dates."""
    drawing = Drawing()
    column = (RIGHT - MIDDLE) * MM
    size, lines = _fit_name(sheet.holder_name, hand.bold, column)
    baseline = RULE + (5.6 if len(lines) == 1 else 3.6)
    for above, line in zip(reversed(range(len(lines))), lines, strict=True):
        drawing.text(_mm(MIDDLE, baseline + above * size * 1.25 / MM), line, hand.bold, size, INK)
    details = (("性别", sheet.sex), ("证件号码", sheet.document_masked), ("工作单位", sheet.holder_unit))
    bottom = _details(drawing, hand, 100.2, details)
    _sentence(drawing, hand, bottom - 13.5, sheet)

    modules, rects = qr_rects(sheet.verify_url)
    # The dark part is as wide as the photo; its quiet zone lies outside.
    side = PICTURE * MM * modules / (modules - 2 * QUIET_ZONE)
    x, y = _mm(LEFT + PICTURE / 2, 45)
    drawing.symbol((x - side / 2, y - side / 2), side, modules, rects)

    until = chinese_date(sheet.valid_until) if sheet.valid_until else "长期有效"
    first, second = (SECOND - MIDDLE - 4) * MM, (RIGHT - SECOND) * MM
    heads = ((13, 1), (11, 1), (9, 1), (7.5, 2))
    number = _fit(sheet.number, hand.bold, first, heads)
    issuer = _fit(sheet.issuing_unit_zh, hand.bold, second, ((15, 1), *heads))
    english = _fit(sheet.issuing_unit_en, hand.regular, second, ((8, 1), (7, 1), (6.4, 1), (5.6, 2)))
    _block(drawing, (MIDDLE, 49.2), number, hand.bold)
    _block(drawing, (MIDDLE, 32.2), (13, [until]), hand.regular)
    _block(drawing, (SECOND, 49.2), issuer, hand.bold)
    _block(drawing, (SECOND, 44.8), english, hand.regular, QUIET)
    _block(drawing, (SECOND, 32.2), (13, [chinese_date(sheet.issued_on)]), hand.regular)
    return drawing


def _fit_name(name: str, font: TextFont, width: float) -> tuple[float, list[str]]:
    """A long name shrinks, then breaks, after a middle dot where it has one; it is never clipped."""
    if "·" in name:
        pieces = re.split("(?<=·)", name)
    else:
        pieces = break_points(name)
    sizes: list[tuple[float, int]] = [(32, 1), (28, 1), (24, 1), (20, 2), (17, 2), (13, 3), (10, 4)]
    for size, most in sizes:
        if font.width(name, size) <= width * most and len(lines := fill(pieces, width, font, size)) <= most:
            break
    else:
        lines = fill(pieces, width, font, size)
    if len(lines) == 1:
        return size, lines
    # Several lines are made about equally long, without cutting what fits on a line.
    least = min(width, max(font.width(piece, size) for piece in pieces))
    narrower = (fill(pieces, max(least, width * share), font, size) for share in (0.5, 0.6, 0.7, 0.8, 0.9))
    return size, next((even for even in narrower if len(even) == len(lines)), lines)


class _Placed(NamedTuple):
    """A piece of a row of details: its left end in points, its row, how it is written."""

    x: float
    row: int
    text: str
    size: float
    colour: Colour


def _details(drawing: Drawing, hand: Hand, top: float, details: Sequence[tuple[str, str]]) -> float:
    """Labelled values one after the other, smaller when they need many rows; gives the last row."""
    for size in (11, 9.5, 8, 7):
        placed = _place_details(hand.regular, size, details)
        last = max((piece.row for piece in placed), default=0)
        step = size * 0.59
        if last * step < 10:
            break
    for piece in placed:
        at = (piece.x, (top - step * piece.row) * MM)
        drawing.text(at, piece.text, hand.regular, piece.size, piece.colour)
    return top - step * last


def _place_details(font: TextFont, size: float, details: Sequence[tuple[str, str]]) -> list[_Placed]:
    left, right = MIDDLE * MM, RIGHT * MM
    x, row = left, 0
    placed: list[_Placed] = []
    for label, value in details:
        if not value:
            continue
        indent = font.width(label, size - 1) + 7
        wide = indent + font.width(value, size)
        if x > left and x + wide > right:
            x, row = left, row + 1
        placed.append(_Placed(x, row, label, size - 1, QUIET))
        lines = wrap(value, right - x - indent, font, size)
        placed += [_Placed(x + indent, row + index, line, size, INK) for index, line in enumerate(lines)]
        row += len(lines) - 1
        x += wide + 26
    return placed


def _sentence(drawing: Drawing, hand: Hand, top: float, sheet: CertificateSheet) -> None:
    """The sentence that certifies, as large as leaves room above the number; below it the same in English."""
    text = (
        f"　　参加{sheet.course_name}，修满 {sheet.class_hours} 学时，经理论与操作考核，成绩合格，特发此证。"
    )
    room = (top - 66.5) * MM
    if (text, room) not in hand.sentences:
        sizes = [(float(size), 1 + int(max(room, 0) / (size * 1.8))) for size in range(15, 6, -1)]
        hand.sentences[text, room] = _fit(text, hand.regular, (RIGHT - MIDDLE) * MM, sizes)
    size, lines = hand.sentences[text, room]
    y = top * MM
    for line in lines:
        drawing.text((MIDDLE * MM, y), line, hand.regular, size, INK)
        y -= size * 1.8
    english = (
        f"The holder has completed {sheet.class_hours} class hours of first aid training "
        "and passed its assessments in theory and practice."
    )
    drawing.text((MIDDLE * MM + 2 * size, y + size * 0.3), english, hand.regular, min(8.5, size), QUIET)


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
    drawing: Drawing, at: Point, fitted: tuple[float, list[str]], font: TextFont, colour: Colour = INK
) -> None:
    size, lines = fitted
    x, y = _mm(*at)
    for index, line in enumerate(lines):
        drawing.text((x, y - index * size * 1.2), line, font, size, colour)


def chinese_date(day: date) -> str:
    """A date as documents write it: 2026年11月23日."""
    return f"{day.year}年{day.month}月{day.day}日"


def _mm(x: float, y: float) -> Point:
    return x * MM, y * MM
