"""What a page of figures is asked, read from its address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import g, request

from registry.accounts.models import Unit
from registry.core.db import db
from registry.core.errors import RecordNotFoundError, RuleError
from registry.indicators.forms import GROUP_FILTERS, FigureFilters, unit_choices
from registry.indicators.indicator import Indicator
from registry.indicators.question import Question, ask, indicator_of, parse_known_on
from registry.web.locale import translate


@dataclass(frozen=True)
class Asked:
    """What a request asks: the unit, the filled form, and the question, or why there is none."""

    indicator: Indicator
    unit: Unit
    form: FigureFilters
    question: Question | None
    refusal: str


def chosen_unit() -> Unit:
    """The unit of the address, else one's own, else the first within reach; 404 for any other."""
    reachable = [unit_id for unit_id, _name in unit_choices()]
    text = request.args.get("unit", "")
    if text:
        unit_id = int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0
    else:
        home = g.actor.home_unit_id
        unit_id = home if home in reachable else next(iter(reachable), 0)
    if unit_id not in reachable:
        raise RecordNotFoundError("unit")
    return db.session.get_one(Unit, unit_id)


def read_question(code: str) -> Asked:
    """The question in the address; what cannot be asked is said at its field."""
    indicator = indicator_of(code)
    unit = chosen_unit()
    form = FigureFilters(request.args)
    form.values()  # Validates what was filled in.
    question, refusal = None, ""
    if not form.errors:
        try:
            question = ask(
                db.session(),
                code,
                unit.id,
                as_of=form.as_of.data,
                from_on=form.from_on.data,
                known_on=parse_known_on(form.known_on.data) if form.known_on.data else None,
            )
        except RuleError as error:
            if error.field:
                form[error.field].errors = [translate(error.message)]
            else:
                refusal = translate(error.message)
    asked = Asked(indicator, unit, form, question, refusal)
    show_defaults(form, asked)
    return asked


def show_defaults(form: Any, asked: Asked) -> None:
    """Fill a form with what the figure was counted by; a stock has no first day."""
    form.unit.data = asked.unit.id
    if asked.question is not None:
        form.as_of.data = asked.question.as_of
        form.from_on.data = asked.question.from_on
    if asked.indicator.is_stock:
        del form.from_on
    for key in GROUP_FILTERS:
        if key in form and key not in asked.indicator.groups:
            del form[key]


def address_of(asked: Asked, **more: Any) -> dict[str, Any]:
    """The parameters that repeat the question in another address."""
    form = asked.form
    told = {
        "code": asked.indicator.code,
        "unit": asked.unit.id,
        "as_of": form.as_of.data,
        "from_on": form.from_on.data if form.from_on is not None else None,
        "known_on": form.known_on.data or None,
    }
    return {**told, **more}
