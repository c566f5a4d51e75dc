"""Telephone numbers in one form, and names in Latin letters."""

from __future__ import annotations

import pytest

from registry.core.errors import RuleError
from registry.people.identity import read_phone
from registry.people.pinyin import name_pinyin


@pytest.mark.parametrize(
    ("typed", "phone"),
    [
        ("138 0000 1234", "13800001234"),
        ("+86 138-0000-1234", "13800001234"),
        ("008613800001234", "13800001234"),
        ("１３８００００１２３４", "13800001234"),
        ("\u202a13800001234\u202c", "13800001234"),
        ("(0431)88901234", "0431-88901234"),
        ("０４３１－８８９０－１２３４", "0431-88901234"),
        ("010 62345678", "010-62345678"),
        ("+86 431 88901234", "0431-88901234"),
        ("0431-88901234转8001", "0431-88901234-8001"),
        ("0431-88901234-8001", "0431-88901234-8001"),
    ],
)
def test_telephone_numbers(typed: str, phone: str) -> None:
    assert read_phone(typed) == phone
    assert read_phone(phone) == phone


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "12800001234",
        "1380000123",
        "138000012345",
        "88901234",
        "431 88901234",
        "13800001234/13900001234",
        "一三八",
    ],
)
def test_what_is_no_telephone_number_is_refused(typed: str) -> None:
    with pytest.raises(RuleError) as refused:
        read_phone(typed)
    assert refused.value.field == "phone"


@pytest.mark.parametrize(
    ("name", "spelling", "initials"),
    [
        ("张小三", "zhangxiaosan", "zxs"),
        ("单雄信", "shanxiongxin", "sxx"),
        ("简单", "jiandan", "jd"),
        ("解晓东", "xiexiaodong", "xxd"),
        ("仇英", "qiuying", "qy"),
        ("区振国", "ouzhenguo", "ozg"),
        ("曾国", "zengguo", "zg"),
        ("查良", "zhaliang", "zl"),
        ("朴哲", "piaozhe", "pz"),
        ("盖明", "geming", "gm"),
        ("尉迟恭", "yuchigong", "ycg"),
        ("万俟明", "moqiming", "mqm"),
        ("欧阳修", "ouyangxiu", "oyx"),
        ("吕布", "lvbu", "lb"),
        ("㛃䶮𠅤𫖮", "jieyanxiyi", "jyxy"),
        ("김민준", "gimminjun", "gmj"),
        ("买买提·吐尔逊", "maimaitituerxun", "mmttex"),
        ("John O'Neil", "johnoneil", "jo"),
        ("José Müller", "josemvller", "jm"),
        ("王", "wang", "w"),
    ],
)
def test_spelling(name: str, spelling: str, initials: str) -> None:
    assert name_pinyin(name) == (spelling, initials)


def test_characters_without_a_reading_stay() -> None:
    assert name_pinyin("张\U0003fff0") == ("zhang\U0003fff0", "z\U0003fff0")
