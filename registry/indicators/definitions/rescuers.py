"""Holders of certificates: the counting rules in words and as one SELECT."""

from __future__ import annotations

from datetime import date

from sqlalchemy import case, cast, literal, select
from sqlalchemy.orm import InstrumentedAttribute

from registry.certificates.models import Certificate, CredentialType
from registry.core.engines import PREFIX_TEXT
from registry.core.i18n import N_
from registry.core.permissions import Permission
from registry.indicators.definitions.common import NO_DATE, PERSON, PERSONS, canonical_persons, holder
from registry.indicators.indicator import Indicator, RecordLink, Rows, Source, Subjects, Words, within
from registry.indicators.kinds import Kind
from registry.people.models import Person

CERTIFICATE = Source(
    Certificate,
    frozenset(
        (
            "person_id",
            "unit_id",
            "credential_type_id",
            "number",
            "issued_on",
            "valid_from",
            "valid_until",
            "ended_on",
            "voided_at",
        )
    ),
    holder,
)

CERTIFICATE_RECORD = RecordLink(
    model=Certificate,
    label=Certificate.number,
    heading=N_("Certificate no."),
    person=Certificate.person_id,
    holder=N_("Holder"),
    endpoint="certificates.certificate",
    argument="certificate_id",
    key=Certificate.id,
    permission=Permission.CERTIFICATE_VIEW,
)

REASONS = {
    "voided": N_("The certificate is void: entered in error, or revoked for fraud"),
    "person_voided": N_("The person was entered in error"),
    "other_type": N_("Another kind of certificate"),
}


def _certificates(
    subjects: Subjects,
    starts_on: InstrumentedAttribute[date],
    ends_on: InstrumentedAttribute[date | None] | None = None,
    stops_on: InstrumentedAttribute[date | None] | None = None,
) -> Rows:
    """All certificates as candidates of their canonical holders; only 救护员 certificates count."""
    return (
        select(
            Person.canonical_id.label("subject_id"),
            Certificate.person_id.label("holder_id"),
            Certificate.id.label("record_id"),
            Certificate.unit_id.label("unit_id"),
            starts_on.label("starts_on"),
            (NO_DATE if ends_on is None else ends_on).label("ends_on"),
            (NO_DATE if stops_on is None else stops_on).label("stops_on"),
            literal(1).label("quantity"),
            # Compared byte by byte, so that both engines agree on the order.
            cast(Certificate.number, PREFIX_TEXT).label("tie"),
            case(
                (Certificate.voided_at.is_not(None), "voided"),
                (Person.state == "void", "person_voided"),
                (CredentialType.code != "rescuer", "other_type"),
            ).label("excluded"),
        )
        .select_from(Certificate)
        .join(Person, Person.id == Certificate.person_id)
        .join(CredentialType, CredentialType.id == Certificate.credential_type_id)
        .where(*within(Person.canonical_id, subjects))
    )


def _issued(subjects: Subjects = None) -> Rows:
    return _certificates(subjects, Certificate.issued_on)


def _in_force(subjects: Subjects = None) -> Rows:
    return _certificates(
        subjects,
        Certificate.valid_from,
        Certificate.valid_until,
        Certificate.ended_on,
    )


RESCUERS_FIRST = Indicator(
    code="rescuers_first",
    version=1,
    kind=Kind.FIRST,
    name=Words(zh="救护员（首次取证）", en="Certified rescuers (first certificate)"),
    unit=PERSONS,
    rule=Words(
        zh=(
            "统计期内首次取得红十字救护员证的自然人数。每人只计一次，计在其第一张救护员证的发证日期和发证单位；"
            "同日发证的取证书编号在前者，再取登记在前者。录入错误或因弄虚作假被撤销而作废的证书不计；"
            "到期、注销或因其他原因撤销的证书仍计，因为当时确已取证。历史证书（导入）按其发证日期计，"
            "因此补录更早的证书会使首次取证提前。换证、补发和复训不再计。"
            "CPR+AED 证书和救护师证书不计（待确认）。重复登记合并后按一人计。默认自 2021 年 1 月 1 日起累计。"
        ),
        en=(
            "Natural persons who obtained their first Red Cross rescuer certificate in the period. Each "
            "person counts once, on the issue date and for the issuing unit of the first rescuer "
            "certificate; on one day the lower number comes first, then the earlier record. Certificates "
            "void because they were entered in error or revoked for fraud do not count; expired, ended or "
            "otherwise revoked ones do, because they were obtained. Legacy certificates count on their "
            "issue date, so an earlier one found later moves the first certificate forward. Renewals, "
            "replacements and refreshers add nothing. CPR+AED and instructor certificates do not count "
            "(to confirm). Merged duplicates are one person. Cumulative from 1 January 2021 unless another "
            "day is given."
        ),
    ),
    sources=(CERTIFICATE, PERSON),
    select=_issued,
    record=CERTIFICATE_RECORD,
    reasons=REASONS,
    subjects=canonical_persons,
)

RESCUERS_VALID = Indicator(
    code="rescuers_valid",
    version=1,
    kind=Kind.DISTINCT_STOCK,
    name=Words(zh="有效持证救护员", en="Holders of a valid rescuer certificate"),
    unit=PERSONS,
    rule=Words(
        zh=(
            "截至日期当天持有有效红十字救护员证的自然人数。证书自生效日起至有效期最后一日（含当日）有效；"
            "被撤销或注销的，到撤销日前一日为止；作废的证书自始不计。一人持有几张有效证书只计一次，"
            "归属生效最早的那张证书的发证单位（同日生效的取编号在前者，再取登记在前者）；"
            "该证书失效的次日起，归属转到其余有效证书中生效最早的一张。"
            "CPR+AED 证书和救护师证书不计（待确认）。重复登记合并后按一人计。"
        ),
        en=(
            "Natural persons who hold a valid Red Cross rescuer certificate on the as-of date. A "
            "certificate is valid from its first day to its last day, both included; when revoked or "
            "ended, up to the day before; a void certificate never counted. A person with several valid "
            "certificates counts once, for the issuing unit of the one that began earliest (on one day the "
            "lower number, then the earlier record); on the day after it ends the person passes to the "
            "earliest of the others still in force. CPR+AED and instructor certificates do not count (to "
            "confirm). Merged duplicates are one person."
        ),
    ),
    sources=(CERTIFICATE, PERSON),
    select=_in_force,
    record=CERTIFICATE_RECORD,
    reasons=REASONS,
    subjects=canonical_persons,
)
