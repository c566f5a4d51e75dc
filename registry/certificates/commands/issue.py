"""A prepared batch is approved and its certificates are issued, in one write."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.accounts.models import Unit
from registry.accounts.settings import is_demo, is_public_url_confirmed, setting
from registry.certificates.commands.batches import refuse_decided
from registry.certificates.models import (
    BatchLine,
    Certificate,
    CertificateBatch,
    CertificateEvent,
    CredentialRule,
    CredentialType,
)
from registry.certificates.numbers import take_numbers
from registry.certificates.queries.batches import Holder, holders, holders_digest
from registry.certificates.queries.certificates import rule_on
from registry.certificates.snapshots import Issuer, issuer_of, new_sheet, snapshot_of, unprintable_in
from registry.certificates.validity import last_valid_day
from registry.core.errors import ForbiddenError, RuleError
from registry.core.fonts import FontBook
from registry.core.i18n import N_
from registry.core.permissions import Permission
from registry.core.scope import Actor
from registry.core.secrets import new_token
from registry.core.write import Write, command


# The right to issue depends on a setting, so it is checked inside; who may not even see a batch stops here.
@command(Permission.CERTIFICATE_VIEW)
def issue_batch(
    w: Write, batch: CertificateBatch, *, fonts: FontBook, public_url: str, seen: str | None = None
) -> CertificateBatch:
    """Approve a prepared batch and issue its certificates today, each with number, token and snapshot.

    The approver must be someone else than who prepared it, unless the setting `certificate_second_person`
    is off; then who may prepare may issue as well. `public_url` is the address QR codes lead to, and has to
    be the confirmed one; an installation with demo data issues on any address, under the demo mark.
    `seen` is `holders_digest` of what the approver looked at. RuleError when that changed since, the batch
    is decided already, a line cannot be printed, or its person is no longer registered. The number of
    statements does not depend on the size of the batch.
    """
    ready = ready_to_issue(w.session, w.actor, batch, fonts=fonts, public_url=public_url, day=w.today)
    people, rule, unit = ready.people, ready.rule, ready.unit
    if seen is not None and seen != holders_digest(people):
        raise RuleError(
            N_(
                "An entry of this batch changed since the page was loaded. Nothing was issued; "
                "look at the list again and approve it."
            )
        )
    valid_until = last_valid_day(w.today, rule.validity_months, rule.last_day)
    rows: list[dict[str, Any]] = []
    for holder, number in zip(people, take_numbers(w, rule, unit, len(people)), strict=True):
        token = new_token()
        sheet = new_sheet(
            holder,
            ready.credential_type,
            ready.issuer,
            template_version=rule.template_version,
            number=number,
            issued_on=w.today,
            valid_until=valid_until,
            verify_url=f"{public_url.rstrip('/')}/v/{token}",
            demo=ready.demo,
        )
        rows.append(
            {
                "credential_type_id": ready.credential_type.id,
                "credential_rule_id": rule.id,
                "number": number,
                "token": token,
                "person_id": holder.person_id,
                "unit_id": unit.id,
                "batch_id": batch.id,
                "issued_on": w.today,
                "valid_from": w.today,
                "valid_until": valid_until,
                "template_version": rule.template_version,
                "snapshot": snapshot_of(sheet),
            }
        )
    certificate_ids = w.insert_many(Certificate, rows)
    _record_issued(w, batch, people, certificate_ids, w.today)
    w.unit_id = batch.unit_id
    return batch


@dataclass(frozen=True)
class Ready:
    """A batch against which nothing stands, with what its certificates are made from."""

    people: list[Holder]
    unit: Unit
    credential_type: CredentialType
    issuer: Issuer
    rule: CredentialRule
    demo: bool


def ready_to_issue(
    session: Session, actor: Actor, batch: CertificateBatch, *, fonts: FontBook, public_url: str, day: date
) -> Ready:
    """What issuing a batch would start from. ForbiddenError when this actor's roles do not let them issue it,
    RuleError with whatever else stands against it."""
    if not may_issue(session, actor, batch):
        raise ForbiddenError("certificates.issue_batch")
    refuse_decided(batch)
    if approves_own(session, actor, batch):
        raise RuleError(
            N_("You prepared this batch yourself, so someone else has to approve it. Nothing was issued.")
        )
    demo = is_demo(session)
    if not (public_url if demo else is_public_url_confirmed(session, public_url)):
        raise RuleError(
            N_(
                "The public address on the certificates is not confirmed yet. Nothing was issued. "
                "An administrator of the province sets PUBLIC_URL and confirms it under Settings."
            )
        )
    people = holders(session, batch.id)
    unit = session.get_one(Unit, batch.unit_id)
    credential_type = session.get_one(CredentialType, batch.credential_type_id)
    issuer = issuer_of(session, unit, day)
    _check_people(people)
    for row in unprintable_in(people, credential_type, issuer, fonts):
        raise RuleError(
            N_(
                "Row %(row)s: no font can print %(characters)s. Nothing was issued. "
                "Correct the entry of the person, or reject the batch."
            ),
            row=row.row,
            characters=str(row),
        )
    rule = rule_on(session, batch.credential_type_id, day)
    return Ready(people, unit, credential_type, issuer, rule, demo)


def may_issue_any(session: Session, actor: Actor) -> bool:
    """Whether there can be a batch that the actor's roles let them issue."""
    if actor.may(Permission.CERTIFICATE_APPROVE):
        return True
    return actor.may(Permission.CERTIFICATE_PREPARE) and not setting(session, "certificate_second_person")


