"""What happened to a course, from the journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select, union_all
from sqlalchemy.orm import Session

from registry.accounts.models import User
from registry.certificates.models import BatchLine
from registry.core.journal import JournalEntry, JournalLine
from registry.training.models import (
    Assessment,
    AttendanceEvent,
    Course,
    CourseSession,
    Enrolment,
    RosterImport,
)


@dataclass(frozen=True)
class Happening:
    """One journal entry about a course; `counts` tells how many rows of each table it changed."""

    seq: int
    at: datetime
    action: str
    who: str | None
    reason: str | None
    counts: Mapping[str, int]


def happenings(session: Session, course: Course, limit: int = 20) -> list[Happening]:
    """The latest entries about the course, its roster, records and certificates; newest first."""
    seqs = union_all(*(_entries_about(table, ids) for table, ids in _records(course.id))).subquery()
    latest = select(seqs.c.seq).distinct().order_by(seqs.c.seq.desc()).limit(limit).subquery()
    rows = session.execute(
        select(
            JournalEntry.seq,
            JournalEntry.at,
            JournalEntry.action,
            User.name,
            JournalEntry.reason,
            JournalLine.table_name,
            func.count(),
        )
        .join(latest, latest.c.seq == JournalEntry.seq)
        .outerjoin(User, User.id == JournalEntry.actor_id)
        .outerjoin(JournalLine, JournalLine.seq == JournalEntry.seq)
        .group_by(
            JournalEntry.seq,
            JournalEntry.at,
            JournalEntry.action,
            User.name,
            JournalEntry.reason,
            JournalLine.table_name,
        )
        .order_by(JournalEntry.seq.desc())
    )
    found: dict[int, tuple[tuple[datetime, str, str | None, str | None], dict[str, int]]] = {}
    for seq, at, action, who, reason, table, count in rows:
        entry = found.setdefault(seq, ((at, action, who, reason), {}))
        if table is not None:
            entry[1][table] = count
    return [Happening(seq, *told, counts) for seq, (told, counts) in found.items()]


def _records(course_id: int) -> list[tuple[str, Select[int]]]:
    """The tables in which a course shows, each with the ids that belong to it.

    Of attendance and assessment one record per write is enough to find its entry.
    """
    sessions = select(CourseSession.id).where(CourseSession.course_id == course_id)
    enrolments = select(Enrolment.id).where(Enrolment.course_id == course_id)
    events = (
        select(func.min(AttendanceEvent.id))
        .where(AttendanceEvent.course_session_id.in_(sessions))
        .group_by(AttendanceEvent.received_at)
    )
    assessments = select(Assessment.id).where(Assessment.enrolment_id.in_(enrolments))
    batches = (
        select(BatchLine.batch_id)
        .join(Enrolment, Enrolment.batch_line_id == BatchLine.id)
        .where(Enrolment.course_id == course_id)
        .distinct()
    )
    return [
        ("course", select(Course.id).where(Course.id == course_id)),
        ("course_session", sessions),
        ("roster_import", select(RosterImport.id).where(RosterImport.course_id == course_id)),
        ("enrolment", enrolments),
        ("attendance_event", events),
        ("assessment", assessments),
        ("certificate_batch", batches),
    ]


def _entries_about(table: str, ids: Select[int]) -> Select[int]:
    return select(JournalLine.seq).where(JournalLine.table_name == table, JournalLine.record_id.in_(ids))
