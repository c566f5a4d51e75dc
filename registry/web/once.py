"""What a page found out is not looked for again while it cannot have changed."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

T = TypeVar("T")

# Beyond this many answers all are forgotten.
MOST_ANSWERS = 1_000
_UNKNOWN = object()
_answers: dict[Hashable, Any] = {}


def once(key: Hashable | None, find: Callable[[], T], lasts: Callable[[T], bool] = lambda _answer: True) -> T:
    """What `find` gives: found once per key, and every time without a key or while the answer does not last.

    The key names everything the answer depends on. What is read of units and types depends on the entry that
    changed them last (`journal.catalogue`), which no two databases have in common, whichever process wrote.
    """
    if key is None:
        return find()
    answer: Any = _answers.get(key, _UNKNOWN)
    if answer is _UNKNOWN:
        answer = find()
        if not lasts(answer):
            return answer  # type: ignore[no-any-return]
        if len(_answers) >= MOST_ANSWERS:
            _answers.clear()
        _answers[key] = answer
    return answer  # type: ignore[no-any-return]
