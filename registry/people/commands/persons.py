"""One person: added, corrected, shown in clear, looked up."""

from __future__ import annotations

from sqlalchemy import select

from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.i18n import N_
from registry.core.permissions import Permission
from registry.core.write import Write, command
from registry.people.commands.match import Entrant, identifier_row, match_or_add, number_hash
from registry.people.commands.reach import name_reach, register_reach
from registry.people.identity import IdentityDocument, read_document
from registry.people.kinds import FOR_LIFE, DocumentKind, Sex
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
    """Correct what is registered of a person. Certificates already issued keep their wording.

    A number that one has for life takes the place of others of its kind; any other document is added. Without
    a phone the registered one stays, for the form does not show it.
    RuleError when birth date or sex contradict a registered number.
    """
    _within(w, Permission.PERSON_EDIT, person)
    if entrant.document is not None:
        _take_number(w, person, entrant.document, entrant.document_hash or "")
    for name in ("name", "pinyin", "initials", "sex", "birth_on", "employer", "occupation", "education"):
        setattr(person, name, getattr(entrant, name))
    if entrant.phone is not None:
        person.phone, person.phone_hash = entrant.phone, entrant.phone_hash
    for row in _documents(w, person):
        told = read_document(
            DocumentKind(row.kind),
            row.value,
            today=w.today,
            birth_on=person.birth_on,
            sex=Sex(person.sex) if person.sex else None,
        )
        person.birth_on, person.sex = told.birth_on, told.sex
    w.session.flush()
    name_reach(w, [person.id])
    return person


def _take_number(w: Write, person: Person, document: IdentityDocument, document_hash: str) -> None:
    known = known_by_hash(w.session, [document_hash]).get(document_hash)
    if known is not None and known.person_id != person.canonical_id:
        raise RuleError(
            N_(
                "This document number belongs to another registered person. Nothing was saved; merge the two."
            ),
            "number",
        )
    for row in _documents(w, person):
        if document.kind in FOR_LIFE and row.kind == document.kind and row.value_hash != document_hash:
            row.voided_at = w.at
    if known is None:
        w.add(PersonIdentifier(**identifier_row(document, document_hash, person.id)))
    w.session.flush()


def _documents(w: Write, person: Person) -> list[PersonIdentifier]:
    """The documents that stand, those of rows merged into the person included."""
    return list(
        w.session.execute(
            select(PersonIdentifier)
            .join(Person, Person.id == PersonIdentifier.person_id)
            .where(Person.canonical_id == person.canonical_id, PersonIdentifier.voided_at.is_(None))
            .order_by(PersonIdentifier.id)
        ).scalars()
    )


@command(Permission.PERSON_REVEAL)
def reveal_identifier(w: Write, person: Person, *, reason: str) -> list[tuple[str, str]]:
    """The document numbers and the phone in clear; that they were shown, to whom and why, is journalled."""
    _within(w, Permission.PERSON_REVEAL, person)
    if len(reason.strip()) < 4:
        raise RuleError(N_("Say why you need to see it. Nothing was shown."), "reason")
    w.reason = reason.strip()
    shown = [(row.kind, row.value) for row in _documents(w, person)]
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
        w.note(w.session.get_one(Person, known.person_id), looked_up=document.kind.value)
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
