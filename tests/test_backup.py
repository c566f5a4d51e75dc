"""Backup and restore: every byte checked, either engine, keys apart."""

from __future__ import annotations

import json
import os
import shutil
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, inspect, select
from sqlalchemy.orm import Session

from registry.core import backup, journal
from registry.core.db import Base, db
from registry.core.engines import write_options
from registry.core.secrets import Keys, current_keys, use_keys
from registry.people.models import Person, PersonIdentifier
from registry.training.models import Course
from tests import certificates, factories, training
from tests.databases import build_app
from tests.test_cli import flask


def take(path: Path) -> int:
    with db.engine.connect() as connection, connection.begin():
        return backup.write_backup(
            connection, path, revision="0001", fingerprints=current_keys().fingerprints()
        )


def put_back(path: Path, **more: object) -> backup.Restored:
    told = {"revision": "0001", "fingerprints": current_keys().fingerprints(), **more}
    with db.engine.connect() as connection:
        connection = connection.execution_options(**write_options(db.engine.dialect.name))
        with connection.begin():
            return backup.restore_backup(connection, path, **told)  # type: ignore[arg-type]


def empty_database() -> None:
    """As a migrated database before its first write."""
    with db.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            for table in ("journal_entry", "journal_line"):
                connection.exec_driver_sql(f"DROP TRIGGER {table}_no_delete")
            connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        else:
            connection.exec_driver_sql("SET session_replication_role = replica")
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())


def test_a_restored_database_is_the_same(app: Flask, session: Session, tmp_path: Path) -> None:
    factories.persons(session, 30)
    numbers = sorted(session.execute(select(PersonIdentifier.value)).scalars())
    session.rollback()
    rows = take(tmp_path / "a.zip")
    empty_database()
    done = put_back(tmp_path / "a.zip")
    assert (done.rows, done.missing_keys) == (rows, [])
    assert sorted(session.execute(select(PersonIdentifier.value)).scalars()) == numbers
    assert journal.verify(session) is None
    person = factories.person(session)  # The counter of ids goes on where it stood.
    assert person.id > session.execute(select(func.max(Person.id)).where(Person.id != person.id)).scalar_one()


OTHER = {"sqlite": "postgresql", "postgresql": "sqlite"}


def tables_in(path: Path) -> dict[str, object]:
    """Rows and digest of every table of a backup."""
    with zipfile.ZipFile(path) as archive:
        return dict(json.loads(archive.read("manifest.json"))["tables"])


@pytest.mark.parametrize("other", [True, False], ids=["other engine", "same engine"])
def test_the_commands_carry_everything_to_an_empty_database(
    app: Flask,
    session: Session,
    engine_name: str,
    empty_database: Callable[[str], str],
    tmp_path: Path,
    other: bool,
) -> None:
    """Backed up here, restored there, backed up there: every table has the same rows and digest."""
    held = certificates.issued(session, factories.persons(session, 12))
    name = training.course(session, title="𠮷㛃 – 김민준").title
    session.rollback()
    one, two = tmp_path / "one.zip", tmp_path / "two.zip"
    assert flask(app, "backup", one).exit_code == 0
    shutil.copytree(app.config["INSTANCE"] / "keys", tmp_path / "there" / "keys")
    there = build_app(empty_database(OTHER[engine_name] if other else engine_name), str(tmp_path / "there"))
    try:
        done = flask(there, "restore", one)
        assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "The journal verifies.")
        assert flask(there, "backup", two).exit_code == 0
        assert tables_in(two) == tables_in(one)
        assert len(tables_in(one)) >= 30
        for words in (("journal", "verify"), ("indicators", "verify")):
            assert flask(there, *words).exit_code == 0
        shown = json.loads(flask(there, "indicators", "show", "rescuers_first", "--json").stdout)
        assert shown["value"] == len(held)
        with there.app_context():
            assert name in db.session.execute(select(Course.title)).scalars().all()
            added = factories.person(db.session())
            assert added.id > max(
                db.session.execute(select(Person.id).where(Person.id != added.id)).scalars()
            )
        again = flask(there, "restore", one)
        assert again.exit_code == 1
        assert "not empty" in again.stderr
        assert flask(there, "journal", "verify").exit_code == 0
    finally:
        with there.app_context():
            db.engine.dispose()


