"""What typed and imported text becomes before it is stored, and how it is masked when it is shown."""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from registry.core.errors import RuleError
from registry.core.i18n import N_

# How long a reason may be.
LONGEST_REASON = 200

# Python's gb18030 codec follows the standard of 2000 and decodes these codes to private use; GB 18030-2005
# (ḿ alone) and GB 18030-2022 (the other 24) give them standard characters. They come with lists saved as GBK.
_GB18030_PRIVATE = dict(
    zip(
        map(ord, "\ue78d\ue78e\ue78f\ue790\ue791\ue792\ue793\ue794\ue795\ue796\ue7c7\ue816\ue817\ue818\ue81e"
        "\ue826\ue82b\ue82c\ue831\ue832\ue83b\ue843\ue854\ue855\ue864"),
        "\ufe10\ufe12\ufe11\ufe13\ufe14\ufe15\ufe16\ufe17\ufe18\ufe19\u1e3f\U00020087\U00020089\U000200cc\u9fb4"
        "\u9fb5\u9fb6\u9fb7\U000215d7\u9fb8\U0002298f\u9fb9\u9fba\U000241fe\u9fbb",
        strict=True,
    )
)  # fmt: skip

# Text copied out of a PDF holds radicals in place of the characters that look the same.
_KANGXI = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0x2F00, 0x2FD6)}
_RADICALS = dict(
    zip(
        map(ord, "⺟⺠⻁⻄⻅⻆⻉⻋⻓⻔⻘⻙⻚⻛⻜⻝⻢⻥⻦⻨⻩⻬⻮⻰⻳"),
        "母民虎西见角贝车长门青韦页风飞食马鱼鸟麦黄齐齿龙龟",
        strict=True,
    )
)

_STANDARD = _GB18030_PRIVATE | _KANGXI | _RADICALS

_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_HIDDEN = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f{_BIDI}]")
_INVISIBLE = re.compile(
    f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f{_BIDI}\u00ad\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200d"
    "\u2060-\u206f\u3164\ud800-\udfff\ufdd0-\ufdef\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U000e0000-\U000e0fff]"
)
# Letters, digits and common characters, of which nothing has to be cleaned.
_CLEAN = re.compile("[A-Za-z0-9\u4e00-\u9fff]*")
_LINE_END = re.compile("\r\n|[\r\x85\u2028\u2029]")

# Full-width forms of ASCII; the ideographic space is white space and already handled by clean().
_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}

_DOTS = str.maketrans(dict.fromkeys("•・‧．⋅∙･●", "·") | dict.fromkeys("’‘`´＇", "'"))
_CJK = (
    "\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3131-\u318e\u31a0-\u31bf\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f"
    "\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff"
)
_CJK_DOT = re.compile(rf"(?<=[{_CJK}])\s*\.\s*(?=[{_CJK}])")
_CJK_SPACE = re.compile(rf"(?<=[{_CJK}]) (?=[{_CJK}])")
_DOT_RUN = re.compile(r"\s*·[\s·]*")

NAME_LENGTH = 60

# Surnames of two characters; the surname of anyone else is the first character.
COMPOUND_SURNAMES = frozenset(
    re.findall(
        "..",
        "欧阳太史端木上官司马东方独孤南宫万俟闻人夏侯诸葛尉迟公羊赫连澹台皇甫宗政濮阳公冶太叔申屠公孙慕容仲孙"
        "钟离长孙宇文司徒鲜于司空闾丘令狐亓官司寇巫马公西颛孙壤驷公良漆雕乐正拓跋轩辕东郭南门呼延羊舌微生梁丘"
        "左丘东门西门第五百里纳兰完颜叶赫"
        "歐陽司馬東方獨孤南宮萬俟聞人諸葛尉遲赫連澹臺濮陽公孫仲孫鐘離長孫鮮于巫馬樂正軒轅東郭東門西門納蘭完顏"
        "남궁황보제갈선우독고사공서문",
    )
)


def clean(text: str, *, lines: bool = False) -> str:
    """The one normalisation of typed and imported text; applying it twice changes nothing more.

    Private-use codes of the gb18030 codec and look-alike radicals become the standard characters, control,
    zero-width and bidirectional characters go, the rest is composed (NFC), white space is collapsed and
    stripped.
    With `lines` the line ends are kept, each as one newline.
    """
    if _CLEAN.fullmatch(text):
        return text
    if text.isascii() and text.isprintable():
        return " ".join(text.split())
    text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text.translate(_STANDARD)))
    if not lines:
        return " ".join(text.split())
    kept = (" ".join(line.split()) for line in _LINE_END.sub("\n", text).split("\n"))
    return "\n".join(kept).strip("\n")


def has_hidden(text: str) -> bool:
    """Whether the text holds control or bidirectional characters (tabs and line ends are neither)."""
    return _HIDDEN.search(text) is not None


def narrow(text: str) -> str:
    """Full-width ASCII as half-width: １２３Ｘ－ becomes 123X-. For numbers, never for prose."""
    return text if text.isascii() else text.translate(_NARROW)


def tidy_name(text: str) -> str:
    """A name, or its beginning, as it would be stored; nothing is refused."""
    name = narrow(clean(text.translate(_DOTS)))
    name = _CJK_SPACE.sub("", _CJK_DOT.sub("·", name))
    return _DOT_RUN.sub("·", name).strip("· ")


