"""How trainees come into a course and leave it."""

from __future__ import annotations

import io

from flask import Response, flash, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.core import clock
from registry.core.db import db
from registry.core.errors import RuleError
from registry.core.permissions import Permission
from registry.core.sheets import write_xlsx
from registry.training import commands
from registry.training.forms.roster import GridForm, RosterForm, TraineeForm, UploadForm, draft_row
from registry.training.imports import ROSTER_HEADERS, RosterFile, read_roster, rows_digest
from registry.training.models import Course, Enrolment
from registry.training.queries.roster import trainees
from registry.training.roster import CheckedRoster, check_rows, recognised_message
from registry.training.views.blueprint import blueprint, course_trail, import_page
from registry.web.forms import ReasonForm
from registry.web.guard import permit
from registry.web.load import load
from registry.web.locale import translate
from registry.web.submit import submit

TEMPLATE_KEYS = ("name", "sex", "education", "age", "occupation", "document_number", "phone", "employer")


@blueprint.route("/courses/<int:course_id>/enrol", methods=["GET", "POST"])
@permit(Permission.COURSE_EDIT)
def enrol(course_id: int) -> ResponseReturnValue:
    """Paste the class list, have it checked, save it. With an error everything typed comes back marked."""
    course = load(Course, course_id)
    form = RosterForm()
    checked = None
    if form.validate_on_submit():
        if not form.rows.data:
            form.form_errors.append(_("The table is empty. Paste the list, or upload it as a file."))
        else:
            checked, done = _check_and_save(course, form)
            if done is not None:
                return done
    return _enrol_page(course, form, UploadForm(), checked)


@blueprint.post("/courses/<int:course_id>/enrol/file")
@permit(Permission.COURSE_EDIT)
def enrol_file(course_id: int) -> ResponseReturnValue:
    """Upload the class list. Without errors it is saved; with errors it opens in the grid to be corrected."""
    course = load(Course, course_id)
    upload = UploadForm()
    if not upload.validate_on_submit():
        return _enrol_page(course, RosterForm(formdata=None), upload, None)
    name = (upload.file.data.filename or "")[:120]
    try:
        read = read_roster(upload.file.data.read(), name)
        checked = check_rows(db.session(), course, read.rows, clock.today())
    except RuleError as error:
        upload.add_refusal(error)
        return _enrol_page(course, RosterForm(formdata=None), upload, None)
    upload.file.data.stream.seek(0)
    if not read.errors and not checked.errors:
        done = submit(
            upload,
            commands.enrol,
            course,
            entries=checked.entries,
            source="file",
            file_name=name,
            digest=read.digest,
            locate=import_page,
            saved=_saved(checked, read),
        )
        return done if done is not None else _enrol_page(course, RosterForm(formdata=None), upload, checked)
    form = RosterForm(formdata=None, data={"rows": read.rows, "file_digest": read.digest, "file_name": name})
    named = {(error.row, error.column) for error in read.errors}
    form.mark([*read.errors, *(e for e in checked.errors if (e.row, e.column) not in named)])
    if read.cleaned:
        flash(_("Invisible characters were taken out of %(count)s cells.", count=read.cleaned), "warning")
    return _enrol_page(course, form, UploadForm(formdata=None), checked)


@blueprint.route("/courses/<int:course_id>/enrol/one", methods=["GET", "POST"])
@permit(Permission.COURSE_EDIT)
def enrol_one(course_id: int) -> ResponseReturnValue:
    """One trainee by a form: a list of one."""
    course = load(Course, course_id)
    form = TraineeForm()
    if form.validate_on_submit():
        checked = check_rows(db.session(), course, [form.as_row()], clock.today())
        form.mark(checked.errors)
        if not form.errors:
            # Sent a second time, the form leads to its first result, although the person is enrolled by now.
            done = submit(
                form,
                commands.enrol,
                course,
                entries=checked.entries,
                source="form",
                locate=lambda taken: url_for("training.course", course_id=taken.course_id),
                saved=_saved(checked, None),
            )
            if done is not None:
                return done
            if checked.enrolled:
                form.form_errors[:] = [_("This person is in the course already. Nothing was saved.")]
    return render_template("training/enrol_one.html", form=form, course=course, trail=course_trail(course))


