"""Activities and their shifts, who is booked for them, and who came and went."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from registry.core.db import HIDDEN, Base, Code, Name, Pk, SearchText, Stamp, ref
from registry.core.engines import partial_index
from registry.core.secrets import TOKEN


class Activity(Base):
    """Something volunteers do together for a unit, in shifts. `sign_up_token` is behind its QR code.

    `risky` asks every volunteer for a valid insurance cover (志愿服务条例 art. 17).
    """

    __tablename__ = "activity"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'closed', 'cancelled')", name="state"),
        CheckConstraint("ends_on >= starts_on", name="dates"),
        Index("ix_activity_unit_starts", "unit_id", "starts_on", "id"),
        Index("ix_activity_starts", "starts_on", "id"),
    )
    id: Mapped[Pk]
    number: Mapped[SearchText] = mapped_column(unique=True)
    unit_id: Mapped[int] = ref("unit.id", index=False)
    team_id: Mapped[int | None] = ref("team.id")
    field: Mapped[Code]
    title: Mapped[Name]
    place: Mapped[Name]
    content: Mapped[str] = mapped_column(String(200), default="")
    responsible: Mapped[Name] = mapped_column(default="")
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    risky: Mapped[bool] = mapped_column(default=False)
    public: Mapped[bool] = mapped_column(default=True)
    sign_up_token: Mapped[str] = mapped_column(TOKEN, unique=True, info=HIDDEN)
    state: Mapped[str] = mapped_column(String(10), default="open")
    state_reason: Mapped[str] = mapped_column(Text, default="")


class Shift(Base):
    """A part of an activity on one day. Hours are counted within it; a night is two shifts.

    `starts` and `ends` are minutes since midnight in Shanghai, 1440 being the end of the day.
    """

    __tablename__ = "shift"
    __table_args__ = (
        CheckConstraint("starts >= 0 AND ends > starts AND ends <= 1440", name="times"),
        CheckConstraint("needed > 0 AND places_taken >= 0 AND places_taken <= needed", name="places"),
        Index("ix_shift_activity", "activity_id", "held_on", "starts"),
        Index("ix_shift_held", "held_on", "id"),
    )
    id: Mapped[Pk]
    activity_id: Mapped[int] = ref("activity.id", index=False)
    unit_id: Mapped[int] = ref("unit.id")
    title: Mapped[Name] = mapped_column(default="")
    held_on: Mapped[date]
    starts: Mapped[int]
    ends: Mapped[int]
    needed: Mapped[int]
    places_taken: Mapped[int] = mapped_column(default=0)
    credential_type_id: Mapped[int | None] = ref("credential_type.id", index=False)
    min_age: Mapped[int | None]
    check_secret: Mapped[str] = mapped_column(TOKEN, info=HIDDEN)
    voided_at: Mapped[Stamp | None]
    void_reason: Mapped[str | None] = mapped_column(String(200))


class Booking(Base):
    """A volunteer booked for a shift, or waiting for a place. `swapped_for_id` is who comes instead."""

    __tablename__ = "booking"
    __person__ = "person_id"
    __reach__ = ("person_id", "unit_id")
    __table_args__ = (
        CheckConstraint("state IN ('booked', 'waiting', 'withdrawn', 'swapped')", name="state"),
        CheckConstraint("source IN ('phone', 'staff')", name="source"),
        partial_index(
            "uq_booking_volunteer",
            "shift_id",
            "volunteer_id",
            where="state IN ('booked', 'waiting')",
            unique=True,
        ),
        Index("ix_booking_shift", "shift_id", "id"),
        Index("ix_booking_volunteer", "volunteer_id", "id"),
    )
    id: Mapped[Pk]
    shift_id: Mapped[int] = ref("shift.id", index=False)
    volunteer_id: Mapped[int] = ref("volunteer.id", index=False)
    person_id: Mapped[int] = ref("person.id")
    unit_id: Mapped[int] = ref("unit.id")
    state: Mapped[str] = mapped_column(String(10), default="booked")
    source: Mapped[str] = mapped_column(String(8), default="staff")
    booked_at: Mapped[Stamp]
    left_at: Mapped[Stamp | None]
    left_reason: Mapped[str] = mapped_column(String(200), default="")
    swapped_for_id: Mapped[int | None] = ref("booking.id")


class CheckEvent(Base):
    """Somebody came to a shift or left it; the latest event of a kind holds. Insert-only.

    `occurred_at` is when it happened, `received_at` when the registry heard of it, which is later for what
    was kept on a computer without network. `client_key` makes one that is sent twice one event.
    """

    __tablename__ = "check_event"
    __insert_only__ = True
    __person__ = "person_id"
    __reach__ = ("person_id", "unit_id")
    __table_args__ = (
        CheckConstraint("kind IN ('in', 'out', 'void')", name="kind"),
        CheckConstraint("method IN ('qr', 'list', 'offline')", name="method"),
        Index("ix_check_event_shift", "shift_id", "volunteer_id", "id"),
    )
    id: Mapped[Pk]
    client_key: Mapped[str] = mapped_column(String(64), unique=True)
    shift_id: Mapped[int] = ref("shift.id", index=False)
    volunteer_id: Mapped[int] = ref("volunteer.id")
    person_id: Mapped[int] = ref("person.id")
    unit_id: Mapped[int] = ref("unit.id")
    kind: Mapped[str] = mapped_column(String(4))
    occurred_at: Mapped[Stamp]
    received_at: Mapped[Stamp]
    method: Mapped[str] = mapped_column(String(8))
    by_id: Mapped[int | None] = ref("user.id")
    reason: Mapped[str] = mapped_column(String(200), default="")
