"""Pages of this register."""

from __future__ import annotations

from registry.volunteers.views import (  # noqa: F401 - each adds its pages to the blueprint.
    admission,
    deciding,
    own_page,
    sign_ups,
    members,
    periods,
    registrations,
    rules,
    teams,
    volunteer,
    volunteers,
    activities,
    activity,
    bookings,
    check_in,
    covers,
    insurance,
    enter_hours,
    service,
    service_entries,
# Each adds its pages to the blueprint.
from registry.volunteers.views import (
    proofs,  # noqa: F401
    recognition,  # noqa: F401
    stars,  # noqa: F401
)
from registry.volunteers.views import call_out
from registry.volunteers.views.blueprint import blueprint

__all__ = ["blueprint", "call_out"]
