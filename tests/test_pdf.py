"""Fonts, text, wrapping and QR codes of PDFs."""

from __future__ import annotations

import shutil
import struct
import subprocess
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from io import BytesIO
from pathlib import Path

import pypdf
import pypdfium2  # type: ignore[import-untyped]
import pytest
import zxingcpp
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw

from registry.core.fonts import BOLD, REGULAR, FontBook, TextFont
from registry.core.pdf import A4_LANDSCAPE, Background, Drawing, PdfFile, wrap
from registry.core.qr import QUIET_ZONE, qr_rects

RARE = "㛃䶮𠅤𫖮"
KOREAN = "김민준"


@pytest.fixture(scope="module")
def book() -> FontBook:
    return FontBook.open()


def make_pdf(book: FontBook, lines: list[str], *, title: str = "test") -> bytes:
    """A page that shows each of `lines`."""
    font = TextFont("F", book, REGULAR)
    drawing = Drawing()
    for index, line in enumerate(lines):
        drawing.text((50, 500 - 40 * index), line, font, 20)
    pdf = PdfFile(title=title, created=date(2026, 11, 23), page_size=A4_LANDSCAPE)
    pdf.add_page(drawing, Background.of(Drawing(), ()))
    out = BytesIO()
    pdf.write(out, [font])
    return out.getvalue()


def pdfium_text(data: bytes) -> str:
    document = pypdfium2.PdfDocument(data)
    try:
        return "\n".join(page.get_textpage().get_text_bounded() for page in document)
    finally:
        document.close()


def embedded_programs(data: bytes) -> list[bytes]:
    """The font files of a PDF, in the order of its objects."""
    reader = pypdf.PdfReader(BytesIO(data))
    found = []
    for number in range(1, len(reader.xref[0]) + 1):
        entry = reader.get_object(number)
        if isinstance(entry, pypdf.generic.DictionaryObject) and "/FontFile2" in entry:
            program = entry["/FontFile2"].get_object()
            assert isinstance(program, pypdf.generic.StreamObject)
            found.append(program.get_data())
    return found


@pytest.mark.parametrize(
    "text", [RARE, KOREAN, "阿卜杜热合曼·买买提", "<img src=x>{{7*7}}", "𠀡", "Ａ　（）", "é ü ß"]
)
def test_what_prints_is_not_missing(book: FontBook, text: str) -> None:
    assert book.missing_glyphs(text) == []


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("王😀明😀", ["😀"]),
        ("ئۇيغۇر", ["ئ", "ۇ", "ي", "غ", "ر"]),
        ("王\u200b\u202e明", ["\u200b", "\u202e"]),
        ("\x07\n", ["\x07", "\n"]),
        ("e\u0301", ["\u0301"]),
        (unicodedata.normalize("NFD", "김"), ["ᄀ", "ᅵ", "ᆷ"]),
        ("\ue000\uffff", ["\ue000", "\uffff"]),
        ("\u3164", ["\u3164"]),
    ],
    ids=["emoji", "arabic", "invisible", "control", "mark", "jamo", "private", "filler"],
)
def test_what_would_print_as_nothing_is_missing(book: FontBook, text: str, missing: list[str]) -> None:
    assert book.missing_glyphs(text) == missing


def test_weights_are_instanced(book: FontBook) -> None:
    def stroke(weight: int) -> int:
        """The height of a horizontal stroke, in thousandths of the size."""
        _contours, _left, low, _right, high = struct.unpack_from(">hhhhh", book.glyph("一", weight).outline)
        return int(high - low)

    assert stroke(100) < stroke(REGULAR) < stroke(BOLD)


def test_names_extract_as_they_were_written(book: FontBook, tmp_path: Path) -> None:
    lines = [f"{RARE}欧阳{KOREAN}", "⼀一", "（一），二", "𠀡fi & <b>"]
    data = make_pdf(book, lines)
    assert pdfium_text(data).split("\r\n") == lines
    assert pypdf.PdfReader(BytesIO(data)).pages[0].extract_text().split("\n") == lines
    if shutil.which("pdftotext"):
        (tmp_path / "a.pdf").write_bytes(data)
        told = subprocess.run(["pdftotext", tmp_path / "a.pdf", "-"], capture_output=True, check=True)
        assert [line for line in told.stdout.decode("utf-8").strip("\f\n").split("\n") if line] == lines


def test_tracking_does_not_break_words_apart(book: FontBook) -> None:
    font = TextFont("F", book, BOLD, tracking=250)
    drawing = Drawing()
    drawing.text((400, 300), "红十字会", font, 30, align="centre")
    pdf = PdfFile(title="t", created=date(2026, 1, 1), page_size=A4_LANDSCAPE)
    pdf.add_page(drawing, Background.of(Drawing(), ()))
    out = BytesIO()
    pdf.write(out, [font])
    assert pdfium_text(out.getvalue()) == "红十字会"
    assert font.width("红十字会", 1000) == 4000 + 3 * 250


