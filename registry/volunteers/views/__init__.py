"""Pages of this register."""

from __future__ import annotations

# Each adds its pages to the blueprint.
from registry.volunteers.views import (
    awarding,  # noqa: F401
    proofs,  # noqa: F401
    recognition,  # noqa: F401
    stars,  # noqa: F401
)
from registry.volunteers.views.blueprint import blueprint

__all__ = ["blueprint"]
