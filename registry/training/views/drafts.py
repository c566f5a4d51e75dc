"""Rows of class lists that wait to be corrected."""

from __future__ import annotations

from collections.abc import Sequence

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.core import clock
from registry.core.db import db
from registry.core.permissions import Permission
from registry.training import commands
from registry.training.forms.roster import DraftsForm, draft_row, message_of
from registry.training.models import Course, RosterDraft
from registry.training.queries.roster import open_drafts
from registry.training.roster import check_rows
from registry.training.views.blueprint import blueprint, course_trail
from registry.web.guard import permit
from registry.web.load import load
from registry.web.locale import translate
from registry.web.submit import submit


@blueprint.route("/courses/<int:course_id>/drafts", methods=["GET", "POST"])
@permit(Permission.COURSE_EDIT)
def correct_draft(course_id: int) -> ResponseReturnValue:
    """Correct the drafts of a course and enrol them; a row deleted here is dropped."""
    course = load(Course, course_id)
    drafts = open_drafts(db.session(), course.id)
    form = DraftsForm(data={"rows": [{"id": draft.id, **draft.values} for draft in drafts]})
    good = bad = 0
    if form.validate_on_submit():
        rows = [row for row in form.rows.data if row.get("id", "").isdecimal()]
        form.rows.data = rows
        checked = check_rows(db.session(), course, rows, clock.today())
        form.mark(checked.errors)
        wrong = checked.bad_rows
        good, bad = len(checked.entries), len(wrong)
        if not wrong or request.form.get("rest") == "drafts":
            ids = [int(row["id"]) for row in rows]
            left_out = {draft.id for draft in drafts} - set(ids)
            done = submit(
                form,
                commands.correct_draft,
                course,
                corrected={ids[e.row_number - 1]: e for e in checked.entries},
                still_wrong={
                    ids[i]: draft_row(i + 1, rows[i], [e for e in checked.errors if e.row == i])
                    for i in wrong
                },
                dropped=[*sorted(left_out), *(ids[i] for i in checked.enrolled)],
                locate=lambda course: url_for("training.course", course_id=course.id),
                saved=_("%(count)s trainees enrolled.", count=good),
            )
            if done is not None:
                return done
    elif request.method == "GET":
        _mark_kept(form, drafts)
    return render_template(
        "training/correct_draft.html",
        form=form,
        course=course,
        trail=course_trail(course),
        good_rows=good,
        bad_rows=bad,
        nothing_left=not drafts,
    )


def _mark_kept(form: DraftsForm, drafts: Sequence[RosterDraft]) -> None:
    """What was wrong when the rows were kept; nothing was refused on this page yet."""
    for index, draft in enumerate(drafts):
        for error in draft.errors:
            form.rows.cell_errors.append(
                {"row": index, "column": error["column"], "reason": translate(message_of(error))}
            )