def test_embedded_font_is_a_sound_subset(book: FontBook) -> None:
    text = RARE + KOREAN + "王 A"
    [program] = embedded_programs(make_pdf(book, [text]))
    font = TTFont(BytesIO(program), checkChecksums=2)
    assert font["maxp"].numGlyphs == len(text) + 1
    assert all(
        font["glyf"][name].numberOfContours > 0
        for name, character in zip(font.getGlyphOrder()[1:], text, strict=True)
        if character != " "
    )
    assert {width for width, _left in font["hmtx"].metrics.values()} > {1000}
    assert len(program) < 20_000


def test_no_font_is_left_outside_the_file(book: FontBook) -> None:
    data = make_pdf(book, ["王小明"])
    assert b"Helvetica" not in data
    assert len(embedded_programs(data)) == data.count(b"/Type0")


def test_same_calls_give_the_same_bytes(book: FontBook) -> None:
    data = make_pdf(book, ["王小明", KOREAN])
    assert data == make_pdf(FontBook.open(), ["王小明", KOREAN])
    assert data != make_pdf(book, ["王小红", KOREAN])


def test_metadata_is_the_title_and_the_date(book: FontBook) -> None:
    found = pypdf.PdfReader(BytesIO(make_pdf(book, ["王小明"], title="编号(1)"))).metadata
    assert found is not None
    assert {key: value for key, value in found.items() if value} == {
        "/Title": "编号(1)",
        "/CreationDate": "D:20261123",
        "/ModDate": "D:20261123",
        "/Producer": "ReportLab PDF Library - (opensource)",
        "/Trapped": "/False",
    }


def test_backgrounds_of_one_file_keep_their_own_fonts(book: FontBook) -> None:
    def labelled(text: str) -> Background:
        font = TextFont("Same", book, REGULAR)
        drawing = Drawing()
        drawing.text((50, 50), text, font, 20)
        return Background.of(drawing, [font])

    pdf = PdfFile(title="t", created=date(2026, 1, 1), page_size=A4_LANDSCAPE)
    for background in (labelled("救护员"), labelled("志愿者")):
        pdf.add_page(Drawing(), background)
    out = BytesIO()
    pdf.write(out, [])
    assert pdfium_text(out.getvalue()) == "救护员\n志愿者"


def test_threads_share_a_book() -> None:
    lines = ["王小明参加培训班", RARE, KOREAN]
    shared = FontBook.open()
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda _index: make_pdf(shared, lines), range(16)))
    assert made == {make_pdf(FontBook.open(), lines)}


def test_full_width_marks_close_up(book: FontBook) -> None:
    font = TextFont("F", book, REGULAR)
    assert font.width("期），", 1000) == 2500
    assert font.width("期，", 1000) == 2000
    assert font.show("期），").endswith("TJ")


@pytest.mark.parametrize(
    "text",
    [
        "参加红十字救护员培训班（2026年第12期），修满 16 学时，经理论与操作考核，成绩合格，特发此证。",
        "https://example.org/a-word-that-is-wider-than-any-line-of-this-test",
        "阿卜杜热合曼·买买提依明·吐尔逊江",
        "两个 空格  在行末",
        "王",
        "",
    ],
)
@pytest.mark.parametrize("width", [30, 75, 140, 600])
def test_lines_are_as_wide_as_asked_and_lose_nothing(book: FontBook, text: str, width: float) -> None:
    font = TextFont("F", book, REGULAR)
    lines = wrap(text, width, font, 14)
    assert all(font.width(line, 14) <= width or len(line) == 1 for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


def test_lines_break_where_chinese_allows_it(book: FontBook) -> None:
    font = TextFont("F", book, REGULAR)
    text = "经理论考核，成绩（合格）。发证 2026 年"
    for width in range(40, 200, 7):
        lines = wrap(text, width, font, 10)
        assert not [line for line in lines if line[:1] in ("，", "。", "）") or line[-1:] == "（"]
        assert any("2026" in line for line in lines)


@pytest.mark.parametrize("data", ["A", "https://verify.example.cn/v/AbCdEfGhIjKlMnOpQrStUv", "x" * 200])
def test_rectangles_of_a_qr_code_decode(data: str) -> None:
    side, rects = qr_rects(data)
    image = Image.new("L", (side * 4, side * 4), 255)
    pen = ImageDraw.Draw(image)
    for x, y, width, height in rects:
        top = side - y - height
        pen.rectangle((x * 4, top * 4, (x + width) * 4 - 1, (top + height) * 4 - 1), 0)
    [barcode] = zxingcpp.read_barcodes(image)
    assert barcode.text == data
    assert barcode.ec_level == "M"
    assert min(x for x, _y, _width, _height in rects) == QUIET_ZONE
    assert max(x + width for x, _y, width, _height in rects) == side - QUIET_ZONE
    assert min(y for _x, y, _width, _height in rects) == QUIET_ZONE
