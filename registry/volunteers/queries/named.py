"""Volunteers as lists name them: by their number, by a document, or by a name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, aliased

from registry.core.errors import RuleError
from registry.core.i18n import N_
from registry.core.imports import RowError
from registry.core.scope import Scope
from registry.core.text import tidy_name
from registry.people.models import Person
from registry.people.queries import known_by_hash, within_reach
from registry.volunteers.models import Volunteer


@dataclass(frozen=True, slots=True)
class Named:
    """Whom a row means: by volunteer number or the hash of a document number, else by name alone."""

    row: int
    number: str | None
    document_hash: str | None
    name: str | None


@dataclass
class Volunteers:
    """Volunteers by what they are called by; the names of each are the present one and the one entered."""

    by_number: dict[str, set[int]] = field(default_factory=dict)
    by_person: dict[int, set[int]] = field(default_factory=dict)
    by_name: dict[str, set[int]] = field(default_factory=dict)
    people: dict[int, int] = field(default_factory=dict)
    names: dict[int, set[str]] = field(default_factory=dict)

    def find(self, named: Named, person_id: int | None) -> int:
        """The volunteer of a row; RuleError for none within reach, for several, and for another name."""
        if named.number is None and named.document_hash is None:
            found = self.by_name.get(named.name or "", set())
            if not found:
                raise RuleError(N_("No volunteer within your reach has this name."), "name")
            if len({self.people[one] for one in found}) > 1:
                raise RuleError(
                    N_("Several volunteers within your reach have this name; give the volunteer number."),
                    "name",
                )
            return min(found)
        if named.number is not None:
            found = self.by_number.get(named.number, set())
        else:
            found = self.by_person.get(person_id or 0, set())
        if not found:
            raise RuleError(N_("No volunteer within your reach has this number."), "number")
        if named.name and not any(named.name in self.names[one] for one in found):
            raise RuleError(
                N_("The volunteer with this number has another name; correct the wrong one."), "name"
            )
        return min(found)


def find_volunteers(
    session: Session, scope: Scope, wanted: Sequence[Named]
) -> tuple[dict[int, int], list[RowError]]:
    """Row → volunteer within reach, and what is wrong in the others; two statements however long the list."""
    hashed = known_by_hash(session, (one.document_hash for one in wanted if one.document_hash))
    people = {digest: known.person_id for digest, known in hashed.items()}
    known = _load(
        session,
        scope,
        Volunteer.number.in_(sorted({one.number for one in wanted if one.number})),
        people=sorted(set(people.values())),
        names=sorted({one.name for one in wanted if one.name and not one.number and not one.document_hash}),
    )
    found: dict[int, int] = {}
    errors: list[RowError] = []
    for one in wanted:
        try:
            found[one.row] = known.find(one, people.get(one.document_hash or ""))
        except RuleError as error:
            errors.append(RowError(one.row, error.field, error.message))
    return found, errors


def _load(
    session: Session, scope: Scope, numbered: ColumnElement[bool], people: list[int], names: list[str]
) -> Volunteers:
    holder, person = aliased(Person), aliased(Person)
    rows = session.execute(
        select(Volunteer.id, Volunteer.number, person.id, person.name, holder.name)
        .join(holder, holder.id == Volunteer.person_id)
        .join(person, person.id == holder.canonical_id)
        .where(
            Volunteer.voided_at.is_(None),
            within_reach(scope, person.id),
            or_(numbered, person.id.in_(people), person.name.in_(names), holder.name.in_(names)),
        )
    )
    known = Volunteers()
    for volunteer_id, number, person_id, *called in rows:
        known.by_number.setdefault(number, set()).add(volunteer_id)
        known.by_person.setdefault(person_id, set()).add(volunteer_id)
        known.people[volunteer_id] = person_id
        known.names[volunteer_id] = {tidy_name(name) for name in called}
        for name in called:
            known.by_name.setdefault(name, set()).add(volunteer_id)
    return known
