"""A backup is one zip file: a manifest and one file of JSON lines per table, each with its digest.

It is taken from one consistent snapshot while the site runs, holds ciphertext as stored, and never
the keys: the manifest carries their fingerprints. It can be restored into an empty database of
either engine. Record ids come from the clock row, so there is no sequence to set.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Column, Connection, Date, DateTime, MetaData, Table, func, insert, select
from sqlalchemy.types import TypeDecorator, TypeEngine

from registry.core.db import Base

FORMAT = 1
BATCH = 2_000
# What runs the site is not part of a backup: nobody is signed in after a restore.
LEFT_OUT = frozenset({"web_session", "throttle", "form_key"})


# What reading a zip file raises when a byte of it is wrong.
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    KeyError,
    OSError,
    EOFError,
    ValueError,
    NotImplementedError,
    RuntimeError,
)


class BackupError(Exception):
    """The file cannot be restored; nothing was changed."""


@dataclass(frozen=True)
class Restored:
    """What a restore brought back."""

    rows: int
    tables: int
    missing_keys: list[str]


def _raw_type(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    return kind.impl_instance if isinstance(kind, TypeDecorator) else kind


def raw_tables() -> list[Table]:
    """The tables in order of dependence, with columns as stored: ciphertext stays ciphertext."""
    metadata = MetaData()
    return [
        Table(table.name, metadata, *(Column(c.name, _raw_type(c.type)) for c in table.columns))
        for table in Base.metadata.sorted_tables
        if table.name not in LEFT_OUT
    ]


def _told(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value


def _lines(connection: Connection, table: Table) -> Iterator[bytes]:
    order = [table.c[c.name] for c in Base.metadata.tables[table.name].primary_key.columns]
    rows = connection.execution_options(yield_per=BATCH).execute(select(table).order_by(*order))
    for row in rows:
        yield json.dumps([_told(v) for v in row], ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def write_backup(connection: Connection, path: Path, *, revision: str, fingerprints: dict[str, str]) -> int:
    """Write a backup of the snapshot the connection reads; returns the number of rows."""
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "revision": revision,
        "made_at": datetime.now(UTC).isoformat(),
        "keys": fingerprints,
        "tables": {},
    }
    partial = path.with_name(path.name + ".partial")
    total = 0
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for table in raw_tables():
            digest, count = hashlib.sha256(), 0
            with archive.open(f"{table.name}.jsonl", "w", force_zip64=True) as file:
                for line in _lines(connection, table):
                    digest.update(line)
                    file.write(line)
                    count += 1
            manifest["tables"][table.name] = {
                "columns": [c.name for c in table.columns],
                "rows": count,
                "sha256": digest.hexdigest(),
            }
            total += count
        text = json.dumps(manifest, sort_keys=True, indent=1)
        archive.writestr("manifest.json", text)
        archive.writestr("manifest.sha256", hashlib.sha256(text.encode()).hexdigest())
    partial.replace(path)
    return total


def read_manifest(path: Path) -> dict[str, Any]:
    """The manifest of a backup whose every byte was checked; BackupError for a damaged file."""
    try:
        with zipfile.ZipFile(path) as archive:
            text = archive.read("manifest.json").decode("utf-8")
            if hashlib.sha256(text.encode()).hexdigest() != archive.read("manifest.sha256").decode("ascii"):
                raise BackupError("the manifest was changed")
            manifest: dict[str, Any] = json.loads(text)
            for name, told in manifest["tables"].items():
                digest = hashlib.sha256()
                with archive.open(f"{name}.jsonl") as file:
                    for block in iter(lambda: file.read(1 << 20), b""):
                        digest.update(block)
                if digest.hexdigest() != told["sha256"]:
                    raise BackupError(f"{name} was changed")
    except DAMAGED as error:
        raise BackupError("the file is damaged or is not a backup") from error
    if manifest["format"] != FORMAT:
        raise BackupError("the backup was made by another version of the format")
    return manifest


def _parse(kind: TypeEngine[Any], value: Any) -> Any:
    if value is None or isinstance(kind, JSON):
        return value
    if isinstance(kind, DateTime):
        return datetime.fromisoformat(value)
    if isinstance(kind, Date):
        return date.fromisoformat(value)
    return value


def is_empty(connection: Connection) -> bool:
    """Whether nothing was ever written into this database."""
    entries = Base.metadata.tables["journal_entry"]
    return connection.execute(select(func.count()).select_from(entries)).scalar_one() == 0


def restore_backup(
    connection: Connection, path: Path, *, revision: str, fingerprints: dict[str, str]
) -> Restored:
    """Restore a checked backup into an empty, migrated database within the connection's transaction."""
    manifest = read_manifest(path)
    if manifest["revision"] != revision:
        raise BackupError(
            f"the backup has the tables of version {manifest['revision']}, this program has {revision}; "
            "restore it with the version that made it, then upgrade"
        )
    if not is_empty(connection):
        raise BackupError("the database is not empty; a backup is restored into an empty one only")
    connection.execute(Base.metadata.tables["clock"].delete())
    total = 0
    with zipfile.ZipFile(path) as archive:
        for table in raw_tables():
            told = manifest["tables"][table.name]
            columns = [table.c[name] for name in told["columns"]]
            batch: list[dict[str, Any]] = []
            with archive.open(f"{table.name}.jsonl") as file:
                for line in file:
                    values = json.loads(line)
                    batch.append({c.name: _parse(c.type, v) for c, v in zip(columns, values, strict=True)})
                    if len(batch) == BATCH:
                        connection.execute(insert(table), batch)
                        total, batch = total + len(batch), []
            if batch:
                connection.execute(insert(table), batch)
                total += len(batch)
    missing = sorted(name for name, print_ in manifest["keys"].items() if fingerprints.get(name) != print_)
    return Restored(total, len(manifest["tables"]), missing)
