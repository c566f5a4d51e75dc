"""Reading the rules of volunteering in all their versions."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.volunteers.models import VolunteerRule


def versions(session: Session, kind: str | None = None) -> dict[str, list[VolunteerRule]]:
    """Kind → its versions, the latest first."""
    rows = select(VolunteerRule).order_by(VolunteerRule.starts_on.desc(), VolunteerRule.version.desc())
    found: dict[str, list[VolunteerRule]] = {}
    for rule in session.execute(rows if kind is None else rows.where(VolunteerRule.kind == kind)).scalars():
        found.setdefault(rule.kind, []).append(rule)
    return found
