"""Browsers an account was used on: a signed cookie, so that failures elsewhere do not lock the owner out."""

from __future__ import annotations

import secrets as random
from datetime import timedelta

from flask import Response, current_app, request
from itsdangerous import BadData, URLSafeTimedSerializer

from registry.core.ops import key_digest

LASTS = timedelta(days=180)
MOST_NAMES = 5


def known_device(username: str) -> str | None:
    """The device number of this browser if the account signed in on it before."""
    device, names = _read()
    return device if device and _name(username) in names else None


def remember_device(response: Response, username: str) -> None:
    """Mark this browser as one the account signs in on."""
    device, names = _read()
    kept = [_name(username), *(name for name in names if name != _name(username))][:MOST_NAMES]
    response.set_cookie(
        _cookie(),
        _signer().dumps([device or random.token_hex(16), kept]),
        max_age=LASTS,
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        httponly=True,
        samesite="Lax",
    )


def _read() -> tuple[str, list[str]]:
    try:
        device, names = _signer().loads(
            request.cookies.get(_cookie(), ""), max_age=int(LASTS.total_seconds())
        )
    except BadData:
        return "", []
    return device, names


def _cookie() -> str:
    return "__Host-device" if current_app.config["SESSION_COOKIE_SECURE"] else "device"


def _name(username: str) -> str:
    return key_digest("device name", username.casefold())[:16]


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="known device")
