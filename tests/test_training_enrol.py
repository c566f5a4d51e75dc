"""People are enrolled from pasted lists, files and single forms, all or nothing."""

from __future__ import annotations

import io
import re
import threading
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.core.db import db
from registry.core.errors import ForbiddenError, RecordNotFoundError, RuleError
from registry.core.permissions import Role
from registry.core.scope import SYSTEM
from registry.core.sheets import find_header, read_sheet
from registry.core.write import run
from registry.people.commands import merge_persons
from registry.people.models import Person
from registry.training import commands
from registry.training.commands import DraftRow
from registry.training.imports import ROSTER_HEADERS
from registry.training.models import Course, Enrolment, RosterDraft, RosterImport
from registry.training.roster import RosterEntry
from tests import factories as make
from tests import training as t
from tests.watching import statements


def entries(count: int) -> list[RosterEntry]:
    return [RosterEntry(n, make.entrant()) for n in range(1, count + 1)]


def enrol(found: Course, listed: list[RosterEntry], **more: Any) -> RosterImport:
    return run(SYSTEM, commands.enrol, found, entries=listed, source="grid", **more)


def test_unknown_people_are_added_and_known_ones_found(session: Session) -> None:
    found = t.course(session)
    first = entries(3)
    taken = enrol(found, first)
    assert (taken.saved_count, found.seats_taken) == (3, 3)
    other = t.course(session)
    again = enrol(other, [*first, *entries(1)])
    assert again.saved_count == 4
    assert t.rows_of(session, Person) == 4
    assert t.last_action(session) == "training.enrol"


def test_nobody_is_enrolled_twice(session: Session) -> None:
    found = t.course(session)
    first = entries(3)
    enrol(found, first)
    again = enrol(found, [first[0], first[0], *entries(1)])
    assert (again.saved_count, found.seats_taken) == (1, 4)
    with pytest.raises(RuleError, match="in the course already"):
        enrol(found, first)
    assert t.rows_of(session, RosterImport) == 2


def test_the_same_list_is_refused_while_its_import_stands(session: Session) -> None:
    found = t.course(session)
    listed = entries(2)
    taken = enrol(found, listed, digest="d" * 64)
    with pytest.raises(RuleError, match="This list was saved in this course"):
        enrol(found, entries(1), digest="d" * 64)
    run(SYSTEM, commands.undo_import, taken, reason="名单有误")
    assert enrol(found, listed, digest="d" * 64).saved_count == 2
    assert enrol(t.course(session), listed, digest="d" * 64).saved_count == 2


def test_a_full_course_refuses_the_whole_list(session: Session) -> None:
    found = t.course(session, capacity=5)
    enrol(found, entries(3))
    with pytest.raises(RuleError, match="Seats left: 2, needed: 3"):
        enrol(found, entries(3))
    assert (t.rows_of(session, Enrolment), t.rows_of(session, Person)) == (3, 3)
    enrol(found, entries(2))
    session.refresh(found)
    assert found.seats_taken == 5


@pytest.mark.parametrize(
    ("verb", "message"), [("close", "was closed meanwhile"), ("cancel", "was cancelled")]
)
def test_a_course_closed_meanwhile_takes_nobody(session: Session, verb: str, message: str) -> None:
    found = t.course(session)
    t.enrolled(session, found, 1)
    if verb == "close":
        t.record_all(session, found)
        run(SYSTEM, commands.close_course, found, attested=True)
    else:
        run(SYSTEM, commands.cancel_course, found, reason="人数不足")
    with pytest.raises(RuleError, match=message):
        enrol(found, entries(1))
    assert t.rows_of(session, Person) == 1


def test_who_withdrew_takes_part_again(session: Session) -> None:
    found = t.course(session)
    (listed,) = entries(1)
    enrol(found, [listed])
    enrolment = session.execute(select(Enrolment)).scalar_one()
    run(SYSTEM, commands.withdraw_trainee, enrolment, reason="临时出差")
    assert found.seats_taken == 0
    assert enrol(found, [listed]).saved_count == 1
    assert (t.rows_of(session, Enrolment), found.seats_taken) == (1, 1)
    assert enrolment.withdrawn_on is None


def test_statements_do_not_depend_on_the_list(session: Session) -> None:
    counts = []
    for size in (10, 100):
        found = t.course(session, capacity=200)
        listed = entries(size)
        drafts = [DraftRow(n, {"name": "?"}, []) for n in range(size)]
        with statements() as sent:
            enrol(found, listed, drafts=drafts)
        counts.append(len(sent))
    assert counts[0] == counts[1]


def test_roles_and_reach(session: Session) -> None:
    found = t.course(session)
    with pytest.raises(ForbiddenError):
        run(make.actor(session, Role.AUDITOR), commands.enrol, found, entries=entries(1), source="grid")
    with pytest.raises(RecordNotFoundError):
        run(
            make.actor(session, Role.TRAINER, make.YANJI),
            commands.enrol,
            found,
            entries=entries(1),
            source="grid",
        )
    assert t.rows_of(session, Person) == 0


