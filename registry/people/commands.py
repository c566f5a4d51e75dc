"""Persons: found again or added, corrected, shown in clear, merged and unmerged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import or_, select, update

from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.i18n import N_
from registry.core.permissions import Permission
from registry.core.secrets import blind_index
from registry.core.text import mask_name, mask_number
from registry.core.write import Write, chunks, command
from registry.people.identity import IdentityDocument
from registry.people.kinds import DocumentKind
from registry.people.models import Person, PersonIdentifier, PersonMerge, PersonReach
from registry.people.pinyin import name_pinyin
from registry.people.queries import KnownPerson, known_by_hash, known_by_phone


@dataclass(frozen=True, slots=True)
class Entrant:
    """A person as a list or a form names them, checked and hashed before the write begins."""

    name: str
    pinyin: str
    initials: str
    sex: str | None
    birth_on: date | None
    document: IdentityDocument | None
    document_hash: str | None
    phone: str | None
    phone_hash: str | None
    employer: str = ""
    occupation: str = ""
    education: str = ""

    @classmethod
    def of(
        cls,
        name: str,
        document: IdentityDocument | None = None,
        *,
        sex: str | None = None,
        birth_on: date | None = None,
        phone: str | None = None,
        employer: str = "",
        occupation: str = "",
        education: str = "",
    ) -> Entrant:
        """An entrant from checked values; birth date and sex of the document come first."""
        if document is not None and document.kind is DocumentKind.NONE:
            document = None
        pinyin, initials = name_pinyin(name)
        return cls(
            name=name,
            pinyin=pinyin[:120],
            initials=initials[:60],
            sex=(document.sex if document is not None and document.sex else sex) or None,
            birth_on=document.birth_on if document is not None and document.birth_on else birth_on,
            document=document,
            document_hash=number_hash(document) if document is not None else None,
            phone=phone,
            phone_hash=blind_index("phone", phone) if phone else None,
            employer=employer,
            occupation=occupation,
            education=education,
        )


@dataclass(frozen=True, slots=True)
class Matched:
    """The person an entrant is: a known one, or one just added."""

    person_id: int
    known: bool


def number_hash(document: IdentityDocument) -> str:
    """The blind index of a document number."""
    return blind_index(document.kind.value, document.number)


def match_or_add(w: Write, entrants: Sequence[Entrant], unit_id: int) -> list[Matched]:
    """The persons of a list, in order; those not yet known are added with the unit as home.

    A person is recognised by document number, without one by name and phone together. RuleError when
    a number is known under another name. The number of statements does not depend on the list.
    """
    by_hash = known_by_hash(w.session, (e.document_hash for e in entrants if e.document_hash))
    by_phone = known_by_phone(
        w.session, (e.phone_hash for e in entrants if e.phone_hash and not e.document_hash)
    )
    matched: list[Matched] = []
    fresh: dict[Any, int] = {}
    people: list[dict[str, Any]] = []
    documents: list[dict[str, Any]] = []
    ids = iter(w.take_ids(len(entrants)))
    for entrant in entrants:
        known = by_hash.get(entrant.document_hash) if entrant.document_hash else None
        if known is None and not entrant.document_hash and entrant.phone_hash:
            known = by_phone.get((entrant.name, entrant.phone_hash))
        if known is not None:
            if known.name != entrant.name:
                raise other_name(known.name)
            matched.append(Matched(known.person_id, True))
            continue
        key = entrant.document_hash or (entrant.phone_hash and (entrant.name, entrant.phone_hash))
        if key and key in fresh:
            matched.append(Matched(fresh[key], True))
            continue
        person_id = next(ids)
        if key:
            fresh[key] = person_id
        matched.append(Matched(person_id, False))
        people.append(_person_row(entrant, person_id, unit_id))
        if entrant.document is not None:
            documents.append(_identifier_row(entrant.document, entrant.document_hash, person_id))
    w.insert_many(Person, people)
    w.insert_many(PersonIdentifier, documents)
    w.insert_many(PersonReach, list(map(_reach_row, people)))
    w.reached.update((person["id"], unit_id) for person in people)
    return matched


def other_name(known_name: str, field: str = "number") -> RuleError:
    """The refusal of a number that belongs to somebody with another name."""
    return RuleError(
        N_(
            "This document number is registered for %(name)s. Nothing was saved; check number and name, "
            "or ask the administrator to correct the registered name."
        ),
        field,
        name=mask_name(known_name),
    )


def _person_row(entrant: Entrant, person_id: int, unit_id: int) -> dict[str, Any]:
    return {
        "id": person_id,
        "canonical_id": person_id,
        "name": entrant.name,
        "pinyin": entrant.pinyin,
        "initials": entrant.initials,
        "sex": entrant.sex,
        "birth_on": entrant.birth_on,
        "phone": entrant.phone,
        "phone_hash": entrant.phone_hash,
        "phone_last4": entrant.phone[-4:] if entrant.phone else None,
        "employer": entrant.employer,
        "occupation": entrant.occupation,
        "education": entrant.education,
        "home_unit_id": unit_id,
    }


def _identifier_row(document: IdentityDocument, document_hash: str | None, person_id: int) -> dict[str, Any]:
    return {
        "person_id": person_id,
        "kind": document.kind.value,
        "value": document.number,
        "value_hash": document_hash,
        "last4": document.number[-4:],
        "masked": mask_number(document.number),
    }


def _reach_row(person: dict[str, Any]) -> dict[str, Any]:
    """The home unit of a new person, with the words by which it finds the person."""
    words = {name: person[name] for name in ("name", "pinyin", "initials")}
    return {"person_id": person["id"], "unit_id": person["home_unit_id"], **words}


def keep_reach(w: Write, pairs: set[tuple[int, int]]) -> None:
    """Bring persons within the reach of the units of their new facts.

    A fact of a merged row brings its canonical person within reach as well.
    """
    pairs = pairs - w.reached
    canonical: dict[int, int] = {}
    for ids in chunks(person for person, _unit in pairs):
        canonical.update(dict(w.session.execute(_canonical_of(ids)).all()))
    missing = pairs | {(canonical.get(person, person), unit) for person, unit in pairs}
    for ids in chunks(person for person, _unit in missing):
        known = select(PersonReach.person_id, PersonReach.unit_id).where(PersonReach.person_id.in_(ids))
        missing.difference_update((person, unit) for person, unit in w.session.execute(known))
    w.insert_many(PersonReach, [{"person_id": person, "unit_id": unit} for person, unit in sorted(missing)])
    _name_reach(w, {person for person, _unit in missing})
    w.reached |= pairs | missing


def _name_reach(w: Write, person_ids: Iterable[int]) -> None:
    """Repeat the names of persons where units look for them. Only an active person is found."""
    w.session.flush()
    named = {
        column: select(column).where(Person.id == PersonReach.person_id, Person.state == "active")
        for column in (Person.name, Person.pinyin, Person.initials)
    }
    for ids in chunks(person_ids):
        w.session.execute(
            update(PersonReach)
            .where(PersonReach.person_id.in_(ids))
            .values({column.key: words.scalar_subquery() for column, words in named.items()})
            .execution_options(synchronize_session=False)
        )


def _canonical_of(ids: list[int]) -> Any:
    return select(Person.id, Person.canonical_id).where(Person.id.in_(ids), Person.id != Person.canonical_id)


@command(Permission.PERSON_EDIT)
def add_person(w: Write, *, entrant: Entrant, unit_id: int) -> Person:
    """Add one person, or give back the known one with this number."""
    (match,) = match_or_add(w, [entrant], unit_id)
    w.session.flush()
    person = w.session.get(Person, match.person_id)
    assert person is not None
    if match.known:
        keep_reach(w, {(person.id, unit_id)})
    return person


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
            w.add(PersonIdentifier(**_identifier_row(entrant.document, entrant.document_hash, person.id)))
    _name_reach(w, [person.id])
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


@command(Permission.PERSON_MERGE)
def merge_persons(
    w: Write, *, loser: Person, winner: Person, reason: str, preview: dict[str, Any] | None = None
) -> PersonMerge:
    """Record that two rows are one human being. No fact is rewritten; counts follow `canonical_id`.

    Both home units must lie within the actor's reach: across units that is an administrator of their
    common parent. RuleError for a row that is merged already, or for one row with itself.
    """
    scope = w.actor.scope(Permission.PERSON_MERGE)
    if not (scope.holds(loser.home_unit_id) and scope.holds(winner.home_unit_id)):
        raise RecordNotFoundError("person")
    if loser.id == winner.id:
        raise RuleError(N_("These are one and the same entry. Nothing was saved."))
    if loser.state != "active" or winner.state != "active":
        raise RuleError(N_("One of the two was merged meanwhile. Nothing was saved; open the pair again."))
    merge = w.add(
        PersonMerge(
            loser_id=loser.id,
            winner_id=winner.id,
            reason=reason,
            preview=preview or {},
            merged_at=w.at,
            merged_by=w.actor.user_id,
        )
    )
    w.session.flush()
    _recompute_canonical(w, {loser.id, winner.id})
    units = w.session.execute(select(PersonReach.unit_id).where(PersonReach.person_id == loser.id)).scalars()
    keep_reach(w, {(winner.id, unit) for unit in units.all()})
    return merge


@command(Permission.PERSON_MERGE)
def undo_merge(w: Write, *, merge: PersonMerge, reason: str) -> PersonMerge:
    """Take a merge back, in any order; facts entered since stay with the person they were entered for."""
    people = (
        w.session.execute(select(Person).where(Person.id.in_((merge.loser_id, merge.winner_id))))
        .scalars()
        .all()
    )
    scope = w.actor.scope(Permission.PERSON_MERGE)
    if not all(scope.holds(person.home_unit_id) for person in people):
        raise RecordNotFoundError("person_merge")
    if merge.undone_at is not None:
        raise RuleError(N_("This merge was taken back already. Nothing was saved."))
    merge.undone_at, merge.undone_by, merge.undo_reason = w.at, w.actor.user_id, reason
    w.session.flush()
    _recompute_canonical(w, {merge.loser_id, merge.winner_id})
    return merge


def _recompute_canonical(w: Write, seeds: set[int]) -> None:
    """Set `canonical_id` of everyone connected to the seeds from the merges not undone: always one hop."""
    group, edges = set(seeds), {}
    while True:
        rows = w.session.execute(
            select(PersonMerge.loser_id, PersonMerge.winner_id, PersonMerge.undone_at).where(
                or_(PersonMerge.loser_id.in_(group), PersonMerge.winner_id.in_(group))
            )
        ).all()
        edges = {row.loser_id: row.winner_id for row in rows if row.undone_at is None}
        grown = group | {row.loser_id for row in rows} | {row.winner_id for row in rows}
        if grown == group:
            break
        group = grown
    for person in w.session.execute(select(Person).where(Person.id.in_(group))).scalars():
        root = person.id
        while root in edges:
            root = edges[root]
        person.canonical_id = root
        if person.state in ("active", "merged"):
            person.state = "active" if root == person.id else "merged"
    _name_reach(w, group)
