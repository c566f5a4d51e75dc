"""PDF files: text in embedded subsets, vector drawing, a background that a file holds once.

ReportLab writes the file; the fonts are those of `registry.core.fonts`.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import BinaryIO

from reportlab import rl_config
from reportlab.pdfbase import pdfdoc
from reportlab.pdfgen.canvas import Canvas

from registry.core.fonts import UNITS_PER_EM, EmbeddedFont, TextFont

# Streams are written as they are; ASCII armour makes a file a quarter longer.
rl_config.useA85 = 0

MM = 72 / 25.4
"""Points in a millimetre."""

A4_LANDSCAPE = (297 * MM, 210 * MM)

Point = tuple[float, float]
Rect = tuple[float, float, float, float]
Matrix = tuple[float, float, float, float, float, float]
Colour = tuple[float, float, float]

BLACK: Colour = (0, 0, 0)
WHITE: Colour = (1, 1, 1)

# No line begins with these, and none ends with an opening mark.
_CLOSING = "，。、；：？！）》」』”’·…—%％"
_OPENING = "（《「『“‘"
_ARC = 0.5523
"""How far the control points of a quarter circle lie from its ends, in radii."""


@dataclass
class Drawing:
    """PDF operators in the making. Lengths are points, the origin is the lower left corner."""

    operators: list[str] = field(default_factory=list)

    def text(
        self, at: Point, text: str, font: TextFont, size: float, colour: Colour = BLACK, align: str = "left"
    ) -> None:
        """One line of text; `at` is its left end, "centre" or "right" end on the baseline."""
        x, y = at
        if align != "left":
            width = font.width(text, size)
            x -= width / 2 if align == "centre" else width
        self.operators.append(
            f"BT {_rgb(colour)} rg /{font.name} {size:g} Tf {x:.2f} {y:.2f} Td {font.show(text)} ET"
        )

    def slanted_text(
        self, centre: Point, text: str, font: TextFont, size: float, slope: Point, colour: Colour
    ) -> None:
        """A line of text with its middle at `centre`, along `slope`: the cosine and sine of its angle."""
        cos, sin = slope
        along = font.width(text, size) / 2
        # Ideographs reach from -0.12 to 0.88 of the size, so their middle is 0.38 above the baseline.
        up = 0.38 * size
        x, y = centre[0] - along * cos + up * sin, centre[1] - along * sin - up * cos
        self.operators.append(
            f"BT {_rgb(colour)} rg /{font.name} {size:g} Tf "
            f"{cos:.4f} {sin:.4f} {-sin:.4f} {cos:.4f} {x:.2f} {y:.2f} Tm {font.show(text)} ET"
        )

    def fill_rects(self, rects: Iterable[Rect], colour: Colour = BLACK) -> None:
        """Rectangles (x, y, width, height) filled as one path, so that neighbours leave no seam."""
        path = " ".join([f"{x:.2f} {y:.2f} {width:.2f} {height:.2f} re" for x, y, width, height in rects])
        self.operators.append(f"{_rgb(colour)} rg {path} f")

    def symbol(
        self, at: Point, side: float, modules: int, rects: Iterable[tuple[int, int, int, int]]
    ) -> None:
        """A QR code of `modules` in a square of `side` points whose lower left corner is `at`."""
        path = " ".join(["%d %d %d %d re" % rect for rect in rects])  # noqa: UP031 - half the time.
        scale = side / modules
        self.operators.append(f"q 0 g {scale:.5f} 0 0 {scale:.5f} {at[0]:.2f} {at[1]:.2f} cm {path} f Q")

    def line(self, start: Point, end: Point, width: float, colour: Colour) -> None:
        """A straight line, `width` points wide."""
        self._stroke(f"{start[0]:.2f} {start[1]:.2f} m {end[0]:.2f} {end[1]:.2f} l", width, colour)

    def frame(self, rect: Rect, width: float, colour: Colour, radius: float = 0, dash: str = "") -> None:
        """The outline of a rectangle; `radius` rounds its corners, `dash` is lengths such as "2 2"."""
        x, y, across, up = rect
        if not radius:
            self._stroke(f"{x:.2f} {y:.2f} {across:.2f} {up:.2f} re", width, colour, dash)
            return
        near, far = radius * (1 - _ARC), radius
        steps = [f"{x + far:.2f} {y:.2f} m"]
        corners = ((x + across, y, 1, 0), (x + across, y + up, 0, 1), (x, y + up, -1, 0), (x, y, 0, -1))
        for corner_x, corner_y, dx, dy in corners:
            # A side runs along (dx, dy) to its corner; the next one leaves it turned left, along (-dy, dx).
            steps.append(
                f"{corner_x - dx * far:.2f} {corner_y - dy * far:.2f} l "
                f"{corner_x - dx * near:.2f} {corner_y - dy * near:.2f} "
                f"{corner_x - dy * near:.2f} {corner_y + dx * near:.2f} "
                f"{corner_x - dy * far:.2f} {corner_y + dx * far:.2f} c"
            )
        self._stroke(" ".join(steps) + " h", width, colour, dash)

    def stamp(self, path: str, matrices: Iterable[Matrix], width: float, colour: Colour) -> None:
        """The same path (see `smooth`) stroked at each of `matrices`; repeats cost next to nothing."""
        stamps = [f"q {' '.join(f'{number:.5g}' for number in matrix)} cm {path} S Q" for matrix in matrices]
        self.operators.append(f"q {_rgb(colour)} RG {width:g} w 1 J\n" + "\n".join(stamps) + " Q")

    def code(self) -> str:
        """The operators as the content of a stream."""
        return "\n".join(self.operators)

    def _stroke(self, path: str, width: float, colour: Colour, dash: str = "") -> None:
        self.operators.append(f"q {_rgb(colour)} RG {width:g} w [{dash}] 0 d {path} S Q")


def smooth(points: Sequence[Point], tangents: Sequence[Point]) -> str:
    """A curve through `points`, each with its tangent (the derivative per step from point to point)."""
    steps = [f"{points[0][0]:.2f} {points[0][1]:.2f} m"]
    for index in range(len(points) - 1):
        (x0, y0), (dx0, dy0) = points[index], tangents[index]
        (x1, y1), (dx1, dy1) = points[index + 1], tangents[index + 1]
        steps.append(
            f"{x0 + dx0 / 3:.2f} {y0 + dy0 / 3:.2f} {x1 - dx1 / 3:.2f} {y1 - dy1 / 3:.2f} {x1:.2f} {y1:.2f} c"
        )
    return " ".join(steps)


@dataclass(frozen=True, eq=False)
class Background:
    """What every page of a file shares: drawn and compressed once, placed by reference."""

    stream: bytes
    fonts: tuple[EmbeddedFont, ...]

    @classmethod
    def of(cls, drawing: Drawing, fonts: Iterable[TextFont]) -> Background:
        """The background that `drawing` shows with `fonts`."""
        return cls(zlib.compress(drawing.code().encode("ascii"), 9), tuple(font.embed() for font in fonts))


class PdfFile:
    """One PDF file. The same calls give the same bytes.

    `title` and `created` are its only metadata: the caller puts no personal data into them. Nothing in
    the file is active: there are no links, scripts or attachments.
    """

    def __init__(self, out: BinaryIO, *, title: str, created: date, page_size: tuple[float, float]) -> None:
        self._canvas = _Canvas(out, pagesize=page_size, pageCompression=1, invariant=1, lang="zh-CN")
        self._document = self._canvas._doc  # type: ignore[attr-defined]
        self._page_size = page_size
        self._backgrounds: dict[Background, str] = {}
        info = self._document.info
        info.title, info.author, info.creator, info.subject = title, "", "", ""
        info._dateFormatter = lambda *_now: f"D:{created:%Y%m%d}"

    def add_page(self, drawing: Drawing, background: Background) -> None:
        """Append a page that shows `drawing` over `background`."""
        self._canvas.doForm(self._place(background))
        self._canvas.addLiteral(drawing.code())
        self._canvas.showPage()

    def save(self, fonts: Iterable[TextFont]) -> None:
        """Embed `fonts`, which the pages used, and write the file."""
        for font in fonts:
            self._document.idToObject["BasicFonts"][font.name] = self._embed(font.embed())
        self._canvas.save()

    def _place(self, background: Background) -> str:
        name = self._backgrounds.get(background)
        if name is None:
            name = self._backgrounds[background] = f"background{len(self._backgrounds)}"
            form = pdfdoc.PDFFormXObject(0, 0, *self._page_size)
            form.Contents = _compressed(background.stream)
            form.Resources = pdfdoc.PDFResourceDictionary()
            form.Resources.Font = {font.name: self._embed(font) for font in background.fonts}
            self._document.addForm(name, form)
        return name

    def _embed(self, font: EmbeddedFont) -> pdfdoc.PDFObjectReference:
        """Write a font and its parts: PDF 32000-1, 9.7.4 (CIDFonts) and 9.10.3 (ToUnicode)."""
        name, string, reference = pdfdoc.PDFName, pdfdoc.PDFString, self._document.Reference
        descriptor = {
            "Type": name("FontDescriptor"),
            "FontName": name(font.base_font),
            "Flags": 4,
            "FontBBox": pdfdoc.PDFArrayCompact([-1000, -1000, 3000, 2000]),
            "ItalicAngle": 0,
            "Ascent": 1160,
            "Descent": -288,
            "CapHeight": 733,
            "StemV": 80,
            "FontFile2": reference(_compressed(font.program, Length1=font.program_length)),
        }
        descendant = {
            "Type": name("Font"),
            "Subtype": name("CIDFontType2"),
            "BaseFont": name(font.base_font),
            "CIDSystemInfo": pdfdoc.PDFDictionary(
                {"Registry": string("Adobe"), "Ordering": string("Identity"), "Supplement": 0}
            ),
            "FontDescriptor": reference(pdfdoc.PDFDictionary(descriptor)),
            "DW": UNITS_PER_EM,
            "W": pdfdoc.PDFArrayCompact([1, pdfdoc.PDFArrayCompact(font.widths)]),
            "CIDToGIDMap": name("Identity"),
        }
        composite = {
            "Type": name("Font"),
            "Subtype": name("Type0"),
            "BaseFont": name(font.base_font),
            "Encoding": name("Identity-H"),
            "DescendantFonts": pdfdoc.PDFArrayCompact([reference(pdfdoc.PDFDictionary(descendant))]),
            "ToUnicode": reference(_compressed(font.to_unicode)),
        }
        embedded: pdfdoc.PDFObjectReference = reference(pdfdoc.PDFDictionary(composite))
        return embedded


class _Canvas(Canvas):
    """A canvas without the initial Helvetica, which would be a font that is not embedded."""

    def _make_preamble(self) -> None:
        self._preamble = ""


def _compressed(data: bytes, **entries: int) -> pdfdoc.PDFStream:
    dictionary = pdfdoc.PDFDictionary({"Filter": pdfdoc.PDFName("FlateDecode"), **entries})
    return pdfdoc.PDFStream(dictionary, data)


def _rgb(colour: Colour) -> str:
    red, green, blue = colour
    return f"{red:g} {green:g} {blue:g}"


def wrap(text: str, width: float, font: TextFont, size: float) -> list[str]:
    """`text` in lines of at most `width` points.

    Ideographs break anywhere, except before closing and after opening punctuation; words and numbers
    are kept whole unless one alone is wider than a line. Joined, the lines give `text` again, save for
    spaces where a line ends.
    """
    return fill(break_points(text), width, font, size)


def fill(pieces: Iterable[str], width: float, font: TextFont, size: float) -> list[str]:
    """Lines of whole pieces, at most `width` points wide; a piece wider than a line is cut."""
    lines: list[str] = []
    line, used = "", 0.0
    for piece in pieces:
        # Adding widths up is quick; only where a line may end it is measured as it would be shown.
        wide = font.width(piece, size)
        if line and used + wide > width and font.width(line + piece.rstrip(" "), size) > width:
            lines.append(line.rstrip(" "))
            line, used = "", 0.0
        line, used = line + piece, used + wide
        while wide > width and len(line) > 1 and font.width(line, size) > width:
            fits = next(
                count for count in range(len(line) - 1, 0, -1) if _fits(line[:count], width, font, size)
            )
            lines.append(line[:fits])
            line = line[fits:]
            used = font.width(line, size)
    return [*lines, line.rstrip(" ")]


def _fits(text: str, width: float, font: TextFont, size: float) -> bool:
    return len(text) == 1 or font.width(text, size) <= width


def break_points(text: str) -> list[str]:
    """`text` cut at every place where a line may end."""
    pieces: list[str] = []
    last = ""
    for character in text:
        word = last not in ("", " ") and ord(character) < 0x2E80 and ord(last) < 0x2E80
        if pieces and (word or character == " " or character in _CLOSING or last in _OPENING):
            pieces[-1] += character
        else:
            pieces.append(character)
        last = character
    return pieces
