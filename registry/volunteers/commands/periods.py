"""Volunteers are admitted, and what they are changes: each state is a period with reason and document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import select

from registry.core.errors import RecordNotFoundError, RuleError
from registry.core.i18n import N_, Message
from registry.core.imports import ListRefusedError, RowError
from registry.core.permissions import Permission
from registry.core.text import stated_reason
from registry.core.write import Write, chunks, command
from registry.people.commands import Entrant, match_or_add
from registry.people.identity import age_on
from registry.people.imports import refuse_other_names
from registry.people.models import Person
from registry.volunteers.fields import FOLLOWING
from registry.volunteers.models import Volunteer, VolunteerPeriod
from registry.volunteers.rules import rule_on


@dataclass(frozen=True, slots=True)
class Guardian:
    """Who consented for somebody under age, and when."""

    name: str
    phone: str
    consent_on: date


@dataclass(frozen=True, slots=True)
class Admission:
    """Somebody to be admitted, checked as far as a row alone can tell. `row` is where a list names them."""

    row: int
    entrant: Entrant
    fields: tuple[str, ...] = ()
    available: tuple[str, ...] = ()
    guardian: Guardian | None = None
    consent_on: date | None = None
    starts_on: date | None = None


@dataclass(frozen=True)
class Admitted:
    """What became of a list: new volunteers, those who came back, and those who are volunteers already."""

    volunteer_ids: list[int] = field(default_factory=list)
    returned: list[int] = field(default_factory=list)
    known: list[int] = field(default_factory=list)

    @property
    def saved(self) -> int:
        """How many rows changed something."""
        return len(self.volunteer_ids) + len(self.returned)


@command(Permission.VOLUNTEER_EDIT)
def add_volunteers(w: Write, *, unit_id: int, admissions: Sequence[Admission], source: str) -> Admitted:
    """Admit the people of a checked list as enrolled volunteers (登记) of a unit: all of them, or nobody.

    Known persons are found again, who had left returns with a new period, and who is a volunteer already is
    left as it is. `source` is staff, list or import. ListRefusedError with every row that cannot be admitted.
    """
    if not w.actor.scope(Permission.VOLUNTEER_EDIT).holds(unit_id):
        raise RecordNotFoundError("unit")
    w.unit_id = unit_id
    return admit(w, unit_id=unit_id, admissions=admissions, source=source)


def admit(w: Write, *, unit_id: int, admissions: Sequence[Admission], source: str) -> Admitted:
    """The same within an open write, for commands that decide on sign-ups. The number of statements does not
    depend on the list."""
    terms = rule_on(w.session, "admission", w.today).terms
    entrants = {one.row: one.entrant for one in admissions}
    errors = [*refuse_unfit(admissions, terms, w.today), *refuse_other_names(w, entrants)]
    if errors:
        raise ListRefusedError(errors)
    matched = match_or_add(w, [one.entrant for one in admissions], unit_id)
    there = volunteers_of(w, [match.person_id for match in matched if match.known])
    admitted, volunteers, periods = Admitted(), [], []
    seen: set[int] = set()
    for one, match in zip(admissions, matched, strict=True):
        starts_on = one.starts_on or w.today
        known = there.get(match.person_id)
        if match.person_id in seen or (known is not None and known[1].kind != "left"):
            if known is not None:
                admitted.known.append(known[0].id)
            continue
        seen.add(match.person_id)
        if known is not None:
            volunteer, last = known
            if starts_on <= last.starts_on:
                raise ListRefusedError([RowError(one.row, "starts_on", _before(last.starts_on).message)])
            last.ended_on = starts_on
            volunteer.unit_id = unit_id
            admitted.returned.append(volunteer.id)
            periods.append(_period(volunteer.id, match.person_id, unit_id, "enrolled", starts_on))
            continue
        volunteer_id = w.take_ids(1)[0]
        volunteers.append(_volunteer(w, volunteer_id, match.person_id, unit_id, one, source))
        periods.append(_period(volunteer_id, match.person_id, unit_id, "enrolled", starts_on))
        admitted.volunteer_ids.append(volunteer_id)
    w.insert_many(Volunteer, volunteers)
    w.insert_many(VolunteerPeriod, periods)
    return admitted


def refuse_unfit(admissions: Iterable[Admission], terms: Mapping[str, Any], day: date) -> list[RowError]:
    """Who cannot be admitted on a day: too young, or under age without the consent of a guardian."""
    errors = []
    for one in admissions:
        born = one.entrant.birth_on
        starts_on = one.starts_on or day
        if starts_on > day:
            errors.append(RowError(one.row, "starts_on", Message(N_("The day lies in the future."))))
        if born is None:
            errors.append(
                RowError(
                    one.row, "birth_on", Message(N_("Give the date of birth, which decides on consent."))
                )
            )
            continue
        age = age_on(born, starts_on)
        if age < terms["minimum_age"]:
            told = N_("Is %(age)s; volunteers are at least %(limit)s (rule in force, to be confirmed).")
            params = {"age": age, "limit": terms["minimum_age"]}
            errors.append(RowError(one.row, "birth_on", Message(told, params)))
        elif age < terms["guardian_below"] and one.guardian is None:
            told = N_("Is %(age)s; give name and phone of the guardian who consented.")
            errors.append(RowError(one.row, "guardian_name", Message(told, {"age": age})))
    return errors


def volunteers_of(w: Write, person_ids: Iterable[int]) -> dict[int, tuple[Volunteer, VolunteerPeriod]]:
    """Canonical person → the volunteer, with the latest period. Of two rows of a merged person the later."""
    found: dict[int, tuple[Volunteer, VolunteerPeriod]] = {}
    for ids in chunks(person_ids):
        rows = w.session.execute(
            select(Person.canonical_id, Volunteer, VolunteerPeriod)
            .join(Volunteer, Volunteer.person_id == Person.id)
            .join(VolunteerPeriod, VolunteerPeriod.volunteer_id == Volunteer.id)
            .where(
                Person.canonical_id.in_(ids),
                Volunteer.voided_at.is_(None),
                VolunteerPeriod.voided_at.is_(None),
            )
            .order_by(VolunteerPeriod.starts_on, VolunteerPeriod.id)
        )
        found.update({person: (volunteer, period) for person, volunteer, period in rows})
    return found


@command(Permission.VOLUNTEER_EDIT)
def change_period(
    w: Write, volunteer: Volunteer, *, kind: str, starts_on: date, reason: str, document: str = ""
) -> VolunteerPeriod:
    """End the present period the day before `starts_on` and begin one of another kind.

    Leave and suspension lead back to what the volunteer was before. RuleError when the kind cannot follow,
    or the day lies before the present period began or in the future.
    """
    now = open_period(w, volunteer)
    if kind not in FOLLOWING[now.kind] or (kind == "registered" and not _was_registered(w, volunteer)):
        raise RuleError(
            N_("This state cannot follow the present one. Nothing was saved; choose another."), "kind"
        )
    refuse_day(w, now, starts_on)
    return follow(w, volunteer, now, kind, starts_on, stated_reason(reason), document.strip())


@command(Permission.VOLUNTEER_EDIT)
def move_volunteer(
    w: Write, volunteer: Volunteer, *, unit_id: int, starts_on: date, reason: str
) -> VolunteerPeriod:
    """The volunteer goes to another unit: the same state goes on there as a new period.

    RuleError when it is there already. What was served stays with the unit it was served for.
    """
    if not w.actor.scope(Permission.VOLUNTEER_EDIT).holds(unit_id):
        raise RecordNotFoundError("unit")
    now = open_period(w, volunteer)
    if now.unit_id == unit_id:
        raise RuleError(N_("The volunteer belongs to this unit already. Nothing was saved."), "unit")
    refuse_day(w, now, starts_on)
    volunteer.unit_id = unit_id
    return follow(w, volunteer, now, now.kind, starts_on, stated_reason(reason), "")


@command(Permission.VOLUNTEER_APPROVE)
def void_period(w: Write, period: VolunteerPeriod, *, reason: str) -> VolunteerPeriod:
    """Void the latest period of a volunteer, entered in error; the one before it goes on.

    RuleError for one that is void, is followed by another, or is the only one.
    """
    stated = stated_reason(reason)
    if period.voided_at is not None:
        raise RuleError(N_("This period is void already. Nothing was saved."))
    if period.ended_on is not None:
        raise RuleError(N_("Another period follows this one. Nothing was saved; void the later one first."))
    before = w.session.execute(
        select(VolunteerPeriod)
        .where(
            VolunteerPeriod.volunteer_id == period.volunteer_id,
            VolunteerPeriod.voided_at.is_(None),
            VolunteerPeriod.ended_on == period.starts_on,
        )
        .limit(1)
    ).scalar()
    if before is None:
        raise RuleError(
            N_("It is the only period of this volunteer. Nothing was saved; end it with a period “left”.")
        )
    period.voided_at, period.void_reason = w.at, stated
    w.session.flush()  # Two open periods at once would be refused by the database.
    before.ended_on = None
    volunteer = w.session.get_one(Volunteer, period.volunteer_id)
    volunteer.unit_id = before.unit_id
    w.reason, w.unit_id = stated, period.unit_id
    return period


def follow(
    w: Write,
    volunteer: Volunteer,
    now: VolunteerPeriod,
    kind: str,
    starts_on: date,
    reason: str,
    document: str,
) -> VolunteerPeriod:
    """End the present period and begin the next on the same day: none overlaps, and none is missing."""
    now.ended_on = starts_on
    w.session.flush()  # Two open periods at once would be refused by the database.
    w.reason, w.unit_id = reason or None, volunteer.unit_id
    row = _period(volunteer.id, volunteer.person_id, volunteer.unit_id, kind, starts_on)
    return w.add(VolunteerPeriod(**{**row, "reason": reason, "document": document}))


def open_period(w: Write, volunteer: Volunteer) -> VolunteerPeriod:
    """The present period of a volunteer; RecordNotFoundError for one who was voided."""
    period = w.session.execute(
        select(VolunteerPeriod).where(
            VolunteerPeriod.volunteer_id == volunteer.id,
            VolunteerPeriod.voided_at.is_(None),
            VolunteerPeriod.ended_on.is_(None),
        )
    ).scalar()
    if period is None or volunteer.voided_at is not None:
        raise RecordNotFoundError("volunteer")
    return period


def refuse_day(w: Write, now: VolunteerPeriod, starts_on: date) -> None:
    """RuleError for a day on which no next period can begin."""
    if starts_on <= now.starts_on:
        raise _before(now.starts_on)
    if starts_on > w.today:
        raise RuleError(
            N_("The day lies in the future. Nothing was saved; give today or an earlier day."), "starts_on"
        )


def _before(day: date) -> RuleError:
    return RuleError(
        N_("The present period began on %(day)s. Nothing was saved; give a later day."),
        "starts_on",
        day=day.isoformat(),
    )


def _was_registered(w: Write, volunteer: Volunteer) -> bool:
    """Whether the volunteer was registered and has not left since."""
    kinds = w.session.execute(
        select(VolunteerPeriod.kind)
        .where(VolunteerPeriod.volunteer_id == volunteer.id, VolunteerPeriod.voided_at.is_(None))
        .order_by(VolunteerPeriod.starts_on.desc())
    ).scalars()
    for kind in kinds:
        if kind in ("registered", "left", "enrolled"):
            return kind == "registered"
    return False


def _volunteer(
    w: Write, volunteer_id: int, person_id: int, unit_id: int, one: Admission, source: str
) -> dict[str, Any]:
    guardian = one.guardian
    return {
        "id": volunteer_id,
        "person_id": person_id,
        "unit_id": unit_id,
        "number": f"ZY{volunteer_id:09d}",
        "source": source,
        "fields": list(one.fields),
        "available": list(one.available),
        "guardian_name": guardian.name if guardian else None,
        "guardian_phone": guardian.phone if guardian else None,
        "guardian_consent_on": guardian.consent_on if guardian else None,
        "consent_on": one.consent_on,
        "added_on": w.today,
    }


def _period(volunteer_id: int, person_id: int, unit_id: int, kind: str, starts_on: date) -> dict[str, Any]:
    return {
        "volunteer_id": volunteer_id,
        "person_id": person_id,
        "unit_id": unit_id,
        "kind": kind,
        "starts_on": starts_on,
    }
