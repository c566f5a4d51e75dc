"""May this role? One decorator on every view; a view without it is refused to everyone."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TypeVar

from flask import Flask, abort, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from flask_wtf.csrf import CSRFError, CSRFProtect

from registry.core import scope as scopes
from registry.core.permissions import Permission

V = TypeVar("V", bound=Callable[..., ResponseReturnValue])


class Open(Enum):
    """Views that ask for no permission."""

    PUBLIC = "public"  # Anyone, without sign-in.
    SIGNED_IN = "signed_in"  # Anyone who is signed in: own profile, own password.


PUBLIC, SIGNED_IN = Open.PUBLIC, Open.SIGNED_IN
csrf = CSRFProtect()

# Views that packages bring: style sheets and the like.
STATIC_ENDPOINTS = {"static", "bootstrap.static"}


def permit(right: Permission | Open) -> Callable[[V], V]:
    """Say which permission a view asks for; the guard checks it before the view runs."""

    def mark(view: V) -> V:
        view.permit = right  # type: ignore[attr-defined]
        return view

    return mark


def right_of(endpoint: str) -> Permission | Open | None:
    """What `@permit` says of an endpoint, or None when it says nothing."""
    view = current_app.view_functions.get(endpoint)
    return getattr(view, "permit", None)


def _check() -> ResponseReturnValue | None:
    g.actor = scopes.ANONYMOUS
    if request.endpoint is None or request.endpoint in STATIC_ENDPOINTS:
        return None
    right = right_of(request.endpoint)
    if right is None:
        abort(403)
    if right is PUBLIC:
        if current_user.is_authenticated:
            g.actor = current_user.actor
        if request.method not in ("GET", "HEAD", "OPTIONS"):
            csrf.protect()
        return None
    if not current_user.is_authenticated:
        return _ask_to_sign_in()
    g.actor = current_user.actor
    if request.method not in ("GET", "HEAD", "OPTIONS"):
        csrf.protect()
    if current_user.must_act and request.endpoint not in MUST_ACT_ALLOWED:
        # A password or a second factor has to be set before anything else.
        return redirect(url_for(current_user.must_act))
    if right is SIGNED_IN:
        return None
    assert isinstance(right, Permission)
    if not g.actor.may(right):
        abort(403)
    g.scope = g.actor.scope(right)
    return None


# Endpoints a signed-in user may open while a new password or second factor is still due.
MUST_ACT_ALLOWED: set[str] = set()
# accounts/views.py sets what is done when somebody must sign in first.
ask_to_sign_in: list[Callable[[], ResponseReturnValue]] = []


def _ask_to_sign_in() -> ResponseReturnValue:
    return ask_to_sign_in[0]() if ask_to_sign_in else abort(401)


def install(app: Flask) -> None:
    """Check every request of the app."""
    csrf.init_app(app)
    app.before_request(_check)


__all__ = ["PUBLIC", "SIGNED_IN", "CSRFError", "csrf", "install", "permit", "right_of"]
