"""What the pages of this register share."""

from __future__ import annotations

from typing import NamedTuple

from flask import Blueprint, g, url_for
from flask_babel import lazy_gettext as _l

from registry.core.i18n import N_
from registry.core.permissions import Permission
from registry.volunteers.fields import PERIOD_KINDS, PERIODS
from registry.volunteers.models import Volunteer
from registry.web.columns import Status
from registry.web.locale import translate
from registry.web.navigation import known

blueprint = Blueprint("volunteers", __name__, url_prefix="/volunteers")

PERIOD_STATES = {kind: Status(PERIOD_KINDS[kind], _l(label)) for kind, label in PERIODS.items()}


class Tab(NamedTuple):
    """A page about one volunteer."""

    endpoint: str
    label: str
    permission: Permission


# The pages about one volunteer, in order; one that the application does not have is not shown.
TABS = (
    Tab("volunteers.volunteer", N_("Periods and teams"), Permission.VOLUNTEER_VIEW),
    Tab("volunteers.service", N_("Hours"), Permission.VOLUNTEER_VIEW),
    Tab("volunteers.recognition", N_("Recognition"), Permission.VOLUNTEER_VIEW),
    Tab("volunteers.insurance", N_("Insurance"), Permission.VOLUNTEER_VIEW),
    Tab("volunteers.proofs", N_("Certificates of service"), Permission.VOLUNTEER_VIEW),
)


def tabs_of(volunteer: Volunteer, here: str) -> tuple[list[tuple[str, str, None]], int]:
    """The pages about a volunteer that the reader may open, as the macro `tabs` takes them, and which of them
    is the endpoint `here`."""
    shown = [tab for tab in TABS if known(tab.endpoint) and g.actor.may(tab.permission)]
    items = [(translate(tab.label), url_for(tab.endpoint, volunteer_id=volunteer.id), None) for tab in shown]
    return items, [tab.endpoint for tab in shown].index(here)
