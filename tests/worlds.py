"""Random histories of certificates, volunteers, merges and unit moves, with a plain model of their meaning.

A history is a list of writes, each a list of steps of small numbers. Applied to the database it changes
records through writes; at the same time the model keeps what happened in plain Python and counts by
looking at every day and person anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.accounts import commands as accounts
from registry.accounts.models import Unit
from registry.accounts.queries import unit_by_code
from registry.certificates.models import Certificate, CredentialType
from registry.core.clock import add_months
from registry.core.scope import SYSTEM
from registry.core.secrets import new_token
from registry.core.write import Write, write
from registry.people.models import Person
from tests.worlds_volunteers import VolunteerModel, VolunteerWorld, volunteer_steps

PROVINCE, CHANGCHUN, SIPING, YANBIAN = "220000", "220100", "220300", "222400"
PREFECTURES = (CHANGCHUN, SIPING, YANBIAN)
COUNTIES = ("220102", "220184", "220302", "222401")
UNITS = (PROVINCE, *PREFECTURES, *COUNTIES)
KINDS = ("rescuer", "rescuer", "rescuer", "cpr_aed", "instructor")
DAYS = (
    date(2018, 3, 31),
    date(2020, 6, 30),
    date(2020, 7, 1),
    date(2020, 12, 31),
    date(2021, 1, 1),
    date(2021, 1, 15),
    date(2021, 1, 16),
    date(2021, 2, 28),
    date(2023, 8, 31),
    date(2024, 1, 31),
    date(2024, 2, 29),
    date(2024, 3, 1),
    date(2024, 12, 31),
    date(2025, 1, 1),
)
PEOPLE = 6

_small = st.integers(0, 30)
_day = st.integers(0, len(DAYS) - 1)
_issue = st.tuples(st.just("issue"), _small, _small, _small, _day, st.sampled_from((0, 1, 6, 12, 36)), _small)
_step = st.one_of(
    _issue,
    _issue,
    _issue,
    st.tuples(st.just("void"), _small),
    st.tuples(st.just("end"), _small, _day),
    st.tuples(st.just("merge"), _small, _small),
    st.tuples(st.just("undo"), _small),
    st.tuples(st.just("move"), _small, _small, _day),
    st.tuples(st.just("void_person"), _small),
    *volunteer_steps(len(DAYS)),
)
histories = st.lists(st.lists(_step, min_size=1, max_size=5), min_size=1, max_size=6)


@dataclass
class Paper:
    """A certificate of the model."""

    id: int
    person: int
    unit: int
    kind: str
    number: str
    issued_on: date
    valid_from: date
    valid_until: date | None
    ended_on: date | None = None
    void: bool = False

    def counts_on(self, day: date) -> bool:
        """Whether it is valid on a day, void or not."""
        if day < self.valid_from or (self.valid_until is not None and day > self.valid_until):
            return False
        return self.ended_on is None or day < self.ended_on


@dataclass
class Model(VolunteerModel):
    """What happened, in plain Python."""

    papers: list[Paper] = field(default_factory=list)
    people: list[int] = field(default_factory=list)
    void_people: set[int] = field(default_factory=set)
    merges: list[tuple[int, int]] = field(default_factory=list)
    moves: list[tuple[int, int, date]] = field(default_factory=list)  # unit, parent, from

    def canonical(self) -> dict[int, int]:
        """Who is who after the merges that stand."""
        canon = {person: person for person in self.people}
        for loser, winner in self.merges:
            old, new = canon[loser], canon[winner]
            canon = {person: new if human == old else human for person, human in canon.items()}
        return canon

    def parent(self, unit: int, day: date) -> int | None:
        """The unit above on a day."""
        moves = {starts_on: parent for moved, parent, starts_on in self.moves if moved == unit}
        so_far = [starts_on for starts_on in moves if starts_on <= day]
        if not moves:
            return None
        return moves[max(so_far)] if so_far else moves[min(moves)]

    def is_below(self, unit: int | None, top: int, day: date) -> bool:
        """Whether a unit is `top` or stands below it on a day."""
        while unit is not None and unit != top:
            unit = self.parent(unit, day)
        return unit == top

    def counted(self, code: str, from_on: date, as_of: date) -> list[tuple[int, date, int]]:
        """What is counted: the unit, the day on which its place in the tree matters, and how much."""
        canon = self.canonical()
        if not code.startswith("rescuers"):
            return self.volunteering(code, canon, self.void_people, from_on, as_of)
        found = []
        for human in set(canon.values()):
            own = [
                paper
                for paper in self.papers
                if canon[paper.person] == human
                and paper.kind == "rescuer"
                and not paper.void
                and paper.person not in self.void_people
            ]
            if code == "rescuers_first" and own:
                first = sorted(own, key=lambda p: (p.issued_on, p.number, p.id))[0]
                if from_on <= first.issued_on <= as_of:
                    found.append((first.unit, first.issued_on, 1))
            if code == "rescuers_valid":
                valid = sorted(
                    (p for p in own if p.counts_on(as_of)), key=lambda p: (p.valid_from, p.number, p.id)
                )
                found.extend((paper.unit, as_of, 1) for paper in valid[:1])
        return found

    def value(self, code: str, unit: int, from_on: date, as_of: date) -> int:
        """The number, counted by looking at everyone."""
        return sum(
            quantity
            for held, day, quantity in self.counted(code, from_on, as_of)
            if self.is_below(held, unit, day)
        )


class World(VolunteerWorld):
    """A history applied to the database and to the model at once."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.model = Model()
        self.units = {code: unit_by_code(session, code).id for code in UNITS}
        self.kinds = {c.code: c.id for c in session.execute(select(CredentialType)).scalars()}
        self._read_parents()
        with write("test.people", SYSTEM) as w:
            self.model.people = [add_person(w, self.units["220102"]) for _ in range(PEOPLE)]
            self._add_volunteers(w)
            self.seq = w.seq

    def _read_parents(self) -> None:
        from registry.accounts.models import UnitParent

        rows = self.session.execute(select(UnitParent).order_by(UnitParent.id)).scalars()
        self.model.moves = [(row.unit_id, row.parent_id, row.starts_on) for row in rows]

    def apply(self, steps: list[tuple[Any, ...]]) -> None:
        """One write with these steps."""
        with write("test.steps", SYSTEM) as w:
            for verb, *numbers in steps:
                getattr(self, f"_{verb}")(w, *numbers)
            self.seq = w.seq

    def _issue(self, w: Write, person: int, unit: int, kind: int, day: int, months: int, number: int) -> None:
        issued_on = DAYS[day]
        valid_until = add_months(issued_on, months) - timedelta(days=1) if months else None
        paper = Paper(
            id=0,
            person=self.model.people[person % PEOPLE],
            unit=self.units[UNITS[unit % len(UNITS)]],
            kind=KINDS[kind % len(KINDS)],
            # Numbers do not follow ids, so that ties are broken by number.
            number=f"{number % 7}-{len(self.model.papers)}",
            issued_on=issued_on,
            valid_from=issued_on,
            valid_until=valid_until,
        )
        record = add_certificate(
            w, paper, self.kinds[paper.kind], origin="legacy" if number % 2 else "issued"
        )
        self.model.papers.append(replace(paper, id=record.id))

    def _pick(self, number: int) -> Paper | None:
        return self.model.papers[number % len(self.model.papers)] if self.model.papers else None

    def _void(self, w: Write, number: int) -> None:
        if paper := self._pick(number):
            record = w.session.get_one(Certificate, paper.id)
            record.voided_at = w.at
            paper.void = True

    def _end(self, w: Write, number: int, day: int) -> None:
        paper = self._pick(number)
        if paper and DAYS[day] >= paper.issued_on:
            record = w.session.get_one(Certificate, paper.id)
            record.ended_on = paper.ended_on = DAYS[day]

    def _merge(self, w: Write, loser: int, winner: int) -> None:
        people = self.model.people
        pair = (people[loser % PEOPLE], people[winner % PEOPLE])
        canon = self.model.canonical()
        if canon[pair[0]] != canon[pair[1]]:
            self.model.merges.append(pair)
            self._set_canonical(w)

    def _undo(self, w: Write, number: int) -> None:
        if self.model.merges:
            del self.model.merges[number % len(self.model.merges)]
            self._set_canonical(w)

    def _set_canonical(self, w: Write) -> None:
        for person, human in self.model.canonical().items():
            record = w.session.get_one(Person, person)
            if record.canonical_id != human:
                record.canonical_id = human

    def _move(self, w: Write, county: int, prefecture: int, day: int) -> None:
        moved = w.session.get_one(Unit, self.units[COUNTIES[county % len(COUNTIES)]])
        parent = w.session.get_one(Unit, self.units[PREFECTURES[prefecture % len(PREFECTURES)]])
        accounts.set_unit_parent(w, unit=moved, parent=parent, starts_on=DAYS[day])
        self.model.moves.append((moved.id, parent.id, DAYS[day]))

    def _void_person(self, w: Write, person: int) -> None:
        if person % 5 == 0:
            held = self.model.people[person % PEOPLE]
            w.session.get_one(Person, held).state = "void"
            self.model.void_people.add(held)


def add_person(w: Write, unit_id: int, name: str = "测试员") -> int:
    """A person with nothing but a name; gives the id."""
    new_id = w.take_ids(1)[0]
    w.add(Person(id=new_id, canonical_id=new_id, name=name, home_unit_id=unit_id))
    return new_id


def add_certificate(w: Write, paper: Paper, kind_id: int, *, origin: str = "issued") -> Certificate:
    """A certificate as a record."""
    return w.add(
        Certificate(
            credential_type_id=kind_id,
            number=paper.number,
            token=new_token(),
            person_id=paper.person,
            unit_id=paper.unit,
            issued_on=paper.issued_on,
            valid_from=paper.valid_from,
            valid_until=paper.valid_until,
            origin=origin,
            template_version="test",
            snapshot={},
        )
    )
