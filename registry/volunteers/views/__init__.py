"""Pages of this register."""

from __future__ import annotations

from registry.volunteers.views import (  # noqa: F401 - each adds its pages to the blueprint.
    activities,
    activity,
    admission,
    awarding,
    bookings,
    call_out,
    check_in,
    covers,
    deciding,
    ending,
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
)
from registry.volunteers.views.blueprint import blueprint

__all__ = ["blueprint"]
