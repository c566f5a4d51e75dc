"""Noto Sans for PDFs: which characters can be printed, and their outlines at a weight.

The font files are variable TrueType fonts from the package `justmytype-intl-cjk` (SIL Open Font
License). Only the glyphs a document uses are instanced, half a millisecond each, and kept in memory:
there is no prepared copy on disk that could be missing, stale or half written.

Subsets are made here, because ReportLab's TrueType support writes wrong Unicode values beyond the
Basic Multilingual Plane and holds 256 glyphs a font. A `TextFont` is one CID font whose codes are given
in the order the characters come, so text extracts exactly as it was written, whichever of the four
files a glyph is from.
"""

from __future__ import annotations

import re
import struct
import threading
import unicodedata
import zlib
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont

REGULAR = 400
BOLD = 700

# Simplified Chinese first; Korean names are daily life in Yanbian; the last two know rare characters.
FACES = (
    ("notosanssc", "NotoSansSC[wght].ttf"),
    ("notosanskr", "NotoSansKR[wght].ttf"),
    ("notosanstc", "NotoSansTC[wght].ttf"),
    ("notosansjp", "NotoSansJP[wght].ttf"),
)
UNITS_PER_EM = 1000

# Full-width marks leave half their square empty: ")," would show a hole.
_DOUBLED_MARK = re.compile("(?<=[，。、；：）》」』])(?=[，。、；：）》」』（《「『])")
_SQUEEZE = 500

# Korean letters that join into syllables; composed syllables have other names.
_CONJOINING = ("HANGUL CHOSEONG", "HANGUL JUNGSEONG", "HANGUL JONGSEONG")


class Glyph(NamedTuple):
    """One character at one weight: its `glyf` record and its advance in thousandths of the size."""

    outline: bytes
    advance: int


class FontBook:
    """The four fonts as one: a character is taken from the first font that has it.

    A book is safe to share between threads. A font file is read, a third of a second, when the first of
    its characters is asked for.
    """

    def __init__(self, faces: list[_Face]) -> None:
        self._faces = faces
        self._glyphs: dict[tuple[str, int], Glyph] = {}
        self._lock = threading.Lock()

    @classmethod
    def open(cls) -> FontBook:
        """The fonts of the installed package. A package without its fonts raises FileNotFoundError."""
        folder = Path(str(files("justmytype_intl_cjk"))) / "fonts" / "ofl"
        return cls([_Face(folder / family / name) for family, name in FACES])

    def glyph(self, character: str, weight: int) -> Glyph:
        """The glyph of one character; KeyError when it cannot be printed (ask `missing_glyphs` first)."""
        found = self._glyphs.get((character, weight))
        if found is None:
            with self._lock:
                found = self._glyphs[character, weight] = self._face(character).glyph(character, weight)
        return found

    def missing_glyphs(self, text: str) -> list[str]:
        """The characters of `text` that would print as nothing or as something else, each once, in order.

        A viewer shows no sign of a missing glyph, so whoever prints refuses first. Text is expected in
        NFC: marks and conjoining letters that are left over would need shaping and are refused, and so
        are controls, bidirectional marks and other invisible characters.
        """
        return [character for character in dict.fromkeys(text) if not self._prints(character)]

    def _prints(self, character: str) -> bool:
        category = unicodedata.category(character)
        if category[0] in "CM" or unicodedata.name(character, "").startswith(_CONJOINING):
            return False
        try:
            return bool(self.glyph(character, REGULAR).outline) or category == "Zs"
        except KeyError:
            return False

    def _face(self, character: str) -> _Face:
        for face in self._faces:
            if character in face:
                return face
        raise KeyError(character)


class _Face:
    """One variable font file, opened when its first character is asked for."""

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise FileNotFoundError(path)
        self._path = path
        self._font: TTFont | None = None
        self._names: dict[int, str] = {}
        self._glyph_sets: dict[int, object] = {}

    def __contains__(self, character: str) -> bool:
        if self._font is None:
            self._font = TTFont(self._path, lazy=True)
            self._names = self._font.getBestCmap()
        return ord(character) in self._names

    def glyph(self, character: str, weight: int) -> Glyph:
        """The glyph instanced at `weight`; a variable font embedded as it is would show its thinnest."""
        name = self._names[ord(character)]
        glyph_set = self._glyph_sets.get(weight)
        if glyph_set is None:
            assert self._font is not None
            glyph_set = self._glyph_sets[weight] = self._font.getGlyphSet(location={"wght": weight})
        pen = TTGlyphPen(None)
        drawn = glyph_set[name]  # type: ignore[index]
        drawn.draw(pen)
        glyph = pen.glyph()
        return Glyph(glyph.compile(None), round(drawn.width))


