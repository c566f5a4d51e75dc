"""The closing review, and preparing certificates."""

from __future__ import annotations

import io
from collections import Counter
from typing import Any

from flask import g, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.accounts.settings import setting
from registry.certificates.pdf import draw_certificate, unprintable
from registry.certificates.snapshots import font_book
from registry.core import clock
from registry.core.db import db
from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.i18n import N_
from registry.core.permissions import Permission
from registry.training import commands
from registry.training.forms.records import CloseForm, PrepareForm
from registry.training.models import Course
from registry.training.outcome import Outcome, Result
from registry.training.queries.batches import batches_of, in_standing_batch
from registry.training.queries.progress import THEORY, Progress, progress_of
from registry.training.queries.roster import Trainee
from registry.training.sample import sample_sheet
from registry.training.views.blueprint import (
    blueprint,
    course_trail,
    frozen_reasons,
    result_status,
    say_reasons,
)
from registry.web.guard import permit
from registry.web.load import load
from registry.web.submit import submit


@blueprint.route("/courses/<int:course_id>/close", methods=["GET", "POST"])
@permit(Permission.COURSE_EDIT)
def close_course(course_id: int) -> ResponseReturnValue:
    """What each trainee reached and what is missing; attest, close, and submit the certificates."""
    course = load(Course, course_id)
    progress = progress_of(db.session(), course)
    outcomes = [(t, progress.outcome_of(t.enrolment.id)) for t in progress.trainees]
    counts = Counter(found.result for _trainee, found in outcomes)
    form = CloseForm(data={"seen": commands.outcomes_digest(progress)})
    may_prepare = (
        progress.version.credential_type_id is not None
        and counts[Result.PASSED] > 0
        and g.actor.scope(Permission.CERTIFICATE_PREPARE).holds(course.unit_id)
    )
    second_person = bool(setting(db.session(), "certificate_second_person"))
    if form.validate_on_submit():
        with_certificates = may_prepare and request.form.get("then") == "prepare"
        done = submit(
            form,
            commands.close_and_prepare if with_certificates else commands.close_course,
            course,
            attested=form.attested.data,
            accept_incomplete=form.accept_incomplete.data,
            seen=form.seen.data,
            locate=_batch_page if with_certificates and not second_person else _course_page,
            saved=_saved(counts[Result.PASSED] if with_certificates else 0),
        )
        if done is not None:
            return done
        # What is attested next is what this page shows now.
        form.seen.data = commands.outcomes_digest(progress)
    rows = sorted(outcomes, key=_worst_first)
    return render_template(
        "training/close_course.html",
        form=form,
        course=course,
        trail=course_trail(course),
        counts=counts,
        may_prepare=may_prepare,
        second_person=second_person,
        last=max((s.held_on for s in progress.sessions), default=course.ends_on),
        today=clock.today(),
        missing=[_row(progress, t, o) for t, o in rows if o.result is not Result.PASSED],
        passed=[_without_reason(_row(progress, t, o)) for t, o in rows if o.result is Result.PASSED],
        heads=_heads(progress),
        passed_heads=_without_reason(_heads(progress)),
    )


def _course_page(course: Course) -> str:
    return url_for("training.course", course_id=course.id)


def _batch_page(course: Course) -> str:
    """Where certificates are issued, when the same person may go on at once."""
    return url_for("certificates.batch", batch_id=batches_of(db.session(), course.id)[-1].id)


def _saved(certificates: int) -> str:
    if certificates:
        return str(_("The course is closed. %(count)s certificates wait for approval.", count=certificates))
    return str(_("The course is closed."))


@blueprint.route("/courses/<int:course_id>/certificates", methods=["GET", "POST"])
@permit(Permission.CERTIFICATE_PREPARE)
def prepare_certificates(course_id: int) -> ResponseReturnValue:
    """Who gets a certificate and who does not, and why; then submit the batch for approval."""
    course = load(Course, course_id)
    progress = progress_of(db.session(), course)
    form = PrepareForm()
    if form.validate_on_submit():
        done = submit(
            form,
            commands.prepare_certificates,
            course,
            locate=lambda _batch: url_for("training.course", course_id=course.id),
            saved=_("The certificates wait for approval."),
        )
        if done is not None:
            return done
    served = in_standing_batch(db.session(), course.id)
    passed = [t for t in progress.trainees if t.enrolment.result == Result.PASSED]
    others = [t for t in progress.trainees if t.enrolment.result != Result.PASSED]
    return render_template(
        "training/prepare_certificates.html",
        form=form,
        course=course,
        trail=course_trail(course),
        to_issue=[(t.name, t.masked) for t in passed if t.enrolment.id not in served],
        served=len(served),
        others=[(t.name, _frozen_status(t), frozen_reasons(t.enrolment)) for t in others],
    )


@blueprint.get("/courses/<int:course_id>/sample")
@permit(Permission.CERTIFICATE_PREPARE)
def sample_certificate(course_id: int) -> ResponseReturnValue:
    """How the certificate of the first trainee who passes will look: no number, marked as not real."""
    course = load(Course, course_id)
    progress = progress_of(db.session(), course)
    passing = (t for t in progress.trainees if progress.outcome_of(t.enrolment.id).result is Result.PASSED)
    trainee = next(passing, None)
    if trainee is None or progress.version.credential_type_id is None:
        raise RecordNotFoundError("certificate")
    sheet = sample_sheet(db.session(), course, progress.version, trainee, clock.today(), request.url_root)
    missing = unprintable(sheet, font_book())
    if missing:
        raise RuleError(
            N_("No font can print %(characters)s. Nothing was saved; correct the entry of the person."),
            characters=" ".join(missing),
        )
    return send_file(
        io.BytesIO(draw_certificate(sheet, font_book())),
        mimetype="application/pdf",
        download_name=f"{course.number}.pdf",
    )


def _frozen_status(trainee: Trainee) -> Any:
    return result_status(trainee.enrolment.result) if trainee.enrolment.result else None


def _worst_first(pair: tuple[Trainee, Outcome]) -> tuple[int, int]:
    order = (Result.INCOMPLETE, Result.FAILED, Result.ABSENT, Result.PASSED)
    return order.index(pair[1].result), pair[0].enrolment.id


def _heads(progress: Progress) -> list[Any]:
    heads: list[Any] = [_("Name"), _("Result"), _("What is missing"), (_("Minutes present"), "num")]
    return [*heads, (_("Theory"), "num")] if progress.version.theory_pass is not None else heads


def _without_reason(cells: list[Any]) -> list[Any]:
    """A row, or the headings, of those who passed: nothing is missing."""
    return cells[:2] + cells[3:]


def _row(progress: Progress, trainee: Trainee, found: Outcome) -> list[Any]:
    minutes = progress.minutes.get(trainee.enrolment.id)
    theory = progress.marks.get(trainee.enrolment.id, {}).get(THEORY)
    row: list[Any] = [
        trainee.name,
        result_status(found.result),
        say_reasons(found.reasons),
        sum(minutes.values()) if minutes else None,
    ]
    if progress.version.theory_pass is not None:
        row.append(theory.score if theory is not None else None)
    return row
