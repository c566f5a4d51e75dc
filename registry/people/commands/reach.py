"""Which units see a person: the home unit and every unit with a fact."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import bindparam, delete, or_, select, update

from registry.core.db import Base
from registry.core.journal import Line
from registry.core.write import Write, chunks
from registry.people.models import Person, PersonReach

Pairs = set[tuple[int, int]]

_NAMES = ("name", "pinyin", "initials")
_OF_PERSON = {
    name: select(getattr(Person, name))
    .where(Person.id == PersonReach.person_id, Person.state == "active")
    .scalar_subquery()
    for name in _NAMES
}
_NAME = (
    update(PersonReach)
    .where(PersonReach.person_id.in_(bindparam("ids", expanding=True)))
    .values(_OF_PERSON)
    .execution_options(synchronize_session=False)
)


def keep_reach(w: Write, pairs: Pairs) -> None:
    """Bring persons within the reach of the units of their facts; each write calls this for its records.

    A fact of a merged row brings its canonical person within reach as well. A unit whose last fact about a
    person was voided no longer sees the person.
    """
    voided = _voided(w.lines)
    _add(w, pairs - voided - w.reached)
    if voided:
        canonical = _canonical(w, voided)
        recompute_reach(w, {person for person, _unit in voided} | set(canonical.values()))


def add_reach(w: Write, people: Sequence[Mapping[str, Any]]) -> None:
    """Bring rows of persons just added within the reach of their home units."""
    w.insert_many(
        PersonReach,
        [
            {"person_id": row["id"], "unit_id": row["home_unit_id"], **{name: row[name] for name in _NAMES}}
            for row in people
        ],
    )
    w.reached.update((row["id"], row["home_unit_id"]) for row in people)


def name_reach(w: Write, person_ids: Iterable[int]) -> None:
    """Repeat the names of persons where units look for them. Only an active person is found."""
    for ids in chunks(person_ids):
        w.session.execute(_NAME, {"ids": ids})


def register_reach(w: Write, pairs: Pairs) -> None:
    """Bring known persons within the reach of units that enter them of their own accord."""
    _add(w, pairs)
    table: Any = PersonReach.__table__
    rows = [{"person": person, "unit": unit} for person, unit in sorted(pairs)]
    if rows:
        w.session.connection().execute(update(table).where(*_pair(table)).values(registered=True), rows)


def recompute_reach(w: Write, person_ids: Iterable[int]) -> None:
    """Make the reach of persons what their facts say, after a fact was voided, or a merge made or undone."""
    table: Any = PersonReach.__table__
    for ids in chunks(person_ids):
        # A row tells of itself, and of the person it was merged into.
        tells: dict[int, set[int]] = {}
        for row_id, canonical_id in w.session.execute(
            select(Person.id, Person.canonical_id).where(
                or_(Person.id.in_(ids), Person.canonical_id.in_(ids))
            )
        ):
            tells[row_id] = {row_id, canonical_id}.intersection(ids)
        wanted = {(person, unit) for row_id, unit in _facts(w, tells) for person in tells[row_id]}
        stored = _stored(w, ids)
        _insert(w, wanted - stored)
        surplus = [{"person": person, "unit": unit} for person, unit in sorted(stored - wanted)]
        if surplus:
            w.session.connection().execute(delete(table).where(*_pair(table)), surplus)
        name_reach(w, ids)


def _pair(table: Any) -> tuple[Any, Any]:
    return table.c.person_id == bindparam("person"), table.c.unit_id == bindparam("unit")


def _voided(lines: Iterable[Line]) -> Pairs:
    """The pairs of void facts among changed records."""
    return {
        (line.new[line.model.__reach__[0]], line.new[line.model.__reach__[1]])
        for line in lines
        if line.model.__reach__ and not line.model.__reach_when_void__ and line.new.get("voided_at")
    }


def _canonical(w: Write, pairs: Pairs) -> dict[int, int]:
    """The persons that some of these rows were merged into."""
    found: dict[int, int] = {}
    for ids in chunks(person for person, _unit in pairs):
        merged = select(Person.id, Person.canonical_id).where(
            Person.id.in_(ids), Person.id != Person.canonical_id
        )
        found.update(dict(w.session.execute(merged).all()))
    return found


def _add(w: Write, pairs: Pairs) -> None:
    canonical = _canonical(w, pairs)
    wanted = pairs | {(canonical.get(person, person), unit) for person, unit in pairs}
    missing = wanted - _stored(w, (person for person, _unit in wanted))
    _insert(w, missing)
    name_reach(w, {person for person, _unit in missing})


def _insert(w: Write, pairs: Pairs) -> None:
    w.insert_many(PersonReach, [{"person_id": p, "unit_id": u} for p, u in sorted(pairs)])


def _stored(w: Write, person_ids: Iterable[int]) -> Pairs:
    found: Pairs = set()
    for ids in chunks(person_ids):
        rows = select(PersonReach.person_id, PersonReach.unit_id).where(PersonReach.person_id.in_(ids))
        found.update((person, unit) for person, unit in w.session.execute(rows))
    return found


def _facts(w: Write, person_ids: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Every fact about these rows as (row, unit), by the tables that name one in `__reach__`."""
    ordered = list(chunks(person_ids))
    for mapper in Base.registry.mappers:
        model: Any = mapper.class_
        if not model.__reach__:
            continue
        person, unit = (getattr(model, name) for name in model.__reach__)
        rows = select(person, unit).distinct()
        if hasattr(model, "voided_at") and not model.__reach_when_void__:
            rows = rows.where(model.voided_at.is_(None))
        for ids in ordered:
            yield from w.session.execute(rows.where(person.in_(ids)))
    for ids in ordered:
        entered = select(PersonReach.person_id, PersonReach.unit_id).where(
            PersonReach.person_id.in_(ids), PersonReach.registered
        )
        yield from w.session.execute(entered)
