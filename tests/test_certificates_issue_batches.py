"""Several batches approved and issued at once, each as a write of its own."""

from __future__ import annotations

import re
from dataclasses import replace
from secrets import token_hex

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.accounts.queries import actor_for
from registry.certificates.commands import issue_batch, reject_batch
from registry.certificates.models import Certificate, CertificateBatch
from registry.certificates.views import issuing
from registry.core import clock
from registry.core.errors import BUSY, BusyError
from registry.core.journal import JournalEntry
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import Command, run
from registry.people import commands as people
from tests import factories as make
from tests.accounts import Browser, hidden, text
from tests.certificates import PUBLIC_URL, choose, confirm_address, issue, prepared
from tests.training import rows_of, told

LIST = "/certificates/batches"
ISSUE = "/certificates/batches/issue"


def reader(
    app: Flask, session: Session, role: Role = Role.CERTIFICATE_APPROVER, unit_code: str = make.NANGUAN
) -> Browser:
    """Somebody signed in with a role, who reads English."""
    app.config["PUBLIC_URL"] = PUBLIC_URL
    browser = Browser(app.test_client())
    browser.sign_in(make.user(session, role, unit_code).username)
    browser.send("/language", language="en")
    return browser


@pytest.fixture
def batches(session: Session) -> list[CertificateBatch]:
    """Three batches of two certificates each, waiting for approval."""
    confirm_address()
    return [prepared(session, make.persons(session, 2)) for _ in range(3)]


def page_of(*batches: CertificateBatch) -> str:
    return ISSUE + "?" + "&".join(f"batch={batch.id}" for batch in batches)


def states(session: Session, batches: list[CertificateBatch]) -> list[str]:
    session.rollback()
    return [session.get_one(CertificateBatch, batch.id).state for batch in batches]


def actions(session: Session) -> list[str]:
    session.rollback()
    rows = select(JournalEntry.action).order_by(JournalEntry.seq.desc()).limit(3)
    return list(session.execute(rows).scalars())


def test_from_the_list_to_the_page_and_its_result(
    app: Flask, session: Session, batches: list[CertificateBatch]
) -> None:
    browser = reader(app, session)
    assert f'formaction="{ISSUE}"' in text(browser.get(LIST))
    first, second, third = batches
    answer = browser.send(ISSUE, ids=[third.id, first.id], query="state=prepared")
    assert (answer.status_code, answer.location) == (303, page_of(first, third))
    page = told(browser.get(answer.location))
    assert "2 of 2 batches can be issued" in page
    assert "Approve and issue 2 batches, 4 certificates" in page
    assert states(session, batches) == ["prepared"] * 3

    answer = browser.send(page_of(first, third))
    assert (answer.status_code, answer.location) == (303, page_of(first, third))
    assert states(session, batches) == ["issued", "prepared", "issued"]
    result = told(browser.get(answer.location))
    assert "2 batches are issued." in result
    # The page of results can be returned to, and tells the same without the news.
    again = browser.get(answer.location)
    assert told(again).count(clock.today().isoformat()) == 2
    assert text(again).count("/pdf") == 2
    assert 'data-key="n"' not in text(again)
    assert second.id
    assert rows_of(session, Certificate) == 4


def test_each_batch_is_a_write_of_its_own(
    app: Flask, session: Session, batches: list[CertificateBatch]
) -> None:
    reader(app, session).send(page_of(*batches))
    assert actions(session) == ["certificates.issue_batch"] * 3
    numbers = session.execute(select(Certificate.number).order_by(Certificate.batch_id, Certificate.id))
    # Numbers follow the order in which the batches were prepared.
    assert [number[-3:] for number in numbers.scalars()] == ["001", "002", "003", "004", "005", "006"]


def test_the_same_press_twice_issues_once(
    app: Flask, session: Session, batches: list[CertificateBatch]
) -> None:
    browser, key = reader(app, session), token_hex(16)
    first = browser.send(page_of(*batches), form_key=key)
    second = browser.send(page_of(*batches), form_key=key)
    assert first.location == second.location == page_of(*batches)
    assert rows_of(session, Certificate) == 6
    page = told(browser.get(page_of(*batches)))
    assert "nothing was saved twice" in page
    browser.send(page_of(*batches))
    assert "None of these batches can be issued" in told(browser.get(page_of(*batches)))


