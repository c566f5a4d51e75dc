"""A browser window that counts what its user does and what the server sends, and notices all trouble.

Counted in the page itself, whatever moves it: a click is a trusted pointer press, a key a trusted key
press, a load a document that appeared. Bytes are those on the wire, headers included, as Chromium's
network log has them.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Locator, Page

# Told through a binding, which no Content-Security-Policy of the page can stop.
_WATCH = """
(() => {
  if (window !== window.top) { return; }
  addEventListener("pointerdown", event => { if (event.isTrusted) { countedHere("click"); } }, true);
  addEventListener("keydown", event => {
    if (event.isTrusted && !event.repeat) { countedHere("key"); }
  }, true);
  addEventListener("securitypolicyviolation", event => {
    countedHere("policy: " + event.effectiveDirective + " " + (event.blockedURI || ""));
  }, true);
})();
"""

# As a browser counts what is transferred: 300 bytes of headers for each answer.
_UNCACHED = """() => ["navigation", "resource"].flatMap(kind => performance.getEntriesByType(kind))
  .reduce((sum, entry) => sum + entry.encodedBodySize + 300, 0)"""

_OVERFLOW = """() => {
  const lists = innerWidth < 1200 ? [] : Array.from(document.querySelectorAll(".list .table-scroll"));
  const boxes = lists.map(list => list.scrollWidth - list.clientWidth);
  return Math.max(document.scrollingElement.scrollWidth - innerWidth, ...boxes);
}"""


@dataclass
class Weight:
    """What one page load sent over the wire: bytes by address, bodies and headers."""

    by_url: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """Bytes of the document and everything it asked for."""
        return sum(self.by_url.values())

    def __str__(self) -> str:
        parts = sorted(self.by_url.items(), key=lambda part: -part[1])
        return f"{self.total} bytes: " + ", ".join(f"{urlsplit(url).path} {size}" for url, size in parts)


class Window:
    """One browser window. Use its `click`, `press`, `paste` and `open`, or the page itself."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.address = address
        self.clicks = self.keys = self.loads = 0
        self.weight = Weight()
        self.foreign: list[str] = []
        self.troubles: list[str] = []
        self.dialogs: list[str] = []
        self._pending: dict[str, str] = {}
        self._loader = ""
        self.page: Page = context.new_page()
        self.page.expose_binding("countedHere", lambda _source, kind: self._count(kind))
        self.page.add_init_script(_WATCH)
        self.page.on("domcontentloaded", lambda _page: self._loaded())
        self.page.on("console", self._read_console)
        self.page.on("pageerror", lambda error: self.troubles.append(f"script: {error}"))
        self.page.on("dialog", self._answer)
        self._log = log = context.new_cdp_session(self.page)
        log.on("Network.requestWillBeSent", self._asked)
        log.on("Network.responseReceived", self._responded)
        log.on("Network.loadingFinished", self._finished)
        log.on("Network.loadingFailed", self._failed)
        log.send("Network.enable")

    # What a user does

    def open(self, path: str) -> Weight:
        """Go to an address, as from a bookmark or by scanning a code; what it weighed."""
        self.page.goto(path if "://" in path else self.address + path)
        return self.settled()

    def click(self, target: str | Locator) -> None:
        """Press the pointer on the one element found."""
        self._find(target).click()

    def follow(self, target: str | Locator) -> Weight:
        """Press the pointer on what leads to another page; what that page weighed."""
        with self.page.expect_event("load"):
            self._find(target).click()
        return self.settled()

    def send(self, key: str = "Enter") -> Weight:
        """Press a key that leads to another page; what that page weighed."""
        with self.page.expect_event("load"):
            self.press(key)
        return self.settled()

    def press(self, key: str) -> None:
        """Press a key where the focus is."""
        self.page.keyboard.press(key)

    def type(self, target: str, text: str) -> None:
        """Click a field, empty it and type."""
        self.click(target)
        self.press("Control+A")
        self.page.keyboard.type(text)

    def copy(self, text: str) -> None:
        """Put text on the clipboard, as copying in another program does."""
        self.page.evaluate("text => navigator.clipboard.writeText(text)", text)

    def paste(self) -> None:
        """Ctrl+V where the focus is."""
        self.press("Control+V")

    def choose_file(self, field: str, file: Path) -> None:
        """Click a file field and pick a file in the dialog of the system."""
        with self.page.expect_file_chooser() as chooser:
            self.click(field)
        chooser.value.set_files(file)

    # What is read off

    def settled(self) -> Weight:
        """Wait until nothing that the page asked for is under way; what it weighed."""
        for _ in range(400):
            if not self._pending:
                return self.weight
            self.page.wait_for_timeout(5)
        raise AssertionError(f"still loading: {list(self._pending.values())}")

    def idle(self) -> None:
        """Let the page do what it has put off until it is idle."""
        self.page.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done, 0)))")

    def text(self, selector: str = "main") -> str:
        """The words of a part of the page, as shown."""
        return " ".join(self.page.locator(selector).inner_text().split())

    def overflow(self) -> int:
        """By how many pixels the page is wider than the window, or a list than its place in a wide one."""
        return int(self.page.evaluate(_OVERFLOW))

    def uncached(self) -> int:
        """Bytes of the page and everything it uses, as if nothing had come out of a cache."""
        return int(self.page.evaluate(_UNCACHED))

    def use_cache(self, use: bool) -> None:
        """Whether style sheets and script may come out of the cache, as they do from the second page on."""
        self._log.send("Network.setCacheDisabled", {"cacheDisabled": not use})

    def start_counting(self) -> None:
        """Set the counts back to zero."""
        self.clicks = self.keys = self.loads = 0

    def check(self) -> None:
        """Refuse any console error, script error, policy violation or request to somebody else."""
        assert self.troubles == []
        assert self.foreign == []

    def _find(self, target: str | Locator) -> Locator:
        return self.page.locator(target) if isinstance(target, str) else target

    # Events

    def _count(self, kind: str) -> None:
        if kind == "click":
            self.clicks += 1
        elif kind == "key":
            self.keys += 1
        else:
            self.troubles.append(kind)

    def _loaded(self) -> None:
        self.loads += 1

    def _read_console(self, message: ConsoleMessage) -> None:
        # A page that answers 4xx is reported as an error of its own address; the test looks at it itself.
        if message.type == "error" and message.location.get("url") != self.page.url:
            self.troubles.append(f"console at {self.page.url}: {message.text}")

    def _answer(self, dialog: Any) -> None:
        self.dialogs.append(dialog.type)
        with suppress(Error):  # It may be gone with its page.
            dialog.accept()

    def _asked(self, event: dict[str, Any]) -> None:
        url = event["request"]["url"]
        if "redirectResponse" in event:
            self._add(event["redirectResponse"]["url"], event["redirectResponse"]["encodedDataLength"])
        elif event["type"] == "Document":
            self.weight = Weight()
            self._pending.clear()
            self._loader = event["loaderId"]
        if not url.startswith(("data:", "blob:", self.address + "/")) and url != self.address:
            self.foreign.append(url)
        # What a page asks for while it is being left is given up, without a word of it in the log.
        if event["loaderId"] == self._loader:
            self._pending[event["requestId"]] = url

    def _responded(self, event: dict[str, Any]) -> None:
        if event["response"]["status"] >= 500:
            self.troubles.append(f"{event['response']['status']} {event['response']['url']}")

    def _finished(self, event: dict[str, Any]) -> None:
        url = self._pending.pop(event["requestId"], None)
        if url is not None:
            self._add(url, event["encodedDataLength"])

    def _failed(self, event: dict[str, Any]) -> None:
        self._pending.pop(event["requestId"], None)

    def _add(self, url: str, size: float) -> None:
        self.weight.by_url[url] = self.weight.by_url.get(url, 0) + int(size)
