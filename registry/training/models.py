"""Course types by version, courses, sessions, enrolments, attendance events, assessments."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from registry.core.db import PERSONAL, Base, Code, Json, Name, Pk, Stamp, ref
from registry.core.engines import partial_index
from registry.core.secrets import EncryptedJson


def _unique_unless_void(*columns: str, name: str) -> Index:
    """Only one row that is not void; a voided row leaves room for the right one."""
    return partial_index(name, *columns, where="voided_at IS NULL", unique=True)


class CourseType(Base):
    """A kind of course: 救护员, CPR+AED, 师资, 复训, 普及."""

    __tablename__ = "course_type"
    __catalogue__ = True
    id: Mapped[Pk]
    code: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[Name]
    name_en: Mapped[Name]


class CourseTypeVersion(Base):
    """The rules of a course type from a day on. A course keeps the version it was opened under.

    `session_plan` is a list of {title, class_hours, day, starts, ends}; `practical_items` a list of
    {code, name, name_en}. One class hour is `class_hour_minutes`. All thresholds are to confirm.
    """

    __tablename__ = "course_type_version"
    __table_args__ = (UniqueConstraint("course_type_id", "version"),)
    id: Mapped[Pk]
    course_type_id: Mapped[int] = ref("course_type.id", index=False)
    version: Mapped[int]
    starts_on: Mapped[date]
    class_hours: Mapped[int]
    class_hour_minutes: Mapped[int]
    max_absent_minutes: Mapped[int]
    theory_pass: Mapped[int | None]
    practical_items: Mapped[Json]
    session_plan: Mapped[Json]
    min_age: Mapped[int | None]
    max_trainees: Mapped[int]
    credential_type_id: Mapped[int | None] = ref("credential_type.id", index=False)
    confirmed: Mapped[bool] = mapped_column(default=False)


class Course(Base):
    """A class of a course type, held by a unit. What stage it is in is derived from its dates."""

    __tablename__ = "course"
    __table_args__ = (
        CheckConstraint("state IN ('open', 'closed', 'cancelled')", name="state"),
        CheckConstraint("ends_on >= starts_on", name="dates"),
        CheckConstraint("capacity > 0 AND seats_taken <= capacity", name="seats"),
        Index("ix_course_unit_starts", "unit_id", "starts_on", "id"),
        Index("ix_course_starts", "starts_on", "id"),
    )
    id: Mapped[Pk]
    number: Mapped[str] = mapped_column(String(40), unique=True)
    course_type_version_id: Mapped[int] = ref("course_type_version.id")
    unit_id: Mapped[int] = ref("unit.id", index=False)
    title: Mapped[Name]
    venue: Mapped[Name]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    capacity: Mapped[int]
    seats_taken: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(String(10), default="open")
    state_reason: Mapped[str] = mapped_column(Text, default="")
    closed_on: Mapped[date | None]


class CourseSession(Base):
    """One sitting of a course, generated from the course type and adjustable.

    `minutes` is what counts as attendance, without the breaks. `voided_at` takes a session out of the plan.
    """

    __tablename__ = "course_session"
    __table_args__ = (
        _unique_unless_void("course_id", "number", name="uq_course_session_number"),
        CheckConstraint("minutes > 0", name="minutes"),
    )
    id: Mapped[Pk]
    course_id: Mapped[int] = ref("course.id", index=False)
    unit_id: Mapped[int] = ref("unit.id")
    number: Mapped[int]
    title: Mapped[Name]
    held_on: Mapped[date]
    starts: Mapped[str] = mapped_column(String(5))  # 09:00, Asia/Shanghai
    ends: Mapped[str] = mapped_column(String(5))
    minutes: Mapped[int]
    voided_at: Mapped[Stamp | None]


class CourseInstructor(Base):
    """A person who teaches a course. Naming another one voids the row."""

    __tablename__ = "course_instructor"
    __reach__ = ("person_id", "unit_id")
    __table_args__ = (_unique_unless_void("course_id", "person_id", name="uq_course_instructor_person"),)
    id: Mapped[Pk]
    course_id: Mapped[int] = ref("course.id", index=False)
    person_id: Mapped[int] = ref("person.id")
    unit_id: Mapped[int] = ref("unit.id")
    lead: Mapped[bool] = mapped_column(default=True)
    voided_at: Mapped[Stamp | None]


class RosterImport(Base):
    """One list taken into a course. Its digest refuses the same file twice while it stands."""

    __tablename__ = "roster_import"
    __table_args__ = (CheckConstraint("state IN ('standing', 'undone')", name="state"),)
    id: Mapped[Pk]
    course_id: Mapped[int] = ref("course.id")
    unit_id: Mapped[int] = ref("unit.id")
    digest: Mapped[str] = mapped_column(String(64), index=True)
    source: Mapped[Name]
    saved_count: Mapped[int]
    draft_count: Mapped[int]
    state: Mapped[str] = mapped_column(String(10), default="standing")
    imported_at: Mapped[Stamp]


class RosterDraft(Base):
    """A row of a list that could not be enrolled yet, kept with its reasons when the user chose so.

    The reasons name birth dates and parts of names, so they are encrypted like the row itself.
    """

    __tablename__ = "roster_draft"
    __table_args__ = (CheckConstraint("state IN ('open', 'done', 'dropped')", name="state"),)
    id: Mapped[Pk]
    course_id: Mapped[int] = ref("course.id")
    unit_id: Mapped[int] = ref("unit.id")
    roster_import_id: Mapped[int] = ref("roster_import.id")
    row_number: Mapped[int]
    values: Mapped[Json] = mapped_column(EncryptedJson, info={"hidden": True})
    reasons: Mapped[Json | None] = mapped_column(EncryptedJson, info={"hidden": True})
    state: Mapped[str] = mapped_column(String(8), default="open")

    @property
    def errors(self) -> list[dict[str, Any]]:
        """What is wrong, as {column, text, params}."""
        return list(self.reasons or ())


class Enrolment(Base):
    """A person in a course. `result` is frozen when the course is closed.

    The certificate is found through the batch line: a certificate knows no course.
    `withdrawn_on` is the first day the person no longer takes part; `voided_at` removes the row.
    """

    __tablename__ = "enrolment"
    __person__ = "person_id"
    __reach__ = ("person_id", "unit_id")
    __table_args__ = (
        _unique_unless_void("course_id", "person_id", name="uq_enrolment_person"),
        Index("ix_enrolment_course", "course_id", "id"),
        CheckConstraint(
            "result IS NULL OR result IN ('passed', 'failed', 'incomplete', 'absent')", name="result"
        ),
    )
    id: Mapped[Pk]
    course_id: Mapped[int] = ref("course.id", index=False)
    person_id: Mapped[int] = ref("person.id")
    unit_id: Mapped[int] = ref("unit.id")
    roster_import_id: Mapped[int | None] = ref("roster_import.id")
    row_number: Mapped[int]
    source: Mapped[str] = mapped_column(String(10))
    employer: Mapped[str] = mapped_column(String(120), info=PERSONAL, default="")
    enrolled_at: Mapped[Stamp]
    withdrawn_on: Mapped[date | None]
    withdraw_reason: Mapped[str | None] = mapped_column(String(200))
    voided_at: Mapped[Stamp | None]
    result: Mapped[str | None] = mapped_column(String(12))
    result_basis: Mapped[Json | None]
    batch_line_id: Mapped[int | None] = ref("batch_line.id")


class AttendanceEvent(Base):
    """One mark of presence or absence; the latest one per session and trainee holds. Insert-only.

    `minutes` is the time present. `client_key` makes a mark sent twice one mark.
    """

    __tablename__ = "attendance_event"
    __insert_only__ = True
    __table_args__ = (
        CheckConstraint("kind IN ('present', 'absent', 'partial', 'cleared')", name="kind"),
        CheckConstraint("method IN ('grid', 'all_present', 'import')", name="method"),
        CheckConstraint("minutes >= 0", name="minutes"),
        Index("ix_attendance_event_enrolment", "enrolment_id", "course_session_id", "id"),
    )
    id: Mapped[Pk]
    client_key: Mapped[str] = mapped_column(String(64), unique=True)
    course_session_id: Mapped[int] = ref("course_session.id")
    enrolment_id: Mapped[int] = ref("enrolment.id", index=False)
    kind: Mapped[str] = mapped_column(String(8))
    minutes: Mapped[int]
    method: Mapped[str] = mapped_column(String(12))
    occurred_at: Mapped[Stamp]
    received_at: Mapped[Stamp]
    by_id: Mapped[int | None] = ref("user.id")
    reason: Mapped[str] = mapped_column(String(200), default="")


class Assessment(Base):
    """One result of a component (theory, or a practical item) at an attempt. Insert-only.

    A corrected value is a new row of the same attempt; the latest row of the latest attempt holds.
    `score` is out of 100 for theory and NULL for a practical item, `passed` the other way round.
    `method` all_passed says that the item was recorded with "the rest passed", not one by one.
    """

    __tablename__ = "assessment"
    __insert_only__ = True
    __table_args__ = (
        CheckConstraint("score IS NULL OR (score >= 0 AND score <= 100)", name="score"),
        CheckConstraint("method IN ('grid', 'all_passed', 'import')", name="method"),
        Index("ix_assessment_enrolment", "enrolment_id", "component", "attempt", "id"),
    )
    id: Mapped[Pk]
    enrolment_id: Mapped[int] = ref("enrolment.id", index=False)
    component: Mapped[Code]
    attempt: Mapped[int]
    score: Mapped[int | None]
    passed: Mapped[bool | None]
    cleared: Mapped[bool] = mapped_column(default=False)
    method: Mapped[str] = mapped_column(String(12), default="grid")
    assessed_on: Mapped[date]
    by_id: Mapped[int | None] = ref("user.id")
