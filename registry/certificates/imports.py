"""Lists of certificates issued before this registry, and of what ended them, checked row by row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from sqlalchemy.orm import Session

from registry.certificates.commands import LegacyCertificate, LegacyEvent
from registry.certificates.numbers import read_number
from registry.certificates.reading import Catalogue, Row, RowError, plain
from registry.core.errors import RuleError
from registry.core.i18n import N_
from registry.core.scope import Scope
from registry.core.sheets import Cell
from registry.core.text import clean_name, narrow, read_date
from registry.people.commands import Entrant
from registry.people.identity import read_document
from registry.people.kinds import read_kind, read_sex
from registry.people.phone import read_phone

# Column key → accepted headers, the first named in messages; the keys are accepted as well.
CERTIFICATE_HEADERS: dict[str, tuple[str, ...]] = {
    "number": ("证书编号", "救护员证编号", "证书号", "编号", "certificate no.", "certificate number"),
    "credential_type": ("证书类型", "证书种类", "证书名称", "certificate type", "type"),
    "name": ("姓名", "full name"),
    "sex": ("性别", "gender"),
    "birth_on": ("出生日期", "birth date", "date of birth"),
    "document_kind": ("证件类型", "证件种类", "document type"),
    "document_number": ("身份证号", "身份证号码", "证件号", "证件号码", "id number", "document no."),
    "phone": ("手机", "手机号", "电话", "联系电话", "mobile", "telephone"),
    "employer": ("工作单位", "工作单位/家庭住址", "workplace"),
    "unit": ("发证单位", "发证单位代码", "issuing unit", "unit code"),
    "issued_on": ("发证日期", "签发日期", "issue date", "date of issue"),
    "valid_until": ("有效期至", "有效期", "expiry date", "expires"),
    "course_title": ("培训班", "班次", "课程", "course"),
    "class_hours": ("学时", "class hours", "hours"),
}
CERTIFICATE_REQUIRED = ("number", "name", "issued_on")

EVENT_HEADERS: dict[str, tuple[str, ...]] = {
    "number": CERTIFICATE_HEADERS["number"],
    "credential_type": CERTIFICATE_HEADERS["credential_type"],
    "kind": ("事项", "类别", "event"),
    "on": ("日期", "生效日期", "撤销日期", "date", "effective date"),
    "reason": ("原因", "reason"),
    "document": ("文号", "决定文号", "decision no."),
}
EVENT_REQUIRED = ("number", "kind", "on", "reason")

_EVENT_KINDS = {
    "撤销": "revoked",
    "吊销": "revoked",
    "revoked": "revoked",
    "revoke": "revoked",
    "作废": "voided",
    "void": "voided",
    "voided": "voided",
}
_PERMANENT = frozenset({"长期", "长期有效", "永久", "permanent", "无期限"})
MOST_CLASS_HOURS = 1000


def check_certificates(
    session: Session,
    rows: Iterable[Mapping[str, Cell]],
    *,
    scope: Scope,
    today: date,
    unit_id: int | None = None,
) -> tuple[list[LegacyCertificate], list[RowError]]:
    """The rows of a list of certificates, read and checked, and everything that is wrong with the others.

    `rows` are cells by the keys of CERTIFICATE_HEADERS; `unit_id` issued those that name no unit.
    """
    catalogue = Catalogue.load(session, scope)
    checked: list[LegacyCertificate] = []
    errors: list[RowError] = []
    names: dict[str, str] = {}
    for cells in rows:
        row = Row(cells)
        certificate = _certificate(row, catalogue, today, unit_id)
        if certificate is not None and certificate.entrant.document_hash:
            known = names.setdefault(certificate.entrant.document_hash, certificate.entrant.name)
            if known != certificate.entrant.name:
                row.refuse(
                    RuleError(
                        N_("This document number stands above in the list with another name."),
                        "document_number",
                    )
                )
        errors.extend(row.errors)
        if certificate is not None and not row.errors:
            checked.append(certificate)
    return checked, errors


def _certificate(
    row: Row, catalogue: Catalogue, today: date, unit_id: int | None
) -> LegacyCertificate | None:
    number = row.read("number", read_number)
    credential_type_id = row.read("credential_type", catalogue.credential_type)
    issued_on = row.read("issued_on", lambda text: _past(read_date(text, "issued_on"), today))
    issuer = row.optional("unit", catalogue.unit) if row.text("unit") else unit_id
    if issuer is None and not row.text("unit"):
        row.refuse(RuleError(N_("The issuing unit is missing: name it in the list, or choose one."), "unit"))
    class_hours = row.optional("class_hours", _class_hours)
    entrant = _entrant(row, today)
    if number is None or credential_type_id is None or issued_on is None or issuer is None or entrant is None:
        return None
    valid_until = catalogue.valid_until(credential_type_id, issued_on)
    if row.text("valid_until"):
        valid_until = row.read("valid_until", lambda text: _until(text, issued_on))
    return LegacyCertificate(
        row=row.number,
        entrant=entrant,
        unit_id=issuer,
        credential_type_id=credential_type_id,
        number=number,
        issued_on=issued_on,
        valid_until=valid_until,
        course_title=row.text("course_title")[:120],
        class_hours=class_hours or 0,
    )


def _entrant(row: Row, today: date) -> Entrant | None:
    name = row.read("name", clean_name)
    kind = row.optional("document_kind", read_kind)
    sex = row.optional("sex", read_sex)
    birth_on = row.optional("birth_on", lambda text: read_date(text, "birth_on"))
    phone = row.optional("phone", read_phone)
    try:
        document = (
            read_document(kind, row.text("document_number"), today=today, birth_on=birth_on, sex=sex)
            if kind is not None or row.text("document_number")
            else None
        )
    except RuleError as error:
        row.refuse(error)
        return None
    if name is None:
        return None
    return Entrant.of(
        name,
        document,
        sex=sex.value if sex else None,
        birth_on=birth_on,
        phone=phone,
        employer=row.text("employer")[:120],
    )


def _past(day: date, today: date) -> date:
    if day > today:
        raise RuleError(N_("The date %(day)s lies in the future."), day=day.isoformat())
    return day


def _until(text: str, issued_on: date) -> date | None:
    if plain(text) in _PERMANENT:
        return None
    day = read_date(text, "valid_until")
    if day < issued_on:
        raise RuleError(N_("The certificate would expire before it was issued."), "valid_until")
    return day


def _class_hours(text: str) -> int:
    hours = narrow(text).removesuffix("学时").strip()
    if not hours.isascii() or not hours.isdecimal() or int(hours) > MOST_CLASS_HOURS:
        raise RuleError(N_("Class hours are a whole number, for example 16."), "class_hours")
    return int(hours)


def check_certificate_events(
    session: Session, rows: Iterable[Mapping[str, Cell]], *, scope: Scope, today: date
) -> tuple[list[LegacyEvent], list[RowError]]:
    """The rows of a list of revocations, read and checked, and everything that is wrong with the others."""
    catalogue = Catalogue.load(session, scope)
    checked: list[LegacyEvent] = []
    errors: list[RowError] = []
    for cells in rows:
        row = Row(cells)
        number = row.read("number", read_number)
        credential_type_id = row.read("credential_type", catalogue.credential_type)
        kind = row.read("kind", _event_kind)
        on = row.read("on", lambda text: _past(read_date(text, "on"), today))
        errors.extend(row.errors)
        if number is None or credential_type_id is None or kind is None or on is None:
            continue
        checked.append(
            LegacyEvent(
                row=row.number,
                credential_type_id=credential_type_id,
                number=number,
                kind=kind,
                on=on,
                reason=row.text("reason"),
                document=row.text("document")[:120],
            )
        )
    return checked, errors


def _event_kind(text: str) -> str:
    kind = _EVENT_KINDS.get(plain(text))
    if kind is None:
        raise RuleError(N_("“%(text)s” is neither 撤销 (revoked) nor 作废 (void)."), "kind", text=text)
    return kind
