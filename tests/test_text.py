"""Typed and imported text becomes one form, and nothing a name needs is lost on the way."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.core.errors import RuleError
from registry.core.text import (
    clean,
    clean_name,
    has_hidden,
    mask_name,
    mask_number,
    mask_phone,
    narrow,
    read_date,
    split_name,
)

RARE = "㛃䶮𠅤𫖮"
LONG = "阿卜杜热合曼·买买提吐尔逊·艾力阿卜杜克里木·麦麦提敏·阿布都"


@pytest.mark.parametrize("kept", [RARE, "김민준", LONG, "欧阳修", "José", "㐂", "\U00031350", "Müller 2"])
def test_clean_keeps_what_is_written(kept: str) -> None:
    assert clean(kept) == unicodedata.normalize("NFC", kept)


@pytest.mark.parametrize(
    ("typed", "cleaned"),
    [
        ("  张\t三 \n", "张 三"),
        ("张\u200b三\ufeff", "张三"),
        ("\u202a13812345678\u202c", "13812345678"),
        ("张\x00\x07三", "张三"),
        ("e\u0301", "é"),
        ("a\u3000\u00a0b", "a b"),
        ("\u1100\u1161", "가"),
        ("⻩⽂⻰", "黄文龙"),
        ("\ud800张", "张"),
        ("葛\U000e0100城", "葛城"),
    ],
)
def test_clean_removes_what_nobody_sees(typed: str, cleaned: str) -> None:
    assert clean(typed) == cleaned


def test_clean_gives_the_codes_of_the_gb18030_codec_their_standard_characters() -> None:
    # The codes whose decoding by Python is out of date, and the four-byte codes of what they mean.
    moved = bytes.fromhex(
        "A6D9A6DAA6DBA6DCA6DDA6DEA6DFA6ECA6EDA6F3A8BCFE51FE52FE53FE59FE61FE66FE67FE6CFE6DFE76FE7EFE90FE91FEA0"
    )
    standard = bytes.fromhex(
        "84318236 84318238 84318237 84318239 84318330 84318331 84318332 84318333 84318334 84318335 8135f437"
        "95329031 95329033 95329730 82359037 82359038 82359039 82359130 9536b937 82359131 9630ba35 82359132"
        "82359133 9635b630 82359134"
    )
    private = moved.decode("gb18030")
    assert all(unicodedata.category(character) == "Co" for character in private)
    assert clean(private) == standard.decode("gb18030")


def test_lines_are_kept_only_where_asked() -> None:
    assert clean("甲 \r\n\r\n 乙\u2028丙\n") == "甲 乙 丙"
    assert clean("甲 \r\n\r\n 乙\u2028丙\n", lines=True) == "甲\n\n乙\n丙"


@given(st.text(), st.booleans())
def test_clean_twice_is_clean_once(text: str, lines: bool) -> None:
    once = clean(text, lines=lines)
    assert clean(once, lines=lines) == once
    assert unicodedata.is_normalized("NFC", once)
    assert not has_hidden(once)
    assert once == once.strip()


@pytest.mark.parametrize("text", ["a\x00", "a\x1b", "\u202eabc", "a\u2066b", "\u200fa", "a\x9f"])
def test_control_and_bidirectional_characters_are_noticed(text: str) -> None:
    assert has_hidden(text)


@pytest.mark.parametrize("text", ["张三", "a\tb\r\nc", "a\u200bb", RARE, ""])
def test_harmless_text_is_not_called_hidden(text: str) -> None:
    assert not has_hidden(text)


def test_narrow() -> None:
    assert narrow("１２３Ｘｘ－（０４３１）　＋８６") == "123Xx-(0431) +86"
    assert narrow("张三，。") == "张三,。"


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("欧 阳　修", "欧阳修"),
        ("김 민준", "김민준"),
        ("买买提•吐尔逊", "买买提·吐尔逊"),
        ("买买提・吐尔逊", "买买提·吐尔逊"),
        ("买买提‧吐尔逊", "买买提·吐尔逊"),
        ("买买提．吐尔逊", "买买提·吐尔逊"),
        ("买买提 . 吐尔逊", "买买提·吐尔逊"),
        ("买买提··吐尔逊·", "买买提·吐尔逊"),
        ("John  F.  Smith", "John F. Smith"),
        ("Ｊｏｈｎ", "John"),
        ("O’Neil-Zoë", "O'Neil-Zoë"),
        ("张\u200b三\u202e", "张三"),
        ("\ue81e", "龴"),
        (LONG, LONG),
        (RARE, RARE),
        ("\U0002ebf0\U00031350", "\U0002ebf0\U00031350"),
        ("武〇", "武〇"),
        ("木村ゆり", "木村ゆり"),
        ("王", "王"),
        ("字" * 60, "字" * 60),
    ],
)
def test_names(typed: str, name: str) -> None:
    assert clean_name(typed) == name
    assert clean_name(name) == name


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("张三2", "digit 2"),
        ("张三３", "digit 3"),
        ("张①", "digit ①"),
        ("张😀", "😀"),
        ("张(三)", "holds ("),
        ("张/三", "holds /"),
        ("<b>", "holds <"),
        ("张\ue123", "U+E123"),
        ("·", "missing"),
        (" \u200b", "missing"),
        ("-", "no letter"),
        ("字" * 61, "61 characters"),
    ],
)
def test_what_is_no_name_is_refused(typed: str, reason: str) -> None:
    with pytest.raises(RuleError) as refused:
        clean_name(typed)
    assert reason in str(refused.value)
    assert refused.value.field == "name"


@pytest.mark.parametrize(
    ("name", "masked", "minor"),
    [
        ("张三", "张*", "张**"),
        ("张小三", "张*三", "张**"),
        ("张三李四", "张**四", "张**"),
        ("欧阳修", "欧阳*", "欧阳**"),
        ("欧阳文轩", "欧阳**", "欧阳**"),
        ("欧阳", "欧*", "欧**"),
        ("歐陽修", "歐陽*", "歐陽**"),
        ("𠅤㛃", "𠅤*", "𠅤**"),
        ("김민준", "김*준", "김**"),
        ("남궁민", "남궁*", "남궁**"),
        ("阿卜杜·买买提", "阿**·**提", "阿**"),
        ("John F. Smith", "J*** F* S****", "J**"),
        ("王", "*", "**"),
        ("", "", "**"),
    ],
)
def test_masked_names(name: str, masked: str, minor: str) -> None:
    assert mask_name(name) == masked
    assert mask_name(name, minor=True) == minor


def test_surnames() -> None:
    assert split_name("尉迟恭") == ("尉迟", "恭")
    assert split_name("单雄信") == ("单", "雄信")
    assert split_name("John Smith") == ("", "John Smith")


def test_masked_numbers() -> None:
    assert mask_number("2201020000000000" + "12") == "220102********0012"
    assert mask_number("2201020000000000" + "12", first=3, last=4) == "220***********0012"
    assert mask_number("E00000001") == "E0*****01"
    assert mask_number("A1") == "**"
    assert mask_phone("13800005678") == "138****5678"
    assert mask_phone("0431-88901234-8001") == "0431-****1234"
    assert mask_phone("010-62345678") == "010-****5678"


@given(st.text(alphabet="0123456789X", max_size=20))
def test_a_masked_number_keeps_its_length_and_hides_at_least_a_third(number: str) -> None:
    masked = mask_number(number)
    assert len(masked) == len(number)
    assert masked.count("*") * 3 >= len(number)


@pytest.mark.parametrize(
    "typed",
    [
        "1988-04-10",
        "1988/4/10",
        "1988.4.10",
        "1988年4月10日",
        "19880410",
        "１９８８－０４－１０",
        "1988-04-10 00:00",
    ],
)
def test_dates_as_people_write_them(typed: str) -> None:
    # A day on which clocks in China went forward.
    assert read_date(typed) == date(1988, 4, 10)


@pytest.mark.parametrize(
    "typed", ["88-4-10", "1988-04", "1988", "10/4/1988", "一九八八年", "", "1988-04-10 12:30"]
)
def test_what_is_no_date_is_refused(typed: str) -> None:
    with pytest.raises(RuleError, match="not a date"):
        read_date(typed)


def test_a_date_that_does_not_exist_is_refused() -> None:
    with pytest.raises(RuleError, match="2023-02-29 does not exist"):
        read_date("2023.2.29", "held_on")
