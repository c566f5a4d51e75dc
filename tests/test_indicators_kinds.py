"""Folds, running sums and the tree through time, without a database."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from registry.core.clock import add_months
from registry.core.journal import Line
from registry.indicators.indicator import Source
from registry.indicators.kinds import ONE_DAY, Candidate, Kind, fold
from registry.indicators.read import _running_sum
from registry.indicators.trees import UnitHistory
from registry.people.models import Person

DAY = date(2024, 2, 20)
days = st.integers(0, 30).map(lambda n: DAY + timedelta(days=n))
ends = st.none() | days
candidates = st.lists(
    st.builds(
        Candidate,
        subject_id=st.integers(1, 2),
        record_id=st.integers(1, 10_000),
        unit_id=st.integers(1, 3),
        starts_on=days,
        ends_on=ends,
        stops_on=ends,
        quantity=st.integers(1, 3),
        tie=st.sampled_from("abc"),
    ),
    max_size=8,
    unique_by=lambda row: row.record_id,
)


def holds(row: Candidate, day: date) -> bool:
    """By the words: until the last day that counts, and before the first that no longer does."""
    return (
        row.starts_on <= day
        and (row.ends_on is None or day <= row.ends_on)
        and (row.stops_on is None or day < row.stops_on)
    )


@given(candidates)
def test_a_stock_counts_each_row_while_it_holds(rows: list[Candidate]) -> None:
    intervals = list(fold(Kind.STOCK, None, rows))
    for day in (DAY + timedelta(days=n) for n in range(33)):
        told: Counter[int] = Counter()
        for i in intervals:
            if i.starts_on <= day and (i.ends_on is None or day <= i.ends_on):
                told[i.unit_id] += i.quantity
        right: Counter[int] = Counter()
        for row in rows:
            if holds(row, day):
                right[row.unit_id] += row.quantity
        assert told == right


@given(candidates)
def test_a_distinct_stock_counts_a_subject_once_for_the_earliest_row_in_force(rows: list[Candidate]) -> None:
    intervals = list(fold(Kind.DISTINCT_STOCK, None, rows))
    for day in (DAY + timedelta(days=n) for n in range(33)):
        told = [
            (i.subject_id, i.record_id)
            for i in intervals
            if i.starts_on <= day and (i.ends_on is None or day <= i.ends_on)
        ]
        right = []
        for subject in (1, 2):
            in_force = [row for row in rows if row.subject_id == subject and holds(row, day)]
            if in_force:
                first = min(in_force, key=lambda row: (row.starts_on, row.tie, row.record_id))
                right.append((subject, first.record_id))
        assert sorted(told) == sorted(right)


@given(candidates)
def test_a_flow_counts_every_row_and_a_first_the_earliest_of_each_subject(rows: list[Candidate]) -> None:
    flow = list(fold(Kind.FLOW, None, rows))
    assert sorted(i.record_id for i in flow) == sorted(row.record_id for row in rows)
    first = {i.subject_id: i for i in fold(Kind.FIRST, None, rows)}
    assert first.keys() == {row.subject_id for row in rows}
    for subject, interval in first.items():
        own = [row for row in rows if row.subject_id == subject]
        assert (interval.starts_on, interval.quantity) == (min(row.starts_on for row in own), 1)


def test_an_own_fold_replaces_that_of_the_kind() -> None:
    row = Candidate(1, 2, 3, DAY, None, None, 5, "")
    assert list(fold(Kind.STOCK, lambda rows: [], [row])) == []


@given(st.dates(date(2000, 1, 1), date(2030, 12, 31)))
def test_a_running_sum_reads_whole_months_and_at_most_fifteen_days(day: date) -> None:
    before, edge, sign = _running_sum(day)
    covered = (before - date(2000, 1, 1)).days
    if edge is not None:
        length = (edge[1] - edge[0]).days + 1
        assert 1 <= length <= 15
        covered += sign * length
    assert before.day == 1
    assert covered == (day - date(2000, 1, 1)).days + 1


def test_a_unit_stands_under_its_first_parent_before_that_ones_first_day() -> None:
    history = UnitHistory([(date(2020, 7, 1), 5, 2), (date(2023, 1, 1), 5, 3), (date(1949, 10, 1), 2, 1)])
    assert [
        history.on(day).parent[5] for day in (date(2000, 1, 1), date(2022, 12, 31), date(2023, 1, 1))
    ] == [
        2,
        2,
        3,
    ]
    cuts = [(p.first, p.last) for p in history.periods(date(2020, 6, 1), date(2023, 1, 1))]
    assert cuts == [
        (date(2020, 6, 1), date(2020, 6, 30)),
        (date(2020, 7, 1), date(2022, 12, 31)),
        (date(2023, 1, 1), date(2023, 1, 1)),
    ]
    assert history.periods(date(2021, 1, 1), date(2021, 1, 1))[0].last + ONE_DAY == date(2021, 1, 2)
    assert add_months(date(2021, 1, 31), 1) == date(2021, 2, 28)


def test_only_a_watched_column_touches_a_figure() -> None:
    source = Source(Person, frozenset({"canonical_id"}), lambda row: {row["canonical_id"]}, inserts=False)
    assert source.touched(Line(Person, 1, "insert", {}, {"canonical_id": 1})) == set()
    renamed = Line(Person, 1, "update", {"canonical_id": 1, "name": "a"}, {"canonical_id": 1, "name": "b"})
    assert source.touched(renamed) == set()
    merged = Line(Person, 1, "update", {"canonical_id": 1}, {"canonical_id": 2})
    assert source.touched(merged) == {1, 2}
    assert source.touched(Line(Person, 1, "read", {}, {"canonical_id": 1})) == set()
