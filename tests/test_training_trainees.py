"""The trainees of a course as a list: filters, order, columns, export, pages."""

from __future__ import annotations

import csv
import io
import re

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.certificates.commands import issue_batch
from registry.certificates.snapshots import font_book
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.write import run
from registry.training import commands
from registry.training.models import Course, Enrolment
from registry.training.queries.batches import batches_of
from registry.training.roster import RosterEntry
from tests import certificates
from tests import factories as make
from tests import training as t
from tests.watching import statements


def url_of(course: Course, query: str = "") -> str:
    return f"/training/courses/{course.id}" + (f"?{query}" if query else "")


def listed(page: str) -> list[int]:
    """The enrolments of the rows, in their order."""
    return [int(found) for found in re.findall(r'name="ids" value="(\d+)"', page)]


def named(session: Session, course: Course, *names: str) -> list[Enrolment]:
    """Trainees with these names."""
    entries = [RosterEntry(n, make.entrant(name)) for n, name in enumerate(names, start=1)]
    run(SYSTEM, commands.enrol, course, entries=entries, source="grid")
    rows = select(Enrolment).where(Enrolment.course_id == course.id).order_by(Enrolment.id)
    return list(session.execute(rows).scalars())


def test_in_the_order_of_the_class_list_and_by_name(app: Flask, session: Session) -> None:
    course = t.course(session)
    wang, an, zhao = named(session, course, "王伟", "安娜", "赵敏")
    browser = t.Browser(app, session)
    assert listed(browser.get(url_of(course))) == [wang.id, an.id, zhao.id]
    assert listed(browser.get(url_of(course, "sort=name"))) == [an.id, wang.id, zhao.id]
    assert listed(browser.get(url_of(course, "sort=-name"))) == [zhao.id, wang.id, an.id]


def test_all_of_a_large_class_can_be_reached(app: Flask, session: Session) -> None:
    course = t.course(session, capacity=300)
    people = [one.id for one in t.enrolled(session, course, 120)]
    browser = t.Browser(app, session)
    found = [i for page in (1, 2, 3) for i in listed(browser.get(url_of(course, f"p={page}")))]
    assert found == people
    assert len(listed(browser.get(url_of(course)))) == 50
    assert len(listed(browser.get(url_of(course, "n=100")))) == 100
    assert "Trainees (120)" in browser.get(url_of(course))


def test_what_is_missing_and_the_filter_by_result(app: Flask, session: Session) -> None:
    course = t.course(session)
    absent, low, good = t.enrolled(session, course, 3)
    browser = t.Browser(app, session)
    assert "attendance not marked" in browser.get(url_of(course))
    t.record_all(session, course, absent=[absent.id], low=[low.id])
    for result, one in (("absent", absent), ("failed", low), ("passed", good)):
        # While the course is open the records so far decide, afterwards what was attested.
        assert listed(browser.get(url_of(course, f"result={result}"))) == [one.id]
    page = browser.get(url_of(course))
    assert "did not come to any session" in page
    run(SYSTEM, commands.close_course, course, attested=True)
    page = browser.get(url_of(course, "result=failed"))
    assert "theory 40, at least" in page
    assert f'href="/persons/{low.person_id}"' in page
    assert f'href="/persons/{good.person_id}"' not in page
    assert "Nothing matches these filters" in browser.get(url_of(course, "result=incomplete"))


def test_a_running_course_tells_nothing_missing_yet(app: Flask, session: Session) -> None:
    course = t.course(session, starts_on=t.clock.today())
    t.enrolled(session, course, 1)
    assert "attendance not marked" not in t.Browser(app, session).get(url_of(course))


def test_the_filter_by_certificate(app: Flask, session: Session) -> None:
    certificates.confirm_address()
    course = t.course(session)
    good, low = t.enrolled(session, course, 2)
    t.record_all(session, course, low=[low.id])
    run(make.actor(session), commands.close_and_prepare, course, attested=True)
    (batch,) = batches_of(session, course.id)
    run(SYSTEM, issue_batch, batch, fonts=font_book(), public_url=certificates.PUBLIC_URL)
    browser = t.Browser(app, session)
    issued, none = (browser.get(url_of(course, f"certificate={kind}")) for kind in ("issued", "none"))
    assert f'href="/persons/{good.person_id}"' in issued
    assert f'href="/persons/{low.person_id}"' not in issued
    assert f'href="/persons/{low.person_id}"' in none
    assert 'href="/certificates/' in issued


