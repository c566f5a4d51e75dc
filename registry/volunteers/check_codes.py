"""The code in the QR code for check-in: it changes every minute, so that a photograph is soon worthless."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b32encode
from datetime import datetime

from registry.volunteers.models import Shift

STEP_SECONDS = 60


def code_at(shift: Shift, moment: datetime) -> str:
    """The code of a shift at a moment: 12 letters and digits."""
    return _code(shift, int(moment.timestamp()) // STEP_SECONDS)


def is_current(shift: Shift, code: str, moment: datetime) -> bool:
    """Whether a code is that of this minute or of the one before."""
    step = int(moment.timestamp()) // STEP_SECONDS
    return any(hmac.compare_digest(_code(shift, one).encode(), code.encode()) for one in (step, step - 1))


def _code(shift: Shift, step: int) -> str:
    told = hmac.new(shift.check_secret.encode(), f"{shift.id}:{step}".encode(), hashlib.sha256).digest()
    return b32encode(told).decode("ascii")[:12].lower()
