"""Killed processes, one seat for six, a full disk, a locked database: all or nothing, and a sentence."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, func, select, text
from sqlalchemy.orm import Session

from registry.certificates.models import Certificate, CertificateBatch
from registry.core import engines, journal
from registry.core.db import db
from registry.core.errors import BusyError, RuleError, StorageError
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.people.models import Person
from registry.training import commands
from registry.training.models import Course, Enrolment
from registry.training.roster import RosterEntry
from tests import certificates, factories, training

# The child runs one command and kills itself, without any clean-up, at the statement it was told.
CHILD = """
import json, os, signal, sys
from pathlib import Path
from sqlalchemy import event
from registry import create_app
from registry.core.db import db

url, instance, job, at = sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), int(sys.argv[4])
app = create_app({"TESTING": True, "INSTANCE": Path(instance), "SQLALCHEMY_DATABASE_URI": url})
with app.app_context():
    from tests import trouble_jobs
    prepared = trouble_jobs.prepare(job)
    done = [0]

    def step(*_args):
        done[0] += 1
        if done[0] == at:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(db.engine, "before_cursor_execute", step)
    event.listen(db.engine, "commit", step)
    prepared()
print(done[0])
"""


def killed_at(app: Flask, job: dict[str, Any], at: int) -> subprocess.CompletedProcess[str]:
    """Run a job in a process of its own that dies at its `at`-th statement; 0 lets it live."""
    import json

    return subprocess.run(
        [
            sys.executable,
            "-c",
            CHILD,
            app.config["SQLALCHEMY_DATABASE_URI"],
            str(app.config["INSTANCE"]),
            json.dumps(job),
            str(at),
        ],
        capture_output=True,
        encoding="utf-8",
        cwd=Path(__file__).parents[1],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        check=False,
        timeout=120,
    )


def count(session: Session, model: Any) -> int:
    session.rollback()
    return session.execute(select(func.count()).select_from(model)).scalar_one()


@pytest.mark.skipif(os.name == "nt", reason="processes are killed differently there")
def test_a_killed_import_leaves_all_or_nothing(app: Flask, session: Session) -> None:
    """An import of 1,000, killed at its statements in turn, also right at the commit."""
    course = training.course(session, capacity=5000)
    course_id = course.id
    session.rollback()
    db.engine.dispose()
    outcomes = set()
    at = 1
    while True:
        ended = killed_at(app, {"kind": "import", "course": course_id, "rows": 1000}, at)
        assert ended.returncode in (0, -signal.SIGKILL), ended.stderr
        found = count(session, Enrolment)
        assert found in (0, 1000)
        assert journal.verify(session) is None
        outcomes.add((ended.returncode, found))
        db.engine.dispose()
        if found == 1000 or ended.returncode == 0:
            break
        at += 4
    assert (-signal.SIGKILL, 0) in outcomes
    assert (0, 1000) in outcomes


@pytest.mark.skipif(os.name == "nt", reason="processes are killed differently there")
def test_a_killed_issue_leaves_all_or_nothing(app: Flask, session: Session) -> None:
    batch = certificates.prepared(session, factories.persons(session, 40))
    batch_id = batch.id
    certificates.confirm_address()
    session.rollback()
    db.engine.dispose()
    at = 2
    while True:
        ended = killed_at(app, {"kind": "issue", "batch": batch_id}, at)
        assert ended.returncode in (0, -signal.SIGKILL), ended.stderr
        found = count(session, Certificate)
        assert found in (0, 40)
        state = session.get_one(CertificateBatch, batch_id).state
        assert state == ("issued" if found else "prepared")
        assert journal.verify(session) is None
        db.engine.dispose()
        if found:
            break
        at += 5
    assert at > 2


def test_six_threads_want_one_seat(app: Flask, session: Session) -> None:
    course_id = training.course(session, capacity=1).id
    entrants = [factories.entrant() for _ in range(6)]
    session.rollback()
    ready = threading.Barrier(6)
    told: list[str] = []

    def want(number: int) -> None:
        with app.app_context():
            course = db.session.get_one(Course, course_id)
            ready.wait()
            try:
                run(SYSTEM, commands.enrol, course, entries=[RosterEntry(1, entrants[number])], source="form")
                told.append("seat")
            except RuleError as error:
                told.append(str(error))

    threads = [threading.Thread(target=want, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told.count("seat") == 1
    assert all("seat" in sentence for sentence in told)
    assert count(session, Enrolment) == 1
    assert session.get_one(Course, course_id).seats_taken == 1


@pytest.fixture
def impatient(app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Waiting for a lock takes a tenth of a second instead of five."""
    monkeypatch.setattr(engines, "LOCK_WAIT_SECONDS", 0.1)
    session.rollback()
    db.engine.dispose()


def hold_the_lock(connection: Any) -> None:
    """As another process in the middle of a long write."""
    if connection.dialect.name == "sqlite":
        connection.connection.driver_connection.execute("BEGIN IMMEDIATE")
    else:
        connection.execute(text("SELECT id FROM clock FOR UPDATE"))


@pytest.mark.usefixtures("impatient")
def test_a_locked_database_is_a_sentence_and_no_loss(app: Flask, session: Session) -> None:
    browser = training.Browser(app, session, Role.TRAINER)
    course = training.course(session)
    url = f"/training/courses/{course.id}/enrol/one"
    people = count(session, Person)
    fields = browser.fill(url, name="王小明", phone="13000000001", form_key="a" * 32)
    with db.engine.connect() as other:
        hold_the_lock(other)
        with pytest.raises(BusyError):
            factories.person(session)
        answer = browser.client.post(url, data=fields)
        page = answer.get_data(as_text=True)
        assert answer.status_code < 500
        assert "Nothing was saved" in page
        assert "王小明" in page
        other.rollback()
        if other.dialect.name == "sqlite":
            other.connection.driver_connection.rollback()  # type: ignore[union-attr]
    assert count(session, Person) == people
    assert browser.client.post(url, data=fields).status_code == 303
    assert count(session, Person) == people + 1


@pytest.mark.sqlite_only
def test_a_full_disk_is_a_sentence_and_no_loss(app: Flask, session: Session) -> None:
    people = count(session, Person)
    session.rollback()
    db.engine.dispose()

    def full(connection: Any, _record: Any) -> None:
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages + 2}")

    event.listen(db.engine, "connect", full)
    try:
        with pytest.raises(StorageError, match="Nothing was saved"):
            factories.persons(session, 3000)
    finally:
        event.remove(db.engine, "connect", full)
        db.engine.dispose()
    assert count(session, Person) == people
    assert journal.verify(session) is None
    factories.person(session)
    assert count(session, Person) == people + 1


def test_a_file_sent_in_pieces_gives_its_connection_back(app: Flask, session: Session) -> None:
    """Not only when the garbage is collected: until then a pool of connections would run dry."""
    factories.persons(session, 3)
    browser = training.Browser(app, session, Role.TRAINER)
    session.close()
    gc.disable()
    try:
        for _ in range(3):
            assert browser.client.get("/people/?export=csv", buffered=True).status_code == 200
        assert db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
    finally:
        gc.enable()
