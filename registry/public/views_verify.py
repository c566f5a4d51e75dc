"""Pages that anyone may open: is this certificate genuine, and does it hold today?"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from flask import Response, make_response, render_template, request
from flask.typing import ResponseReturnValue

from registry.accounts.throttle import Gate, forgive, take_try
from registry.certificates.numbers import read_number
from registry.certificates.queries.certificates import certificate_by_token, certificates_by_number
from registry.core import clock
from registry.core.db import db
from registry.core.errors import RuleError
from registry.core.ops import key_digest
from registry.public.blueprint import asking_address, blueprint, in_chosen_language, too_many
from registry.public.forms import LookUpForm, NameForm
from registry.public.verdicts import Verdict, is_holder, verdict_of
from registry.web.guard import PUBLIC, permit
from registry.web.locale import LOCALES

_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
# Somebody with a pile of certificates mistypes; somebody who guesses names needs thousands of tries.
NUMBER_FACTOR = 4


@blueprint.route("/v/<token>", methods=["GET", "POST"])
@permit(PUBLIC)
@in_chosen_language
def verify(token: str) -> ResponseReturnValue:
    """The state of the certificate behind a QR code; a POST asks whether a full name is the holder's."""
    now = clock.now()
    shown = certificate_by_token(db.session(), token if _TOKEN.fullmatch(token) else "")
    verdict = verdict_of(shown, clock.local(now).date())
    form = NameForm()
    answer = None
    if shown is not None and verdict.holder_masked and form.validate_on_submit():
        gate = Gate(key_digest("certificate", token), NUMBER_FACTOR)
        opens = take_try([gate, asking_address()])
        if opens is not None:
            return too_many((opens - now).total_seconds())
        answer = is_holder(shown, form.name.data)
        if answer:
            forgive(gate, asking_address())
    page = _page("public/verify.html", [verdict], now, form=form, answer=answer)
    page.status_code = 200 if shown is not None else 404
    return page


@blueprint.route("/verify", methods=["GET", "POST"])
@permit(PUBLIC)
@in_chosen_language
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
            opens = take_try([gate, asking_address()])
            if opens is not None:
                return too_many((opens - now).total_seconds())
            verdicts = _found(number, form.name.data, now)
            if verdicts[0].state is not None:
                forgive(gate, asking_address())
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
