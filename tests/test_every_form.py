"""Every form that saves something is saved once, takes nothing but its own fields, and survives a lock."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Boolean, Date, DateTime, Integer, select
from sqlalchemy.orm import Session

from registry.core import engines, journal
from registry.core.db import Base, db
from registry.core.journal import Clock, JournalLine
from registry.core.permissions import Role
from registry.training.models import Course
from tests import certificates, factories
from tests.endpoints import ABOVE, Reader, endpoints
from tests.filled import FORMS, OTHERS, Filled, names_on, typed_into
from tests.test_trouble import hold_the_lock
from tests.training import rows_of

ROLES = (Role.PROVINCE_ADMIN, Role.TRAINER, Role.CERTIFICATE_APPROVER)
# What nobody sends: a number, a text and a day that would be seen in the journal.
NUMBER, WORD, DAY = 987_654, "CANARY", date(1999, 9, 9)


@pytest.fixture
def reader(app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch) -> Reader:
    """Somebody of the province who may do everything; waiting for a lock takes a tenth of a second."""
    monkeypatch.setattr(engines, "LOCK_WAIT_SECONDS", 0.1)
    certificates.confirm_address()
    app.config["PUBLIC_URL"] = certificates.PUBLIC_URL
    session.rollback()
    db.engine.dispose()
    return Reader(app, session, ROLES, ABOVE)


def entries(session: Session) -> int:
    session.rollback()
    return session.get_one(Clock, 1).seq


def page_of(reader: Reader, filled: Filled) -> str:
    """The page of a form; some are opened by the selection that a list posts."""
    if filled.picked:
        page = reader.client.post(filled.page, data={"csrf_token": reader.csrf, **filled.picked})
    else:
        page = reader.client.get(filled.page)
    assert page.status_code == 200, filled.page
    return str(page.get_data(as_text=True))


def open_form(reader: Reader, session: Session, filled: Filled) -> dict[str, Any]:
    """The form of its page as a browser would send it."""
    session.rollback()
    return typed_into(page_of(reader, filled), filled)


def send(reader: Reader, filled: Filled, fields: dict[str, Any]) -> Any:
    sent = dict(fields)
    if "file" in sent:  # A file is read once.
        content, name = sent["file"]
        content.seek(0)
        sent["file"] = (type(content)(content.read()), name)
    return reader.client.post(filled.url, data=sent, buffered=True)


@pytest.mark.sqlite_only
def test_every_form_is_here(app: Flask) -> None:
    assert {rule.endpoint for rule, _line in endpoints(app) if "POST" in rule.methods} == set(FORMS) | OTHERS
    assert not set(FORMS) & OTHERS


@pytest.mark.parametrize("endpoint", sorted(FORMS))
def test_a_form_is_saved_once_whatever_is_sent_again(session: Session, reader: Reader, endpoint: str) -> None:
    filled = FORMS[endpoint](session, reader.user)
    fields = open_form(reader, session, filled)
    before = entries(session)
    first = send(reader, filled, fields)
    assert first.status_code == 303, first.get_data(as_text=True)
    assert entries(session) == before + 1
    again = send(reader, filled, fields)
    assert entries(session) == before + 1
    assert again.status_code == 303, "the second answer leads to the first result"
    assert again.location == first.location
    if filled.changed:
        other = send(reader, filled, {**fields, **filled.changed})
        assert entries(session) == before + 1
        assert other.status_code in (200, 400)


def test_two_hundred_replays_have_one_effect(app: Flask, session: Session, reader: Reader) -> None:
    """A click that bounces, a reload, a proxy that tries again: eight at a time, all with the same form."""
    filled = FORMS["training.open_course"](session, reader.user)
    fields = open_form(reader, session, filled)
    before, courses = entries(session), rows_of(session, Course)
    cookie = reader.client.get_cookie("session")
    assert cookie is not None
    ready = threading.Barrier(8)
    answers: list[tuple[int, str | None]] = []

    def replay() -> None:
        client = app.test_client()
        client.set_cookie("session", cookie.value)
        ready.wait()
        for _ in range(25):
            answer = client.post(filled.url, data=fields, buffered=True)
            answers.append((answer.status_code, answer.location))

    engines.LOCK_WAIT_SECONDS = 30  # Here nobody is to give up.
    session.rollback()
    db.engine.dispose()
    threads = [threading.Thread(target=replay) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 200
    assert {status for status, _ in answers} == {303}
    assert len({location for _, location in answers}) == 1
    assert (entries(session), rows_of(session, Course)) == (before + 1, courses + 1)


@pytest.mark.parametrize("endpoint", sorted(FORMS))
def test_a_locked_database_saves_nothing_and_keeps_what_was_typed(
    session: Session, reader: Reader, endpoint: str
) -> None:
    filled = FORMS[endpoint](session, reader.user)
    fields = open_form(reader, session, filled)
    before = entries(session)
    session.rollback()
    with db.engine.connect() as other:
        hold_the_lock(other)
        answer = send(reader, filled, fields)
        other.rollback()
        if other.dialect.name == "sqlite":
            other.connection.driver_connection.rollback()  # type: ignore[union-attr]
    if answer.status_code == 303:  # The page about several records tells of each how it stands.
        answer = reader.client.get(answer.location)
    page = answer.get_data(as_text=True)
    assert answer.status_code in (200, 503)
    assert "没有保存" in page or "未保存" in page or "Nothing was saved" in page
    for name, value in filled.fields.items():
        if isinstance(value, str) and name not in ("rows", "confirm") and value:
            assert value in page, name
    assert entries(session) == before
    # What the page holds now can be sent again and is saved.
    assert send(reader, filled, {**typed_into(page, filled), **filled.fields}).status_code == 303
    assert entries(session) == before + 1


# Mass assignment


def extras(session: Session, own: set[str]) -> dict[str, str]:
    """Every column of every table as a field, with a value that would be noticed; own fields stay."""
    elsewhere = factories.unit(session, factories.YANJI).id
    told: dict[str, str] = {}
    for table in Base.metadata.sorted_tables:
        for column in table.columns:
            kind = column.type
            if isinstance(kind, Boolean):
                value = "y"
            elif isinstance(kind, Integer):
                value = str(elsewhere if "unit" in column.name else NUMBER)
            elif isinstance(kind, DateTime):
                value = datetime(DAY.year, DAY.month, DAY.day).isoformat()  # noqa: DTZ001
            elif isinstance(kind, Date):
                value = DAY.isoformat()
            else:
                value = f"{WORD}-{column.name}"
            for name in (column.name, column.name.removesuffix("_id"), f"{table.name}.{column.name}"):
                told.setdefault(name, value)
    return {name: value for name, value in told.items() if name not in own}


def lines_since(session: Session, seq: int) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """What was written after an entry: table, operation, opened values."""
    session.rollback()
    lines = session.execute(select(JournalLine).where(JournalLine.seq > seq)).scalars().all()
    for line, values in zip(lines, journal.opened(session, lines), strict=True):
        yield line.table_name, line.op, values


def shape(written: list[tuple[str, str, dict[str, Any]]]) -> set[str]:
    """Which columns were written, and the values of those that are states, kinds and yes or no."""
    told = set()
    for table, op, values in written:
        for column, value in values.items():
            new = value[-1] if isinstance(value, list) and op == "update" else value
            word = isinstance(new, str) and new.isascii() and new.isalpha() and table != "person"
            told.add(f"{op} {table}.{column} = {new if word or new in (True, False) else type(new).__name__}")
    return told


@pytest.mark.sqlite_only
@pytest.mark.parametrize("endpoint", sorted(FORMS))
def test_a_form_takes_nothing_but_its_own_fields(session: Session, reader: Reader, endpoint: str) -> None:
    """Sent twice, for two records alike: with every column of every table added, the same is written."""
    written = []
    for stuffed in (False, True):
        filled = FORMS[endpoint](session, reader.user)
        fields = open_form(reader, session, filled)
        own = names_on(page_of(reader, filled)) | {"id"}
        more = extras(session, own) if stuffed else {}
        if stuffed and "rows" in filled.fields:
            sent = json.loads(fields["rows"])
            sent["rows"] = [{**extras(session, own), **row} for row in sent["rows"]]
            fields["rows"] = json.dumps(sent)
        before = entries(session)
        answer = send(reader, filled, {**more, **fields})
        assert answer.status_code == 303, answer.get_data(as_text=True)
        written.append(list(lines_since(session, before)))
    plain, with_more = written
    assert plain
    assert shape(with_more) == shape(plain)
    text = json.dumps(with_more)
    for canary in (WORD, str(NUMBER), DAY.isoformat()):
        assert canary not in text
    elsewhere = factories.unit(session, factories.YANJI).id
    units = [value for _t, _o, values in with_more for column, value in values.items() if "unit" in column]
    assert elsewhere not in units
