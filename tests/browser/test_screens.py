"""Every screen, in both languages and at both widths: accessible, light, and no wider than the window."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page
from sqlalchemy.orm import Session

from tests.browser.conftest import LANGUAGES, NARROW, WIDE, OpenWindow
from tests.browser.counter import Window
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
    """What axe-core finds against WCAG 2.0 to 2.2, level A and AA: rule, the first elements, why."""
    if not page.evaluate("typeof window.axe !== 'undefined'"):
        page.evaluate(AXE.axe_script)
    found = page.evaluate("rules => axe.run(rules)", RULES)["violations"]
    return [
        f"{rule['id']} in {len(rule['nodes'])} places: {node['html'][:160]} {node['failureSummary'][:300]}"
        for rule in found
        for node in rule["nodes"][:2]
    ]


# Data, names and keys, which are the same in every language.
_NAMES = re.compile(r"Aleksandra Wi\w+-Kowalczyk|https?://\S+|\w+_\w+")
_ENGLISH = re.compile(r"\bNone\b|\b[A-Za-z][a-z]+ [A-Za-z][a-z]+\b")
# What only a programmer should ever see.
_INSIDE_OUT = re.compile(r"\{'|\bMarkup\(|<\w+ object|%\(\w+\)|\bundefined\b|\bNaN\b|\{\{|\}\}")


def slips(window: Window, language: str) -> list[str]:
    """English on a Chinese page, and values shown as a program writes them."""
    told = window.page.locator("body").inner_text()
    # The journal shows columns and values as they are stored.
    for stored in window.page.locator(".pair").all_inner_texts():
        told = told.replace(stored, "")
    told = _NAMES.sub("", told)
    found = [f"shows {match[0]!r}" for match in _INSIDE_OUT.finditer(told)]
    if language == "zh_CN":
        found += [f"says {match[0]!r}" for match in _ENGLISH.finditer(told)]
    return found


def troubles(window: Window, looks: Sequence[str]) -> list[str]:
    """What is wrong with the page shown: 1280 px wide, in dark colours, and 375 px wide."""
    found = []
    for look in looks:
        window.page.set_viewport_size(NARROW if look == "narrow" else WIDE)
        window.page.emulate_media(color_scheme="dark" if look == "dark" else "light")
        found += [f"{look}: {told}" for told in violations(window.page)]
        if window.overflow() > 0:
            found.append(f"{look}: {window.overflow()} px wider than the window")
    return found


@pytest.mark.parametrize("half", [0, 1])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_screen_is_accessible(
    app: Flask, session: Session, open_window: OpenWindow, language: str, half: int
) -> None:
    reader, screens = prepare(app, session)
    assert len(screens) > 40
    staff = open_window(reader, language, reduced_motion="reduce")
    visitor = open_window(None, language, reduced_motion="reduce")
    # Colours are those of both languages.
    looks = ("dark", "wide", "narrow") if language == "zh_CN" else ("wide", "narrow")
    wrong: list[str] = []
    for screen in screens[half::2]:
        window = visitor if screen.public else staff
        window.open(screen.path)
        told = slips(window, language) + troubles(window, looks)
        wrong += [f"{screen.name} {screen.path} {one}" for one in told]
    assert wrong == [], "\n".join(wrong)


def test_every_refused_form_is_accessible(app: Flask, session: Session, open_window: OpenWindow) -> None:
    """Forms sent with nothing in them: the page says so, and is as accessible as before."""
    reader, screens = prepare(app, session)
    window = open_window(reader, reduced_motion="reduce")
    wrong, refused = [], 0
    for screen in screens:
        window.open(screen.path)
        button = window.page.locator("main form[method=post] [data-main]")
        if screen.public or button.count() == 0:
            continue
        for field in window.page.locator("main form[method=post] input[type=text]:visible").all():
            field.fill("")
        window.follow(button.first)
        if window.page.locator("[role=alert], .grid-errors").count():
            refused += 1
            wrong += [f"{screen.name} {screen.path} {one}" for one in troubles(window, ("narrow",))]
    assert refused > 10
    assert wrong == [], "\n".join(wrong)


def test_every_screen_is_light(app: Flask, session: Session, open_window: OpenWindow) -> None:
    """Staff pages: 150 KiB with nothing cached, 40 KiB afterwards. Public pages: 25 KiB."""
    reader, screens = prepare(app, session)
    wrong: list[str] = []
    staff, visitor = open_window(reader), open_window(None)
    for screen in screens:
        window = visitor if screen.public else staff
        window.use_cache(False)
        first = window.open(screen.path)
        if first.total > (PUBLIC if screen.public else STAFF_FIRST):
            wrong.append(f"{screen.name} first: {first}")
        window.use_cache(True)
        after = window.open(screen.path)
        if after.total > (PUBLIC if screen.public else STAFF_AFTER):
            wrong.append(f"{screen.name} after: {after}")
    assert wrong == [], "\n".join(wrong)
