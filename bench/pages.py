"""Pages at the size of a province, against the same stack returning the same bytes as a static template.

Enrolling by POST is measured against one bare row by the same Flask stack, session and forms included.
"""

from __future__ import annotations

import re
import statistics
import tempfile
import time
from collections.abc import Callable
from contextvars import Context
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from flask import Flask, request
from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select

from registry import create_app
from registry.accounts.sessions import open_session
from registry.accounts.settings import forget_settings
from registry.certificates.models import Certificate, CredentialType
from registry.cli.setup import load_catalogues, make_keys, migrate
from registry.core import clock
from registry.core.db import db
from registry.core.permissions import Permission, Role
from registry.core.scope import SYSTEM
from registry.core.secrets import new_token
from registry.core.write import write
from registry.people.models import Person, PersonReach
from registry.people.pinyin import name_pinyin
from registry.web.forms import BaseForm
from registry.web.guard import permit
from tests import factories, training

PEOPLE = 600_000
CERTIFICATES = 1_000_000
ROUNDS = 60
STEP = 100_000
BARE = Table("bench_row", MetaData(), Column("id", Integer, primary_key=True), Column("name", String(60)))


class BareForm(BaseForm):
    """The form of the bare row: key and token, as every form has."""


def _routes(app: Flask, page: dict[str, Any]) -> None:
    """What the pages are measured against."""

    @app.route("/bench/static", methods=["GET", "POST"])
    @permit(Permission.DESK)
    def bench_static() -> str:
        return str(page["static"].render())

    @app.post("/bench/bare")
    @permit(Permission.COURSE_EDIT)
    def bench_bare() -> tuple[str, int, dict[str, str]]:
        BareForm().validate_on_submit()
        with db.engine.begin() as connection:
            connection.execute(insert(BARE).values(name=request.form["name"]))
        return "", 303, {"Location": "/"}


def _fill(session: Any) -> None:
    """People and certificates by the plainest inserts; only reading them is measured."""
    units = [unit.id for unit in factories.all_units(session) if unit.level == "county"]
    rescuer = session.execute(select(CredentialType.id).where(CredentialType.code == "rescuer")).scalar_one()
    names = ["".join((s, a, b)) for s in factories.SURNAMES for a in factories.GIVEN for b in factories.GIVEN]
    spelled = [name_pinyin(name) for name in names]
    session.rollback()
    with write("bench.fill", SYSTEM) as w:
        first = w.take_ids(PEOPLE + CERTIFICATES)[0]
    with db.engine.begin() as connection:
        for start in range(0, PEOPLE, STEP):
            ids = range(first + start, first + start + STEP)
            connection.execute(
                insert(Person),
                [
                    {
                        "id": i,
                        "canonical_id": i,
                        "name": names[i % len(names)],
                        "pinyin": spelled[i % len(names)][0],
                        "initials": spelled[i % len(names)][1],
                        "home_unit_id": units[i % len(units)],
                    }
                    for i in ids
                ],
            )
            connection.execute(
                insert(PersonReach),
                [
                    {
                        "person_id": i,
                        "unit_id": units[i % len(units)],
                        "name": names[i % len(names)],
                        "pinyin": spelled[i % len(names)][0],
                        "initials": spelled[i % len(names)][1],
                    }
                    for i in ids
                ],
            )
        day = clock.today() - timedelta(days=1500)
        for start in range(0, CERTIFICATES, STEP):
            connection.execute(
                insert(Certificate),
                [
                    {
                        "id": first + PEOPLE + n,
                        "credential_type_id": rescuer,
                        "number": f"JL{n:09d}",
                        "token": new_token(),
                        "person_id": first + n % PEOPLE,
                        "unit_id": units[n % len(units)],
                        "issued_on": day + timedelta(days=n % 1400),
                        "valid_from": day + timedelta(days=n % 1400),
                        "valid_until": day + timedelta(days=n % 1400 + 1095),
                        "origin": "legacy",
                        "template_version": "legacy",
                        "snapshot": {},
                    }
                    for n in range(start, start + STEP)
                ],
            )
        connection.exec_driver_sql("ANALYZE")


def _ratio(
    job: Callable[[], Any], base: Callable[[], Any], before: Callable[[], Any] = lambda: None
) -> float:
    """The medians of both, measured in turn after a warm-up; `before` each turn is not measured."""
    for _ in range(8):
        job()
        base()
    spent: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        before()
        for call, times in zip((job, base), spent, strict=True):
            began = time.perf_counter()
            call()
            times.append(time.perf_counter() - began)
    return statistics.median(spent[0]) / statistics.median(spent[1])


