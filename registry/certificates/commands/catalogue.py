"""The credential types an installation starts with."""

from __future__ import annotations

from registry.accounts.commands import EARLIEST
from registry.certificates.models import CredentialRule, CredentialType
from registry.core.write import Write, command

# (code, name, English name, validity in months, number letter). Validities are settings to confirm.
CREDENTIAL_TYPES = (
    ("rescuer", "红十字救护员证", "Red Cross certified rescuer", 36, "J"),
    ("cpr_aed", "心肺复苏(CPR+AED)培训证书", "CPR and AED certificate", 24, "C"),
    ("instructor", "应急救护师证", "First-aid instructor certificate", 36, "S"),
)


@command(None)
def load_credential_types(w: Write) -> int:
    """Load the credential types with their first rules; returns how many."""
    for code, name, name_en, months, letter in CREDENTIAL_TYPES:
        credential = w.add(CredentialType(code=code, name=name, name_en=name_en))
        w.add(
            CredentialRule(
                credential_type_id=credential.id,
                version=1,
                starts_on=EARLIEST,
                validity_months=months,
                last_day="day_before",
                number_template="{unit}{year}" + letter + "{serial:06d}",
                template_version="rescuer-2026-1",
            )
        )
    return len(CREDENTIAL_TYPES)