def may_issue(session: Session, actor: Actor, batch: CertificateBatch) -> bool:
    """Whether the actor's roles let them issue this batch: who approves, or, alone, who may prepare."""
    if actor.scope(Permission.CERTIFICATE_APPROVE).holds(batch.unit_id):
        return True
    alone = not setting(session, "certificate_second_person")
    return alone and actor.scope(Permission.CERTIFICATE_PREPARE).holds(batch.unit_id)


def approves_own(session: Session, actor: Actor, batch: CertificateBatch) -> bool:
    """Whether issuing is refused because the actor prepared the batch."""
    own = batch.prepared_by is not None and batch.prepared_by == actor.user_id
    return own and bool(setting(session, "certificate_second_person"))


def _check_people(people: list[Holder]) -> None:
    """Persons can be merged or voided between preparing and issuing."""
    first_row: dict[int, int] = {}
    for row, holder in enumerate(people, start=1):
        if holder.state != "active":
            raise RuleError(
                N_(
                    "Row %(row)s: this person is no longer in the register. Nothing was issued. "
                    "Reject the batch and prepare it again without the row."
                ),
                row=row,
            )
        first = first_row.setdefault(holder.person_id, row)
        if first != row:
            raise RuleError(
                N_(
                    "Rows %(first)s and %(second)s turned out to be the same person. Nothing was issued. "
                    "Reject the batch and prepare it again without one of them."
                ),
                first=first,
                second=row,
            )


def _record_issued(
    w: Write, batch: CertificateBatch, people: list[Holder], certificate_ids: list[int], day: date
) -> None:
    w.insert_many(
        CertificateEvent,
        [
            {"certificate_id": certificate_id, "kind": "issued", "on": day, "by_id": w.actor.user_id}
            for certificate_id in certificate_ids
        ],
    )
    certificate_of = {
        holder.line_id: certificate_id for holder, certificate_id in zip(people, certificate_ids, strict=True)
    }
    for line in w.session.execute(select(BatchLine).where(BatchLine.batch_id == batch.id)).scalars():
        line.certificate_id = certificate_of[line.id]
    batch.state, batch.issued_on = "issued", day
    batch.decided_by, batch.decided_at = w.actor.user_id, w.at
