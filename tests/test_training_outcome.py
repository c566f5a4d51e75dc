"""The rule that decides, at each of its edges."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from registry.training.outcome import REASONS, Marks, Outcome, Result, outcome

CPR = {"code": "cpr", "name": "心肺复苏", "name_en": "CPR"}
AED = {"code": "aed", "name": "除颤器", "name_en": "AED"}


@dataclass
class Rules:
    max_absent_minutes: int = 180
    theory_pass: int | None = 80
    practical_items: list[dict[str, str]] = field(default_factory=lambda: [CPR, AED])


@dataclass
class Sitting:
    id: int
    number: int
    minutes: int = 180


SESSIONS = [Sitting(10, 1), Sitting(20, 2), Sitting(30, 3)]
FULL = {10: 180, 20: 180, 30: 180}
GOOD = Marks(80, {"cpr": True, "aed": True})


def decide(minutes: dict[int, int] | None = None, marks: Marks = GOOD, **rules: Any) -> Outcome:
    return outcome(Rules(**rules), SESSIONS, FULL if minutes is None else minutes, marks)


def codes(found: Outcome) -> list[str]:
    return [reason.code for reason in found.reasons]


def test_all_there_and_all_passed() -> None:
    assert decide() == Outcome(Result.PASSED, ())


@pytest.mark.parametrize(("present", "result"), [(0, Result.PASSED), (179, Result.PASSED)])
def test_up_to_the_limit_may_be_missed(present: int, result: Result) -> None:
    assert decide({**FULL, 30: present}).result is result


def test_one_minute_more_than_the_limit_fails_and_says_where() -> None:
    found = decide({10: 179, 20: 180, 30: 0})
    assert found.result is Result.FAILED
    assert [(r.code, r.params) for r in found.reasons] == [
        ("absent", {"session": 1, "minutes": 1}),
        ("absent", {"session": 3, "minutes": 180}),
        ("absent_total", {"minutes": 181, "limit": 180}),
    ]


@pytest.mark.parametrize(
    ("score", "result"), [(79, Result.FAILED), (80, Result.PASSED), (100, Result.PASSED)]
)
def test_the_pass_mark_itself_passes(score: int, result: Result) -> None:
    assert decide(marks=Marks(score, GOOD.items)).result is result


def test_a_failed_item_fails_and_a_missing_one_is_undecided() -> None:
    failed = decide(marks=Marks(90, {"cpr": False, "aed": True}))
    assert (failed.result, codes(failed)) == (Result.FAILED, ["item_failed"])
    assert failed.reasons[0].params == {"item": {"name": "心肺复苏", "name_en": "CPR"}}
    missing = decide(marks=Marks(90, {"aed": True}))
    assert (missing.result, codes(missing)) == (Result.INCOMPLETE, ["item_missing"])


def test_nothing_recorded_is_told_in_three_words() -> None:
    found = decide({}, Marks())
    assert (found.result, codes(found)) == (
        Result.INCOMPLETE,
        ["nothing_marked", "theory_missing", "items_missing"],
    )


def test_a_session_not_marked_is_neither_presence_nor_absence() -> None:
    found = decide({10: 180, 20: 180})
    assert (found.result, codes(found)) == (Result.INCOMPLETE, ["not_marked"])


def test_what_fails_already_is_decided_whatever_is_missing() -> None:
    found = decide({10: 180, 20: 180}, Marks(50, {}))
    assert (found.result, codes(found)) == (Result.FAILED, ["theory_low", "not_marked", "items_missing"])


def test_who_never_came_is_absent_and_not_failed() -> None:
    found = decide({10: 0, 20: 0, 30: 0}, Marks())
    assert found == Outcome(Result.ABSENT, (found.reasons[0],))
    assert codes(found) == ["never_came"]


def test_without_theory_or_items_attendance_decides() -> None:
    assert decide(marks=Marks(), theory_pass=None, practical_items=[]).result is Result.PASSED


def test_every_reason_has_words() -> None:
    told = {c for found in (decide({}, Marks()), decide({10: 0, 20: 0, 30: 0})) for c in codes(found)}
    assert told <= set(REASONS)
