"""A browser of somebody who signs in, for tests of pages."""

from __future__ import annotations

import re
from html import unescape
from secrets import token_hex
from typing import Any

from flask.testing import FlaskClient

from tests.factories import PASSWORD


class Browser:
    """One browser: sends forms as pages do, with the CSRF token of a page and a fresh form key."""

    def __init__(self, client: FlaskClient, address: str = "127.0.0.1") -> None:
        self.client = client
        self._environ = {"REMOTE_ADDR": address}

    def sign_in(self, username: str, password: str = PASSWORD, **fields: str) -> Any:
        """Send the sign-in form."""
        return self.send("/sign-in", username=username, password=password, **fields)

    def get(self, path: str, **more: Any) -> Any:
        """Open a page."""
        return self.client.get(path, environ_base=self._environ, buffered=True, **more)

    def token(self) -> str:
        """The CSRF token a page of this browser carries."""
        for path in ("/profile", "/sign-in", "/profile/password"):
            found = re.search(r'name="csrf_token" value="([^"]+)"', text(self.get(path)))
            if found:
                return found[1]
        raise AssertionError("no page with a token")

    def send(self, path: str, *, token: str | None = None, **fields: Any) -> Any:
        """Send a form. `form_key` may be given to send the same form twice."""
        values = {
            "csrf_token": token or self.token(),
            "form_key": fields.pop("form_key", token_hex(16)),
            **fields,
        }
        return self.client.post(path, data=values, environ_base=self._environ)


def text(response: Any) -> str:
    """The page as a reader sees its source."""
    return str(response.get_data(as_text=True))


def hidden(response: Any, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'<input[^>]*name="{name}"[^>]*>', text(response))
    assert found, f"no field {name}"
    value = re.search(r'value="([^"]*)"', found[0])
    return unescape(value[1]) if value else ""
