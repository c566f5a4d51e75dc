"""Template service-2026-1: one column, a table by activity. Never edited once one was issued with it.

Places are in millimetres from the lower left corner, sizes of type in points. The contents are those of
民发〔2015〕149号; the wording is the project's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from registry.certificates.ornaments import draw_cross
from registry.certificates.sheets import Hand
from registry.core.fonts import BOLD, FontBook, TextFont
from registry.core.pdf import MM, Background, Colour, Drawing, Point, wrap
from registry.core.qr import QUIET_ZONE, qr_rects
from registry.volunteers.sheets import ProofSheet, ServiceItem, chinese_hours

A4 = (210 * MM, 297 * MM)

INK: Colour = (0.13, 0.13, 0.14)
QUIET: Colour = (0.42, 0.42, 0.43)
HAIRLINE: Colour = (0.72, 0.72, 0.72)
FRAME: Colour = (0.72, 0.36, 0.33)
SEAL: Colour = (0.82, 0.82, 0.82)
HEAD: Colour = (0.96, 0.94, 0.93)
DEMO_TINT: Colour = (0.95, 0.87, 0.87)

LEFT, RIGHT = 24.0, 186.0
FLOOR = 24.0
"""Nothing but the foot of a page lies below."""
CLOSING = 66.0
"""How high the block with issuer, seal and QR code is."""
# Serial, days, content, field, times, hours: where each column begins.
COLUMNS = (24.0, 34.0, 60.0, 125.0, 154.0, 165.0)
SMALL = 9.5
STEP = 4.6
"""From one line of a cell to the next, in millimetres."""


class _Row(NamedTuple):
    """A row of the table: what stands in its cells, each in one or more lines."""

    cells: tuple[list[str], ...]

    @property
    def height(self) -> float:
        """In millimetres."""
        return 3.4 + STEP * max(len(cell) for cell in self.cells)


def background(book: FontBook, demo: bool) -> Background:
    """What every page shares: the frame, and the mark of a demo."""
    drawing = Drawing()
    heading = TextFont("Heading", book, BOLD, tracking=200)
    if demo:
        drawing.slanted_text(_mm(105, 140), "演示", heading, 200, (0.7071, 0.7071), DEMO_TINT)
    drawing.frame((12 * MM, 12 * MM, 186 * MM, 273 * MM), 0.9, FRAME)
    drawing.frame((13.4 * MM, 13.4 * MM, 183.2 * MM, 270.2 * MM), 0.3, FRAME)
    return Background.of(drawing, (heading,) if demo else ())


def pages(sheet: ProofSheet, hand: Hand) -> list[Drawing]:
    """The pages of one certificate: title, holder, sentence and table, then issuer, seal and QR code.

    The block at the end never stands alone on a page: at least the last row of the table goes with it.
    """
    first = Drawing()
    top = _opening(first, sheet, hand)
    rows = [_row(number, item, hand) for number, item in enumerate(sheet.items, start=1)]
    parts = _parted(rows, top)
    drawings = [first, *(Drawing() for _part in parts[1:])]
    for number, (drawing, part) in enumerate(zip(drawings, parts, strict=True), start=1):
        y = top if number == 1 else 268.0
        y = _table(drawing, y, part, hand)
        if number == len(parts):
            y = _total(drawing, y, sheet, hand)
            _closing(drawing, y, sheet, hand)
        _foot(drawing, sheet, hand, number, len(parts))
    return drawings


def _opening(drawing: Drawing, sheet: ProofSheet, hand: Hand) -> float:
    """Emblem, title, number, holder and sentence; gives where the table begins."""
    draw_cross(drawing, _mm(105, 269), side=11 * MM)
    drawing.text(_mm(105, 250), "志愿服务记录证明", hand.bold, 25, INK, "centre")
    drawing.text(_mm(105, 242.5), f"证明编号：{sheet.number}", hand.regular, 10, QUIET, "centre")
    y = 230.0
    size, lines = _fit(sheet.holder_name, hand.bold, (RIGHT - LEFT - 16) * MM, ((16, 1), (13, 1), (11, 2)))
    drawing.text(_mm(LEFT, y), "姓名", hand.regular, 10, QUIET)
    for line in lines:
        drawing.text(_mm(LEFT + 16, y - 0.4), line, hand.bold, size, INK)
        y -= size * 0.5
    y = min(y, 222.0)
    details = [("志愿者编号", sheet.volunteer_number)]
    if sheet.document_masked:
        details += [("证件类型", sheet.document_kind), ("证件号码", sheet.document_masked)]
    x = LEFT
    for label, value in details:
        wide = (hand.regular.width(label, 10) + hand.regular.width(value, 10.5)) / MM + 9
        if x > LEFT and x + wide - 6 > RIGHT:
            x, y = LEFT, y - 6.5
        drawing.text(_mm(x, y), label, hand.regular, 10, QUIET)
        drawing.text(_mm(x + hand.regular.width(label, 10) / MM + 3, y), value, hand.regular, 10.5, INK)
        x += wide
    y -= 5
    drawing.line(_mm(LEFT, y), _mm(RIGHT, y), 0.5, HAIRLINE)
    y -= 9.5
    for line in wrap(_sentence(sheet), (RIGHT - LEFT) * MM, hand.regular, 12):
        drawing.text(_mm(LEFT, y), line, hand.regular, 12, INK)
        y -= 7.6
    return y - 0.5


def _sentence(sheet: ProofSheet) -> str:
    who = sheet.holder_name
    if sheet.document_masked:
        who += f"（{sheet.document_kind}：{sheet.document_masked}）"
    parts = "、".join(f"{field} {chinese_hours(minutes)}" for field, minutes in sheet.fields)
    return (
        f"　　兹证明{who}自{chinese_date(sheet.starts_on)}至{chinese_date(sheet.ends_on)}参加红十字志愿服务，"
        f"累计服务时长 {chinese_hours(sheet.minutes)}，其中{parts}。服务记录如下，特此证明。"
    )


def _row(number: int, item: ServiceItem, hand: Hand) -> _Row:
    days = [item.first_on.isoformat()]
    if item.last_on != item.first_on:
        days = [f"{item.first_on.isoformat()} 至", item.last_on.isoformat()]
    texts = ((2, item.content or item.field), (3, item.field))
    wrapped = {
        place: wrap(text, (COLUMNS[place + 1] - COLUMNS[place] - 3) * MM, hand.regular, SMALL)
        for place, text in texts
    }
    hours = chinese_hours(item.minutes)
    return _Row(([str(number)], days, wrapped[2], wrapped[3], [str(item.times)], [hours]))


def _parted(rows: Sequence[_Row], top: float) -> list[list[_Row]]:
    """The rows by page. On the last page there is room for the total and the closing block."""
    head, total = 8.0, 8.0
    parts: list[list[_Row]] = [[]]
    y = top - head
    for row in rows:
        if parts[-1] and y - row.height < FLOOR:
            parts.append([])
            y = 268.0 - head
        parts[-1].append(row)
        y -= row.height
    if y - total - CLOSING < FLOOR:
        # At least one row goes along; a page is never left without a row.
        moved = parts[-1][-2:] if len(parts[-1]) > 2 else parts[-1][1:]
        if moved:
            del parts[-1][-len(moved) :]
        parts.append(moved)
    return parts


def _table(drawing: Drawing, y: float, rows: Sequence[_Row], hand: Hand) -> float:
    """The heading and the rows; gives the lower end."""
    if not rows:
        return y
    drawing.fill_rects([(LEFT * MM, (y - 8) * MM, (RIGHT - LEFT) * MM, 8 * MM)], HEAD)
    for place, label in enumerate(("序号", "服务日期", "服务内容", "服务领域", "次数", "服务时长")):
        _cell(drawing, place, y - 5.5, label, hand.bold)
    drawing.line(_mm(LEFT, y), _mm(RIGHT, y), 0.6, QUIET)
    y -= 8
    drawing.line(_mm(LEFT, y), _mm(RIGHT, y), 0.4, QUIET)
    for row in rows:
        for place, lines in enumerate(row.cells):
            for index, line in enumerate(lines):
                _cell(drawing, place, y - 5.0 - index * STEP, line, hand.regular)
        y -= row.height
        drawing.line(_mm(LEFT, y), _mm(RIGHT, y), 0.3, HAIRLINE)
    return y


def _cell(drawing: Drawing, place: int, y: float, text: str, font: TextFont) -> None:
    if place == 5:
        drawing.text(_mm(RIGHT - 1.5, y), text, font, SMALL, INK, "right")
    elif place == 4:
        drawing.text(_mm(COLUMNS[5] - 3, y), text, font, SMALL, INK, "right")
    else:
        drawing.text(_mm(COLUMNS[place] + 1.5, y), text, font, SMALL, INK)


def _total(drawing: Drawing, y: float, sheet: ProofSheet, hand: Hand) -> float:
    times = sum(item.times for item in sheet.items)
    _cell(drawing, 2, y - 5.5, "合计", hand.bold)
    _cell(drawing, 4, y - 5.5, str(times), hand.bold)
    _cell(drawing, 5, y - 5.5, chinese_hours(sheet.minutes), hand.bold)
    drawing.line(_mm(LEFT, y - 8), _mm(RIGHT, y - 8), 0.6, QUIET)
    return y - 8


def _closing(drawing: Drawing, y: float, sheet: ProofSheet, hand: Hand) -> None:
    """Notes, QR code, issuer and the place for the seal, below the table."""
    notes = "说明：服务时长为实际服务时间，不含往返路途时间；本证明根据志愿服务记录免费出具。"
    drawing.text(_mm(LEFT, y - 6), notes, hand.regular, 8.5, QUIET)
    modules, rects = qr_rects(sheet.verify_url)
    side = 30 * MM * modules / (modules - 2 * QUIET_ZONE)
    centre = LEFT + 18, y - 32
    at = centre[0] * MM - side / 2, centre[1] * MM - side / 2
    drawing.symbol(at, side, modules, rects)
    drawing.text(_mm(centre[0], centre[1] - 20.5), "扫码核验真伪", hand.regular, 9, QUIET, "centre")
    drawing.text(
        _mm(centre[0], centre[1] - 24.7), "记录更正后以核验结果为准", hand.regular, 8, QUIET, "centre"
    )
    drawing.circle(_mm(160, y - 38), 20 * MM, 0.5, SEAL, dash="2 2")
    drawing.text(_mm(160, y - 56), "（盖章处）", hand.regular, 8, HAIRLINE, "centre")
    lines = [
        ("出具单位", sheet.issuer_zh),
        ("负责人", sheet.responsible),
        ("经办人", sheet.handled_by),
        ("联系电话", sheet.contact),
        ("出具日期", chinese_date(sheet.issued_on)),
    ]
    x, row = 80.0, y - 19
    for label, value in lines:
        if not value:
            continue
        drawing.text(_mm(x, row), label, hand.regular, 10, QUIET)
        size, found = _fit(value, hand.regular, (RIGHT - x - 20) * MM, ((11, 1), (9.5, 2), (8, 3)))
        for line in found:
            drawing.text(_mm(x + 20, row), line, hand.regular, size, INK)
            row -= size * 0.5
        row -= 3.5


def _foot(drawing: Drawing, sheet: ProofSheet, hand: Hand, number: int, count: int) -> None:
    told = f"{sheet.number}　第 {number} 页，共 {count} 页"
    drawing.text(_mm(105, 17.2), told, hand.regular, 8, QUIET, "centre")


def _fit(
    text: str, font: TextFont, width: float, sizes: Sequence[tuple[float, int]]
) -> tuple[float, list[str]]:
    """The first of `sizes` (points, lines at most) at which `text` fits, or else the last, and its lines."""
    for size, most in sizes:
        lines = wrap(text, width, font, size)
        if len(lines) <= most:
            break
    return size, lines


def chinese_date(day: date) -> str:
    """A date as documents write it: 2026年11月23日."""
    return f"{day.year}年{day.month}月{day.day}日"


def _mm(x: float, y: float) -> Point:
    return x * MM, y * MM
