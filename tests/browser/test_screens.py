"""Every screen, in both languages and at both widths: accessible, light, and no wider than the window."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page
from sqlalchemy.orm import Session

from tests.browser.conftest import LANGUAGES, NARROW, WIDE, OpenWindow
from tests.browser.screens import prepare

pytestmark = [pytest.mark.browser, pytest.mark.sqlite_only]

KIB = 1024
STAFF_FIRST, STAFF_AFTER, PUBLIC = 150 * KIB, 40 * KIB, 25 * KIB
AXE = Axe()
RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]},
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
}


def violations(page: Page) -> list[str]:
    """What axe-core finds against WCAG 2.0 to 2.2, level A and AA: rule, element, reason."""
    if not page.evaluate("typeof window.axe !== 'undefined'"):
        page.evaluate(AXE.axe_script)
    found = page.evaluate("rules => axe.run(rules)", RULES)["violations"]
    return [
        f"{rule['id']}: {node['target']} {node['html'][:120]} {node.get('failureSummary', '')[:300]}"
        for rule in found
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("half", [0, 1])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_screen_is_accessible(
    app: Flask, session: Session, open_window: OpenWindow, language: str, half: int
) -> None:
    reader, screens = prepare(app, session)
    assert len(screens) > 40
    staff = open_window(reader, language, reduced_motion="reduce")
    visitor = open_window(None, language, reduced_motion="reduce")
    wrong: list[str] = []
    for screen in screens[half::2]:
        window = visitor if screen.public else staff
        window.page.set_viewport_size(WIDE)
        window.open(screen.path)
        for look in ("wide", "dark", "narrow"):
            if look == "narrow":
                window.page.set_viewport_size(NARROW)
                over = window.overflow()
                if over > 0:
                    wrong.append(f"{screen.name} {screen.path} is {over} px wider than 375 px")
            window.page.emulate_media(color_scheme="dark" if look == "dark" else "light")
            wrong += [f"{screen.name} {look} {screen.path}: {told}" for told in violations(window.page)]
    assert wrong == [], "\n".join(wrong)


def test_every_screen_is_light(app: Flask, session: Session, open_window: OpenWindow) -> None:
    """Staff pages: 150 KiB with nothing cached, 40 KiB afterwards. Public pages: 25 KiB."""
    reader, screens = prepare(app, session)
    wrong: list[str] = []
    known = open_window(reader)
    known.open("/")
    for screen in screens:
        fresh = open_window(None if screen.public else reader)
        first = fresh.open(screen.path)
        if first.total > (PUBLIC if screen.public else STAFF_FIRST):
            wrong.append(f"{screen.name} first: {first}")
        fresh.page.context.close()
        if not screen.public:
            after = known.open(screen.path)
            if after.total > STAFF_AFTER:
                wrong.append(f"{screen.name} after: {after}")
    assert wrong == [], "\n".join(wrong)