def clean_name(text: str, field: str | None = "name") -> str:
    """The name of a person as it is stored and printed, 1 to 60 characters.

    Every middle dot becomes ·, spaces between Chinese, Korean or Japanese characters go (欧 阳 becomes 欧阳),
    those in Latin names stay. Digits, emoji, symbols and private-use characters are refused with RuleError.
    """
    name = tidy_name(text)
    if not name:
        raise RuleError(N_("The name is missing."), field)
    if len(name) > NAME_LENGTH:
        raise RuleError(
            N_("The name has %(length)s characters; at most %(limit)s fit."),
            field,
            length=len(name),
            limit=NAME_LENGTH,
        )
    for character in name:
        if not _belongs_in_name(character):
            raise _unfit(character, field)
    if not any(map(_is_letter, name)):
        raise RuleError(N_("The name holds no letter or character; type the name as on the document."), field)
    return name


def _is_letter(character: str) -> bool:
    # The supplementary ideographic planes hold characters newer than the tables of this Python.
    return character.isalpha() or character == "〇" or 0x20000 <= ord(character) <= 0x3FFFD


def _belongs_in_name(character: str) -> bool:
    return _is_letter(character) or character in " ·'-." or unicodedata.category(character)[0] == "M"


def _unfit(character: str, field: str | None) -> RuleError:
    if unicodedata.category(character) == "Co":
        return RuleError(
            N_(
                "The name holds a character of a private font (code %(code)s) that nobody else can see; "
                "type the standard character."
            ),
            field,
            code=f"U+{ord(character):04X}",
        )
    if character.isdigit():
        return RuleError(
            N_("The name holds the digit %(character)s; a name has no digits."), field, character=character
        )
    return RuleError(
        N_("The name holds %(character)s, which is neither a letter nor a character of a name; remove it."),
        field,
        character=character,
    )


def split_name(name: str) -> tuple[str, str]:
    """Surname and given name of a Chinese or Korean name; surnames of two characters are known by a list.

    A name of one character, and a name in any other script or with a middle dot, has no surname: ("", name).
    """
    if len(name) < 2 or re.fullmatch(f"[{_CJK}]+", name) is None:
        return "", name
    cut = 2 if len(name) > 2 and name[:2] in COMPOUND_SURNAMES else 1
    return name[:cut], name[cut:]


def mask_name(name: str, *, minor: bool = False) -> str:
    """The name as public pages show it: 张*, 张*三, 欧阳**; of a minor the surname and ** only.

    Names without a surname keep the first and last character of the whole (阿***·**提), Latin names the first
    letter of each word (J*** S****), and of a minor only the very first one.
    """
    surname, given = split_name(name)
    if minor:
        return (surname or name[: len(name) > 1]) + "**"
    if len(surname) == 2:
        return surname + "*" * len(given)
    if surname:
        return surname + ("*" if len(given) == 1 else "*" * (len(given) - 1) + given[-1])
    if len(name) < 2:
        return "*" * len(name)
    if re.search(f"[{_CJK}]", name):
        return name[0] + re.sub(r"[^·\s]", "*", name[1:-1]) + name[-1]
    return re.sub(r"(?<=[^·\s])[^·\s]", "*", name)


def mask_number(number: str, first: int = 6, last: int = 4) -> str:
    """A document number with its first and last characters in clear: 220102********1234.

    How many are shown is a setting. Where it would hide less than a third, a quarter is shown at each end.
    """
    if (len(number) - first - last) * 3 < len(number):
        first = last = len(number) // 4
    hidden = len(number) - first - last
    return number[:first] + "*" * hidden + number[len(number) - last :]


def mask_phone(phone: str) -> str:
    """138****5678; a landline keeps its area code and last four digits and loses its extension."""
    area, local = phone.split("-")[:2] if "-" in phone else ("", phone)
    shown = 3 if len(local) == 11 else 0
    hidden = max(0, len(local) - shown - 4)
    return (f"{area}-" if area else "") + local[:shown] + "*" * hidden + local[shown + hidden :]


_DATE = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]0{1,2}:00(?::00)?)?|(\d{4})(\d\d)(\d\d)"
)


def read_date(text: str, field: str | None = None) -> date:
    """A date as people write it: 1988-04-10, 1988/4/10, 1988.4.10, 1988年4月10日, 19880410.

    Two-digit years and dates without a day are refused, because either would have to be guessed.
    """
    found = _DATE.fullmatch(narrow(clean(text)))
    if found is None:
        raise RuleError(N_("This is not a date; write it as 1988-04-10."), field)
    year, month, day = (int(part) for part in found.groups() if part is not None)
    try:
        return date(year, month, day)
    except ValueError:
        raise RuleError(
            N_("The date %(date)s does not exist."), field, date=f"{year:04d}-{month:02d}-{day:02d}"
        ) from None


def stated_reason(reason: str) -> str:
    """A reason that says something and fits its column; RuleError otherwise."""
    reason = reason.strip()
    if len(reason) < 2:
        raise RuleError(N_("Say why. Nothing was saved."), "reason")
    if len(reason) > LONGEST_REASON:
        raise RuleError(
            N_("The reason is longer than %(limit)s characters. Nothing was saved; shorten it."),
            "reason",
            limit=LONGEST_REASON,
        )
    return reason
