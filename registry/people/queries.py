"""Finding persons: by number, by the start of a name, within reach."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, exists, select
from sqlalchemy.orm import Session, aliased

from registry.accounts.settings import setting
from registry.core.errors import RecordNotFoundError
from registry.core.scope import Scope
from registry.core.text import mask_number
from registry.core.write import chunks
from registry.people.models import Person, PersonIdentifier, PersonReach

# The character after every other in byte order, for "starts with" as a range.
_LAST = "\U0010ffff"


@dataclass(frozen=True)
class KnownPerson:
    """Whom a document number or a name with a phone belongs to: always the canonical person.

    `entered_as` is the name of the row that was found, which may have been merged into the person since.
    """

    person_id: int
    name: str
    entered_as: str

    def is_called(self, name: str) -> bool:
        """Whether a list that gives this name means the person."""
        return name in (self.name, self.entered_as)


def starts_with(column: Any, text: str) -> ColumnElement[bool]:
    """`column` starts with `text`, served by an ordinary index; nothing in `text` is a wildcard."""
    return column.between(text, text + _LAST)  # type: ignore[no-any-return]


def within_reach(scope: Scope, person_id: Any) -> ColumnElement[bool]:
    """The person is within reach: one of the scope's units is the home unit or holds a fact."""
    if scope.units is None:
        return scope.where(person_id)
    return exists().where(PersonReach.person_id == person_id, scope.where(PersonReach.unit_id))


def persons(scope: Scope) -> Select[Person]:
    """Canonical persons within reach. A person seen only through a merged row is reached as well."""
    return select(Person).where(Person.state == "active", within_reach(scope, Person.id))


def person_within(session: Session, scope: Scope, person_id: int) -> Person:
    """The canonical person within reach, also under the number of a row merged into it."""
    canonical = canonical_ids(session, [person_id]).get(person_id)
    person = session.execute(persons(scope).where(Person.id == canonical)).scalar()
    if person is None:
        raise RecordNotFoundError("person")
    return person


# Composed once: every enrolment looks for its people.
_holder, _person = aliased(Person), aliased(Person)
_BY_HASH = (
    select(PersonIdentifier.value_hash, _person.id, _person.name, _holder.name)
    .join(_holder, _holder.id == PersonIdentifier.person_id)
    .join(_person, _person.id == _holder.canonical_id)
    .where(
        PersonIdentifier.value_hash.in_(bindparam("wanted", expanding=True)),
        PersonIdentifier.voided_at.is_(None),
    )
)
_BY_PHONE = (
    select(_holder.name, _holder.phone_hash, _person.id, _person.name)
    .join(_person, _person.id == _holder.canonical_id)
    .where(_holder.phone_hash.in_(bindparam("wanted", expanding=True)), _person.state == "active")
)


def known_by_hash(session: Session, hashes: Iterable[str]) -> dict[str, KnownPerson]:
    """Document hash → the canonical person that has it, wherever registered."""
    wanted = sorted(set(hashes))
    if not wanted:
        return {}
    rows = session.execute(_BY_HASH, {"wanted": wanted})
    return {hashed: KnownPerson(person_id, name, entered) for hashed, person_id, name, entered in rows}


def known_by_phone(session: Session, phone_hashes: Iterable[str]) -> dict[tuple[str, str], KnownPerson]:
    """(name, phone hash) → the canonical person, where exactly one person has both."""
    wanted = sorted(set(phone_hashes))
    if not wanted:
        return {}
    found: dict[tuple[str, str], set[KnownPerson]] = {}
    for name, phone_hash, person_id, canonical_name in session.execute(_BY_PHONE, {"wanted": wanted}):
        found.setdefault((name, phone_hash or ""), set()).add(KnownPerson(person_id, canonical_name, name))
    return {key: next(iter(people)) for key, people in found.items() if len(people) == 1}


def canonical_ids(session: Session, person_ids: Iterable[int]) -> dict[int, int]:
    """Person → canonical person."""
    found: dict[int, int] = {}
    for ids in chunks(person_ids):
        rows = session.execute(select(Person.id, Person.canonical_id).where(Person.id.in_(ids)))
        found.update(dict(rows.all()))
    return found


def number_mask(session: Session) -> Callable[[str], str]:
    """How document numbers are shown: with the characters that the setting `masking` leaves in clear."""
    first, last = map(int, setting(session, "masking").split("+"))
    return lambda number: mask_number(number, first, last)


@dataclass(frozen=True)
class MaskedIdentifier:
    """A document of a person as pages show it."""

    kind: str
    masked: str


def identifiers(session: Session, person_id: int) -> list[MaskedIdentifier]:
    """The documents of a canonical person, those of merged rows included."""
    mask = number_mask(session)
    rows = session.execute(
        select(PersonIdentifier.kind, PersonIdentifier.value)
        .join(Person, Person.id == PersonIdentifier.person_id)
        .where(Person.canonical_id == person_id, PersonIdentifier.voided_at.is_(None))
        .order_by(PersonIdentifier.id)
    )
    return [MaskedIdentifier(kind, mask(number)) for kind, number in rows]
