"""The second factor: time-based codes of RFC 6238, six digits every 30 seconds."""

from __future__ import annotations

import hmac
from datetime import datetime

import pyotp

from registry.core.qr import qr_rects

STEP_SECONDS = 30
ISSUER = "Red Cross Registry"


def new_secret() -> str:
    """A random 160-bit secret in base32."""
    return pyotp.random_base32()


def address(secret: str, username: str) -> str:
    """The otpauth address that an authenticator app reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER)


def matching_step(secret: str, code: str, last_step: int, moment: datetime) -> int | None:
    """The step a code belongs to: the present one or a neighbour, and later than the last one used.

    None when the code is wrong or was used before.
    """
    now = int(moment.timestamp()) // STEP_SECONDS
    totp = pyotp.TOTP(secret)
    digits = "".join(code.split())
    for step in (now - 1, now, now + 1):
        expected = totp.generate_otp(step)
        if step > last_step and hmac.compare_digest(expected.encode(), digits.encode()):
            return step
    return None


def qr_path(text: str) -> tuple[int, str]:
    """A QR code as (modules per side, path data for one SVG path)."""
    size, rects = qr_rects(text)
    # SVG counts from the top, the rectangles from the bottom.
    return size, "".join(f"M{x} {size - y - h}h{w}v{h}h-{w}z" for x, y, w, h in rects)
