"""The certificate as a PDF: what it says, that nothing is lost, that it never changes."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from hashlib import sha256
from io import BytesIO
from typing import Any

import pypdf
import pypdfium2  # type: ignore[import-untyped]
import pytest
import zxingcpp

from registry.certificates import rescuer_2026_1
from registry.certificates.pdf import (
    TEMPLATE_VERSION,
    CertificateSheet,
    draw_certificate,
    draw_certificates,
    unprintable,
)
from registry.certificates.sheets import Hand
from registry.core.fonts import BOLD, REGULAR, FontBook, TextFont
from registry.core.pdf import MM

SHEET = CertificateSheet(
    title="红十字救护员证",
    template_version=TEMPLATE_VERSION,
    holder_name="欧阳测试",
    sex="女",
    document_masked="2201**********1234",
    number="TEST2026000123",
    issued_on=date(2026, 11, 23),
    valid_until=date(2029, 11, 22),
    issuing_unit_zh="长春市红十字会",
    issuing_unit_en="Changchun Red Cross",
    course_name="红十字救护员培训班（2026年第12期）",
    class_hours=16,
    holder_unit="测试单位",
    verify_url="https://verify.example.cn/v/AbCdEfGhIjKlMnOpQrStUv",
    demo=False,
)
NAMES = [
    "王",
    "欧阳测试",
    "㛃䶮𠅤𫖮",
    "김민준",
    "阿卜杜热合曼·买买提依明·吐尔逊江·阿布都克里木·艾尼瓦尔",
    "测" * 60,
    "Wolfeschlegelsteinhausenbergerdorff-Testperson the Younger of",
    "<img src=file:///etc/passwd>",
    "{{ 7*7 }}${7*7}%(name)s",
    "O'Brien \"\\)(>] endstream /JS",
    "'; DROP TABLE certificate; --",
    "试" * 150,
]


@pytest.fixture(scope="module")
def fonts() -> FontBook:
    return FontBook.open()


@pytest.fixture(scope="module")
def hostile(fonts: FontBook) -> Iterator[pypdfium2.PdfDocument]:
    """One file with a page for each of NAMES, and one whose every text is long."""
    sheets = [replace(SHEET, holder_name=name, number=f"T{row}") for row, name in enumerate(NAMES)]
    long = "吉林省长春市机关事业单位与窗口服务行业" * 4
    everything = replace(
        SHEET,
        holder_name="测" * 60,
        holder_unit=long,
        course_name=long * 2,
        issuing_unit_zh="前郭尔罗斯蒙古族自治县测试红十字会及其基层组织",
        issuing_unit_en="Qian Gorlos Mongol Autonomous County Branch of the Red Cross Society of China",
        number="TEST-2026-" + "0" * 30,
    )
    document = pypdfium2.PdfDocument(draw_all([*sheets, everything], fonts))
    yield document
    document.close()


def draw_all(sheets: list[CertificateSheet], fonts: FontBook) -> bytes:
    out = BytesIO()
    draw_certificates(sheets, out, fonts)
    return out.getvalue()


def text_of(data: bytes) -> str:
    document = pypdfium2.PdfDocument(data)
    try:
        return "".join(str(page.get_textpage().get_text_bounded()) for page in document)
    finally:
        document.close()


def rendered(data: bytes, page: int = 0, dpi: int = 110) -> Any:
    document = pypdfium2.PdfDocument(data)
    try:
        return document[page].render(scale=dpi / 72).to_pil()
    finally:
        document.close()


def test_every_fact_is_printed(fonts: FontBook) -> None:
    text = text_of(draw_certificate(SHEET, fonts)).replace("\r\n", "")
    for fact in (
        "红十字救护员证",
        "欧阳测试",
        "女",
        "2201**********1234",
        "测试单位",
        "参加红十字救护员培训班（2026年第12期），修满 16 学时，经理论与操作考核，成绩合格，特发此证。",
        "TEST2026000123",
        "2026年11月23日",
        "2029年11月22日",
        "长春市红十字会",
        "Changchun Red Cross",
        "扫码核验",
    ):
        assert fact in text


def test_without_an_end_it_says_so(fonts: FontBook) -> None:
    text = text_of(draw_certificate(replace(SHEET, valid_until=None), fonts))
    assert "长期有效" in text
    assert "2029" not in text


def test_empty_details_leave_no_label(fonts: FontBook) -> None:
    text = text_of(draw_certificate(replace(SHEET, sex="", holder_unit=""), fonts))
    assert "性别" not in text
    assert "工作单位" not in text
    assert "证件号码" in text


@pytest.mark.parametrize("row", range(len(NAMES)))
def test_text_layer_is_the_name_exactly(hostile: pypdfium2.PdfDocument, row: int) -> None:
    text = hostile[row].get_textpage().get_text_bounded().replace("\r\n", "")
    # Where a line ends at a space, the space is not drawn.
    assert NAMES[row].replace(" ", "") in text.replace(" ", "")


def test_names_extract_with_another_reader(fonts: FontBook) -> None:
    data = draw_all([replace(SHEET, holder_name=name) for name in NAMES[:4]], fonts)
    pages = pypdf.PdfReader(BytesIO(data)).pages
    assert all(name in page.extract_text().split("\n") for name, page in zip(NAMES, pages, strict=False))


def test_nothing_is_clipped(hostile: pypdfium2.PdfDocument) -> None:
    """Every character lies inside the inner frame, and those of the right column right of the labels."""
    edge = 19 * MM
    for page in hostile:
        width, height = page.get_size()
        text = page.get_textpage()
        for index in range(text.count_chars()):
            if not text.get_text_range(index, 1).strip():
                continue
            left, bottom, right, top = text.get_charbox(index)
            assert edge < left < right < width - edge
            assert edge < bottom < top < height - edge


def test_long_texts_do_not_run_into_each_other(fonts: FontBook, hostile: pypdfium2.PdfDocument) -> None:
    page = hostile[len(NAMES)]
    text = page.get_textpage()
    content = text.get_text_range()
    name, number = content.index("测测"), content.index("TEST-2026")
    details, sentence = content.index("性别"), content.index("参加吉林省")
    english = content.index("The holder")
    tops = [text.get_charbox(index)[3] for index in (name, details, sentence, english, number)]
    assert tops == sorted(tops, reverse=True)
    [name_end] = [text.get_charbox(content.rindex("测", 0, details))[1]]
    assert name_end > rescuer_2026_1.RULE * MM
    assert text.get_charbox(english)[1] > 58 * MM


def test_a_character_without_a_glyph_is_named(fonts: FontBook) -> None:
    assert unprintable(SHEET, fonts) == []
    assert unprintable(replace(SHEET, holder_name="王😀"), fonts) == ["😀"]
    assert unprintable(replace(SHEET, holder_unit="ئ", course_name="班\u202e"), fonts) == ["\u202e", "ئ"]
    with pytest.raises(KeyError):
        draw_certificate(replace(SHEET, holder_name="😀"), fonts)


def test_same_sheet_same_bytes(fonts: FontBook) -> None:
    data = draw_certificate(SHEET, fonts)
    draw_certificate(replace(SHEET, holder_name="别人", demo=True), fonts)
    assert draw_certificate(SHEET, fonts) == data
    assert draw_certificate(SHEET, FontBook.open()) == data
    assert draw_certificate(replace(SHEET, number="TEST2026000124"), fonts) != data


def test_the_template_is_frozen(fonts: FontBook) -> None:
    """What was issued is printed again as it was: change the look in a new template, not in this one."""
    hand = Hand(TextFont("Regular", fonts, REGULAR), TextFont("Bold", fonts, BOLD))
    page = rescuer_2026_1.page(SHEET, hand).code()
    drawn = [page.encode("ascii")]
    drawn += [
        zlib.decompress(rescuer_2026_1.background(fonts, SHEET.title, SHEET.title_en, demo).stream)
        for demo in (False, True)
    ]
    assert [sha256(code).hexdigest()[:16] for code in drawn] == [
        "da31d5dff4d1e6b8",
        "da48e01601103f9b",
        "f728fb93af071f56",
    ]


def test_nothing_in_the_file_is_active(fonts: FontBook) -> None:
    data = draw_certificate(replace(SHEET, holder_name="/JS /Launch (x)", number="/URI (file:///x)"), fonts)
    reader = pypdf.PdfReader(BytesIO(data))
    keys: set[str] = set()
    for number in range(1, len(reader.xref[0]) + 1):
        keys |= names_in(reader.get_object(number))
    assert "/Contents" in keys
    active = {
        "/JS",
        "/JavaScript",
        "/Launch",
        "/URI",
        "/GoToR",
        "/AA",
        "/OpenAction",
        "/Annots",
        "/EmbeddedFiles",
    }
    assert keys & active == set()
    assert len(reader.pages) == 1


def names_in(value: Any) -> set[str]:
    """Every name used in a PDF object."""
    if isinstance(value, dict):
        return set(value) | {name for part in value.values() for name in names_in(part)}
    if isinstance(value, list):
        return {name for part in value for name in names_in(part)}
    return {value} if isinstance(value, pypdf.generic.NameObject) else set()


def test_metadata_is_the_number_only(fonts: FontBook) -> None:
    found = pypdf.PdfReader(BytesIO(draw_certificate(SHEET, fonts))).metadata
    assert found is not None
    assert found.title == "TEST2026000123"
    told = " ".join(str(value) for value in found.values())
    assert not [fact for fact in ("欧阳", "2201", "测试单位") if fact in told]
    both = pypdf.PdfReader(
        BytesIO(draw_all([SHEET, replace(SHEET, number="TEST2026000124")], fonts))
    ).metadata
    assert both is not None
    assert both.title == "TEST2026000123 - TEST2026000124"


def test_pages_are_a4_landscape_in_order(fonts: FontBook) -> None:
    done: list[int] = []
    out = BytesIO()
    sheets = [replace(SHEET, number=f"T{row:03}") for row in range(5)]
    draw_certificates(iter(sheets), out, fonts, done.append)
    pages = pypdf.PdfReader(out).pages
    assert done == [1, 2, 3, 4, 5]
    assert [f"T{row:03}" in page.extract_text() for row, page in enumerate(pages)] == [True] * 5
    for page in pages:
        assert float(page.mediabox.width) == pytest.approx(297 * MM, abs=0.01)
        assert float(page.mediabox.height) == pytest.approx(210 * MM, abs=0.01)


def test_no_certificate_makes_no_file(fonts: FontBook) -> None:
    with pytest.raises(ValueError, match="at least one"):
        draw_certificates([], BytesIO(), fonts)


@pytest.mark.parametrize("demo", [False, True])
def test_qr_decodes_from_the_printed_page(fonts: FontBook, demo: bool) -> None:
    urls = [SHEET.verify_url, "https://redcross.example.gov.cn/certificates/verify/" + "a1B2" * 8]
    data = draw_all([replace(SHEET, verify_url=url, demo=demo) for url in urls], fonts)
    for page, url in enumerate(urls):
        [barcode] = zxingcpp.read_barcodes(rendered(data, page).convert("L"))
        assert (barcode.text, barcode.ec_level) == (url, "M")


def test_a_demo_is_marked_across_the_page(fonts: FontBook) -> None:
    genuine, demo = draw_certificate(SHEET, fonts), draw_certificate(replace(SHEET, demo=True), fonts)
    assert "演" not in text_of(genuine)
    marked = text_of(demo)
    assert "演" in marked
    assert "示" in marked
    assert "欧阳测试" in marked
    tint = tuple(round(255 * share) for share in rescuer_2026_1.DEMO_TINT)
    image = rendered(demo, dpi=40)
    across = [x for x in range(image.width) for y in range(image.height) if image.getpixel((x, y)) == tint]
    assert max(across) - min(across) > image.width / 2
    plain = rendered(genuine, dpi=40)
    assert tint not in {color for _count, color in plain.getcolors(1 << 20)}


def test_the_emblem_is_a_red_cross_on_white(fonts: FontBook) -> None:
    image = rendered(draw_certificate(SHEET, fonts), dpi=254)

    def pixel(x: float, y: float) -> tuple[int, int, int]:
        """The colour at a place in millimetres from the lower left corner."""
        return image.getpixel((round(x * 10), image.height - round(y * 10)))  # type: ignore[no-any-return]

    centre_x, centre_y = 148.5, 173
    red = pixel(centre_x, centre_y)
    assert red[0] > 180
    assert max(red[1:]) < 60
    for right, up in ((0, 6), (0, -6), (6, 0), (-6, 0)):
        assert pixel(centre_x + right, centre_y + up) == red
    for right, up in ((5, 5), (-5, 5), (5, -5), (-5, -5), (0, 9), (0, -9), (9, 0), (-9, 0)):
        assert pixel(centre_x + right, centre_y + up) == (255, 255, 255)


def test_files_are_small(fonts: FontBook) -> None:
    one = draw_certificate(SHEET, fonts)
    forty = draw_all(
        [replace(SHEET, number=f"T{row}", holder_name=f"测试{chr(0x4E00 + row)}") for row in range(40)], fonts
    )
    assert len(one) < 60_000
    assert len(forty) < len(one) + 40 * 4_000
