"""The cookie of a session: signed, and without an age of its own."""

from __future__ import annotations

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from itsdangerous import BadSignature


class CookieSessions(SecureCookieSessionInterface):
    """The server knows how long a session lives. Flask also asks the cookie for its age, and refuses one
    from the future: a clock that was set back would sign everybody out."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """What the cookie holds; nothing when it is not signed by this installation."""
        serializer = self.get_signing_serializer(app)
        if serializer is None:
            return None
        try:
            return self.session_class(serializer.loads(request.cookies.get(self.get_cookie_name(app), "")))
        except BadSignature:
            return self.session_class()


def install(app: Flask) -> None:
    """Let sessions be read so."""
    app.session_interface = CookieSessions()
