"""Teams by field of service, and who is in them from when to when."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from registry.core.db import Base, Code, Name, Pk, Stamp, ref
from registry.core.engines import partial_index


class Team(Base):
    """A team of volunteers (志愿服务队) of a unit in one field. `ended_on` is its first day as dissolved."""

    __tablename__ = "team"
    __catalogue__ = True
    __table_args__ = (
        partial_index("uq_team_name", "unit_id", "name", where="ended_on IS NULL", unique=True),
        CheckConstraint("ended_on IS NULL OR ended_on >= starts_on", name="ended"),
        Index("ix_team_unit", "unit_id", "id"),
    )
    id: Mapped[Pk]
    unit_id: Mapped[int] = ref("unit.id", index=False)
    name: Mapped[Name]
    field: Mapped[Code]
    starts_on: Mapped[date]
    ended_on: Mapped[date | None]
    end_reason: Mapped[str | None] = mapped_column(String(200))


class TeamMembership(Base):
    """A volunteer in a team from a day until the day before `ended_on`; a leader leads it meanwhile."""

    __tablename__ = "team_membership"
    __person__ = "person_id"
    __reach__ = ("person_id", "unit_id")
    __table_args__ = (
        partial_index(
            "uq_team_membership_open",
            "team_id",
            "volunteer_id",
            where="ended_on IS NULL AND voided_at IS NULL",
            unique=True,
        ),
        CheckConstraint("ended_on IS NULL OR ended_on >= starts_on", name="ended"),
        Index("ix_team_membership_team", "team_id", "id"),
        Index("ix_team_membership_volunteer", "volunteer_id", "team_id"),
    )
    id: Mapped[Pk]
    team_id: Mapped[int] = ref("team.id", index=False)
    volunteer_id: Mapped[int] = ref("volunteer.id", index=False)
    person_id: Mapped[int] = ref("person.id")
    unit_id: Mapped[int] = ref("unit.id")
    leader: Mapped[bool] = mapped_column(default=False)
    starts_on: Mapped[date]
    ended_on: Mapped[date | None]
    end_reason: Mapped[str] = mapped_column(String(200), default="")
    voided_at: Mapped[Stamp | None]