def test_what_is_refused_says_why_and_keeps_none_of_the_others(app: Flask, session: Session) -> None:
    confirm_address()
    browser = reader(app, session, Role.CERTIFICATE_APPROVER)
    both = make.user(session, [Role.TRAINER, Role.CERTIFICATE_APPROVER])
    own = prepared(session, make.persons(session, 1), actor=actor_for(session, both, clock.today()))
    unprintable = prepared(session, [make.person(session, name="王\U0003134a").id])
    done, rejected, good = (prepared(session, make.persons(session, 1)) for _ in range(3))
    issue(done)
    run(SYSTEM, reject_batch, rejected, reason="学时有误")
    browser = Browser(app.test_client())
    browser.sign_in(both.username)
    browser.send("/language", language="en")
    chosen = [own, unprintable, done, rejected, good]
    page = told(browser.get(page_of(*chosen)))
    assert "1 of 5 batches can be issued" in page
    assert "someone else has to approve it" in page
    assert "U+3134A" in page
    browser.send(page_of(*chosen))
    assert states(session, chosen) == ["prepared", "prepared", "issued", "rejected", "issued"]
    assert "1 batches are issued." in (page := told(browser.get(page_of(*chosen))))
    assert "someone else has to approve it" in page


def test_nothing_can_be_issued(app: Flask, session: Session) -> None:
    """The public address is not confirmed."""
    batch = prepared(session, make.persons(session, 1))
    browser = reader(app, session)
    page = browser.get(page_of(batch))
    assert "Nothing here waits to be issued by you." in told(page)
    assert "is not confirmed yet" in told(page)
    assert 'data-key="n"' not in text(page)
    browser.send(page_of(batch))
    assert states(session, [batch]) == ["prepared"]
    assert "None of these batches can be issued" in told(browser.get(page_of(batch)))


