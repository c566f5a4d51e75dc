"""Lists of persons: the columns a person is named by, and a list of persons taken in as one write."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple, TypeVar

from registry.accounts.imports import UnitNames
from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.i18n import N_, Message
from registry.core.imports import Imported, ListRefusedError, Row, RowError, only
from registry.core.permissions import Permission
from registry.core.text import clean, clean_name, narrow, read_date
from registry.core.write import Write, command
from registry.people.commands import Entrant, match_or_add, other_name, register_reach
from registry.people.identity import read_document
from registry.people.kinds import DocumentKind, read_kind, read_sex
from registry.people.phone import read_phone
from registry.people.queries import known_by_hash

T = TypeVar("T")

# Column key → accepted headers, the first named in messages; the keys are accepted as well.
PERSON_HEADERS: dict[str, tuple[str, ...]] = {
    "name": ("姓名", "学员姓名", "성명", "full name"),
    "sex": ("性别", "성별", "gender"),
    "education": ("文化程度", "学历", "education level"),
    "age": ("年龄", "年齢", "나이"),
    "birth_on": ("出生日期", "出生年月日", "生日", "birth date", "date of birth"),
    "occupation": ("职业", "职务", "工种", "profession"),
    "document_kind": ("证件类型", "证件种类", "document type", "document kind"),
    "document_number": (
        "身份证号",
        "身份证号码",
        "身份证",
        "证件号",
        "证件号码",
        "公民身份号码",
        "id number",
        "id no.",
        "document no.",
    ),
    "phone": ("手机", "手机号", "手机号码", "电话", "联系电话", "联系方式", "mobile", "telephone"),
    "employer": (
        "工作单位",
        "单位",
        "工作单位/家庭住址",
        "工作单位或家庭住址",
        "所在单位",
        "家庭住址",
        "workplace",
    ),
}
PEOPLE_HEADERS: dict[str, tuple[str, ...]] = {
    **PERSON_HEADERS,
    "unit": ("所属红十字会", "登记单位", "所属单位", "home unit", "unit code"),
}
PEOPLE_REQUIRED = ("name",)

_LENGTHS = {"education": 30, "occupation": 60, "employer": 120}
# The fields of identity rules → the columns of a list.
_COLUMNS = {"number": "document_number", "kind": "document_kind"}
_FORMULA = Message(N_("This cell holds a formula; paste it as a value."))
_TOO_LONG = N_("At most %(limit)s characters fit here; shorten it.")
_UNNAMED = Message(N_("Give a document number, or a phone number for somebody without a document."))


class ColumnError(NamedTuple):
    """What is wrong in a column of a row; None means the whole row."""

    column: str | None
    message: Message


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A checked row of a list of persons, with the unit that is their home."""

    row: int
    entrant: Entrant
    unit_id: int


def read_person_row(
    row: Mapping[str, str], today: date, *, told_apart: bool = True
) -> tuple[Entrant | None, list[ColumnError]]:
    """The person a row names by the columns of PERSON_HEADERS, or everything that is wrong with it.

    `told_apart` asks for a document number or a phone, without which the person could not be found again.
    """
    errors: list[ColumnError] = []

    def read(column: str, reader: Callable[[], T]) -> T | None:
        try:
            return reader()
        except RuleError as error:
            place = _COLUMNS.get(error.field or "", error.field) or column
            errors.append(ColumnError(place, error.message))
            return None

    text = {key: clean(value or "") for key, value in row.items()}
    errors += [ColumnError(column, _FORMULA) for column, value in text.items() if value.startswith("=")]
    for column, limit in _LENGTHS.items():
        if len(text.get(column, "")) > limit:
            errors.append(ColumnError(column, Message(_TOO_LONG, {"limit": limit})))
    name = read("name", lambda: clean_name(text.get("name", "")))
    sex = read("sex", lambda: read_sex(text.get("sex", "")))
    kind = read("document_kind", lambda: read_kind(text.get("document_kind", "")))
    age = read("age", lambda: read_age(text.get("age", "")))
    born = text.get("birth_on", "")
    birth_on = read("birth_on", lambda: read_date(born, "birth_on")) if born else None
    phone = text.get("phone", "")
    phone = (read("phone", lambda: read_phone(phone)) or "") if phone else ""
    if errors:
        # The document would be compared with values that could not be read.
        age, birth_on = None, None
    number = text.get("document_number", "")
    document = read(
        "document_number",
        lambda: read_document(kind, number, today=today, birth_on=birth_on, sex=sex, age=age),
    )
    if (
        told_apart
        and document is not None
        and document.kind is DocumentKind.NONE
        and not text.get("phone", "")
    ):
        errors.append(ColumnError("document_number", _UNNAMED))
    if errors or name is None or document is None:
        return None, errors
    entrant = Entrant.of(
        name,
        document,
        sex=document.sex,
        birth_on=document.birth_on,
        phone=phone or None,
        employer=text.get("employer", ""),
        occupation=text.get("occupation", ""),
        education=text.get("education", ""),
    )
    return entrant, errors


