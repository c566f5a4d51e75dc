"""What a page found out is not looked for again while nothing was written."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")

# Beyond this many answers all are forgotten.
MOST_ANSWERS = 1_000
_UNKNOWN = object()
_answers: dict[Hashable, Any] = {}


def once(key: Hashable | None, find: Callable[[], T]) -> T:
    """What `find` gives: found once per key, and every time without a key.

    The key names everything the answer depends on. What is read from the database depends on the head of
    the journal, which no two states of a database have in common, whichever process wrote them.
    """
    if key is None:
        return find()
    answer: Any = _answers.get(key, _UNKNOWN)
    if answer is _UNKNOWN:
        answer = find()
        if len(_answers) >= MOST_ANSWERS:
            _answers.clear()
        _answers[key] = answer
    return answer  # type: ignore[no-any-return]
