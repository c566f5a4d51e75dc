"""Everything that should agree and does not: values, contributions, cells, and the journal's digests."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from sqlalchemy import Integer, cast, func, literal, select, union_all
from sqlalchemy.orm import Session

from registry.accounts.models import Unit
from registry.core import clock
from registry.core.engines import PREFIX_TEXT
from registry.core.journal import JournalEntry
from registry.core.write import NO_FIGURES
from registry.indicators import verify
from registry.indicators.definitions import INDICATORS, PLAN_STARTS_ON
from registry.indicators.engine import cell_differences, digest_line
from registry.indicators.kinds import ONE_DAY, Interval
from registry.indicators.models import Contribution, IndicatorState
from registry.indicators.question import ask
from registry.indicators.read import breakdown, value
from registry.indicators.trees import UnitHistory


@dataclass(frozen=True)
class Difference:
    """Two numbers that should be equal. `where` says of what, in English."""

    where: str
    served: object
    expected: object

    def __str__(self) -> str:
        return f"{self.where}: {self.served} is served, {self.expected} is right"


@dataclass
class Checked:
    """How much was compared, so that "no difference" can be judged."""

    values: int = 0
    cells: int = 0
    digests: int = 0


def differences(
    session: Session,
    *,
    days: Collection[date] | None = None,
    entries: Collection[int] | None = None,
    checked: Checked | None = None,
) -> Iterator[Difference]:
    """Compare everything; yields what differs.

    `days` are the as-of days (default: today, the ends of the last 24 months, the plan's start, and days
    around the ends of what was counted); `entries` the journal entries at which figures as then known are
    checked as well (default: five, spread over the journal since the figures were built).
    """
    checked = checked if checked is not None else Checked()
    yield from _cells(session, checked)
    yield from _digests(session, checked)
    tables = verify.read_tables(session)
    last = session.execute(select(func.max(JournalEntry.seq))).scalar() or 0
    for _entry, replayed in verify.replay(session, [last]):
        yield from _tables(tables, replayed)
    asked = sorted(set(days) if days is not None else default_days(tables))
    world = verify.World(tables)
    yield from _values(session, world, asked, None, checked)
    yield from _single_values(session, world, asked[-1], checked)
    built = session.execute(select(func.max(IndicatorState.built_seq))).scalar() or 0
    spread = {built + (last - built) * part // 5 for part in range(5)} if entries is None else set(entries)
    for entry, replayed in verify.replay(session, [entry for entry in spread if built <= entry]):
        few = asked if days is not None else [*asked[:: max(1, len(asked) // 6)], asked[-1]]
        yield from _values(session, verify.World(replayed), few, entry, checked)


def default_days(tables: verify.Tables) -> set[date]:
    """Days on which a wrong boundary would show."""
    today = clock.today()
    month = today.replace(day=1)
    days = {today, PLAN_STARTS_ON, today.replace(month=1, day=1), date(2024, 2, 29), date(2024, 3, 1)}
    days |= {clock.add_months(month, -back) - ONE_DAY for back in range(24)}
    ends = sorted(
        {row["valid_until"] for row in tables["certificate"].values() if row["valid_until"]}
        | {row["ended_on"] for row in tables["volunteer_period"].values() if row["ended_on"]}
        | {row["active_until"] for row in tables["service_line"].values()}
    )
    past = [end for end in ends if end < today]
    for end in past[:: max(1, len(past) // 5)]:
        days |= {end, end + ONE_DAY}
    return {day for day in days if day <= today}


def _values(
    session: Session, world: verify.World, days: list[date], entry: int | None, checked: Checked
) -> Iterator[Difference]:
    history = UnitHistory.read(session, entry)
    units = set(session.execute(select(Unit.id)).scalars())
    for code, indicator in INDICATORS.items():
        for day in days:
            from_on = min(PLAN_STARTS_ON, day)
            expected = verify.totals(world, code, from_on, day)
            served: dict[int, int] = {}
            known = "" if entry is None else f", as known at entry {entry}"
            where = f"{indicator.code} as of {day}{known}"
            for root in sorted(units - history.on(day).parent.keys()):
                asked = ask(session, code, root, from_on=from_on, as_of=day, known_on=entry)
                told = breakdown(session, asked)
                served |= told.total
                if sum(told.own.values()) != told.value:
                    yield Difference(f"{where}, sum of the units", told.value, sum(told.own.values()))
            for unit_id in sorted(units):
                checked.values += 1
                if served.get(unit_id, 0) != expected.get(unit_id, 0):
                    yield Difference(
                        f"{where}, unit {unit_id}", served.get(unit_id, 0), expected.get(unit_id, 0)
                    )


def _single_values(
    session: Session, world: verify.World, day: date, checked: Checked
) -> Iterator[Difference]:
    """Each unit asked by itself, as its own people ask."""
    from_on = min(PLAN_STARTS_ON, day)
    units = session.execute(select(Unit.id).order_by(Unit.id)).scalars().all()
    for code in INDICATORS:
        expected = verify.totals(world, code, from_on, day)
        asked = ask(session, code, units[0], from_on=from_on, as_of=day)
        for unit_id in units:
            checked.values += 1
            told = value(session, asked.of(unit_id))
            if told != expected.get(unit_id, 0):
                yield Difference(f"{code} as of {day}, unit {unit_id} alone", told, expected.get(unit_id, 0))


def _cells(session: Session, checked: Checked) -> Iterator[Difference]:
    for code in INDICATORS:
        wrong = cell_differences(session, code)
        checked.cells += wrong.compared
        for kind, moves in (("day", wrong.days), ("month", wrong.months)):
            for (_, unit_id, day), quantity in sorted(moves.items()):
                yield Difference(f"{code}, {kind} cell {day} of unit {unit_id}", -quantity, 0)


def _tables(tables: verify.Tables, replayed: verify.Tables) -> Iterator[Difference]:
    """The records against the journal that tells how they came to be."""
    for name, rows in tables.items():
        for record_id in sorted(rows.keys() | replayed[name].keys()):
            now, told = rows.get(record_id), replayed[name].get(record_id)
            if now is None or told is None:
                yield Difference(
                    f"{name} {record_id}", "present" if now else "missing", "told by the journal"
                )
                continue
            for column, held in now.items():
                if (column != "voided_at" and _plain(held) != told[column]) or (held is None) != (
                    told[column] is None
                ):
                    yield Difference(f"{name} {record_id}, {column}", held, told[column])


def _plain(held: object) -> object:
    return held.isoformat() if isinstance(held, date) else held


def _digests(session: Session, checked: Checked) -> Iterator[Difference]:
    """The digest in each journal entry against the contributions that it added and voided."""
    c = Contribution
    columns = (
        c.indicator,
        c.version,
        c.subject_id,
        c.starts_on,
        c.record_id,
        c.unit_id,
        c.ends_on,
        c.quantity,
    )
    changes = union_all(
        select(c.known_seq.label("seq"), literal(0, Integer).label("gone"), *columns),
        select(c.void_seq, literal(1, Integer), *columns).where(c.void_seq.is_not(None)),
    ).subquery()
    s = changes.c
    rows = session.execute(
        select(s.seq, s.gone, *(s[column.key] for column in columns))
        .order_by(
            s.seq,
            cast(s.indicator, PREFIX_TEXT),
            s.subject_id,
            s.starts_on,
            s.record_id,
            s.unit_id,
            func.coalesce(s.ends_on, date.max),
            s.quantity,
            s.gone,
            s.version,
        )
        .execution_options(yield_per=5_000)
    )
    entries = select(JournalEntry.seq, JournalEntry.figures_digest)
    told = {
        row.seq: row.figures_digest
        for row in session.execute(entries.where(JournalEntry.figures_digest != NO_FIGURES))
    }
    for seq, group in groupby(rows, key=lambda row: row[0]):
        digest = hashlib.sha256()
        for _seq, gone, code, version, *values in group:
            digest.update(digest_line("-" if gone else "+", code, version, Interval(*values)))
        checked.digests += 1
        if told.pop(seq, NO_FIGURES) != digest.hexdigest():
            yield Difference(f"figures digest of entry {seq}", "another", digest.hexdigest())
    for seq in sorted(told):
        yield Difference(f"figures digest of entry {seq}", told[seq], NO_FIGURES)
