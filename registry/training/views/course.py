"""The page of one course: what it is, how far it is, what comes next, who is in it, what happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from flask import g, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.accounts.models import Unit
from registry.certificates.models import CertificateBatch
from registry.core import clock
from registry.core.clock import local
from registry.core.db import db
from registry.core.permissions import Permission
from registry.training.models import Course, CourseType, RosterImport
from registry.training.outcome import Result
from registry.training.queries import courses as queries
from registry.training.queries.batches import batches_of, in_standing_batch
from registry.training.queries.progress import Progress, progress_of
from registry.training.queries.roster import has_trainees, imports_of, open_drafts, trainees
from registry.training.queries.timeline import Happening, happenings
from registry.training.stages import Stage, stage_of
from registry.training.views.blueprint import (
    blueprint,
    import_source,
    import_state,
    may_edit,
    stage_status,
)
from registry.training.views.trainees import TRAINEES, trainees_asked, trainees_page
from registry.web.actions import action_label
from registry.web.columns import Link, Status
from registry.web.guard import permit
from registry.web.load import load
from registry.web.locale import local_name
from registry.web.navigation import known


@blueprint.get("/courses/<int:course_id>")
@permit(Permission.COURSE_VIEW)
def course(course_id: int) -> ResponseReturnValue:
    """One course."""
    found = load(Course, course_id)
    progress = progress_of(db.session(), found)
    batches = batches_of(db.session(), found.id)
    stage = stage_of(
        found.state,
        found.starts_on,
        found.ends_on,
        any(t.certificate_id for t in progress.trainees),
        clock.today(),
    )
    asked, rows = trainees_asked(progress)
    if asked.export:
        return asked.download(db.session(), rows, title=f"{found.number}-{TRAINEES.title}")
    drafts = len(open_drafts(db.session(), found.id))
    return render_template(
        "training/course.html",
        course=found,
        stage=stage_status(stage),
        facts=_facts(found, progress),
        steps=_steps(found, progress, batches),
        next=_next(found, stage, progress, batches) if may_edit(found) else None,
        may_edit=may_edit(found),
        session_rows=[
            (s.number, s.held_on, f"{s.starts}–{s.ends}", s.title, s.minutes) for s in progress.sessions
        ],
        page=trainees_page(progress, asked, rows) if has_trainees(db.session(), found.id) else None,
        count=len(progress.trainees),
        instructor=_instructor(found),
        drafts=drafts,
        imports=[_import_row(taken) for taken in imports_of(db.session(), found.id)]
        if may_edit(found)
        else [],
        batches=[(_batch_link(batch), _batch_status(batch)) for batch in batches],
        timeline=[_told(entry) for entry in happenings(db.session(), found)],
    )


@blueprint.get("/courses/<int:course_id>/sign_in_sheet")
@permit(Permission.COURSE_VIEW)
def sign_in_sheet(course_id: int) -> ResponseReturnValue:
    """A sheet per session for signatures, one row per trainee, made for printing."""
    found = load(Course, course_id)
    instructor, _valid = queries.instructor_of(db.session(), found)
    return render_template(
        "training/sign_in_sheet.html",
        course=found,
        unit=db.session.get_one(Unit, found.unit_id),
        instructor=instructor,
        sessions=queries.sessions_of(db.session(), found.id),
        trainees=trainees(db.session(), found.id),
    )


def _import_row(taken: RosterImport) -> list[Any]:
    return [
        Link(
            url_for("training.roster_import", import_id=taken.id),
            local(taken.imported_at).strftime("%Y-%m-%d %H:%M"),
        ),
        import_source(taken),
        taken.saved_count,
        taken.draft_count,
        import_state(taken),
    ]


def _facts(course: Course, progress: Progress) -> list[tuple[str, Any]]:
    kind = db.session.get_one(CourseType, progress.version.course_type_id)
    unit = db.session.get_one(Unit, course.unit_id)
    days = course.starts_on.isoformat()
    if course.ends_on != course.starts_on:
        days = _("%(first)s to %(last)s", first=days, last=course.ends_on.isoformat())
    facts: list[tuple[str, Any]] = [
        (
            _("Course type"),
            _("%(name)s, %(hours)s class hours", name=local_name(kind), hours=progress.version.class_hours),
        ),
        (_("Unit"), local_name(unit)),
        (_("Days"), days),
        (_("Venue"), course.venue),
        (_("Seats"), _("%(taken)s of %(seats)s taken", taken=course.seats_taken, seats=course.capacity)),
    ]
    if course.closed_on is not None:
        facts.append((_("Closed on"), course.closed_on))
    return facts


def _instructor(course: Course) -> dict[str, Any]:
    named, valid = queries.instructor_of(db.session(), course)
    return {"name": named.name if named else None, "valid": valid}


def _cells(progress: Progress) -> int:
    return len(progress.trainees) * len(progress.sessions)


def _steps(
    course: Course, progress: Progress, batches: Sequence[CertificateBatch]
) -> list[tuple[str, str, str | None]]:
    people = len(progress.trainees)
    results = Counter(t.enrolment.result for t in progress.trainees)
    issued = sum(t.certificate_id is not None for t in progress.trainees)
    edit = may_edit(course) and course.state == "open"

    def url(endpoint: str) -> str | None:
        return url_for(endpoint, course_id=course.id) if edit else None

    marked, cells = progress.marked_cells, _cells(progress)
    done = [
        people > 0,
        people > 0 and marked == cells,
        people > 0 and progress.assessed == people,
        course.state == "closed",
        issued > 0,
    ]
    closing = (
        _("Closing (%(passed)s passed)", passed=results[Result.PASSED])
        if course.state == "closed"
        else _("Closing")
    )
    waiting = any(batch.state == "prepared" for batch in batches)
    certificates = _("Certificates (waiting for approval)") if waiting else _("Certificates")
    if issued:
        certificates = _("Certificates (%(count)s issued)", count=issued)
    labels = [
        (_("Roster (%(count)s)", count=people), url("training.enrol")),
        (_("Attendance (%(done)s of %(all)s)", done=marked, all=cells), url("training.record_attendance")),
        (
            _("Results (%(done)s of %(all)s)", done=progress.assessed, all=people),
            url("training.record_assessment"),
        ),
        (closing, url("training.close_course")),
        (certificates, None),
    ]
    current = next((i for i, step in enumerate(done) if not step), None)
    return [
        (label, "done" if done[i] else "current" if i == current else "todo", link)
        for i, (label, link) in enumerate(labels)
    ]


def _next(
    course: Course, stage: Stage, progress: Progress, batches: Sequence[CertificateBatch]
) -> tuple[str, str] | None:
    """What comes next, as the primary button."""
    if course.state == "open":
        if not progress.trainees or stage is Stage.ENROLLING:
            return _("Enrol trainees"), url_for("training.enrol", course_id=course.id)
        if progress.marked_cells < (_cells(progress) if stage is Stage.RUNNING else _held_cells(progress)):
            return _("Record attendance"), url_for("training.record_attendance", course_id=course.id)
        if progress.assessed < len(progress.trainees):
            return _("Record results"), url_for("training.record_assessment", course_id=course.id)
        return _("Close the course"), url_for("training.close_course", course_id=course.id)
    if course.state == "closed" and progress.version.credential_type_id is not None:
        served = in_standing_batch(db.session(), course.id)
        passed = {t.enrolment.id for t in progress.trainees if t.enrolment.result == Result.PASSED}
        if passed - served and g.actor.may(Permission.CERTIFICATE_PREPARE):
            return _("Prepare certificates"), url_for("training.prepare_certificates", course_id=course.id)
        if batches and known("certificates.batch"):
            return _("Open the batch"), url_for("certificates.batch", batch_id=batches[-1].id)
    return None


def _held_cells(progress: Progress) -> int:
    today = clock.today()
    return len(progress.trainees) * sum(s.held_on <= today for s in progress.sessions)


def _batch_link(batch: CertificateBatch) -> Link | str:
    if known("certificates.batch") and g.actor.may(Permission.CERTIFICATE_VIEW):
        return Link(url_for("certificates.batch", batch_id=batch.id), batch.title)
    return batch.title


def _batch_status(batch: CertificateBatch) -> Status:
    return {
        "prepared": Status("wait", _("waiting for approval")),
        "issued": Status("good", _("issued on %(day)s", day=batch.issued_on)),
        "rejected": Status("bad", _("rejected: %(reason)s", reason=batch.decision_reason)),
    }[batch.state]


def _told(entry: Happening) -> dict[str, Any]:
    counts = entry.counts
    if "enrolment" in counts and "roster_import" in counts:
        detail = _("%(count)s trainees", count=counts["enrolment"])
    elif "attendance_event" in counts or "assessment" in counts:
        detail = _("%(count)s entries", count=counts.get("attendance_event", 0) + counts.get("assessment", 0))
    else:
        detail = ""
    return {
        "at": entry.at,
        "who": entry.who or _("the system"),
        "what": action_label(entry.action),
        "detail": " · ".join(part for part in (detail, entry.reason) if part),
        "url": None,
    }
