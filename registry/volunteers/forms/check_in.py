"""The form of the list at a shift."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import StringField
from wtforms.validators import Length, Optional, ValidationError

from registry.core.clock import start_of_day
from registry.volunteers.commands.check_in import LONGEST_KEY, Mark
from registry.volunteers.models import Shift
from registry.volunteers.queries.check_in import Expected
from registry.web.forms import BaseForm

MOST_MARKS = 2_000


class CheckInForm(BaseForm):
    """Marks: as JSON from the script, which gives each its key and time, else one button at a time.

    `mark` is "in:7", "out:7" or "void:7" for a volunteer, "in:all" or "out:all" for everyone on the list.
    """

    marks = StringField(_l("Marks"), validators=[Optional(), Length(max=400_000)])
    mark = StringField(_l("Mark"), validators=[Optional(), Length(max=20)])
    text = StringField(
        _l("Add somebody who is not booked"),
        validators=[Optional(), Length(max=60)],
        description=_l("The beginning of a name or of a volunteer number."),
    )

    read: list[Mark]

    def is_submitted(self) -> bool:
        """Looking for somebody sends the form as well, and saves nothing."""
        return "look" not in request.form and bool(super().is_submitted())

    def validate_marks(self, field: Any) -> None:
        """Shape only: a list of marks with key, volunteer, kind and time."""
        self.read = []
        if not field.data:
            return
        try:
            self.read = [_mark(one) for one in json.loads(field.data)]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValidationError(
                _("The marks did not arrive whole. Nothing was saved; please send them again.")
            ) from error
        if len(self.read) > MOST_MARKS:
            raise ValidationError(
                _("These are too many marks at once. Nothing was saved; send them in parts.")
            )

    def pressed(self, shift: Shift, people: Sequence[Expected], now: datetime) -> list[Mark]:
        """The marks of the button that was pressed. Its key is that of the form, so that twice is once."""
        kind, _colon, who = (self.mark.data or "").partition(":")
        if who != "all":
            if not (who.isascii() and who.isdecimal() and len(who) <= 10):
                return []
            return [self._one(int(who), kind, now)]
        if kind == "in":
            missing = [one for one in people if one.booked and one.there is None]
            return self._all(missing, kind, min(now, moment_of(shift, shift.starts)))
        staying = [one for one in people if one.there is not None and one.there.left is None]
        return self._all(staying, kind, moment_of(shift, shift.ends))

    def _all(self, people: Iterable[Expected], kind: str, at: datetime) -> list[Mark]:
        return [self._one(one.volunteer.id, kind, at) for one in people]

    def _one(self, volunteer_id: int, kind: str, at: datetime) -> Mark:
        return Mark(f"{self.form_key.data}:{kind}:{volunteer_id}", volunteer_id, kind, at)


def moment_of(shift: Shift, minutes: int) -> datetime:
    """A time of day on the day of a shift."""
    return start_of_day(shift.held_on) + timedelta(minutes=minutes)


def _mark(sent: dict[str, Any]) -> Mark:
    occurred_at = datetime.fromisoformat(str(sent["occurred_at"]).replace("Z", "+00:00"))
    if occurred_at.tzinfo is None:
        raise ValueError("a time without a zone")
    key, volunteer_id = str(sent["key"]), int(sent["volunteer_id"])
    if not 8 <= len(key) <= LONGEST_KEY or not 0 < volunteer_id < 10**10:
        raise ValueError("not a mark")
    method = "offline" if sent.get("offline") is True else "list"
    return Mark(key, volunteer_id, str(sent["kind"]), occurred_at.astimezone(UTC), method)
