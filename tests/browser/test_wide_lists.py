"""A list wider than its place scrolls by itself; one that fits keeps its headings in view."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from registry.core.permissions import Role
from registry.web.listing import LISTINGS
from registry.web.listing_choices import ListChoices, save_choices
from tests import factories as make
from tests import sign_ups
from tests import volunteers as makers
from tests.browser.conftest import OpenWindow

pytestmark = [pytest.mark.browser, pytest.mark.sqlite_only]

PAGE_OVER = "document.scrollingElement.scrollWidth - innerWidth"
LIST_OVER = "(list => list.scrollWidth - list.clientWidth)(document.querySelector('.list .table-scroll'))"


def test_a_list_that_fits_keeps_its_headings_in_view(session: Session, open_window: OpenWindow) -> None:
    makers.volunteers(session, 60)
    window = open_window(make.user(session, Role.VOLUNTEER_COORDINATOR), "en")
    window.open("/volunteers/?n=100")
    window.page.evaluate("scrollTo(0, 900)")
    heading = window.page.locator(".list thead th >> nth=1").bounding_box()
    assert heading is not None
    assert 0 < heading["y"] < 100
    assert window.overflow() <= 0


def test_a_list_wider_than_its_place_scrolls_by_itself(session: Session, open_window: OpenWindow) -> None:
    gathering = makers.activity(session, title="AED-and-first-aid-on-the-square")
    for _ in range(3):
        sign_ups.received(session, activity=gathering)
    user = make.user(session, Role.VOLUNTEER_COORDINATOR)
    every = frozenset(column.key for column in LISTINGS["volunteers.sign_ups"].columns)
    save_choices(user.id, "volunteers.sign_ups", ListChoices(every, []))
    window = open_window(user, "en", {"width": 1200, "height": 800})
    window.open("/volunteers/sign-ups")
    assert window.page.evaluate(LIST_OVER) > 0, "there is nothing to see: the list fits"
    assert window.page.evaluate(PAGE_OVER) <= 0
