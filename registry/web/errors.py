"""One error style: what happened, whether anything was saved, what to do."""

from __future__ import annotations

import logging

from flask import Flask, Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException

from registry.core.db import db
from registry.core.engines import translate as translate_error
from registry.core.errors import BusyError, ForbiddenError, RecordNotFoundError, RuleError, StorageError
from registry.web.locale import translate

log = logging.getLogger("registry")

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def _page(status: int, **told: object) -> ResponseReturnValue:
    return render_template(f"errors/{status}.html", **told), status


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None:
        return error.response
    status = error.code or 500
    known = {400, 403, 404, 413, 429, 500, 503}
    return _page(status if status in known else (400 if status < 500 else 500))


def _csrf_error(_error: CSRFError) -> ResponseReturnValue:
    return _page(400, reason=_("The page was open for too long, or came from elsewhere."))


def _not_found(_error: RecordNotFoundError) -> ResponseReturnValue:
    return _page(404)


def _forbidden(_error: ForbiddenError) -> ResponseReturnValue:
    return _page(403)


def _rule(error: RuleError) -> ResponseReturnValue:
    return _page(400, reason=translate(error.message))


def _busy(_error: BusyError) -> ResponseReturnValue:
    return _page(503)


def _storage(error: StorageError) -> ResponseReturnValue:
    return _page(503, reason=translate(str(error)))


def _database(error: DBAPIError) -> ResponseReturnValue:
    known = translate_error(error)
    if isinstance(known, BusyError | StorageError):
        return _storage(known) if isinstance(known, StorageError) else _busy(known)
    return _defect(error)


def _defect(error: Exception) -> ResponseReturnValue:
    # The message of an exception can carry personal values; the log gets its type and place only.
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    place = f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame is not None else "?"
    log.error("%s in %s at %s", type(error).__name__, request.endpoint, place)
    db.session.rollback()
    return _page(500)


def install(app: Flask) -> None:
    """Handle every refusal in one style, and put the security headers on every answer."""
    app.register_error_handler(CSRFError, _csrf_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(RecordNotFoundError, _not_found)
    app.register_error_handler(ForbiddenError, _forbidden)
    app.register_error_handler(RuleError, _rule)
    app.register_error_handler(BusyError, _busy)
    app.register_error_handler(StorageError, _storage)
    app.register_error_handler(DBAPIError, _database)
    if not app.config.get("PROPAGATE_EXCEPTIONS"):
        app.register_error_handler(Exception, _defect)

    @app.after_request
    def _headers(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if app.config["SESSION_COOKIE_SECURE"]:
            response.headers.setdefault("Strict-Transport-Security", "max-age=31536000")
        if request.endpoint not in ("static", "bootstrap.static"):
            # A file brings "no-cache" along, which lets a browser keep it on the disk.
            response.headers["Cache-Control"] = "no-store"
        return response
