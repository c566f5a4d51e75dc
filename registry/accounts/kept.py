"""What was typed into a form when sign-in had ended: sealed into the sign-in page, shown again after it.

Only the same user gets it back, within 30 minutes, filled into the form but not sent. Nothing of it is
stored on the server.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from registry.core import clock
from registry.core.secrets import current_keys, seal, unseal

LASTS = timedelta(minutes=30)
LARGEST = 2 * 1024 * 1024
# The mark of a form that comes back filled: it is shown, not saved.
RESTORE = "_restore"
_NOT_KEPT = frozenset({"csrf_token", RESTORE})


@dataclass(frozen=True)
class Kept:
    """A form as it was sent: where to, by whom, when, and its fields in order."""

    path: str
    fields: list[tuple[str, str]]
    user_id: int
    at: str

    @property
    def is_fresh(self) -> bool:
        """Whether it is not older than 30 minutes."""
        return datetime.fromisoformat(self.at) + LASTS > clock.now()


def keep(path: str, fields: list[tuple[str, str]], user_id: int) -> str | None:
    """The fields sealed for a hidden field; None when there is nothing typed in them or too much.

    Passwords and codes are left out. A form without a form key saves nothing that could be typed.
    """
    kept = [(name, value) for name, value in fields if _is_kept(name)]
    if not any(name == "form_key" for name, _ in kept) or not any(
        value.strip() for name, value in kept if name != "form_key"
    ):
        return None
    text = json.dumps(asdict(Kept(path, kept, user_id, clock.now().isoformat())), ensure_ascii=False)
    if len(text.encode("utf-8")) > LARGEST:
        return None
    return seal(_cipher(), text)


def read(sealed: str) -> Kept | None:
    """What `keep` sealed, or None when it is not ours or not whole."""
    try:
        values = json.loads(unseal(_cipher(), sealed))
    except (InvalidTag, ValueError):
        return None
    return Kept(**{**values, "fields": [(name, value) for name, value in values["fields"]]})


def _is_kept(name: str) -> bool:
    return name not in _NOT_KEPT and "password" not in name and "totp" not in name


def _cipher() -> AESGCM:
    # A key of its own, so that nothing sealed for another purpose can be passed off as a form.
    key = bytes.fromhex(current_keys().session)
    return AESGCM(hmac.new(key, b"kept form", hashlib.sha256).digest())
