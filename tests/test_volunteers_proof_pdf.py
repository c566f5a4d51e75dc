"""The certificate of service as a PDF: what it says, on how many pages, and that it never changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256

import pypdfium2  # type: ignore[import-untyped]
import pytest
import zxingcpp

from registry.core.fonts import FontBook
from registry.volunteers.hours import hours_of
from registry.volunteers.pdf import TEMPLATE_VERSION, draw_proof, unprintable
from registry.volunteers.sheets import ProofSheet, ServiceItem, chinese_hours
from tests.test_certificate_pdf import rendered, text_of

ITEM = ServiceItem("社区服务", "社区应急救护宣传", date(2026, 3, 5), date(2026, 3, 9), 2, 450)
SHEET = ProofSheet(
    template_version=TEMPLATE_VERSION,
    number="ZM2026000000123",
    issued_on=date(2026, 11, 23),
    holder_name="欧阳娜",
    document_kind="居民身份证",
    document_masked="220102********1234",
    volunteer_number="ZY000000456",
    starts_on=date(2026, 1, 1),
    ends_on=date(2026, 11, 23),
    minutes=450,
    fields=(("社区服务", 450),),
    items=(ITEM,),
    issuer_zh="长春市南关区红十字会",
    issuer_en="Red Cross Society of Nanguan",
    responsible="王丽",
    handled_by="李明",
    contact="0431-81234567",
    verify_url="https://verify.example.cn/s/AbCdEfGhIjKlMnOpQrStUv",
    demo=False,
)
HARD = ("欧阳娜", "阿卜杜热依木·艾克拜尔江·买买提吐尔逊·阿布都克里木江·努尔", "김민준", "𠅤", "测" * 60)


@pytest.fixture(scope="module")
def fonts() -> FontBook:
    return FontBook.open()


def many(count: int, content: str = "社区应急救护宣传") -> ProofSheet:
    items = tuple(
        replace(ITEM, content=f"{content}第{place}场", first_on=ITEM.first_on + timedelta(days=place))
        for place in range(count)
    )
    return replace(SHEET, items=items, minutes=450 * count, fields=(("社区服务", 450 * count),))


def pages_of(data: bytes) -> list[str]:
    document = pypdfium2.PdfDocument(data)
    try:
        return [str(page.get_textpage().get_text_bounded()).replace("\r\n", "") for page in document]
    finally:
        document.close()


def test_every_fact_is_printed(fonts: FontBook) -> None:
    text = text_of(draw_proof(SHEET, fonts)).replace("\r\n", "")
    for fact in (
        "志愿服务记录证明",
        "ZM2026000000123",
        "欧阳娜",
        "居民身份证",
        "220102********1234",
        "ZY000000456",
        "自2026年1月1日至2026年11月23日参加红十字志愿服务，累计服务时长 7.5 小时，其中社区服务 7.5 小时。",
        "社区应急救护宣传",
        "2026-03-05 至",
        "2026-03-09",
        "合计",
        "长春市南关区红十字会",
        "王丽",
        "李明",
        "0431-81234567",
        "2026年11月23日",
        "盖章处",
        "第 1 页，共 1 页",
    ):
        assert fact in text, fact
    assert "联系电话" not in text_of(draw_proof(replace(SHEET, contact=""), fonts))


@pytest.mark.parametrize("name", HARD)
def test_hard_names_extract_as_written(fonts: FontBook, name: str) -> None:
    assert unprintable(replace(SHEET, holder_name=name), fonts) == []
    assert name in text_of(draw_proof(replace(SHEET, holder_name=name), fonts)).replace("\r\n", "")


def test_a_character_without_a_glyph_is_named(fonts: FontBook) -> None:
    assert unprintable(replace(SHEET, holder_name="王\ue000"), fonts) == ["\ue000"]
    assert unprintable(replace(SHEET, items=(replace(ITEM, content="\u0627"),)), fonts) == ["\u0627"]


def test_the_same_record_gives_the_same_bytes(fonts: FontBook) -> None:
    """A changed digest is a changed template, and a template in use never changes."""
    data = draw_proof(SHEET, fonts)
    assert data == draw_proof(SHEET, FontBook.open())
    assert sha256(data).hexdigest() == "7ba2afeb777257310df5a8550eca5d4fa16720e8d8a77eafcb1e3d5f9b04d121"


@pytest.mark.parametrize("count", [1, 8, 9, 10, 11, 12, 17, 22, 23, 24, 60, 200])
def test_every_row_is_on_one_page_and_the_seal_is_never_alone(fonts: FontBook, count: int) -> None:
    pages = pages_of(draw_proof(many(count), fonts))
    together = "".join(pages)
    assert all(together.count(f"社区应急救护宣传第{place}场") == 1 for place in range(count))
    assert ["盖章处" in page for page in pages] == [False] * (len(pages) - 1) + [True]
    assert all("社区应急救护宣传第" in page for page in pages)
    assert all(f"第 {number} 页，共 {len(pages)} 页" in page for number, page in enumerate(pages, start=1))


def test_nothing_lies_on_the_foot_of_a_page(fonts: FontBook) -> None:
    fields = tuple(
        (name, 61) for name in ("应急救援救护", "无偿献血宣传", "造血干细胞捐献", "国际人道法传播")
    )
    sheet = replace(many(40, "很长的活动名称" * 24), fields=fields * 3, holder_name="测" * 60)
    data = draw_proof(sheet, fonts)
    document = pypdfium2.PdfDocument(data)
    try:
        for page in document:
            text = page.get_textpage()
            foot = text.get_text_bounded(bottom=0, top=23 * 72 / 25.4)
            assert foot.strip().startswith("ZM2026000000123")
            assert "活动" not in foot
    finally:
        document.close()


def test_the_code_is_read(fonts: FontBook) -> None:
    (code,) = zxingcpp.read_barcodes(rendered(draw_proof(SHEET, fonts)))
    assert code.text == SHEET.verify_url


def test_a_demo_says_so(fonts: FontBook) -> None:
    assert "演示" in text_of(draw_proof(replace(SHEET, demo=True), fonts))
    assert "演示" not in text_of(draw_proof(SHEET, fonts))


@pytest.mark.parametrize(
    ("minutes", "decimal", "chinese"),
    [
        (60, "1", "1 小时"),
        (30, "0.5", "0.5 小时"),
        (20, "0.33", "20 分"),
        (740, "12.33", "12 小时 20 分"),
        (726, "12.1", "12.1 小时"),
        (60_000, "1000", "1000 小时"),
        (-90, "-1.5", None),
    ],
)
def test_hours_are_written_exactly(minutes: int, decimal: str, chinese: str | None) -> None:
    assert str(hours_of(minutes)) == decimal
    if chinese is not None:
        assert chinese_hours(minutes) == chinese