class TextFont:
    """The characters of one weight that one file, or one background, uses.

    `name` is the resource name, unique in the file. `tracking` is space after each character in
    thousandths of the size; it is part of the advance, so that spaced titles still extract as one word.
    """

    def __init__(self, name: str, book: FontBook, weight: int, tracking: int = 0) -> None:
        self.name = name
        self.weight = weight
        self._book = book
        self._tracking = tracking
        self._codes: dict[str, str] = {}
        self._advances: dict[str, int] = {}

    def width(self, text: str, size: float) -> float:
        """The width of `text` in points as `show` sets it, without the tracking after its last character."""
        try:
            units = sum([self._advances[character] for character in text])
        except KeyError:
            self._add(text)
            units = sum([self._advances[character] for character in text])
        units -= self._tracking + _SQUEEZE * len(_DOUBLED_MARK.findall(text))
        return units * size / UNITS_PER_EM

    def show(self, text: str) -> str:
        """`text` as the operator that shows it. Between two full-width marks the double gap is halved."""
        try:
            parts = [
                "".join([self._codes[character] for character in part]) for part in _DOUBLED_MARK.split(text)
            ]
        except KeyError:
            self._add(text)
            return self.show(text)
        if len(parts) == 1:
            return f"<{parts[0]}> Tj"
        return f"[<{f'> {_SQUEEZE} <'.join(parts)}>] TJ"

    def _add(self, text: str) -> None:
        for character in text:
            if character not in self._codes:
                self._advances[character] = self._book.glyph(character, self.weight).advance + self._tracking
                self._codes[character] = f"{len(self._codes) + 1:04X}"

    def embed(self) -> EmbeddedFont:
        """The subset as it is now. Characters used later are not in it."""
        characters = list(self._codes)
        glyphs = [self._book.glyph(character, self.weight) for character in characters]
        advances = [self._advances[character] for character in characters]
        program = _true_type(glyphs, advances)
        # Any six letters name a subset; they must differ between subsets and not between runs.
        letters = sha256(program).digest()
        tag = "".join(chr(65 + byte % 26) for byte in letters[:6])
        style = "Bold" if self.weight >= BOLD else "Regular"
        return EmbeddedFont(
            name=self.name,
            base_font=f"{tag}+NotoSansCJK-{style}",
            widths=tuple(advances),
            program=zlib.compress(program),
            program_length=len(program),
            to_unicode=zlib.compress(_to_unicode(characters)),
        )


@dataclass(frozen=True, eq=False)
class EmbeddedFont:
    """A finished subset, compressed, ready to be written into any file."""

    name: str
    base_font: str
    widths: tuple[int, ...]
    program: bytes
    program_length: int
    to_unicode: bytes


def _to_unicode(characters: list[str]) -> bytes:
    """The CMap that gives each code its character, surrogate pairs included."""
    blocks = []
    for start in range(0, len(characters), 100):
        block = characters[start : start + 100]
        pairs = "\n".join(
            f"<{start + index:04X}> <{character.encode('utf-16-be').hex().upper()}>"
            for index, character in enumerate(block, start=1)
        )
        blocks.append(f"{len(block)} beginbfchar\n{pairs}\nendbfchar")
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        "1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
        + "\n".join(blocks)
        + "\nendcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
    ).encode("ascii")


def _true_type(glyphs: list[Glyph], advances: list[int]) -> bytes:
    """A TrueType file with an empty glyph 0 and `glyphs`: the tables that PDF 32000-1, 9.9 asks for."""
    outlines = [b"", *(glyph.outline for glyph in glyphs)]
    advances = [UNITS_PER_EM, *advances]
    glyf, loca, hmtx = bytearray(), [0], bytearray()
    points = contours = 0
    for outline, advance in zip(outlines, advances, strict=True):
        left = 0
        if outline:
            count, left = struct.unpack_from(">hh", outline)
            contours = max(contours, count)
            points = max(points, struct.unpack_from(">H", outline, 10 + 2 * (count - 1))[0] + 1)
        hmtx += struct.pack(">Hh", advance, left)
        glyf += outline + bytes(-len(outline) % 4)
        loca.append(len(glyf))
    count = len(outlines)
    head = struct.pack(
        ">IIIIHHQQhhhhHHhhh",
        *(0x00010000, 0x00010000, 0, 0x5F0F3CF5, 0, UNITS_PER_EM, 0, 0),
        *(-1000, -1000, 3000, 2000, 0, 6, 2, 1, 0),
    )
    tables = {
        b"glyf": bytes(glyf),
        b"head": head,
        b"hhea": struct.pack(
            ">IhhhHhhhhhhhhhhhH", 0x00010000, 1160, -288, 0, max(advances), *[0] * 11, count
        ),
        b"hmtx": bytes(hmtx),
        b"loca": struct.pack(f">{len(loca)}I", *loca),
        b"maxp": struct.pack(">I14H", 0x00010000, count, points, contours, 0, 0, 2, *[0] * 8),
    }
    return _sfnt(tables)


def _sfnt(tables: dict[bytes, bytes]) -> bytes:
    """Tables behind the directory of an OpenType file, with their checksums."""
    search = 16 << (len(tables).bit_length() - 1)
    header = struct.pack(
        ">IHHHH", 0x00010000, len(tables), search, len(tables).bit_length() - 1, len(tables) * 16 - search
    )
    directory, body = bytearray(), bytearray()
    start = len(header) + 16 * len(tables)
    for tag, data in sorted(tables.items()):
        directory += struct.pack(">4sIII", tag, _checksum(data), start + len(body), len(data))
        body += data + bytes(-len(data) % 4)
    program = bytearray(header + directory + body)
    head_offset = program.index(tables[b"head"], start)
    adjustment = (0xB1B0AFBA - _checksum(bytes(program))) & 0xFFFFFFFF
    struct.pack_into(">I", program, head_offset + 8, adjustment)
    return bytes(program)


def _checksum(data: bytes) -> int:
    padded = data + bytes(-len(data) % 4)
    total: int = sum(struct.unpack(f">{len(padded) // 4}I", padded))
    return total & 0xFFFFFFFF
