"""Pages of this register."""

from __future__ import annotations

from registry.volunteers.views import (  # noqa: F401 - each adds its pages to the blueprint.
    activities,
    activity,
    admission,
    bookings,
    call_out,
    check_in,
    covers,
    deciding,
    enter_hours,
    insurance,
    members,
    own_page,
    periods,
    proofs,
    recognition,
    registrations,
    rules,
    service,
    service_entries,
    sign_ups,
    stars,
    teams,
    volunteer,
    volunteers,
# Each adds its pages to the blueprint.
from registry.volunteers.views import (
    awarding,  # noqa: F401
    proofs,  # noqa: F401
    recognition,  # noqa: F401
    stars,  # noqa: F401
)
from registry.volunteers.views.blueprint import blueprint

__all__ = ["blueprint"]
