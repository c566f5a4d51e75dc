"""1,000 certificates with distinct names and QR codes against 1,000 plain pages of ReportLab."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from io import BytesIO

from reportlab.pdfgen.canvas import Canvas

from bench._timing import medians
from registry.certificates.pdf import TEMPLATE_VERSION, CertificateSheet, draw_certificate, draw_certificates
from registry.core.fonts import FontBook
from registry.core.pdf import A4_LANDSCAPE

PAGES = 1000
ROUNDS = 7


def sheets(count: int) -> list[CertificateSheet]:
    """Certificates whose names, numbers, addresses and QR codes all differ."""
    rng = random.Random(20260101)
    surnames = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
    given = [bytes([row, cell]).decode("gb2312") for row in range(0xB0, 0xBA) for cell in range(0xA1, 0xFF)]
    first = CertificateSheet(
        title="红十字救护员证",
        template_version=TEMPLATE_VERSION,
        holder_name="",
        sex="女",
        document_masked="",
        number="",
        issued_on=date(2026, 11, 23),
        valid_until=date(2029, 11, 22),
        issuing_unit_zh="长春市红十字会",
        issuing_unit_en="Changchun Red Cross",
        course_name="红十字救护员培训班（2026年第12期）",
        class_hours=16,
        holder_unit="长春市第一中学",
        verify_url="",
        demo=False,
    )
    names: dict[str, None] = {}
    while len(names) < count:
        names[rng.choice(surnames) + "".join(rng.sample(given, 2))] = None
    return [
        replace(
            first,
            holder_name=name,
            document_masked=f"2201**********{index:04}",
            number=f"JL220102{2026000000 + index}",
            verify_url=f"https://verify.example.cn/v/{rng.getrandbits(128):032x}",
        )
        for index, name in enumerate(names)
    ]


def plain_pages(count: int) -> bytes:
    """Pages of twelve Helvetica strings."""
    out = BytesIO()
    canvas = Canvas(out, pagesize=A4_LANDSCAPE)
    for page in range(count):
        canvas.setFont("Helvetica", 12)
        for line in range(12):
            canvas.drawString(50, 50 + line * 20, f"page {page} line {line} of plain text")
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def run() -> list[tuple[str, float, float]]:
    """Ratios of the median times; the glyphs of all names are instanced before."""
    fonts = FontBook.open()
    people = sheets(PAGES)

    def one_file() -> None:
        draw_certificates(people, BytesIO(), fonts)

    def single_files() -> None:
        for sheet in people:
            draw_certificate(sheet, fonts)

    one_file()
    jobs: list[Callable[[], object]] = [lambda: plain_pages(PAGES), one_file, single_files]
    base, together, apart = medians(jobs, ROUNDS)
    return [
        ("1,000 certificates in one file", together / base, 5.0),
        ("1,000 certificates as single files", apart / base, 30.0),
    ]
