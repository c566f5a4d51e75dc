"""One person: added, corrected, shown in clear, looked up."""

from __future__ import annotations

from sqlalchemy import select

from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.i18n import N_
from registry.core.permissions import Permission
from registry.core.write import Write, command
from registry.people.commands.match import Entrant, identifier_row, match_or_add, number_hash
from registry.people.commands.reach import register_reach
from registry.people.identity import IdentityDocument
from registry.people.models import Person, PersonIdentifier, PersonReach
from registry.people.queries import KnownPerson, known_by_hash


@command(Permission.PERSON_EDIT)
def add_person(w: Write, *, entrant: Entrant, unit_id: int) -> Person:
    """Add one person, or give back the known one with this number."""
    if not w.actor.scope(Permission.PERSON_EDIT).holds(unit_id):
        raise RecordNotFoundError("unit")
    (match,) = match_or_add(w, [entrant], unit_id)
    if match.known:
        register_reach(w, {(match.person_id, unit_id)})
    return w.session.get_one(Person, match.person_id)


@command(Permission.PERSON_EDIT)
def correct_person(w: Write, person: Person, *, entrant: Entrant) -> Person:
    """Correct what is registered of a person. Certificates already issued keep their wording."""
    _within(w, Permission.PERSON_EDIT, person)
    for name in ("name", "pinyin", "initials", "sex", "birth_on", "employer", "occupation", "education"):
        setattr(person, name, getattr(entrant, name))
    person.phone, person.phone_hash = entrant.phone, entrant.phone_hash
    person.phone_last4 = entrant.phone[-4:] if entrant.phone else None
    if entrant.document is not None:
        known = known_by_hash(w.session, [entrant.document_hash or ""]).get(entrant.document_hash or "")
        if known is not None and known.person_id != person.canonical_id:
            raise RuleError(
                N_(
                    "This document number belongs to another registered person. "
                    "Nothing was saved; merge the two."
                ),
                "number",
            )
        if known is None:
            w.add(PersonIdentifier(**identifier_row(entrant.document, entrant.document_hash, person.id)))
    return person


@command(Permission.PERSON_REVEAL)
def reveal_identifier(w: Write, person: Person, *, reason: str) -> list[tuple[str, str]]:
    """The document numbers and the phone in clear; that they were shown, to whom and why, is journalled."""
    _within(w, Permission.PERSON_REVEAL, person)
    if len(reason.strip()) < 4:
        raise RuleError(N_("Say why you need to see it. Nothing was shown."), "reason")
    w.reason = reason.strip()
    rows = w.session.execute(
        select(PersonIdentifier)
        .join(Person, Person.id == PersonIdentifier.person_id)
        .where(Person.canonical_id == person.id)
        .order_by(PersonIdentifier.id)
    ).scalars()
    shown = [(row.kind, row.value) for row in rows]
    if person.phone:
        shown.append(("phone", person.phone))
    w.note(person, shown=[kind for kind, _value in shown])
    return shown


@command(Permission.PERSON_EDIT)
def look_up_number(w: Write, *, document: IdentityDocument) -> KnownPerson | None:
    """Who holds a full document number, wherever registered; that it was asked is journalled.

    The page shows the masked name and the state of credentials, nothing else.
    """
    known = known_by_hash(w.session, [number_hash(document)]).get(number_hash(document))
    if known is not None:
        person = w.session.get(Person, known.person_id)
        assert person is not None
        w.note(person, looked_up=document.kind.value)
    return known


def _within(w: Write, permission: Permission, person: Person) -> None:
    """A person has no single unit: reach is the home unit or any unit with a fact."""
    scope = w.actor.scope(permission)
    if scope.units is None or scope.holds(person.home_unit_id):
        return
    found = w.session.execute(
        select(PersonReach.person_id).where(
            PersonReach.person_id == person.id, scope.where(PersonReach.unit_id)
        )
    ).first()
    if found is None:
        raise RecordNotFoundError("person")
