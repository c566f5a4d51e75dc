"""Job 6: from the number on the start page to a certificate behind it in two clicks."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import ViewportSize
from sqlalchemy.orm import Session

from registry.core.permissions import Role
from tests import certificates
from tests import factories as make
from tests.browser.conftest import LANGUAGES, NARROW, WIDE, OpenWindow

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("language", "viewport"), [("zh_CN", WIDE), ("en", NARROW)], ids=LANGUAGES)
@pytest.mark.parametrize("indicator", ["rescuers_first", "rescuers_valid"])
def test_a_certificate_behind_the_number_in_two_clicks(
    session: Session, open_window: OpenWindow, indicator: str, language: str, viewport: ViewportSize
) -> None:
    near = certificates.issued(session, make.persons(session, 4))
    far = certificates.issued(session, make.persons(session, 3, make.KUANCHENG), unit_code=make.KUANCHENG)
    certificates.issued(session, make.persons(session, 2, make.YANJI), unit_code=make.YANJI)
    numbers = {certificate.number for certificate in (*near, *far)}
    window = open_window(make.user(session, Role.PREFECTURE_ADMIN, make.CHANGCHUN), language, viewport)
    window.open("/")
    window.start_counting()

    link = window.page.locator(f"main a[href*='/{indicator}/records']")
    (count,) = re.findall(r"\d+", link.inner_text())
    figure = window.page.locator(".figure", has=window.page.locator(f"a[href*='/{indicator}/records']"))
    shown = figure.locator("strong").first.inner_text()
    window.follow(link)
    rows = window.page.locator("main tbody tr")
    assert int(shown) == int(count) == rows.count() == 7
    told = window.text("main tbody")
    assert [number for number in numbers if number not in told] == []
    window.follow(rows.first.locator("a[href*='/certificates/']"))

    assert window.clicks == 2
    assert window.loads == 2
    (number,) = {number for number in numbers if number in window.text()}
    assert re.search(r"/certificates/\d+$", window.page.url), number
