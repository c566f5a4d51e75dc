"""What volunteers receive for their service: star levels, points and honours."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from registry.core.db import Base, Name, Pk, Stamp, ref
from registry.core.engines import partial_index


class StarAward(Base):
    """A star level applied for, published for objections, then awarded. `minutes` is what it rested on.

    `published_until` is the last day of the notice; before it is over nothing is awarded.
    """

    __tablename__ = "star_award"
    __person__ = "person_id"
    __table_args__ = (
        CheckConstraint("state IN ('published', 'awarded', 'rejected', 'withdrawn')", name="state"),
        CheckConstraint("level > 0", name="level"),
        partial_index(
            "uq_star_award_level",
            "volunteer_id",
            "level",
            where="state IN ('published', 'awarded')",
            unique=True,
        ),
        Index("ix_star_award_unit", "unit_id", "state", "id"),
    )
    id: Mapped[Pk]
    volunteer_id: Mapped[int] = ref("volunteer.id")
    person_id: Mapped[int] = ref("person.id")
    unit_id: Mapped[int] = ref("unit.id", index=False)
    volunteer_rule_id: Mapped[int] = ref("volunteer_rule.id", index=False)
    level: Mapped[int]
    minutes: Mapped[int]
    published_on: Mapped[date]
    published_until: Mapped[date]
    published_by: Mapped[int | None] = ref("user.id")
    state: Mapped[str] = mapped_column(String(10), default="published")
    decided_by: Mapped[int | None] = ref("user.id")
    decided_on: Mapped[date | None]
    decision_reason: Mapped[str] = mapped_column(String(200), default="")
    document: Mapped[str] = mapped_column(String(120), default="")


class PointsLine(Base):
    """A line of the ledger of points. Insert-only; the balance of a volunteer is never below zero.

    `points` are hundredths, so that a half hour at a coefficient stays exact. `shortfall` is what a reversal
    could not take back because it was spent; the next points earned settle it first. `expires_on` is the
    first day on which points earned here can no longer be used.
    """

    __tablename__ = "points_line"
    __insert_only__ = True
    __person__ = "person_id"
    __table_args__ = (
        CheckConstraint("kind IN ('earn', 'reverse', 'settle', 'redeem', 'expire', 'adjust')", name="kind"),
        CheckConstraint("shortfall >= 0", name="shortfall"),
        Index("ix_points_line_volunteer", "volunteer_id", "id"),
        partial_index(
            "uq_points_line_earned", "service_line_id", where="service_line_id IS NOT NULL", unique=True
        ),
    )
    id: Mapped[Pk]
    volunteer_id: Mapped[int] = ref("volunteer.id", index=False)
    person_id: Mapped[int] = ref("person.id")
    unit_id: Mapped[int] = ref("unit.id")
    kind: Mapped[str] = mapped_column(String(8))
    points: Mapped[int]
    shortfall: Mapped[int] = mapped_column(default=0)
    on: Mapped[date]
    expires_on: Mapped[date | None]
    service_line_id: Mapped[int | None] = ref("service_line.id", index=False)
    volunteer_rule_id: Mapped[int | None] = ref("volunteer_rule.id", index=False)
    reason: Mapped[str] = mapped_column(String(200), default="")
    by_id: Mapped[int | None] = ref("user.id")


class Honour(Base):
    """An honour given to a volunteer by a society or an authority; entered in error it is voided."""

    __tablename__ = "honour"
    __person__ = "person_id"
    __table_args__ = (Index("ix_honour_volunteer", "volunteer_id", "given_on"),)
    id: Mapped[Pk]
    volunteer_id: Mapped[int] = ref("volunteer.id", index=False)
    person_id: Mapped[int] = ref("person.id")
    unit_id: Mapped[int] = ref("unit.id")
    title: Mapped[Name]
    given_by: Mapped[Name]
    given_on: Mapped[date]
    document: Mapped[str] = mapped_column(String(120), default="")
    recorded_at: Mapped[Stamp]
    voided_at: Mapped[Stamp | None]
    void_reason: Mapped[str | None] = mapped_column(String(200))
