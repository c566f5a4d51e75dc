"""Pages of this register."""

from __future__ import annotations

from registry.volunteers.views import (  # noqa: F401 - each adds its pages to the blueprint.
    activities,
    activity,
    bookings,
    check_in,
    covers,
    ending,
    insurance,
)
from registry.volunteers.views.blueprint import blueprint

__all__ = ["blueprint"]
