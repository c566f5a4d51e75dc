"""Certificates issued before this registry, and what ended them, taken over from lists."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.certificates.commands import (
    Imported,
    LegacyCertificate,
    LegacyEvent,
    import_certificate_events,
    import_certificates,
)
from registry.certificates.imports import (
    CERTIFICATE_HEADERS,
    CERTIFICATE_REQUIRED,
    EVENT_HEADERS,
    EVENT_REQUIRED,
    check_certificate_events,
    check_certificates,
)
from registry.certificates.models import Certificate, CertificateEvent
from registry.certificates.reading import RowError
from registry.certificates.snapshots import sheet_of
from registry.core.errors import ForbiddenError, RecordNotFoundError, RuleError
from registry.core.permissions import Permission, Role
from registry.core.scope import EVERYWHERE, SYSTEM, Actor
from registry.core.sheets import data_rows, find_header, read_sheet
from registry.core.write import run
from registry.people.models import Person
from tests import factories as make
from tests.certificates import confirm_address, credential, issue, issued, prepared
from tests.watching import statements

TODAY = date(2026, 11, 23)


def legacy(
    session: Session, row: int = 2, number: str = "吉救2020-0001", **changes: Any
) -> LegacyCertificate:
    """A checked row."""
    told: dict[str, Any] = {
        "row": row,
        "entrant": make.entrant("王伟", serial=20_000 + row),
        "unit_id": make.unit(session).id,
        "credential_type_id": credential(session).id,
        "number": number,
        "issued_on": date(2024, 5, 6),
        "valid_until": date(2027, 5, 5),
    }
    return LegacyCertificate(**{**told, **changes})


def total(session: Session) -> int:
    return session.execute(select(func.count()).select_from(Certificate)).scalar_one()


def test_a_legacy_certificate_keeps_its_number(session: Session) -> None:
    admin = make.actor(session, Role.COUNTY_ADMIN)
    assert run(admin, import_certificates, rows=[legacy(session)]) == Imported(1, 0)
    certificate = session.execute(select(Certificate)).scalar_one()
    assert (certificate.number, certificate.origin) == ("吉救2020-0001", "legacy")
    assert (certificate.issued_on, certificate.valid_until) == (date(2024, 5, 6), date(2027, 5, 5))
    assert sheet_of(certificate).holder_name == "王伟"
    event = session.execute(select(CertificateEvent)).scalar_one()
    assert (event.kind, event.by_id) == ("imported", admin.user_id)


def test_the_same_list_again_adds_nothing(session: Session) -> None:
    rows = [legacy(session, row, f"A{row}") for row in (2, 3, 4)]
    assert run(SYSTEM, import_certificates, rows=rows) == Imported(3, 0)
    rows.append(legacy(session, 5, "A5"))
    assert run(SYSTEM, import_certificates, rows=rows) == Imported(1, 3)
    assert total(session) == 4


def test_a_known_person_is_recognised(session: Session) -> None:
    entrant = make.entrant("王伟", serial=77)
    person = make.person(session, name="王伟", serial=77)
    run(SYSTEM, import_certificates, rows=[legacy(session, entrant=entrant)])
    certificate = session.execute(select(Certificate)).scalar_one()
    assert certificate.person_id == person.id
    assert session.execute(select(func.count()).select_from(Person)).scalar_one() == 1


def test_two_units_in_one_list(session: Session) -> None:
    rows = [
        legacy(session, 2, "A2", unit_id=make.unit(session, make.KUANCHENG).id),
        legacy(session, 3, "A3"),
        legacy(session, 4, "A4", unit_id=make.unit(session, make.KUANCHENG).id),
    ]
    run(SYSTEM, import_certificates, rows=rows)
    stored = session.execute(select(Certificate).order_by(Certificate.number)).scalars().all()
    assert [c.unit_id for c in stored] == [row.unit_id for row in rows]


@pytest.mark.parametrize("other", ["name", "day"])
def test_a_number_of_another_certificate_is_refused(session: Session, other: str) -> None:
    run(SYSTEM, import_certificates, rows=[legacy(session, number="A1")])
    changes = (
        {"entrant": make.entrant("李伟", serial=901)} if other == "name" else {"issued_on": date(2024, 5, 7)}
    )
    with pytest.raises(RuleError, match="Row 3: another certificate"):
        run(
            SYSTEM,
            import_certificates,
            rows=[legacy(session, 2, "A2"), legacy(session, 3, "A1", **changes)],
        )
    assert total(session) == 1


def test_a_number_twice_in_the_list_is_refused(session: Session) -> None:
    with pytest.raises(RuleError, match="Rows 2 and 3 carry the same certificate number"):
        run(SYSTEM, import_certificates, rows=[legacy(session, 2, "A1"), legacy(session, 3, "A1")])
    both = [
        legacy(session, 2, "A1"),
        legacy(session, 3, "A1", credential_type_id=credential(session, "cpr_aed").id),
    ]
    assert run(SYSTEM, import_certificates, rows=both).added == 2


def test_a_document_number_of_somebody_else_is_refused_naming_the_row(session: Session) -> None:
    make.person(session, name="赵敏", serial=55)
    with pytest.raises(RuleError, match=r"Row 9: .* registered for 赵\*"):
        run(
            SYSTEM,
            import_certificates,
            rows=[legacy(session, 9, entrant=make.entrant("王伟", serial=55))],
        )
    assert total(session) == 0


def test_an_issued_number_passes_over_a_legacy_one(session: Session) -> None:
    year = issued(session, make.persons(session, 1))[0].number[6:10]
    taken = [f"220102{year}J{n:06d}" for n in (3, 4)]
    run(SYSTEM, import_certificates, rows=[legacy(session, n, number) for n, number in enumerate(taken, 2)])
    confirm_address()
    issue(prepared(session, make.persons(session, 3)))
    numbers = session.execute(select(Certificate.number).where(Certificate.origin == "issued")).scalars()
    assert sorted(number[-1] for number in numbers) == ["1", "2", "5", "6"]


def test_reach_and_right(session: Session) -> None:
    elsewhere = make.actor(session, Role.COUNTY_ADMIN, make.KUANCHENG)
    with pytest.raises(RecordNotFoundError):
        run(elsewhere, import_certificates, rows=[legacy(session)])
    with pytest.raises(ForbiddenError):
        run(make.actor(session, Role.TRAINER), import_certificates, rows=[legacy(session)])
    assert total(session) == 0


def test_statements_do_not_depend_on_the_rows(session: Session) -> None:
    # A list with and without persons known before takes other paths; both lists here have none.
    few = [legacy(session, n, f"F{n}", entrant=make.entrant(serial=5000 + n)) for n in range(2)]
    many = [legacy(session, n, f"M{n}", entrant=make.entrant(serial=6000 + n)) for n in range(300)]
    with statements() as first:
        run(SYSTEM, import_certificates, rows=few)
    with statements() as second:
        run(SYSTEM, import_certificates, rows=many)
    assert len(second) <= len(first)


# Events


def event(session: Session, number: str, kind: str = "revoked", **changes: Any) -> LegacyEvent:
    told: dict[str, Any] = {
        "row": 2,
        "credential_type_id": credential(session).id,
        "number": number,
        "kind": kind,
        "on": TODAY,
        "reason": "复核不合格",
    }
    return LegacyEvent(**{**told, **changes})


def test_events_end_certificates(session: Session) -> None:
    run(SYSTEM, import_certificates, rows=[legacy(session, n, f"A{n}") for n in (1, 2, 3)])
    admin = make.actor(session, Role.COUNTY_ADMIN)
    rows = [
        event(session, "A1", on=date(2025, 1, 1), document="吉红7号"),
        event(session, "A2", "voided", row=3),
    ]
    assert run(admin, import_certificate_events, rows=rows) == 2
    session.rollback()
    first, second, third = session.execute(select(Certificate).order_by(Certificate.number)).scalars()
    assert (first.ended_on, first.voided_at) == (date(2025, 1, 1), None)
    assert second.voided_at is not None
    assert (third.ended_on, third.voided_at) == (None, None)
    told = session.execute(
        select(CertificateEvent.kind, CertificateEvent.document)
        .where(CertificateEvent.kind != "imported")
        .order_by(CertificateEvent.id)
    )
    assert [tuple(row) for row in told] == [("revoked", "吉红7号"), ("voided", "")]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"number": "A9"}, "Row 2: no certificate of this type"),
        ({"on": date(2020, 1, 1)}, "Row 2: It was issued on 2024-05-06"),
        ({"reason": " "}, "Row 2: Say why"),
    ],
)
def test_events_are_refused_naming_the_row(session: Session, changes: dict[str, Any], message: str) -> None:
    run(SYSTEM, import_certificates, rows=[legacy(session, 2, "A1")])
    with pytest.raises(RuleError, match=message):
        run(
            SYSTEM,
            import_certificate_events,
            rows=[LegacyEvent(**{**event(session, "A1").__dict__, **changes})],
        )
    certificate = session.execute(select(Certificate)).scalar_one()
    assert certificate.ended_on is None


def test_events_reach_only_own_units(session: Session) -> None:
    run(SYSTEM, import_certificates, rows=[legacy(session, 2, "A1")])
    elsewhere = make.actor(session, Role.COUNTY_ADMIN, make.KUANCHENG)
    with pytest.raises(RuleError, match="no certificate of this type"):
        run(elsewhere, import_certificate_events, rows=[event(session, "A1")])


def test_what_was_issued_here_is_ended_by_an_approver(session: Session) -> None:
    person = make.person(session)
    (certificate,) = issued(session, [person.id])
    rows = [event(session, certificate.number, on=certificate.issued_on)]
    with pytest.raises(RuleError, match="only who may approve"):
        run(make.actor(session, Role.COUNTY_ADMIN), import_certificate_events, rows=rows)
    both = make.actor(session, [Role.COUNTY_ADMIN, Role.CERTIFICATE_APPROVER])
    assert run(both, import_certificate_events, rows=rows) == 1


# Reading the lists


def read(session: Session, text: str, **options: Any) -> tuple[list[LegacyCertificate], list[RowError]]:
    sheet = read_sheet(text.encode("utf-8"), "证书.csv")
    match = find_header(sheet, CERTIFICATE_HEADERS, CERTIFICATE_REQUIRED)
    told: dict[str, Any] = {"scope": EVERYWHERE, "today": TODAY, "unit_id": make.unit(session).id}
    return check_certificates(session, data_rows(sheet, match), **{**told, **options})


NUMBER = make.resident_number(date(1990, 5, 6), 123)


def test_a_list_is_read(session: Session) -> None:
    rows, errors = read(
        session,
        "救护员证花名册\n"
        "序号,证书编号,证书类型,姓名,性别,身份证号,手机,工作单位,发证单位,发证日期,有效期至,学时\n"
        f"1,jl 2024-001,红十字救护员证,欧阳娜,男,{NUMBER.lower()},13812345678,演示学校,"
        "220103,2024年5月6日,,16学时\n"
        "2,ＪＬ２０２４００２,cpr_aed,김민준,,,,,南关区红十字会,20240506,长期,4\n",
    )
    assert errors == []
    first, second = rows
    assert (first.row, first.number, first.issued_on) == (3, "JL2024-001", date(2024, 5, 6))
    assert first.valid_until == date(2027, 5, 5)
    assert first.unit_id == make.unit(session, make.KUANCHENG).id
    assert (first.entrant.name, first.entrant.sex, first.entrant.employer) == ("欧阳娜", "male", "演示学校")
    assert first.class_hours == 16
    assert (second.number, second.valid_until) == ("JL2024002", None)
    assert second.credential_type_id == credential(session, "cpr_aed").id
    assert run(SYSTEM, import_certificates, rows=rows) == Imported(2, 0)


@pytest.mark.parametrize(
    ("line", "column", "message"),
    [
        (f",王伟,{NUMBER},2024-05-06,,", "number", "number is missing"),
        (f"A1,王3伟,{NUMBER},2024-05-06,,", "name", "holds the digit 3"),
        (f"A1,王伟,{NUMBER[:-1]}Z,2024-05-06,,", "document_number", "digits only"),
        (f"A1,王伟,{NUMBER},2026-11-24,,", "issued_on", "future"),
        (f"A1,王伟,{NUMBER},2024-02-30,,", "issued_on", ""),
        (f"A1,王伟,{NUMBER},2024-05-06,2024-05-05,", "valid_until", "before it was issued"),
        (f"A1,王伟,{NUMBER},2024-05-06,,火星", "unit", "No unit within your reach"),
    ],
)
def test_what_is_wrong_is_told_with_row_and_column(
    session: Session, line: str, column: str, message: str
) -> None:
    rows, errors = read(session, f"证书编号,姓名,身份证号,发证日期,有效期至,发证单位\n{line}\n")
    assert rows == []
    (error,) = errors
    assert (error.row, error.column) == (2, column)
    assert message in str(error.message)


def test_all_that_is_wrong_with_a_row_is_told_at_once(session: Session) -> None:
    rows, errors = read(session, "证书编号,姓名,身份证号,发证日期\n,王3,1234,明天\n")
    assert rows == []
    assert [error.column for error in errors] == ["number", "issued_on", "name", "document_number"]


def test_one_document_number_with_two_names_is_refused(session: Session) -> None:
    rows, errors = read(
        session,
        f"证书编号,姓名,身份证号,发证日期\nA1,王伟,{NUMBER},2024-05-06\nA2,李伟,{NUMBER},2024-05-06\n",
    )
    assert [row.number for row in rows] == ["A1"]
    assert [(error.row, error.column) for error in errors] == [(3, "document_number")]


def test_a_unit_out_of_reach_is_not_found(session: Session) -> None:
    admin: Actor = make.actor(session, Role.COUNTY_ADMIN)
    rows, errors = read(
        session,
        f"证书编号,姓名,身份证号,发证日期,发证单位\nA1,王伟,{NUMBER},2024-05-06,220103\n",
        scope=admin.scope(Permission.CERTIFICATE_IMPORT),
    )
    assert rows == []
    assert errors[0].column == "unit"


def test_a_list_without_a_unit_needs_one(session: Session) -> None:
    rows, errors = read(
        session, f"证书编号,姓名,身份证号,发证日期\nA1,王伟,{NUMBER},2024-05-06\n", unit_id=None
    )
    assert rows == []
    assert errors[0].column == "unit"


def test_a_list_of_events_is_read(session: Session) -> None:
    sheet = read_sheet(
        "证书编号,事项,日期,原因,文号\nA1,撤销,2025-01-01,复核不合格,吉红7号\na 2,作废,2025-02-01,重复录入,\n"
        "A3,注销,2025-02-01,x,\n".encode(),
        "事项.csv",
    )
    match = find_header(sheet, EVENT_HEADERS, EVENT_REQUIRED)
    rows, errors = check_certificate_events(session, data_rows(sheet, match), scope=EVERYWHERE, today=TODAY)
    assert [(row.row, row.number, row.kind, row.document) for row in rows] == [
        (2, "A1", "revoked", "吉红7号"),
        (3, "A2", "voided", ""),
    ]
    assert [(error.row, error.column) for error in errors] == [(4, "kind")]
