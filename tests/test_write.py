"""The one way to change a record."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from registry.accounts import commands as accounts
from registry.accounts.models import Unit, UnitParent, User
from registry.core.db import db
from registry.core.errors import AlreadySavedError, ForbiddenError, RecordNotFoundError, RuleError
from registry.core.journal import Clock, JournalLine
from registry.core.permissions import Permission, Role
from registry.core.scope import SYSTEM
from registry.core.write import Once, Write, command, run, run_once, write
from tests import factories
from tests.watching import last_entry


def test_one_write_is_one_entry_with_a_line_per_record(session: Session) -> None:
    before = last_entry(session).seq
    person = factories.person(session)
    entry = last_entry(session)
    assert (entry.seq, entry.action) == (before + 1, "people.add_person")
    lines = session.execute(select(JournalLine).where(JournalLine.seq == entry.seq)).scalars().all()
    assert {line.table_name for line in lines} == {"person", "person_identifier"}
    assert all(person.name not in line.changes for line in lines)


def test_a_change_outside_a_write_is_refused(session: Session) -> None:
    unit = factories.unit(session)
    unit.name = "改名"
    with pytest.raises(RuntimeError, match="outside a write"):
        session.flush()
    session.rollback()
    assert factories.unit(session).name == "南关区"


def test_what_is_raised_inside_leaves_nothing_behind(session: Session) -> None:
    seq = last_entry(session).seq
    with pytest.raises(RuleError), write("test.refused", SYSTEM) as w:  # noqa: PT012
        accounts.add_user(w, username="gone", name="x", password_hash="x", unit=factories.unit(session))
        raise RuleError("No.")
    assert last_entry(session).seq == seq
    assert session.execute(select(User).where(User.username == "gone")).scalar() is None


def test_an_update_tells_old_and_new(session: Session) -> None:
    unit = factories.unit(session)
    with write("test.rename", SYSTEM) as w:
        unit = w.session.get_one(Unit, unit.id)
        unit.name_en = "Nanguan"
    line = session.execute(select(JournalLine).where(JournalLine.seq == last_entry(session).seq)).scalar_one()
    assert (line.op, line.changes) == ("update", '{"name_en":["Nanguan District","Nanguan"]}')


def test_a_record_is_never_deleted(session: Session) -> None:
    with pytest.raises(RuntimeError, match="never deleted"), write("test.delete", SYSTEM) as w:
        w.session.delete(w.session.get_one(Unit, factories.unit(session).id))
    assert factories.unit(session).name == "南关区"


def test_insert_only_tables_refuse_change(app: Flask, session: Session) -> None:
    session.rollback()
    for statement in ("UPDATE journal_entry SET reason = 'x'", "DELETE FROM journal_line"):
        with pytest.raises(DBAPIError, match="insert-only"), db.engine.begin() as connection:
            connection.execute(text(statement))


@command(Permission.COURSE_EDIT)
def touch(w: Write, parent: UnitParent) -> int:
    """A command on a record that has a unit."""
    return parent.unit_id


def test_reach_is_checked_again_under_the_lock(session: Session) -> None:
    trainer = factories.actor(session, Role.TRAINER, factories.NANGUAN)
    own = session.execute(
        select(UnitParent).where(UnitParent.unit_id == factories.unit(session).id)
    ).scalar_one()
    other = session.execute(
        select(UnitParent).where(UnitParent.unit_id == factories.unit(session, factories.YANJI).id)
    ).scalar_one()
    assert run(trainer, touch, own) == own.unit_id
    with pytest.raises(RecordNotFoundError):
        run(trainer, touch, other)
    with pytest.raises(ForbiddenError):
        run(factories.actor(session, Role.SUPERVISOR), touch, own)


def test_the_same_form_twice_has_one_effect(session: Session) -> None:
    once = Once(1, "people.add_person", "k" * 32, "d" * 64)
    entrant = factories.entrant("王小明")
    unit_id = factories.unit(session).id
    args = {"entrant": entrant, "unit_id": unit_id}
    from registry.people.commands import add_person

    person = run_once(SYSTEM, add_person, once, lambda p: f"/persons/{p.id}", kwargs=args)
    with pytest.raises(AlreadySavedError) as again:
        run_once(SYSTEM, add_person, once, lambda p: "", kwargs=args)
    assert (again.value.location, again.value.same) == (f"/persons/{person.id}", True)
    with pytest.raises(AlreadySavedError) as changed:
        run_once(SYSTEM, add_person, Once(1, once.endpoint, once.key, "e" * 64), None, kwargs=args)
    assert changed.value.same is False


def test_the_same_values_under_another_key_count_only_where_asked_and_for_a_while(session: Session) -> None:
    from registry.people.commands import add_person

    def send(key: str, digest: str = "d", alike_for: timedelta | None = None, user: int = 1) -> int:
        once = Once(user, "people.add_person", key * 32, digest * 64, alike_for)
        args = {"entrant": factories.entrant(), "unit_id": factories.unit(session).id}
        return int(run_once(SYSTEM, add_person, once, lambda p: f"/persons/{p.id}", kwargs=args).id)

    first = send("a")
    send("b")
    with pytest.raises(AlreadySavedError) as again:
        send("c", alike_for=timedelta(minutes=30))
    assert again.value.same is False
    assert again.value.location != f"/persons/{first}", "the latest one is shown"
    send("c", digest="e", alike_for=timedelta(minutes=30))
    send("c", alike_for=timedelta(minutes=30), user=2)
    # A while later it is a new record.
    send("d", alike_for=timedelta(0))


def test_writes_of_many_threads_follow_one_another(app: Flask, session: Session) -> None:
    """Six threads add users; every entry has its own number and nothing is lost."""
    before = session.get_one(Clock, 1).seq
    unit_id = factories.unit(session).id
    session.rollback()
    failed: list[BaseException] = []

    def work(name: str) -> None:
        with app.app_context():
            try:
                for n in range(5):
                    unit = db.session.get_one(Unit, unit_id)
                    run(
                        SYSTEM,
                        accounts.add_user,
                        username=f"{name}{n}",
                        name=name,
                        password_hash="x",
                        unit=unit,
                    )
            except BaseException as error:
                failed.append(error)

    threads = [threading.Thread(target=work, args=(f"t{i}-",)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    session.rollback()
    assert session.get_one(Clock, 1).seq == before + 30
    assert session.execute(select(func.count()).select_from(User)).scalar_one() == 30


def test_the_journal_time_never_goes_back(session: Session) -> None:
    late = session.get_one(Clock, 1).at + timedelta(days=25_000)
    session.rollback()
    with db.engine.begin() as connection:
        connection.execute(update(Clock).values(at=late))
    factories.person(session)
    assert last_entry(session).at == late
