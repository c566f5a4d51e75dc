"""`flask import KIND FILE --as USER`: lists of every kind, each file as one write or not at all."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from flask import Flask
from flask_babel import force_locale

from registry.accounts.imports import UnitNames
from registry.accounts.queries import actor_for, user_by_name
from registry.cli.imports.files import import_file
from registry.cli.imports.kinds import KINDS, Asked
from registry.cli.refusals import NOT_SET_UP, fail, reach_database
from registry.core import clock
from registry.core.db import db
from registry.core.errors import RuleError
from registry.core.sheets import UPLOAD
from registry.training.imports_courses import read_course_number
from registry.web.setup import is_ready


def columns(kind: str) -> list[dict[str, Any]]:
    """The columns of a kind: key, Chinese header, other accepted headers, and whether it is required."""
    what = KINDS[kind]
    return [
        {"key": key, "header": named[0], "aliases": list(named[1:]), "required": key in what.required}
        for key, named in what.headers.items()
    ]


def listing() -> Iterator[str]:
    """The kinds and their columns, one line each."""
    for kind in KINDS:
        yield kind
        for column in columns(kind):
            mark = "*" if column["required"] else " "
            yield f"  {mark} {column['header']} = {', '.join([column['key'], *column['aliases']])}"


def _asked(username: str, kind: str, file: Path, unit: str | None, course: str | None) -> tuple[Asked, str]:
    """Who imports what, and in which language they are told."""
    reach_database()
    if not is_ready():
        fail(NOT_SET_UP, 2)
    session = db.session()
    user = user_by_name(session, username)
    if user is None or not user.active:
        raise click.UsageError(f"There is no active user {username}.")
    today = clock.today()
    actor = actor_for(session, user, today)
    unit_id = None
    if unit is not None:
        try:
            scope = actor.scope(KINDS[kind].permission)
            unit_id = UnitNames.load(session, scope, today).find(unit)
        except RuleError:
            raise click.UsageError(f"No unit within the reach of {username} has the code {unit}.") from None
    try:
        number = read_course_number(course) if course else None
    except RuleError as error:
        raise click.UsageError(str(error)) from None
    return Asked(session, actor, today, file.name, unit_id, number), user.locale


def _read(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(UPLOAD + 1)  # One byte more than is accepted tells that it is too large.


def install(app: Flask) -> None:
    """Add the command."""

    @app.cli.command("import")
    @click.argument("kind", metavar="KIND", type=click.Choice(list(KINDS)), required=False)
    @click.argument(
        "file",
        metavar="FILE",
        type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path),
        required=False,
    )
    @click.option("--as", "username", metavar="USER", help="Whose rights and reach apply.")
    @click.option("--unit", metavar="CODE", help="The unit of rows that name none.")
    @click.option("--course", metavar="NUMBER", help="The course of rows that name none.")
    @click.option("--dry-run", is_flag=True, help="Check, say what would happen, and save nothing.")
    @click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
    @click.option("--list", "told", is_flag=True, help="Print the kinds and their columns.")
    def import_(
        kind: str | None,
        file: Path | None,
        username: str | None,
        unit: str | None,
        course: str | None,
        dry_run: bool,
        as_json: bool,
        told: bool,
    ) -> None:
        """Take in a list (.xlsx, .xls, .et or .csv) as a whole, or refuse it with everything that is wrong.

        The exit code is 0 when it was taken in, 1 when it was refused, 2 when the command makes no sense.
        """
        if told:
            if as_json:
                click.echo(json.dumps({name: columns(name) for name in KINDS}))
            else:
                click.echo("\n".join(listing()))
            return
        if kind is None or file is None or username is None:
            raise click.UsageError("Name KIND, FILE and --as USER; `flask import --list` tells the kinds.")
        asked, locale = _asked(username, kind, file, unit, course)
        with force_locale(locale):
            report = import_file(kind, _read(file), asked, dry_run=dry_run)
            if as_json:
                click.echo(report.as_json())
            else:
                for line in report.lines():
                    click.echo(line, err=True)
                click.echo(report.sentence(), err=bool(report.errors))
        if report.errors:
            sys.exit(1)
