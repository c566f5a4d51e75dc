"""The trainees of one course as a list."""

from __future__ import annotations

from typing import Any

from flask import g, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import Select

from registry.certificates.models import Certificate
from registry.core import clock
from registry.core.db import db
from registry.core.permissions import Permission
from registry.core.text import mask_phone
from registry.people.kinds import Sex
from registry.people.queries import number_mask
from registry.training.forms.trainees import TraineeFilters
from registry.training.models import Course, Enrolment
from registry.training.outcome import Result
from registry.training.queries.progress import THEORY, Progress
from registry.training.queries.roster import PERSON, trainee_rows
from registry.training.views.blueprint import frozen_reasons, may_edit, result_status, say_reasons
from registry.web.columns import Cell, Column, Link, Status
from registry.web.listing import Asked, BatchAction, Listing
from registry.web.listing_page import ListPage


def _progress() -> Progress:
    """How far the course is whose trainees are listed; the page reads it once for all of its parts."""
    found: Progress = g.progress
    return found


def _name(row: Any) -> Any:
    if not g.actor.may(Permission.PERSON_VIEW):
        return row.name
    return Link(url_for("desk.person", person_id=row.person_id), row.name)


def _document() -> Cell:
    mask = number_mask(db.session())
    return lambda row: mask(row.document_number) if row.document_number else None


def _minutes(row: Any) -> int | None:
    minutes = _progress().minutes.get(row.Enrolment.id)
    return sum(minutes.values()) if minutes else None


def _theory(row: Any) -> int | None:
    mark = _progress().marks.get(row.Enrolment.id, {}).get(THEORY)
    return mark.score if mark is not None else None


def _practical(row: Any) -> str | None:
    items = _progress().version.practical_items
    marks = _progress().marks.get(row.Enrolment.id, {})
    recorded = [marks[item["code"]] for item in items if item["code"] in marks]
    return f"{sum(bool(mark.passed) for mark in recorded)}/{len(items)}" if recorded else None


def _result(row: Any) -> Status | None:
    if row.Enrolment.withdrawn_on is not None:
        return Status("off", _("withdrawn"))
    return result_status(row.Enrolment.result) if row.Enrolment.result else None


def _missing(row: Any) -> str:
    """What is missing, once the days of the course are over: before that, everything is."""
    enrolment, progress = row.Enrolment, _progress()
    if enrolment.withdrawn_on is not None:
        return f"{enrolment.withdrawn_on.isoformat()} {enrolment.withdraw_reason or ''}".strip()
    if enrolment.result is not None:
        return frozen_reasons(enrolment)
    if progress.course.state != "open" or progress.course.ends_on > clock.today():
        return ""
    return say_reasons(progress.outcome_of(enrolment.id).reasons)


def _certificate(row: Any) -> Any:
    if row.certificate_id is None or not g.actor.may(Permission.CERTIFICATE_VIEW):
        return row.certificate_number
    return Link(
        url_for("certificates.certificate", certificate_id=row.certificate_id), row.certificate_number
    )


TRAINEES = Listing(
    key="training.trainees",
    identity=Enrolment.id,
    row_id=lambda row: row.Enrolment.id,
    columns=(
        Column("name", _l("Name"), sort=PERSON.pinyin, value=_name),
        Column("document", _l("Document"), made=_document, css="nowrap"),
        Column(
            "sex",
            _l("Sex"),
            value=lambda row: Sex(row.sex).label if row.sex else None,
            default_visible=False,
        ),
        Column(
            "phone",
            _l("Phone"),
            value=lambda row: mask_phone(row.phone) if row.phone else None,
            default_visible=False,
        ),
        Column(
            "employer",
            _l("Employer or address"),
            value=lambda row: row.Enrolment.employer,
            default_visible=False,
        ),
        Column("minutes", _l("Minutes present"), value=_minutes, css="num"),
        Column("theory", _l("Theory"), value=_theory, css="num"),
        Column("practical", _l("Practical"), value=_practical),
        Column("result", _l("Result"), sort=Enrolment.result, value=_result),
        Column("missing", _l("What is missing"), css="why", value=_missing),
        Column(
            "certificate",
            _l("Certificate"),
            sort=Certificate.number,
            value=_certificate,
            css="nowrap",
        ),
        Column(
            "enrolled_at",
            _l("Enrolled at"),
            sort=Enrolment.id,
            value=lambda row: row.Enrolment.enrolled_at,
            default_visible=False,
        ),
    ),
    filters=TraineeFilters,
    default_sort="enrolled_at",
    size=50,
    title=_l("Trainees"),
)


def trainees_asked(progress: Progress) -> tuple[Asked, Select[Any]]:
    """What the reader asks of the trainees of a course, and the rows that answers it."""
    g.progress = progress
    asked = TRAINEES.read(request.args, current_user.id)
    return asked, trainees_of_list(progress, asked.filters)


def trainees_of_list(progress: Progress, chosen: dict[str, Any]) -> Select[Any]:
    """The trainees of a course that the filters find. An open course has no results yet; then those count
    that the records so far would give."""
    rows = trainee_rows(progress.course.id, withdrawn=chosen.get("taking") == "withdrawn")
    if "result" in chosen and progress.course.state == "open":
        wanted = Result(chosen["result"])
        ids = [t.enrolment.id for t in progress.trainees]
        rows = rows.where(Enrolment.id.in_([i for i in ids if progress.outcome_of(i).result is wanted]))
    elif "result" in chosen:
        rows = rows.where(Enrolment.result == chosen["result"])
    if "certificate" in chosen:
        has = Certificate.id.is_not(None)
        rows = rows.where(has if chosen["certificate"] == "issued" else ~has)
    return rows


def trainees_page(progress: Progress, asked: Asked, rows: Select[Any]) -> ListPage:
    """One page of them. Who may change the course can withdraw several at once."""
    course = progress.course
    return asked.page(
        db.session(),
        rows,
        empty_title=_("Nobody takes part"),
        empty_hint=_("Everyone who was enrolled has withdrawn. Enrolling somebody again takes it up."),
        batch=(withdrawal(course),) if course.state == "open" and may_edit(course) else (),
    )


def withdrawal(course: Course) -> BatchAction:
    """The button that withdraws the trainees chosen in the list of a course."""
    return BatchAction(
        _("Withdraw the selected"),
        "training.withdraw_trainees",
        {"course_id": course.id},
        danger=True,
    )
