"""Lists: filter, sort, page, count, columns, selection and export."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import date
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, render_template_string
from sqlalchemy import create_engine, event, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import StaticPool
from werkzeug.datastructures import MultiDict
from wtforms import DateField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from registry.web import listing_choices, listing_export, listing_views
from registry.web.columns import Column, Link, Status, plain
from registry.web.forms import FilterForm
from registry.web.listing import DEEPEST_ROW, BatchAction, Listing
from registry.web.listing_choices import ListChoices, SavedView
from tests.bare_app import bare_app

HOSTILE = "<img src=x onerror=alert(1)>'\"{{7*7}}"


class Base(DeclarativeBase):
    pass


class Course(Base):
    __tablename__ = "listed_course"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    state: Mapped[str]
    starts_on: Mapped[date]
    phone: Mapped[str]


CHOICES = [SelectChoice("", "all"), SelectChoice("open", "enrolling"), SelectChoice("done", "closed")]


class Filters(FilterForm):
    title = StringField("Title")
    state = SelectField("State", choices=CHOICES)
    since = DateField("Since", validators=[Optional()])


COURSES = Listing(
    key="test.courses",
    identity=Course.id,
    columns=(
        Column("title", "Title", sort=Course.title, value=lambda row: Link(f"/courses/{row.id}", row.title)),
        Column("state", "State", value=lambda row: Status("good", row.state)),
        Column("starts_on", "Starts on", sort=Course.starts_on),
        Column("phone", "Phone", default_visible=False, masked=lambda row: "***" + row.phone[-2:]),
    ),
    title="Courses",
    default_sort="title",
    filters=Filters,
    batch=(BatchAction("Approve", "approve"), BatchAction("Not built yet", "later.approve")),
)


def courses(**filters: Any) -> Any:
    """The scoped Select of these tests: courses up to id 90,000 are within reach."""
    rows = select(Course).where(Course.id < 90_000)
    return rows.where(Course.state == filters["state"]) if "state" in filters else rows


@pytest.fixture
def web() -> Iterator[Flask]:
    """A bare application with the interface kit, inside a request for a list."""
    app = bare_app()
    app.add_url_rule("/approve", "approve", lambda: "", methods=["POST"])
    with app.test_request_context("/courses"):
        yield app


@pytest.fixture
def db() -> Iterator[Session]:
    """25 courses in two states, several with the same title."""
    engine = create_engine("sqlite://", poolclass=StaticPool)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(_course(number) for number in range(1, 26))
        session.commit()
        yield session


def _course(number: int) -> Course:
    return Course(
        id=number,
        title=f"Course {number % 3}",
        state="open" if number % 2 else "done",
        starts_on=date(2026, 1, number % 28 + 1),
        phone=f"138000000{number:02d}",
    )


def ask(query: str = "", user_id: int | None = None) -> Any:
    return COURSES.read(MultiDict(pair.split("=", 1) for pair in query.split("&") if pair), user_id)


@pytest.fixture
def chosen(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Preferences kept in memory."""
    kept: dict[str, str] = {}
    monkeypatch.setattr(listing_choices, "read_preference", lambda user_id, key: kept.get(f"{user_id}/{key}"))
    monkeypatch.setattr(
        listing_choices,
        "save_preference",
        lambda user_id, key, value: kept.update({f"{user_id}/{key}": value}),
    )
    return kept


# Reading what is asked


def test_unknown_parameters_fall_back(web: Flask) -> None:
    asked = ask("sort=password&p=-3&n=1000&export=exe&state=burnt&evil=1")
    assert (asked.sort, asked.number, asked.size, asked.export) == ("title", 1, 20, "")
    assert asked.filters == {}
    assert "evil" not in asked.args


def test_only_sortable_columns_sort(web: Flask) -> None:
    assert ask("sort=state").sort == "title"
    assert ask("sort=-starts_on").sort == "-starts_on"


def test_filters_are_only_filled_valid_fields(web: Flask) -> None:
    asked = ask("title=&state=open&since=tomorrow")
    assert asked.filters == {"state": "open"}
    assert asked.form.since.errors
    assert not asked.form.title.errors


def test_an_empty_search_shows_no_mistakes(web: Flask) -> None:
    asked = ask()
    assert asked.filters == {}
    assert not any(field.errors for field in asked.form)


# Pages


def test_pages_hold_every_row_once_in_order(web: Flask, db: Session) -> None:
    found: list[int] = []
    for number in (1, 2):
        page = ask(f"p={number}").page(db, courses())
        found += [row.id for row in page.rows]
    assert found == list(db.scalars(select(Course.id).order_by(Course.title, Course.id)))
    assert len(found) == 25


def test_descending_order_reverses_ties_as_well(web: Flask, db: Session) -> None:
    up = [row.id for row in ask("n=50").page(db, courses()).rows]
    down = [row.id for row in ask("n=50&sort=-title").page(db, courses()).rows]
    assert down == up[::-1]


