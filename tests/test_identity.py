"""Identity documents are read as people type them. All numbers are made up here."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from registry.core.errors import RuleError
from registry.people.identity import (
    DocumentKind,
    IdentityDocument,
    Sex,
    age_on,
    check_character,
    read_document,
    read_kind,
    read_sex,
)

TODAY = date(2026, 3, 1)


def number_of(area: str = "220102", born: str = "19900101", sequence: str = "123") -> str:
    first = f"{area}{born}{sequence}"
    return first + check_character(first)


def read(text: str, kind: DocumentKind | None = None, **given: object) -> IdentityDocument:
    return read_document(kind, text, today=TODAY, **given)  # type: ignore[arg-type]


def refusal(text: str, kind: DocumentKind | None = None, **given: object) -> RuleError:
    with pytest.raises(RuleError) as refused:
        read(text, kind, **given)
    return refused.value


WITH_X = next(number for s in range(999) if (number := number_of(sequence=f"{s:03d}")).endswith("X"))


def test_a_number_says_when_one_was_born_and_the_sex() -> None:
    document = read(number_of(sequence="123"))
    assert document == IdentityDocument(DocumentKind.RESIDENT_ID, number_of(), date(1990, 1, 1), Sex.MALE)
    assert read(number_of(sequence="124")).sex is Sex.FEMALE


def test_the_check_character_is_that_of_the_standard() -> None:
    # The example printed in GB 11643-1999, not a person's number.
    assert check_character("11010519491231002") == "X"
    assert check_character("44052418800101001") == "4"


@given(st.integers(0, 39_999), st.integers(0, 999))
def test_every_day_and_sequence_is_read_back(days: int, sequence: int) -> None:
    born = date(1916, 6, 1) + timedelta(days=days)
    number = number_of(born=born.strftime("%Y%m%d"), sequence=f"{sequence:03d}")
    document = read(number)
    assert document.birth_on == born
    assert document.sex is (Sex.MALE if sequence % 2 else Sex.FEMALE)
    assert ric.calc_check_digit(number) == number[17]


@given(st.integers(0, 16), st.integers(1, 9))
def test_a_single_mistyped_digit_is_always_noticed(place: int, change: int) -> None:
    number = number_of()
    digit = str((int(number[place]) + change) % 10)
    with pytest.raises(RuleError):
        read(number[:place] + digit + number[place + 1 :], DocumentKind.RESIDENT_ID)


@given(st.integers(0, 16))
def test_two_neighbours_swapped_are_noticed(place: int) -> None:
    number = number_of(born="19871206", sequence="359")
    swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
    if swapped != number:
        with pytest.raises(RuleError):
            read(swapped, DocumentKind.RESIDENT_ID)


@pytest.mark.parametrize(
    "typed",
    [
        WITH_X.lower(),
        f" {WITH_X} ",
        f"'{WITH_X}",
        f"\u202a{WITH_X}\u202c",
        f"{WITH_X[:6]} {WITH_X[6:14]} {WITH_X[14:]}",
        f"{WITH_X[:6]}-{WITH_X[6:14]}-{WITH_X[14:]}",
        WITH_X.translate({code: code + 0xFEE0 for code in range(0x30, 0x5B)}),
        WITH_X.replace("X", "×"),
        f"{WITH_X[:10]}\u200b{WITH_X[10:]}\n",
    ],
)
def test_every_way_of_typing_is_one_number(typed: str) -> None:
    assert read(typed).number == WITH_X


def test_fifteen_digits_become_eighteen() -> None:
    document = read("220102" + "900101" + "123")
    assert document == read(number_of())
    assert document.number == number_of()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (number_of()[:17], "has 17"),
        (number_of() + "1", "has 19"),
        ("13800000000", "has 11"),
        (number_of()[:6] + "O" + number_of()[7:], "digits only"),
        ("0" + number_of()[1:], "does not start with 0"),
        (number_of(born="19900230"), "1990-02-30, does not exist"),
        (number_of(born="19901301"), "1990-13-01, does not exist"),
        (number_of(born="20260302"), "2026-03-02 lies in the future"),
        (number_of(born="19050301"), "older than 120"),
        (number_of()[:17] + ("0" if number_of()[17] != "0" else "1"), "check digit"),
        ("2.20102E+17", "shortened by the spreadsheet"),
        ("220102900230123", "1990-02-30"),
    ],
)
def test_the_reason_is_precise(text: str, reason: str) -> None:
    refused = refusal(text)
    assert reason in str(refused)
    assert refused.field == "number"
    assert text not in str(refused)


def test_the_check_digit_that_would_fit_is_not_told() -> None:
    wrong = number_of()[:17] + ("0" if number_of()[17] != "0" else "1")
    assert not any(character.isdigit() for character in str(refusal(wrong)))


def test_born_today_and_a_hundred_and_twenty_years_ago() -> None:
    assert read(number_of(born="20260301")).birth_on == TODAY
    assert read(number_of(born="19050302")).birth_on == date(1905, 3, 2)


@pytest.mark.parametrize("area", ["220381", "220181", "220724", "220625", "110000", "659099"])
def test_old_and_unknown_areas_are_accepted(area: str) -> None:
    assert read(number_of(area)).kind is DocumentKind.RESIDENT_ID


@pytest.mark.parametrize(
    "day", ["19860504", "19860914", "19870412", "19880410", "19890416", "19900415", "19910414"]
)
def test_birthdays_on_days_of_a_clock_change_are_plain_dates(day: str) -> None:
    born = date(int(day[:4]), int(day[4:6]), int(day[6:]))
    assert read(number_of(born=day), birth_on=born).birth_on == born


@pytest.mark.parametrize(
    ("text", "kind", "number"),
    [
        (number_of("810000"), DocumentKind.RESIDENCE_PERMIT, number_of("810000")),
        (number_of("820000"), DocumentKind.RESIDENCE_PERMIT, number_of("820000")),
        (number_of("830000"), DocumentKind.RESIDENCE_PERMIT, number_of("830000")),
        (number_of("922156"), DocumentKind.FOREIGN_PERMANENT, number_of("922156")),
        ("kor220080010112", DocumentKind.FOREIGN_PERMANENT, "KOR220080010112"),
        ("H0000 0001", DocumentKind.HK_MACAO_PASS, "H00000001"),
        ("M0000000102", DocumentKind.HK_MACAO_PASS, "M00000001"),
        ("00000001", DocumentKind.TAIWAN_PASS, "00000001"),
        ("e00000001", DocumentKind.PASSPORT, "E00000001"),
        ("M000A0001", DocumentKind.PASSPORT, "M000A0001"),
        ("U220000001", DocumentKind.BIRTH_CERTIFICATE, "U220000001"),
        ("军字第0000001号", DocumentKind.MILITARY, "军字第0000001号"),
        ("", DocumentKind.NONE, ""),
    ],
)
def test_the_kind_is_told_from_the_number(text: str, kind: DocumentKind, number: str) -> None:
    document = read(text)
    assert (document.kind, document.number) == (kind, number)
    assert read(text, kind) == document


@pytest.mark.parametrize("text", ["19900101", "123456789", "张三", "AB1", "88" * 2])
def test_a_kind_is_not_guessed(text: str) -> None:
    assert "choose the kind" in str(refusal(text))


@pytest.mark.parametrize(
    ("text", "kind", "field"),
    [
        (number_of("810000"), DocumentKind.RESIDENT_ID, "kind"),
        (number_of(), DocumentKind.RESIDENCE_PERMIT, "kind"),
        (number_of(), DocumentKind.FOREIGN_PERMANENT, "kind"),
        ("AB1", DocumentKind.PASSPORT, "number"),
        ("ABCDEFG", DocumentKind.PASSPORT, "number"),
        ("H1", DocumentKind.HK_MACAO_PASS, "number"),
        ("1234567", DocumentKind.TAIWAN_PASS, "number"),
        ("U1", DocumentKind.BIRTH_CERTIFICATE, "number"),
        ("军", DocumentKind.MILITARY, "number"),
        ("KOR12", DocumentKind.FOREIGN_PERMANENT, "number"),
        ("220102900101123", DocumentKind.RESIDENCE_PERMIT, "number"),
        ("", DocumentKind.PASSPORT, "number"),
        ("E00000001", DocumentKind.NONE, "kind"),
    ],
)
def test_a_number_must_fit_its_kind(text: str, kind: DocumentKind, field: str) -> None:
    assert refusal(text, kind).field == field


def test_contradictions_name_both_values() -> None:
    refused = refusal(number_of(), birth_on=date(1990, 1, 2))
    assert (refused.field, "1990-01-01" in str(refused), "1990-01-02" in str(refused)) == (
        "birth_on",
        True,
        True,
    )
    refused = refusal(number_of(), sex=Sex.FEMALE)
    assert (refused.field, "female" in str(refused), " male" in str(refused)) == ("sex", True, True)
    refused = refusal(number_of(), age=30)
    assert (refused.field, "36" in str(refused), "30" in str(refused)) == ("age", True, True)


@pytest.mark.parametrize(("age", "fits"), [(34, False), (35, True), (36, True), (38, True), (39, False)])
def test_an_age_may_be_last_years_or_traditional(age: int, fits: bool) -> None:
    # Completed years on the day: 36.
    if fits:
        assert read(number_of(), age=age).birth_on == date(1990, 1, 1)
    else:
        assert refusal(number_of(), age=age).field == "age"


def test_other_documents_take_what_the_columns_say() -> None:
    document = read("E00000001", birth_on=date(1990, 1, 1), sex=Sex.FEMALE, age=36)
    assert (document.birth_on, document.sex) == (date(1990, 1, 1), Sex.FEMALE)
    assert read("E00000001").birth_on is None
    assert refusal("E00000001", birth_on=TODAY + timedelta(days=1)).field == "birth_on"
    assert refusal("", birth_on=date(1900, 1, 1)).field == "birth_on"
    assert refusal("", birth_on=date(1990, 1, 1), age=20).field == "age"


def test_a_document_does_not_show_itself_in_a_log() -> None:
    assert number_of() not in repr(read(number_of()))


def test_ages() -> None:
    assert age_on(date(2008, 3, 1), TODAY) == 18
    assert age_on(date(2008, 3, 2), TODAY) == 17
    assert age_on(date(2008, 2, 29), date(2026, 2, 28)) == 17
    assert age_on(TODAY, TODAY) == 0


def test_words_for_sex_and_kind() -> None:
    assert (read_sex(" 男 "), read_sex("F"), read_sex("")) == (Sex.MALE, Sex.FEMALE, None)
    assert read_kind("居民 身份证") is DocumentKind.RESIDENT_ID
    assert read_kind("身份证（大陆）") is DocumentKind.RESIDENT_ID
    assert read_kind("台胞证") is DocumentKind.TAIWAN_PASS
    assert read_kind("hk_macao_pass") is DocumentKind.HK_MACAO_PASS
    assert read_kind("") is None
    with pytest.raises(RuleError, match="男"):
        read_sex("未知")
    with pytest.raises(RuleError, match="not known"):
        read_kind("驾驶证")
    assert all(str(kind.label) for kind in DocumentKind)
