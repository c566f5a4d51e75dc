"""`flask journal`, `flask backup`, `flask restore`, `flask keys`."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path
from typing import IO

import click
from flask import Flask, current_app
from flask.cli import AppGroup
from sqlalchemy import select, text

from registry.cli import setup
from registry.cli.refusals import NOT_SET_UP, fail
from registry.core import backup, journal, secrets
from registry.core.db import db
from registry.core.engines import write_options
from registry.core.journal import Clock, JournalEntry


def _fingerprints() -> dict[str, str]:
    try:
        return secrets.Keys.load(current_app.config["INSTANCE"] / "keys").fingerprints()
    except FileNotFoundError:
        return {}


def _revision() -> str:
    with db.engine.connect() as connection:
        return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one())


def _anchors(
    _context: click.Context, parameter: click.Parameter, lines: tuple[str, ...]
) -> list[tuple[int, str]]:
    found = [re.fullmatch(r"(\d{1,18})(?: \S+)? ([0-9a-f]{64})", line.strip()) for line in lines]
    if None in found:
        raise click.BadParameter("give the line as `flask journal head` printed it.", param=parameter)
    return [(int(line[1]), line[2]) for line in found if line is not None]


def _hash_of(seq: int) -> str | None:
    return db.session.execute(select(JournalEntry.hash).where(JournalEntry.seq == seq)).scalar()


def install(app: Flask) -> None:
    """Add the commands."""
    journal_group = AppGroup(
        "journal", help="Check the chain of the journal, or print what to anchor outside."
    )
    app.cli.add_command(journal_group)

    @journal_group.command("verify")
    @click.option(
        "--anchor",
        "anchors",
        multiple=True,
        callback=_anchors,
        metavar="LINE",
        help="A line that `flask journal head` printed earlier; the journal must still lead through it.",
    )
    def verify(anchors: list[tuple[int, str]]) -> None:
        """Recompute the whole chain and name the first broken entry."""
        broken = journal.verify(db.session())
        if broken is not None:
            fail(f"Broken at entry {broken.seq}: {broken.reason}.")
        for seq, head in anchors:
            if _hash_of(seq) != head:
                fail(f"Broken at entry {seq} or before: it is not the one that was anchored.")
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
        partial = file.with_name(file.name + ".partial")
        try:
            partial.unlink(missing_ok=True)
            partial.touch(mode=0o600)  # Names stand in it in clear: nobody else on this machine reads it.
            with db.engine.connect() as connection, connection.begin():
                rows = backup.write_backup(
                    connection, file, revision=_revision(), fingerprints=_fingerprints()
                )
        except OSError as error:
            fail(f"Not backed up: {file} cannot be written ({error.strerror or error}).")
        finally:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
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
            fail(f"Not restored: {error}.")
        click.echo(f"{done.rows} rows in {done.tables} tables restored.")
        if done.missing_keys:
            click.echo(
                f"The keys {', '.join(done.missing_keys)} of this installation are not those of the backup: "
                "encrypted values cannot be read until `flask keys import` brings them back."
            )
            return
        broken = journal.verify(db.session())
        click.echo(
            "The journal verifies." if broken is None else f"The journal is broken at entry {broken.seq}."
        )

    keys_group = AppGroup("keys", help="Carry the keys of this installation under a passphrase.")
    app.cli.add_command(keys_group)

    @keys_group.command("export")
    @click.option(
        "--passphrase", envvar="REGISTRY_PASSPHRASE", prompt=True, hide_input=True, confirmation_prompt=True
    )
    def export(passphrase: str) -> None:
        """Print the keys, encrypted under a passphrase. Keep it apart from the backups."""
        if len(passphrase) < 12:
            fail("The passphrase needs at least 12 characters. Nothing was printed.")
        try:
            keys = secrets.Keys.load(current_app.config["INSTANCE"] / "keys")
        except FileNotFoundError:
            fail(NOT_SET_UP, 2)
        click.echo(keys.export(passphrase))

    @keys_group.command("import")
    @click.argument("file", type=click.File("r", encoding="utf-8"))
    @click.option("--passphrase", envvar="REGISTRY_PASSPHRASE", prompt=True, hide_input=True)
    def import_(file: IO[str], passphrase: str) -> None:
        """Write exported keys into an installation that has none."""
        folder = current_app.config["INSTANCE"] / "keys"
        if (folder / "keys.json").exists():
            fail("This installation has keys already; they are never overwritten. Nothing was changed.")
        try:
            keys = secrets.Keys.read_export(str(file.read()).strip(), passphrase)
        except (ValueError, TypeError):
            fail("Not imported: wrong passphrase, or the file is damaged. Nothing was changed.")
        keys.save(folder)
        click.echo("Keys written.")
