"""Honours given to volunteers by a society or an authority."""

from __future__ import annotations

from datetime import date

from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.i18n import N_
from registry.core.permissions import Permission
from registry.core.text import stated_reason
from registry.core.write import Write, command
from registry.volunteers.models import Honour, Volunteer


@command(Permission.VOLUNTEER_APPROVE)
def record_honour(
    w: Write, volunteer: Volunteer, *, title: str, given_by: str, given_on: date, document: str = ""
) -> Honour:
    """Record an honour. RuleError when it is nameless or its day lies in the future."""
    if volunteer.voided_at is not None:
        raise RecordNotFoundError("volunteer")
    for name, value in (("title", title), ("given_by", given_by)):
        if not value.strip():
            raise RuleError(N_("An honour has a title and who gave it. Nothing was saved."), name)
    if given_on > w.today:
        raise RuleError(
            N_("The day lies in the future. Nothing was saved; give today or an earlier day."), "given_on"
        )
    w.unit_id = volunteer.unit_id
    return w.add(
        Honour(
            volunteer_id=volunteer.id,
            person_id=volunteer.person_id,
            unit_id=volunteer.unit_id,
            title=title.strip(),
            given_by=given_by.strip(),
            given_on=given_on,
            document=document.strip(),
            recorded_at=w.at,
        )
    )


@command(Permission.VOLUNTEER_APPROVE)
def void_honour(w: Write, honour: Honour, *, reason: str) -> Honour:
    """Void an honour that was entered in error."""
    stated = stated_reason(reason)
    if honour.voided_at is not None:
        raise RuleError(N_("This honour is void already. Nothing was saved."))
    honour.voided_at, honour.void_reason = w.at, stated
    w.reason, w.unit_id = stated, honour.unit_id
    return honour
