"""The commands of the register."""

from registry.volunteers.commands.admit import Admission, Admitted, Guardian, add_volunteers
from registry.volunteers.commands.catalogue import load_volunteer_rules
from registry.volunteers.commands.periods import change_period, move_volunteer, void_period

__all__ = [
    "Admission",
    "Admitted",
    "Guardian",
    "add_volunteers",
    "change_period",
    "load_volunteer_rules",
    "move_volunteer",
    "void_period",
]