def test_a_batch_decided_meanwhile_is_told(
    app: Flask, session: Session, batches: list[CertificateBatch], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the page and the write somebody else rejects one of them."""
    browser = reader(app, session)
    first, second, third = batches
    issued = issuing.commands.issue_batch

    def late(w, batch, **more):  # type: ignore[no-untyped-def]
        if batch.id == second.id:
            w.session.execute(
                CertificateBatch.__table__.update()
                .where(CertificateBatch.id == second.id)
                .values(state="rejected", decided_at=w.at)
            )
            w.session.refresh(batch)
        return issued.function(w, batch, **more)

    command = Command(late, issued.permission)
    command.action = issued.action
    monkeypatch.setattr(issuing.commands, "issue_batch", command)
    browser.send(page_of(*batches))
    page = told(browser.get(page_of(*batches)))
    assert "2 batches are issued." in page
    assert "was not issued: This batch was rejected already" in page
    assert states(session, [first, third]) == ["issued", "issued"]


def test_a_busy_database_stops_the_rest(
    app: Flask, session: Session, batches: list[CertificateBatch], monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = reader(app, session)
    tried: list[int] = []

    def busy(w, batch, **more):  # type: ignore[no-untyped-def]
        tried.append(batch.id)
        if len(tried) == 2:
            raise BusyError(BUSY)
        return issue_batch.function(w, batch, **more)

    monkeypatch.setattr(issuing.commands, "issue_batch", Command(busy, issue_batch.permission))
    browser.send(page_of(*batches))
    assert tried == [batches[0].id, batches[1].id]
    page = told(browser.get(page_of(*batches)))
    assert "1 batches are issued." in page
    assert page.count("was not issued: Someone else was saving") == 2
    assert states(session, batches) == ["issued", "prepared", "prepared"]
    # What was not issued can be tried again on the same page.
    assert "Approve and issue 2 batches" in page


def test_nothing_selected(app: Flask, session: Session, batches: list[CertificateBatch]) -> None:
    browser = reader(app, session)
    answer = browser.send(ISSUE, query="state=prepared&other=1")
    assert (answer.status_code, answer.location) == (303, f"{LIST}?state=prepared")
    assert "No batch is selected. Nothing was issued" in told(browser.get(answer.location))
    assert states(session, batches) == ["prepared"] * 3
    assert browser.get(ISSUE).location == LIST


def test_all_rows_of_the_filters_up_to_a_limit(
    app: Flask, session: Session, batches: list[CertificateBatch], monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = reader(app, session)
    issue(batches[0])
    answer = browser.send(ISSUE, all="1", query="state=prepared")
    assert answer.location == page_of(*batches[1:])
    monkeypatch.setattr(issuing, "MOST_BATCHES", 1)
    answer = browser.send(ISSUE, all="1", query="state=prepared")
    assert answer.location == f"{LIST}?state=prepared"
    assert "At most 1 batches are issued at once. Nothing was issued" in told(browser.get(answer.location))


def test_batches_of_other_units_do_not_exist(
    app: Flask, session: Session, batches: list[CertificateBatch]
) -> None:
    other = prepared(session, make.persons(session, 1, make.YANJI), unit_code=make.YANJI)
    browser = reader(app, session)
    answer = browser.send(ISSUE, ids=[batches[0].id, other.id])
    assert answer.location == page_of(batches[0])
    assert browser.send(ISSUE, ids=other.id).status_code == 404
    assert browser.get(page_of(other)).status_code == 404
    assert browser.send(page_of(other)).status_code == 404
    browser.send(page_of(batches[0], other))
    assert states(session, [batches[0], other]) == ["issued", "prepared"]


@pytest.mark.parametrize("role", [Role.TRAINER, Role.COUNTY_ADMIN, Role.AUDITOR, Role.SUPERVISOR])
def test_a_role_that_does_not_approve_may_not(
    app: Flask, session: Session, batches: list[CertificateBatch], role: Role
) -> None:
    browser = reader(app, session, role)
    assert browser.send(ISSUE, ids=batches[0].id).status_code == 403
    assert browser.send(page_of(*batches)).status_code == 403
    assert states(session, batches) == ["prepared"] * 3
    if role is not Role.SUPERVISOR:
        assert ISSUE not in text(browser.get(LIST))
        page = told(browser.get(page_of(*batches)))
        assert page.count("Your role does not let you issue this batch.") == 3


def test_who_prepares_may_issue_when_no_second_person_is_asked_for(
    app: Flask, session: Session, batches: list[CertificateBatch]
) -> None:
    choose("certificate_second_person", False)
    browser = reader(app, session, Role.TRAINER)
    assert re.search(rf'formaction="{ISSUE}"', text(browser.get(LIST)))
    browser.send(page_of(*batches))
    assert states(session, batches) == ["issued"] * 3


def test_what_is_issued_is_what_the_page_showed(
    app: Flask, session: Session, batches: list[CertificateBatch]
) -> None:
    """A name is corrected between the page and the press."""
    browser = reader(app, session)
    entrant = make.entrant("王伟")
    person = run(SYSTEM, people.add_person, entrant=entrant, unit_id=make.unit(session).id)
    changed = prepared(session, [person.id])
    page = browser.get(page_of(batches[0], changed))
    assert "王伟" in text(page)
    seen = hidden(page, "seen")
    corrected = replace(entrant, name="王玮", document=None, document_hash=None)
    run(SYSTEM, people.correct_person, person, entrant=corrected)
    browser.send(page_of(batches[0], changed), seen=seen)
    assert states(session, [batches[0], changed]) == ["issued", "prepared"]
    page = browser.get(page_of(batches[0], changed))
    assert "was not issued: An entry of this batch changed since the page was loaded" in told(page)
    assert "王玮" in text(page)
    browser.send(page_of(batches[0], changed), seen=hidden(page, "seen"))
    assert states(session, [changed]) == ["issued"]
