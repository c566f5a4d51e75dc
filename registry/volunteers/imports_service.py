"""Hours of service as lists write them, for the grid of many people and for files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from registry.accounts.imports import UnitNames
from registry.core.errors import RuleError
from registry.core.i18n import N_
from registry.core.imports import Row, present
from registry.core.text import clean_name, narrow, read_date
from registry.people.commands import number_hash
from registry.people.identity import read_document
from registry.people.imports import PERSON_HEADERS
from registry.volunteers.field_words import field_named
from registry.volunteers.hours import read_hours, read_time
from registry.volunteers.queries.named import Named

SERVICE_HEADERS: dict[str, tuple[str, ...]] = {
    "number": ("志愿者编号", "编号", *PERSON_HEADERS["document_number"], "volunteer number", "volunteer no."),
    "name": PERSON_HEADERS["name"],
    "served_on": ("服务日期", "日期", "day of service", "date"),
    "starts": ("开始时间", "起始时间", "begins at", "start time"),
    "hours": ("服务时长", "时长", "小时数", "服务小时", "service hours"),
    "field": ("服务领域", "服务类别", "领域", "field of service"),
    "content": ("服务内容", "内容", "what was done"),
    "activity": ("活动编号", "活动", "activity number"),
    "unit": ("单位", "所属红十字会", "unit code"),
}
SERVICE_REQUIRED = ("served_on", "starts", "hours")
LONGEST_CONTENT = 200


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """A checked row of a list of hours. `field` None means that of the activity, `unit_id` is for hours
    without an activity."""

    row: int
    named: Named
    served_on: date
    starts: int
    minutes: int
    field: str | None
    content: str
    activity: str | None
    unit_id: int


def read_service_entries(
    rows: Sequence[Row], *, units: UnitNames, unit_id: int | None, today: date
) -> list[ServiceRow]:
    """The stretches of a list; what is wrong is told in the rows. `unit_id` is that of rows
    that name none."""
    found = []
    for row in rows:
        named = read_named(row, row.number, today)
        served_on = row.read("served_on", lambda text: read_date(present(text)))
        starts = row.read("starts", lambda text: read_time(present(text)))
        minutes = row.read("hours", lambda text: read_hours(present(text)))
        field = row.optional("field", _field)
        content = row.bounded("content", LONGEST_CONTENT)
        where = units.read(row, "unit", unit_id)
        activity = narrow(row.text("activity")).upper() or None
        if activity is None and not row.text("field"):
            row.refuse(RuleError(N_("Name the field of service, or the activity.")), "field")
        if (
            not row.errors
            and named is not None
            and served_on is not None
            and starts is not None
            and minutes is not None
            and where is not None
        ):
            found.append(
                ServiceRow(row.number, named, served_on, starts, minutes, field, content, activity, where)
            )
    return found


def read_named(row: Row, number: int, today: date) -> Named | None:
    """Whom a row means; None, and an error told, when it names nobody."""
    name = row.optional("name", clean_name)
    told = narrow(row.text("number")).upper().replace(" ", "")
    if not told and not row.text("name"):
        row.refuse(RuleError(N_("Name the volunteer by number, or by name.")), "number")
    digest = None
    if told and not told.startswith("ZY"):
        digest = row.read("number", lambda text: number_hash(read_document(None, text, today=today)))
    if row.errors:
        return None
    return Named(number, told if told.startswith("ZY") else None, digest, name)


def _field(text: str) -> str:
    code = field_named(text)
    if code is None:
        raise RuleError(N_("There is no such field of service."), "field")
    return code
