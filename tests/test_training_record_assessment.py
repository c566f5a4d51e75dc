"""Scores and practical items are rows; only what changed is recorded, with who and when."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.core import clock
from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.training import commands
from registry.training.commands import AssessmentMark
from registry.training.models import Assessment, Course, Enrolment
from registry.training.queries.progress import THEORY, Mark, latest_assessment, marks_of
from tests import training as t


def opened(session: Session, count: int = 2) -> tuple[Course, list[Enrolment]]:
    found = t.course(session)
    return found, t.enrolled(session, found, count)


def record(found: Course, *marks: AssessmentMark, **more: Any) -> None:
    told = {"assessed_on": found.ends_on, **more}
    run(SYSTEM, commands.record_assessment, found, marks=list(marks), **told)


def rows(session: Session) -> list[tuple[str, int, int | None, bool | None, bool]]:
    found = session.execute(select(Assessment).order_by(Assessment.id)).scalars()
    return [(a.component, a.attempt, a.score, a.passed, a.cleared) for a in found]


def test_only_changed_cells_are_recorded(session: Session) -> None:
    found, (one, two) = opened(session)
    record(found, AssessmentMark(one.id, THEORY, 72), AssessmentMark(one.id, "cpr", True))
    seen = latest_assessment(session, found.id)
    record(
        found,
        AssessmentMark(one.id, THEORY, 72),
        AssessmentMark(one.id, "cpr", False),
        AssessmentMark(two.id, THEORY, 0),
        seen_row=seen,
    )
    assert rows(session) == [
        (THEORY, 1, 72, None, False),
        ("cpr", 1, None, True, False),
        ("cpr", 1, None, False, False),
        (THEORY, 1, 0, None, False),
    ]
    assert marks_of(session, found.id)[one.id] == {THEORY: Mark(1, 72, None), "cpr": Mark(1, None, False)}
    assert t.last_action(session) == "training.record_assessment"


def test_a_retake_is_another_attempt(session: Session) -> None:
    found, (one, _two) = opened(session)
    record(found, AssessmentMark(one.id, THEORY, 72))
    seen = latest_assessment(session, found.id)
    record(
        found,
        AssessmentMark(one.id, THEORY, 85),
        AssessmentMark(one.id, "aed", True),
        seen_row=seen,
        retake=True,
    )
    assert marks_of(session, found.id)[one.id] == {THEORY: Mark(2, 85, None), "aed": Mark(1, None, True)}


def test_a_cleared_cell_is_not_recorded_any_more(session: Session) -> None:
    found, (one, _two) = opened(session)
    record(found, AssessmentMark(one.id, THEORY, 72))
    record(found, AssessmentMark(one.id, THEORY, None), seen_row=latest_assessment(session, found.id))
    assert rows(session)[-1] == (THEORY, 1, None, None, True)
    assert marks_of(session, found.id) == {}


def test_an_old_page_does_not_undo_another_record(session: Session) -> None:
    found, (one, _two) = opened(session)
    record(found, AssessmentMark(one.id, THEORY, 72))
    seen = latest_assessment(session, found.id)
    record(found, AssessmentMark(one.id, THEORY, 90), seen_row=seen)
    record(found, AssessmentMark(one.id, THEORY, 72), AssessmentMark(one.id, "cpr", True), seen_row=seen)
    assert marks_of(session, found.id)[one.id][THEORY].score == 90


@pytest.mark.parametrize("score", [-1, 101])
def test_scores_end_at_one_hundred(session: Session, score: int) -> None:
    found, (one, _two) = opened(session)
    with pytest.raises(RuleError, match="from 0 to 100"):
        record(found, AssessmentMark(one.id, THEORY, score))
    assert rows(session) == []


def test_the_day_lies_within_the_course_and_not_ahead(session: Session) -> None:
    found, (one, _two) = opened(session)
    for day in (clock.today() + timedelta(days=1), found.starts_on - timedelta(days=1)):
        with pytest.raises(RuleError) as refused:
            record(found, AssessmentMark(one.id, THEORY, 90), assessed_on=day)
        assert refused.value.field == "assessed_on"
    assert rows(session) == []


def test_unknown_components_and_people_are_not_found(session: Session) -> None:
    found, (one, _two) = opened(session)
    _other, (stranger, _) = opened(session)
    for mark in (AssessmentMark(one.id, "dance", True), AssessmentMark(stranger.id, THEORY, 90)):
        with pytest.raises(RecordNotFoundError):
            record(found, mark)


def test_the_page_takes_a_pasted_block_and_says_what_was_passed_at_once(app: Flask, session: Session) -> None:
    found, people = opened(session)
    url = f"/training/courses/{found.id}/assessment"
    sent = [{"id": str(e.id), THEORY: "85", "cpr": "1"} for e in people]
    sent[1]["cpr"] = "0"
    answer = t.Browser(app, session).submit(url, sent, assessed_on=found.ends_on.isoformat(), rest="passed")
    assert answer.location.endswith(f"/training/courses/{found.id}/close")
    marks = marks_of(session, found.id)
    assert marks[people[0].id]["bandage"].passed is True
    assert marks[people[1].id]["cpr"].passed is False
    by_method = session.execute(select(Assessment.component, Assessment.method)).all()
    assert {(c, m) for c, m in by_method if c in ("cpr", "bandage")} == {
        ("cpr", "grid"),
        ("bandage", "all_passed"),
    }


@pytest.mark.parametrize("cell", ["101", "72.5", "-3", "1e2"])
def test_a_score_that_is_none_is_marked_and_kept(app: Flask, session: Session, cell: str) -> None:
    found, people = opened(session)
    url = f"/training/courses/{found.id}/assessment"
    sent = [{"id": str(people[0].id), THEORY: cell}]
    answer = t.Browser(app, session).submit(url, sent, assessed_on=found.ends_on.isoformat())
    assert "A whole number from 0 to 100." in t.told(answer)
    assert f"&#34;{cell}&#34;" in answer.get_data(as_text=True)
    assert rows(session) == []
