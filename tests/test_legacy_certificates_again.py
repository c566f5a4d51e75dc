"""A list of certificates read with care: who holds a registered number, and dates that cannot be."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.certificates.commands import Imported, LegacyCertificate, import_certificates
from registry.certificates.imports import CERTIFICATE_HEADERS, CERTIFICATE_REQUIRED, check_certificates
from registry.certificates.models import Certificate
from registry.core.errors import RuleError
from registry.core.imports import RowError
from registry.core.scope import EVERYWHERE, SYSTEM
from registry.core.sheets import data_rows, find_header, read_sheet
from registry.core.write import run
from registry.people.commands import Entrant, correct_person, merge_persons
from registry.people.models import Person
from tests import factories as make
from tests.certificates import credential

TODAY = date(2026, 11, 23)


def certificate(session: Session, entrant: Entrant, **changes: Any) -> LegacyCertificate:
    told: dict[str, Any] = {
        "row": 2,
        "entrant": entrant,
        "unit_id": make.unit(session).id,
        "credential_type_id": credential(session).id,
        "number": "吉救1",
        "issued_on": date(2024, 5, 6),
        "valid_until": date(2027, 5, 5),
    }
    return LegacyCertificate(**{**told, **changes})


def take_over(*rows: LegacyCertificate) -> Imported:
    return run(SYSTEM, import_certificates, rows=rows)


def test_a_namesake_with_another_document_is_another_holder(session: Session) -> None:
    take_over(certificate(session, make.entrant("王伟")))
    with pytest.raises(RuleError, match="another certificate of this type"):
        take_over(certificate(session, make.entrant("王伟")))
    assert session.execute(select(func.count()).select_from(Certificate)).scalar_one() == 1


def test_the_same_list_again_has_no_effect_after_the_name_was_corrected(session: Session) -> None:
    entrant = make.entrant("王伟")
    take_over(certificate(session, entrant))
    person = session.execute(select(Person)).scalar_one()
    run(SYSTEM, correct_person, person, entrant=replace(entrant, name="王玮"))
    assert take_over(certificate(session, entrant)) == Imported(0, 1)


def test_the_same_list_again_has_no_effect_after_a_merge(session: Session) -> None:
    entrant = make.entrant("王伟")
    take_over(certificate(session, entrant))
    loser = session.execute(select(Person)).scalar_one()
    run(SYSTEM, merge_persons, loser=loser, winner=make.person(session, name="王玮"), reason="同一人")
    assert take_over(certificate(session, entrant)) == Imported(0, 1)
    without_document = replace(entrant, document=None, document_hash=None)
    assert take_over(certificate(session, without_document)) == Imported(0, 1)


def test_a_holder_without_a_document_is_told_by_name(session: Session) -> None:
    take_over(certificate(session, Entrant.of("王伟")))
    assert take_over(certificate(session, make.entrant("王伟"))) == Imported(0, 1)
    with pytest.raises(RuleError, match="another certificate of this type"):
        take_over(certificate(session, make.entrant("李伟")))


def read(session: Session, header: str, line: str) -> tuple[list[LegacyCertificate], list[RowError]]:
    sheet = read_sheet(f"{header}\n{line}\n".encode(), "证书.csv")
    match = find_header(sheet, CERTIFICATE_HEADERS, CERTIFICATE_REQUIRED)
    rows = data_rows(sheet, match)
    return check_certificates(session, rows, scope=EVERYWHERE, today=TODAY, unit_id=make.unit(session).id)


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"发证日期": "0024-05-06"}, "issued_on"),
        ({"发证日期": "1949-09-30"}, "issued_on"),
        ({"发证日期": "1990-05-05"}, "issued_on"),
        ({"学时": "9" * 5_000}, "class_hours"),
        ({"学时": "-1"}, "class_hours"),
        ({"工作单位": "长" * 121}, "employer"),
        ({"培训班": "长" * 121}, "course_title"),
        ({"证书编号": "=A1"}, "number"),
        ({"工作单位": "=HYPERLINK(1)"}, "employer"),
    ],
)
def test_what_cannot_be_is_refused_at_its_cell(
    session: Session, changes: dict[str, str], column: str
) -> None:
    told = {
        "证书编号": "A1",
        "姓名": "王伟",
        "身份证号": make.resident_number(date(1990, 5, 6), 123),
        "发证日期": "2024-05-06",
        **changes,
    }
    rows, errors = read(session, ",".join(told), ",".join(told.values()))
    assert rows == []
    assert [(error.row, error.column) for error in errors] == [(2, column)]


@pytest.mark.sqlite_only
def test_the_last_day_of_the_calendar_means_without_end(session: Session) -> None:
    rows, errors = read(session, "证书编号,姓名,发证日期,有效期至", "A1,王伟,2024-05-06,9999-12-31")
    assert errors == []
    assert rows[0].valid_until is None


@pytest.mark.sqlite_only
def test_a_unit_may_be_called_by_its_full_name(session: Session) -> None:
    rows, errors = read(session, "证书编号,姓名,发证日期,发证单位", "A1,王伟,2024-05-06,长春市宽城区红十字会")
    assert errors == []
    assert rows[0].unit_id == make.unit(session, make.KUANCHENG).id
