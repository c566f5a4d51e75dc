"""`flask journal`, `flask backup`, `flask restore`, `flask keys`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import IO

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy import text

from registry.cli import setup
from registry.core import backup, journal, secrets
from registry.core.db import db
from registry.core.engines import write_options
from registry.core.journal import Clock


def _fingerprints() -> dict[str, str]:
    try:
        return secrets.Keys.load(current_app.config["INSTANCE"] / "keys").fingerprints()
    except FileNotFoundError:
        return {}


def _revision() -> str:
    with db.engine.connect() as connection:
        return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())


def _fail(sentence: str) -> None:
    click.echo(sentence, err=True)
    sys.exit(1)


def install(app: Flask) -> None:
    """Add the commands."""
    journal_group = AppGroup(
        "journal", help="Check the chain of the journal, or print what to anchor outside."
    )
    app.cli.add_command(journal_group)

    @journal_group.command("verify")
    def verify() -> None:
        """Recompute the whole chain and name the first broken entry."""
        broken = journal.verify(db.session())
        if broken is not None:
            _fail(f"Broken at entry {broken.seq}: {broken.reason}.")
        clock = db.session.get(Clock, 1)
        assert clock is not None
        click.echo(f"All {clock.seq} entries are as they were written.")

    @journal_group.command("head")
    def head() -> None:
        """Print number, time and hash of the last entry, to be kept outside this machine."""
        clock = db.session.get(Clock, 1)
        assert clock is not None
        click.echo(f"{clock.seq} {clock.at.isoformat()} {clock.head}")

    @app.cli.command("backup")
    @click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
    def make_backup(file: Path) -> None:
        """Write a checksummed backup while the site runs. It holds no key: see `flask keys export`."""
        with db.engine.connect() as connection, connection.begin():
            rows = backup.write_backup(connection, file, revision=_revision(), fingerprints=_fingerprints())
        click.echo(f"{rows} rows written to {file.name}.")

    @app.cli.command("restore")
    @click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
    def restore(file: Path) -> None:
        """Restore a backup into an empty database of either engine."""
        try:
            backup.read_manifest(file)  # A damaged file is refused before anything is touched.
            setup.migrate()
            with db.engine.connect() as connection:
                connection = connection.execution_options(**write_options(db.engine.dialect.name))
                with connection.begin():
                    done = backup.restore_backup(
                        connection, file, revision=_revision(), fingerprints=_fingerprints()
                    )
        except backup.BackupError as error:
            return _fail(f"Not restored: {error}.")
        click.echo(f"{done.rows} rows in {done.tables} tables restored.")
        if done.missing_keys:
            click.echo(
                f"The keys {', '.join(done.missing_keys)} of this installation are not those of the backup: "
                "encrypted values cannot be read until `flask keys import` brings them back."
            )
            return None
        broken = journal.verify(db.session())
        click.echo(
            "The journal verifies." if broken is None else f"The journal is broken at entry {broken.seq}."
        )
        return None

    keys_group = AppGroup("keys", help="Carry the keys of this installation under a passphrase.")
    app.cli.add_command(keys_group)

    @keys_group.command("export")
    @click.option(
        "--passphrase", envvar="REGISTRY_PASSPHRASE", prompt=True, hide_input=True, confirmation_prompt=True
    )
    def export(passphrase: str) -> None:
        """Print the keys, encrypted under a passphrase. Keep it apart from the backups."""
        if len(passphrase) < 12:
            _fail("The passphrase needs at least 12 characters. Nothing was printed.")
        click.echo(secrets.Keys.load(current_app.config["INSTANCE"] / "keys").export(passphrase))

    @keys_group.command("import")
    @click.argument("file", type=click.File("r", encoding="utf-8"))
    @click.option("--passphrase", envvar="REGISTRY_PASSPHRASE", prompt=True, hide_input=True)
    def import_(file: IO[str], passphrase: str) -> None:
        """Write exported keys into an installation that has none."""
        folder = current_app.config["INSTANCE"] / "keys"
        if (folder / "keys.json").exists():
            _fail("This installation has keys already; they are never overwritten. Nothing was changed.")
        try:
            secrets.Keys.read_export(str(file.read()).strip(), passphrase).save(folder)
        except ValueError as error:
            _fail(f"Not imported: {error}.")
        click.echo("Keys written.")
