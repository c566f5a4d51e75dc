"""Search: persons, certificates and courses by how their names or numbers begin, with one statement.

A reader of some units reads the first few of each unit off an index of that unit. A walk along the names of
the whole province would pass over everybody elsewhere before it came to the first one within reach.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, Subquery, bindparam, func, literal, select, union_all
from sqlalchemy.orm import Session

from registry.certificates.models import Certificate
from registry.core.scope import Scope
from registry.core.text import tidy_name
from registry.desk.queries import FEW
from registry.people.models import Person, PersonReach
from registry.people.pinyin import name_pinyin
from registry.training.models import Course
from registry.volunteers.models import Volunteer

# The character after every other in byte order.
_LAST = "\U0010ffff"
# How every number of a volunteer begins.
_VOLUNTEER = "ZY"
# Who typed less has not come to a dot that is missing.
FEWEST_WITHOUT_DOT = 3
# How many units a search is limited to; None is everywhere.
_Width = int | None


class Found(NamedTuple):
    """One line of what was found: its id, its name or number, and what tells it from its like."""

    id: int
    label: str
    detail: str


class Results(NamedTuple):
    """What was found, each kind in the order of its names or numbers."""

    people: list[Found]
    certificates: list[Found]
    courses: list[Found]


def find(
    session: Session, text: str, *, people: Scope, certificates: Scope, courses: Scope, volunteers: Scope
) -> Results:
    """What begins with the text, within the reach of each kind.

    A person begins so by name, with its middle dots or without, by spelling or initials, or by the number as
    a volunteer, a certificate and a course by number. Of each kind one more than FEW is read, to tell that
    there are more.
    """
    name = tidy_name(text)
    dotless = not name.isascii() and "·" not in name and len(name) >= FEWEST_WITHOUT_DOT
    kinds = {"person": people, "certificate": certificates, "course": courses}
    numbered = _width(volunteers) if text.upper().startswith(_VOLUNTEER) else 0
    statement = _statement(*(_width(scope) for scope in kinds.values()), numbered, text.isascii(), dotless)
    found: dict[str, dict[int, Found]] = {kind: {} for kind in kinds}
    if statement is not None:
        values: dict[str, Any] = {"typed": name, "low": text.lower(), "upper": text.upper()}
        if dotless:
            values["spelling"] = name_pinyin(name)[0]
        values |= {f"{name}_last": value + _LAST for name, value in values.items()}
        for kind, scope in {**kinds, "volunteer": volunteers}.items():
            values |= {f"{kind}_{number}": unit for number, unit in enumerate(sorted(scope.units or ()))}
        for row in session.execute(statement, values):
            found[row.kind][row.id] = Found(row.id, row.label, row.detail)
    return Results(*(sorted(of_kind.values(), key=_order)[: FEW + 1] for of_kind in found.values()))


def _width(scope: Scope) -> _Width:
    return None if scope.units is None else len(scope.units)


def _order(found: Found) -> tuple[str, int]:
    return found.label, found.id


@cache
def _statement(
    people: _Width, certificates: _Width, courses: _Width, volunteers: _Width, spelled: bool, dotless: bool
) -> Any:
    """The statement for scopes of these widths, composed once. Only ASCII text can be a spelling."""
    parts = [
        *_people(people, spelled, dotless),
        *_volunteers(volunteers),
        *_numbered("certificate", certificates, Certificate, Person.name),
        *_numbered("course", courses, Course, Course.title),
    ]
    return union_all(*(select(part) for part in parts)) if parts else None


def _people(width: _Width, spelled: bool, dotless: bool) -> Iterator[Subquery]:
    keys = [("name", "typed")] + ([("pinyin", "low"), ("initials", "low")] if spelled else [])
    # The spelling knows no dots and has an index; the few that share it are compared by name.
    keys += [("pinyin", "spelling")] if dotless else []
    undotted = func.replace(Person.name, "·", "").between(bindparam("typed"), bindparam("typed_last"))
    for key, typed in keys:
        if width is None:
            rows = _line("person", Person.id, Person.name, Person.employer)
            rows = rows.where(undotted) if typed == "spelling" else rows
            yield _first(rows.where(Person.state == "active"), getattr(Person, key), typed)
        for number in range(width or 0):
            rows = _line("person", Person.id, Person.name, Person.employer).join_from(
                PersonReach, Person, Person.id == PersonReach.person_id
            )
            rows = rows.where(PersonReach.unit_id == bindparam(f"person_{number}"))
            rows = rows.where(undotted) if typed == "spelling" else rows
            yield _first(rows, getattr(PersonReach, key), typed)


def _volunteers(width: _Width) -> Iterator[Subquery]:
    """Persons by their number as volunteers."""
    numbered: Any = Volunteer.number
    rows = _line("person", Person.canonical_id, Person.name, numbered).join_from(
        Volunteer, Person, Person.id == Volunteer.person_id
    )
    if width is None:
        yield _first(rows, numbered, "upper")
    for number in range(width or 0):
        yield _first(rows.where(Volunteer.unit_id == bindparam(f"volunteer_{number}")), numbered, "upper")


def _numbered(kind: str, width: _Width, model: Any, detail: Any) -> Iterator[Subquery]:
    rows = _line(kind, model.id, model.number, detail)
    if detail is Person.name:
        rows = rows.join_from(model, Person, Person.id == model.person_id)
    if width is None:
        yield _first(rows, model.number, "upper")
    for number in range(width or 0):
        yield _first(rows.where(model.unit_id == bindparam(f"{kind}_{number}")), model.number, "upper")


def _line(kind: str, *columns: Any) -> Select[Any]:
    named = zip(("id", "label", "detail"), columns, strict=True)
    return select(literal(kind).label("kind"), *(column.label(name) for name, column in named))


def _first(rows: Select[Any], key: ColumnElement[str], typed: str) -> Subquery:
    """The first few rows whose key begins with what was typed, in the order of an index that starts so."""
    begins = key.between(bindparam(typed), bindparam(f"{typed}_last"))
    return rows.where(begins).order_by(key).limit(FEW + 1).subquery()
