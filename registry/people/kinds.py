"""The words identity is stated in: sex and the kinds of identity documents."""

from __future__ import annotations

import re
from enum import StrEnum

from registry.core.errors import RuleError
from registry.core.i18n import N_, Message
from registry.core.text import clean, narrow


class Sex(StrEnum):
    """Sex as identity documents state it."""

    MALE = "male"
    FEMALE = "female"

    @property
    def label(self) -> Message:
        return Message(_SEX_LABELS[self])


_SEX_LABELS = {Sex.MALE: N_("male"), Sex.FEMALE: N_("female")}
_SEX_WORDS = dict.fromkeys(("男", "男性", "m", "male", "남"), Sex.MALE) | dict.fromkeys(
    ("女", "女性", "f", "female", "여"), Sex.FEMALE
)


class DocumentKind(StrEnum):
    """The documents a person may be known by. A number is only unique together with its kind."""

    RESIDENT_ID = "resident_id"
    RESIDENCE_PERMIT = "residence_permit"
    FOREIGN_PERMANENT = "foreign_permanent"
    PASSPORT = "passport"
    HK_MACAO_PASS = "hk_macao_pass"  # noqa: S105 - a travel document.
    TAIWAN_PASS = "taiwan_pass"  # noqa: S105
    MILITARY = "military"
    BIRTH_CERTIFICATE = "birth_certificate"
    NONE = "none"

    @property
    def label(self) -> Message:
        return Message(_KIND_LABELS[self])


# Documents whose number is for life, so that another number of the same kind is a correction.
FOR_LIFE = frozenset((DocumentKind.RESIDENT_ID, DocumentKind.RESIDENCE_PERMIT))

_KIND_LABELS = {
    DocumentKind.RESIDENT_ID: N_("Resident ID card"),
    DocumentKind.RESIDENCE_PERMIT: N_("Residence permit for Hong Kong, Macao and Taiwan residents"),
    DocumentKind.FOREIGN_PERMANENT: N_("Foreign permanent resident ID card"),
    DocumentKind.PASSPORT: N_("Passport"),
    DocumentKind.HK_MACAO_PASS: N_("Mainland travel permit for Hong Kong and Macao residents"),
    DocumentKind.TAIWAN_PASS: N_("Mainland travel permit for Taiwan residents"),
    DocumentKind.MILITARY: N_("Military ID"),
    DocumentKind.BIRTH_CERTIFICATE: N_("Birth certificate"),
    DocumentKind.NONE: N_("No document"),
}
_KIND_WORDS = {
    word: kind
    for kind, words in {
        DocumentKind.RESIDENT_ID: "居民身份证 身份证 二代身份证 residentidcard idcard id",
        DocumentKind.RESIDENCE_PERMIT: "港澳台居民居住证 港澳居民居住证 台湾居民居住证 居住证",
        DocumentKind.FOREIGN_PERMANENT: "外国人永久居留身份证 外国人永久居留证 永久居留证 永居证",
        DocumentKind.PASSPORT: "护照 外国护照 中国护照",
        DocumentKind.HK_MACAO_PASS: "港澳居民来往内地通行证 回乡证",
        DocumentKind.TAIWAN_PASS: "台湾居民来往大陆通行证 台胞证",
        DocumentKind.MILITARY: "军官证 士兵证 军人证 文职干部证 警官证",
        DocumentKind.BIRTH_CERTIFICATE: "出生医学证明 出生证明 出生证",
        DocumentKind.NONE: "无证件 无",
    }.items()
    for word in (*words.split(), kind.replace("_", ""))
}


def read_sex(text: str) -> Sex | None:
    """男 or 女 (or male, female, m, f); nothing typed is None."""
    word = narrow(clean(text)).lower()
    if not word:
        return None
    if word not in _SEX_WORDS:
        raise RuleError(N_("The sex is 男 or 女."), "sex")
    return _SEX_WORDS[word]


def read_kind(text: str) -> DocumentKind | None:
    """A document named in words (身份证, 护照 …); nothing typed is None, to be told from the number."""
    word = re.sub(r"[\s_-]|\(.*\)", "", narrow(clean(text))).lower()
    if not word:
        return None
    if word not in _KIND_WORDS:
        raise RuleError(N_("This kind of document is not known; write for example 身份证 or 护照."), "kind")
    return _KIND_WORDS[word]
