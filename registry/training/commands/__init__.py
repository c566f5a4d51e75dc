"""Course types, and the verbs of a course from opening to certificates."""

from __future__ import annotations

from registry.training.commands.assessment import AssessmentMark, record_assessment
from registry.training.commands.attendance import AttendanceMark, record_attendance
from registry.training.commands.catalogue import PRACTICAL_ITEMS, load_course_types
from registry.training.commands.closing import (
    close_and_prepare,
    close_course,
    outcomes_digest,
    prepare_certificates,
)
from registry.training.commands.courses import (
    cancel_course,
    edit_course,
    open_course,
    reopen_course,
)
from registry.training.commands.plan import PlannedSession, edit_sessions
from registry.training.commands.roster import (
    DraftRow,
    correct_draft,
    enrol,
    undo_import,
    withdraw_trainee,
    withdraw_trainees,
)

__all__ = [
    "PRACTICAL_ITEMS",
    "AssessmentMark",
    "AttendanceMark",
    "DraftRow",
    "PlannedSession",
    "cancel_course",
    "close_and_prepare",
    "close_course",
    "correct_draft",
    "edit_course",
    "edit_sessions",
    "enrol",
    "load_course_types",
    "open_course",
    "outcomes_digest",
    "prepare_certificates",
    "record_assessment",
    "record_attendance",
    "reopen_course",
    "undo_import",
    "withdraw_trainee",
    "withdraw_trainees",
]
