"""A course is closed on the trainer's word, with every result frozen, and certificates are prepared."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.certificates.commands import reject_batch
from registry.certificates.models import BatchLine, CertificateBatch
from registry.core import clock
from registry.core.errors import ForbiddenError, RuleError
from registry.core.permissions import Role
from registry.core.scope import SYSTEM, Actor
from registry.core.write import run
from registry.people.commands import merge_persons
from registry.people.models import Person
from registry.training import commands
from registry.training.commands import AssessmentMark, outcomes_digest
from registry.training.models import Course, Enrolment
from registry.training.queries.progress import THEORY, progress_of
from tests import certificates
from tests import factories as make
from tests import training as t
from tests.watching import statements


def taught(
    session: Session, count: int = 4, *, absent: int = 0, low: int = 0
) -> tuple[Course, list[Enrolment]]:
    """A course with records: the first `absent` never came, the next `low` have a low score."""
    found = t.course(session)
    people = t.enrolled(session, found, count)
    ids = [e.id for e in people]
    t.record_all(session, found, absent=ids[:absent], low=ids[absent : absent + low])
    return found, people


def close(found: Course, **more: object) -> Course:
    return run(SYSTEM, commands.close_course, found, **{"attested": True, **more})  # type: ignore[arg-type]


def test_results_are_frozen_with_what_they_stand_on(session: Session) -> None:
    found, people = taught(session, 4, absent=1, low=1)
    close(found)
    assert (found.state, found.closed_on) == ("closed", clock.today())
    assert [e.result for e in people] == ["absent", "failed", "passed", "passed"]
    basis = people[1].result_basis
    assert basis["minutes"] == {"1": 180, "2": 180, "3": 180, "4": 180}
    assert (basis["theory"], basis["items"]["cpr"], basis["rules"]["theory_pass"]) == (40, True, 80)
    assert basis["reasons"] == [{"code": "theory_low", "params": {"score": 40, "needed": 80}}]
    assert t.last_action(session) == "training.close_course"


def test_without_the_word_of_the_trainer_nothing_closes(session: Session) -> None:
    found, people = taught(session)
    with pytest.raises(RuleError, match="Tick that the records are true") as refused:
        close(found, attested=False)
    assert refused.value.field == "attested"
    session.refresh(people[0])
    assert (found.state, people[0].result) == ("open", None)


def test_before_the_last_session_nothing_closes(session: Session) -> None:
    found = t.course(session, starts_on=clock.today())
    t.enrolled(session, found, 1)
    with pytest.raises(RuleError, match="The last session is on"):
        close(found)


def test_a_course_without_trainees_does_not_close(session: Session) -> None:
    with pytest.raises(RuleError, match="Nobody is in this course"):
        close(t.course(session))


def test_the_undecided_close_only_when_accepted(session: Session) -> None:
    found, people = taught(session, 2)
    (late,) = t.enrolled(session, found, 1)
    with pytest.raises(RuleError, match="1 trainees are undecided") as refused:
        close(found)
    assert refused.value.field == "accept_incomplete"
    close(found, accept_incomplete=True)
    assert (late.result, people[0].result) == ("incomplete", "passed")


def test_what_changed_since_the_page_was_drawn_is_not_attested(session: Session) -> None:
    found, people = taught(session, 2)
    seen = outcomes_digest(progress_of(session, found))
    run(
        SYSTEM,
        commands.record_assessment,
        found,
        marks=[AssessmentMark(people[0].id, THEORY, 10)],
        assessed_on=found.ends_on,
    )
    with pytest.raises(RuleError, match="A record changed since this page was loaded"):
        close(found, seen=seen)
    close(found, seen=outcomes_digest(progress_of(session, found)))


def test_a_closed_course_takes_no_more_records(session: Session) -> None:
    found, people = taught(session, 1)
    close(found)
    with pytest.raises(RuleError, match="was closed meanwhile"):
        close(found)
    with pytest.raises(RuleError, match="was closed meanwhile"):
        run(SYSTEM, commands.withdraw_trainee, people[0], reason="出差")
    with pytest.raises(RuleError, match="was closed meanwhile"):
        run(SYSTEM, commands.record_attendance, found, marks=[], key="k")
    with pytest.raises(RuleError, match="was closed meanwhile"):
        run(SYSTEM, commands.record_assessment, found, marks=[], assessed_on=found.ends_on)


def lines(session: Session) -> list[BatchLine]:
    return list(session.execute(select(BatchLine).order_by(BatchLine.id)).scalars())


def prepare(found: Course, actor: Actor = SYSTEM) -> CertificateBatch:
    return run(actor, commands.prepare_certificates, found)


def test_a_batch_holds_who_passed_in_order(session: Session) -> None:
    found, people = taught(session, 4, absent=1)
    close(found)
    batch = prepare(found)
    assert batch.title.startswith("220102-")
    assert [line.person_id for line in lines(session)] == [e.person_id for e in people[1:]]
    assert [e.batch_line_id for e in people] == [None, *(line.id for line in lines(session))]
    told = lines(session)[0]
    assert (told.course_title, told.class_hours, told.employer) == (found.title, 16, "演示单位")


def test_nobody_is_prepared_twice_but_after_a_rejection(session: Session) -> None:
    found, _people = taught(session, 2)
    close(found)
    batch = prepare(found)
    with pytest.raises(RuleError, match="Nobody is left"):
        prepare(found)
    run(SYSTEM, reject_batch, batch, reason="姓名有误")
    assert prepare(found).id != batch.id
    assert len(lines(session)) == 4


def test_an_open_course_and_an_empty_one_prepare_nothing(session: Session) -> None:
    found, _people = taught(session, 1, absent=1)
    with pytest.raises(RuleError, match="is not closed"):
        prepare(found)
    close(found)
    with pytest.raises(RuleError, match="Nobody is left"):
        prepare(found)


def test_two_rows_of_one_person_get_one_certificate(session: Session) -> None:
    found, people = taught(session, 2)
    close(found)
    one, two = (session.get_one(Person, e.person_id) for e in people)
    run(SYSTEM, merge_persons, loser=two, winner=one, reason="同一人")
    prepare(found)
    assert [line.person_id for line in lines(session)] == [one.id]


def test_closing_and_preparing_is_one_write(session: Session) -> None:
    found, _people = taught(session, 2)
    run(SYSTEM, commands.close_and_prepare, found, attested=True)
    assert (found.state, len(lines(session))) == ("closed", 2)
    other, _ = taught(session, 1, absent=1)
    with pytest.raises(RuleError, match="Nobody is left"):
        run(SYSTEM, commands.close_and_prepare, other, attested=True)
    session.refresh(other)
    assert other.state == "open"


def test_who_may_not_prepare_does_not(session: Session) -> None:
    found, _people = taught(session, 1)
    auditor = make.actor(session, Role.AUDITOR)
    with pytest.raises(ForbiddenError):
        run(auditor, commands.close_and_prepare, found, attested=True)
    close(found)
    with pytest.raises(ForbiddenError):
        prepare(found, auditor)


def test_statements_do_not_depend_on_the_class(session: Session) -> None:
    counts = []
    for size in (5, 50):
        found, _people = taught(session, size)
        with statements() as sent:
            run(SYSTEM, commands.close_and_prepare, found, attested=True)
        counts.append(len(sent))
    assert counts[0] == counts[1]


# The pages


def url(found: Course, path: str = "close") -> str:
    return f"/training/courses/{found.id}/{path}"


def test_the_page_tells_what_is_missing(app: Flask, session: Session) -> None:
    found, people = taught(session, 3, absent=1, low=1)
    t.enrolled(session, found, 1)
    page = t.told(t.Browser(app, session).client.get(url(found)))
    assert "1 passed, 3 not." in page
    assert "did not come to any session" in page
    assert "theory 40, at least 80 is needed" in page
    assert "attendance not marked; theory score not recorded; practical items not recorded" in page
    assert people


def test_one_page_closes_and_submits(app: Flask, session: Session) -> None:
    found, _people = taught(session, 3, low=1)
    browser = t.Browser(app, session)
    refused = browser.submit(url(found), then="prepare")
    assert "Tick that the records are true" in t.told(refused)
    sent = browser.fill(url(found), attested="y", then="prepare")
    answer, again = browser.post(url(found), sent), browser.post(url(found), sent)
    assert answer.location == again.location == f"/training/courses/{found.id}"
    page = t.told(browser.client.get(answer.location))
    assert "The course is closed. 2 certificates wait for approval." in page
    assert "waiting for approval" in page
    assert (len(lines(session)), t.rows_of(session, CertificateBatch)) == (2, 1)


def test_closing_only_leaves_certificates_for_later(app: Flask, session: Session) -> None:
    found, _people = taught(session, 3, low=1)
    browser = t.Browser(app, session)
    assert browser.submit(url(found), attested="y").status_code == 303
    assert lines(session) == []
    page = t.told(browser.client.get(url(found, "certificates")))
    assert "2 to issue, 1 not." in page
    assert "theory 40, at least 80 is needed" in page
    assert browser.submit(url(found, "certificates")).status_code == 303
    assert len(lines(session)) == 2


def test_the_page_of_the_course_leads_to_its_certificates(app: Flask, session: Session) -> None:
    found, _people = taught(session, 2)
    run(SYSTEM, commands.close_and_prepare, found, attested=True)
    certificates.confirm_address()
    certificates.issue(session.execute(select(CertificateBatch)).scalar_one())
    page = t.told(t.Browser(app, session).client.get(f"/training/courses/{found.id}"))
    assert "Certified" in page
    assert "Certificates (2 issued)" in page
    assert page.count("220102" + str(clock.today().year) + "J") == 2


def test_without_a_second_person_the_way_leads_on_to_issuing(app: Flask, session: Session) -> None:
    certificates.choose("certificate_second_person", False)
    found, _people = taught(session, 2)
    browser = t.Browser(app, session)
    assert "Close and prepare 2 certificates" in browser.get(url(found))
    answer = browser.submit(url(found), attested="y", then="prepare")
    batch = session.execute(select(CertificateBatch)).scalar_one()
    assert answer.location == f"/certificates/batches/{batch.id}"


def test_a_sample_is_drawn_for_who_may_prepare(app: Flask, session: Session) -> None:
    found, people = taught(session, 2)
    nobody, _ = taught(session, 1, absent=1)
    browser = t.Browser(app, session)
    answer = browser.client.get(url(found, "sample"), buffered=True)
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.get_data().startswith(b"%PDF-")
    assert people[0].batch_line_id is None
    assert browser.client.get(url(nobody, "sample")).status_code == 404
    sibling = t.Browser(app, session, unit_code=make.YANJI)
    assert sibling.client.get(url(found, "sample")).status_code == 404
    assert t.Browser(app, session, Role.AUDITOR).client.get(url(found, "sample")).status_code == 403
