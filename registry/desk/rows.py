"""How persons, certificates and courses stand in the tables of the start page, the search and a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from registry.accounts.models import Unit
from registry.certificates.models import Certificate, CredentialType
from registry.certificates.validity import CertificateState, state_on
from registry.core import clock
from registry.core.text import mask_phone
from registry.people.kinds import DocumentKind, Sex
from registry.people.models import Person
from registry.people.queries import MaskedIdentifier
from registry.training.models import Course, Enrolment
from registry.training.outcome import RESULT_KINDS, RESULT_LABELS, Result
from registry.training.stages import STAGE_KINDS, STAGE_LABELS, stage_of
from registry.volunteers.fields import PERIOD_KINDS, PERIODS
from registry.volunteers.hours import times_of
from registry.volunteers.models import Activity, Shift, Volunteer
from registry.web.columns import Link, Status
from registry.web.locale import local_name, translate
from registry.web.navigation import known

Cells = list[Any]

STATE_KINDS = {
    CertificateState.VALID: "good",
    CertificateState.EXPIRED: "wait",
    CertificateState.REVOKED: "bad",
    CertificateState.VOID: "off",
}


def about(person: Person, identifiers: Sequence[MaskedIdentifier]) -> list[tuple[str, Any]]:
    """What is registered of a person, numbers masked; one line per document."""
    documents = [(translate(DocumentKind(one.kind).label), one.masked) for one in identifiers]
    return [
        *documents,
        (_("Sex"), Sex(person.sex).label if person.sex else None),
        (_("Date of birth"), person.birth_on),
        (_("Phone"), mask_phone(person.phone) if person.phone else None),
        (_("Employer or address"), person.employer),
        (_("Occupation"), person.occupation),
        (_("Education"), person.education),
    ]


def person_row(person: Person) -> Cells:
    """A person among others of the same name."""
    return [
        Link(url_for("desk.person", person_id=person.id), person.name),
        Sex(person.sex).label if person.sex else None,
        person.birth_on,
        mask_phone(person.phone) if person.phone else None,
        person.employer,
    ]


def certificate_row(certificate: Certificate, holder: str) -> Cells:
    """A certificate found by its number."""
    return [_number(certificate), holder, certificate.issued_on, *_validity(certificate)]


def held_row(certificate: Certificate, kind: CredentialType, unit: Unit) -> Cells:
    """A certificate on the page of its holder."""
    return [
        _number(certificate),
        local_name(kind),
        local_name(unit),
        certificate.issued_on,
        *_validity(certificate),
    ]


def _number(certificate: Certificate) -> Link:
    return Link(url_for("certificates.certificate", certificate_id=certificate.id), certificate.number)


def _validity(certificate: Certificate) -> Cells:
    state = state_on(certificate, clock.today())
    return [
        certificate.valid_until or _("without end"),
        Status(STATE_KINDS[state], translate(state.label)),
    ]


def volunteer_row(volunteer: Volunteer, kind: str | None, unit: Unit) -> Cells:
    """The volunteer that somebody is, on the page of the person."""
    number: Link | str = volunteer.number
    if known("volunteers.volunteer"):
        number = Link(url_for("volunteers.volunteer", volunteer_id=volunteer.id), volunteer.number)
    state = Status(PERIOD_KINDS[kind], translate(PERIODS[kind])) if kind is not None else None
    return [number, local_name(unit), volunteer.added_on, state]


def shift_row(shift: Shift, activity: Activity) -> tuple[Status, Link, str]:
    """A shift that comes: whether it still needs people, where it is looked after, and when it is."""
    missing = shift.needed - shift.places_taken
    state = Status("wait", _("%(count)s needed", count=missing)) if missing else Status("good", _("full"))
    when = f"{shift.held_on.isoformat()} {times_of(shift.starts, shift.ends - shift.starts)}"
    link = Link(url_for("volunteers.shift", shift_id=shift.id), activity.title)
    return state, link, f"{when} · {activity.place}"


def course_row(course: Course, certified: bool) -> Cells:
    """A course found by its number, title or venue."""
    return [_course(course), course.number, course.starts_on, course.venue, _stage(course, certified)]


def open_course_row(course: Course) -> tuple[Status, Link, str]:
    """A course that waits for its roster, its marks or its closing."""
    return _stage(course, False), _course(course), f"{course.starts_on.isoformat()} · {course.venue}"


def enrolment_row(enrolment: Enrolment, course: Course) -> Cells:
    """A course on the page of somebody who took part in it."""
    if enrolment.withdrawn_on is not None:
        result = Status("off", _("withdrawn"))
    elif enrolment.result is None:
        result = Status("info", _("enrolled"))
    else:
        found = Result(enrolment.result)
        result = Status(RESULT_KINDS[found], _(RESULT_LABELS[found]))
    return [_course(course), course.number, course.starts_on, result]


def _course(course: Course) -> Link:
    return Link(url_for("training.course", course_id=course.id), course.title)


def _stage(course: Course, certified: bool) -> Status:
    stage = stage_of(course.state, course.starts_on, course.ends_on, certified, clock.today())
    return Status(STAGE_KINDS[stage], _(STAGE_LABELS[stage]))
