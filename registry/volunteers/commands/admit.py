"""Volunteers are admitted from lists, by staff and from sign-ups: all of a list, or nobody."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from registry.core.errors import RecordNotFoundError
from registry.core.i18n import N_, Message
from registry.core.imports import ListRefusedError, RowError
from registry.core.permissions import Permission
from registry.core.write import Write, command
from registry.people.commands import Entrant, match_or_add
from registry.people.identity import age_on
from registry.people.imports import refuse_other_names
from registry.volunteers.commands.periods import begins_before, period_row
from registry.volunteers.models import Volunteer, VolunteerPeriod
from registry.volunteers.queries.latest import latest_periods
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
    there = latest_periods(w.session, [match.person_id for match in matched if match.known])
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
                raise ListRefusedError(
                    [RowError(one.row, "starts_on", begins_before(last.starts_on).message)]
                )
            last.ended_on = starts_on
            volunteer.unit_id = unit_id
            admitted.returned.append(volunteer.id)
            periods.append(period_row(volunteer.id, match.person_id, unit_id, "enrolled", starts_on))
            continue
        volunteer_id = w.take_ids(1)[0]
        volunteers.append(_volunteer(w, volunteer_id, match.person_id, unit_id, one, source))
        periods.append(period_row(volunteer_id, match.person_id, unit_id, "enrolled", starts_on))
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
