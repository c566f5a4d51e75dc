"""A certificate before it is issued, to be looked at."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from registry.accounts.models import Unit
from registry.certificates.models import CredentialType
from registry.certificates.queries.batches import Holder
from registry.certificates.queries.certificates import rule_on
from registry.certificates.sheets import CertificateSheet
from registry.certificates.snapshots import issuer_of, new_sheet
from registry.certificates.validity import last_valid_day
from registry.training.models import Course, CourseTypeVersion
from registry.training.queries.roster import Trainee

# Printed where the number will stand.
NO_NUMBER = "样张"


def sample_sheet(
    session: Session, course: Course, version: CourseTypeVersion, trainee: Trainee, day: date, address: str
) -> CertificateSheet:
    """What the certificate of a trainee would say if it were issued on the day.

    It bears no number, its code leads nowhere, and it is marked across the page as not real.
    """
    credential_type = session.get_one(CredentialType, version.credential_type_id)
    rule = rule_on(session, credential_type.id, day)
    holder = Holder(
        line_id=0,
        person_id=trainee.person_id,
        name=trainee.name,
        sex=trainee.sex,
        state="active",
        document_masked=trainee.masked or "",
        course_title=course.title,
        class_hours=version.class_hours,
        employer=trainee.enrolment.employer,
        certificate_id=None,
    )
    return new_sheet(
        holder,
        credential_type,
        issuer_of(session, session.get_one(Unit, course.unit_id), day),
        template_version=rule.template_version,
        number=NO_NUMBER,
        issued_on=day,
        valid_until=last_valid_day(day, rule.validity_months, rule.last_day),
        verify_url=f"{address.rstrip('/')}/v/",
        demo=True,
    )
