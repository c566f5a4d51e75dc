"""Pages that anyone may open: is this certificate genuine, and does it hold today?"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import wraps
from math import ceil
from typing import ParamSpec

from flask import Blueprint, Flask, Response, current_app, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import force_locale

from registry.accounts.throttle import ADDRESS_FACTOR, Gate, address_gate, forgive, take_try
from registry.certificates.numbers import read_number
from registry.certificates.queries.certificates import certificate_by_token, certificates_by_number
from registry.core import clock
from registry.core.db import db
from registry.core.errors import RuleError
from registry.core.ops import key_digest
from registry.public.forms import LookUpForm, NameForm
from registry.public.limits import AddressLimit
from registry.public.verdicts import Verdict, is_holder, verdict_of
from registry.web.guard import PUBLIC, permit
from registry.web.locale import LOCALES

P = ParamSpec("P")

blueprint = Blueprint("public", __name__)

_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
# Somebody with a pile of certificates mistypes; somebody who guesses names needs thousands of tries.
NUMBER_FACTOR = 4
# Mobile networks put thousands of telephones behind one address.
REQUESTS_PER_MINUTE = 600


def install(app: Flask) -> None:
    """Keep the counts of addresses with the application."""
    app.config.setdefault("PUBLIC_REQUESTS_PER_MINUTE", REQUESTS_PER_MINUTE)
    app.extensions["public_limit"] = AddressLimit()


@blueprint.before_request
def _limit() -> ResponseReturnValue | None:
    limit: AddressLimit = current_app.extensions["public_limit"]
    now = clock.now()
    if limit.passes(_address().key, now, current_app.config["PUBLIC_REQUESTS_PER_MINUTE"]):
        return None
    return _too_many(60 - now.second)


@blueprint.after_request
def _unlisted(response: Response) -> Response:
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _in_chosen_language(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Let `?lang=` choose the language of one page, without a cookie."""

    @wraps(view)
    def spoken(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        lang = request.args.get("lang")
        if lang not in LOCALES:
            return view(*args, **kwargs)
        with force_locale(lang):
            return view(*args, **kwargs)

    return spoken


@blueprint.route("/v/<token>", methods=["GET", "POST"])
@permit(PUBLIC)
@_in_chosen_language
def verify(token: str) -> ResponseReturnValue:
    """The state of the certificate behind a QR code; a POST asks whether a full name is the holder's."""
    now = clock.now()
    shown = certificate_by_token(db.session(), token if _TOKEN.fullmatch(token) else "")
    verdict = verdict_of(shown, clock.local(now).date())
    form = NameForm()
    answer = None
    if shown is not None and verdict.holder_masked and form.validate_on_submit():
        gate = Gate(key_digest("certificate", token), NUMBER_FACTOR)
        opens = take_try([gate, _address()])
        if opens is not None:
            return _too_many((opens - now).total_seconds())
        answer = is_holder(shown, form.name.data)
        if answer:
            forgive(gate, _address())
    page = _page("public/verify.html", [verdict], now, form=form, answer=answer)
    page.status_code = 200 if shown is not None else 404
    return page


@blueprint.route("/verify", methods=["GET", "POST"])
@permit(PUBLIC)
@_in_chosen_language
def look_up() -> ResponseReturnValue:
    """A certificate by its number and the full name of its holder, for who has no QR code to scan."""
    now = clock.now()
    form = LookUpForm()
    verdicts: list[Verdict] = []
    if form.validate_on_submit():
        try:
            number = read_number(form.number.data)
        except RuleError as error:
            form.add_rule_error(error)
        else:
            gate = Gate(key_digest("number", number), NUMBER_FACTOR)
            opens = take_try([gate, _address()])
            if opens is not None:
                return _too_many((opens - now).total_seconds())
            verdicts = _found(number, form.name.data, now)
            if verdicts[0].state is not None:
                forgive(gate, _address())
    return _page("public/look_up.html", verdicts, now, form=form)


def _found(number: str, name: str, now: datetime) -> list[Verdict]:
    """The certificates of the number that carry the name. A wrong name is told as an unknown number is."""
    day = clock.local(now).date()
    named = [shown for shown in certificates_by_number(db.session(), number) if is_holder(shown, name)]
    return [verdict_of(shown, day) for shown in named] or [verdict_of(None, day)]


def _page(template: str, verdicts: Sequence[Verdict], now: datetime, **told: object) -> Response:
    lang = request.args.get("lang")
    return make_response(
        render_template(template, verdicts=verdicts, now=now, lang=lang if lang in LOCALES else None, **told)
    )


def _address() -> Gate:
    """Tries from this address at these pages; they are counted apart from sign-in."""
    return Gate(key_digest("public", address_gate(request.remote_addr or "").key), ADDRESS_FACTOR)


def _too_many(seconds: float) -> ResponseReturnValue:
    wait = max(1, ceil(seconds))
    return render_template("errors/429.html", retry_after=wait), 429, {"Retry-After": str(wait)}
