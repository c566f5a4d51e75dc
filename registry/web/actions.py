"""What an action of the journal is called on a page."""

from __future__ import annotations

from flask_babel import gettext

from registry.core.i18n import N_

ACTIONS = {
    "accounts.load_units": N_("Units loaded"),
    "accounts.first_administrator": N_("First administrator set up"),
    "accounts.add_user": N_("User added"),
    "accounts.grant_role": N_("Role given"),
    "accounts.set_unit_parent": N_("Unit moved"),
    "people.add_person": N_("Person registered"),
    "people.correct_person": N_("Person corrected"),
    "people.reveal_identifier": N_("Numbers shown in clear"),
    "people.look_up_number": N_("Number looked up"),
    "people.merge_persons": N_("Persons merged"),
    "people.undo_merge": N_("Merge taken back"),
    "training.load_course_types": N_("Course types loaded"),
    "certificates.load_credential_types": N_("Credential types loaded"),
}


def action_label(action: str) -> str:
    """The words for an action; an action without words is shown by its name."""
    return str(gettext(ACTIONS[action])) if action in ACTIONS else action
