"""The board, and one figure with its parts and its proof. The lists behind it join below."""

from __future__ import annotations

from typing import Any

from flask import g, render_template, request
from flask.typing import ResponseReturnValue

from registry.core.db import db
from registry.core.errors import RuleError
from registry.core.permissions import Permission
from registry.indicators import views_files, views_records
from registry.indicators.asked import Asked, address_of, chosen_unit, read_question
from registry.indicators.blueprint import blueprint
from registry.indicators.cards import cards, said
from registry.indicators.forms import FigureFilters
from registry.indicators.indicator import Indicator
from registry.indicators.parts import unit_rows
from registry.indicators.question import Question, entry_at, rebuilt_at
from registry.indicators.read import breakdown, by_month
from registry.indicators.recount import REASONS, Recount, recount
from registry.indicators.views_groups import group_tables
from registry.web.guard import permit
from registry.web.locale import translate

__all__ = ["blueprint", "views_files", "views_records"]

# Above this value the recount is a click away instead of part of every page.
RECOUNT_AT_ONCE = 20_000


@blueprint.get("/")
@permit(Permission.FIGURE_VIEW)
def board() -> ResponseReturnValue:
    """All figures of one unit on one day."""
    unit = chosen_unit()
    form = FigureFilters(request.args)
    form.values()  # Validates what was filled in.
    form.unit.data = unit.id
    shown = []
    if not form.as_of.errors:
        try:
            shown = cards(db.session(), g.actor, unit.id, form.as_of.data)
        except RuleError as error:
            form.as_of.errors = [translate(error.message)]
    return render_template("indicators/board.html", unit=unit, form=form, cards=shown)


@blueprint.get("/<code>")
@permit(Permission.FIGURE_VIEW)
def indicator(code: str) -> ResponseReturnValue:
    """One figure: its number, its rule, its parts, and whether the records say the same."""
    asked = read_question(code)
    told: dict[str, Any] = {}
    if asked.question is not None:
        told = _told(asked, asked.question)
    return render_template(
        "indicators/indicator.html",
        asked=asked,
        form=asked.form,
        name=said(asked.indicator.name),
        measure=said(asked.indicator.unit),
        rule=said(asked.indicator.rule),
        shown=asked.indicator.shown,
        link=address_of,
        scope=g.scope,
        opens=g.actor.scope(Permission.FIGURE_RECORDS).holds(asked.unit.id),
        **told,
    )


def _told(asked: Asked, question: Question) -> dict[str, Any]:
    session, shown = db.session(), question.indicator.shown
    parts = breakdown(session, question)
    # Both read every record behind the figure, so they come together.
    wanted = shown(parts.value) <= RECOUNT_AT_ONCE or request.args.get("recount") == "1"
    counted = recount(session, question) if wanted and question.known_seq is None else None
    everything = request.args.get("all") == "1"
    rows = unit_rows(session, question, parts)
    return {
        "value": parts.value,
        "months": [(month.strftime("%Y-%m"), shown(n)) for month, n in by_month(session, question)],
        "rows": rows if everything else [row for row in rows if row.depth <= 1],
        "more_units": 0 if everything else sum(row.depth > 1 for row in rows),
        "tables": group_tables(asked, question, everything=everything) if wanted else None,
        "recount": counted,
        "reasons": reasons(question.indicator, counted),
        "known_at": entry_at(session, question.known_seq) if question.known_seq else None,
        "rebuilt": rebuilt_at(session, question),
    }


def reasons(indicator: Indicator, counted: Recount | None) -> list[tuple[str, int]]:
    """Why rows do not count, in words, the most frequent first."""
    if counted is None:
        return []
    found = sorted(counted.excluded.items(), key=lambda item: (-item[1], item[0]))
    return [(translate(indicator.reasons.get(code) or REASONS[code]), n) for code, n in found]
