"""What templates know: menu, filters, icons, error pages, weight of the style sheets and the script."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from html import unescape
from pathlib import Path

import pytest
from flask import Flask, render_template, render_template_string

from registry.core.permissions import Permission
from registry.core.scope import Actor
from registry.web import interface
from registry.web.navigation import NAVIGATION, NavItem, menu
from tests.bare_app import bare_app

STATIC = Path(interface.__file__).parent.parent / "static"
TEMPLATES = Path(interface.__file__).parent.parent.parent / "templates"
ERRORS = (400, 403, 404, 413, 429, 500, 503)
ITEMS = (
    NavItem("desk.today", "Today", "home", Permission.DESK),
    NavItem("training.courses", "Courses", "course", Permission.COURSE_VIEW),
    NavItem("training.plans", "Plans", "course", Permission.COURSE_VIEW),
    NavItem("people.people", "People", "people", Permission.PERSON_VIEW, also=("desk.person",)),
)


@pytest.fixture
def web() -> Flask:
    app = bare_app()
    for endpoint, path in (
        ("desk.today", "/"),
        ("desk.person", "/persons/<id>"),
        ("training.courses", "/training/courses"),
        ("training.import", "/imports/1"),
        ("people.people", "/people/"),
    ):
        app.add_url_rule(path, endpoint, lambda **_: "")
    return app


@pytest.fixture
def inside(web: Flask) -> Iterator[Flask]:
    with web.test_request_context("/"):
        yield web


def actor(*permissions: Permission) -> Actor:
    return Actor(1, "test", dict.fromkeys(permissions))


# The menu


def test_only_what_exists_and_is_permitted_is_offered(inside: Flask) -> None:
    assert [line.label for line in menu(actor(Permission.DESK, Permission.COURSE_VIEW), ITEMS)] == [
        "Today",
        "Courses",
    ]
    assert menu(actor(), ITEMS) == []


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", "Today"),
        ("/training/courses", "Courses"),
        ("/training/courses/7", "Courses"),
        ("/training/coursesque", None),
        ("/people/7", "People"),
        ("/persons/7", "People"),
    ],
)
def test_one_line_is_current(web: Flask, path: str, expected: str | None) -> None:
    everything = actor(*Permission)
    with web.test_request_context(path):
        assert [line.label for line in menu(everything, ITEMS) if line.current] == (
            [expected] if expected else []
        )


def test_every_line_has_an_icon_and_its_own_key(inside: Flask) -> None:
    keys = [item.key for item in NAVIGATION if item.key]
    assert len(keys) == len(set(keys))
    for item in NAVIGATION:
        drawn = render_template_string(
            '{% from "macros/icons.html" import icon %}{{ icon(name) }}', name=item.icon
        )
        assert re.search(r'<path d="M[^"]{8,}"/>', drawn), item.icon


# Filters


def test_dates_and_stamps_are_shanghai_s() -> None:
    late = datetime(2026, 11, 23, 17, 5, tzinfo=UTC)
    assert interface.day(late) == "2026-11-24"
    assert interface.stamp(late) == "2026-11-24 01:05"
    assert interface.day(date(2026, 1, 2)) == "2026-01-02"
    assert interface.day(None) == interface.stamp(None) == "—"


def test_numbers_and_money() -> None:
    assert interface.number(1234567) == "1,234,567"
    assert interface.number(Decimal("1234.50")) == "1,234.50"
    assert interface.yuan(-123456789) == "-1,234,567.89"
    assert interface.dash(0) == 0
    assert interface.dash("") == "—"


# Pages


@pytest.mark.parametrize("code", ERRORS)
@pytest.mark.parametrize("locale", ["en", "zh_CN"])
def test_error_pages_need_no_database_and_no_user(code: int, locale: str) -> None:
    with bare_app(locale).test_request_context("/nowhere"):
        html = render_template(f"errors/{code}.html")
        told = render_template(f"errors/{code}.html", reason="<b>Reason</b>", retry_after=61)
    assert html.count("<dt>") == 3
    assert not re.search(r"<dd>\s*</dd>", html)
    assert "&lt;b&gt;Reason" in told
    assert "<script" not in html


def test_every_template_of_the_kit_is_free_of_inline_code() -> None:
    for path in TEMPLATES.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"<[a-z][^>{]*\s(style|on[a-z]+)=", text), path
        assert not re.search(r"<script(?![^>]*\bsrc=)", text), path


def test_static_files_are_light() -> None:
    assert len((STATIC / "public.css").read_bytes()) <= 8 * 1024
    assert len(gzip.compress((STATIC / "app.js").read_bytes())) <= 40 * 1024
    assert len(gzip.compress((STATIC / "app.css").read_bytes())) <= 12 * 1024


def test_light_and_dark_name_the_same_colours() -> None:
    def names(file: str) -> set[str]:
        text = (STATIC / file).read_text(encoding="utf-8")
        block = text[text.index(":root {") : text.index("}", text.index(":root {"))]
        return {
            name
            for name, value in re.findall(r"--([a-z-]+): ([^;]+);", block)
            if value.startswith(("#", "rgb"))
        }

    assert names("dark.css") <= names("app.css")
    assert names("app.css") - names("dark.css") == {"brand-ink"}


@pytest.mark.parametrize(
    "modern",
    [
        r":has\(",
        r":is\(",
        r":where\(",
        r"@layer",
        r"@container",
        r"\binset:",
        r"aspect-ratio",
        r"color-mix\(",
        r"\n\s*&",
    ],
)
def test_the_style_sheets_stay_within_old_browsers(modern: str) -> None:
    for file in STATIC.glob("*.css"):
        assert not re.search(modern, file.read_text(encoding="utf-8")), file.name


@pytest.mark.parametrize(
    "modern", [r"\?\.", r"\?\?", r"\.at\(", r"structuredClone", r"hasOwn\(", r"replaceAll\(", r"=>"]
)
def test_the_script_stays_within_old_browsers(modern: str) -> None:
    assert not re.search(modern, (STATIC / "app.js").read_text(encoding="utf-8"))


@pytest.mark.sqlite_only
def test_static_text_is_compressed_for_plain_http_and_kept_by_version(app: Flask) -> None:
    client = app.test_client()
    answer = client.get("/static/app.js?v=1", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.data) < 12 * 1024
    assert "immutable" in answer.headers["Cache-Control"]
    assert "immutable" not in client.get("/static/app.js").headers.get("Cache-Control", "")


@pytest.mark.sqlite_only
def test_a_first_page_is_light(app: Flask) -> None:
    client = app.test_client()
    page = client.get("/sign-in", headers={"Accept-Encoding": "gzip"})
    files = re.findall(r'(?:href|src)="(/(?:static|bootstrap)/[^"]+)"', gzip.decompress(page.data).decode())
    assert len(files) == 5
    weight = len(page.data) + sum(
        len(client.get(unescape(file), headers={"Accept-Encoding": "gzip"}).data) for file in files
    )
    assert weight <= 100 * 1024
    assert len(page.data) <= 40 * 1024


def test_an_asset_s_address_changes_with_its_content(inside: Flask, tmp_path: Path) -> None:
    inside.static_folder = str(tmp_path)
    inside.debug = True
    (tmp_path / "a.css").write_text("a{}", encoding="utf-8")
    first = interface.asset("a.css")
    (tmp_path / "a.css").write_text("b{}", encoding="utf-8")
    assert interface.asset("a.css") != first
