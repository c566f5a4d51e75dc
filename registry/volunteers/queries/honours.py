"""Reading honours."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.people.models import Person
from registry.volunteers.models import Honour


def honours_of_person(session: Session, person_id: int) -> Sequence[Honour]:
    """The honours of a human being, newest first, void ones last."""
    return (
        session.execute(
            select(Honour)
            .join(Person, Person.id == Honour.person_id)
            .where(Person.canonical_id == person_id)
            .order_by(Honour.voided_at.is_not(None), Honour.given_on.desc(), Honour.id.desc())
        )
        .scalars()
        .all()
    )
