"""Whose own page an address opens."""

from __future__ import annotations

import re

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.core.errors import RecordNotFoundError
from registry.core.secrets import blind_index
from registry.people.models import Person
from registry.volunteers.models import Volunteer

_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")


def volunteer_by_page(session: Session, token: str) -> tuple[Volunteer, Person]:
    """The volunteer of an own page with the canonical person; RecordNotFoundError for no such page."""
    digest = blind_index("volunteer page", token if _TOKEN.fullmatch(token) else "")
    volunteer = session.execute(
        select(Volunteer).where(Volunteer.page_digest == digest, Volunteer.voided_at.is_(None))
    ).scalar()
    if volunteer is None:
        raise RecordNotFoundError("volunteer")
    row = session.get_one(Person, volunteer.person_id)
    return volunteer, row if row.id == row.canonical_id else session.get_one(Person, row.canonical_id)
