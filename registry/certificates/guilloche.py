"""The engraved ornaments of a certificate: interlaced curves, drawn as vectors.

What repeats is drawn as the same path under another matrix, so that it compresses to almost nothing.
"""

from __future__ import annotations

from math import cos, pi, sin

from registry.core.pdf import Colour, Drawing, Matrix, Point, Rect, smooth


def draw_band(
    drawing: Drawing,
    middle: Rect,
    *,
    radius: float,
    wave: float,
    amplitude: float,
    strands: int,
    width: float,
    colour: Colour,
) -> None:
    """A woven band along the outline of `middle`, whose corners are round with `radius`.

    Every strand swings `amplitude` points to both sides once in about `wave` points, and the strands are
    shifted against each other by equal parts of a wave; so a band may begin at any of these parts, and
    sides and corners join.
    """
    x, y, across, up = middle
    for side, starts in (
        (across - 2 * radius, ((x + radius, y, 1, 0), (x + across - radius, y + up, -1, 0))),
        (up - 2 * radius, ((x + across, y + radius, 0, 1), (x, y + up - radius, 0, -1))),
    ):
        waves = round(side / wave)
        length = side / waves
        tiles: list[Matrix] = [
            (dx, dy, dy, -dx, start_x + dx * length * index, start_y + dy * length * index)
            for start_x, start_y, dx, dy in starts
            for index in range(waves)
        ]
        drawing.stamp(_straight(length, amplitude, strands), tiles, width, colour)
    turns = round(pi * radius / 2 / wave * strands) / strands
    corners: list[Matrix] = [
        (1, 0, 0, 1, x + across - radius, y + radius),
        (0, 1, -1, 0, x + across - radius, y + up - radius),
        (-1, 0, 0, -1, x + radius, y + up - radius),
        (0, -1, 1, 0, x + radius, y + radius),
    ]
    drawing.stamp(_bend(radius, turns, amplitude, strands), corners, width, colour)


def draw_rosette(
    drawing: Drawing,
    centre: Point,
    *,
    radius: float,
    depth: float,
    petals: int,
    strands: int,
    width: float,
    colour: Colour,
) -> None:
    """A round medallion: curves whose distance from `centre` falls from `radius` by `depth`, `petals` times."""
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
    for strand in range(strands):
        turn = 2 * pi * strand / petals / strands
        matrices.append((cos(turn), sin(turn), -sin(turn), cos(turn), *centre))
    drawing.stamp(smooth(points, tangents), matrices, width, colour)


def _straight(length: float, amplitude: float, strands: int) -> str:
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


def _bend(radius: float, turns: float, amplitude: float, strands: int) -> str:
    """Every strand round a quarter circle about the origin, from straight below it to its right."""
    pieces = max(4, round(turns * 6))
    curves = []
    for strand in range(strands):
        points, tangents = [], []
        for index in range(pieces + 1):
            angle = 2 * pi * (turns * index / pieces + strand / strands)
            turn = pi / 2 * (index / pieces - 1)
            reach = radius + amplitude * sin(angle)
            rise = amplitude * cos(angle) * 2 * pi * turns / pieces
            sweep = pi / 2 / pieces
            points.append((reach * cos(turn), reach * sin(turn)))
            tangents.append(
                (
                    rise * cos(turn) - reach * sin(turn) * sweep,
                    rise * sin(turn) + reach * cos(turn) * sweep,
                )
            )
        curves.append(smooth(points, tangents))
    return " ".join(curves)