def test_more_says_whether_a_page_follows(web: Flask, db: Session) -> None:
    assert ask("p=1").page(db, courses()).more
    assert not ask("p=2").page(db, courses()).more
    assert ask("p=3").page(db, courses()).rows == []


def test_count_is_exact_up_to_a_thousand(web: Flask, db: Session) -> None:
    assert ask().page(db, courses()).count_text == "25"
    db.add_all(_course(number) for number in range(26, 1001))
    db.flush()
    assert ask().page(db, courses()).count_text == "1,000"
    db.add(_course(1001))
    db.flush()
    assert ask().page(db, courses()).count_text == "1,000+"


def test_statements_do_not_grow_with_rows(web: Flask, db: Session, chosen: dict[str, str]) -> None:
    sent: list[str] = []
    event.listen(
        db.get_bind(), "before_cursor_execute", lambda c, cur, statement, *rest: sent.append(statement)
    )
    assert ask(user_id=7).page(db, courses().where(Course.id < 4)).count == 3
    few = len(sent)
    db.add_all(_course(number) for number in range(26, 600))
    db.commit()
    sent.clear()
    assert ask("n=100", user_id=7).page(db, courses()).count == 599
    assert len(sent) == few == 2
    assert not any("count" in statement.lower() and "limit" not in statement.lower() for statement in sent)


def test_no_page_lies_beyond_the_deepest_row(web: Flask, db: Session) -> None:
    sent: list[Any] = []
    event.listen(db.get_bind(), "before_cursor_execute", lambda c, cur, s, params, *rest: sent.append(params))
    page = ask("p=999999999").page(db, courses())
    assert page.asked.number == DEEPEST_ROW // 20
    assert max(value for params in sent for value in params if isinstance(value, int)) <= 90_000
    assert (DEEPEST_ROW // 20 - 1) * 20 in sent[0]


# Addresses


def test_addresses_keep_filters_and_start_at_page_one(web: Flask, db: Session) -> None:
    page = ask("state=open&p=2&sort=-starts_on").page(db, courses())
    assert page.url(n=50) == "/courses?state=open&sort=-starts_on&n=50"
    assert page.url(p=3).endswith("&p=3")
    assert page.query == "state=open&sort=-starts_on"
    assert page.sort_url(COURSES.columns[2]) == "/courses?state=open&sort=starts_on"
    assert page.direction(COURSES.columns[2]) == "descending"


def test_each_filter_in_force_can_be_removed(web: Flask, db: Session) -> None:
    (tag,) = ask("state=open&sort=title").page(db, courses()).tags()
    assert (tag.label, tag.value, tag.url) == ("State", "enrolling", "/courses?sort=title")


# Selection


def test_selection_by_ids_stays_within_reach(web: Flask, db: Session) -> None:
    db.add(_course(90_001))
    db.flush()
    picked = COURSES.selection(MultiDict([("ids", "3"), ("ids", "90001"), ("ids", "4 or 1=1"), ("ids", "٣")]))
    assert picked.ids == (3, 90001)
    assert [row.id for row in db.scalars(picked.narrow(courses(**picked.filters)))] == [3]


def test_everything_means_what_the_filters_find(web: Flask, db: Session) -> None:
    picked = COURSES.selection(
        MultiDict([("all", "1"), ("query", "state=open&sort=title&bad=1"), ("ids", "2")])
    )
    assert picked.filters == {"state": "open"}
    found = list(db.scalars(picked.narrow(courses(**picked.filters))))
    assert len(found) == 13
    assert {row.state for row in found} == {"open"}


def test_an_empty_selection_is_false_and_finds_nothing(web: Flask, db: Session) -> None:
    picked = COURSES.selection(MultiDict())
    assert not picked
    assert db.scalars(picked.narrow(courses())).all() == []


# Columns and saved views


def test_chosen_columns_are_remembered(web: Flask, db: Session, chosen: dict[str, str]) -> None:
    assert [column.key for column in ask(user_id=7).page(db, courses()).columns] == [
        "title",
        "state",
        "starts_on",
    ]
    listing_choices.save_choices(7, COURSES.key, ListChoices(frozenset({"phone", "title"}), []))
    assert [column.key for column in ask(user_id=7).page(db, courses()).columns] == ["title", "phone"]
    assert [column.key for column in ask(user_id=8).page(db, courses()).columns] == [
        "title",
        "state",
        "starts_on",
    ]


@pytest.mark.parametrize("stored", ["", "nonsense", "[]", '{"views": [1]}', '{"columns": 3}'])
def test_a_damaged_choice_counts_as_none(chosen: dict[str, str], stored: str) -> None:
    chosen[f"7/list:{COURSES.key}"] = stored
    assert listing_choices.read_choices(7, COURSES.key) == ListChoices(None, [])


def _post(web: Flask, view: Any, **form: Any) -> Any:
    with web.test_request_context("/listing", method="POST", data=form):
        from flask import g

        g.actor = SimpleNamespace(user_id=7)
        return view(COURSES.key)


def test_views_are_saved_replaced_and_removed(web: Flask, chosen: dict[str, str]) -> None:
    _post(
        web, listing_views.save_view, name=" My  view ", query="state=open&evil=1&export=csv", back="/courses"
    )
    assert listing_choices.read_choices(7, COURSES.key).views == [SavedView("My view", "state=open")]
    _post(web, listing_views.save_view, name="My view", query="state=done", back="/courses")
    assert listing_choices.read_choices(7, COURSES.key).views == [SavedView("My view", "state=done")]
    _post(web, listing_views.remove_view, name="My view", back="/courses")
    assert listing_choices.read_choices(7, COURSES.key).views == []


def test_saving_columns_keeps_views_and_knows_only_its_columns(web: Flask, chosen: dict[str, str]) -> None:
    _post(web, listing_views.save_view, name="v", query="", back="/courses")
    _post(web, listing_views.columns, columns=["phone", "password"], back="/courses")
    stored = json.loads(chosen[f"7/list:{COURSES.key}"])
    assert stored == {"columns": ["phone"], "views": [{"name": "v", "query": ""}]}
    _post(web, listing_views.columns, columns=["phone"], reset="1", back="/courses")
    assert listing_choices.read_choices(7, COURSES.key).columns is None


@pytest.mark.parametrize(
    "back", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:1", "/a\nb"]
)
def test_the_way_back_stays_on_this_site(web: Flask, chosen: dict[str, str], back: str) -> None:
    assert _post(web, listing_views.columns, back=back).location == "/"
    assert _post(web, listing_views.columns, back="/courses?p=2").location == "/courses?p=2"


def test_at_most_twenty_views(web: Flask, chosen: dict[str, str]) -> None:
    for number in range(21):
        _post(web, listing_views.save_view, name=f"view {number}", query="", back="/courses")
    assert len(listing_choices.read_choices(7, COURSES.key).views) == listing_views.MOST_VIEWS


# Export


def test_an_export_masks_personal_columns(web: Flask, db: Session) -> None:
    lines = list(listing_export.export_lines(db, courses().order_by(Course.id), COURSES.columns))
    assert lines[0] == ["Course 1", "open", date(2026, 1, 2), "***01"]
    assert len(lines) == 25


def test_an_export_says_where_it_was_cut(web: Flask, db: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing_export, "MOST_ROWS", 3)
    lines = list(listing_export.export_lines(db, courses(), COURSES.columns))
    assert len(lines) == 4
    assert "first 3 rows" in lines[-1][0]


def test_csv_has_a_bom_and_the_visible_columns(web: Flask, db: Session) -> None:
    answer = ask("export=csv&state=open").download(db, courses(state="open"))
    sent = answer.get_data()
    assert sent.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(sent.decode("utf-8-sig"))))
    assert rows[0] == ["Title", "State", "Starts on"]
    assert len(rows) == 14


