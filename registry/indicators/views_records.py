"""The lists behind a figure: the records that make it, and those that do not count."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import literal_column

from registry.core.db import db
from registry.core.permissions import Permission
from registry.core.text import mask_name
from registry.indicators.asked import Asked, address_of, read_question, show_defaults
from registry.indicators.blueprint import blueprint
from registry.indicators.cards import said
from registry.indicators.definitions.rescuers import CERTIFICATE_RECORD
from registry.indicators.definitions.volunteers import LINE_RECORD, PERIOD_RECORD
from registry.indicators.forms import GROUP_FILTERS, NOTHING, FigureFilters, RecordFilters
from registry.indicators.groups import says, summed
from registry.indicators.indicator import Group, RecordLink
from registry.indicators.models import Contribution
from registry.indicators.question import Question
from registry.indicators.read import by_unit
from registry.indicators.read import records as records_of
from registry.indicators.recount import excluded as excluded_of
from registry.indicators.recount import reason_text
from registry.volunteers.fields import FIELDS
from registry.web.columns import Cell, Column, linked, named
from registry.web.guard import permit
from registry.web.listing import Asked as ListAsked
from registry.web.listing import Listing
from registry.web.locale import translate
from registry.web.navigation import known


def _records() -> Cell:
    """The record itself: one click from the list to what is behind the number, for who may open it."""
    link = g.question.indicator.record
    if not known(link.endpoint) or not g.actor.may(link.permission):
        return lambda row: row.label
    return linked(link.endpoint, link.argument, text="label", number="opens")()


def _quantity(row: Any) -> Any:
    return g.question.indicator.shown(row.quantity)


_UNIT = Column("unit_name", _l("Unit"), made=named("unit"))
_OF_SERVICE = (
    Column(
        "field",
        _l("Field of service"),
        value=lambda row: translate(FIELDS[row.field]) if row.field in FIELDS else row.field,
    ),
    Column("quantity", _l("Counts as"), value=_quantity, css="num"),
)


def _records_of(key: str, link: RecordLink, *more: Column) -> Listing:
    return Listing(
        key=key,
        identity=Contribution.id,
        columns=(
            Column("number", _l(link.heading), made=_records),
            Column("holder", _l(link.holder), value=lambda row: mask_name(row.holder)),
            _UNIT,
            *more,
            Column("starts_on", _l("Counts from"), sort=Contribution.starts_on),
            Column("ends_on", _l("Last day that counts")),
        ),
        filters=RecordFilters,
        default_sort="-starts_on",
        title=_l("Records behind the figure"),
    )


def _excluded_of(key: str, link: RecordLink) -> Listing:
    record: Any = link.model
    return Listing(
        key=key,
        identity=record.id,
        columns=(
            # In the order of entry, which is that of the primary key: no list of a million rows is sorted.
            Column("number", _l(link.heading), made=_records, sort=record.id),
            Column("holder", _l(link.holder), value=lambda row: mask_name(row.holder)),
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


# By the table of the records.
RECORDS = {
    "certificate": _records_of("indicators.records", CERTIFICATE_RECORD),
    "volunteer_period": _records_of("indicators.period_records", PERIOD_RECORD),
    "service_line": _records_of("indicators.service_records", LINE_RECORD, *_OF_SERVICE),
}
EXCLUDED = {
    "certificate": _excluded_of("indicators.excluded", CERTIFICATE_RECORD),
    "volunteer_period": _excluded_of("indicators.excluded_periods", PERIOD_RECORD),
    "service_line": _excluded_of("indicators.excluded_service", LINE_RECORD),
}


def _read(listings: dict[str, Listing], asked: Asked) -> ListAsked:
    """What is asked of the list of this figure's records."""
    g.question = asked.question
    wanted = listings[asked.indicator.record.model.__tablename__].read(request.args, g.actor.user_id)
    show_defaults(wanted.form, asked)
    for name in ("from_on", *GROUP_FILTERS):
        if wanted.form is not None and name not in wanted.form:
            wanted.filters.pop(name, None)
    return wanted


def _page(
    template: str, wanted: ListAsked, asked: Asked, rows: Any, told: Callable[[], dict[str, Any]] = dict
) -> ResponseReturnValue:
    """The list as a page or as a file; `told` is asked only for the page."""
    if wanted.export:
        return wanted.download(db.session(), rows)
    return render_template(
        template,
        page=wanted.page(db.session(), rows, empty_title=_("No record")),
        asked=asked,
        name=said(asked.indicator.name),
        measure=said(asked.indicator.unit),
        shown=asked.indicator.shown,
        link=address_of,
        **told(),
    )


def back_to_figure(code: str) -> ResponseReturnValue:
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
        return back_to_figure(code)
    wanted = _read(RECORDS, asked)
    within = g.scope.where(Contribution.unit_id)
    chosen = {
        key: _key(question.indicator.groups[key], wanted.filters[key])
        for key in GROUP_FILTERS
        if key in wanted.filters
    }
    conditions = [says(question.indicator.groups[name], key) for name, key in chosen.items()]
    rows = records_of(question).where(within, *conditions)
    return _page("indicators/records.html", wanted, asked, rows, lambda: _told(question, chosen, within))


def _key(group: Group, text: str) -> Any:
    """The key that an address means."""
    if text == NOTHING:
        return None
    return text if group.named is None else int(text)


def _told(question: Question, chosen: dict[str, Any], within: Any) -> dict[str, Any]:
    """The value, and what the listed records add up to where that is not plain from their number."""
    session = db.session()
    parts = by_unit(session, question)
    plain = not chosen and question.indicator.counts_records
    return {
        "value": sum(parts.values()),
        # A unit that stood below in the past may lie outside the reader's reach today.
        "beyond": sum(quantity for unit_id, quantity in parts.items() if not g.scope.holds(unit_id)),
        "listed": None if plain else summed(session, question, chosen, within),
    }


@blueprint.get("/<code>/excluded")
@permit(Permission.FIGURE_RECORDS)
def excluded(code: str) -> ResponseReturnValue:
    """The records that do not count, each with its reason, as they stand now."""
    asked = read_question(code)
    question = asked.question
    if question is None or question.known_seq is not None:
        return back_to_figure(code)
    rows = excluded_of(question)
    rows = rows.where(g.scope.where(rows.selected_columns.unit_id))
    return _page("indicators/excluded.html", _read(EXCLUDED, asked), asked, rows)
