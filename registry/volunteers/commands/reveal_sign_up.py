"""The numbers of an applicant in clear, which staff need to call before they decide."""

from __future__ import annotations

from registry.core.errors import RuleError
from registry.core.i18n import N_
from registry.core.permissions import Permission
from registry.core.write import Write, command
from registry.volunteers.models import SignUp

_SHOWN = ("number", "phone", "guardian_phone")


@command(Permission.VOLUNTEER_EDIT)
def reveal_sign_up(w: Write, record: SignUp, *, reason: str) -> list[tuple[str, str]]:
    """Document number and phones of a sign-up in clear; that they were shown, to whom and why, is journalled.

    RuleError without a reason of four characters. Nothing is left of a sign-up that is decided.
    """
    if len(reason.strip()) < 4:
        raise RuleError(N_("Say why you need to see it. Nothing was shown."), "reason")
    w.reason, w.unit_id = reason.strip(), record.unit_id
    shown = [(key, record.values[key]) for key in _SHOWN if record.values.get(key)]
    w.note(record, shown=[key for key, _value in shown])
    return shown
