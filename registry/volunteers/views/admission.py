"""Staff admit volunteers: one by a form, many by a pasted list or a file."""

from __future__ import annotations

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.core import clock
from registry.core.db import db
from registry.core.errors import RuleError
from registry.core.imports import Row, RowError, read_list
from registry.core.permissions import Permission
from registry.volunteers.commands.admit import Admitted
from registry.volunteers.commands.admit import add_volunteers as admit
from registry.volunteers.forms.admission import AddVolunteerForm, AddVolunteersForm, VolunteersFileForm
from registry.volunteers.imports_volunteers import (
    ADMISSION_HEADERS,
    VOLUNTEER_REQUIRED,
    check_volunteers,
)
from registry.volunteers.views.blueprint import blueprint
from registry.volunteers.views.sign_ups import volunteer_url
from registry.web.guard import permit
from registry.web.navigation import known
from registry.web.submit import submit


@blueprint.route("/add", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_EDIT)
def add_volunteer() -> ResponseReturnValue:
    """One volunteer by a form: a list of one."""
    form = AddVolunteerForm()
    if form.validate_on_submit():
        checked = check_volunteers(db.session(), [form.as_row()], clock.today())
        form.mark(checked.errors)
        if not form.errors:
            done = submit(
                form,
                admit,
                unit_id=form.unit_id,
                admissions=checked.admissions,
                source="staff",
                locate=lambda done: _one_page(done, form.unit_id),
            )
            if done is not None:
                return done
    return render_template("volunteers/add_volunteer.html", form=form, back=_back())


def _one_page(done: Admitted, unit_id: int) -> str:
    """The page of a volunteer just admitted. Who was one already may belong to a unit out of reach."""
    admitted = [*done.volunteer_ids, *done.returned]
    return (volunteer_url(admitted[0], unit_id) if admitted else None) or _result(done)


@blueprint.route("/add-list", methods=["GET", "POST"])
@permit(Permission.VOLUNTEER_EDIT)
def add_volunteers() -> ResponseReturnValue:
    """Paste a list, have it checked, admit everybody. With an error everything typed comes back marked."""
    form = AddVolunteersForm()
    if form.validate_on_submit():
        if not form.rows.data:
            form.form_errors.append(_("The table is empty. Paste the list, or upload it as a file."))
        else:
            checked = check_volunteers(db.session(), form.rows.data, clock.today())
            form.mark(checked.errors)
            if not checked.errors:
                done = submit(
                    form,
                    admit,
                    unit_id=form.unit_id,
                    admissions=checked.admissions,
                    source="list",
                    locate=_result,
                )
                if done is not None:
                    return done
    return _list_page(form, VolunteersFileForm(formdata=None))


@blueprint.post("/add-list/file")
@permit(Permission.VOLUNTEER_EDIT)
def add_volunteers_file() -> ResponseReturnValue:
    """Upload a list. Without errors everybody is admitted; with errors it opens in the grid."""
    upload = VolunteersFileForm()
    if not upload.validate_on_submit():
        return _list_page(AddVolunteersForm(formdata=None), upload)
    try:
        listed = read_list(
            upload.file.data.read(), upload.file.data.filename or "", ADMISSION_HEADERS, VOLUNTEER_REQUIRED
        )
    except RuleError as error:
        upload.add_refusal(error)
        return _list_page(AddVolunteersForm(formdata=None), upload)
    upload.file.data.stream.seek(0)
    checked = check_volunteers(db.session(), [row.texts for row in listed.rows], clock.today())
    if not listed.errors and not checked.errors:
        done = submit(
            upload,
            admit,
            unit_id=upload.unit_id,
            admissions=checked.admissions,
            source="list",
            locate=_result,
        )
        return done if done is not None else _list_page(AddVolunteersForm(formdata=None), upload)
    form = AddVolunteersForm(
        formdata=None, data={"unit": upload.unit.data, "rows": [row.texts for row in listed.rows]}
    )
    _mark(form, listed.rows, checked.errors)
    return _list_page(form, VolunteersFileForm(formdata=None))


def _mark(form: AddVolunteersForm, rows: list[Row], errors: list[RowError]) -> None:
    """What could not be taken over from the file comes first, since the check finds those cells empty."""
    taken = [
        RowError(place, error.column, error.message)
        for place, row in enumerate(rows, start=1)
        for error in row.errors
    ]
    named = {(error.row, error.column) for error in taken}
    others = [error for error in errors if (error.row, error.column) not in named]
    form.mark(sorted([*taken, *others], key=lambda error: error.row or 0))


@blueprint.get("/added")
@permit(Permission.VOLUNTEER_EDIT)
def added_volunteers() -> ResponseReturnValue:
    """What a list brought: how many are new, came back, or were volunteers already."""
    new, returned, already = (
        max(0, request.args.get(name, 0, type=int)) for name in ("new", "returned", "already")
    )
    return render_template(
        "volunteers/added_volunteers.html", new=new, returned=returned, already=already, back=_back()
    )


def _result(done: Admitted) -> str:
    return url_for(
        "volunteers.added_volunteers",
        new=len(done.volunteer_ids),
        returned=len(done.returned),
        already=len(done.known),
    )


def _list_page(form: AddVolunteersForm, upload: VolunteersFileForm) -> ResponseReturnValue:
    return render_template(
        "volunteers/add_volunteers.html",
        form=form if form.errors or not upload.errors else upload,
        grid_form=form,
        upload=upload,
        back=_back(),
    )


def _back() -> str:
    return url_for("volunteers.volunteers" if known("volunteers.volunteers") else "volunteers.sign_ups")
