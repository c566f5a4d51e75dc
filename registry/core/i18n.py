"""Messages are marked here and translated where they are shown, so that core needs no web framework."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


def N_(text: str) -> str:
    """Mark an English message for extraction; it is translated later, where it is shown."""
    return text


@dataclass(frozen=True)
class Message:
    """An English message with its parameters, translated where it is shown.

    A parameter may itself be a Message and is then translated first. A dict of parameters keeps
    `%(name)s` placeholders apart from the text, so one msgid serves every value.
    """

    text: str
    params: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """The English text; logs and tests read it, pages use the translation."""
        return (
            self.text % {key: str(value) for key, value in self.params.items()} if self.params else self.text
        )
