"""The lists behind a figure: the records that make it, those that do not count, and its parts as a file."""

from __future__ import annotations

import io
from typing import Any

from flask import Response, abort, g, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import literal_column

from registry.certificates.models import Certificate
from registry.core.db import db
from registry.core.permissions import Permission
from registry.core.sheets import write_csv, write_xlsx
from registry.core.text import mask_name
from registry.indicators.asked import Asked, address_of, read_question, show_defaults
from registry.indicators.blueprint import blueprint
from registry.indicators.cards import said
from registry.indicators.forms import FigureFilters
from registry.indicators.models import Contribution
from registry.indicators.parts import unit_rows
from registry.indicators.question import Question
from registry.indicators.read import breakdown, by_unit
from registry.indicators.read import records as records_of
from registry.indicators.recount import excluded as excluded_of
from registry.indicators.recount import reason_text
from registry.web.columns import Column, Link
from registry.web.guard import permit
from registry.web.listing import Listing
from registry.web.locale import local_name, translate

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _record(row: Any) -> Link:
    """The record itself: one click from the list to the certificate behind the number."""
    link = g.question.indicator.record
    return Link(url_for(link.endpoint, **{link.argument: row.record_id}), row.label)


def _unit_name(row: Any) -> str:
    locale = get_locale()
    return str(row.unit_name_en if locale is not None and locale.language == "en" else row.unit_name)


_NUMBER = Column("number", _l("Certificate no."), value=_record)
# In the order of entry, which is that of the primary key: no list of a million rows is sorted to be shown.
_NUMBER_BY_ENTRY = Column("number", _l("Certificate no."), value=_record, sort=Certificate.id)
_HOLDER = Column("holder", _l("Holder"), value=lambda row: mask_name(row.holder))
_UNIT = Column("unit_name", _l("Unit"), value=_unit_name)

RECORDS = Listing(
    key="indicators.records",
    identity=Contribution.id,
    columns=(
        _NUMBER,
        _HOLDER,
        _UNIT,
        Column("starts_on", _l("Counts from"), sort=Contribution.starts_on),
        Column("ends_on", _l("Last day that counts")),
    ),
    filters=FigureFilters,
    default_sort="-starts_on",
    title=_l("Records behind the figure"),
)

EXCLUDED = Listing(
    key="indicators.excluded",
    identity=Certificate.id,
    columns=(
        _NUMBER_BY_ENTRY,
        _HOLDER,
        _UNIT,
        Column("starts_on", _l("Date"), sort=literal_column("starts_on")),
        Column(
            "reason",
            _l("Why it does not count"),
            value=lambda row: translate(reason_text(g.question, row.reason)),
        ),
    ),
    filters=FigureFilters,
    default_sort="-number",
    title=_l("Records that do not count"),
)


def _page(listing: Listing, template: str, asked: Asked, rows: Any, **told: Any) -> ResponseReturnValue:
    g.question = asked.question
    wanted = listing.read(request.args, g.actor.user_id)
    show_defaults(wanted.form, asked)
    if asked.indicator.is_stock:
        wanted.filters.pop("from_on", None)
    if wanted.export:
        return wanted.download(db.session(), rows)
    return render_template(
        template,
        page=wanted.page(db.session(), rows, empty_title=_("No record")),
        asked=asked,
        name=said(asked.indicator.name),
        measure=said(asked.indicator.unit),
        link=address_of,
        **told,
    )


def _back(code: str) -> ResponseReturnValue:
    """The page of the figure says what is wrong with the question."""
    told: dict[str, Any] = {name: request.args.get(name) for name in ("unit", "as_of", "from_on", "known_on")}
    return redirect(url_for("indicators.indicator", code=code, **told))


@blueprint.get("/<code>/records")
@permit(Permission.FIGURE_RECORDS)
def records(code: str) -> ResponseReturnValue:
    """The records behind a figure, by the condition that counts them."""
    asked = read_question(code)
    question = asked.question
    if question is None:
        return _back(code)
    parts = by_unit(db.session(), question)
    rows = records_of(question).where(g.scope.where(Contribution.unit_id))
    # A unit that stood below in the past may lie outside the reader's reach today.
    beyond = sum(quantity for unit_id, quantity in parts.items() if not g.scope.holds(unit_id))
    total = sum(parts.values())
    return _page(RECORDS, "indicators/records.html", asked, rows, value=total, beyond=beyond)


@blueprint.get("/<code>/excluded")
@permit(Permission.FIGURE_RECORDS)
def excluded(code: str) -> ResponseReturnValue:
    """The records that do not count, each with its reason, as they stand now."""
    asked = read_question(code)
    question = asked.question
    if question is None or question.known_seq is not None:
        return _back(code)
    rows = excluded_of(question)
    return _page(EXCLUDED, "indicators/excluded.html", asked, rows.where(_within_reach(rows)))


def _within_reach(rows: Any) -> Any:
    return g.scope.where(rows.selected_columns.unit_id)


@blueprint.get("/<code>/units")
@permit(Permission.FIGURE_VIEW)
def units(code: str) -> ResponseReturnValue:
    """The figure by unit, as a file."""
    asked = read_question(code)
    kind = request.args.get("export", "xlsx")
    if asked.question is None:
        return _back(code)
    if kind not in ("xlsx", "csv"):
        abort(404)
    return _send(asked, asked.question, kind)


def _send(asked: Asked, question: Question, kind: str) -> Response:
    measure = said(question.indicator.unit)
    headers = [
        _("Code"),
        _("Unit"),
        _("Own (%(unit)s)", unit=measure),
        _("With units below (%(unit)s)", unit=measure),
        _("From"),
        _("As of"),
        _("As known on"),
    ]
    when = [question.from_on, question.as_of, asked.form.known_on.data or None]
    rows = [
        [row.unit.code, local_name(row.unit), row.own, row.total, *when]
        for row in unit_rows(db.session(), question, breakdown(db.session(), question))
    ]
    name = f"{question.indicator.code}-{asked.unit.code or asked.unit.id}-{question.as_of}.{kind}"
    file = io.BytesIO()
    if kind == "csv":
        file.writelines(write_csv(headers, rows))
    else:
        write_xlsx(file, headers, rows)
    file.seek(0)
    mimetype = "text/csv" if kind == "csv" else XLSX
    return send_file(file, mimetype=mimetype, as_attachment=True, download_name=name)
