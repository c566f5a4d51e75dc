"""Volunteers and their service: the counting rules in words and as one SELECT."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import case, cast, exists, literal, select
from sqlalchemy.orm import aliased

from registry.core.engines import PREFIX_TEXT
from registry.core.i18n import N_
from registry.core.permissions import Permission
from registry.indicators.definitions.common import NO_DATE, PERSON, PERSONS, canonical_persons, holder
from registry.indicators.indicator import Group, Indicator, RecordLink, Rows, Source, Subjects, Words, within
from registry.indicators.kinds import Kind
from registry.people.models import Person
from registry.volunteers.fields import FIELDS
from registry.volunteers.models import ServiceLine, Team, Volunteer, VolunteerPeriod

PERIOD = Source(
    VolunteerPeriod,
    frozenset(("volunteer_id", "person_id", "unit_id", "kind", "starts_on", "ended_on", "voided_at")),
    holder,
)
# A new volunteer counts by a period, which is a new row as well.
VOLUNTEER = Source(Volunteer, frozenset(("person_id", "number", "voided_at")), holder, inserts=False)
# The ledger is insert-only: a line comes, and a line that reverses it.
LINE = Source(ServiceLine, frozenset(), holder)

PERIOD_RECORD = RecordLink(
    model=VolunteerPeriod,
    label=Volunteer.number,
    heading=N_("Volunteer no."),
    person=VolunteerPeriod.person_id,
    holder=N_("Name"),
    endpoint="volunteers.volunteer",
    argument="volunteer_id",
    key=VolunteerPeriod.volunteer_id,
    permission=Permission.VOLUNTEER_VIEW,
    joined=(Volunteer, Volunteer.id == VolunteerPeriod.volunteer_id),
)
LINE_RECORD = RecordLink(
    model=ServiceLine,
    label=Volunteer.number,
    heading=N_("Volunteer no."),
    person=ServiceLine.person_id,
    holder=N_("Name"),
    endpoint="volunteers.service_entry",
    argument="entry_id",
    key=ServiceLine.service_entry_id,
    permission=Permission.VOLUNTEER_VIEW,
    joined=(Volunteer, Volunteer.id == ServiceLine.volunteer_id),
)

PERIOD_REASONS = {
    "voided": N_("The period is void: entered in error"),
    "person_voided": N_("The person was entered in error"),
    "volunteer_voided": N_("The volunteer was entered in error"),
    "other_kind": N_("Another state: counted in another figure, on leave, suspended or left"),
    "not_yet": N_("Begins after the as-of date"),
    "ended": N_("Ended on the as-of date or before"),
    "other_counts": N_("Another period of this person in force counts"),
}
LINE_REASONS = {
    "reversed": N_("Reversed: the service was corrected or withdrawn"),
    "person_voided": N_("The person was entered in error"),
    "not_yet": N_("Served after the as-of date"),
    "expired": N_("Served too long ago to be active on the as-of date"),
    "other_counts": N_("An earlier service that still makes this person active counts"),
}
GROUPS: Mapping[str, Group] = {
    "field": Group(
        heading=Words(zh="按服务领域", en="By field of service"),
        column=ServiceLine.field,
        none=Words(zh="未注明领域", en="No field"),
        names=FIELDS,
    ),
    "team": Group(
        heading=Words(zh="按志愿服务队", en="By team"),
        column=ServiceLine.team_id,
        none=Words(zh="不属于任何服务队", en="Without a team"),
        named=Team,
        name=Team.name,
    ),
}


def _periods_of(kind: str) -> Callable[[Subjects], Rows]:
    """The SELECT of a figure that counts the periods of a kind; the others are candidates that do not."""

    def periods(subjects: Subjects = None) -> Rows:
        return (
            select(
                Person.canonical_id.label("subject_id"),
                VolunteerPeriod.person_id.label("holder_id"),
                VolunteerPeriod.id.label("record_id"),
                VolunteerPeriod.unit_id.label("unit_id"),
                VolunteerPeriod.starts_on.label("starts_on"),
                NO_DATE.label("ends_on"),
                VolunteerPeriod.ended_on.label("stops_on"),
                literal(1).label("quantity"),
                cast(Volunteer.number, PREFIX_TEXT).label("tie"),
                case(
                    (VolunteerPeriod.voided_at.is_not(None), "voided"),
                    (Person.state == "void", "person_voided"),
                    (Volunteer.voided_at.is_not(None), "volunteer_voided"),
                    (VolunteerPeriod.kind != kind, "other_kind"),
                ).label("excluded"),
            )
            .select_from(VolunteerPeriod)
            .join(Person, Person.id == VolunteerPeriod.person_id)
            .join(Volunteer, Volunteer.id == VolunteerPeriod.volunteer_id)
            .where(*within(Person.canonical_id, subjects))
        )

    return periods


def _lines(subjects: Subjects, quantity: Any, ends_on: Any = NO_DATE) -> Rows:
    """The lines of the ledger of hours but for those that reverse one; a reversed one does not count."""
    reversal = aliased(ServiceLine)
    return (
        select(
            Person.canonical_id.label("subject_id"),
            ServiceLine.person_id.label("holder_id"),
            ServiceLine.id.label("record_id"),
            ServiceLine.unit_id.label("unit_id"),
            ServiceLine.served_on.label("starts_on"),
            ends_on.label("ends_on"),
            NO_DATE.label("stops_on"),
            quantity.label("quantity"),
            cast(literal(""), PREFIX_TEXT).label("tie"),
            case(
                (exists().where(reversal.reverses_id == ServiceLine.id), "reversed"),
                (Person.state == "void", "person_voided"),
            ).label("excluded"),
        )
        .select_from(ServiceLine)
        .join(Person, Person.id == ServiceLine.person_id)
        .where(ServiceLine.reverses_id.is_(None), *within(Person.canonical_id, subjects))
    )


def _served(subjects: Subjects = None) -> Rows:
    return _lines(subjects, literal(1))


def _minutes(subjects: Subjects = None) -> Rows:
    return _lines(subjects, ServiceLine.minutes)


def _active(subjects: Subjects = None) -> Rows:
    return _lines(subjects, literal(1), ServiceLine.active_until)


VOLUNTEERS_REGISTERED = Indicator(
    code="volunteers_registered",
    version=1,
    kind=Kind.DISTINCT_STOCK,
    name=Words(zh="注册志愿者", en="Registered volunteers"),
    unit=PERSONS,
    rule=Words(
        zh=(
            "截至日期当天处于“注册”状态的志愿者自然人数。自注册之日起计，到状态改变之日的前一日为止；"
            "登记、休整、停止和退出期间不计；录入错误而作废的状态自始不计。"
            "一人参加几支服务队只计一次，归属该注册状态所记的单位；重复登记合并后按一人计，"
            "归属开始最早的一段（同日开始的取志愿者编号在前者，再取登记在前者）。"
        ),
        en=(
            "Natural persons who are registered volunteers (注册) on the as-of date: from the day of their "
            "registration up to the day before that state ends. Enrolled, on leave, suspended and left do "
            "not count; a state void because it was entered in error never counted. A person in several "
            "teams counts once, for the unit of the registration; merged duplicates are one person, for the "
            "unit of the period that began earliest (on one day the lower volunteer number, then the earlier "
            "record)."
        ),
    ),
    sources=(PERIOD, VOLUNTEER, PERSON),
    select=_periods_of("registered"),
    record=PERIOD_RECORD,
    reasons=PERIOD_REASONS,
    subjects=canonical_persons,
)

VOLUNTEERS_ENROLLED = Indicator(
    code="volunteers_enrolled",
    version=1,
    kind=Kind.DISTINCT_STOCK,
    name=Words(zh="登记志愿者（尚未注册）", en="Enrolled volunteers (not yet registered)"),
    unit=PERSONS,
    rule=Words(
        zh=(
            "截至日期当天处于“登记”状态的志愿者自然人数。自登记之日起计，到状态改变（如转为注册）之日的前一日为止；"
            "注册、休整、停止和退出期间不计；录入错误而作废的状态自始不计。"
            "归属和合并的处理与“注册志愿者”相同。"
        ),
        en=(
            "Natural persons who are enrolled volunteers (登记) on the as-of date: from the day they were "
            "enrolled up to the day before that state ends, for example by registration. Registered, on "
            "leave, suspended and left do not count; a state void because it was entered in error never "
            "counted. Unit and merged duplicates as for registered volunteers."
        ),
    ),
    sources=(PERIOD, VOLUNTEER, PERSON),
    select=_periods_of("enrolled"),
    record=PERIOD_RECORD,
    reasons=PERIOD_REASONS,
    subjects=canonical_persons,
)

VOLUNTEERS_ACTIVE = Indicator(
    code="volunteers_active",
    version=1,
    kind=Kind.DISTINCT_STOCK,
    name=Words(zh="活跃志愿者", en="Active volunteers"),
    unit=PERSONS,
    rule=Words(
        zh=(
            "截至日期当天为活跃志愿者的自然人数。一次审核通过的服务，自服务当日起，"
            "到审核入账时所用规则规定的最后一日（含当日）止，使其志愿者成为活跃志愿者"
            "（规则为设置项，默认 12 个月，待确认）；"
            "规则日后改变，不改变已入账的服务。被冲销的服务不计。一人有几次服务只计一次，"
            "归属仍有效的服务中最早一次的单位（同日的取入账在前者）。重复登记合并后按一人计。"
        ),
        en=(
            "Natural persons who are active volunteers on the as-of date. An approved service makes its "
            "volunteer an active one from its own day to the last day, included, that the rule in force when "
            "it was posted gives it (a setting; 12 months unless changed, to confirm); a later change of the "
            "rule leaves it alone. Reversed service does not count. A person with several counts once, for "
            "the unit of the earliest service that still holds (on one day the one posted first). Merged "
            "duplicates are one person."
        ),
    ),
    sources=(LINE, PERSON),
    select=_active,
    record=LINE_RECORD,
    reasons=LINE_REASONS,
    subjects=canonical_persons,
    groups=GROUPS,
)

SERVICE_PERSON_TIMES = Indicator(
    code="service_person_times",
    version=1,
    kind=Kind.FLOW,
    name=Words(zh="志愿服务人次", en="Service person-times"),
    unit=Words(zh="人次", en="person-times"),
    rule=Words(
        zh=(
            "统计期内志愿服务的人次。审核通过并入账的每一段服务（一人、一日、一段时间）计一人次，"
            "计在服务当日和该服务所记的单位（一人同日几段计几人次，待确认）。被冲销的服务自始不计；"
            "未审核、被退回或撤回的服务不计。默认自 2021 年 1 月 1 日起累计。"
        ),
        en=(
            "Person-times of volunteer service in the period. Each approved and posted stretch of service of "
            "one person on one day counts as one, on the day served and for the unit of the service (several "
            "stretches on one day count each, to confirm). Reversed service never counted; what is not "
            "approved, rejected or withdrawn does not count. Cumulative from 1 January 2021 unless another "
            "day is given."
        ),
    ),
    sources=(LINE, PERSON),
    select=_served,
    record=LINE_RECORD,
    reasons=LINE_REASONS,
    subjects=canonical_persons,
    groups=GROUPS,
)

SERVICE_HOURS = Indicator(
    code="service_hours",
    version=1,
    kind=Kind.FLOW,
    name=Words(zh="志愿服务时长", en="Service hours"),
    unit=Words(zh="小时", en="hours"),
    rule=Words(
        zh=(
            "统计期内审核通过并入账的志愿服务时长之和，以分钟累加，以小时显示（不足一小时的保留一位小数）。"
            "只计实际服务时间，不计交通时间；计在服务当日和该服务所记的单位。"
            "被冲销的服务自始不计；未审核、被退回或撤回的服务不计。默认自 2021 年 1 月 1 日起累计。"
        ),
        en=(
            "The sum of approved and posted volunteer service in the period, added up in minutes and shown "
            "in hours, with one decimal where it is not whole. Actual service only, without travel, on the "
            "day served and for the unit of the service. Reversed service never counted; what is not "
            "approved, rejected or withdrawn does not count. Cumulative from 1 January 2021 unless another "
            "day is given."
        ),
    ),
    sources=(LINE, PERSON),
    select=_minutes,
    record=LINE_RECORD,
    reasons=LINE_REASONS,
    subjects=canonical_persons,
    per=60,
    groups=GROUPS,
)
