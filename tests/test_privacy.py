"""Numbers and telephones stay where they belong: not in logs, addresses, cookies, error pages or caches."""

from __future__ import annotations

import html
import io
import json
import logging
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.parse import unquote

import pytest
import time_machine
from flask import Flask, request_started
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from registry.certificates.models import Certificate, CertificateBatch
from registry.core import clock
from registry.core.db import db
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.people.models import Person
from registry.training import commands
from registry.training.models import Course, Enrolment
from registry.training.queries.courses import sessions_of, version_of
from tests import accounts, certificates, factories, training
from tests.endpoints import NOT_SENT, OWN, Reader, address, endpoints, records, values_for
from tests.filled import Filled, rows, typed_into
from tests.test_canaries import EVERYTHING, is_list, words_in

# One person comes by each way in; the last number has a wrong check digit and stays a draft for a while.
NUMBERS = [factories.resident_number(date(1979, 5, 3), n, area="220104") for n in range(701, 706)]
WRONG = NUMBERS[4][:-1] + ("1" if NUMBERS[4][-1] != "1" else "2")
PHONES = [f"1390000{n}" for n in (7001, 7002, 7003, 7004, 7005)]
NAMES = ["欧阳甲", "欧阳乙", "欧阳丙", "欧阳丁", "欧阳戊"]
SECRETS = [*NUMBERS, WRONG, *PHONES]


@pytest.mark.parametrize("who", ["signed in", "nobody"])
def test_no_answer_is_kept_by_a_browser_or_a_proxy(app: Flask, session: Session, who: str) -> None:
    """Every page, file, redirect and refusal says `no-store`; only what is the same for all may be kept."""
    found = records(session, OWN)[OWN]
    session.rollback()
    reader = Reader(app, session, EVERYTHING)
    client = reader.client if who == "signed in" else app.test_client()
    wrong = []
    for rule, line in endpoints(app):
        url = address(app, rule, values_for(line, found) or {})
        joint = "&" if "?" in url else "?"
        asked = [url, f"{url}{joint}export=csv", f"{url}{joint}export=xlsx"] if "GET" in rule.methods else []
        answers = [client.get(one, buffered=True) for one in asked]
        if any(a.mimetype == "text/csv" for a in answers):
            assert is_list(rule.endpoint), "the canaries would miss a list"
        if "POST" in rule.methods and rule.endpoint not in NOT_SENT:
            answers += [client.post(url, data={"csrf_token": t}, buffered=True) for t in ("", reader.csrf)]
        wrong += [
            f"{a.request.method} {a.request.full_path}: {a.headers.get('Cache-Control')}"
            for a in answers
            if a.headers.get("Cache-Control") != "no-store"
        ]
    for url in ("/nothing/here", "/people/999999999"):
        assert client.get(url).headers["Cache-Control"] == "no-store"
    assert not wrong, "\n".join(wrong)
    assert "no-store" not in client.get("/static/app.css", buffered=True).headers.get("Cache-Control", "")


class Ear(logging.Handler):
    """Everything that is logged, with what a formatter would add."""

    def __init__(self) -> None:
        super().__init__(0)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(logging.Formatter("%(name)s %(message)s").format(record))


