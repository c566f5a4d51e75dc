"""The script of the kit in a real browser: grids, selection, keys, and forms that are sent once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, render_template_string, request

from registry.web.forms import BaseForm
from registry.web.grid import GridColumn, GridField
from tests.bare_app import bare_app

pytestmark = pytest.mark.browser

ORIGIN = "http://registry.test"
PAGE = """<!doctype html><html lang="en"><title>Kit</title><link rel="stylesheet" href="/static/app.css">
<main><h1>Kit</h1><form method="post" class="form" data-guard>
{% from "macros/grid.html" import grid, set_all %}{{ set_all(form.rows, "s1", "P", "Mark everyone present") }}
{{ grid(form.rows, add=add, delete=add) }}<button type="submit" data-main>Save</button></form></main>
<script src="/static/app.js" defer></script></html>"""
LIST = """<!doctype html><html lang="en"><title>List</title>
<main><a href="/new" data-key="n">New</a><form method="post" data-list><table data-rows><tbody>
{% for number in range(6) %}<tr><td>
<input type="checkbox" name="ids" value="{{ number }}" aria-label="{{ number }}"></td>
<td>Row {{ number }}</td></tr>{% endfor %}</tbody></table>
<div data-batch data-none="none" data-some="{n} selected" data-everything="all"><p data-batch-count></p>
<button type="submit" data-needs-rows>Approve</button></div></form>
<input id="typed" aria-label="typed"></main>
<script src="/static/app.js" defer></script></html>"""

PRESENCE = (("P", "present", "p"), ("A", "absent", "a"))
ROSTER = (
    GridColumn("name", "Name", required=True, aliases=("姓名",)),
    GridColumn("id_number", "ID number", aliases=("身份证号",)),
    GridColumn("sex", "Sex", type="choice", choices=(("F", "女", "f"), ("M", "男", "m")), aliases=("性别",)),
)
ATTENDANCE = (
    GridColumn("name", "Name", readonly=True),
    GridColumn("s1", "Session 1", type="choice", choices=PRESENCE, toggle=True),
)


class Roster(BaseForm):
    rows = GridField("Roster", columns=ROSTER, max_rows=50)


class Attendance(BaseForm):
    rows = GridField("Attendance", columns=ATTENDANCE)


@pytest.fixture
def kit(chromium: Any) -> Iterator[SimpleNamespace]:
    """A browser window in front of a few pages of the kit, and what it sent."""
    sent: list[dict[str, Any]] = []
    app = _pages(sent)

    def answer(route: Any) -> None:
        asked = route.request
        body = asked.post_data_buffer or b""
        told = app.test_client().open(
            asked.url.removeprefix(ORIGIN),
            method=asked.method,
            data=body,
            content_type=asked.headers.get("content-type", ""),
        )
        route.fulfill(status=told.status_code, body=told.data, content_type=told.content_type)

    context = chromium.new_context()
    context.route(f"{ORIGIN}/**", answer)
    page = context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    yield SimpleNamespace(page=page, sent=sent)
    context.close()
    assert troubles == []


def _pages(sent: list[dict[str, Any]]) -> Flask:
    app = bare_app()

    @app.route("/roster", methods=["GET", "POST"])
    def roster() -> str:
        form = Roster()
        if request.method == "POST":
            sent.append(json.loads(request.form["rows"]))
            for index, row in enumerate(form.rows.data):
                if not row["id_number"]:
                    form.rows.add_cell_error(index, "id_number", "The number is missing.")
        return render_template_string(PAGE, form=form, add=True)

    @app.route("/attendance", methods=["GET", "POST"])
    def attendance() -> str:
        if request.method == "POST":
            sent.append(json.loads(request.form["rows"]))
        rows = [{"id": number, "name": f"Person {number}"} for number in range(1, 6)]
        return render_template_string(PAGE, form=Attendance(data={"rows": rows}), add=False)

    @app.route("/list", methods=["GET", "POST"])
    def listed() -> str:
        if request.method == "POST":
            sent.append(request.form.to_dict())
        return render_template_string(LIST)

    app.add_url_rule("/new", "new", lambda: "<title>New</title>")
    return app


def cell(page: Any, row: int, column: int) -> Any:
    return page.locator("[data-grid] tbody tr").nth(row).locator(f'[data-c="{column}"]')


def focused(page: Any) -> str:
    return str(page.evaluate("document.activeElement.getAttribute('aria-label')"))


def paste(page: Any, text: str) -> None:
    """Paste into the focused cell, as from the clipboard."""
    page.evaluate(
        """text => { const data = new DataTransfer(); data.setData("text/plain", text);
        document.activeElement.dispatchEvent(
            new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true})); }""",
        text,
    )


def class_list(count: int) -> str:
    """A list as Excel copies it: an extra column, a line break within a cell, words for choices."""
    lines = [f'{n}\t"欧阳\n{n}"\t女\t22010219880410{n:04d}' for n in range(1, count + 1)]
    return "序号\t姓名\t性别\t身份证号\n" + "\n".join(lines) + "\n"


def test_a_pasted_list_fills_rows_by_its_heading_and_is_undone(kit: SimpleNamespace) -> None:
    page = kit.page
    page.goto(f"{ORIGIN}/roster")
    cell(page, 0, 0).click()
    paste(page, class_list(40))
    assert page.locator("[data-grid] tbody tr").count() == 40
    assert [cell(page, 39, c).input_value() for c in range(3)] == ["欧阳 40", "220102198804100040", "F"]
    page.keyboard.press("Control+z")
    assert page.locator("[data-grid] tbody tr").count() == 5
    assert cell(page, 0, 0).input_value() == ""


def test_more_rows_than_fit_are_not_pasted(kit: SimpleNamespace) -> None:
    page = kit.page
    page.goto(f"{ORIGIN}/roster")
    cell(page, 0, 0).click()
    paste(page, class_list(51))
    assert cell(page, 0, 0).input_value() == ""
    assert "at most 50" in page.locator(".grid-told").inner_text()


def test_the_first_bad_cell_has_the_focus_and_enter_finds_the_next(kit: SimpleNamespace) -> None:
    page = kit.page
    page.goto(f"{ORIGIN}/roster")
    cell(page, 0, 0).click()
    paste(page, class_list(6))
    cell(page, 1, 1).fill("")
    cell(page, 4, 1).fill("")
    with page.expect_event("load"):
        page.keyboard.press("Control+Enter")
    assert [row["id_number"] for row in kit.sent[0]["rows"]].count("") == 2
    assert focused(page) == "ID number 2"
    assert "The number is missing." in page.locator(".grid-told").inner_text()
    page.keyboard.type("1")
    page.keyboard.press("Enter")
    assert focused(page) == "ID number 5"
    assert page.locator(".grid .bad").count() == 1


def test_arrows_tab_and_escape(kit: SimpleNamespace) -> None:
    page = kit.page
    page.goto(f"{ORIGIN}/roster")
    cell(page, 0, 0).click()
    page.keyboard.type("ab")
    page.keyboard.press("Escape")
    assert cell(page, 0, 0).input_value() == ""
    page.keyboard.press("ArrowDown")
    assert focused(page) == "Name 2"
    page.keyboard.press("ArrowRight")
    assert focused(page) == "ID number 2"
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Shift+Tab")
    assert focused(page) == "Name 1"
    page.keyboard.press("Enter")
    assert focused(page) == "Name 2"


def test_everyone_present_then_the_absentees(kit: SimpleNamespace) -> None:
    page = kit.page
    page.goto(f"{ORIGIN}/attendance")
    assert cell(page, 0, 1).inner_text() == "not marked"
    page.get_by_text("Mark everyone present").click()
    cell(page, 1, 1).click()
    cell(page, 3, 1).focus()
    page.keyboard.press("a")
    assert focused(page) == "Session 1 Person 5: present"
    with page.expect_event("load"):
        page.get_by_text("Save").click()
    (form,) = kit.sent
    assert [row["s1"] for row in form["rows"]] == ["P", "A", "P", "A", "P"]
    assert [row["id"] for row in form["rows"]] == ["1", "2", "3", "4", "5"]
    assert form["set_all"] == [{"column": "s1", "value": "P"}]


def test_nothing_is_sent_while_an_input_method_is_open(kit: SimpleNamespace) -> None:
    page = kit.page
    page.goto(f"{ORIGIN}/roster")
    cell(page, 0, 0).click()
    page.evaluate(
        """() => { const box = document.activeElement;
        box.dispatchEvent(new CompositionEvent("compositionstart", {bubbles: true}));
        for (const ctrlKey of [false, true])
            box.dispatchEvent(new KeyboardEvent("keydown",
                {key: "Enter", ctrlKey, isComposing: true, bubbles: true, cancelable: true}));
        box.form.requestSubmit(); }"""
    )
    assert focused(page) == "Name 1"
    assert kit.sent == []
    page.evaluate(
        "document.activeElement.dispatchEvent(new CompositionEvent('compositionend', {bubbles: true}))"
    )
    with page.expect_event("load"):
        page.keyboard.press("Control+Enter")
    assert len(kit.sent) == 1


def test_a_triple_click_sends_once(kit: SimpleNamespace) -> None:
    page = kit.page
    page.goto(f"{ORIGIN}/attendance")
    # Everything that would be sent is counted after the script had its say, and held back.
    passed = page.evaluate(
        """() => { let passed = 0;
        window.addEventListener("submit", event => {
            passed += !event.defaultPrevented; event.preventDefault(); });
        const button = document.querySelector("[data-main]");
        for (let i = 0; i < 3; i++) button.click();
        return new Promise(done => setTimeout(() => {
            button.click(); done([passed, button.disabled]); }, 0)); }"""
    )
    assert passed == [1, True]
    page.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    assert page.get_by_text("Save").is_enabled()


def test_rows_are_selected_by_range_and_key(kit: SimpleNamespace) -> None:
    page = kit.page
    page.goto(f"{ORIGIN}/list")
    boxes = page.locator('input[name="ids"]')
    assert page.get_by_text("Approve").is_disabled()
    boxes.nth(1).click()
    boxes.nth(4).click(modifiers=["Shift"])
    assert page.locator("[data-batch-count]").inner_text() == "4 selected"
    page.keyboard.press("Enter")  # On a checkbox it must not press the first button of the form.
    assert page.locator("[data-batch-count]").inner_text() == "4 selected"
    assert kit.sent == []
    page.get_by_text("Row 0").hover()
    page.keyboard.press("x")
    assert boxes.nth(0).is_checked()
    assert page.get_by_text("Approve").is_enabled()


def test_single_keys_are_off_while_typing(kit: SimpleNamespace) -> None:
    page = kit.page
    page.goto(f"{ORIGIN}/list")
    page.locator("#typed").click()
    page.keyboard.type("nx")
    assert page.locator("#typed").input_value() == "nx"
    assert page.title() == "List"
    page.evaluate("document.activeElement.blur()")
    with page.expect_event("load"):
        page.keyboard.press("n")
    assert page.title() == "New"


def test_a_grid_has_no_barrier(kit: SimpleNamespace) -> None:
    from axe_playwright_python.sync_playwright import Axe

    for path in ("/roster", "/attendance"):
        kit.page.goto(ORIGIN + path)
        assert [found["id"] for found in Axe().run(kit.page).response["violations"]] == []
