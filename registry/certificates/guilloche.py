"""The engraved border of a certificate: interlaced curves that run round the page, as vectors."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi, sin

from registry.core.pdf import Colour, Drawing

Point = tuple[float, float]


def draw_band(
    drawing: Drawing,
    box: tuple[float, float, float, float],
    *,
    radius: float,
    amplitude: float,
    waves: int,
    strands: int,
    line: float,
    colour: Colour,
) -> None:
    """Woven curves along the outline of `box` (x, y, width, height), whose corners are round.

    Every strand swings `amplitude` points to both sides, `waves` times on its way round; the strands
    are shifted against each other by equal parts of a wave.
    """
    path, length = _rounded(box, radius)
    steps = waves * 6
    for strand in range(strands):
        phase = 2 * pi * strand / strands

        def at(s: float, phase: float = phase) -> Point:
            (x, y), (nx, ny) = path(s % length)
            swing = amplitude * sin(2 * pi * waves * s / length + phase)
            return x + nx * swing, y + ny * swing

        _closed_curve(drawing, at, length, steps, line, colour)


def draw_rosette(
    drawing: Drawing,
    centre: Point,
    *,
    radius: float,
    depth: float,
    petals: int,
    strands: int,
    line: float,
    colour: Colour,
) -> None:
    """A round medallion: curves about `centre` whose distance swings by `depth` of the radius."""
    for strand in range(strands):
        phase = 2 * pi * strand / strands

        def at(angle: float, phase: float = phase) -> Point:
            reach = radius * (1 - depth + depth * cos(petals * angle + phase))
            return centre[0] + reach * cos(angle), centre[1] + reach * sin(angle)

        _closed_curve(drawing, at, 2 * pi, petals * 8, line, colour)


def _closed_curve(
    drawing: Drawing, at: Callable[[float], Point], length: float, steps: int, line: float, colour: Colour
) -> None:
    """Draw the closed curve `at`(0 … length) in `steps` cubic pieces that meet its tangents."""
    step = length / steps
    points, tangents = [], []
    for index in range(steps):
        s = index * step
        (x0, y0), (x1, y1) = at(s - step / 50), at(s + step / 50)
        points.append(at(s))
        tangents.append(((x1 - x0) * 25 / 3, (y1 - y0) * 25 / 3))
    drawing.curve(points, tangents, line, colour)


def _rounded(
    box: tuple[float, float, float, float], radius: float
) -> tuple[Callable[[float], tuple[Point, Point]], float]:
    """The outline of a box with round corners: (place and outward normal by distance, its length)."""
    x, y, width, height = box
    across, up, bend = width - 2 * radius, height - 2 * radius, pi * radius / 2
    # Side by side anticlockwise from the lower left: where it starts, which way it runs, its corner.
    sides = [
        ((x + radius, y), (1.0, 0.0), across),
        ((x + width, y + radius), (0.0, 1.0), up),
        ((x + width - radius, y + height), (-1.0, 0.0), across),
        ((x, y + height - radius), (0.0, -1.0), up),
    ]

    def at(s: float) -> tuple[Point, Point]:
        for (start_x, start_y), (dx, dy), run in sides:
            normal = (dy, -dx)
            if s <= run:
                return (start_x + dx * s, start_y + dy * s), normal
            s -= run
            if s <= bend:
                turn = s / radius
                middle = (start_x + dx * run - normal[0] * radius, start_y + dy * run - normal[1] * radius)
                out = (normal[0] * cos(turn) + dx * sin(turn), normal[1] * cos(turn) + dy * sin(turn))
                return (middle[0] + out[0] * radius, middle[1] + out[1] * radius), out
            s -= bend
        return sides[0][0], (0.0, -1.0)

    return at, 2 * (across + up) + 4 * bend