class Walker:
    """A browser that remembers every address it saw and every cookie it was given."""

    def __init__(self, app: Flask, username: str) -> None:
        self.app = app
        self.browser = accounts.Browser(app.test_client())
        self.addresses: list[str] = []
        self.cookies: list[str] = []
        self.errors: list[str] = []
        self.note(self.browser.sign_in(username))

    def note(self, answer: Any) -> Any:
        page = answer.get_data(as_text=True) if answer.mimetype == "text/html" else ""
        self.addresses += [answer.request.full_path, answer.headers.get("Location", "")]
        self.addresses += [
            html.unescape(found) for found in re.findall(r'(?:href|action|src)="([^"]*)"', page)
        ]
        for line in answer.headers.getlist("Set-Cookie"):
            value = unquote(line.split("=", 1)[1].split(";")[0])
            self.cookies.append(value)
            signer = self.app.session_interface.get_signing_serializer(self.app)  # type: ignore[attr-defined]
            assert isinstance(signer, URLSafeTimedSerializer)
            if line.startswith("session=") and value:
                self.cookies.append(json.dumps(signer.loads(value), default=str, ensure_ascii=False))
        if answer.status_code >= 400:
            self.errors.append(page)
        return answer

    def get(self, url: str) -> Any:
        return self.note(self.browser.client.get(url, buffered=True))

    def fill(self, url: str, fields: dict[str, Any], to: str = "") -> Any:
        """Open a page, type into its form, send it."""
        filled = Filled(url, fields, to)
        page = self.get(url)
        assert page.status_code == 200, url
        return self.send(filled.url, typed_into(page.get_data(as_text=True), filled))

    def send(self, url: str, fields: dict[str, Any]) -> Any:
        return self.note(self.browser.client.post(url, data=fields, buffered=True))


@pytest.fixture
def ear(app: Flask) -> Iterator[Ear]:
    """Listens to every logger, those of the servers at the level they log requests at."""
    heard = Ear()
    names = ("", "registry", "werkzeug", "waitress", "waitress.access", "flask.app", app.logger.name)
    before = {name: logging.getLogger(name).level for name in names}
    logging.getLogger().addHandler(heard)
    for name in names[1:]:
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield heard
    logging.getLogger().removeHandler(heard)
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


def listed(number: str, phone: str, name: str) -> dict[str, str]:
    return {"name": name, "document_number": number, "phone": phone}


def walk(app: Flask, session: Session, ear: Ear) -> tuple[Walker, Walker]:
    """From the class list to the verified certificate, with mistakes on the way."""
    trainer = Walker(app, factories.user(session, (Role.TRAINER, Role.COUNTY_ADMIN)).username)
    approver = Walker(app, factories.user(session, Role.CERTIFICATE_APPROVER).username)
    course = training.course(session)
    session.rollback()
    url = f"/training/courses/{course.id}"
    people = list(zip(NUMBERS, PHONES, NAMES, strict=True))
    # The list: pasted with a wrong number (refused, then kept as a draft), uploaded, and one by one.
    wrong = [listed(*people[0]), listed(WRONG, PHONES[4], NAMES[4])]
    assert trainer.fill(f"{url}/enrol", rows(*wrong)).status_code == 200
    assert trainer.fill(f"{url}/enrol", {**rows(*wrong), "rest": "drafts"}).status_code == 303
    file = io.BytesIO(f"姓名,身份证号,手机\n{NAMES[1]},{NUMBERS[1]},{PHONES[1]}\n".encode("gb18030"))
    assert trainer.fill(f"{url}/enrol", {"file": (file, "名单.csv")}, f"{url}/enrol/file").status_code == 303
    bad = io.BytesIO(f"姓名,身份证号,手机\n{NAMES[1]},{WRONG},{PHONES[4]}\n".encode())
    assert trainer.fill(f"{url}/enrol", {"file": (bad, "名单.csv")}, f"{url}/enrol/file").status_code == 200
    assert trainer.fill(f"{url}/enrol/one", listed(*people[2])).status_code == 303
    assert trainer.fill(f"{url}/enrol/one", {**listed(WRONG, "1", NAMES[3])}).status_code == 200
    page = trainer.get(f"{url}/drafts").get_data(as_text=True)
    (draft,) = re.findall(r'"id": ?"(\d+)"', html.unescape(page)) or re.findall(
        r"\n(\d+)\t", html.unescape(page)
    )
    assert trainer.fill(f"{url}/drafts", rows({"id": draft, **listed(*people[4])})).status_code == 303
    # Attendance, results, closing, certificates.
    ids = [
        str(one)
        for one in session.execute(select(Enrolment.id).where(Enrolment.course_id == course.id)).scalars()
    ]
    sittings = {f"s{one.id}": "P" for one in sessions_of(session, course.id)}
    items = {item["code"]: "1" for item in version_of(session, course).practical_items}
    session.rollback()
    assert (
        trainer.fill(f"{url}/attendance", rows(*({"id": one, **sittings} for one in ids))).status_code == 303
    )
    marks = [{"id": one, "theory": "90", **items} for one in ids]
    assert (
        trainer.fill(f"{url}/assessment", {**rows(*marks), "assessed_on": str(course.ends_on)}).status_code
        == 303
    )
    assert trainer.fill(f"{url}/close", {"attested": "y"}).status_code == 303
    assert trainer.fill(f"{url}/certificates", {}).status_code == 303
    batch = session.execute(select(CertificateBatch.id)).scalar_one()
    session.rollback()
    decide = f"/certificates/batches/{batch}"
    assert approver.fill(decide, {}, f"{decide}/issue").status_code == 303
    approver.get(f"{decide}/pdf")
    held = session.execute(select(Certificate)).scalars().all()
    assert len(held) == 4
    # Looking for people and at them.
    for typed in (*NAMES, *SECRETS, "ouyang"):
        for part in ("", "1"):
            trainer.send("/search", {"csrf_token": trainer.browser.token(), "q": typed, "part": part})
    person = session.execute(select(Person.id).where(Person.name == NAMES[0])).scalar_one()
    session.rollback()
    shown = trainer.fill(f"/people/{person}/reveal", {"reason": "核对身份"})
    assert NUMBERS[0] in words_in(shown), "the reveal shows what it promises, so the canaries are real"
    trainer.fill(f"/people/{person}/correct", {"phone": PHONES[3]})
    trainer.fill("/people/add", {"name": NAMES[3], "number": NUMBERS[3], "phone": PHONES[3]})
    for page in (
        "/people/",
        "/certificates/",
        "/training/courses",
        "/audit/journal",
        url,
        f"/persons/{person}",
    ):
        for more in ("", "?export=csv", "?export=xlsx"):
            trainer.get(page + more)
    # The public.
    trainer.get(f"/v/{held[0].token}")
    for where, fields in ((f"/v/{held[0].token}", {}), ("/verify", {"number": held[0].number})):
        trainer.send(
            where,
            {"csrf_token": trainer.browser.token(), "form_key": token_hex(16), "name": NAMES[0], **fields},
        )
    return trainer, approver


