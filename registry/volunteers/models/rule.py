"""The rules of volunteering, each in versions: a new one is a new row, an old decision keeps its own."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from registry.core.db import Base, Json, Pk

RULE_KINDS = ("admission", "registration", "active", "stars", "points", "hours")


class VolunteerRule(Base):
    """The rule of a kind in force from a day on; `terms` are its thresholds by name.

    `confirmed` False shows the rule as "to confirm": the branch has not decided it yet.
    """

    __tablename__ = "volunteer_rule"
    __table_args__ = (
        UniqueConstraint("kind", "version"),
        CheckConstraint(f"kind IN {RULE_KINDS}", name="kind"),
    )
    id: Mapped[Pk]
    kind: Mapped[str] = mapped_column(String(12))
    version: Mapped[int]
    starts_on: Mapped[date]
    terms: Mapped[Json]
    source: Mapped[str] = mapped_column(String(200), default="")
    confirmed: Mapped[bool] = mapped_column(default=False)
