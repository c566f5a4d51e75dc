"""The certificate batches of a course."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.certificates.models import BatchLine, Certificate, CertificateBatch
from registry.training.models import Enrolment


def batches_of(session: Session, course_id: int) -> Sequence[CertificateBatch]:
    """The batches that hold trainees of a course, oldest first."""
    wanted = (
        select(BatchLine.batch_id)
        .join(Enrolment, Enrolment.batch_line_id == BatchLine.id)
        .where(Enrolment.course_id == course_id)
    )
    return (
        session.execute(
            select(CertificateBatch).where(CertificateBatch.id.in_(wanted)).order_by(CertificateBatch.id)
        )
        .scalars()
        .all()
    )


def in_standing_batch(session: Session, course_id: int) -> set[int]:
    """The enrolments of a course whose certificate is prepared or issued; neither a rejected batch nor a void
    certificate counts, so that one printed with a wrong name can be issued anew."""
    return set(
        session.execute(
            select(Enrolment.id)
            .join(BatchLine, BatchLine.id == Enrolment.batch_line_id)
            .join(CertificateBatch, CertificateBatch.id == BatchLine.batch_id)
            .outerjoin(Certificate, Certificate.id == BatchLine.certificate_id)
            .where(
                Enrolment.course_id == course_id,
                CertificateBatch.state != "rejected",
                Certificate.voided_at.is_(None),
            )
        ).scalars()
    )
