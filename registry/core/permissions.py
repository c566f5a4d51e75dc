"""Who may do what: the whole policy on one screen."""

from __future__ import annotations

from enum import StrEnum

from registry.core.i18n import N_


class Permission(StrEnum):
    """One right, checked by `@permit` on a view and by the command itself."""

    DESK = "desk"  # Sign in and see one's own start page.
    UNIT_VIEW = "unit_view"
    UNIT_EDIT = "unit_edit"
    USER_MANAGE = "user_manage"
    SETTING_VIEW = "setting_view"
    SETTING_EDIT = "setting_edit"
    PERSON_VIEW = "person_view"
    PERSON_EDIT = "person_edit"
    PERSON_REVEAL = "person_reveal"  # See a masked number in clear, with a reason.
    PERSON_MERGE = "person_merge"
    COURSE_VIEW = "course_view"
    COURSE_EDIT = "course_edit"  # Courses, rosters, attendance, results, closing.
    CERTIFICATE_VIEW = "certificate_view"
    CERTIFICATE_PREPARE = "certificate_prepare"
    CERTIFICATE_APPROVE = "certificate_approve"
    CERTIFICATE_IMPORT = "certificate_import"  # Legacy certificates and their events.
    VOLUNTEER_VIEW = "volunteer_view"
    VOLUNTEER_EDIT = "volunteer_edit"  # Volunteers, teams, activities, insurance; hours submitted.
    VOLUNTEER_APPROVE = "volunteer_approve"  # Registration, star levels, honours: county or above.
    SERVICE_APPROVE = "service_approve"  # Hours that somebody else submitted.
    FIGURE_VIEW = "figure_view"  # Values, by unit, by month.
    FIGURE_RECORDS = "figure_records"  # The records behind a value.
    JOURNAL_VIEW = "journal_view"


class Role(StrEnum):
    """A role is bound to a unit with dates; its reach is that unit and those below."""

    PROVINCE_ADMIN = "province_admin"
    PREFECTURE_ADMIN = "prefecture_admin"
    COUNTY_ADMIN = "county_admin"
    TRAINER = "trainer"
    CERTIFICATE_APPROVER = "certificate_approver"
    VOLUNTEER_COORDINATOR = "volunteer_coordinator"
    RELIEF_OFFICER = "relief_officer"
    AID_APPROVER = "aid_approver"
    WAREHOUSE_KEEPER = "warehouse_keeper"
    STOCK_APPROVER = "stock_approver"
    FUNDRAISING_OFFICER = "fundraising_officer"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"


ROLE_NAMES: dict[Role, str] = {
    Role.PROVINCE_ADMIN: N_("Province administrator"),
    Role.PREFECTURE_ADMIN: N_("Prefecture administrator"),
    Role.COUNTY_ADMIN: N_("County administrator"),
    Role.TRAINER: N_("Trainer"),
    Role.CERTIFICATE_APPROVER: N_("Certificate approver"),
    Role.VOLUNTEER_COORDINATOR: N_("Volunteer coordinator"),
    Role.RELIEF_OFFICER: N_("Relief officer"),
    Role.AID_APPROVER: N_("Aid approver"),
    Role.WAREHOUSE_KEEPER: N_("Warehouse keeper"),
    Role.STOCK_APPROVER: N_("Stock approver"),
    Role.FUNDRAISING_OFFICER: N_("Fundraising officer"),
    Role.SUPERVISOR: N_("Supervisor"),
    Role.AUDITOR: N_("Auditor"),
}

_P = Permission
_EVERYONE = {_P.DESK, _P.UNIT_VIEW}
_TRAINING_READ = {_P.PERSON_VIEW, _P.COURSE_VIEW, _P.CERTIFICATE_VIEW, _P.FIGURE_VIEW, _P.FIGURE_RECORDS}
_TRAINING_WRITE = {_P.PERSON_EDIT, _P.PERSON_REVEAL, _P.COURSE_EDIT, _P.CERTIFICATE_PREPARE}
_VOLUNTEERS_READ = {_P.PERSON_VIEW, _P.VOLUNTEER_VIEW, _P.FIGURE_VIEW, _P.FIGURE_RECORDS}
_VOLUNTEERS_WRITE = {_P.PERSON_EDIT, _P.PERSON_REVEAL, _P.VOLUNTEER_EDIT, _P.SERVICE_APPROVE}
_TRAINING = _TRAINING_READ | _TRAINING_WRITE
_VOLUNTEERS = _VOLUNTEERS_READ | _VOLUNTEERS_WRITE | {_P.VOLUNTEER_APPROVE}
_ADMIN = {_P.USER_MANAGE, _P.SETTING_VIEW, _P.PERSON_MERGE, _P.CERTIFICATE_IMPORT, _P.JOURNAL_VIEW}

GRANTS: dict[Role, frozenset[Permission]] = {
    Role.PROVINCE_ADMIN: frozenset(
        _EVERYONE | _TRAINING | _VOLUNTEERS | _ADMIN | {_P.UNIT_EDIT, _P.SETTING_EDIT}
    ),
    Role.PREFECTURE_ADMIN: frozenset(_EVERYONE | _TRAINING | _VOLUNTEERS | _ADMIN),
    Role.COUNTY_ADMIN: frozenset(_EVERYONE | _TRAINING | _VOLUNTEERS | _ADMIN),
    Role.TRAINER: frozenset(_EVERYONE | _TRAINING),
    Role.CERTIFICATE_APPROVER: frozenset(_EVERYONE | _TRAINING_READ | {_P.CERTIFICATE_APPROVE}),
    Role.VOLUNTEER_COORDINATOR: frozenset(_EVERYONE | _VOLUNTEERS_READ | _VOLUNTEERS_WRITE),
    Role.RELIEF_OFFICER: frozenset(_EVERYONE | {_P.PERSON_VIEW, _P.FIGURE_VIEW}),
    Role.AID_APPROVER: frozenset(_EVERYONE | {_P.FIGURE_VIEW}),
    Role.WAREHOUSE_KEEPER: frozenset(_EVERYONE | {_P.FIGURE_VIEW}),
    Role.STOCK_APPROVER: frozenset(_EVERYONE | {_P.FIGURE_VIEW}),
    Role.FUNDRAISING_OFFICER: frozenset(_EVERYONE | {_P.FIGURE_VIEW}),
    Role.SUPERVISOR: frozenset(_EVERYONE | {_P.FIGURE_VIEW}),
    Role.AUDITOR: frozenset(
        _EVERYONE | _TRAINING_READ | _VOLUNTEERS_READ | {_P.SETTING_VIEW, _P.JOURNAL_VIEW}
    ),
}
