"""Which volunteer a telephone belongs to: a signed cookie, set when the own page is opened on it.

The cookie carries no name and opens no page; it lets its holder check in by the code of a place.
"""

from __future__ import annotations

from flask import Response, current_app, request
from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy.orm import Session

from registry.volunteers.models import Volunteer

COOKIE = "own_phone"
KEPT_DAYS = 180


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt="own phone")


def remember(response: Response, volunteer: Volunteer) -> None:
    """Note on this telephone whose it is. A new address of the own page ends it."""
    response.set_cookie(
        COOKIE,
        _signer().dumps([volunteer.id, (volunteer.page_digest or "")[:16]]),
        max_age=KEPT_DAYS * 86_400,
        path="/checkin",
        httponly=True,
        samesite="Lax",
        secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
    )


def volunteer_of_phone(session: Session) -> Volunteer | None:
    """The volunteer who opened the own page on this telephone, None when nobody did."""
    try:
        volunteer_id, digest = _signer().loads(request.cookies.get(COOKIE, ""))
    except (BadSignature, ValueError, TypeError):
        return None
    found = session.get(Volunteer, volunteer_id)
    if found is None or found.voided_at is not None or not digest:
        return None
    return found if (found.page_digest or "")[:16] == digest else None