@blueprint.get("/courses/<int:course_id>/roster_template")
@permit(Permission.COURSE_EDIT)
def roster_template(course_id: int) -> Response:
    """An empty list in Excel with the headers that are read."""
    course = load(Course, course_id)
    file = io.BytesIO()
    write_xlsx(file, ["序号", *(ROSTER_HEADERS[key][0] for key in TEMPLATE_KEYS)], [])
    file.seek(0)
    return send_file(
        file,
        mimetype="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        as_attachment=True,
        download_name=f"{course.number}-学员名单.xlsx",
    )


@blueprint.route("/enrolments/<int:enrolment_id>/withdraw", methods=["GET", "POST"])
@permit(Permission.COURSE_EDIT)
def withdraw_trainee(enrolment_id: int) -> ResponseReturnValue:
    """A trainee takes no part any more."""
    enrolment = load(Enrolment, enrolment_id)
    course = load(Course, enrolment.course_id)
    form = ReasonForm()
    if form.validate_on_submit():
        done = submit(
            form,
            commands.withdraw_trainee,
            enrolment,
            reason=form.reason.data,
            locate=lambda done: url_for("training.course", course_id=done.course_id),
            saved=_("The trainee takes no part any more; the seat is free."),
        )
        if done is not None:
            return done
    name = next(
        (t.name for t in trainees(db.session(), course.id, withdrawn=True) if t.enrolment.id == enrolment.id),
        "",
    )
    return render_template(
        "training/withdraw_trainee.html", form=form, course=course, name=name, trail=course_trail(course)
    )


def _check_and_save(
    course: Course, form: RosterForm
) -> tuple[CheckedRoster | None, ResponseReturnValue | None]:
    try:
        checked = check_rows(db.session(), course, form.rows.data, clock.today())
    except RuleError as error:
        form.add_refusal(error)
        return None, None
    form.mark(checked.errors)
    keep_rest = request.form.get("rest") == "drafts"
    if checked.errors and not keep_rest:
        return checked, None
    drafts = []
    for row in checked.bad_rows:
        wrong = [error for error in checked.errors if error.row == row]
        drafts.append(draft_row(row + 1, form.rows.data[row], wrong))
    hidden = form.hidden_cells()
    if hidden:
        flash(_("Invisible characters were taken out of %(count)s cells.", count=hidden), "warning")
    done = submit(
        form,
        commands.enrol,
        course,
        entries=checked.entries,
        drafts=drafts,
        source="file" if form.file_name.data else "grid",
        file_name=form.file_name.data or "",
        digest=form.file_digest.data or rows_digest(form.rows.data),
        locate=import_page,
        saved=_saved(checked, None),
    )
    return checked, done


def _saved(checked: CheckedRoster, read: RosterFile | None) -> str:
    """One line about what was saved."""
    parts = [_("%(count)s trainees enrolled.", count=len(checked.entries))]
    if checked.enrolled:
        parts.append(_("%(count)s were in the course already.", count=len(checked.enrolled)))
    if checked.bad_rows:
        parts.append(_("%(count)s rows are kept as drafts.", count=len(checked.bad_rows)))
    if read is not None and read.cleaned:
        parts.append(_("Invisible characters were taken out of %(count)s cells.", count=read.cleaned))
    return " ".join(parts)


def _enrol_page(
    course: Course, form: GridForm, upload: UploadForm, checked: CheckedRoster | None
) -> ResponseReturnValue:
    good = len(checked.entries) if checked is not None and checked.errors else 0
    return render_template(
        "training/enrol.html",
        form=form if form.errors or not upload.errors else upload,
        roster=form,
        upload=upload,
        course=course,
        trail=course_trail(course),
        left=course.capacity - course.seats_taken,
        good_rows=good,
        bad_rows=len(checked.bad_rows) if checked is not None else 0,
        recognised=[translate(recognised_message(one)) for one in checked.known]
        if checked is not None
        else [],
        enrolled=[_row_label(index) for index in checked.enrolled] if checked is not None else [],
    )


def _row_label(index: int) -> str:
    return str(_("Row %(row)s", row=index + 1))
