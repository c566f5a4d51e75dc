"""Lists of certificates issued before this registry, and of what ended them, checked row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.accounts.models import Unit, UnitCode
from registry.certificates.commands import LegacyCertificate, LegacyEvent
from registry.certificates.models import CredentialRule, CredentialType
from registry.certificates.numbers import read_number
from registry.certificates.snapshots import SOCIETY
from registry.certificates.validity import last_valid_day
from registry.core.errors import RuleError
from registry.core.i18n import N_, Message
from registry.core.scope import Scope
from registry.core.sheets import Cell
from registry.core.text import clean, clean_name, narrow, read_date
from registry.people.commands import Entrant
from registry.people.identity import read_document
from registry.people.kinds import read_kind, read_sex
from registry.people.phone import read_phone

R = TypeVar("R")

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
# What `read_document` calls its fields, as columns of the list.
_DOCUMENT_COLUMNS = {"number": "document_number", "kind": "document_kind"}
MOST_CLASS_HOURS = 1000


@dataclass(frozen=True)
class RowError:
    """What is wrong in a row of the file (counted from 1, as the spreadsheet counts)."""

    row: int
    column: str | None
    message: Message


@dataclass
class Catalogue:
    """What the rows name: credential types and their rules, and the units within reach."""

    types: dict[str, CredentialType]
    rules: list[CredentialRule]
    units: dict[str, int]

    @classmethod
    def load(cls, session: Session, scope: Scope) -> Catalogue:
        """Read it once for a whole list."""
        types: dict[str, CredentialType] = {}
        for kind in session.execute(select(CredentialType)).scalars():
            types.update(dict.fromkeys((_plain(kind.code), _plain(kind.name), _plain(kind.name_en)), kind))
        units: dict[str, int] = {}
        for unit in session.execute(select(Unit).where(scope.where(Unit.id))).scalars():
            units.update({_plain(name): unit.id for name in (unit.code, unit.name, unit.name_en) if name})
        for former in session.execute(select(UnitCode).where(scope.where(UnitCode.unit_id))).scalars():
            units.setdefault(former.code, former.unit_id)
        rules = session.execute(
            select(CredentialRule).order_by(CredentialRule.starts_on.desc(), CredentialRule.version.desc())
        )
        return cls(types, list(rules.scalars()), units)

    def credential_type(self, text: str) -> int:
        """The credential type a row names; a list without that column is one of first-aid certificates."""
        kind = self.types.get(_plain(text) or "rescuer")
        if kind is None:
            raise RuleError(
                N_("There is no certificate of the type “%(text)s”. Write one of: %(names)s."),
                "credential_type",
                text=text,
                names="、".join(dict.fromkeys(kind.name for kind in self.types.values())),
            )
        return kind.id

    def unit(self, text: str) -> int:
        """The unit within reach with this name or code, former codes included."""
        unit_id = self.units.get(_plain(text).removesuffix(SOCIETY))
        if unit_id is None:
            raise RuleError(
                N_("No unit within your reach has the name or code “%(text)s”."), "unit", text=text
            )
        return unit_id

    def valid_until(self, credential_type_id: int, issued_on: date) -> date | None:
        """The last valid day by the rule in force when it was issued."""
        rules = [rule for rule in self.rules if rule.credential_type_id == credential_type_id]
        # The first rule stands for what was issued before it, too.
        rule = next((rule for rule in rules if rule.starts_on <= issued_on), rules[-1])
        return last_valid_day(issued_on, rule.validity_months, rule.last_day)


def _plain(text: str) -> str:
    return "".join(narrow(clean(text)).lower().split())


@dataclass
class _Row:
    """One row being read: its cells, and everything that is wrong with it."""

    cells: Mapping[str, Cell]
    errors: list[RowError] = field(default_factory=list)

    @property
    def number(self) -> int:
        return next(iter(self.cells.values())).row + 1

    def text(self, key: str) -> str:
        cell = self.cells.get(key)
        if cell is None:
            return ""
        return clean(cell.exact(key) if key in ("number", "document_number", "phone") else cell.text)

    def read(self, key: str, reader: Callable[[str], R]) -> R | None:
        """What `reader` makes of a cell; None, and an error told, when it refuses."""
        try:
            return reader(self.text(key))
        except RuleError as error:
            self.refuse(error, key)
            return None

    def optional(self, key: str, reader: Callable[[str], R]) -> R | None:
        """The same, None for an empty cell."""
        cell = self.cells.get(key)
        return self.read(key, reader) if cell is not None and clean(cell.text) else None

    def refuse(self, error: RuleError, key: str | None = None) -> None:
        column = _DOCUMENT_COLUMNS.get(error.field or "", error.field) if key is None else key
        self.errors.append(RowError(self.number, column, error.message))


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
        row = _Row(cells)
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
    row: _Row, catalogue: Catalogue, today: date, unit_id: int | None
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


def _entrant(row: _Row, today: date) -> Entrant | None:
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
    if _plain(text) in _PERMANENT:
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
        row = _Row(cells)
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
    kind = _EVENT_KINDS.get(_plain(text))
    if kind is None:
        raise RuleError(N_("“%(text)s” is neither 撤销 (revoked) nor 作废 (void)."), "kind", text=text)
    return kind
