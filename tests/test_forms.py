"""Forms: cleaned text, form key, digest, and refusals at their field."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from flask import Flask, render_template_string
from werkzeug.datastructures import FileStorage, MultiDict
from wtforms import BooleanField, FileField, PasswordField, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from registry.core.errors import BusyError, RuleError, StorageError
from registry.web.forms import BaseForm, field_kind
from tests.bare_app import bare_app

WHOLE = '{% from "macros/forms.html" import whole_form %}{{ whole_form(form, "Save") }}'


class Course(BaseForm):
    title = StringField("Title", validators=[InputRequired()], description="As printed.")
    note = TextAreaField("Note")
    secret = PasswordField("Password")
    way = RadioField("Way", choices=[SelectChoice("a", "here"), SelectChoice("b", "there")])
    sure = BooleanField("Sure")
    sheet = FileField("Sheet")


@pytest.fixture
def web() -> Iterator[Flask]:
    app = bare_app()
    with app.test_request_context("/"):
        yield app


def sent(**values: Any) -> Course:
    """The form as a browser sent it."""
    return Course(formdata=MultiDict({"title": "First aid", "way": "a", "form_key": "0" * 32, **values}))


def test_each_opening_has_its_own_key(web: Flask) -> None:
    first, second = Course(formdata=None), Course(formdata=None)
    assert len(first.form_key.data) == 32
    assert first.form_key.data != second.form_key.data


def test_a_sent_key_is_kept(web: Flask) -> None:
    form = sent(form_key="ab" * 16)
    assert form.validate()
    assert form.form_key.data == "ab" * 16


@pytest.mark.parametrize("key", ["", "x" * 32, "A" * 32, "0" * 31, "0" * 33])
def test_a_key_of_ours_is_required(web: Flask, key: str) -> None:
    form = sent(form_key=key)
    assert not form.validate()
    assert "Nothing was saved" in form.form_key.errors[0]
    assert form.form_key.data != key
    assert sent(form_key=form.form_key.data).validate()


def test_text_is_cleaned_and_passwords_are_not(web: Flask) -> None:
    form = sent(title="  First\u200b   aid\u202e ", note="one \r\n two\u202e", secret="  a\u200bb ")
    assert form.title.data == "First aid"
    assert form.note.data == "one\ntwo"
    assert form.secret.data == "  a\u200bb "


def test_blank_text_is_missing(web: Flask) -> None:
    form = sent(title="\u200b")
    form.validate()
    assert form.title.data == ""


def test_the_digest_is_of_the_values_alone(web: Flask) -> None:
    assert sent().digest() == sent(form_key="1" * 32, csrf_token="other").digest()
    assert sent(title="  First aid ").digest() == sent().digest()
    for change in ({"title": "Second aid"}, {"way": "b"}, {"sure": "y"}, {"note": "x"}):
        assert sent(**change).digest() != sent().digest(), change


def test_the_digest_reads_a_file_and_leaves_it_readable(web: Flask) -> None:
    def with_file(content: bytes) -> Course:
        return sent(sheet=FileStorage(BytesIO(content), filename="list.csv"))

    form = with_file(b"one")
    assert form.digest() == with_file(b"one").digest() != with_file(b"two").digest()
    assert form.sheet.data.read() == b"one"


def test_a_refusal_stands_at_its_field(web: Flask) -> None:
    form = sent()
    form.add_refusal(RuleError("The hall %(hall)s is taken.", "title", hall="A"))
    assert form.title.errors == ["The hall A is taken."]
    assert form.form_errors == []


@pytest.mark.parametrize("field", [None, "nowhere", "form_key"])
def test_a_refusal_without_a_visible_field_stands_at_the_top(web: Flask, field: str | None) -> None:
    form = sent()
    form.add_refusal(RuleError("Not today.", field))
    assert form.form_errors == ["Not today."]


def test_busy_and_full_are_said_at_the_top(web: Flask) -> None:
    form = sent()
    form.add_refusal(BusyError())
    form.add_refusal(StorageError("The disk is full. Nothing was saved."))
    assert "Nothing was saved" in form.form_errors[0]
    assert form.form_errors[1] == "The disk is full. Nothing was saved."


def test_a_form_saved_before_can_be_saved_anew(web: Flask) -> None:
    form = sent()
    form.add_already_saved("/courses/7")
    assert form.form_key.data != "0" * 32
    html = render_template_string(WHOLE, form=form)
    assert 'href="/courses/7"' in html
    assert 'value="First aid"' in html


def test_mistakes_are_listed_beside_and_on_top(web: Flask) -> None:
    form = sent(title="")
    assert not form.validate()
    html = render_template_string(WHOLE, form=form)
    assert 'href="#title"' in html
    assert 'aria-describedby="title-hint title-error"' in html
    assert 'aria-invalid="true"' in html
    assert html.count("This field is required.") == 2


def test_only_fields_that_may_stay_empty_are_marked(web: Flask) -> None:
    html = render_template_string(WHOLE, form=Course(formdata=None))
    title, rest = html.split('for="note"')
    assert "(optional)" not in title.split('for="title"')[1]
    assert "(optional)" in rest
    assert 'enctype="multipart/form-data"' in html
    assert html.count('name="form_key"') == 1


def test_typed_values_come_back_escaped(web: Flask) -> None:
    html = render_template_string(WHOLE, form=sent(title='"><script>alert(1)</script>'))
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_how_fields_are_drawn(web: Flask) -> None:
    kinds = {field.name: field_kind(field) for field in Course(formdata=None)}
    assert kinds == {
        "form_key": "hidden",
        "title": "input",
        "note": "textarea",
        "secret": "input",
        "way": "radios",
        "sure": "check",
        "sheet": "file",
    }