def test_six_for_three_seats(app: Flask, session: Session) -> None:
    found = t.course(session, capacity=3)
    listed = [make.entrant() for _ in range(6)]
    course_id = found.id
    session.rollback()
    told: list[str] = []

    def take(index: int) -> None:
        with app.app_context():
            own = db.session.get_one(Course, course_id)
            try:
                run(SYSTEM, commands.enrol, own, entries=[RosterEntry(1, listed[index])], source="form")
                told.append("in")
            except RuleError as error:
                told.append(str(error))
            db.session.remove()

    threads = [threading.Thread(target=take, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told.count("in") == 3
    assert sum("Seats left: 0, needed: 1" in line for line in told) == 3
    session.refresh(found)
    assert (found.seats_taken, t.rows_of(session, Enrolment)) == (3, 3)


def test_a_person_merged_meanwhile_is_enrolled_once(session: Session) -> None:
    found = t.course(session)
    one, two = entries(2)
    enrol(found, [one])
    loser = session.execute(select(Person)).scalar_one()
    enrol(t.course(session), [two])
    winner = session.execute(select(Person).where(Person.id != loser.id)).scalar_one()
    run(SYSTEM, merge_persons, loser=loser, winner=winner, reason="同一人")
    with pytest.raises(RuleError, match="in the course already"):
        enrol(found, [two])


# The page


def url(found: Course, path: str = "enrol") -> str:
    return f"/training/courses/{found.id}/{path}"


def test_forty_pasted_rows_are_saved_and_told(app: Flask, session: Session) -> None:
    found = t.course(session)
    browser = t.Browser(app, session)
    answer = browser.submit(url(found), [t.row() for _ in range(40)])
    assert answer.status_code == 303
    page = t.told(browser.client.get(answer.location))
    assert "40 trainees enrolled." in page
    assert t.rows_of(session, Enrolment) == 40


def test_with_one_error_nothing_is_saved_and_everything_comes_back(app: Flask, session: Session) -> None:
    found = t.course(session)
    browser = t.Browser(app, session)
    good, bad = t.row("欧阳娜娜"), t.row("김민준", "220102198001010011")
    answer = browser.submit(url(found), [good, bad])
    page = t.told(answer)
    assert answer.status_code == 200
    assert "Row 2 · Document number" in page
    assert "The check digit of the number does not fit" in page
    assert "Save 1 good rows, keep 1 as drafts" in page
    assert "欧阳娜娜" in answer.get_data(as_text=True)
    assert "220102198001010011" in answer.get_data(as_text=True)
    assert (t.rows_of(session, Person), t.rows_of(session, RosterImport)) == (0, 0)


def test_the_rest_is_kept_as_drafts_only_when_asked(app: Flask, session: Session) -> None:
    found = t.course(session)
    browser = t.Browser(app, session)
    assert "as drafts" not in browser.get(url(found))
    answer = browser.submit(url(found), [t.row(), t.row(number="1")], rest="drafts")
    assert answer.status_code == 303
    draft = session.execute(select(RosterDraft)).scalar_one()
    assert (draft.values["document_number"], draft.row_number) == ("1", 2)
    assert t.rows_of(session, Enrolment) == 1
    assert "1 rows were kept as drafts." in t.told(browser.client.get(answer.location))


def test_a_double_click_saves_once_and_a_changed_form_asks(app: Flask, session: Session) -> None:
    found = t.course(session)
    browser = t.Browser(app, session)
    sent = browser.fill(url(found), [t.row()])
    first, again = browser.post(url(found), sent), browser.post(url(found), sent)
    assert first.location == again.location
    assert t.rows_of(session, Enrolment) == 1
    changed = browser.fill(url(found), [t.row()])
    answer = browser.post(url(found), {**changed, "form_key": sent["form_key"]})
    assert "This form was saved before." in t.told(answer)
    assert t.rows_of(session, Enrolment) == 1


def test_an_empty_table_is_refused(app: Flask, session: Session) -> None:
    found = t.course(session)
    assert "The table is empty." in t.told(t.Browser(app, session).submit(url(found), []))


def test_ten_thousand_pasted_rows_are_refused(app: Flask, session: Session) -> None:
    found = t.course(session)
    rows = [{"name": "金哲", "phone": "13900000001"}] * 10_000
    answer = t.Browser(app, session).submit(url(found), rows)
    assert "at most 5000 fit at once. Nothing was saved." in t.told(answer)
    assert t.rows_of(session, Person) == 0


def test_hidden_characters_are_taken_out_with_a_notice(app: Flask, session: Session) -> None:
    found = t.course(session)
    browser = t.Browser(app, session)
    answer = browser.submit(url(found), [t.row(), {**t.row(), "name": "欧阳\u202e娜娜"}])
    assert "Invisible characters were taken out of 1 cells." in t.told(browser.client.get(answer.location))
    assert session.execute(select(Person.name).where(Person.name == "欧阳娜娜")).scalar() is not None


def test_pasting_without_script_works(app: Flask, session: Session) -> None:
    found = t.course(session)
    browser = t.Browser(app, session)
    one = t.row("欧阳娜娜")
    text = f"姓名\t身份证号\t手机\n欧阳娜娜\t{one['document_number']}\t13800000000\n"
    sent = {**browser.fill(url(found)), "rows": text}
    assert browser.post(url(found), sent).status_code == 303
    assert t.rows_of(session, Enrolment) == 1


def upload(browser: t.Browser, found: Course, text: str, name: str = "名单.csv") -> Any:
    sent = {**browser.fill(url(found)), "file": (io.BytesIO(text.encode("gb18030")), name)}
    return browser.post(url(found), sent, to=url(found, "enrol/file"))


def csv_of(*rows: dict[str, str]) -> str:
    lines = [f"{row['name']},{row['document_number']},{row['phone']}" for row in rows]
    return "\n".join(["学员名单", "姓名,身份证号,手机", *lines, ""])


def test_a_file_without_errors_is_saved_once(app: Flask, session: Session) -> None:
    found = t.course(session)
    browser = t.Browser(app, session)
    text = csv_of(t.row("欧阳娜娜"), t.row())
    answer = upload(browser, found, text)
    assert answer.status_code == 303
    assert "名单.csv" in browser.get(answer.location)
    again = upload(browser, found, text)
    assert "This list was saved in this course on" in t.told(again)
    assert t.rows_of(session, Enrolment) == 2


def test_a_file_with_errors_opens_in_the_grid_and_is_corrected_there(app: Flask, session: Session) -> None:
    found = t.course(session)
    browser = t.Browser(app, session)
    good, bad = t.row(), t.row("김민준", "22010219800101001")
    answer = upload(browser, found, csv_of(good, bad))
    assert "Row 2 · Document number" in t.told(answer)
    assert t.rows_of(session, Person) == 0
    page = answer.get_data(as_text=True)
    digest = re.search(r'name="file_digest"[^>]*value="([0-9a-f]{64})"', page)
    assert digest is not None
    fixed = {**bad, "document_number": t.row()["document_number"]}
    saved = browser.submit(url(found), [good, fixed], file_digest=digest[1], file_name="名单.csv")
    assert saved.status_code == 303
    assert session.execute(select(RosterImport.digest)).scalar_one() == digest[1]
    again = upload(browser, found, csv_of(good, bad))
    assert "Row 2 · Document number" in t.told(again)
    assert t.rows_of(session, Enrolment) == 2


def test_no_file_and_no_list_are_told(app: Flask, session: Session) -> None:
    found = t.course(session)
    browser = t.Browser(app, session)
    sent = browser.fill(url(found))
    assert "Choose a file first." in t.told(browser.post(url(found), sent, to=url(found, "enrol/file")))
    assert "web page under the name of a list" in t.told(upload(browser, found, "<html></html>"))
    assert t.rows_of(session, RosterImport) == 0


def test_one_trainee_by_a_form(app: Flask, session: Session) -> None:
    found = t.course(session)
    browser = t.Browser(app, session)
    page = url(found, "enrol/one")
    one = t.row("欧阳娜娜")
    assert browser.submit(page, **one, document_kind="", sex="").status_code == 303
    again = browser.submit(page, **one, document_kind="", sex="")
    assert "This person is in the course already." in t.told(again)
    wrong = browser.submit(
        page, **{**t.row(), "document_number": "123", "phone": "1"}, document_kind="", sex=""
    )
    assert "This is not a telephone number" in t.told(wrong)
    assert t.rows_of(session, Enrolment) == 1


def test_the_empty_list_has_the_headers_that_are_read(app: Flask, session: Session) -> None:
    found = t.course(session)
    answer = t.Browser(app, session).client.get(url(found, "roster_template"))
    sheet = read_sheet(answer.get_data(), "名单.xlsx")
    assert {"name", "document_number", "phone"} <= set(find_header(sheet, ROSTER_HEADERS).columns)


def test_siblings_and_readers_enrol_nobody(app: Flask, session: Session) -> None:
    found = t.course(session, make.YANJI)
    sibling, reader = t.Browser(app, session), t.Browser(app, session, Role.AUDITOR, make.YANJI)
    for path in ("enrol", "enrol/one", "drafts", "roster_template"):
        assert sibling.client.get(url(found, path)).status_code == 404
        assert reader.client.get(url(found, path)).status_code == 403


def test_a_course_closed_between_page_and_save(app: Flask, session: Session) -> None:
    found = t.course(session)
    browser = t.Browser(app, session)
    sent = browser.fill(url(found), [t.row("欧阳娜娜")])
    run(SYSTEM, commands.cancel_course, session.merge(found), reason="人数不足")
    answer = browser.post(url(found), sent)
    assert "was cancelled. Nothing was saved" in t.told(answer)
    assert "欧阳娜娜" in answer.get_data(as_text=True)
    assert t.rows_of(session, Person) == 0
