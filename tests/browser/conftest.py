"""Fixtures of the browser tests: windows of people who are signed in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, ViewportSize

from registry.accounts.models import User
from registry.accounts.sessions import open_session
from tests.browser.counter import Window

LANGUAGES = ("zh_CN", "en")
TAGS = {"zh_CN": "zh-CN", "en": "en"}
WIDE: ViewportSize = {"width": 1280, "height": 900}
NARROW: ViewportSize = {"width": 375, "height": 720}

OpenWindow = Callable[..., Window]


@pytest.fixture
def open_window(chromium: Browser, address: str, app: Flask) -> Iterator[OpenWindow]:
    """Opens a window of somebody: `open_window(user, language=…, viewport=…)`, or of nobody.

    After the test every window is asked for trouble.
    """
    windows: list[Window] = []

    def open_one(
        user: User | None = None, language: str = "zh_CN", viewport: Any = WIDE, **more: Any
    ) -> Window:
        context = chromium.new_context(
            base_url=address,
            viewport=viewport,
            locale=TAGS[language],
            permissions=["clipboard-read", "clipboard-write"],
            **more,
        )
        context.set_default_timeout(15_000)
        if user is not None:
            context.add_cookies([session_cookie(app, address, user, language)])
        window = Window(context, address)
        windows.append(window)
        return window

    yield open_one
    for window in windows:
        window.page.context.close()
    for window in windows:
        window.check()


def session_cookie(app: Flask, address: str, user: User, language: str) -> Any:
    """The cookie a browser holds after signing in."""
    client = app.test_client()
    token, _web = open_session(user, "test")
    with client.session_transaction() as stored:
        stored["_user_id"], stored["_fresh"], stored["locale"] = token, True, language
    name = app.config["SESSION_COOKIE_NAME"]
    cookie = client.get_cookie(name)
    assert cookie is not None
    return {"name": name, "value": cookie.value, "url": address}
