"""Names in Latin letters, for search as people type: full spelling and initials."""

from __future__ import annotations

import os
import re
import unicodedata
from functools import cache

from registry.core.text import split_name

# Surnames that are read otherwise than the same characters elsewhere.
_SURNAMES = {
    surname: tuple(reading.split())
    for surname, reading in {
        "单": "shan", "解": "xie", "仇": "qiu", "区": "ou", "曾": "zeng", "查": "zha", "朴": "piao",
        "盖": "ge", "乐": "yue", "员": "yun", "贠": "yun", "翟": "zhai", "缪": "miao", "洗": "xian",
        "秘": "bi", "种": "chong", "重": "chong", "折": "she", "黑": "he", "覃": "qin", "能": "nai",
        "召": "shao", "繁": "po", "祭": "zhai", "长": "chang", "郇": "xun", "隗": "wei",
        "句": "gou", "薄": "bo", "卜": "bu", "么": "yao", "阚": "kan", "都": "du", "佴": "nai",
        "乜": "nie", "藏": "zang", "乘": "sheng", "炅": "gui", "單": "shan", "區": "ou", "蓋": "ge",
        "樂": "yue", "員": "yun", "繆": "miao", "麽": "yao", "万俟": "mo qi", "尉迟": "yu chi",
        "长孙": "zhang sun", "澹台": "tan tai", "乐正": "yue zheng", "萬俟": "mo qi",
        "尉遲": "yu chi", "長孫": "zhang sun", "澹臺": "tan tai", "樂正": "yue zheng",
    }.items()
}  # fmt: skip

# Revised Romanization of Korean, syllable by syllable without assimilation.
_INITIALS = "g kk n d tt r m b pp s ss  j jj ch k t p h".split(" ")  # noqa: SIM905
_MEDIALS = "a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i".split()  # noqa: SIM905 - a table.
_FINALS = " k k k n n n t l k m l l l p l m p p t t ng t t k t p t".split(" ")  # noqa: SIM905


def name_pinyin(name: str) -> tuple[str, str]:
    """Spelling in lower case without tones or spaces, and the initials: 欧阳修 is ("ouyangxiu", "oyx").

    ü is v, as input methods have it. Surnames take their own reading (单 shan, 尉迟 yuchi); Korean is
    romanised, Latin words are one syllable each, any other script stays as it is.
    """
    surname, given = split_name(name)
    if surname in _SURNAMES:
        syllables = [*_SURNAMES[surname], *map(_syllable, given)]
    elif name.isascii() or not surname:
        syllables = _mixed(name)
    else:
        syllables = list(map(_syllable, name))
    return "".join(syllables), "".join([syllable[0] for syllable in syllables if syllable])


def _mixed(name: str) -> list[str]:
    parts = re.findall(r"[A-Za-zÀ-ɏ'’]+|[^\W\d_]|[\U00020000-\U0003fffd]", unicodedata.normalize("NFC", name))
    return [_letters(part) if len(part) > 1 else _syllable(part) for part in parts]


@cache
def _syllable(character: str) -> str:
    code = ord(character)
    if 0xAC00 <= code <= 0xD7A3:
        initial, rest = divmod(code - 0xAC00, 588)
        medial, final = divmod(rest, 28)
        return _INITIALS[initial] + _MEDIALS[medial] + _FINALS[final]
    readings = _readings().get(code)
    return _letters(readings.split(",")[0] if readings else character)


def _letters(text: str) -> str:
    """Lower case without accents or apostrophes; ü is v."""
    plain = unicodedata.normalize("NFD", text.lower()).replace("u\u0308", "v")
    return "".join(letter for letter in plain if not unicodedata.combining(letter) and letter not in "'’")


@cache
def _readings() -> dict[int, str]:
    # Names are read character by character; the phrases would cost 36 MB and 0.15 s in every process.
    os.environ.setdefault("PYPINYIN_NO_PHRASES", "true")
    from pypinyin.constants import PINYIN_DICT

    readings: dict[int, str] = PINYIN_DICT
    return readings
