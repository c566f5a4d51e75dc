"""The verbs of this register."""

from __future__ import annotations

from registry.certificates.commands.batches import BatchEntry, prepare_batch, reject_batch
from registry.certificates.commands.catalogue import load_credential_types
from registry.certificates.commands.end import revoke_certificate, void_certificate
from registry.certificates.commands.issue import issue_batch
from registry.certificates.commands.takeover import (
    Imported,
    LegacyCertificate,
    LegacyEvent,
    import_certificate_events,
    import_certificates,
)

__all__ = [
    "BatchEntry",
    "Imported",
    "LegacyCertificate",
    "LegacyEvent",
    "import_certificate_events",
    "import_certificates",
    "issue_batch",
    "load_credential_types",
    "prepare_batch",
    "reject_batch",
    "revoke_certificate",
    "void_certificate",
]
