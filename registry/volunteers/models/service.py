"""Hours of service: what was entered and decided, and the ledger of what counts."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from registry.core.db import Base, Code, Pk, Stamp, ref
from registry.core.engines import partial_index


class ServiceEntry(Base):
    """One stretch of service of one person on one day, from being entered to being decided.

    `starts` is in minutes since midnight in Shanghai; `minutes` is actual service, without travel. An entry
    that is edited after its approval is submitted again, and its line in the ledger is reversed.
    """

    __tablename__ = "service_entry"
    __person__ = "person_id"
    __reach__ = ("person_id", "unit_id")
    __table_args__ = (
        CheckConstraint("state IN ('submitted', 'approved', 'rejected', 'withdrawn')", name="state"),
        CheckConstraint("source IN ('check', 'grid', 'claim', 'import')", name="source"),
        CheckConstraint("minutes > 0 AND starts >= 0 AND starts + minutes <= 1440", name="times"),
        # Two stretches that begin together are one too many; the command looks at how far each reaches.
        partial_index(
            "uq_service_entry_start",
            "person_id",
            "served_on",
            "starts",
            where="state IN ('submitted', 'approved')",
            unique=True,
        ),
        Index("ix_service_entry_person", "person_id", "served_on"),
        Index("ix_service_entry_unit", "unit_id", "state", "served_on", "id"),
        Index("ix_service_entry_state", "state", "served_on", "id"),
        Index("ix_service_entry_activity", "activity_id", "id"),
    )
    id: Mapped[Pk]
    volunteer_id: Mapped[int] = ref("volunteer.id")
    person_id: Mapped[int] = ref("person.id", index=False)
    unit_id: Mapped[int] = ref("unit.id", index=False)
    activity_id: Mapped[int | None] = ref("activity.id", index=False)
    shift_id: Mapped[int | None] = ref("shift.id")
    team_id: Mapped[int | None] = ref("team.id")
    field: Mapped[Code]
    served_on: Mapped[date]
    starts: Mapped[int]
    minutes: Mapped[int]
    content: Mapped[str] = mapped_column(String(200), default="")
    source: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(10), default="submitted")
    submitted_by: Mapped[int | None] = ref("user.id")
    submitted_at: Mapped[Stamp]
    decided_by: Mapped[int | None] = ref("user.id")
    decided_at: Mapped[Stamp | None]
    decision_reason: Mapped[str] = mapped_column(String(200), default="")


class ServiceLine(Base):
    """A line of the ledger of hours. Insert-only: a correction is a line that reverses another one.

    `minutes` of a reversal are those of the line it reverses, below zero. `active_until` is the last day on
    which this service makes its volunteer an active one, by the rule in force when it was posted.
    """

    __tablename__ = "service_line"
    __insert_only__ = True
    __person__ = "person_id"
    __table_args__ = (
        CheckConstraint(
            "(reverses_id IS NULL AND minutes > 0) OR (reverses_id IS NOT NULL AND minutes < 0)",
            name="minutes",
        ),
        partial_index(
            "uq_service_line_reverses", "reverses_id", where="reverses_id IS NOT NULL", unique=True
        ),
        Index("ix_service_line_person", "person_id", "served_on", "id"),
        Index("ix_service_line_unit", "unit_id", "served_on", "id"),
        Index("ix_service_line_entry", "service_entry_id", "id"),
    )
    id: Mapped[Pk]
    service_entry_id: Mapped[int] = ref("service_entry.id", index=False)
    volunteer_id: Mapped[int] = ref("volunteer.id", index=False)
    person_id: Mapped[int] = ref("person.id", index=False)
    unit_id: Mapped[int] = ref("unit.id", index=False)
    activity_id: Mapped[int | None] = ref("activity.id")
    team_id: Mapped[int | None] = ref("team.id")
    field: Mapped[Code]
    served_on: Mapped[date]
    starts: Mapped[int]
    minutes: Mapped[int]
    active_until: Mapped[date]
    posted_on: Mapped[date]
    reverses_id: Mapped[int | None] = ref("service_line.id", index=False)
    reason: Mapped[str] = mapped_column(String(200), default="")
