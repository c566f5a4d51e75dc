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
    "accounts.add_unit": N_("Unit added"),
    "accounts.change_password": N_("Password changed"),
    "accounts.change_setting": N_("Setting changed"),
    "accounts.disable_user": N_("User disabled"),
    "accounts.edit_profile": N_("Own profile changed"),
    "accounts.edit_user": N_("User changed"),
    "accounts.enable_user": N_("User enabled"),
    "accounts.end_role": N_("Role ended"),
    "accounts.remove_second_factor": N_("Second factor removed"),
    "accounts.reset_password": N_("Password reset"),
    "accounts.reset_second_factor": N_("Second factor reset"),
    "accounts.set_up_second_factor": N_("Second factor set up"),
    "accounts.use_code": N_("Signed in with a second factor"),
    "accounts.void_unit_parent": N_("Parentage voided"),
    "certificates.import_certificate_events": N_("Certificate events taken over"),
    "certificates.import_certificates": N_("Earlier certificates taken over"),
    "certificates.issue_batch": N_("Batch approved and issued"),
    "certificates.prepare_batch": N_("Batch prepared"),
    "certificates.reject_batch": N_("Batch rejected"),
    "certificates.revoke_certificate": N_("Certificate revoked"),
    "certificates.void_certificate": N_("Certificate voided"),
    "indicators.rebuild": N_("Figures rebuilt"),
    "training.cancel_course": N_("Course cancelled"),
    "training.close_and_prepare": N_("Course closed, certificates submitted"),
    "training.close_course": N_("Course closed"),
    "training.correct_draft": N_("Drafts corrected"),
    "training.edit_course": N_("Course changed"),
    "training.edit_sessions": N_("Sessions changed"),
    "training.enrol": N_("Trainees enrolled"),
    "training.open_course": N_("Course opened"),
    "training.prepare_certificates": N_("Certificates submitted for approval"),
    "training.record_assessment": N_("Results recorded"),
    "training.record_attendance": N_("Attendance recorded"),
    "training.reopen_course": N_("Course reopened"),
    "training.undo_import": N_("Import undone"),
    "training.withdraw_trainee": N_("Trainee withdrawn"),
    "training.withdraw_trainees": N_("Trainees withdrawn"),
    "people.import_people": N_("People taken over"),
    "training.import_courses": N_("Courses taken over"),
    "training.import_rosters": N_("Class lists taken over"),
    "training.import_attendance": N_("Attendance taken over"),
    "training.import_assessments": N_("Results taken over"),
    "accounts.import_unit_parents": N_("Parentage taken over"),
    "volunteers.add_volunteers": N_("Volunteers admitted"),
    "volunteers.change_period": N_("State of a volunteer changed"),
    "volunteers.give_page": N_("Address of an own page given"),
    "volunteers.load_volunteer_rules": N_("Rules of volunteering loaded"),
    "volunteers.move_volunteer": N_("Volunteer moved to another unit"),
    "volunteers.reveal_call_out": N_("Phones of a call-out list shown"),
    "volunteers.void_period": N_("Period of a volunteer voided"),
    "training.load_course_types": N_("Course types loaded"),
    "certificates.load_credential_types": N_("Credential types loaded"),
}


def action_label(action: str) -> str:
    """The words for an action; an action without words is shown by its name."""
    return str(gettext(ACTIONS[action])) if action in ACTIONS else action
