"""The part of random histories that is about volunteers: their periods, their service, and reversals."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from registry.core.write import Write
from registry.volunteers.models import ServiceEntry, ServiceLine, Team, Volunteer, VolunteerPeriod

STATES = ("enrolled", "registered", "registered", "leave", "left")
SERVICE_FIELDS = ("rescue", "community", "elderly")


def volunteer_steps(days: int) -> list[st.SearchStrategy[Any]]:
    """The steps of volunteers; a history draws from them and from the others."""
    small, day = st.integers(0, 30), st.integers(0, days - 1)
    state = st.tuples(st.just("state"), small, small, small, day, st.none() | day)
    serve = st.tuples(st.just("serve"), small, small, day, st.integers(1, 600), st.sampled_from((0, 30, 365)))
    return [
        state,
        state,
        st.tuples(st.just("end_state"), small, day),
        st.tuples(st.just("void_state"), small),
        serve,
        serve,
        serve,
        st.tuples(st.just("reverse"), small),
    ]


@dataclass
class Spell:
    """A period of a volunteer."""

    id: int
    person: int
    unit: int
    kind: str
    starts_on: date
    over_on: date | None
    void: bool = False


@dataclass
class Stretch:
    """A line of the ledger of hours."""

    id: int
    person: int
    unit: int
    day: date
    minutes: int
    active_until: date
    field: str
    team: int | None
    reversed: bool = False


@dataclass
class VolunteerModel:
    """What volunteers were and did, in plain Python."""

    spells: list[Spell] = field(default_factory=list)
    stretches: list[Stretch] = field(default_factory=list)
    numbers: dict[int, str] = field(default_factory=dict)

    def volunteering(
        self, code: str, canon: dict[int, int], void_people: set[int], from_on: date, as_of: date
    ) -> list[tuple[int, date, int]]:
        """What a figure of volunteering counts: unit, day of its place in the tree, quantity."""
        stand = [s for s in self.stretches if not s.reversed and s.person not in void_people]
        happened = [s for s in stand if from_on <= s.day <= as_of]
        if code == "service_person_times":
            return [(s.unit, s.day, 1) for s in happened]
        if code == "service_hours":
            return [(s.unit, s.day, s.minutes) for s in happened]
        found: dict[int, list[tuple[date, str, int, int]]] = {}
        if code == "volunteers_active":
            for s in stand:
                if s.day <= as_of <= s.active_until:
                    found.setdefault(canon[s.person], []).append((s.day, "", s.id, s.unit))
        else:
            kind = code.removeprefix("volunteers_")
            for p in self.spells:
                began = p.starts_on <= as_of
                held = began and (p.over_on is None or as_of < p.over_on)
                if held and p.kind == kind and not p.void and p.person not in void_people:
                    told = (p.starts_on, self.numbers[p.person], p.id, p.unit)
                    found.setdefault(canon[p.person], []).append(told)
        return [(min(rows)[3], as_of, 1) for rows in found.values()]


class VolunteerWorld:
    """Applies the steps of volunteers to the database and to the model at once."""

    model: Any
    units: dict[str, int]

    def _add_volunteers(self, w: Write) -> None:
        """Everybody is a volunteer; numbers do not follow ids, so that ties are broken by number."""
        self.volunteers: dict[int, int] = {}
        home = next(iter(self.units.values()))
        self.teams: list[int | None] = [None]
        for name in ("甲队", "乙队"):
            team = w.add(Team(unit_id=home, name=name, field="rescue", starts_on=date(2018, 1, 1)))
            self.teams.append(team.id)
        for place, person in enumerate(self.model.people):
            number = f"V{(5 * place + 3) % 7}"
            made = w.add(
                Volunteer(
                    person_id=person,
                    unit_id=home,
                    number=number,
                    source="staff",
                    fields=[],
                    available=[],
                    added_on=w.today,
                )
            )
            self.volunteers[person] = made.id
            self.model.numbers[person] = number

    def _who_and_where(self, person: int, unit: int) -> tuple[int, int]:
        people, units = self.model.people, list(self.units.values())
        return people[person % len(people)], units[unit % len(units)]

    def _state(self, w: Write, person: int, unit: int, kind: int, day: int, until: int | None) -> None:
        from tests.worlds import DAYS

        who, where = self._who_and_where(person, unit)
        starts_on, over_on = DAYS[day], None if until is None else DAYS[until]
        own = [s for s in self.model.spells if s.person == who and not s.void]
        if over_on is not None and over_on <= starts_on:
            over_on = starts_on + timedelta(days=1)
        if any(s.starts_on == starts_on or (over_on is None and s.over_on is None) for s in own):
            return
        record = w.add(
            VolunteerPeriod(
                volunteer_id=self.volunteers[who],
                person_id=who,
                unit_id=where,
                kind=STATES[kind % len(STATES)],
                starts_on=starts_on,
                ended_on=over_on,
            )
        )
        self.model.spells.append(Spell(record.id, who, where, record.kind, starts_on, over_on))

    def _end_state(self, w: Write, number: int, day: int) -> None:
        from tests.worlds import DAYS

        spells = self.model.spells
        spell = spells[number % len(spells)] if spells else None
        if spell is not None and DAYS[day] > spell.starts_on:
            w.session.get_one(VolunteerPeriod, spell.id).ended_on = spell.over_on = DAYS[day]

    def _void_state(self, w: Write, number: int) -> None:
        if spells := self.model.spells:
            spell = spells[number % len(spells)]
            w.session.get_one(VolunteerPeriod, spell.id).voided_at = w.at
            w.session.flush()
            spell.void = True

    def _serve(self, w: Write, person: int, unit: int, day: int, minutes: int, active: int) -> None:
        from tests.worlds import DAYS

        who, where = self._who_and_where(person, unit)
        place = len(self.model.stretches)
        common: dict[str, Any] = {
            "volunteer_id": self.volunteers[who],
            "person_id": who,
            "unit_id": where,
            "team_id": self.teams[place % 3],
            "field": SERVICE_FIELDS[minutes % 3],
            "served_on": DAYS[day],
            "starts": place,
            "minutes": minutes,
        }
        entry = w.add(ServiceEntry(source="grid", state="approved", submitted_at=w.at, **common))
        until = DAYS[day] + timedelta(days=active)
        line = w.add(ServiceLine(service_entry_id=entry.id, active_until=until, posted_on=w.today, **common))
        self.model.stretches.append(
            Stretch(line.id, who, where, DAYS[day], minutes, until, line.field, line.team_id)
        )

    def _reverse(self, w: Write, number: int) -> None:
        standing = [s for s in self.model.stretches if not s.reversed]
        if not standing:
            return
        stretch = standing[number % len(standing)]
        line = w.session.get_one(ServiceLine, stretch.id)
        names = (
            "service_entry_id",
            "volunteer_id",
            "person_id",
            "unit_id",
            "team_id",
            "field",
            "served_on",
            "starts",
            "active_until",
        )
        w.add(
            ServiceLine(
                minutes=-line.minutes,
                posted_on=w.today,
                reverses_id=line.id,
                reason="登记错误",
                **{name: getattr(line, name) for name in names},
            )
        )
        stretch.reversed = True
