"""QR codes as rectangles, to be filled as one path."""

from __future__ import annotations

import re

import zxingcpp

QUIET_ZONE = 4
"""Light modules that ISO/IEC 18004 asks for on every side."""

_DARK_RUN = re.compile(b"\0+")


def qr_rects(data: str) -> tuple[int, list[tuple[int, int, int, int]]]:
    """The symbol for `data` as (modules per side, quiet zone included; [(x, y, width, height)]).

    Error correction is M. Lengths are in modules and the origin is the lower left corner, as on a PDF
    page. Dark modules side by side become one rectangle and equal runs above each other are joined.
    """
    barcode = zxingcpp.create_barcode(data, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    image = barcode.to_image(scale=1, add_quiet_zones=False)
    modules = image.shape[0]
    pixels = memoryview(image).tobytes()  # type: ignore[arg-type]
    top = modules + QUIET_ZONE
    rects: list[tuple[int, int, int, int]] = []
    above: dict[tuple[int, int], int] = {}
    for row in range(modules + 1):
        # The row after the last is empty and closes what is still open.
        runs: dict[tuple[int, int], int] = {}
        for match in _DARK_RUN.finditer(pixels, row * modules, (row + 1) * modules):
            run = (match.start() - row * modules, match.end() - row * modules)
            runs[run] = above.pop(run, row)
        for (start, end), first in above.items():
            rects.append((start + QUIET_ZONE, top - row, end - start, row - first))
        above = runs
    return modules + 2 * QUIET_ZONE, rects
