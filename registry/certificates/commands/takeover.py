"""Certificates that were issued before this registry, and what happened to them, taken over from lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, NoReturn

from sqlalchemy import Row, select

from registry.accounts.models import Unit
from registry.accounts.settings import is_demo
from registry.certificates.commands.end import revoke, void
from registry.certificates.models import Certificate, CertificateEvent, CredentialType
from registry.certificates.queries.certificates import certificates_numbered
from registry.certificates.sheets import CertificateSheet
from registry.certificates.snapshots import SEX, Issuer, issuer_of, snapshot_of
from registry.core.db import CHUNK
from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.i18n import N_
from registry.core.imports import only
from registry.core.permissions import Permission
from registry.core.secrets import new_token
from registry.core.write import Write, command
from registry.people.commands import Entrant, match_or_add, other_name
from registry.people.queries import KnownPerson, known_by_hash, number_mask

LEGACY = "legacy"
"""The template version of certificates that were printed elsewhere; no PDF is drawn of them."""


@dataclass(frozen=True)
class LegacyCertificate:
    """A checked row of a list of certificates. `row` is its row in the file, for messages.

    `number` is the number on the paper; `valid_until` None means that it does not expire.
    """

    row: int
    entrant: Entrant
    unit_id: int
    credential_type_id: int
    number: str
    issued_on: date
    valid_until: date | None
    course_title: str = ""
    class_hours: int = 0


@dataclass(frozen=True)
class LegacyEvent:
    """A checked row of a list of revocations: `kind` is revoked (from the day `on`) or voided."""

    row: int
    credential_type_id: int
    number: str
    kind: str
    on: date
    reason: str
    document: str = ""


@dataclass(frozen=True)
class Imported:
    """How many rows became certificates, and how many were registered before."""

    added: int
    known: int


@command(Permission.CERTIFICATE_IMPORT)
def import_certificates(w: Write, *, rows: Sequence[LegacyCertificate]) -> Imported:
    """Take over certificates under the numbers they carry; their holders are found again or added.

    A row whose number, date of issue and holder are registered already is left as it is; the holder is told
    by document, or without one by name. RuleError, naming the row, for a number that another certificate of
    the type carries; then nothing is saved.
    """
    scope = w.actor.scope(Permission.CERTIFICATE_IMPORT)
    if not all(scope.holds(row.unit_id) for row in rows):
        raise RecordNotFoundError("unit")
    fresh = _not_yet_registered(w, rows)
    _refuse_other_names(w, fresh)
    fresh.sort(key=lambda row: (row.unit_id, row.row))
    holder_of: dict[int, int] = {}
    for unit_id, group in groupby(fresh, key=lambda row: row.unit_id):
        of_unit = list(group)
        matched = match_or_add(w, [row.entrant for row in of_unit], unit_id)
        holder_of.update({row.row: match.person_id for row, match in zip(of_unit, matched, strict=True)})
    issuers = {
        unit.id: issuer_of(w.session, unit, w.today)
        for unit in w.session.execute(select(Unit)).scalars().all()
        if unit.id in {row.unit_id for row in fresh}
    }
    types = {kind.id: kind for kind in w.session.execute(select(CredentialType)).scalars()}
    demo, mask = is_demo(w.session), number_mask(w.session)
    ids = w.insert_many(
        Certificate,
        [
            {
                "credential_type_id": row.credential_type_id,
                "number": row.number,
                "token": new_token(),
                "person_id": holder_of[row.row],
                "unit_id": row.unit_id,
                "issued_on": row.issued_on,
                "valid_from": row.issued_on,
                "valid_until": row.valid_until,
                "origin": "legacy",
                "template_version": LEGACY,
                "snapshot": _snapshot(row, types[row.credential_type_id], issuers[row.unit_id], mask, demo),
            }
            for row in fresh
        ],
    )
    w.insert_many(
        CertificateEvent,
        [
            {"certificate_id": certificate_id, "kind": "imported", "on": w.today, "by_id": w.actor.user_id}
            for certificate_id in ids
        ],
    )
    w.unit_id = only({row.unit_id for row in rows})
    return Imported(added=len(fresh), known=len(rows) - len(fresh))


def _not_yet_registered(w: Write, rows: Sequence[LegacyCertificate]) -> list[LegacyCertificate]:
    registered = {
        (found.credential_type_id, found.number): found
        for found in certificates_numbered(w.session, (row.number for row in rows))
    }
    hashes = (row.entrant.document_hash for row in rows)
    holder_of = known_by_hash(w.session, (hashed for hashed in hashes if hashed))
    fresh: list[LegacyCertificate] = []
    row_of: dict[tuple[int, str], int] = {}
    for row in rows:
        key = (row.credential_type_id, row.number)
        if row_of.setdefault(key, row.row) != row.row:
            raise RuleError(
                N_("Rows %(first)s and %(second)s carry the same certificate number. Nothing was saved."),
                "number",
                first=row_of[key],
                second=row.row,
            )
        known = registered.get(key)
        if known is None:
            fresh.append(row)
        elif known.issued_on != row.issued_on or not _is_holder(row.entrant, known, holder_of):
            raise RuleError(
                N_(
                    "Row %(row)s: another certificate of this type carries the number %(number)s. "
                    "Nothing was saved; correct the number."
                ),
                "number",
                row=row.row,
                number=row.number,
            )
    return fresh


def _is_holder(entrant: Entrant, registered: Row[Any], holder_of: Mapping[str, KnownPerson]) -> bool:
    """Whether the row names the holder of the certificate that is registered under its number."""
    if entrant.document_hash is not None and registered.has_document:
        named = holder_of.get(entrant.document_hash)
        return named is not None and named.person_id == registered.person_id
    return entrant.name in (registered.name, registered.entered_as)


def _refuse_other_names(w: Write, rows: Sequence[LegacyCertificate]) -> None:
    known = known_by_hash(w.session, (row.entrant.document_hash for row in rows if row.entrant.document_hash))
    for row in rows:
        person = known.get(row.entrant.document_hash or "")
        if person is not None and not person.is_called(row.entrant.name):
            _refuse_row(row.row, other_name(person.name))


def _snapshot(
    row: LegacyCertificate,
    credential_type: CredentialType,
    issuer: Issuer,
    mask: Callable[[str], str],
    demo: bool,
) -> dict[str, Any]:
    document = row.entrant.document
    return snapshot_of(
        CertificateSheet(
            title=credential_type.name,
            template_version=LEGACY,
            holder_name=row.entrant.name,
            sex=SEX.get(row.entrant.sex or "", ""),
            document_masked=mask(document.number) if document is not None else "",
            number=row.number,
            issued_on=row.issued_on,
            valid_until=row.valid_until,
            issuing_unit_zh=issuer.zh,
            issuing_unit_en=issuer.en,
            course_name=row.course_title,
            class_hours=row.class_hours,
            holder_unit=row.entrant.employer,
            verify_url="",
            demo=demo,
        )
    )


@command(Permission.CERTIFICATE_IMPORT)
def import_certificate_events(w: Write, *, rows: Sequence[LegacyEvent]) -> int:
    """Void or revoke certificates by their numbers; gives how many. RuleError naming the row otherwise.

    A certificate that was issued here is ended by who may approve certificates, in a list as on its page.
    """
    scope = w.actor.scope(Permission.CERTIFICATE_IMPORT)
    approves = w.actor.scope(Permission.CERTIFICATE_APPROVE)
    wanted = sorted({row.number for row in rows})
    found: dict[tuple[int, str], Certificate] = {}
    for start in range(0, len(wanted), CHUNK):
        chunk = select(Certificate).where(
            Certificate.number.in_(wanted[start : start + CHUNK]), scope.where(Certificate.unit_id)
        )
        for certificate in w.session.execute(chunk).scalars():
            found[certificate.credential_type_id, certificate.number] = certificate
    events = []
    void_with_original: set[int] = set()
    for row in rows:
        named = found.get((row.credential_type_id, row.number))
        if named is None:
            raise RuleError(
                N_(
                    "Row %(row)s: no certificate of this type carries the number %(number)s. "
                    "Nothing was saved; check number and type."
                ),
                "number",
                row=row.row,
                number=row.number,
            )
        if named.origin == "issued" and not approves.holds(named.unit_id):
            raise RuleError(
                N_(
                    "Row %(row)s: the certificate %(number)s was issued here, so only who may approve "
                    "certificates ends it. Nothing was saved."
                ),
                "number",
                row=row.row,
                number=row.number,
            )
        if row.kind == "voided" and named.id in void_with_original:
            continue
        ended = [named]
        try:
            if row.kind == "voided":
                ended = void(w, named, row.reason)
                void_with_original.update(certificate.id for certificate in ended[1:])
            else:
                revoke(w, named, row.on, row.reason)
        except RuleError as error:
            _refuse_row(row.row, error)
        events += [
            {
                "certificate_id": certificate.id,
                "kind": row.kind,
                "on": row.on,
                "reason": row.reason.strip(),
                "document": row.document,
                "by_id": w.actor.user_id,
            }
            for certificate in ended
        ]
    w.insert_many(CertificateEvent, events)
    w.unit_id = only({certificate.unit_id for certificate in found.values()})
    return len(rows)


def _refuse_row(row: int, error: RuleError) -> NoReturn:
    raise RuleError(N_("Row %(row)s: %(reason)s"), error.field, row=row, reason=error.message) from error
