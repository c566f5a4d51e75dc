"""Backup and restore: every byte checked, either engine, keys apart."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.core import backup, journal
from registry.core.db import Base, db
from registry.core.engines import write_options
from registry.core.secrets import Keys, current_keys
from registry.people.models import Person, PersonIdentifier
from tests import factories


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
