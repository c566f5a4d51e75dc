"""The parts of a figure as a file: by unit, by field of service, by team."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from flask import Response, abort, request, send_file
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from registry.core.db import db
from registry.core.permissions import Permission
from registry.core.sheets import write_csv, write_xlsx
from registry.indicators.asked import Asked, read_question
from registry.indicators.blueprint import blueprint
from registry.indicators.cards import said
from registry.indicators.groups import by_group
from registry.indicators.parts import unit_rows
from registry.indicators.question import Question
from registry.indicators.read import breakdown
from registry.indicators.views_groups import label_of
from registry.indicators.views_records import back_to_figure
from registry.web.guard import permit
from registry.web.locale import local_name

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@blueprint.get("/<code>/units")
@permit(Permission.FIGURE_VIEW)
def units(code: str) -> ResponseReturnValue:
    """The figure in parts, as a file: by unit, or as `by` says by field of service or by team."""
    asked = read_question(code)
    kind, by = request.args.get("export", "xlsx"), request.args.get("by", "")
    if asked.question is None:
        return back_to_figure(code)
    if kind not in ("xlsx", "csv") or (by and by not in asked.indicator.groups):
        abort(404)
    heads, rows = _by_group(asked.question, by) if by else _by_unit(asked.question)
    when = [asked.question.from_on, asked.question.as_of, asked.form.known_on.data or None]
    heads = [*heads, _("From"), _("As of"), _("As known on")]
    return _send(asked, kind, by, heads, [[*row, *when] for row in rows])


def _by_unit(question: Question) -> tuple[list[str], list[list[Any]]]:
    measure, shown = said(question.indicator.unit), question.indicator.shown
    heads = [
        _("Code"),
        _("Unit"),
        _("Own (%(unit)s)", unit=measure),
        _("With units below (%(unit)s)", unit=measure),
    ]
    rows = unit_rows(db.session(), question, breakdown(db.session(), question))
    return heads, [[row.unit.code, local_name(row.unit), shown(row.own), shown(row.total)] for row in rows]


def _by_group(question: Question, by: str) -> tuple[list[str], list[list[Any]]]:
    group, shown = question.indicator.groups[by], question.indicator.shown
    parts = by_group(db.session(), question, group)
    rows = [[label_of(group, part), shown(part.quantity)] for part in parts]
    total = [_("Together"), shown(sum(part.quantity for part in parts))]
    return [said(group.heading), said(question.indicator.unit)], [*rows, total]


def _send(asked: Asked, kind: str, by: str, heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> Response:
    assert asked.question is not None
    told = [asked.indicator.code, by, asked.unit.code or asked.unit.id, asked.question.as_of]
    name = "-".join(str(part) for part in told if part)
    file = io.BytesIO()
    if kind == "csv":
        file.writelines(write_csv(heads, rows))
    else:
        write_xlsx(file, heads, rows)
    file.seek(0)
    mimetype = "text/csv" if kind == "csv" else XLSX
    return send_file(file, mimetype=mimetype, as_attachment=True, download_name=f"{name}.{kind}")