def _write() -> None:
    """After this nothing that was read before is known to be so still."""
    with write("bench.write", SYSTEM):
        pass


class _Browser:
    """Somebody signed in; every request has a context of its own, as behind a server."""

    def __init__(self, app: Flask, user: Any) -> None:
        self.client = app.test_client()
        token, _web = open_session(user, "bench")
        with self.client.session_transaction() as stored:
            stored["_user_id"], stored["_fresh"] = token, True
        found = re.search(r'name="csrf_token" value="([^"]+)"', self.get("/profile").decode())
        assert found
        self.csrf = found[1]
        name = app.config["SESSION_COOKIE_NAME"]
        cookie = self.client.get_cookie(name)
        assert cookie is not None
        self.cookie = name, cookie.value

    def get(self, url: str) -> bytes:
        answer = Context().run(self.client.get, url)
        assert answer.status_code == 200, (url, answer.status_code)
        return answer.get_data()

    def post(self, url: str, **fields: str) -> Any:
        # Nobody opens the pages that show what was told, so the cookie would gather it.
        self.client.set_cookie(*self.cookie)
        return Context().run(self.client.post, url, data={"csrf_token": self.csrf, **fields})


def run() -> list[tuple[str, float, float]]:
    """Job, ratio, limit."""
    results = []
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(
            {
                "TESTING": True,
                "INSTANCE": Path(folder),
                "SQLALCHEMY_DATABASE_URI": f"sqlite:///{folder}/bench.db",
            }
        )
        page: dict[str, Any] = {}
        _routes(app, page)
        with app.app_context():
            make_keys(app)
            migrate()
            load_catalogues()
            BARE.create(db.engine)
            trainer = factories.user(db.session(), Role.TRAINER, factories.NANGUAN)
            province = factories.user(db.session(), Role.PROVINCE_ADMIN, factories.PROVINCE)
            prefecture = factories.user(db.session(), Role.PREFECTURE_ADMIN, factories.CHANGCHUN)
            course = training.course(
                db.session(), starts_on=clock.today() + timedelta(days=30), capacity=5000
            )
            course_id = course.id
            forget_settings(db.session())
            desk = _Browser(app, trainer)
            results.append(
                ("enrolling one attendee by POST / one bare row by POST", _enrol(desk, course_id), 4.0)
            )
            _fill(db.session())
            readers = {
                "a county": desk,
                "a prefecture": _Browser(app, prefecture),
                "the province": _Browser(app, province),
            }
            for name, browser in readers.items():
                for text in ("王", "wangw", "zhm"):
                    answer = browser.post("/search", q=text, part="1")
                    assert answer.status_code == 200
                    page["static"] = app.jinja_env.from_string(answer.get_data(as_text=True))
                    results.append(
                        (
                            f"search as you type “{text}” at {PEOPLE:,} people, {name} / a static template",
                            _ratio(
                                lambda b=browser, t=text: b.post("/search", q=t, part="1"),  # type: ignore[misc]
                                lambda b=browser: b.post("/bench/static"),  # type: ignore[misc]
                            ),
                            2.0,
                        )
                    )
                body = browser.get("/certificates/").decode()
                page["static"] = app.jinja_env.from_string("{% raw %}" + body + "{% endraw %}")
                for when, before in (("", lambda: None), (" right after a write", _write)):
                    results.append(
                        (
                            f"first list page{when}, {CERTIFICATES:,} certificates, {name} / static template",
                            _ratio(
                                lambda b=browser: b.get("/certificates/"),  # type: ignore[misc]
                                lambda b=browser: b.get("/bench/static"),  # type: ignore[misc]
                                before,
                            ),
                            2.0,
                        )
                    )
            db.session.remove()
            db.engine.dispose()
    return results


def _enrol(browser: _Browser, course_id: int) -> float:
    """New people one by one, each with number, phone and employer, journal and figures included."""
    serial = iter(range(1, 10_000))

    def enrol() -> None:
        n = next(serial)
        number = factories.resident_number(
            date(1980, n % 12 + 1, n % 28 + 1), n, area=f"2299{n // 300 + 10:02d}"
        )
        answer = browser.post(
            f"/training/courses/{course_id}/enrol/one",
            form_key=f"{n:032x}",
            name="王小明",
            document_number=number,
            phone="13000000000",
            employer="长春市第八中学",
        )
        assert answer.status_code == 303, answer.get_data(as_text=True)

    keys = iter(range(10_000, 20_000))

    def bare() -> None:
        answer = browser.post("/bench/bare", form_key=f"{next(keys):032x}", name="王小明")
        assert answer.status_code == 303

    return _ratio(enrol, bare)
