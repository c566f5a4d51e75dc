"""What the pages without sign-in share: the ceiling per address, the language, and who asks too often."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from math import ceil
from typing import ParamSpec

from flask import Blueprint, Flask, Response, current_app, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import force_locale

from registry.accounts.throttle import ADDRESS_FACTOR, Gate, address_gate
from registry.core import clock
from registry.core.ops import key_digest
from registry.public.limits import AddressLimit
from registry.web.locale import LOCALES

P = ParamSpec("P")

blueprint = Blueprint("public", __name__)

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
    if limit.passes(asking_address().key, now, current_app.config["PUBLIC_REQUESTS_PER_MINUTE"]):
        return None
    return too_many(60 - now.second)


@blueprint.after_request
def _unlisted(response: Response) -> Response:
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def in_chosen_language(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Let `?lang=` choose the language of one page, without a cookie."""

    @wraps(view)
    def spoken(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        lang = request.args.get("lang")
        if lang not in LOCALES:
            return view(*args, **kwargs)
        with force_locale(lang):
            return view(*args, **kwargs)

    return spoken


def asking_address() -> Gate:
    """Tries from this address at these pages; they are counted apart from sign-in."""
    return Gate(key_digest("public", address_gate(request.remote_addr or "").key), ADDRESS_FACTOR)


def too_many(seconds: float) -> ResponseReturnValue:
    """The page that asks to wait."""
    wait = max(1, ceil(seconds))
    return render_template("errors/429.html", retry_after=wait), 429, {"Retry-After": str(wait)}
