"""The list of courses, the page of one, and what they cost."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.certificates.models import CertificateBatch
from registry.core import clock
from registry.core.permissions import Role
from registry.core.scope import EVERYWHERE, SYSTEM
from registry.core.sheets import read_sheet
from registry.core.write import run
from registry.training import commands
from registry.training.queries import courses as queries
from registry.training.queries.timeline import happenings
from registry.training.stages import Stage, stage_of
from tests import certificates
from tests import factories as make
from tests import training as t
from tests.watching import statements

LIST = "/training/courses"


def test_the_list_and_the_page_agree_on_every_stage(session: Session) -> None:
    today = clock.today()
    t.course(session, starts_on=today + timedelta(days=2))
    t.course(session, starts_on=today)
    t.course(session)
    run(SYSTEM, commands.cancel_course, t.course(session), reason="人数不足")
    for issue in (False, True):
        found = t.course(session)
        t.enrolled(session, found, 1)
        t.record_all(session, found)
        run(SYSTEM, commands.close_and_prepare, found, attested=True)
        if issue:
            certificates.confirm_address()
            batches = select(CertificateBatch).order_by(CertificateBatch.id.desc()).limit(1)
            certificates.issue(session.execute(batches).scalar_one())
    seen = []
    for stage in Stage:
        for row in session.execute(queries.courses(EVERYWHERE, today=today, stage=stage)):
            found = row.Course
            assert stage_of(found.state, found.starts_on, found.ends_on, row.certified, today) is stage
            seen.append(stage)
    assert sorted(seen) == sorted(Stage)


def test_filters_narrow_the_list(app: Flask, session: Session) -> None:
    t.course(session, title="春季救护员班")
    t.course(session, code="cpr_aed", title="心肺复苏班")
    browser = t.Browser(app, session)
    both = browser.get(LIST)
    assert "春季救护员班" in both
    assert "心肺复苏班" in both
    for query in ("text=春季", f"type={t.course_type(session).id}", "text=220102-", "stage=assessing"):
        assert "春季救护员班" in browser.get(f"{LIST}?{query}"), query
    for query in ("text=春季", f"type={t.course_type(session).id}"):
        assert "心肺复苏班" not in browser.get(f"{LIST}?{query}"), query
    for query in ("text=%25", "stage=enrolling", "starts_from=2099-01-01", "starts_to=2000-01-01"):
        assert "春季救护员班" not in browser.get(f"{LIST}?{query}"), query


def test_a_sibling_sees_neither_course_nor_trainees(app: Flask, session: Session) -> None:
    found = t.course(session, make.YANJI, title="延吉班")
    t.enrolled(session, found, 1)
    browser = t.Browser(app, session)
    assert "延吉班" not in browser.get(LIST)
    export = read_sheet(browser.client.get(f"{LIST}?export=xlsx").get_data(), "list.xlsx")
    assert "延吉班" not in {cell.text for line in export.rows for cell in line}
    for path in ("", "/sign_in_sheet"):
        assert browser.client.get(f"{LIST}/{found.id}{path}").status_code == 404
    province = t.Browser(app, session, Role.PROVINCE_ADMIN, make.PROVINCE)
    assert "延吉班" in province.get(LIST)


def test_figures_only_roles_see_no_course(app: Flask, session: Session) -> None:
    browser = t.Browser(app, session, Role.SUPERVISOR)
    assert browser.client.get(LIST).status_code == 403


def test_an_auditor_reads_and_is_offered_no_change(app: Flask, session: Session) -> None:
    found = t.course(session)
    page = t.Browser(app, session, Role.AUDITOR).get(f"{LIST}/{found.id}")
    assert "/enrol" not in page
    assert "/edit" not in page


@pytest.mark.parametrize(
    "path", ["", "/sign_in_sheet", "/attendance", "/assessment", "/close", "/certificates", "/enrol"]
)
def test_statements_of_a_page_do_not_depend_on_the_class(app: Flask, session: Session, path: str) -> None:
    browser = t.Browser(app, session)
    counts = []
    for size in (10, 100):
        found = t.course(session, capacity=200)
        t.enrolled(session, found, size)
        t.record_all(session, found)
        address = f"{LIST}/{found.id}{path}"
        browser.get(address)
        with statements() as sent:
            browser.get(address)
        counts.append(len(sent))
    assert counts[0] == counts[1]


def test_statements_of_the_list_do_not_depend_on_its_rows(app: Flask, session: Session) -> None:
    browser = t.Browser(app, session)
    counts = []
    for more in (2, 15):
        for _ in range(more):
            t.course(session)
        browser.get(LIST)
        with statements() as sent:
            browser.get(LIST)
        counts.append(len(sent))
    assert counts[0] == counts[1]


def test_the_history_tells_who_did_what(session: Session) -> None:
    trainer = make.actor(session)
    found = t.course(session, actor=trainer)
    other = t.course(session)
    t.enrolled(session, found, 3, trainer)
    t.record_all(session, found, actor=trainer)
    run(trainer, commands.close_and_prepare, found, attested=True)
    told = happenings(session, found)
    assert [h.action.removeprefix("training.") for h in told] == [
        "close_and_prepare",
        "record_assessment",
        "record_attendance",
        "enrol",
        "open_course",
    ]
    assert {h.who for h in told} == {trainer.name}
    assert told[2].counts["attendance_event"] == 12
    assert [h.action for h in happenings(session, other)] == ["training.open_course"]


def test_the_next_step_is_the_primary_button(app: Flask, session: Session) -> None:
    found = t.course(session)
    browser = t.Browser(app, session)

    def primary() -> str:
        page = browser.get(f"{LIST}/{found.id}")
        return page.split('class="btn btn-primary"')[1].split(">")[1].split("<")[0].strip()

    assert primary() == "Enrol trainees"
    t.enrolled(session, found, 2)
    assert primary() == "Record attendance"
    t.record_all(session, found)
    assert primary() == "Close the course"
    run(SYSTEM, commands.close_course, session.merge(found), attested=True)
    assert primary() == "Prepare certificates"
    run(SYSTEM, commands.prepare_certificates, session.merge(found))
    assert primary() == "Open the batch"


def test_the_sign_in_sheet_has_a_row_per_trainee_and_a_column_per_session(
    app: Flask, session: Session
) -> None:
    found = t.course(session)
    t.enrolled(session, found, 3)
    page = t.Browser(app, session).get(f"{LIST}/{found.id}/sign_in_sheet")
    body = page.split("<tbody>")[1].split("</tbody>")[0]
    assert body.count("<tr>") == 3
    assert body.count("<td></td>") == 12
