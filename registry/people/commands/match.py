"""The persons of a list: found again, or added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from registry.core.errors import RuleError
from registry.core.i18n import N_
from registry.core.secrets import blind_index
from registry.core.text import mask_name
from registry.core.write import Write
from registry.people.commands.reach import add_reach
from registry.people.identity import IdentityDocument
from registry.people.kinds import DocumentKind
from registry.people.models import Person, PersonIdentifier
from registry.people.pinyin import name_pinyin
from registry.people.queries import known_by_hash, known_by_phone


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
            if not known.is_called(entrant.name):
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
            documents.append(identifier_row(entrant.document, entrant.document_hash, person_id))
    w.insert_many(Person, people)
    w.insert_many(PersonIdentifier, documents)
    add_reach(w, people)
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
        "employer": entrant.employer,
        "occupation": entrant.occupation,
        "education": entrant.education,
        "home_unit_id": unit_id,
    }


def identifier_row(document: IdentityDocument, document_hash: str | None, person_id: int) -> dict[str, Any]:
    return {
        "person_id": person_id,
        "kind": document.kind.value,
        "value": document.number,
        "value_hash": document_hash,
    }
