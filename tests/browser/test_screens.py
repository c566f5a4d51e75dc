"""Every screen, in both languages and at both widths: accessible, light, and no wider than the window."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page
from sqlalchemy.orm import Session

from registry.core.permissions import Role
from tests import factories as make
from tests.browser.conftest import LANGUAGES, NARROW, WIDE, OpenWindow
from tests.browser.counter import Window
from tests.browser.screens import prepare

pytestmark = [pytest.mark.browser, pytest.mark.sqlite_only]

KIB = 1024
STAFF_FIRST, STAFF_AFTER, PUBLIC = 150 * KIB, 40 * KIB, 25 * KIB
AXE = Axe()
STANDARD = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}


def violations(page: Page, look: str = "", main: bool = False, colours: bool = True) -> list[str]:
    """What axe-core finds against WCAG 2.0 to 2.2, level A and AA: rule, the first elements, why.

    In the whole page, or in its main part only. Comparing colours takes most of the time: they are left out
    where the page is narrow, which has the colours of the wide one, and are all there is to the dark one.
    """
    if not page.evaluate("typeof window.axe !== 'undefined'"):
        page.evaluate(AXE.axe_script)
    asked: dict[str, Any] = {"runOnly": STANDARD, "rules": {"target-size": {"enabled": True}}}
    if look == "dark":
        asked = {"runOnly": COLOURS}
    elif look == "narrow" or not colours:
        asked["rules"]["color-contrast"] = {"enabled": False}
    asked["resultTypes"] = ["violations"]
    within = "'main'" if main else "document"
    found = page.evaluate(f"asked => axe.run({within}, asked)", asked)
    return [
        f"{rule['id']} in {len(rule['nodes'])} places: {node['html'][:160]} {node['failureSummary'][:300]}"
        for rule in found["violations"]
        for node in rule["nodes"][:2]
    ]


# Data, names and keys, which are the same in every language.
_NAMES = re.compile(r"Aleksandra Wi\w+-Kowalczyk|https?://\S+|\w+_\w+|\b(?:xlsx|xls|et|csv)\b|按 [a-z] ")
_ENGLISH = re.compile(r"\bNone\b|\b[A-Za-z][a-z]+ [A-Za-z][a-z]+\b")
_WORD = re.compile(r"\b[a-z]+\b")
# User names, and actions of the journal.
_WORDS_STORED = ("/users", "/audit/")
# What only a programmer should ever see.
_INSIDE_OUT = re.compile(r"\{'|\bMarkup\(|<\w+ object|%\(\w+\)|\bundefined\b|\bNaN\b|\{\{|\}\}")


def slips(window: Window, language: str) -> list[str]:
    """English on a Chinese page, and values shown as a program writes them."""
    # The journal shows columns and values as they are stored.
    told, stored = window.page.evaluate(
        "[document.body.innerText, Array.from(document.querySelectorAll('.pair'), pair => pair.innerText)]"
    )
    for pair in stored:
        told = told.replace(pair, "")
    told = _NAMES.sub("", told)
    found = [f"shows {match[0]!r}" for match in _INSIDE_OUT.finditer(told)]
    if language == "zh_CN":
        found += [f"says {match[0]!r}" for match in _ENGLISH.finditer(told)]
        if not any(part in window.page.url for part in _WORDS_STORED):
            found += [f"says {match[0]!r}" for match in _WORD.finditer(told)]
    return found


def troubles(
    window: Window, looks: Sequence[str], framed: set[str] | None = None, colours: bool = True
) -> list[str]:
    """What is wrong with the page shown: 1280 px wide, in dark colours, and 375 px wide.

    The frame around the main part is the same on every page: `framed`, where it is given, remembers the
    looks in which it was seen, and it is not looked at again.
    """
    found = []
    for look in looks:
        window.page.set_viewport_size(NARROW if look == "narrow" else WIDE)
        window.page.emulate_media(color_scheme="dark" if look == "dark" else "light")
        main = framed is not None and look in framed
        if framed is not None:
            framed.add(look)
        found += [f"{look}: {told}" for told in violations(window.page, look, main, colours)]
        if (over := window.overflow()) > 0:
            found.append(f"{look}: {over} px wider than the window")
    return found


@pytest.mark.parametrize("half", [0, 1])
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_screen_is_accessible_and_light(
    app: Flask, session: Session, open_window: OpenWindow, language: str, half: int
) -> None:
    """A staff page weighs 150 KiB with nothing in the cache and 40 KiB afterwards, a public one 25 KiB."""
    reader, screens = prepare(app, session)
    assert len(screens) > 40
    windows = {
        public: open_window(None if public else reader, language, reduced_motion="reduce")
        for public in (False, True)
    }
    for window in windows.values():
        window.page.add_init_script(AXE.axe_script)
        window.open("/sign-in")
    # Colours are those of both languages; what belongs to a page as a whole is seen in one of them.
    colours = language == "zh_CN"
    looks = ("wide", "dark", "narrow") if colours else ("wide", "narrow")
    framed: dict[bool, set[str] | None] = {public: set() if colours else None for public in windows}
    wrong: list[str] = []
    for screen in screens[half::2]:
        window = windows[screen.public]
        weight = window.open(screen.path)
        told = slips(window, language) + troubles(window, looks, framed[screen.public], colours)
        if weight.total > (PUBLIC if screen.public else STAFF_AFTER):
            told.append(f"weighs {weight}")
        if (first := window.uncached()) > (PUBLIC if screen.public else STAFF_FIRST):
            told.append(f"weighs {first} bytes with nothing in the cache")
        wrong += [f"{screen.name} {screen.path} {one}" for one in told]
    assert wrong == [], "\n".join(wrong)


def test_every_refused_form_is_accessible(app: Flask, session: Session, open_window: OpenWindow) -> None:
    """Forms sent with nothing in them: the page says so, and is as accessible as before."""
    reader, screens = prepare(app, session)
    window = open_window(reader, reduced_motion="reduce")
    wrong, refused = [], 0
    for screen in screens:
        if screen.public or not screen.form:
            continue
        window.open(screen.path)
        button = window.page.locator("main form[method=post] [data-main]")
        if button.count() == 0:
            continue
        window.page.locator("main form[method=post]").evaluate_all(
            "forms => forms.forEach(form => form.querySelectorAll('input[type=text]')"
            ".forEach(field => { field.value = ''; }))"
        )
        window.follow(button.first)
        if window.page.locator("[role=alert], .grid-errors").count():
            refused += 1
            wrong += [f"{screen.name} {screen.path} {one}" for one in troubles(window, ("narrow",))]
    assert refused > 10
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize("path", ["/", "/volunteers/", "/sign-in"])
def test_what_a_page_weighs_with_nothing_in_the_cache_is_what_is_sent(
    session: Session, open_window: OpenWindow, path: str
) -> None:
    window = open_window(
        make.user(session, Role.PROVINCE_ADMIN, make.PROVINCE) if path != "/sign-in" else None
    )
    window.use_cache(False)
    sent = window.open(path).total
    window.use_cache(True)
    window.open(path)
    assert window.open(path).total < sent
    assert abs(window.uncached() - sent) < sent / 20