def test_xlsx_reads_back(web: Flask, db: Session) -> None:
    from python_calamine import CalamineWorkbook

    answer = ask("export=xlsx").download(db, courses())
    answer.direct_passthrough = False
    rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.get_data())).get_sheet_by_index(0).to_python()
    assert rows[0] == ["Title", "State", "Starts on"]
    assert len(rows) == 26


def test_plain_cells() -> None:
    assert plain(None) is None
    assert plain(True) == 1
    assert plain(date(2026, 11, 23)) == date(2026, 11, 23)
    assert plain(Status("good", "有效")) == "有效"


# The page


def test_the_page_escapes_and_carries_no_inline_code(web: Flask, db: Session) -> None:
    db.add(Course(id=100, title=HOSTILE, state="open", starts_on=date(2026, 1, 1), phone="1"))
    db.flush()
    page = ask("n=50").page(db, courses())
    html = render_template_string(
        '{% from "macros/list.html" import listing %}{{ listing(page) }}', page=page
    )
    assert "<img" not in html
    assert "{{7*7}}" in html
    assert not [name for name in _attributes(html) if name == "style" or name.startswith("on")]
    assert html.count('name="ids"') == 26
    assert "Approve" in html
    # Enter on a checkbox presses the first button of the form, which must do nothing.
    assert html.index('<button type="submit" formmethod="dialog" hidden>') < html.index("formaction")
    assert "Not built yet" not in html


def _attributes(html: str) -> list[str]:
    names: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            names.extend(name for name, _ in attrs)

    Reader().feed(html)
    return names


def test_an_empty_list_offers_what_to_do_first(web: Flask, db: Session) -> None:
    web.add_url_rule("/open", "open_course", lambda: "")
    page = ask().page(
        db, courses().where(Course.id < 0), "No course yet", "Open one.", ("Open a course", "open_course")
    )
    html = render_template_string(
        '{% from "macros/list.html" import listing %}{{ listing(page) }}', page=page
    )
    assert "No course yet" in html
    assert 'href="/open"' in html
    assert "<table" not in html
