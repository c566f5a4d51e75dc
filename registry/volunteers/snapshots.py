"""What a certificate of service says, frozen when it is issued."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from registry.people.kinds import DocumentKind
from registry.volunteers.models import ServiceProof
from registry.volunteers.queries.proofs import Served
from registry.volunteers.sheets import ProofSheet, ServiceItem

# Certificates are documents in Chinese, whatever language the page is in.
DOCUMENTS = {
    DocumentKind.RESIDENT_ID: "居民身份证",
    DocumentKind.RESIDENCE_PERMIT: "港澳台居民居住证",
    DocumentKind.FOREIGN_PERMANENT: "外国人永久居留身份证",
    DocumentKind.PASSPORT: "护照",
    DocumentKind.HK_MACAO_PASS: "港澳居民来往内地通行证",
    DocumentKind.TAIWAN_PASS: "台湾居民来往大陆通行证",
    DocumentKind.MILITARY: "军官证",
    DocumentKind.BIRTH_CERTIFICATE: "出生医学证明",
}
FIELDS_ZH = {
    "rescue": "应急救援救护",
    "aid": "人道救助",
    "blood": "无偿献血宣传",
    "stem_cells": "造血干细胞捐献",
    "ihl": "国际人道法传播",
    "community": "社区服务",
    "elderly": "养老服务",
    "youth": "青少年工作",
    "other": "其他服务",
}


def items_of(lines: Sequence[Served]) -> tuple[ServiceItem, ...]:
    """The lines by activity, or by what was written where there was none, in the order of their first day."""
    groups: dict[tuple[str, int | None, str], list[Served]] = {}
    for line in lines:
        groups.setdefault((line.field, line.activity_id, line.content), []).append(line)
    items = [
        ServiceItem(
            field=FIELDS_ZH.get(field, field),
            content=content,
            first_on=min(line.served_on for line in group),
            last_on=max(line.served_on for line in group),
            times=len(group),
            minutes=sum(line.minutes for line in group),
        )
        for (field, _activity, content), group in groups.items()
    ]
    return tuple(sorted(items, key=lambda item: (item.first_on, item.last_on, item.field, item.content)))


def minutes_by_field(lines: Sequence[Served]) -> tuple[tuple[str, int], ...]:
    """Minutes by field in Chinese, the longest first."""
    found: dict[str, int] = {}
    for line in lines:
        found[line.field] = found.get(line.field, 0) + line.minutes
    ordered = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple((FIELDS_ZH.get(field, field), minutes) for field, minutes in ordered)


def snapshot_of(sheet: ProofSheet) -> dict[str, Any]:
    """A sheet as it is stored with the certificate."""
    told = asdict(sheet)
    for day in ("issued_on", "starts_on", "ends_on"):
        told[day] = told[day].isoformat()
    told["fields"] = [list(pair) for pair in sheet.fields]
    told["items"] = [
        {**asdict(item), "first_on": item.first_on.isoformat(), "last_on": item.last_on.isoformat()}
        for item in sheet.items
    ]
    return told


def sheet_of(proof: ServiceProof) -> ProofSheet:
    """What the certificate said when it was issued; nothing that changed since enters it."""
    told = dict(proof.snapshot)
    for day in ("issued_on", "starts_on", "ends_on"):
        told[day] = date.fromisoformat(told[day])
    told["fields"] = tuple((str(field), int(minutes)) for field, minutes in told["fields"])
    told["items"] = tuple(
        ServiceItem(
            **{
                **item,
                "first_on": date.fromisoformat(item["first_on"]),
                "last_on": date.fromisoformat(item["last_on"]),
            }
        )
        for item in told["items"]
    )
    return ProofSheet(**told)
