"""One row per human being, whatever the number of courses, teams or cases."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from registry.core.db import PERSONAL, Base, Json, Pk, SearchText, Stamp, ref
from registry.core.engines import partial_index
from registry.core.secrets import BLIND, Encrypted


class Person(Base):
    """A person. `canonical_id` is the person itself, or the one it was merged into (always one hop)."""

    __tablename__ = "person"
    __person__ = "id"
    __reach__ = ("id", "home_unit_id")
    __table_args__ = (
        CheckConstraint("state IN ('active', 'merged', 'void', 'erased')", name="state"),
        CheckConstraint("sex IS NULL OR sex IN ('male', 'female')", name="sex"),
        Index("ix_person_name", "name", "id"),
        Index("ix_person_pinyin", "pinyin", "id"),
        Index("ix_person_initials", "initials", "id"),
    )
    id: Mapped[Pk]
    canonical_id: Mapped[int] = ref("person.id")
    name: Mapped[SearchText] = mapped_column(info=PERSONAL)
    pinyin: Mapped[SearchText] = mapped_column(info=PERSONAL, default="")
    initials: Mapped[SearchText] = mapped_column(info=PERSONAL, default="")
    sex: Mapped[str | None] = mapped_column(String(6), info=PERSONAL)
    birth_on: Mapped[date | None] = mapped_column(info=PERSONAL)
    phone: Mapped[str | None] = mapped_column(Encrypted, info=PERSONAL)
    phone_hash: Mapped[str | None] = mapped_column(BLIND, index=True)
    employer: Mapped[str] = mapped_column(String(120), info=PERSONAL, default="")
    occupation: Mapped[str] = mapped_column(String(60), info=PERSONAL, default="")
    education: Mapped[str] = mapped_column(String(30), info=PERSONAL, default="")
    home_unit_id: Mapped[int] = ref("unit.id")
    state: Mapped[str] = mapped_column(String(8), default="active")


class PersonIdentifier(Base):
    """A document number: encrypted, found by its blind index. One strong number is one row only.

    A number entered in error is voided by the right one, and is free again for whom it belongs to.
    """

    __tablename__ = "person_identifier"
    __person__ = "person_id"
    __table_args__ = (
        partial_index(
            "uq_person_identifier_hash", "kind", "value_hash", where="voided_at IS NULL", unique=True
        ),
    )
    id: Mapped[Pk]
    person_id: Mapped[int] = ref("person.id")
    kind: Mapped[str] = mapped_column(String(20))
    value: Mapped[str] = mapped_column(Encrypted, info=PERSONAL)
    value_hash: Mapped[str] = mapped_column(BLIND)
    voided_at: Mapped[Stamp | None]


class PersonReach(Base):
    """Which units may see a person: the home unit and every unit with a fact. Kept by each write.

    The name is repeated here, with its spelling and initials, so that a unit finds its own people in an index
    of its own; of a person that was merged or voided there is none.

    `registered` says that the unit entered the person itself, who was known elsewhere: that is a fact, too.
    """

    __tablename__ = "person_reach"
    __journalled__ = False
    __table_args__ = (
        Index("ix_person_reach_unit", "unit_id", "person_id"),
        Index("ix_person_reach_name", "unit_id", "name", "person_id"),
        Index("ix_person_reach_pinyin", "unit_id", "pinyin", "person_id"),
        Index("ix_person_reach_initials", "unit_id", "initials", "person_id"),
    )
    person_id: Mapped[int] = ref("person.id", index=False, primary_key=True, autoincrement=False)
    unit_id: Mapped[int] = ref("unit.id", index=False, primary_key=True, autoincrement=False)
    registered: Mapped[bool] = mapped_column(default=False)
    name: Mapped[SearchText | None]
    pinyin: Mapped[SearchText | None]
    initials: Mapped[SearchText | None]


class PersonMerge(Base):
    """Two rows found to be one human being. Rewrites no foreign key; undone by a stamp."""

    __tablename__ = "person_merge"
    __table_args__ = (CheckConstraint("loser_id <> winner_id", name="two"),)
    id: Mapped[Pk]
    loser_id: Mapped[int] = ref("person.id")
    winner_id: Mapped[int] = ref("person.id")
    reason: Mapped[str] = mapped_column(Text)
    preview: Mapped[Json]
    merged_at: Mapped[Stamp]
    merged_by: Mapped[int | None] = ref("user.id")
    undone_at: Mapped[Stamp | None]
    undone_by: Mapped[int | None] = ref("user.id")
    undo_reason: Mapped[str | None] = mapped_column(Text)