def read_age(text: str) -> int | None:
    """Years of age: 35, 35岁, 35周岁; nothing written is None."""
    if not text:
        return None
    found = re.fullmatch(r"(\d{1,3})(?:\.0+)?(?:周?岁)?", narrow(text))
    if found is None:
        raise RuleError(N_("The age is a whole number of years."), "age")
    return int(found[1])


def identity_key(entrant: Entrant) -> Any:
    """By what somebody is told apart: the document number, without one name and phone together."""
    return entrant.document_hash or (entrant.name, entrant.phone_hash)


def repeated(entrants: Mapping[int, Entrant]) -> Iterator[tuple[int, ColumnError]]:
    """The rows of a list that name the same person twice, or one number under two names.

    `entrants` are keyed by the number of their row as people count it.
    """
    first: dict[Any, int] = {}
    for row, entrant in entrants.items():
        earlier = first.setdefault(identity_key(entrant), row)
        if earlier == row:
            continue
        if entrants[earlier].name == entrant.name:
            told = N_("Row %(row)s names the same person; delete one of the two.")
            yield row, ColumnError(None, Message(told, {"row": earlier}))
            continue
        told = N_("Row %(row)s has the same number under another name; correct the wrong one.")
        yield row, ColumnError("document_number", Message(told, {"row": earlier}))
        yield earlier, ColumnError("document_number", Message(told, {"row": row}))


def read_people(
    rows: Sequence[Row], *, units: UnitNames, unit_id: int | None, today: date
) -> list[PersonRow]:
    """The persons of a list; what is wrong is told in the rows. `unit_id` is the home of rows without one."""
    found: dict[int, PersonRow] = {}
    for row in rows:
        entrant = read_entrant(row, today)
        home = units.read(row, "unit", unit_id)
        if entrant is not None and home is not None:
            found[row.number] = PersonRow(row.number, entrant, home)
    by_number = {row.number: row for row in rows}
    for number, error in repeated({number: person.entrant for number, person in found.items()}):
        by_number[number].tell(*error)
    return [person for person in found.values() if not by_number[person.row].errors]


def read_entrant(row: Row, today: date, *, told_apart: bool = True) -> Entrant | None:
    """The person a row of a file names; what is wrong is told in the row."""
    entrant, errors = read_person_row(row.texts, today, told_apart=told_apart)
    for error in errors:
        row.tell(*error)
    return entrant


@command(Permission.PERSON_EDIT)
def import_people(w: Write, *, rows: Sequence[PersonRow]) -> Imported:
    """Register the persons of a list; those known by number, or by name and phone, are left as they are.

    A known person comes within reach of the unit. ListRefusedError when a number is known under another name.
    """
    scope = w.actor.scope(Permission.PERSON_EDIT)
    if not all(scope.holds(row.unit_id) for row in rows):
        raise RecordNotFoundError("unit")
    if errors := refuse_other_names(w, {row.row: row.entrant for row in rows}):
        raise ListRefusedError(errors)
    known = 0
    reached: set[tuple[int, int]] = set()
    for unit_id, of_unit in groupby(sorted(rows, key=lambda row: row.unit_id), key=lambda row: row.unit_id):
        for match in match_or_add(w, [row.entrant for row in of_unit], unit_id):
            if match.known:
                known += 1
                reached.add((match.person_id, unit_id))
    register_reach(w, reached)
    w.unit_id = only({row.unit_id for row in rows})
    return Imported(len(rows) - known, known)


def refuse_other_names(w: Write, entrants: Mapping[int, Entrant]) -> list[RowError]:
    """The rows whose document number is registered under another name."""
    hashes: Collection[str] = {e.document_hash for e in entrants.values() if e.document_hash}
    known = known_by_hash(w.session, hashes)
    return [
        RowError(row, "document_number", other_name(known[hashed].name).message)
        for row, entrant in entrants.items()
        if (hashed := entrant.document_hash) in known and not known[hashed].is_called(entrant.name)
    ]