def test_who_withdrew_is_found_again(app: Flask, session: Session) -> None:
    course = t.course(session)
    gone, _stays = t.enrolled(session, course, 2)
    run(SYSTEM, commands.withdraw_trainee, gone, reason="临时出差")
    browser = t.Browser(app, session)
    assert gone.id not in listed(browser.get(url_of(course)))
    page = browser.get(url_of(course, "taking=withdrawn"))
    assert listed(page) == [gone.id]
    assert "临时出差" in page


def test_everyone_withdrew(app: Flask, session: Session) -> None:
    course = t.course(session)
    (only,) = t.enrolled(session, course, 1)
    run(SYSTEM, commands.withdraw_trainee, only, reason="临时出差")
    page = t.Browser(app, session).get(url_of(course))
    assert "Nobody takes part" in page
    assert "Trainees (0)" in page


def test_nobody_was_ever_enrolled(app: Flask, session: Session) -> None:
    page = t.Browser(app, session).get(url_of(t.course(session)))
    assert "Nobody is enrolled yet" in page
    assert 'class="panel filters"' not in page


def test_an_export_masks_numbers(app: Flask, session: Session) -> None:
    course = t.course(session)
    entrant = make.entrant("欧阳娜娜", phone="13812345678")
    run(SYSTEM, commands.enrol, course, entries=[RosterEntry(1, entrant)], source="grid")
    answer = t.Browser(app, session).client.get(url_of(course, "export=csv"), buffered=True)
    assert course.number in answer.headers["Content-Disposition"]
    (head, row) = list(csv.reader(io.StringIO(answer.get_data().decode("utf-8-sig"))))
    assert head[:2] == ["Name", "Document"]
    assert row[0] == "欧阳娜娜"
    assert entrant.document is not None
    assert entrant.document.number not in ",".join(row)
    assert "*" in row[1]


def test_an_export_of_another_unit_does_not_exist(app: Flask, session: Session) -> None:
    course = t.course(session, make.YANJI)
    t.enrolled(session, course, 1)
    assert t.Browser(app, session).client.get(url_of(course, "export=csv")).status_code == 404


def test_who_may_not_see_persons_has_no_link(app: Flask, session: Session) -> None:
    course = t.course(session)
    (one,) = t.enrolled(session, course, 1)
    page = t.Browser(app, session, Role.AUDITOR).get(url_of(course))
    assert f'href="/persons/{one.person_id}"' in page
    assert 'name="ids"' not in page


@pytest.mark.parametrize("query", ["", "result=passed", "taking=withdrawn", "sort=certificate"])
def test_statements_do_not_depend_on_the_class(app: Flask, session: Session, query: str) -> None:
    browser = t.Browser(app, session)
    counts = []
    for size in (10, 90):
        course = t.course(session, capacity=200)
        people = t.enrolled(session, course, size)
        t.record_all(session, course)
        for one in people[: size // 10]:
            run(SYSTEM, commands.withdraw_trainee, one, reason="出差")
        browser.get(url_of(course, query))
        with statements() as sent:
            browser.get(url_of(course, query))
        counts.append(len(sent))
    assert counts[0] == counts[1]


def test_courses_of_a_unit_and_those_below_it(app: Flask, session: Session) -> None:
    here, below = t.course(session, make.CHANGCHUN), t.course(session, make.NANGUAN)
    beside = t.course(session, make.YANJI)
    browser = t.Browser(app, session, Role.PROVINCE_ADMIN, make.PROVINCE)
    unit = make.unit(session, make.CHANGCHUN).id
    page = browser.get(f"/training/courses?unit={unit}")
    assert [one.number in page for one in (here, below, beside)] == [True, True, False]
    # Nobody reaches beyond their own units by naming another one.
    trainer = t.Browser(app, session)
    page = trainer.get(f"/training/courses?unit={unit}")
    assert [one.number in page for one in (here, below, beside)] == [False, True, False]
