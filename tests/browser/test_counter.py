"""The counting window itself: what it counts, and that no trouble escapes it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser
from sqlalchemy.orm import Session

from registry.core.permissions import Role
from tests import factories as make
from tests.browser.conftest import OpenWindow
from tests.browser.counter import Window

pytestmark = [pytest.mark.browser, pytest.mark.sqlite_only]


def test_clicks_keys_loads_and_bytes_are_counted(session: Session, open_window: OpenWindow) -> None:
    window = open_window(make.user(session, Role.TRAINER))
    first = window.open("/")
    assert (window.clicks, window.keys, window.loads) == (0, 0, 1)
    assert first.total > 10_000
    assert any(url.endswith(".js") or ".js?" in url for url in first.by_url)
    window.click("#global-search")
    window.page.keyboard.type("abc")
    assert (window.clicks, window.keys, window.loads) == (1, 3, 1)
    window.follow("nav.menu a[href$='/training/courses']")
    assert (window.clicks, window.loads) == (2, 2)
    # Clicks that no user made do not count.
    window.page.evaluate("document.querySelector('h1').click()")
    assert window.clicks == 2
    # Style sheets and script come out of the cache the second time.
    again = window.open("/")
    assert again.total < first.total / 2


@pytest.fixture
def troubled(chromium: Browser, address: str) -> Window:
    """A window that is not asked for trouble after the test."""
    window = Window(chromium.new_context(), address)
    window.open("/sign-in")
    return window


ADD = "document.body.insertAdjacentHTML('beforeend', {})"


@pytest.mark.parametrize(
    "script",
    [
        "console.error('broken')",
        "setTimeout(() => { throw new Error('broken'); }, 0)",
        ADD.format("'<p style=color:red>inline</p>'"),
        ADD.format("'<img src=https://example.org/x.png>'"),
        "fetch('/static/there-is-no-such-file.css').then(() => 0)",
    ],
    ids=["console", "script", "inline style", "third party", "missing file"],
)
def test_trouble_is_noticed(troubled: Window, script: str) -> None:
    troubled.check()
    troubled.page.evaluate(script)
    troubled.idle()
    with pytest.raises(AssertionError):
        troubled.check()
    troubled.page.context.close()
