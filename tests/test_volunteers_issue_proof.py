"""Certificates of service: frozen from the standing lines of the ledger, printed, checked by anyone."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.certificates.snapshots import font_book
from registry.core import clock
from registry.core.errors import ForbiddenError, RecordNotFoundError, RuleError
from registry.core.ops import FormKey
from registry.core.permissions import Role
from registry.core.scope import ANONYMOUS, SYSTEM
from registry.core.write import run, write
from registry.people.models import Person
from registry.volunteers.commands.own_page import give_page
from registry.volunteers.commands.proofs import SELF_SERVICE, issue_proof, request_proof, void_proof
from registry.volunteers.models import ProofLine, ServiceProof, Volunteer
from registry.volunteers.queries.proofs import agreement_of
from registry.volunteers.snapshots import sheet_of
from tests import factories as make
from tests import volunteers as makers
from tests.accounts import Browser, text
from tests.certificates import PUBLIC_URL, confirm_address
from tests.endpoints import Reader
from tests.watching import last_entry, statements, together

DAY = date(2025, 3, 1)
UNKNOWN = "A" * 22


@pytest.fixture(autouse=True)
def address(app: Flask, session: Session) -> None:
    confirm_address()
    app.config["PUBLIC_URL"] = PUBLIC_URL
    session.rollback()


@pytest.fixture
def anyone(app: Flask) -> Browser:
    return Browser(app.test_client())


def named(session: Session, name: str, unit_code: str = make.NANGUAN, **more: Any) -> Volunteer:
    return makers.volunteer(session, unit_code, entrant=make.entrant(name=name, **more))


def lines_in(session: Session, proof: ServiceProof) -> set[int]:
    session.rollback()
    rows = select(ProofLine.service_line_id).where(ProofLine.service_proof_id == proof.id)
    return set(session.execute(rows).scalars())


def issued(session: Session) -> int:
    session.rollback()
    return session.execute(select(func.count()).select_from(ServiceProof)).scalar_one()


# Issuing


def test_a_certificate_counts_the_standing_lines_of_its_period(session: Session) -> None:
    volunteer = named(session, "欧阳娜")
    gathering = makers.activity(session, on=DAY)
    first = makers.served(session, volunteer, 240, DAY, activity_id=gathering.id)
    second = makers.served(session, volunteer, 90, DAY + timedelta(days=1), field="rescue", activity_id=None)
    gone = makers.served(session, volunteer, 60, DAY + timedelta(days=2))
    makers.reversed_line(session, gone)
    makers.served(session, volunteer, 60, DAY + timedelta(days=30))
    proof = makers.issued_proof(session, volunteer, starts_on=DAY, ends_on=DAY + timedelta(days=29))
    assert lines_in(session, proof) == {first.id, second.id}
    assert (proof.minutes, proof.number) == (330, f"ZM{clock.today().year}{proof.id:09d}")
    sheet = sheet_of(proof)
    assert sheet.holder_name == "欧阳娜"
    assert "*" in sheet.document_masked
    assert sheet.fields == (("社区服务", 240), ("应急救援救护", 90))
    assert [(item.content, item.minutes) for item in sheet.items] == [("社区应急救护宣传", 240), ("", 90)]
    assert sheet.issuer_zh == "长春市南关区红十字会"
    entry = last_entry(session)
    assert (entry.action, entry.unit_id) == ("volunteers.issue_proof", volunteer.unit_id)


def test_the_lines_of_a_merged_row_count(session: Session) -> None:
    volunteer, other = named(session, "欧阳娜"), named(session, "欧阳娜", make.KUANCHENG)
    makers.served(session, volunteer, 60, DAY)
    line = makers.served(session, other, 120, DAY + timedelta(days=1))
    with write("people.factory", SYSTEM) as w:
        w.session.get_one(Person, other.person_id).canonical_id = volunteer.person_id
    for one in (volunteer, other):
        proof = makers.issued_proof(session, one)
        assert proof.minutes == 180
        assert line.id in lines_in(session, proof)
        assert proof.person_id == volunteer.person_id


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"starts_on": DAY, "ends_on": DAY - timedelta(days=1)}, "ends_on"),
        ({"ends_on": clock.today() + timedelta(days=2)}, "ends_on"),
        (
            {
                "starts_on": clock.today() + timedelta(days=2),
                "ends_on": clock.today() + timedelta(days=3),
            },
            "starts_on",
        ),
        ({"starts_on": DAY + timedelta(days=1)}, "starts_on"),
        ({"responsible": " "}, "responsible"),
        ({"handled_by": ""}, "handled_by"),
        ({"public_url": "https://elsewhere.example"}, None),
        ({"responsible": "王\ue000"}, None),
    ],
)
def test_what_is_refused(session: Session, more: dict[str, Any], field: str | None) -> None:
    volunteer = makers.volunteer(session)
    makers.served(session, volunteer, 60, DAY)
    with pytest.raises(RuleError) as refused:
        makers.issued_proof(session, volunteer, **more)
    assert refused.value.field == field
    assert issued(session) == 0


def test_roles_and_reach(session: Session) -> None:
    volunteer = makers.volunteer(session)
    makers.served(session, volunteer, 60, DAY)
    values: dict[str, Any] = {
        "starts_on": DAY,
        "ends_on": DAY,
        "handled_by": "李明",
        "responsible": "王丽",
        "origin": "staff",
        "public_url": PUBLIC_URL,
        "fonts": font_book(),
    }
    with pytest.raises(ForbiddenError):
        run(make.actor(session, Role.AUDITOR), issue_proof, volunteer, **values)
    elsewhere = make.actor(session, Role.VOLUNTEER_COORDINATOR, make.YANJI)
    with pytest.raises(RecordNotFoundError):
        run(elsewhere, issue_proof, volunteer, **values)
    here = make.actor(session, Role.VOLUNTEER_COORDINATOR)
    assert run(here, issue_proof, volunteer, **values).minutes == 60


def test_a_content_that_cannot_be_printed_is_named(session: Session) -> None:
    volunteer = makers.volunteer(session)
    gathering = makers.activity(session, title="送温暖\u0627")
    makers.served(session, volunteer, 60, DAY, activity_id=gathering.id)
    with pytest.raises(RuleError) as refused:
        makers.issued_proof(session, volunteer)
    assert "U+0627" in str(refused.value.message.params)


def test_only_reversed_lines_are_no_service(session: Session) -> None:
    volunteer = makers.volunteer(session)
    makers.reversed_line(session, makers.served(session, volunteer, 60, DAY))
    with pytest.raises(RuleError):
        makers.issued_proof(session, volunteer)


def test_the_number_of_statements_does_not_depend_on_the_lines(session: Session) -> None:
    counts = []
    for lines in (1, 12):
        volunteer = makers.volunteer(session)
        for place in range(lines):
            makers.served(session, volunteer, 60, DAY + timedelta(days=place))
        with statements() as sent:
            makers.issued_proof(session, volunteer)
        counts.append(len(sent))
    assert counts[0] == counts[1]


# Voiding


def test_void(session: Session) -> None:
    volunteer = makers.volunteer(session)
    makers.served(session, volunteer, 60, DAY)
    proof = makers.issued_proof(session, volunteer)
    with pytest.raises(ForbiddenError):
        run(make.actor(session, Role.VOLUNTEER_COORDINATOR), void_proof, proof, reason="开错了")
    elsewhere = make.actor(session, Role.COUNTY_ADMIN, make.YANJI)
    with pytest.raises(RecordNotFoundError):
        run(elsewhere, void_proof, proof, reason="开错了")
    run(make.actor(session, Role.COUNTY_ADMIN), void_proof, proof, reason="开错了")
    entry = last_entry(session)
    assert (entry.action, entry.reason, entry.unit_id) == (
        "volunteers.void_proof",
        "开错了",
        volunteer.unit_id,
    )
    with pytest.raises(RuleError):
        run(SYSTEM, void_proof, proof, reason="开错了")


# Staff pages


def test_staff_issue_look_and_print(app: Flask, session: Session) -> None:
    volunteer = named(session, "欧阳娜")
    makers.served(session, volunteer, 60, clock.today() - timedelta(days=1))
    reader = Reader(app, session, [Role.VOLUNTEER_COORDINATOR], make.NANGUAN)
    page = text(reader.client.get(f"/volunteers/{volunteer.id}/proofs"))
    assert "欧阳娜" in page
    fields = {
        "form_key": "a" * 32,
        "starts_on": (clock.today() - timedelta(days=9)).isoformat(),
        "ends_on": clock.today().isoformat(),
        "responsible": "王丽",
        "handled_by": "李明",
    }
    sent = reader.send(f"/volunteers/{volunteer.id}/proofs/issue", **fields)
    assert sent.status_code == 303
    again = reader.send(f"/volunteers/{volunteer.id}/proofs/issue", **fields)
    assert (again.status_code, again.location) == (303, sent.location)
    assert issued(session) == 1
    assert "欧阳娜" in text(reader.client.get(sent.location))
    file = reader.client.get(f"{sent.location}/pdf")
    assert file.mimetype == "application/pdf"
    assert file.get_data() == reader.client.get(f"{sent.location}/pdf").get_data()
    refused = reader.send(
        f"/volunteers/{volunteer.id}/proofs/issue",
        **{**fields, "form_key": "b" * 32, "starts_on": clock.today().isoformat()},
    )
    assert refused.status_code == 200
    assert 'value="王丽"' in text(refused)


def test_a_void_certificate_has_no_pdf(app: Flask, session: Session) -> None:
    volunteer = makers.volunteer(session)
    makers.served(session, volunteer, 60, DAY)
    proof = makers.issued_proof(session, volunteer)
    run(SYSTEM, void_proof, proof, reason="开错了")
    reader = Reader(app, session, [Role.VOLUNTEER_COORDINATOR], make.NANGUAN)
    assert reader.client.get(f"/volunteers/proofs/{proof.id}/pdf").mimetype != "application/pdf"
    assert "开错了" in text(reader.client.get(f"/volunteers/proofs/{proof.id}"))


# A volunteer's own page


def test_volunteers_take_it_themselves_in_two_taps(
    session: Session, anyone: Browser, engine_name: str
) -> None:
    volunteer = named(session, "欧阳娜")
    makers.served(session, volunteer, 60, clock.today() - timedelta(days=500))
    token = run(SYSTEM, give_page, volunteer)
    page = text(anyone.get(f"/my/{token}/proofs"))
    assert page.count("<form") == 1, "nothing was served this year"
    makers.served(session, volunteer, 90)
    page = text(anyone.get(f"/my/{token}/proofs"))
    assert page.count("<form") == 2
    got = anyone.send(f"/my/{token}/proofs", form_key="a" * 32, period="year")
    assert got.status_code == 303
    file = anyone.get(f"/my/{token}/{got.location}")
    assert file.mimetype == "application/pdf"
    assert anyone.send(f"/my/{token}/proofs", form_key="a" * 32, period="year").location == got.location
    assert anyone.send(f"/my/{token}/proofs", form_key="b" * 32, period="year").location == got.location
    assert issued(session) == 1
    proof = session.execute(select(ServiceProof)).scalar_one()
    assert (proof.origin, proof.handled_by, proof.minutes) == ("phone", SELF_SERVICE, 90)
    assert proof.responsible == "长春市南关区红十字会"
    entry = last_entry(session)
    assert (entry.action, entry.unit_id, entry.actor_id) == (
        "volunteers.request_proof",
        volunteer.unit_id,
        None,
    )
    everything = anyone.send(f"/my/{token}/proofs", form_key="c" * 32, period="all")
    assert everything.location != got.location
    assert len(set(re.findall(r"ZM[0-9]{13}", text(anyone.get(f"/my/{token}/proofs"))))) == 2
    locations = session.execute(select(FormKey.location)).scalars().all()
    assert locations
    assert all(token not in location for location in locations), "the address of the page is a secret"


def test_another_address_opens_nothing(session: Session, anyone: Browser) -> None:
    volunteer, other = makers.volunteer(session), makers.volunteer(session)
    makers.served(session, volunteer, 60, DAY)
    proof = makers.issued_proof(session, volunteer)
    token, others = run(SYSTEM, give_page, volunteer), run(SYSTEM, give_page, other)
    assert anyone.get(f"/my/{token}/proofs/{proof.token}/pdf").status_code == 200
    assert anyone.get(f"/my/{others}/proofs/{proof.token}/pdf").status_code == 404
    assert anyone.get(f"/my/{UNKNOWN}/proofs").status_code == 404
    run(SYSTEM, give_page, volunteer)
    assert anyone.get(f"/my/{token}/proofs").status_code == 404
    with pytest.raises(RecordNotFoundError):
        run(
            ANONYMOUS,
            request_proof,
            token,
            starts_on=None,
            ends_on=clock.today(),
            public_url=PUBLIC_URL,
            fonts=font_book(),
        )
    run(SYSTEM, void_proof, proof, reason="开错了")
    token = run(SYSTEM, give_page, volunteer)
    assert anyone.get(f"/my/{token}/proofs/{proof.token}/pdf").status_code == 404


def test_without_hours_the_page_says_so(session: Session, anyone: Browser) -> None:
    token = run(SYSTEM, give_page, makers.volunteer(session))
    page = text(anyone.get(f"/my/{token}/proofs"))
    assert "<form" not in page
    sent = anyone.send(f"/my/{token}/proofs", form_key="a" * 32, period="all")
    assert (sent.status_code, issued(session)) == (200, 0)


def test_many_taps_at_once_are_one_certificate(app: Flask, session: Session) -> None:
    volunteer = makers.volunteer(session)
    makers.served(session, volunteer, 60, DAY)
    token = run(SYSTEM, give_page, volunteer)
    session.rollback()
    font_book()

    def tap() -> int:
        return run(
            ANONYMOUS,
            request_proof,
            token,
            starts_on=None,
            ends_on=clock.today(),
            public_url=PUBLIC_URL,
            fonts=font_book(),
        ).id

    results = together(app, [tap] * 4)
    assert len(set(results)) == 1, results
    assert issued(session) == 1


# Checking


def verdict(page: str) -> str:
    return page.split('class="verdict verdict-')[1].split('"')[0]


def test_anyone_checks_it(session: Session, anyone: Browser) -> None:
    volunteer = named(session, "欧阳娜")
    line = makers.served(session, volunteer, 90, DAY)
    makers.served(session, volunteer, 60, DAY + timedelta(days=1))
    proof = makers.issued_proof(session, volunteer)
    answer = anyone.get(f"/s/{proof.token}")
    page = text(answer)
    assert (answer.status_code, verdict(page)) == (200, "good")
    assert "欧阳*" in page
    assert "欧阳娜" not in page
    for told in (proof.number, "长春市南关区红十字会", "2.5", makers.ENROLLED_ON.isoformat()):
        assert told in page
    assert sheet_of(proof).document_masked not in page
    makers.reversed_line(session, line, "重复登记")
    page = text(anyone.get(f"/s/{proof.token}"))
    assert verdict(page) == "wait"
    assert clock.today().isoformat() in page
    assert ">2.5 " in page
    assert ">1 " in page
    assert "重复登记" not in page
    run(SYSTEM, void_proof, proof, reason="开错了")
    page = text(anyone.get(f"/s/{proof.token}"))
    assert verdict(page) == "bad"
    assert "欧阳" not in page
    assert "开错了" not in page


def test_of_a_minor_only_the_surname_shows(session: Session, anyone: Browser) -> None:
    from registry.volunteers.commands import Guardian

    today = clock.today()
    born = clock.add_months(today, -12 * 15)
    young = makers.volunteer(
        session,
        entrant=make.entrant(name="张小三", number=make.resident_number(born, 1)),
        guardian=Guardian("张父", "13000000000", today),
        starts_on=today,
    )
    makers.served(session, young, 60)
    page = text(anyone.get(f"/s/{makers.issued_proof(session, young).token}"))
    assert "张**" in page
    assert "三" not in page.split("张**")[1][:10]


def test_an_unknown_code_is_a_404_after_the_same_statements(session: Session, anyone: Browser) -> None:
    volunteer = makers.volunteer(session)
    makers.served(session, volunteer, 60, DAY)
    proof = makers.issued_proof(session, volunteer)
    anyone.get(f"/s/{proof.token}")
    with statements() as known:
        assert anyone.get(f"/s/{proof.token}").status_code == 200
    with statements() as unknown:
        answer = anyone.get(f"/s/{UNKNOWN}")
    assert (answer.status_code, verdict(text(answer))) == (404, "off")
    assert len(known) == len(unknown)
    assert anyone.get("/s/x").status_code == 404


def test_a_full_name_is_compared_and_guessing_is_slowed(session: Session, anyone: Browser) -> None:
    volunteer = named(session, "欧阳娜")
    makers.served(session, volunteer, 60, DAY)
    path = f"/s/{makers.issued_proof(session, volunteer).token}"
    right = text(anyone.send(path, form_key="a" * 32, name="欧阳 娜"))
    wrong = text(anyone.send(path, form_key="a" * 32, name="欧阳丽"))
    assert 'class="status status-good"' in right
    assert 'class="status status-good"' not in wrong
    statuses = [anyone.send(path, form_key="a" * 32, name="欧阳丽").status_code for _ in range(40)]
    assert statuses[-1] == 429


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(1, 8), st.booleans(), st.booleans()), min_size=1, max_size=7))
def test_it_matches_exactly_as_long_as_every_line_stands(
    session: Session, anyone: Browser, rows: list[tuple[int, bool, bool]]
) -> None:
    """Each row: how many half hours, reversed before the certificate, reversed after it."""
    session.rollback()
    volunteer = makers.volunteer(session)
    stands: dict[int, int] = {}
    later = []
    for place, (halves, before, after) in enumerate(rows):
        line = makers.served(session, volunteer, 30 * halves, DAY + timedelta(days=place))
        if before:
            makers.reversed_line(session, line)
            continue
        stands[line.id] = line.minutes
        if after:
            later.append(line)
    if not stands:
        with pytest.raises(RuleError):
            makers.issued_proof(session, volunteer)
        return
    proof = makers.issued_proof(session, volunteer)
    frozen = dict(stands)
    assert proof.minutes == sum(frozen.values())
    for line in later:
        makers.reversed_line(session, line)
        del stands[line.id]
    makers.served(session, volunteer, 30, DAY + timedelta(days=20))  # What came later says nothing of it.
    session.rollback()
    told = agreement_of(session, proof)
    assert told.matches == (frozen == stands)
    assert told.minutes_now == sum(stands.values())
    assert told.reversed_ids == frozenset(frozen) - frozenset(stands)
    assert told.since == (clock.today() if later else None)
    page = text(anyone.get(f"/s/{proof.token}"))
    assert verdict(page) == ("good" if frozen == stands else "wait")
