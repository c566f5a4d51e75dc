"""Volunteers, their teams and activities, their hours, and what they receive for them."""

from registry.volunteers.models.activity import Activity, Booking, CheckEvent, Shift
from registry.volunteers.models.insurance import InsuranceCover, InsurancePolicy
from registry.volunteers.models.proof import ProofLine, ServiceProof
from registry.volunteers.models.recognition import Honour, PointsLine, StarAward
from registry.volunteers.models.rule import VolunteerRule
from registry.volunteers.models.service import ServiceEntry, ServiceLine
from registry.volunteers.models.team import Team, TeamMembership
from registry.volunteers.models.volunteer import (
    RegistrationApplication,
    SignUp,
    Volunteer,
    VolunteerPeriod,
)

__all__ = [
    "Activity",
    "Booking",
    "CheckEvent",
    "Honour",
    "InsuranceCover",
    "InsurancePolicy",
    "PointsLine",
    "ProofLine",
    "RegistrationApplication",
    "ServiceEntry",
    "ServiceLine",
    "ServiceProof",
    "Shift",
    "SignUp",
    "StarAward",
    "Team",
    "TeamMembership",
    "Volunteer",
    "VolunteerPeriod",
    "VolunteerRule",
]
