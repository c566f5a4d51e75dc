"""Telephone numbers: read as people type them and brought to one form."""

from __future__ import annotations

import re

from registry.core.errors import RuleError
from registry.core.i18n import N_
from registry.core.text import clean, narrow

_JUNK = re.compile(r"[\s()./_'·]")
_HYPHENS = re.compile(r"[‐-―-]+")
_MOBILE = re.compile(r"(?:(?:\+|00)?86)?(1[3-9][0-9]{9})")
_LANDLINE = re.compile(
    r"(?:(?:\+|00)?86-?0?|0)(10|2[0-9]|[3-9][0-9]{2})-?([2-9][0-9]{2,3})-?([0-9]{4})"
    r"(?:(?:转|EXT|X|#|,|-)([0-9]{1,6}))?"
)


def read_phone(text: str, field: str | None = "phone") -> str:
    """A telephone number in its one form: 13812345678, or 0431-88901234 with -extension for a landline.

    Accepts +86, spaces, hyphens, brackets and full width. A landline needs its area code.
    RuleError otherwise.
    """
    number = _HYPHENS.sub("-", _JUNK.sub("", narrow(clean(text)))).upper()
    if mobile := _MOBILE.fullmatch(number.replace("-", "")):
        return mobile[1]
    if landline := _LANDLINE.fullmatch(number):
        area, exchange, line, extension = landline.groups()
        return f"0{area}-{exchange}{line}" + (f"-{extension}" if extension else "")
    if not number:
        raise RuleError(N_("The telephone number is missing."), field)
    raise RuleError(
        N_(
            "This is not a telephone number: a mobile has 11 digits and starts with 13 to 19, "
            "a landline needs its area code."
        ),
        field,
    )
