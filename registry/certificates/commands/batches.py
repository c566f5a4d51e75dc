"""Batches: prepared by one person, decided once by another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from registry.certificates.models import BatchLine, CertificateBatch
from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.i18n import N_
from registry.core.permissions import Permission
from registry.core.text import stated_reason
from registry.core.write import Write, command
from registry.people.queries import canonical_ids


@dataclass(frozen=True)
class BatchEntry:
    """A person a certificate is prepared for, with what it will say about the training."""

    person_id: int
    course_title: str
    class_hours: int
    employer: str = ""


@command(Permission.CERTIFICATE_PREPARE)
def prepare_batch(
    w: Write, *, unit_id: int, credential_type_id: int, title: str, entries: Sequence[BatchEntry]
) -> CertificateBatch:
    """Prepare certificates for approval; the lines keep the order of the entries.

    RuleError for an empty batch, and for a person who is in it twice, merged entries included.
    """
    if not w.actor.scope(Permission.CERTIFICATE_PREPARE).holds(unit_id):
        raise RecordNotFoundError("unit")
    if not entries:
        raise RuleError(N_("Nobody is in this batch. Nothing was saved; choose at least one person."))
    canonical = canonical_ids(w.session, (entry.person_id for entry in entries))
    first_row: dict[int, int] = {}
    for row, entry in enumerate(entries, start=1):
        if entry.person_id not in canonical:
            raise RecordNotFoundError("person")
        first = first_row.setdefault(canonical[entry.person_id], row)
        if first != row:
            raise RuleError(
                N_("Rows %(first)s and %(second)s are the same person. Nothing was saved; leave one out."),
                first=first,
                second=row,
            )
    batch = w.add(
        CertificateBatch(
            unit_id=unit_id,
            credential_type_id=credential_type_id,
            title=title,
            prepared_by=w.actor.user_id,
            prepared_at=w.at,
            state="prepared",
        )
    )
    w.insert_many(
        BatchLine,
        [
            {
                "batch_id": batch.id,
                "person_id": canonical[entry.person_id],
                "course_title": entry.course_title,
                "class_hours": entry.class_hours,
                "employer": entry.employer,
            }
            for entry in entries
        ],
    )
    return batch


@command(Permission.CERTIFICATE_APPROVE)
def reject_batch(w: Write, batch: CertificateBatch, *, reason: str) -> CertificateBatch:
    """Send a prepared batch back with a reason; nothing is issued from it. RuleError when it is decided."""
    refuse_decided(batch)
    batch.state, batch.decision_reason = "rejected", stated_reason(reason)
    batch.decided_by, batch.decided_at = w.actor.user_id, w.at
    w.reason, w.unit_id = batch.decision_reason, batch.unit_id
    return batch


def refuse_decided(batch: CertificateBatch) -> None:
    """RuleError when a batch was issued or rejected already."""
    if batch.state == "issued":
        raise RuleError(
            N_(
                "This batch was issued already, on %(day)s. Nothing was changed; "
                "open it to see the certificates."
            ),
            day=batch.issued_on.isoformat() if batch.issued_on else "",
        )
    if batch.state == "rejected":
        raise RuleError(
            N_(
                "This batch was rejected already. Nothing was changed; "
                "prepare a new batch if it is still needed."
            )
        )
