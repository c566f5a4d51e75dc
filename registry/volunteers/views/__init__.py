"""Pages of this register."""

from __future__ import annotations

from registry.volunteers.views import proofs  # noqa: F401 - adds its pages to the blueprint.
from registry.volunteers.views.blueprint import blueprint

__all__ = ["blueprint"]
