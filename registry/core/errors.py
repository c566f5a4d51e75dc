"""How a refusal is said. There are no error codes and no None for "not found"."""

from __future__ import annotations

from typing import Any

from registry.core.i18n import N_, Message


class RuleError(Exception):
    """A rule refuses what was asked. Nothing was saved.

    `message` is English marked with N_ and is translated where it is shown; `field` names the form
    field (or import column) it belongs to; keyword parameters fill the placeholders.
    """

    def __init__(self, message: str, field: str | None = None, **params: Any) -> None:
        super().__init__(message)
        self.message = Message(message, params)
        self.field = field

    def __str__(self) -> str:
        return str(self.message)


class RecordNotFoundError(Exception):
    """The record does not exist, or lies outside the reach of who asks; the two are not told apart."""


class ForbiddenError(Exception):
    """The role does not carry the permission."""


class BusyError(Exception):
    """Another write held the database for too long. Nothing was saved; the same request may be sent again."""


class StorageError(Exception):
    """The database could not write, for example because the disk is full. Nothing was saved."""


class AlreadySavedError(Exception):
    """The same form was sent before. `location` is where the first result is; nothing new was saved."""

    def __init__(self, location: str, *, same: bool) -> None:
        super().__init__(location)
        self.location = location
        self.same = same


BUSY = N_("Someone else was saving at the same moment. Nothing was saved; please try again.")
