"""A file is checked and taken in, or refused with everything that is wrong in it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from flask_babel import gettext as _

from registry.cli.imports.kinds import KINDS, Asked, Kind
from registry.core.errors import BusyError, ForbiddenError, RecordNotFoundError, RuleError, StorageError
from registry.core.i18n import N_, Message
from registry.core.imports import Imported, ListFile, ListRefusedError, RowError, read_list, row_error
from registry.core.scope import Actor
from registry.core.write import Command, Write, run
from registry.web.locale import translate

FORBIDDEN = N_(
    "Your roles do not allow this import. Nothing was saved; ask an administrator to do it or to give you "
    "the role."
)
OUT_OF_REACH = N_(
    "A unit or course of the list is no longer within your reach. Nothing was saved; import the file again."
)


@dataclass(frozen=True)
class Report:
    """What came of a file. `errors` are (row, header, reason); with any of them nothing was saved."""

    kind: str
    file: str
    dry_run: bool
    rows: int
    done: Imported
    errors: list[tuple[int | None, str | None, str]]

    def as_json(self) -> str:
        """The report in ASCII, so that it is the same on every terminal."""
        told = {
            "kind": self.kind,
            "file": self.file,
            "dry_run": self.dry_run,
            "rows": self.rows,
            "saved": self.done.saved,
            "known": self.done.known,
            "errors": [{"row": row, "column": column, "reason": why} for row, column, why in self.errors],
        }
        return json.dumps(told)

    def sentence(self) -> str:
        """What happened, whether anything was saved, and what to do."""
        told = {"file": self.file, "saved": self.done.saved, "known": self.done.known}
        if self.errors:
            return str(
                _(
                    "%(file)s is refused; errors: %(count)s. Nothing was saved; "
                    "correct them and import the file again.",
                    file=self.file,
                    count=len(self.errors),
                )
            )
        if not self.done.saved:
            return str(_("Everything in %(file)s is recorded already; importing it has no effect.", **told))
        if self.dry_run:
            return str(
                _(
                    "%(file)s is in order. Rows that would be saved: %(saved)s, recorded already: %(known)s. "
                    "Nothing was saved.",
                    **told,
                )
            )
        return str(_("%(file)s is imported. Rows saved: %(saved)s, recorded already: %(known)s.", **told))

    def lines(self) -> Iterator[str]:
        """One line for each error."""
        for row, column, reason in self.errors:
            if row is None:
                yield reason
            elif column is None:
                yield str(_("Row %(row)s: %(reason)s", row=row, reason=reason))
            else:
                yield str(_("Row %(row)s, %(column)s: %(reason)s", row=row, column=column, reason=reason))


class _RehearsedError(Exception):
    """Ends a rehearsed command, so that all it did is taken back."""

    def __init__(self, result: Any) -> None:
        super().__init__()
        self.result = result


def rehearse(actor: Actor, verb: Command[Any, Any], given: Mapping[str, Any]) -> Any:
    """Run a command and take back everything it did; its result, or what it raises."""

    def trial(w: Write, /, **values: Any) -> NoReturn:
        result = verb(w, **values)
        w.session.flush()
        raise _RehearsedError(result)

    try:
        run(actor, Command(trial, verb.permission), **given)
    except _RehearsedError as rehearsed:
        return rehearsed.result
    raise AssertionError("a rehearsal ends by its own exception")


def import_file(kind: str, data: bytes, asked: Asked, *, dry_run: bool) -> Report:
    """Check a file and take it in as one write, or refuse it as a whole."""
    what = KINDS[kind]
    rows, done = 0, Imported(0)
    headers: dict[str, str] = {}
    errors: list[RowError] = []
    try:
        listed = read_list(data, asked.file, what.headers, what.required_for(asked))
        rows, headers = len(listed.rows), listed.headers
        errors, result = _take_in(what, listed, asked, dry_run)
        if not errors:
            done = what.told(result)
    except (RuleError, BusyError, StorageError, ForbiddenError, RecordNotFoundError) as error:
        errors = [RowError(None, None, _message(error))]
    shown = [(wrong.row, _header(what, headers, wrong.column), translate(wrong.message)) for wrong in errors]
    return Report(kind, asked.file, dry_run, rows, done, shown)


def _take_in(what: Kind, listed: ListFile, asked: Asked, dry_run: bool) -> tuple[list[RowError], Any]:
    """What is wrong with the list, and what the command gave back.

    When rows are wrong, the others are rehearsed all the same, so that one run tells every error.
    """
    verb, given = what.prepare(asked, listed, asked.actor.scope(what.permission))
    wrong, result = listed.errors, None
    try:
        if wrong or dry_run:
            result = rehearse(asked.actor, verb, given)
        else:
            result = run(asked.actor, verb, **given)
    except ListRefusedError as refused:
        wrong += refused.errors
    except RuleError as error:
        wrong.append(row_error(error))
    place = {key: number for number, key in enumerate(what.headers, start=1)}
    return sorted(wrong, key=lambda e: (e.row or 0, place.get(e.column or "", 0))), result


def _header(what: Kind, headers: Mapping[str, str], column: str | None) -> str | None:
    """A column as the file calls it, or as it would be called."""
    if column is None or column not in what.headers:
        return None
    return headers.get(column, what.headers[column][0])


def _message(error: Exception) -> Message:
    if isinstance(error, RuleError):
        return error.message
    if isinstance(error, ForbiddenError):
        return Message(FORBIDDEN)
    if isinstance(error, RecordNotFoundError):
        return Message(OUT_OF_REACH)
    return Message(str(error))
