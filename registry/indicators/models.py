"""Contributions (the intervals behind every figure) and the cells that sum them."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from registry.core.db import Base, Code, Pk, ref


class Contribution(Base):
    """What one record adds to one figure, from starts_on to ends_on (the last day that counts).

    Known from journal entry `known_seq` until voided by `void_seq`; never deleted, so a figure can be
    read as it was known at any past entry.
    """

    __tablename__ = "contribution"
    __journalled__ = False
    __table_args__ = (
        Index("ix_contribution_unit", "indicator", "unit_id", "starts_on", "ends_on"),
        Index("ix_contribution_start", "indicator", "starts_on", "id"),
        Index("ix_contribution_subject", "indicator", "subject_id"),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="dates"),
    )
    id: Mapped[Pk]
    indicator: Mapped[Code]
    version: Mapped[int]
    subject_id: Mapped[int]
    unit_id: Mapped[int] = ref("unit.id", index=False)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    quantity: Mapped[int]
    record_id: Mapped[int]
    known_seq: Mapped[int]
    void_seq: Mapped[int | None]


class Cell(Base):
    """The sum of changes of an indicator in a unit on a day."""

    __tablename__ = "cell"
    __journalled__ = False
    indicator: Mapped[Code] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = ref("unit.id", index=False, primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(primary_key=True)
    quantity: Mapped[int]


class MonthCell(Base):
    """The sum of the day cells of a month (`month` is its first day)."""

    __tablename__ = "month_cell"
    __journalled__ = False
    indicator: Mapped[Code] = mapped_column(primary_key=True)
    unit_id: Mapped[int] = ref("unit.id", index=False, primary_key=True, autoincrement=False)
    month: Mapped[date] = mapped_column(primary_key=True)
    quantity: Mapped[int]


class IndicatorState(Base):
    """Under which definition an indicator's contributions were built; a changed one blocks serving."""

    __tablename__ = "indicator_state"
    __journalled__ = False
    indicator: Mapped[Code] = mapped_column(primary_key=True)
    definition_hash: Mapped[str] = mapped_column(String(64))
    built_seq: Mapped[int]
