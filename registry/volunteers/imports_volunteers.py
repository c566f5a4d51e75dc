"""Lists of volunteers: their columns, and what is wrong in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy.orm import Session

from registry.accounts.imports import UnitNames
from registry.core.errors import RuleError
from registry.core.i18n import N_, Message
from registry.core.imports import Row, RowError
from registry.core.text import clean, clean_name, read_date
from registry.people.commands import Entrant, other_name
from registry.people.imports import PEOPLE_HEADERS, PERSON_HEADERS, ColumnError, read_person_row, repeated
from registry.people.phone import read_phone
from registry.people.queries import known_by_hash
from registry.volunteers.commands.admit import Admission, Guardian, refuse_unfit
from registry.volunteers.field_words import field_named
from registry.volunteers.queries.latest import latest_periods
from registry.volunteers.rules import rule_on

# A list of one unit fits a grid; longer ones come as a file.
MOST_ROWS = 2_000

_OWN_HEADERS: dict[str, tuple[str, ...]] = {
    "field": ("服务领域", "服务意向", "志愿服务领域", "field of service"),
    "guardian_name": ("监护人姓名", "监护人", "guardian"),
    "guardian_phone": ("监护人电话", "监护人手机", "guardian mobile"),
    "starts_on": ("登记日期", "登记时间", "加入日期", "enrolled on", "date of enrolment"),
}
# The columns of a list of one unit, and those of a list that names the unit in each row.
ADMISSION_HEADERS: dict[str, tuple[str, ...]] = {**PERSON_HEADERS, **_OWN_HEADERS}
VOLUNTEER_HEADERS: dict[str, tuple[str, ...]] = {**PEOPLE_HEADERS, **_OWN_HEADERS}
VOLUNTEER_REQUIRED = ("name",)

_FIELD = N_(
    "“%(text)s” is no field of service; write for example 应急救援救护 or 社区, several with 、 between."
)
_GUARDIAN = Message(N_("Both the name and the phone of the guardian are needed."))


@dataclass(frozen=True, slots=True)
class VolunteerRow:
    """Somebody to be admitted by a unit."""

    unit_id: int
    admission: Admission


@dataclass(frozen=True)
class CheckedVolunteers:
    """A list as checked; rows count from 1, as the grid shows them."""

    admissions: Sequence[Admission] = ()
    errors: list[RowError] = field(default_factory=list)


def read_fields(text: str) -> tuple[str, ...]:
    """The codes of the fields of service a cell names; RuleError for a word that is none."""
    found: list[str] = []
    for word in filter(None, map(str.strip, _split(text))):
        code = field_named(word)
        if code is None:
            raise RuleError(_FIELD, "field", text=word[:30])
        found.append(code)
    return tuple(dict.fromkeys(found))


def _split(text: str) -> list[str]:
    for mark in "、，,;；/":
        text = text.replace(mark, "\n")
    return text.split("\n")


def read_admission(
    row_number: int, texts: Mapping[str, str], today: date
) -> tuple[Admission | None, list[ColumnError]]:
    """Who a row names and how they are to be admitted, or everything that is wrong with it."""
    entrant, errors = read_person_row(texts, today)
    text = {key: clean(texts.get(key) or "") for key in _OWN_HEADERS}
    fields: tuple[str, ...] = ()
    starts_on: date | None = None
    guardian_name = guardian_phone = ""

    def told(column: str, error: RuleError) -> None:
        errors.append(ColumnError(column, error.message))

    try:
        fields = read_fields(text["field"])
    except RuleError as error:
        told("field", error)
    try:
        starts_on = read_date(text["starts_on"]) if text["starts_on"] else None
    except RuleError as error:
        told("starts_on", error)
    given = [bool(text["guardian_name"]), bool(text["guardian_phone"])]
    if all(given):
        try:
            guardian_name = clean_name(text["guardian_name"])
        except RuleError as error:
            told("guardian_name", error)
        try:
            guardian_phone = read_phone(text["guardian_phone"])
        except RuleError as error:
            told("guardian_phone", error)
    elif any(given):
        errors.append(ColumnError("guardian_phone" if given[0] else "guardian_name", _GUARDIAN))
    if errors or entrant is None:
        return None, errors
    guardian = Guardian(guardian_name, guardian_phone, starts_on or today) if all(given) else None
    return Admission(row_number, entrant, fields=fields, guardian=guardian, starts_on=starts_on), []


def refuse_admissions(session: Session, admissions: Sequence[Admission], today: date) -> list[RowError]:
    """What the register says against a list: too young, a number of somebody else, back too early."""
    entrants = {one.row: one.entrant for one in admissions}
    errors = refuse_unfit(admissions, rule_on(session, "admission", today).terms, today)
    known = known_by_hash(session, (e.document_hash for e in entrants.values() if e.document_hash))
    latest = latest_periods(session, (person.person_id for person in known.values()))
    for one in admissions:
        person = known.get(one.entrant.document_hash or "")
        if person is None:
            continue
        _volunteer, last = latest.get(person.person_id, (None, None))
        if not person.is_called(one.entrant.name):
            errors.append(RowError(one.row, "document_number", other_name(person.name).message))
        elif last is not None and last.kind == "left" and (one.starts_on or today) <= last.starts_on:
            told = N_("Left on %(day)s; give a later day for the return.")
            errors.append(RowError(one.row, "starts_on", Message(told, {"day": last.starts_on.isoformat()})))
    return errors


def check_volunteers(session: Session, rows: Iterable[Mapping[str, str]], today: date) -> CheckedVolunteers:
    """Check a list of one unit: each row by itself, the rows against each other, and against the register."""
    admissions: list[Admission] = []
    errors: list[RowError] = []
    for number, texts in enumerate(rows, start=1):
        admission, wrong = read_admission(number, texts, today)
        errors += [RowError(number, column, message) for column, message in wrong]
        if admission is not None:
            admissions.append(admission)
    entrants: dict[int, Entrant] = {one.row: one.entrant for one in admissions}
    errors += [RowError(number, *wrong) for number, wrong in repeated(entrants)]
    errors += refuse_admissions(session, admissions, today)
    return CheckedVolunteers(admissions, sorted(errors, key=lambda error: error.row or 0))


def read_volunteers(
    rows: Sequence[Row], *, units: UnitNames, unit_id: int | None, today: date
) -> list[VolunteerRow]:
    """The volunteers of a file; what a row alone tells to be wrong is told in the row. `unit_id` is the unit
    of rows that name none."""
    found: dict[int, VolunteerRow] = {}
    for row in rows:
        admission, wrong = read_admission(row.number, row.texts, today)
        for error in wrong:
            row.tell(*error)
        unit = units.read(row, "unit", unit_id)
        if admission is not None and unit is not None:
            found[row.number] = VolunteerRow(unit, admission)
    by_number = {row.number: row for row in rows}
    for number, error in repeated({number: one.admission.entrant for number, one in found.items()}):
        by_number[number].tell(*error)
    return [one for number, one in found.items() if not by_number[number].errors]