def test_nothing_of_the_main_path_is_left_behind(app: Flask, session: Session, ear: Ear) -> None:
    certificates.confirm_address()
    app.config["PUBLIC_URL"] = certificates.PUBLIC_URL
    session.rollback()
    paths: list[str] = []

    def started(sender: Flask, **_more: Any) -> None:
        from flask import request

        paths.append(unquote(request.full_path))

    with request_started.connected_to(started, app):
        trainer, approver = walk(app, session, ear)
        wrong_turns(app, session, trainer)
    told = {
        "log": ear.heard,
        "address asked": paths,
        "address shown": trainer.addresses + approver.addresses,
        "cookie": trainer.cookies + approver.cookies,
    }
    leaks = [
        f"{where}: {secret}"
        for where, texts in told.items()
        for secret in (*SECRETS, *NAMES)
        for text in texts
        if secret in unquote(text)
    ]
    # Not even what its reader typed stands on an error page.
    for page in trainer.errors:
        leaks += [f"error page: {secret}" for secret in SECRETS if secret in page]
    assert not leaks, "\n".join(leaks)
    assert len(paths) > 100
    assert len(trainer.cookies) > 10
    assert len(trainer.errors) >= 5
    left = [file.name for file in Path(app.config["INSTANCE"]).rglob("*") if file.is_file()]
    assert left == ["keys.json"]


