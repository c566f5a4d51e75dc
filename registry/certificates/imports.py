"""Lists of certificates issued before this registry, and of what ended them, checked row by row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from sqlalchemy.orm import Session

from registry.accounts.commands import EARLIEST
from registry.certificates.commands import LegacyCertificate, LegacyEvent
from registry.certificates.numbers import read_number
from registry.certificates.reading import Catalogue
from registry.core.errors import RuleError
from registry.core.i18n import N_
from registry.core.imports import Row, RowError, plain, read_whole
from registry.core.scope import Scope
from registry.core.sheets import Cell
from registry.core.text import read_date
from registry.people.imports import read_entrant

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
LONGEST = 120


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
    catalogue = Catalogue.load(session, scope, today)
    checked: list[LegacyCertificate] = []
    errors: list[RowError] = []
    names: dict[str, str] = {}
    for cells in rows:
        row = Row.of(cells)
        certificate = _certificate(row, catalogue, today, unit_id)
        if certificate is not None and certificate.entrant.document_hash:
            known = names.setdefault(certificate.entrant.document_hash, certificate.entrant.name)
            if known != certificate.entrant.name:
                told = N_("This document number stands above in the list with another name.")
                row.refuse(RuleError(told), "document_number")
        errors.extend(row.errors)
        if certificate is not None and not row.errors:
            checked.append(certificate)
    return checked, errors


def _certificate(
    row: Row, catalogue: Catalogue, today: date, unit_id: int | None
) -> LegacyCertificate | None:
    number = row.read("number", read_number)
    credential_type_id = row.read("credential_type", catalogue.credential_type)
    issued_on = row.read("issued_on", lambda text: _issued(read_date(text, "issued_on"), today))
    issuer = catalogue.units.read(row, "unit", unit_id)
    class_hours = row.optional("class_hours", _class_hours)
    course_title = row.bounded("course_title", LONGEST)
    entrant = read_entrant(row, today, told_apart=False)
    if number is None or credential_type_id is None or issued_on is None or issuer is None or entrant is None:
        return None
    if entrant.birth_on is not None and issued_on < entrant.birth_on:
        told = N_("The certificate would be issued before its holder was born, on %(day)s.")
        row.refuse(RuleError(told, day=entrant.birth_on.isoformat()), "issued_on")
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
        course_title=course_title,
        class_hours=class_hours or 0,
    )


def _past(day: date, today: date) -> date:
    if day > today:
        raise RuleError(N_("The date %(day)s lies in the future."), day=day.isoformat())
    return day


def _issued(day: date, today: date) -> date:
    if day < EARLIEST:
        raise RuleError(N_("%(day)s is too early for a certificate; check the year."), day=day.isoformat())
    return _past(day, today)


def _until(text: str, issued_on: date) -> date | None:
    if plain(text) in _PERMANENT:
        return None
    day = read_date(text, "valid_until")
    if day < issued_on:
        raise RuleError(N_("The certificate would expire before it was issued."), "valid_until")
    # Other systems write the last day of the calendar where there is no end.
    return None if day == date.max else day


def _class_hours(text: str) -> int:
    try:
        return read_whole(plain(text).removesuffix("学时"), MOST_CLASS_HOURS)
    except RuleError:
        raise RuleError(N_("Class hours are a whole number, for example 16."), "class_hours") from None


def check_certificate_events(
    session: Session, rows: Iterable[Mapping[str, Cell]], *, scope: Scope, today: date
) -> tuple[list[LegacyEvent], list[RowError]]:
    """The rows of a list of revocations, read and checked, and everything that is wrong with the others."""
    catalogue = Catalogue.load(session, scope, today)
    checked: list[LegacyEvent] = []
    errors: list[RowError] = []
    for cells in rows:
        row = Row.of(cells)
        number = row.read("number", read_number)
        credential_type_id = row.read("credential_type", catalogue.credential_type)
        kind = row.read("kind", _event_kind)
        on = row.read("on", lambda text: _past(read_date(text, "on"), today))
        document = row.bounded("document", LONGEST)
        errors.extend(row.errors)
        if row.errors or number is None or credential_type_id is None or kind is None or on is None:
            continue
        checked.append(
            LegacyEvent(
                row=row.number,
                credential_type_id=credential_type_id,
                number=number,
                kind=kind,
                on=on,
                reason=row.text("reason"),
                document=document,
            )
        )
    return checked, errors


def _event_kind(text: str) -> str:
    kind = _EVENT_KINDS.get(plain(text))
    if kind is None:
        told = N_("“%(text)s” is neither 撤销 (revoked) nor 作废 (void).")
        raise RuleError(told, "kind", text=text[:60])
    return kind
