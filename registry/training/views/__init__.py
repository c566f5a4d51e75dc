"""Pages of this register."""

from __future__ import annotations

from registry.training.views import (  # noqa: F401 - each adds its pages to the blueprint.
    assessment,
    attendance,
    closing,
    course,
    courses,
    drafts,
    imports,
    roster,
    withdrawing,
)
from registry.training.views.blueprint import blueprint

__all__ = ["blueprint"]
