"""Certificates of service (志愿服务记录证明): issued free of charge from the ledger, and voided."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from registry.accounts.models import Unit
from registry.accounts.settings import is_demo, is_public_url_confirmed
from registry.certificates.snapshots import issuer_of
from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.fonts import FontBook
from registry.core.i18n import N_
from registry.core.permissions import Permission
from registry.core.secrets import new_token
from registry.core.text import stated_reason
from registry.core.write import Write, command
from registry.people.models import Person
from registry.volunteers.models import ProofLine, ServiceProof, Volunteer
from registry.volunteers.pdf import TEMPLATE_VERSION, unprintable
from registry.volunteers.queries.own_page import volunteer_by_page
from registry.volunteers.queries.proofs import Served, document_of, standing_lines
from registry.volunteers.sheets import ProofSheet
from registry.volunteers.snapshots import DOCUMENTS, items_of, minutes_by_field, sheet_of, snapshot_of

# What stands for the handling person on a certificate that volunteers take from their own page.
SELF_SERVICE = "本人自助申请"


@command(Permission.VOLUNTEER_EDIT)
def issue_proof(
    w: Write,
    volunteer: Volunteer,
    *,
    starts_on: date,
    ends_on: date,
    handled_by: str,
    responsible: str,
    origin: str,
    public_url: str,
    fonts: FontBook,
    contact: str = "",
) -> ServiceProof:
    """Issue a certificate of the service of a period, today, from the standing lines of the ledger.

    Lines of merged rows of the person count as well. `public_url` is where its QR code leads and has to be
    the confirmed one, unless the data are a demo. RuleError when the period lies in the future or holds no
    standing line, or a character cannot be printed. The contents follow 民发〔2015〕149号.
    """
    _refuse_period(w, starts_on, ends_on)
    if volunteer.voided_at is not None:
        raise RecordNotFoundError("volunteer")
    for name, value in (("responsible", responsible), ("handled_by", handled_by)):
        if not value.strip():
            raise RuleError(
                N_("The certificate names who is responsible and who handled it. Nothing was issued."),
                name,
            )
    demo = is_demo(w.session)
    if not (public_url if demo else is_public_url_confirmed(w.session, public_url)):
        raise RuleError(
            N_(
                "The public address on the certificates is not confirmed yet. Nothing was issued. "
                "An administrator of the province sets PUBLIC_URL and confirms it under Settings."
            )
        )
    person = canonical(w, volunteer)
    lines = standing_lines(w.session, person.id, starts_on, ends_on)
    if not lines:
        raise RuleError(
            N_(
                "No approved service lies between %(start)s and %(end)s. Nothing was issued; "
                "choose another period, or have the hours approved first."
            ),
            "starts_on",
            start=starts_on.isoformat(),
            end=ends_on.isoformat(),
        )
    proof_id, token = w.take_ids(1)[0], new_token()
    issuer = issuer_of(w.session, w.session.get_one(Unit, volunteer.unit_id), w.today)
    kind, masked = document_of(w.session, person.id)
    sheet = ProofSheet(
        template_version=TEMPLATE_VERSION,
        number=f"ZM{w.today.year}{proof_id:09d}",
        issued_on=w.today,
        holder_name=person.name,
        document_kind=DOCUMENTS.get(kind, ""),  # type: ignore[call-overload]
        document_masked=masked,
        volunteer_number=volunteer.number,
        starts_on=starts_on,
        ends_on=ends_on,
        minutes=sum(line.minutes for line in lines),
        fields=minutes_by_field(lines),
        items=items_of(lines),
        issuer_zh=issuer.zh,
        issuer_en=issuer.en,
        responsible=responsible.strip(),
        handled_by=handled_by.strip(),
        contact=contact.strip(),
        verify_url=f"{public_url.rstrip('/')}/s/{token}",
        demo=demo,
    )
    _refuse_unprintable(sheet, fonts)
    w.unit_id = volunteer.unit_id
    return _freeze(w, volunteer, person, lines, sheet, proof_id=proof_id, token=token, origin=origin)


@command(None)
def request_proof(
    w: Write, page_token: str, *, starts_on: date | None, ends_on: date, public_url: str, fonts: FontBook
) -> ServiceProof:
    """The same from a volunteer's own page, without sign-in: the address of the page is the right to ask.

    `starts_on` None begins with the first day served. Nobody of the staff handles it, so the certificate says
    that, and the society itself is responsible. Asked again on the same day for the same lines, the
    certificate is the one already issued.
    """
    volunteer, person = volunteer_by_page(w.session, page_token)
    if starts_on is None:
        lines = standing_lines(w.session, person.id, date.min, ends_on)
        starts_on = lines[0].served_on if lines else ends_on
    else:
        lines = standing_lines(w.session, person.id, starts_on, ends_on)
    w.unit_id = volunteer.unit_id
    for proof in _of_today(w, volunteer, starts_on, ends_on):
        sheet = sheet_of(proof)
        same = (sheet.holder_name, sheet.document_masked) == (
            person.name,
            document_of(w.session, person.id)[1],
        )
        if same and _line_ids(w, proof) == {line.id for line in lines}:
            return proof
    return issue_proof(
        w,
        volunteer,
        starts_on=starts_on,
        ends_on=ends_on,
        handled_by=SELF_SERVICE,
        responsible=issuer_of(w.session, w.session.get_one(Unit, volunteer.unit_id), w.today).zh,
        origin="phone",
        public_url=public_url,
        fonts=fonts,
    )


@command(Permission.VOLUNTEER_APPROVE)
def void_proof(w: Write, proof: ServiceProof, *, reason: str) -> ServiceProof:
    """Declare a certificate of service issued in error void: whoever checks it is told so."""
    stated = stated_reason(reason)
    if proof.voided_at is not None:
        raise RuleError(N_("This certificate of service is void already. Nothing was saved."))
    proof.voided_at, proof.void_reason = w.at, stated
    w.reason, w.unit_id = stated, proof.unit_id
    return proof


def canonical(w: Write, volunteer: Volunteer) -> Person:
    """The canonical person of a volunteer."""
    row = w.session.get_one(Person, volunteer.person_id)
    return row if row.id == row.canonical_id else w.session.get_one(Person, row.canonical_id)


def _refuse_period(w: Write, starts_on: date, ends_on: date) -> None:
    if ends_on < starts_on:
        raise RuleError(N_("The last day lies before the first. Nothing was issued; correct it."), "ends_on")
    if ends_on > w.today:
        raise RuleError(
            N_("The period reaches into the future. Nothing was issued; end it today at the latest."),
            "starts_on" if starts_on > w.today else "ends_on",
        )


def _refuse_unprintable(sheet: ProofSheet, fonts: FontBook) -> None:
    missing = unprintable(sheet, fonts)
    if missing:
        raise RuleError(
            N_(
                "No font can print %(characters)s. Nothing was issued; correct the entry of the person, or "
                "the content of the service."
            ),
            characters=", ".join(f"{character} (U+{ord(character):04X})" for character in missing),
        )


def _freeze(
    w: Write,
    volunteer: Volunteer,
    person: Person,
    lines: Sequence[Served],
    sheet: ProofSheet,
    *,
    proof_id: int,
    token: str,
    origin: str,
) -> ServiceProof:
    proof = w.add(
        ServiceProof(
            id=proof_id,
            number=sheet.number,
            token=token,
            volunteer_id=volunteer.id,
            person_id=person.id,
            unit_id=volunteer.unit_id,
            starts_on=sheet.starts_on,
            ends_on=sheet.ends_on,
            minutes=sheet.minutes,
            issued_on=sheet.issued_on,
            handled_by=sheet.handled_by,
            responsible=sheet.responsible,
            origin=origin,
            template_version=sheet.template_version,
            snapshot=snapshot_of(sheet),
        )
    )
    w.insert_many(ProofLine, [{"service_proof_id": proof_id, "service_line_id": line.id} for line in lines])
    return proof


def _of_today(w: Write, volunteer: Volunteer, starts_on: date, ends_on: date) -> Sequence[ServiceProof]:
    return (
        w.session.execute(
            select(ServiceProof)
            .where(
                ServiceProof.volunteer_id == volunteer.id,
                ServiceProof.issued_on == w.today,
                ServiceProof.starts_on == starts_on,
                ServiceProof.ends_on == ends_on,
                ServiceProof.origin == "phone",
                ServiceProof.voided_at.is_(None),
            )
            .order_by(ServiceProof.id.desc())
            .limit(1)
        )
        .scalars()
        .all()
    )


def _line_ids(w: Write, proof: ServiceProof) -> set[int]:
    return set(
        w.session.execute(
            select(ProofLine.service_line_id).where(ProofLine.service_proof_id == proof.id)
        ).scalars()
    )
