"""Pages of this register."""

from __future__ import annotations

from registry.volunteers.views import call_out
from registry.volunteers.views.blueprint import blueprint

__all__ = ["blueprint", "call_out"]
