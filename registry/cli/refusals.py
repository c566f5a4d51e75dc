"""Every command ends with its result or with one sentence, in whatever state the installation is."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import Any, NoReturn

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy.exc import DBAPIError

from registry.core.db import db
from registry.core.engines import is_file, translate
from registry.core.errors import BusyError, ForbiddenError, RuleError, StorageError
from registry.web.setup import is_ready

NOT_SET_UP = "The registry is not set up, or its keys are missing: run `flask --app app init` first."
# These make the set-up themselves, or say on their own what they miss.
BEFORE_INIT = frozenset({"init", "restore", "import", "keys export", "keys import"})
# The database is not opened for them.
WITHOUT_DATABASE = frozenset({"import", "keys import", "keys export"})  # `import` opens it when it has to.


def fail(sentence: object, code: int = 1) -> NoReturn:
    """Print one sentence and end: 1 when something was refused, 2 when the command makes no sense here."""
    click.echo(str(sentence), err=True)
    sys.exit(code)


def guard(command: click.Command, name: str) -> None:
    """Let a command, and every command of a group, refuse in words."""
    if isinstance(command, click.Group):
        for part, below in command.commands.items():
            guard(below, f"{name} {part}")
    elif command.callback is not None and not hasattr(command.callback, "refuses_in_words"):
        command.callback = _in_words(command.callback, name)


def _in_words(callback: Callable[..., Any], name: str) -> Callable[..., Any]:
    @wraps(callback)
    def spoken(*args: Any, **kwargs: Any) -> Any:
        try:
            if name not in WITHOUT_DATABASE:
                reach_database()
            if name not in BEFORE_INIT and not is_ready():
                fail(NOT_SET_UP, 2)
            return callback(*args, **kwargs)
        except (RuleError, BusyError, StorageError) as error:
            fail(error)
        except ForbiddenError:
            fail("The role does not allow this. Nothing was saved.")
        except DBAPIError as error:
            known = translate(error)
            if known is error:
                raise  # A defect of ours; whoever mends it needs to see where it is.
            fail(known)
        except OSError as error:
            fail(f"{error.filename or 'A file'}: {error.strerror or error}. Nothing was changed.")

    spoken.refuses_in_words = True  # type: ignore[attr-defined]
    return with_appcontext(spoken)


def reach_database() -> None:
    """Refuse when the database does not answer. A SQLite file that is not there yet will be made."""
    url = db.engine.url
    if is_file(db.engine) and current_app.config["SECRET_KEY"] is None:
        return
    try:
        with db.engine.connect():
            pass
    except DBAPIError:
        place = f"{url.host or url.query.get('host') or url.database}"
        fail(
            f"The database at {place} does not answer. Nothing was changed; check that it runs, that "
            "DATABASE_URL names it, and that this user may open it."
        )
