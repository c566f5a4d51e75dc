"""The emblem and the engraved ornaments of a certificate, drawn as vectors.

What repeats is drawn as the same path under another matrix, so that it compresses to almost nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi, sin

from registry.core.pdf import MM, WHITE, Colour, Drawing, Matrix, Point, Rect, smooth

CROSS_RED: Colour = (0.78, 0.06, 0.14)


@dataclass(frozen=True)
class Guilloche:
    """What is interlaced: how many strands, their colour and width in points."""

    strands: int
    colour: Colour
    width: float = 0.25


def draw_cross(drawing: Drawing, centre: Point, *, side: float) -> None:
    """The emblem: a red cross of five equal squares, `side` points high, on the white of the paper."""
    x, y = centre
    arm = side / 3
    bars = ((arm, side), (side, arm))
    drawing.fill_rects([(x - wide / 2, y - high / 2, wide, high) for wide, high in bars], CROSS_RED)


def draw_border(drawing: Drawing, page: Rect, colour: Colour) -> None:
    """A woven band between fine lines along the edges of a page, and a medallion on each corner."""
    x, y, across, up = page

    def inset(by: float) -> Rect:
        return x + by * MM, y + by * MM, across - 2 * by * MM, up - 2 * by * MM

    middle = 14.0
    for by, line in ((middle - 4, 0.9), (middle + 4, 0.3), (middle + 5, 0.3)):
        drawing.frame(inset(by), line, colour)
    for wave, amplitude, strands in ((10.9, 3.0, 8), (5.45, 1.2, 2)):
        draw_band(
            drawing, inset(middle), Guilloche(strands, colour), wave=wave * MM, amplitude=amplitude * MM
        )
    left, bottom, width, height = inset(middle)
    right, top = left + width, bottom + height
    for corner in ((left, bottom), (right, bottom), (left, top), (right, top)):
        drawing.disc(corner, 7.2 * MM, WHITE)
        for radius, depth, petals in ((6.7, 3.0, 16), (3.9, 2.3, 8)):
            weave = Guilloche(4, colour)
            draw_rosette(drawing, corner, weave, radius=radius * MM, depth=depth * MM, petals=petals)


def draw_band(drawing: Drawing, middle: Rect, weave: Guilloche, *, wave: float, amplitude: float) -> None:
    """A woven band along the four sides of `middle`; what covers its corners is drawn afterwards.

    Every strand swings `amplitude` points to both sides once in about `wave` points, a whole number of
    times a side; the strands are shifted against each other by equal parts of a wave.
    """
    x, y, across, up = middle
    for side, starts in (
        (across, ((x, y, 1, 0), (x + across, y + up, -1, 0))),
        (up, ((x + across, y, 0, 1), (x, y + up, 0, -1))),
    ):
        waves = round(side / wave)
        length = side / waves
        tiles: list[Matrix] = [
            (dx, dy, dy, -dx, start_x + dx * length * index, start_y + dy * length * index)
            for start_x, start_y, dx, dy in starts
            for index in range(waves)
        ]
        drawing.stamp(_wave(length, amplitude, weave.strands), tiles, weave.width, weave.colour)


def draw_rosette(
    drawing: Drawing, centre: Point, weave: Guilloche, *, radius: float, depth: float, petals: int
) -> None:
    """A medallion of curves that fall `petals` times from `radius` by `depth` towards the `centre`."""
    points, tangents = [], []
    steps = petals * 6
    step = 2 * pi / steps
    for index in range(steps + 1):
        angle = index * step
        reach = radius - depth / 2 * (1 - cos(petals * angle))
        rise = -depth / 2 * petals * sin(petals * angle)
        points.append((reach * cos(angle), reach * sin(angle)))
        tangents.append(
            (
                (rise * cos(angle) - reach * sin(angle)) * step,
                (rise * sin(angle) + reach * cos(angle)) * step,
            )
        )
    matrices: list[Matrix] = []
    for strand in range(weave.strands):
        turn = 2 * pi * strand / petals / weave.strands
        matrices.append((cos(turn), sin(turn), -sin(turn), cos(turn), *centre))
    drawing.stamp(smooth(points, tangents), matrices, weave.width, weave.colour)


def _wave(length: float, amplitude: float, strands: int) -> str:
    """One wave of every strand along the x axis."""
    pieces = 4
    curves = []
    for strand in range(strands):
        points, tangents = [], []
        for index in range(pieces + 1):
            angle = 2 * pi * (index / pieces + strand / strands)
            points.append((length * index / pieces, amplitude * sin(angle)))
            tangents.append((length / pieces, amplitude * cos(angle) * 2 * pi / pieces))
        curves.append(smooth(points, tangents))
    return " ".join(curves)
