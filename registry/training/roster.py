"""A class list checked against itself, the rules of the course, and whom the registry knows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from registry.core.errors import RuleError
from registry.core.i18n import N_, Message
from registry.core.text import clean, clean_name, mask_name, narrow, read_date
from registry.people.commands import Entrant, other_name
from registry.people.identity import IdentityDocument, age_on, read_document
from registry.people.kinds import DocumentKind, read_kind, read_sex
from registry.people.phone import read_phone
from registry.people.queries import KnownPerson, known_by_hash, known_by_phone
from registry.training.imports import MOST_ROWS, CellError
from registry.training.models import Course, CourseTypeVersion
from registry.training.queries.courses import version_of
from registry.training.queries.roster import enrolled_persons, holders

T = TypeVar("T")

# Children under 14 take part in awareness training only, which leads to no certificate.
YOUNGEST_FOR_CERTIFICATE = 14
_LENGTHS = {"education": 30, "occupation": 60, "employer": 120}
# The fields of identity rules → the columns of a list.
_COLUMNS = {"number": "document_number", "kind": "document_kind"}


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """A checked row: where it stood (counted from 1) and whom it names."""

    row_number: int
    entrant: Entrant


@dataclass(frozen=True)
class Recognised:
    """A row that names somebody the registry knows.

    `valid_until` is the last valid day of a certificate of the same type (`date.max` without end), so
    that this course is a refresher; None when there is none in force.
    """

    row: int
    masked_name: str
    valid_until: date | None


@dataclass
class CheckedRoster:
    """What a list holds: good rows, what is wrong with the others, and who is known or enrolled already."""

    entries: list[RosterEntry] = field(default_factory=list)
    errors: list[CellError] = field(default_factory=list)
    known: list[Recognised] = field(default_factory=list)
    enrolled: list[int] = field(default_factory=list)

    @property
    def bad_rows(self) -> list[int]:
        """The rows with errors, counted from 0."""
        return sorted({error.row for error in self.errors})


def check_rows(
    session: Session, course: Course, rows: Sequence[Mapping[str, str]], today: date
) -> CheckedRoster:
    """Check a list for a course; reads only, with a number of statements that does not depend on the list.

    `rows` hold text by the column keys of ROSTER_HEADERS. A row with an error is not among the entries;
    one whose person is enrolled already is neither, because it has no second effect. RuleError when the
    list is too long to be one class.
    """
    if len(rows) > MOST_ROWS:
        raise RuleError(
            N_(
                "The list has %(count)s rows; at most %(limit)s are read at once. "
                "Nothing was saved; split it."
            ),
            count=len(rows),
            limit=MOST_ROWS,
        )
    checked = CheckedRoster()
    version = version_of(session, course)
    found: dict[int, Entrant] = {}
    for index, row in enumerate(rows):
        entrant, errors = _read_row(index, row, version, course.starts_on, today)
        checked.errors += errors
        if entrant is not None:
            found[index] = entrant
    _refuse_repeated(checked, found)
    known = _known(session, found.values())
    known_ids = {person.person_id for person in known.values()}
    enrolled = enrolled_persons(session, course.id, known_ids)
    here = {person for person, enrolment in enrolled.items() if enrolment.withdrawn_on is None}
    holding = holders(session, known_ids, version.credential_type_id, course.starts_on)
    bad = set(checked.bad_rows)
    for index, entrant in found.items():
        person = known.get(_key(entrant))
        if person is not None and not person.is_called(entrant.name):
            checked.errors.append(CellError(index, "document_number", other_name(person.name).message))
            continue
        if index in bad:
            continue
        if person is not None and person.person_id in here:
            checked.enrolled.append(index)
            continue
        if person is not None:
            until = holding.get(person.person_id)
            checked.known.append(Recognised(index, mask_name(person.name), until))
        checked.entries.append(RosterEntry(index + 1, entrant))
    return checked


def recognised_message(recognised: Recognised) -> Message:
    """What a trainer is told about somebody who is known."""
    if recognised.valid_until is None:
        return Message(
            N_("Row %(row)s: %(name)s is known to the registry; no second person is added."),
            {"row": recognised.row + 1, "name": recognised.masked_name},
        )
    if recognised.valid_until == date.max:
        return Message(
            N_("Row %(row)s: %(name)s holds a certificate without end; this is a refresher."),
            {"row": recognised.row + 1, "name": recognised.masked_name},
        )
    return Message(
        N_("Row %(row)s: %(name)s holds a certificate until %(day)s; this is a refresher."),
        {
            "row": recognised.row + 1,
            "name": recognised.masked_name,
            "day": recognised.valid_until.isoformat(),
        },
    )


def _read_row(
    index: int, row: Mapping[str, str], version: CourseTypeVersion, starts_on: date, today: date
) -> tuple[Entrant | None, list[CellError]]:
    errors: list[CellError] = []

    def read(column: str, reader: Callable[[], T]) -> T | None:
        try:
            return reader()
        except RuleError as error:
            place = _COLUMNS.get(error.field or "", error.field) or column
            errors.append(CellError(index, place, error.message))
            return None

    text = {key: clean(value or "") for key, value in row.items()}
    for column, value in text.items():
        if value.startswith("="):
            errors.append(CellError(index, column, Message(_FORMULA)))
    for column, limit in _LENGTHS.items():
        if len(text.get(column, "")) > limit:
            errors.append(CellError(index, column, Message(_TOO_LONG, {"limit": limit})))
    name = read("name", lambda: clean_name(text.get("name", "")))
    sex = read("sex", lambda: read_sex(text.get("sex", "")))
    kind = read("document_kind", lambda: read_kind(text.get("document_kind", "")))
    age = read("age", lambda: _read_age(text.get("age", "")))
    born = text.get("birth_on", "")
    birth_on = read("birth_on", lambda: read_date(born, "birth_on")) if born else None
    phone = text.get("phone", "")
    phone = (read("phone", lambda: read_phone(phone)) or "") if phone else ""
    if errors:
        # The document would be compared with values that could not be read.
        age, birth_on = None, None
    document = read(
        "document_number",
        lambda: read_document(
            kind, text.get("document_number", ""), today=today, birth_on=birth_on, sex=sex, age=age
        ),
    )
    if document is not None:
        errors += _refuse_unfit(index, document, text, version, starts_on)
    if errors or name is None or document is None:
        return None, errors
    return (
        Entrant.of(
            name,
            document,
            sex=document.sex,
            birth_on=document.birth_on,
            phone=phone or None,
            employer=text.get("employer", ""),
            occupation=text.get("occupation", ""),
            education=text.get("education", ""),
        ),
        errors,
    )


_FORMULA = N_("This cell holds a formula; paste it as a value.")
_TOO_LONG = N_("At most %(limit)s characters fit here; shorten it.")


def _refuse_unfit(
    index: int,
    document: IdentityDocument,
    text: Mapping[str, str],
    version: CourseTypeVersion,
    starts_on: date,
) -> list[CellError]:
    """Whom the course cannot take: nobody to be told apart, or too young."""
    if document.kind is DocumentKind.NONE and not text.get("phone"):
        return [
            CellError(
                index,
                "document_number",
                Message(N_("Give a document number, or a phone number for somebody without a document.")),
            )
        ]
    if document.birth_on is None:
        return []
    age = age_on(document.birth_on, starts_on)
    if version.credential_type_id is not None and age < YOUNGEST_FOR_CERTIFICATE:
        message = Message(
            N_("Is %(age)s on the first day; children under %(limit)s take part in awareness training only."),
            {"age": age, "limit": YOUNGEST_FOR_CERTIFICATE},
        )
    elif version.min_age is not None and age < version.min_age:
        message = Message(
            N_(
                "Is %(age)s on the first day; this course type asks for at least %(limit)s "
                "(setting: minimum age, to be confirmed)."
            ),
            {"age": age, "limit": version.min_age},
        )
    else:
        return []
    return [CellError(index, "document_number", message)]


def _read_age(text: str) -> int | None:
    if not text:
        return None
    found = re.fullmatch(r"(\d{1,3})(?:\.0+)?(?:周?岁)?", narrow(text))
    if found is None:
        raise RuleError(N_("The age is a whole number of years."), "age")
    return int(found[1])


def _key(entrant: Entrant) -> Any:
    """By what somebody is told apart: the document number, without one name and phone together."""
    return entrant.document_hash or (entrant.name, entrant.phone_hash)


def _refuse_repeated(checked: CheckedRoster, found: Mapping[int, Entrant]) -> None:
    first: dict[Any, int] = {}
    for index, entrant in found.items():
        earlier = first.setdefault(_key(entrant), index)
        if earlier == index:
            continue
        if found[earlier].name == entrant.name:
            message = Message(
                N_("Row %(row)s names the same person; delete one of the two."), {"row": earlier + 1}
            )
            checked.errors.append(CellError(index, None, message))
            continue
        for one, other in ((index, earlier), (earlier, index)):
            message = Message(
                N_("Row %(row)s has the same number under another name; correct the wrong one."),
                {"row": other + 1},
            )
            checked.errors.append(CellError(one, "document_number", message))


def _known(session: Session, entrants: Any) -> dict[Any, KnownPerson]:
    listed = list(entrants)
    known: dict[Any, KnownPerson] = dict(
        known_by_hash(session, (e.document_hash for e in listed if e.document_hash))
    )
    known.update(
        known_by_phone(session, (e.phone_hash for e in listed if e.phone_hash and not e.document_hash))
    )
    return known
