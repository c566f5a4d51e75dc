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
    page. Dark modules side by side are one rectangle.
    """
    barcode = zxingcpp.create_barcode(data, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    image = barcode.to_image(scale=1, add_quiet_zones=True)
    side = image.shape[0]
    pixels = memoryview(image).tobytes()  # type: ignore[arg-type]
    # The quiet zone ends every row with light modules, so no run goes on into the next row.
    runs = [match.span() for match in _DARK_RUN.finditer(pixels)]
    return side, [(start % side, side - 1 - start // side, end - start, 1) for start, end in runs]
