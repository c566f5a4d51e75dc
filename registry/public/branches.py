"""What a branch is called in front of the public."""

from __future__ import annotations

from registry.accounts.models import Unit
from registry.certificates.snapshots import issuer_of
from registry.core import clock
from registry.core.db import db
from registry.web.locale import is_english


def branch(unit: Unit) -> str:
    """The full name of the society of a unit, as on its seal, in the language of the page."""
    issuer = issuer_of(db.session(), unit, clock.today())
    return issuer.en if is_english() else issuer.zh