def test_a_damaged_file_is_refused_before_the_database_is_touched(
    app: Flask, session: Session, engine_name: str, empty_database: Callable[[str], str], tmp_path: Path
) -> None:
    factories.persons(session, 20)
    session.rollback()
    flask(app, "backup", tmp_path / "a.zip")
    data = bytearray((tmp_path / "a.zip").read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "hurt.zip").write_bytes(data)
    shutil.copytree(app.config["INSTANCE"] / "keys", tmp_path / "there" / "keys")
    there = build_app(empty_database(engine_name), str(tmp_path / "there"))
    result = flask(there, "restore", tmp_path / "hurt.zip")
    assert result.exit_code == 1
    assert result.stderr == "Not restored: the file is damaged or is not a backup.\n"
    with there.app_context():
        assert inspect(db.engine).get_table_names() == []
        db.engine.dispose()


def test_without_its_keys_a_restored_database_says_which_are_missing(
    app: Flask, session: Session, engine_name: str, empty_database: Callable[[str], str], tmp_path: Path
) -> None:
    factories.person(session)
    session.rollback()
    flask(app, "backup", tmp_path / "a.zip")
    kept = current_keys()
    there = build_app(empty_database(engine_name), str(tmp_path / "there"))
    try:
        result = flask(there, "restore", tmp_path / "a.zip")
        assert result.exit_code == 0
        assert "digest, field, index, journal, session" in result.stdout
        assert "flask keys import" in result.stdout
        assert flask(there, "init").exit_code == 2, "new keys would hide the values for ever"
    finally:
        use_keys(kept)
        with there.app_context():
            db.engine.dispose()


def test_a_backup_that_cannot_be_written_is_a_sentence(app: Flask, tmp_path: Path) -> None:
    result = flask(app, "backup", tmp_path / "not there" / "a.zip")
    assert result.exit_code == 1
    assert result.stderr.startswith("Not backed up: ")
    assert flask(app, "backup", tmp_path / "a.zip").exit_code == 0
    assert [file.name for file in tmp_path.iterdir()] == ["a.zip"]
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "a.zip").stat().st_mode) == 0o600


def test_numbers_stand_encrypted_in_the_file(app: Flask, session: Session, tmp_path: Path) -> None:
    factories.persons(session, 5)
    numbers = session.execute(select(PersonIdentifier.value)).scalars().all()
    session.rollback()
    take(tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert numbers
    assert not [n for n in numbers if n.encode() in everything]


def test_a_damaged_file_is_refused(app: Flask, session: Session, tmp_path: Path) -> None:
    factories.persons(session, 20)
    session.rollback()
    path = tmp_path / "a.zip"
    take(path)
    data = bytearray(path.read_bytes())
    for place in range(100, len(data), len(data) // 25):
        hurt = bytearray(data)
        hurt[place] ^= 0xFF
        (tmp_path / "hurt.zip").write_bytes(hurt)
        try:
            backup.read_manifest(tmp_path / "hurt.zip")
        except backup.BackupError:
            continue
        # A byte of the archive's own index may not matter; what is read must then be what was written.
        assert backup.read_manifest(tmp_path / "hurt.zip") == backup.read_manifest(path)
    (tmp_path / "cut.zip").write_bytes(data[: len(data) // 2])
    with pytest.raises(backup.BackupError):
        backup.read_manifest(tmp_path / "cut.zip")


def test_only_an_empty_database_takes_a_backup(app: Flask, session: Session, tmp_path: Path) -> None:
    session.rollback()
    take(tmp_path / "a.zip")
    with pytest.raises(backup.BackupError, match="not empty"):
        put_back(tmp_path / "a.zip")
    with pytest.raises(backup.BackupError, match="version"):
        put_back(tmp_path / "a.zip", revision="9999")


def test_missing_keys_are_named(app: Flask, session: Session, tmp_path: Path) -> None:
    session.rollback()
    take(tmp_path / "a.zip")
    empty_database()
    other = Keys.create().fingerprints() | {"session": current_keys().fingerprints()["session"]}
    assert put_back(tmp_path / "a.zip", fingerprints=other).missing_keys == [
        "digest",
        "field",
        "index",
        "journal",
    ]


def test_exported_keys_need_their_passphrase(app: Flask) -> None:
    text = current_keys().export("correct horse battery")
    assert Keys.read_export(text, "correct horse battery") == current_keys()
    with pytest.raises(ValueError, match="wrong passphrase"):
        Keys.read_export(text, "another horse battery")
