"""`flask import certificates` and `flask import certificate_events`."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.certificates.models import Certificate, CertificateEvent
from registry.certificates.queries.certificates import rule_on
from registry.certificates.validity import last_valid_day
from registry.core import clock
from registry.core.permissions import Role
from registry.people.models import Person
from tests import factories as make
from tests.certificates import credential
from tests.imports import count, csv_file, imported, importer, places, reasons, xlsx_file
from tests.training import last_action

HEADER = ["证书编号", "证书类型", "姓名", "身份证号", "发证单位", "发证日期", "有效期至"]
EVENTS = ["证书编号", "证书类型", "事项", "日期", "原因", "文号"]


def line(serial: int, number: str, until: str = "", unit: str = "南关区", kind: str = "救护员") -> list[str]:
    """A row of a list of certificates."""
    someone = make.entrant(serial=serial)
    assert someone.document is not None
    return [number, kind, someone.name, someone.document.number, unit, "2024-05-06", until]


def names(session: Session) -> list[str]:
    """The credential types by their names."""
    return [credential(session, code).name for code in ("rescuer", "cpr_aed")]


def test_certificates_are_taken_over_under_their_numbers(
    app: Flask, session: Session, tmp_path: Path
) -> None:
    rescuer, cpr = names(session)
    file = xlsx_file(
        tmp_path,
        ["历年证书"],
        HEADER,
        line(1, "吉救2024-001", "2027年5月5日", kind=rescuer),
        line(2, "吉救2024-002", kind=rescuer),
        line(1, "C1", "长期", unit="220102", kind=cpr),
    )
    told = imported(app, "certificates", file, importer(session))
    assert (told["rows"], told["saved"], told["known"], told["errors"]) == (3, 3, 0, [])
    session.rollback()
    rule = rule_on(session, credential(session).id, date(2024, 5, 6))
    computed = last_valid_day(date(2024, 5, 6), rule.validity_months, rule.last_day)
    rows = session.execute(
        select(Certificate.number, Certificate.valid_until, Certificate.origin).order_by(Certificate.number)
    ).all()
    assert list(map(tuple, rows)) == [
        ("C1", None, "legacy"),
        ("吉救2024-001", date(2027, 5, 5), "legacy"),
        ("吉救2024-002", computed, "legacy"),
    ]
    assert count(session, Person) == 2
    assert last_action(session) == "certificates.import_certificates"


def test_the_same_file_again_counts_them_as_known(app: Flask, session: Session, tmp_path: Path) -> None:
    name = importer(session)
    kind = names(session)[0]
    file = csv_file(tmp_path, HEADER, line(1, "A1", kind=kind), line(2, "A2", kind=kind))
    assert imported(app, "certificates", file, name, "--dry-run")["saved"] == 2
    assert count(session, Certificate) == 0
    assert imported(app, "certificates", file, name)["saved"] == 2
    told = imported(app, "certificates", file, name)
    assert (told["saved"], told["known"], told["errors"]) == (0, 2, [])
    assert count(session, Certificate) == 2


@pytest.mark.sqlite_only
def test_the_unit_may_come_from_the_option(app: Flask, session: Session, tmp_path: Path) -> None:
    name = importer(session)
    kind = names(session)[0]
    rows = [[*row[:4], *row[5:]] for row in (HEADER, line(1, "A1", kind=kind))]
    file = csv_file(tmp_path, *rows)
    assert "missing: 发证单位" in reasons(imported(app, "certificates", file, name))
    assert imported(app, "certificates", file, name, "--unit", make.NANGUAN)["saved"] == 1


@pytest.mark.sqlite_only
def test_every_bad_cell_is_told(app: Flask, session: Session, tmp_path: Path) -> None:
    kind = names(session)[0]
    bad = line(1, "", kind="游泳证")
    bad[5] = (clock.today() + timedelta(days=366)).isoformat()
    file = csv_file(
        tmp_path, HEADER, bad, line(2, "A2", "2020-01-01", unit="宽城区", kind=kind), line(3, "A3", kind=kind)
    )
    told = imported(app, "certificates", file, importer(session))
    assert set(places(told)) >= {(2, "证书编号"), (2, "证书类型"), (2, "发证日期"), (3, "发证单位")}
    assert {row for row, _column in places(told)} == {2, 3}
    assert count(session, Certificate) == 0


def test_a_number_that_another_holder_has_is_refused(app: Flask, session: Session, tmp_path: Path) -> None:
    name = importer(session)
    kind = names(session)[0]
    imported(app, "certificates", csv_file(tmp_path, HEADER, line(1, "A1", kind=kind)), name)
    file = csv_file(tmp_path, HEADER, line(5, "A5", kind=kind), line(2, "A1", kind=kind))
    told = imported(app, "certificates", file, name)
    assert places(told) == [(3, "证书编号")]
    assert count(session, Certificate) == 1


def test_certificates_are_revoked_and_voided_from_a_list(
    app: Flask, session: Session, tmp_path: Path
) -> None:
    name = importer(session)
    kind = names(session)[0]
    lines = [line(serial, f"A{serial}", kind=kind) for serial in (1, 2)]
    imported(app, "certificates", csv_file(tmp_path, HEADER, *lines), name)
    file = csv_file(
        tmp_path,
        EVENTS,
        ["A1", kind, "撤销", "2025/3/1", "弄虚作假", "吉红〔2025〕3号"],
        ["a2", kind, "void", "20250302", "录入错误", ""],
        name="events.csv",
    )
    told = imported(app, "certificate_events", file, name)
    assert (told["rows"], told["saved"], told["errors"]) == (2, 2, [])
    session.rollback()
    one, two = session.execute(select(Certificate).order_by(Certificate.number)).scalars()
    assert (one.ended_on, one.voided_at) == (date(2025, 3, 1), None)
    assert two.voided_at is not None
    event = session.execute(select(CertificateEvent).where(CertificateEvent.kind == "revoked")).scalar_one()
    assert event.document == "吉红〔2025〕3号"
    again = imported(app, "certificate_events", file, name)
    assert again["saved"] == 0
    assert {row for row, _column in places(again)} <= {2, 3}
    assert "already" in reasons(again)


def test_an_event_of_an_unknown_certificate_is_refused(app: Flask, session: Session, tmp_path: Path) -> None:
    name = importer(session)
    kind = names(session)[0]
    imported(app, "certificates", csv_file(tmp_path, HEADER, line(1, "A1", kind=kind)), name)
    file = csv_file(
        tmp_path,
        EVENTS,
        ["A1", kind, "撤销", "2025-03-01", "弄虚作假", ""],
        ["A9", kind, "撤销", "2025-03-01", "弄虚作假", ""],
    )
    told = imported(app, "certificate_events", file, name)
    assert places(told) == [(3, "证书编号")]
    session.rollback()
    assert session.execute(select(Certificate.ended_on)).scalar_one() is None


@pytest.mark.sqlite_only
def test_who_may_not_import_certificates_is_refused(app: Flask, session: Session, tmp_path: Path) -> None:
    file = csv_file(tmp_path, HEADER, line(1, "A1"))
    told = imported(app, "certificates", file, importer(session, Role.TRAINER))
    assert "roles do not allow" in reasons(told)
    assert count(session, Certificate) == 0
