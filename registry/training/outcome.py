"""What a trainee has reached, from attendance and assessment: one pure function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from registry.core.i18n import N_


class Result(StrEnum):
    """The result of a trainee. `incomplete` means that something was never recorded."""

    PASSED = "passed"
    FAILED = "failed"
    INCOMPLETE = "incomplete"
    ABSENT = "absent"


RESULT_LABELS = {
    Result.PASSED: N_("Passed"),
    Result.FAILED: N_("Failed"),
    Result.INCOMPLETE: N_("Incomplete"),
    Result.ABSENT: N_("Absent"),
}

# How a page marks a result: good, bad, wait or off.
RESULT_KINDS = {
    Result.PASSED: "good",
    Result.FAILED: "bad",
    Result.INCOMPLETE: "wait",
    Result.ABSENT: "off",
}

REASONS = {
    "nothing_marked": N_("attendance not marked"),
    "not_marked": N_("session %(session)s: attendance not marked"),
    "absent": N_("session %(session)s: %(minutes)s minutes missed"),
    "absent_total": N_("%(minutes)s minutes missed in all, at most %(limit)s may be missed"),
    "never_came": N_("did not come to any session"),
    "theory_missing": N_("theory score not recorded"),
    "theory_low": N_("theory %(score)s, at least %(needed)s is needed"),
    "items_missing": N_("practical items not recorded"),
    "item_missing": N_("%(item)s not recorded"),
    "item_failed": N_("%(item)s failed"),
}


class Rules(Protocol):
    """The thresholds of a course type version."""

    max_absent_minutes: Any
    theory_pass: Any
    practical_items: Any


class Sitting(Protocol):
    """A session as the rule sees it."""

    id: Any
    number: Any
    minutes: Any


@dataclass(frozen=True)
class Marks:
    """The assessment that holds: the theory score and each practical item, None where not recorded."""

    theory: int | None = None
    items: Mapping[str, bool | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Reason:
    """Why a result is not a pass. `params` fill the text of REASONS; an item is {name, name_en}."""

    code: str
    params: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """A result with its reasons, in the order a trainer checks them."""

    result: Result
    reasons: tuple[Reason, ...]


def outcome(version: Rules, sessions: Sequence[Sitting], minutes: Mapping[int, int], marks: Marks) -> Outcome:
    """The outcome of one trainee by the rules of the course type version.

    `minutes` is the time present by session id; a session without a mark is not in it. Nothing counts
    as present, and nothing as passed, unless it was recorded.
    """
    lost = [(s, s.minutes - minutes[s.id]) for s in sessions if s.id in minutes and minutes[s.id] < s.minutes]
    unmarked = [s for s in sessions if s.id not in minutes]
    if sessions and not unmarked and not any(minutes[s.id] for s in sessions):
        return Outcome(Result.ABSENT, (Reason("never_came"),))
    missing = [Reason("not_marked", {"session": s.number}) for s in unmarked]
    if len(unmarked) == len(sessions) > 1:
        missing = [Reason("nothing_marked")]
    failing: list[Reason] = []
    total = sum(gone for _, gone in lost)
    if total > version.max_absent_minutes:
        failing += [Reason("absent", {"session": s.number, "minutes": gone}) for s, gone in lost]
        failing.append(Reason("absent_total", {"minutes": total, "limit": version.max_absent_minutes}))
    if version.theory_pass is not None:
        if marks.theory is None:
            missing.append(Reason("theory_missing"))
        elif marks.theory < version.theory_pass:
            failing.append(Reason("theory_low", {"score": marks.theory, "needed": version.theory_pass}))
    unrecorded = []
    for item in version.practical_items:
        passed = marks.items.get(item["code"])
        told = {"item": {"name": item["name"], "name_en": item["name_en"]}}
        if passed is None:
            unrecorded.append(Reason("item_missing", told))
        elif not passed:
            failing.append(Reason("item_failed", told))
    if len(unrecorded) == len(version.practical_items) > 1:
        unrecorded = [Reason("items_missing")]
    missing += unrecorded
    if failing:
        return Outcome(Result.FAILED, (*failing, *missing))
    return Outcome(Result.INCOMPLETE if missing else Result.PASSED, tuple(missing))
