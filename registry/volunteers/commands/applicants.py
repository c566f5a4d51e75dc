"""Somebody who signs up: as typed on a phone, and as it is kept until staff decide."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar

from registry.core.clock import local
from registry.core.errors import RuleError
from registry.core.i18n import N_, Message
from registry.core.text import clean_name, mask_name, read_date
from registry.people.commands import Entrant
from registry.people.identity import IdentityDocument, age_on, read_document
from registry.people.imports import ColumnError
from registry.people.kinds import DocumentKind, Sex
from registry.people.phone import read_phone
from registry.volunteers.commands.admit import Admission, Guardian, refuse_unfit
from registry.volunteers.fields import FIELDS
from registry.volunteers.models import SignUp

T = TypeVar("T")

# The identity check asks for the kind of a document, which the page of a phone does not offer.
_ASKS_FOR_KIND = "The kind of document cannot be told from this number; choose the kind."
_NO_KIND = Message(
    N_(
        "No kind of document has such a number; check it. If it is right, ask the branch to enter you in "
        "its own list."
    )
)
_NO_NUMBER = Message(N_("Give the number of your identity card or of another document."))
_BIRTH = Message(N_("This number does not tell the date of birth; give it."))
_GUARDIAN = Message(N_("Both the name and the phone of the guardian are needed."))
_FIELD = Message(N_("Choose what you would like to help with."))


@dataclass(frozen=True)
class Applicant:
    """Somebody who signs up, checked as far as the form alone can tell."""

    entrant: Entrant
    field: str
    minor: bool
    guardian: Guardian | None

    def values(self) -> dict[str, Any]:
        """What is kept, encrypted, until somebody decides."""
        document = self.entrant.document
        return {
            "name": self.entrant.name,
            "kind": document.kind.value if document is not None else None,
            "number": document.number if document is not None else None,
            "birth_on": self.entrant.birth_on.isoformat() if self.entrant.birth_on else None,
            "sex": self.entrant.sex,
            "phone": self.entrant.phone,
            "field": self.field,
            "guardian_name": self.guardian.name if self.guardian else None,
            "guardian_phone": self.guardian.phone if self.guardian else None,
        }


def read_applicant(
    typed: Mapping[str, str], terms: Mapping[str, Any], today: date
) -> tuple[Applicant | None, list[ColumnError]]:
    """The applicant a form names, or everything that is wrong with it, each at its field.

    `terms` are those of the rule "admission". Nothing here looks at who is registered.
    """
    errors: list[ColumnError] = []

    def read(field: str, reader: Callable[[str], T]) -> T | None:
        try:
            return reader(typed.get(field, ""))
        except RuleError as error:
            errors.append(ColumnError(field, error.message))
            return None

    name = read("name", clean_name)
    phone = read("phone", read_phone)
    field = typed.get("field", "")
    if field not in FIELDS:
        errors.append(ColumnError("field", _FIELD))
    born = read("birth_on", read_date) if typed.get("birth_on") else None
    document = _read_document(typed.get("document_number", ""), born, today, errors)
    guardian = _read_guardian(typed, today, read, errors)
    if name is None or phone is None or document is None or errors:
        return None, errors
    entrant = Entrant.of(name, document, birth_on=document.birth_on, phone=phone)
    told_by_number = typed.get("birth_on", "") == ""
    for wrong in refuse_unfit([Admission(0, entrant, guardian=guardian)], terms, today):
        place = "document_number" if wrong.column == "birth_on" and told_by_number else wrong.column
        errors.append(ColumnError(place, wrong.message))
    if errors:
        return None, errors
    assert entrant.birth_on is not None
    minor = age_on(entrant.birth_on, today) < terms["guardian_below"]
    # Of a grown-up nobody's consent is asked for, so nobody else is kept either.
    return Applicant(entrant, field, minor, guardian if minor else None), []


def _read_document(
    number: str, born: date | None, today: date, errors: list[ColumnError]
) -> IdentityDocument | None:
    try:
        document = read_document(None, number, today=today, birth_on=born)
    except RuleError as error:
        place = "birth_on" if error.field == "birth_on" else "document_number"
        told = _NO_KIND if error.message.text == _ASKS_FOR_KIND else error.message
        errors.append(ColumnError(place, told))
        return None
    if document.kind is DocumentKind.NONE:
        errors.append(ColumnError("document_number", _NO_NUMBER))
        return None
    if document.birth_on is None:
        if not any(error.column == "birth_on" for error in errors):
            errors.append(ColumnError("birth_on", _BIRTH))
        return None
    return document


def _read_guardian(
    typed: Mapping[str, str],
    today: date,
    read: Callable[[str, Callable[[str], Any]], Any],
    errors: list[ColumnError],
) -> Guardian | None:
    given = [bool(typed.get(field)) for field in ("guardian_name", "guardian_phone")]
    if not any(given):
        return None
    if not all(given):
        errors.append(ColumnError("guardian_phone" if given[0] else "guardian_name", _GUARDIAN))
        return None
    name, phone = read("guardian_name", clean_name), read("guardian_phone", read_phone)
    return Guardian(name, phone, today) if name and phone else None


def admission_of(sign_up: SignUp) -> Admission:
    """What a waiting sign-up would be admitted as. The row is the id of the sign-up."""
    values = sign_up.values
    born = date.fromisoformat(values["birth_on"]) if values.get("birth_on") else None
    document = None
    if values.get("number"):
        sex = Sex(values["sex"]) if values.get("sex") else None
        document = IdentityDocument(DocumentKind(values["kind"]), values["number"], born, sex)
    signed_on = local(sign_up.signed_up_at).date()
    guardian = None
    if values.get("guardian_name"):
        guardian = Guardian(values["guardian_name"], values["guardian_phone"], signed_on)
    return Admission(
        sign_up.id,
        Entrant.of(values.get("name", ""), document, birth_on=born, phone=values.get("phone")),
        fields=(values["field"],) if values.get("field") else (),
        guardian=guardian,
        consent_on=signed_on,
    )


def forget(sign_up: SignUp, **kept: Any) -> None:
    """What was typed goes when it is decided: admitted, it stands in the register; otherwise nobody needs it.

    The shortened name stays, so that the list still tells whom a decision was about.
    """
    masked = mask_name(sign_up.values.get("name", ""), minor=sign_up.minor)
    sign_up.values = {"masked": masked, **kept}
    sign_up.number_hash = None
