"""Identity documents: read as people type them, checked, and brought to one form."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from registry.core.errors import RuleError
from registry.core.i18n import N_
from registry.core.text import clean, narrow
from registry.people.kinds import DocumentKind, Sex, read_kind, read_sex
from registry.people.phone import read_phone

__all__ = [
    "DocumentKind",
    "IdentityDocument",
    "Sex",
    "age_on",
    "check_character",
    "is_minor",
    "read_document",
    "read_kind",
    "read_phone",
    "read_sex",
]


@dataclass(frozen=True, repr=False)
class IdentityDocument:
    """A checked document: the number in its one form (18 digits, upper-case X, no separators).

    It has no repr of its fields, so that none of them can slip into a log.
    """

    kind: DocumentKind
    number: str
    birth_on: date | None = None
    sex: Sex | None = None


OLDEST = 120
# Of age by the Civil Code, article 17.
ADULT = 18
# A roster states the age on the day it was written, or by the traditional count of one to two years more.
_AGE_LESS, _AGE_MORE = 1, 2

# GB 11643-1999: factor of each of the first 17 digits, and the check character of each remainder modulo 11.
_FACTORS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_CHARACTERS = "10X98765432"

_RESIDENT = re.compile(r"[0-9]{17}[0-9X]|[0-9]{15}")
_PERMIT_AREAS = ("810000", "820000", "830000")
_SCIENTIFIC = re.compile(r"[0-9](?:\.[0-9]+)?E\+[0-9]+")
_FORMATS = {
    DocumentKind.PASSPORT: re.compile(r"(?=.*[0-9])[A-Z0-9]{5,17}"),
    DocumentKind.HK_MACAO_PASS: re.compile(r"[HM][0-9]{8}(?:[0-9]{2})?"),
    DocumentKind.TAIWAN_PASS: re.compile(r"[0-9]{8}"),
    DocumentKind.MILITARY: re.compile(r"(?=.*[0-9])[A-Z0-9\u4e00-\u9fff]{4,30}"),
    DocumentKind.BIRTH_CERTIFICATE: re.compile(r"[A-Z][0-9]{9}"),
}
_FORMAT_HINTS = {
    DocumentKind.PASSPORT: N_("A passport number has 5 to 17 letters and digits."),
    DocumentKind.HK_MACAO_PASS: N_("The number of this permit is H or M and 8 digits."),
    DocumentKind.TAIWAN_PASS: N_("The number of this permit has 8 digits."),
    DocumentKind.MILITARY: N_("A military ID has 4 to 30 characters and at least one digit."),
    DocumentKind.BIRTH_CERTIFICATE: N_("A birth certificate number is one letter and 9 digits."),
}
_LENGTHS = {
    DocumentKind.RESIDENT_ID: N_(
        "A resident ID number has 18 characters (old ones 15); this one has %(length)s."
    ),
    DocumentKind.RESIDENCE_PERMIT: N_(
        "The number of a residence permit has 18 characters; this one has %(length)s."
    ),
    DocumentKind.FOREIGN_PERMANENT: N_(
        "The number of a foreign permanent resident ID card has 18 digits, or 3 letters and 12 digits; "
        "this one has %(length)s characters."
    ),
}
_FOREIGN_OLD = re.compile(r"[A-Z]{3}[0-9]{12}")
_LIKELY_PASSPORT = re.compile(r"[A-Z](?=(?:.*[0-9]){5})[A-Z0-9]{5,11}")
_RESIDENT_FAMILY = (DocumentKind.RESIDENT_ID, DocumentKind.RESIDENCE_PERMIT, DocumentKind.FOREIGN_PERMANENT)


def read_document(
    kind: DocumentKind | None,
    text: str,
    *,
    today: date,
    birth_on: date | None = None,
    sex: Sex | None = None,
    age: int | None = None,
) -> IdentityDocument:
    """The document behind a typed number, or RuleError with the precise reason.

    Without `kind` it is recognised from the number; no number is DocumentKind.NONE. Full width, spaces,
    hyphens, a lower-case x and the old 15 digits are accepted. `birth_on`, `sex` and `age` are what other
    columns say: they are returned where the number says nothing and refused where it says otherwise.
    RuleError.field is one of number, kind, birth_on, sex, age. The area code is not looked up, because
    old codes stay on cards for life.
    """
    number = _tidy(text)
    if _SCIENTIFIC.fullmatch(number):
        raise RuleError(
            N_(
                "The number was shortened by the spreadsheet and its last digits are lost; "
                "set the column to text and type it again."
            ),
            "number",
        )
    if kind is None:
        kind = _recognise(number)
    born, stated = None, None
    if kind is DocumentKind.NONE:
        if number:
            raise RuleError(N_("A number was given but no kind of document; choose the kind."), "kind")
    elif not number:
        raise RuleError(N_("The document number is missing."), "number")
    elif kind in _RESIDENT_FAMILY and not (kind is DocumentKind.FOREIGN_PERMANENT and number[:1].isalpha()):
        number, born, stated = _read_resident(kind, number, today)
    else:
        number = _read_other(kind, number)
    if birth_on is not None:
        _check_birth(birth_on, today, "birth_on")
    _compare(born, stated, birth_on, sex)
    born = born or birth_on
    if age is not None and born is not None:
        _check_age(born, today, age)
    return IdentityDocument(kind, number, born, stated or sex)


def check_character(first17: str) -> str:
    """The 18th character of a number by GB 11643-1999 (ISO 7064 MOD 11-2)."""
    total = sum(factor * int(digit) for factor, digit in zip(_FACTORS, first17, strict=True))
    return _CHECK_CHARACTERS[total % 11]


def age_on(birth_on: date, day: date) -> int:
    """Completed years of age; who is born on 29 February completes a year on 1 March of a common year."""
    return day.year - birth_on.year - ((day.month, day.day) < (birth_on.month, birth_on.day))


def is_minor(birth_on: date | None, day: date) -> bool:
    """Whether somebody is under age (18) on a day, so that the public is told less of the name."""
    return birth_on is not None and age_on(birth_on, day) < ADULT


def _tidy(text: str) -> str:
    # Exports of other systems put an apostrophe or a tab before a number, so that Excel keeps it as text.
    return re.sub(r"[\s\-'`‘’‐-―]", "", narrow(clean(text))).upper().replace("×", "X")


def _recognise(number: str) -> DocumentKind:
    if not number:
        return DocumentKind.NONE
    if len(number) == 18:
        return _kind_of_eighteen(number)
    for kind in (DocumentKind.HK_MACAO_PASS, DocumentKind.BIRTH_CERTIFICATE):
        if _FORMATS[kind].fullmatch(number):
            return kind
    if _FOREIGN_OLD.fullmatch(number):
        return DocumentKind.FOREIGN_PERMANENT
    # Eight digits that are a date were most likely typed into the wrong column.
    if _FORMATS[DocumentKind.TAIWAN_PASS].fullmatch(number) and _real_date(number) is None:
        return DocumentKind.TAIWAN_PASS
    if re.fullmatch(r"[0-9]{10,}X?", number):
        return DocumentKind.RESIDENT_ID
    if re.search(r"[军士武警文][字第]|字第", number):
        return DocumentKind.MILITARY
    if _LIKELY_PASSPORT.fullmatch(number):
        return DocumentKind.PASSPORT
    raise RuleError(N_("The kind of document cannot be told from this number; choose the kind."), "number")


def _kind_of_eighteen(number: str) -> DocumentKind:
    if number.startswith(_PERMIT_AREAS):
        return DocumentKind.RESIDENCE_PERMIT
    return DocumentKind.FOREIGN_PERMANENT if number.startswith("9") else DocumentKind.RESIDENT_ID


def _read_resident(kind: DocumentKind, number: str, today: date) -> tuple[str, date, Sex]:
    old = len(number) == 15 and kind is DocumentKind.RESIDENT_ID
    if len(number) != 18 and not old:
        raise RuleError(_LENGTHS[kind], "number", length=len(number))
    if _RESIDENT.fullmatch(number) is None:
        raise RuleError(
            N_(
                "An ID number holds digits only, and X only as the last of 18 characters; "
                "check for letters such as O and I."
            ),
            "number",
        )
    if number.startswith("0"):
        raise RuleError(N_("An ID number does not start with 0; check the first six digits."), "number")
    if old:
        number = f"{number[:6]}19{number[6:]}"
    born = _real_date(number[6:14])
    if born is None:
        raise RuleError(
            N_("The birth date in the number, %(date)s, does not exist."),
            "number",
            date=f"{number[6:10]}-{number[10:12]}-{number[12:14]}",
        )
    _check_birth(born, today, "number")
    if old:
        number += check_character(number)
    elif check_character(number[:17]) != number[17]:
        raise RuleError(
            N_("The check digit of the number does not fit: at least one of its characters is mistyped."),
            "number",
        )
    actual = _kind_of_eighteen(number)
    if actual is not kind:
        raise RuleError(
            N_("This is the number of another kind of document (%(actual)s), not of: %(kind)s."),
            "kind",
            actual=actual.label,
            kind=kind.label,
        )
    return number, born, Sex.MALE if int(number[16]) % 2 else Sex.FEMALE


def _read_other(kind: DocumentKind, number: str) -> str:
    if kind is DocumentKind.FOREIGN_PERMANENT:
        if _FOREIGN_OLD.fullmatch(number) is None:
            raise RuleError(_LENGTHS[kind], "number", length=len(number))
        return number
    if _FORMATS[kind].fullmatch(number) is None:
        raise RuleError(_FORMAT_HINTS[kind], "number")
    # The two digits on permits of the old form count its renewals; the holder's own number is before them.
    return number[:9] if kind is DocumentKind.HK_MACAO_PASS else number


def _real_date(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return None


def _check_birth(born: date, today: date, field: str) -> None:
    if born > today:
        raise RuleError(N_("The birth date %(date)s lies in the future."), field, date=born.isoformat())
    if age_on(born, today) > OLDEST:
        raise RuleError(
            N_("Born on %(date)s would be older than %(limit)s years; check the birth date."),
            field,
            date=born.isoformat(),
            limit=OLDEST,
        )


def _compare(born: date | None, stated: Sex | None, birth_on: date | None, sex: Sex | None) -> None:
    if born and birth_on and born != birth_on:
        raise RuleError(
            N_(
                "The number says born on %(number)s, the birth date given is %(given)s; "
                "correct the wrong one."
            ),
            "birth_on",
            number=born.isoformat(),
            given=birth_on.isoformat(),
        )
    if stated and sex and stated is not sex:
        raise RuleError(
            N_("The number says %(number)s, the sex given is %(given)s; correct the wrong one."),
            "sex",
            number=stated.label,
            given=sex.label,
        )


def _check_age(born: date, today: date, age: int) -> None:
    actual = age_on(born, today)
    if not actual - _AGE_LESS <= age <= actual + _AGE_MORE:
        raise RuleError(
            N_(
                "Born on %(date)s is %(actual)s years old, the age given is %(given)s; correct the wrong one."
            ),
            "age",
            date=born.isoformat(),
            actual=actual,
            given=age,
        )
