"""The editable grid: what arrives from the script, and from a textarea where no script runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, render_template_string
from werkzeug.datastructures import MultiDict

from registry.web.forms import BaseForm
from registry.web.grid import GridColumn, GridField, read_lines
from tests.bare_app import bare_app

COLUMNS = (
    GridColumn("name", "Name", required=True, aliases=("姓名",)),
    GridColumn("id_number", "ID number", aliases=("身份证号",)),
    GridColumn("score", "Score", type="number"),
    GridColumn("s1", "Session 1", type="choice", choices=(("P", "present", "p"), ("A", "absent", "a"))),
)


class Roster(BaseForm):
    rows = GridField("Roster", columns=COLUMNS, max_rows=3)


@pytest.fixture
def web() -> Iterator[Flask]:
    app = bare_app()
    with app.test_request_context("/"):
        yield app


def sent(rows: Any) -> Roster:
    """The form as a browser sent it: JSON of the script, or the text of the textarea."""
    text = rows if isinstance(rows, str) else json.dumps({"rows": rows})
    return Roster(formdata=MultiDict({"rows": text, "form_key": "0" * 32}))


def test_rows_of_the_script(web: Flask) -> None:
    form = sent([{"id": "7", "name": " 欧阳\u200b修 ", "score": "80", "evil": "x"}, {"name": "", "s1": ""}])
    assert form.validate()
    assert form.rows.data == [{"id": "7", "name": "欧阳修", "score": "80"}]


def test_a_row_with_an_id_stays_even_when_empty(web: Flask) -> None:
    assert sent([{"id": "7", "name": ""}]).rows.data == [{"id": "7", "name": ""}]


@pytest.mark.parametrize("number", ["9" * 5000, "-7", "7.0", "٧", "x"])
def test_an_id_that_no_record_can_have_is_none(web: Flask, number: str) -> None:
    assert sent([{"id": number, "name": "欧阳修"}]).rows.data == [{"name": "欧阳修"}]
    assert sent([{"id": number, "name": ""}]).rows.data == []


def test_what_a_set_all_button_filled(web: Flask) -> None:
    form = sent(
        json.dumps(
            {"rows": [], "set_all": [{"column": "s1", "value": "P"}, {"column": "evil", "value": "P"}]}
        )
    )
    assert form.rows.set_all == {"s1": "P"}


@pytest.mark.parametrize(
    "text", ['{"rows": ', '{"rows": 3}', '{"rows": [1]}', "{}", '{"rows": [], "set_all": [1]}']
)
def test_a_broken_table_is_refused(web: Flask, text: str) -> None:
    form = sent(text)
    assert not form.validate()
    assert "Nothing was saved" in form.rows.errors[0]


def test_lines_with_a_heading(web: Flask) -> None:
    form = sent('序号\t姓名\t身份证号\n1\t"欧阳\n修"\t22010219880410001X\n\n2\t王芳\t\n')
    assert form.validate()
    assert form.rows.data == [
        {"name": "欧阳 修", "id_number": "22010219880410001X"},
        {"name": "王芳", "id_number": ""},
    ]


def test_lines_without_a_heading_follow_the_columns(web: Flask) -> None:
    assert sent("王芳\t123\t80\tabsent").rows.data == [
        {"name": "王芳", "id_number": "123", "score": "80", "s1": "A"}
    ]


def test_lines_and_reading_them_are_inverse(web: Flask) -> None:
    rows = [{"id": "7", "name": '欧"阳', "id_number": "=1+1", "score": "", "s1": "P"}]
    form = Roster(formdata=None, data={"rows": rows})
    assert read_lines(form.rows.lines(), COLUMNS) == rows


def test_each_bad_cell_is_named(web: Flask) -> None:
    form = sent([{"id_number": "1"}, {"name": "王芳", "score": "NaN", "s1": "X"}])
    assert not form.validate()
    assert [(error["row"], error["column"]) for error in form.rows.cell_errors] == [
        (0, "name"),
        (1, "score"),
        (1, "s1"),
    ]
    assert form.rows.errors == [
        "3 places in the table need attention. Nothing was saved; correct and save again."
    ]


def test_too_many_rows_are_refused_and_kept(web: Flask) -> None:
    form = sent([{"name": "王芳"}] * 4)
    assert not form.validate()
    assert "at most 3" in form.rows.errors[0]
    assert len(form.rows.data) == 4


def test_errors_of_a_command_reach_the_page(web: Flask) -> None:
    form = sent([{"name": "王芳"}])
    assert form.validate()
    form.rows.add_cell_error(0, "id_number", 'The check digit is "wrong" <b>.')
    html = render_template_string('{% from "macros/grid.html" import grid %}{{ grid(form.rows) }}', form=form)
    assert "Row 1 · ID number" in html
    assert "<b>" not in html
    assert form.errors


def test_values_of_a_view_become_text(web: Flask) -> None:
    form = Roster(formdata=None, data={"rows": [{"id": 7, "name": "王芳", "score": None}]})
    assert form.rows.data == [{"id": "7", "name": "王芳", "score": ""}]


def test_the_textarea_cannot_be_closed_from_within(web: Flask) -> None:
    form = Roster(formdata=None, data={"rows": [{"name": "</textarea><script>alert(1)</script>"}]})
    html = render_template_string('{% from "macros/grid.html" import grid %}{{ grid(form.rows) }}', form=form)
    assert "<script>" not in html
    assert html.count("</textarea>") == 1
