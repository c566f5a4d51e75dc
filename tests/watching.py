"""What tests watch: statements, the latest entry of the journal, and jobs that run at one moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from registry.core.db import db
from registry.core.errors import RuleError
from registry.core.journal import JournalEntry


@contextmanager
def statements() -> Iterator[list[str]]:
    """Every SQL statement sent while open."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def last_entry(session: Session) -> JournalEntry:
    """The latest entry of the journal."""
    session.rollback()
    return session.execute(select(JournalEntry).order_by(JournalEntry.seq.desc()).limit(1)).scalar_one()


def together(app: Flask, jobs: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run every job in a thread of its own, all at one moment; what each gave, or why it was refused.

    Anything else that a job raises is raised here.
    """
    ready = threading.Barrier(len(jobs))
    results: list[Any] = [None] * len(jobs)
    broken: list[Exception] = []

    def work(place: int) -> None:
        with app.app_context():
            ready.wait()
            try:
                results[place] = jobs[place]()
            except RuleError as error:
                results[place] = error
            except Exception as error:
                broken.append(error)

    threads = [threading.Thread(target=work, args=(place,)) for place in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if broken:
        raise ExceptionGroup("jobs that ran at one moment", broken)
    return results
