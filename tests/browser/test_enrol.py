"""Job 1: forty people enter a course from a pasted list or a workbook, in at most five clicks."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import ViewportSize
from sqlalchemy.orm import Session

from registry.core.permissions import Role
from registry.training.models import Enrolment
from tests import factories as make
from tests import training
from tests.browser.conftest import LANGUAGES, NARROW, WIDE, OpenWindow
from tests.browser.counter import Window
from tests.browser.lists import HARD_NAMES, HEADINGS, TITLE, Row, as_copied, as_workbook, class_list

pytestmark = pytest.mark.browser

FIRST_CELL = "[data-grid] tbody tr:nth-child(1) [data-c='0']"
BAD_CELLS = "[data-grid] [aria-invalid]"
WHERE = pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["1280", "375"])


def course_page(session: Session, open_window: OpenWindow, *looks: Any) -> Window:
    """A trainer before the page of a course that starts today, with fifty seats."""
    course = training.course(session, capacity=50)
    window = open_window(make.user(session, Role.TRAINER), *looks)
    window.open(f"/training/courses/{course.id}")
    window.start_counting()
    return window


def enrolled(session: Session) -> int:
    """How many enrolments there are now."""
    session.rollback()
    return training.rows_of(session, Enrolment)


def change(rows: list[Row], row: int, heading: str, value: str) -> None:
    """Put a value into a cell; rows count from 0."""
    cells = list(rows[row])
    cells[HEADINGS.index(heading)] = value
    rows[row] = tuple(cells)


@WHERE
@pytest.mark.parametrize("language", LANGUAGES)
def test_forty_from_a_pasted_list(
    session: Session, open_window: OpenWindow, language: str, viewport: ViewportSize
) -> None:
    window = course_page(session, open_window, language, viewport)
    window.follow("a[data-key=n]")
    window.copy(as_copied(class_list(40)))
    window.click(FIRST_CELL)
    window.paste()
    window.follow("[data-main]")

    assert "/training/imports/" in window.page.url
    assert enrolled(session) == 40
    assert window.clicks <= 5
    assert window.loads <= 3
    told = window.text()
    assert [name for name in HARD_NAMES if name not in told] == []
    assert TITLE not in told
    assert window.overflow() <= 0


@pytest.mark.sqlite_only
@pytest.mark.parametrize("language", LANGUAGES)
def test_forty_from_a_workbook(
    session: Session, open_window: OpenWindow, language: str, tmp_path: Path
) -> None:
    window = course_page(session, open_window, language)
    window.follow("a[data-key=n]")
    window.choose_file("input[type=file]", as_workbook(class_list(40), tmp_path / "学员名单.xlsx"))
    window.follow("form:has(input[type=file]) button[type=submit]")

    assert "/training/imports/" in window.page.url
    assert enrolled(session) == 40
    assert window.clicks <= 5
    assert window.loads <= 3


@pytest.mark.sqlite_only
@WHERE
def test_three_bad_rows_are_all_shown_and_corrected_in_place(
    session: Session, open_window: OpenWindow, viewport: ViewportSize
) -> None:
    rows = class_list(40)
    right = [rows[row][HEADINGS.index("身份证号")] for row in (3, 39)]
    change(rows, 3, "身份证号", right[0][:-1] + ("0" if right[0][-1] != "0" else "1"))
    change(rows, 11, "手机", "1380000")
    change(rows, 39, "身份证号", right[1][:16])
    window = course_page(session, open_window, "zh_CN", viewport)
    window.follow("a[data-key=n]")
    window.copy(as_copied(rows))
    window.click(FIRST_CELL)
    window.paste()
    window.follow("[data-main]")

    assert enrolled(session) == 0
    reasons = window.page.locator(".grid-errors li")
    places = reasons.locator("a")
    assert [re.findall(r"\d+", place)[0] for place in places.all_inner_texts()] == ["4", "12", "40"]
    # Each names its row and column, and says more than that.
    for place, reason in zip(places.all_inner_texts(), reasons.all_inner_texts(), strict=True):
        assert len(reason) > len(place) + 8
    assert window.page.locator(BAD_CELLS).count() == 3
    assert window.page.locator(FIRST_CELL).input_value() == rows[0][1]

    # The first bad cell has the focus, and Enter leads to the next.
    for value in (right[0], "13800000011", right[1]):
        assert window.page.evaluate("document.activeElement.getAttribute('aria-invalid')") == "true"
        window.press("Control+A")
        window.page.keyboard.type(value)
        window.press("Enter")
    assert window.page.locator(BAD_CELLS).count() == 0
    window.follow("[data-main]")
    assert enrolled(session) == 40


@pytest.mark.sqlite_only
def test_good_rows_are_saved_and_bad_ones_kept_on_demand(session: Session, open_window: OpenWindow) -> None:
    rows = class_list(10)
    change(rows, 3, "身份证号", "220102")
    window = course_page(session, open_window, "en")
    window.follow("a[data-key=n]")
    window.copy(as_copied(rows))
    window.click(FIRST_CELL)
    window.paste()
    window.follow("[data-main]")
    assert window.page.locator("button[value=drafts]").inner_text() == "Save 9 good rows, keep 1 as drafts"
    window.follow("button[value=drafts]")
    assert enrolled(session) == 9


@pytest.mark.sqlite_only
def test_an_identity_number_stored_as_a_number_names_its_cell(
    session: Session, open_window: OpenWindow, tmp_path: Path
) -> None:
    rows = class_list(5)
    # A number that ends in X is no number for a spreadsheet, so it never happens to one.
    row, number = next(
        (row, cells[HEADINGS.index("身份证号")])
        for row, cells in enumerate(rows)
        if cells[HEADINGS.index("身份证号")].isdecimal()
    )
    window = course_page(session, open_window)
    window.follow("a[data-key=n]")
    file = as_workbook(rows, tmp_path / "名单.xlsx", as_number={(row, "身份证号")})
    window.choose_file("input[type=file]", file)
    window.follow("form:has(input[type=file]) button[type=submit]")

    assert enrolled(session) == 0
    (reason,) = window.page.locator(".grid-errors li").all_inner_texts()
    assert f"G{row + 3}" in reason
    assert "设为文本" in reason
    # It is neither rounded nor guessed: the cell is empty, has the focus and waits for the number.
    assert window.page.evaluate("document.activeElement.value") == ""
    window.page.keyboard.type(number)
    window.follow("[data-main]")
    assert enrolled(session) == 5