def wrong_turns(app: Flask, session: Session, trainer: Walker) -> None:
    """Errors of every kind, each with a number and a telephone in what was sent."""
    secret = {"name": NAMES[0], "number": NUMBERS[0], "phone": PHONES[0], "form_key": token_hex(16)}
    assert trainer.send("/people/add", secret).status_code == 400  # Without a token.
    token = {"csrf_token": trainer.browser.token()}
    assert trainer.send("/people/999999999/correct", {**token, **secret}).status_code == 404
    assert trainer.send("/settings/demo/change", {**token, **secret}).status_code == 403
    assert trainer.send("/people/", {**token, **secret}).status_code in (400, 405)
    limit, app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_CONTENT_LENGTH"], 100
    assert trainer.send("/people/add", {**token, **secret}).status_code == 413
    app.config["MAX_CONTENT_LENGTH"] = limit
    view = app.view_functions["people.people"]
    for defect in (
        ValueError(f"{NUMBERS[0]} {PHONES[0]}"),
        IntegrityError("INSERT INTO person VALUES (?)", (NUMBERS[0],), Exception(f"{PHONES[0]} is taken")),
    ):

        def broken(*_args: Any, error: Exception = defect, **_kwargs: Any) -> Any:
            raise error

        broken.permit = view.permit  # type: ignore[attr-defined]
        app.view_functions["people.people"] = broken
        assert trainer.get("/people/").status_code == 500
    app.view_functions["people.people"] = view
    # A session that ended meanwhile: what was typed comes back sealed, and to its user alone.
    with time_machine.travel(clock.now() + timedelta(minutes=45), tick=False):
        assert trainer.send("/people/add", {**token, **secret}).status_code == 401


@pytest.mark.sqlite_only
def test_numbers_stand_encrypted_on_the_disk(app: Flask, session: Session) -> None:
    course = training.course(session)
    entries = [
        training.RosterEntry(n, factories.entrant(NAMES[n], number=NUMBERS[n], phone=PHONES[n]))
        for n in range(len(NAMES))
    ]
    row = commands.DraftRow(9, {"name": NAMES[0], "document_number": WRONG, "phone": PHONES[4]}, [])
    run(SYSTEM, commands.enrol, course, entries=entries, drafts=[row], source="file", digest="d" * 64)
    session.rollback()
    with db.engine.connect() as connection:
        connection.execute(text("SELECT 1"))
        files = [Path(str(db.engine.url.database) + suffix) for suffix in ("", "-wal")]
        held = b"".join(file.read_bytes() for file in files if file.exists())
    assert NAMES[0].encode() in held, "names can be searched, so this is the right file"
    assert [secret for secret in SECRETS if secret.encode() in held] == []


@pytest.mark.browser
@pytest.mark.sqlite_only
def test_a_browser_keeps_nothing(app: Flask, session: Session, chromium: Any, address: str) -> None:
    """After a list was pasted, refused, saved and looked at, no store of the browser holds a number."""
    user = factories.user(session, Role.TRAINER)
    course = training.course(session)
    session.rollback()
    context = chromium.new_context(base_url=address)
    page = context.new_page()
    page.goto("/sign-in")
    page.fill("input[name=username]", user.username)
    page.fill("input[name=password]", factories.PASSWORD)
    page.click("main button[type=submit]")
    page.goto(f"/training/courses/{course.id}/enrol/one")
    page.fill("input[name=name]", NAMES[0])
    page.fill("input[name=document_number]", WRONG)
    page.fill("input[name=phone]", PHONES[0])
    page.click("main button[type=submit]")
    page.fill("input[name=document_number]", NUMBERS[0])
    page.click("main button[type=submit]")
    page.wait_for_url(f"**/training/courses/{course.id}")
    kept = page.evaluate(
        """async () => JSON.stringify([
            Object.entries(localStorage), Object.entries(sessionStorage), document.cookie, history.state,
            await indexedDB.databases(), window.caches ? await caches.keys() : [],
            (await navigator.serviceWorker.getRegistrations()).length])"""
    )
    stored = json.dumps([kept, context.storage_state(), page.url], ensure_ascii=False)
    session.rollback()
    assert session.execute(select(Course.seats_taken)).scalar_one() == 1
    assert [secret for secret in (*SECRETS, *NAMES) if secret in stored] == []
    context.close()
