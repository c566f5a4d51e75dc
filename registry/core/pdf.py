"""PDF files: text in embedded subsets, vector drawing, a background that a file holds once.

ReportLab writes the file; the fonts are those of `registry.core.fonts`.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, BinaryIO

from reportlab.pdfbase import pdfdoc

from registry.core.fonts import UNITS_PER_EM, EmbeddedFont, TextFont

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

    def frame(self, rect: Rect, width: float, colour: Colour, dash: str = "") -> None:
        """The outline of a rectangle; `dash` is lengths of line and gap, such as "2 2"."""
        x, y, across, up = rect
        self._stroke(f"{x:.2f} {y:.2f} {across:.2f} {up:.2f} re", width, colour, dash)

    def circle(self, centre: Point, radius: float, width: float, colour: Colour, dash: str = "") -> None:
        """The outline of a circle."""
        self._stroke(_circle(centre, radius), width, colour, dash)

    def disc(self, centre: Point, radius: float, colour: Colour) -> None:
        """A filled circle."""
        self.operators.append(f"{_rgb(colour)} rg {_circle(centre, radius)} f")

    def stamp(self, path: str, matrices: Iterable[Matrix], width: float, colour: Colour) -> None:
        """The same path (see `smooth`) stroked at each of `matrices`; repeats cost next to nothing."""
        stamps = [f"q {' '.join(f'{number:.5g}' for number in matrix)} cm {path} S Q" for matrix in matrices]
        self.operators.append(f"q {_rgb(colour)} RG {width:g} w 1 J\n" + "\n".join(stamps) + " Q")

    def code(self) -> str:
        """The operators as the content of a stream."""
        return "\n".join(self.operators)

    def _stroke(self, path: str, width: float, colour: Colour, dash: str = "") -> None:
        self.operators.append(f"q {_rgb(colour)} RG {width:g} w [{dash}] 0 d {path} S Q")


def _circle(centre: Point, radius: float) -> str:
    (x, y), near = centre, radius * _ARC
    steps = [f"{x + radius:.2f} {y:.2f} m"]
    for cos, sin in ((1, 0), (0, 1), (-1, 0), (0, -1)):
        # A quarter circle turns left, from the direction (cos, sin) to (-sin, cos).
        points = (
            (x + radius * cos - near * sin, y + radius * sin + near * cos),
            (x - radius * sin + near * cos, y + radius * cos + near * sin),
            (x - radius * sin, y + radius * cos),
        )
        steps.append(" ".join(f"{px:.2f} {py:.2f}" for px, py in points) + " c")
    return " ".join(steps) + " h"


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

    def __init__(self, *, title: str, created: date, page_size: tuple[float, float]) -> None:
        self._document = _new_document(title, created)
        self._resources = _Object()
        self._box = f"[0 0 {page_size[0]:.2f} {page_size[1]:.2f}]"
        self._page_entries = (
            f"/Type /Page /Parent {self._reference(self._document.Pages)} "
            f"/MediaBox {self._box} /Resources {self._reference(self._resources)}"
        )
        self._backgrounds: dict[Background, tuple[str, str]] = {}

    def add_page(self, drawing: Drawing, background: Background) -> None:
        """Append a page that shows `drawing` over `background`."""
        if background not in self._backgrounds:
            self._backgrounds[background] = (f"Background{len(self._backgrounds)}", self._place(background))
        name, _reference = self._backgrounds[background]
        code = f"/{name} Do\n{drawing.code()}".encode("ascii")
        self._document.updateSignature(code)
        contents = self._stream(zlib.compress(code))
        self._document.addPage(_Object(f"<< {self._page_entries} /Contents {contents} >>".encode("ascii")))

    def write(self, out: BinaryIO, fonts: Iterable[TextFont]) -> None:
        """Embed `fonts`, which the pages used, and write the file to `out`."""
        names = " ".join(f"/{font.name} {self._embed(font.embed())}" for font in fonts)
        forms = " ".join(f"/{name} {reference}" for name, reference in self._backgrounds.values())
        self._resources.content = f"<< /Font << {names} >> /XObject << {forms} >> >>".encode("ascii")
        out.write(self._document.GetPDFData(None))

    def _place(self, background: Background) -> str:
        names = " ".join(f"/{font.name} {self._embed(font)}" for font in background.fonts)
        entries = f"/Type /XObject /Subtype /Form /BBox {self._box} /Resources << /Font << {names} >> >>"
        return self._stream(background.stream, entries)

    def _embed(self, font: EmbeddedFont) -> str:
        """Write a font and its parts: PDF 32000-1, 9.7.4 (CIDFonts) and 9.10.3 (ToUnicode)."""
        program = self._stream(font.program, f"/Length1 {font.program_length}")
        descriptor = self._object(
            f"<< /Type /FontDescriptor /FontName /{font.base_font} /Flags 4 "
            "/FontBBox [-1000 -1000 3000 2000] /ItalicAngle 0 "
            f"/Ascent 1160 /Descent -288 /CapHeight 733 /StemV 80 /FontFile2 {program} >>"
        )
        widths = " ".join(str(width) for width in font.widths)
        descendant = self._object(
            f"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /{font.base_font} "
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> "
            f"/FontDescriptor {descriptor} /DW {UNITS_PER_EM} /W [1 [{widths}]] /CIDToGIDMap /Identity >>"
        )
        to_unicode = self._stream(font.to_unicode)
        return self._object(
            f"<< /Type /Font /Subtype /Type0 /BaseFont /{font.base_font} /Encoding /Identity-H "
            f"/DescendantFonts [{descendant}] /ToUnicode {to_unicode} >>"
        )

    def _object(self, content: str) -> str:
        """Add an object and give its reference."""
        return self._reference(_Object(content.encode("ascii")))

    def _stream(self, compressed: bytes, entries: str = "") -> str:
        """Add a stream of deflated data and give its reference."""
        head = f"<< /Filter /FlateDecode /Length {len(compressed)} {entries} >>\nstream\n".encode("ascii")
        return self._reference(_Object(head + compressed + b"\nendstream"))

    def _reference(self, added: pdfdoc.PDFObject) -> str:
        reference: bytes = self._document.Reference(added).format(self._document)
        return reference.decode("ascii")


def _new_document(title: str, created: date) -> Any:
    """ReportLab's document, as yet without pages; `invariant` keeps the clock out of it."""
    document = pdfdoc.PDFDocument(invariant=1, lang="zh-CN", pdfVersion=(1, 4))
    info: Any = document.info
    info.title, info.author, info.creator, info.subject = title, "", "", ""
    # strftime pads years differently from system to system.
    info._dateFormatter = lambda *_now: f"D:{created.year:04}{created.month:02}{created.day:02}"
    return document


class _Object(pdfdoc.PDFObject):
    """An object that is written as it is."""

    def __init__(self, content: bytes = b"") -> None:
        self.content = content

    def format(self, _document: pdfdoc.PDFDocument) -> bytes:
        return self.content


def _rgb(colour: Colour) -> str:
    red, green, blue = colour
    return f"{red:g} {green:g} {blue:g}"


def wrap(text: str, width: float, font: TextFont, size: float) -> list[str]:
    """`text` in lines of at most `width` points.

    Ideographs break anywhere, except before closing and after opening punctuation; words and numbers
    are kept whole unless one alone is wider than a line. Joined, the lines give `text` again, save for
    spaces where a line ends.
    """
    if font.width(text, size) <= width:
        return [text]
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
            cuts = range(len(line) - 1, 0, -1)
            fits = next(cut for cut in cuts if cut == 1 or font.width(line[:cut], size) <= width)
            lines.append(line[:fits])
            line = line[fits:]
            used = font.width(line, size)
    return [*lines, line.rstrip(" ")]


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
