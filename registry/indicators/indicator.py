"""What an indicator is made of. The entries themselves are in the package `definitions`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, bindparam, select
from sqlalchemy.orm import Session

from registry.core.db import Base
from registry.core.journal import Line
from registry.core.permissions import Permission
from registry.indicators.kinds import FOLD_VERSION, Candidate, Fold, Kind

ONE_DECIMAL = Decimal("0.1")

# A SELECT of several columns.
Rows = Select[*tuple[Any, ...]]
# The parameter of a SELECT that takes a list of subjects; None for all of them.
Subjects = BindParameter[Any] | None


@dataclass(frozen=True)
class Words:
    """A text in both languages. The rule in words belongs to the definition, not to a catalogue."""

    zh: str
    en: str

    def said(self, language: str) -> str:
        """The text in Chinese for "zh", else in English."""
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True)
class Source:
    """A model whose records enter the figure.

    `subjects_of(values)` gives the subjects of a row from its values, before or after a change. Only a
    change of a watched column touches the figure; `inserts` False leaves new rows out, which is right
    for a model whose rows count through another one only.
    """

    model: type[Base]
    watched: frozenset[str]
    subjects_of: Callable[[Mapping[str, Any]], set[int]]
    inserts: bool = True

    def touched(self, line: Line) -> set[int]:
        """The subjects that a change touches, from the values before and after it."""
        if line.op == "insert":
            return self.subjects_of(line.new) if self.inserts else set()
        if line.op == "update" and any(line.old.get(c) != line.new.get(c) for c in self.watched):
            return self.subjects_of(line.old) | self.subjects_of(line.new)
        return set()


@dataclass(frozen=True)
class RecordLink:
    """How a record behind the figure is named and opened.

    `heading` and `holder` head the columns of the record and of its person. The page at `endpoint` is found
    by `key` in `argument`; until the application has that endpoint, records are named without a link.
    """

    model: type[Base]
    label: Any  # The column people know the record by, of `model` or of `label_model`.
    heading: str
    person: Any  # The column of the person it belongs to.
    holder: str
    endpoint: str
    argument: str
    key: Any  # The column that tells the page which record.
    permission: Permission  # What the page asks for.
    joined: tuple[Any, Any] | None = None  # Model and condition that `label` comes from, if not `model`.


@dataclass(frozen=True)
class Group:
    """A way to split a value by what its records say, such as the field of service.

    `column` belongs to the model of the records and never changes once written, so that past values split
    alike. `names` are the words of its values; None when they are rows of `named`, shown by `name`.
    """

    heading: Words
    column: Any
    none: Words
    names: Mapping[str, str] | None = None
    named: Any = None
    name: Any = None


def _same(_session: Session, ids: Collection[int]) -> set[int]:
    return set(ids)


@dataclass(frozen=True)
class Indicator:
    """One figure: what is counted, in words and as one SELECT.

    `select(subjects)` gives the candidate rows (subject_id, holder_id, record_id, unit_id, starts_on,
    ends_on, stops_on, quantity, tie, excluded); `excluded` is a key of `reasons` or NULL. `holder_id` is
    the subject the record itself names, before merges.
    `subjects(session, ids)` turns the ids that sources give into subjects, set-based. `per` is how many of
    what is stored make one of what is shown: hours are kept as minutes, so that their sums stay exact.
    """

    code: str
    version: int
    kind: Kind
    name: Words
    unit: Words
    rule: Words
    sources: tuple[Source, ...]
    select: Callable[[Subjects], Rows]
    record: RecordLink
    reasons: Mapping[str, str] = field(default_factory=dict)
    subjects: Callable[[Session, Collection[int]], set[int]] = _same
    fold: Fold | None = None
    per: int = 1
    groups: Mapping[str, Group] = field(default_factory=dict)

    def shown(self, quantity: int) -> int | Decimal:
        """A stored quantity in the unit of the figure, with one decimal where it is not whole.

        Add up what is stored and show the sum; sums of shown numbers may be off by their rounding.
        """
        if quantity % self.per == 0:
            return quantity // self.per
        return (Decimal(quantity) / self.per).quantize(ONE_DECIMAL, ROUND_HALF_UP)

    @property
    def counts_records(self) -> bool:
        """Whether each record behind the figure adds one, so that the value is their number."""
        return self.per == 1

    @property
    def is_stock(self) -> bool:
        """Whether the figure is what holds on a day, rather than what happened in a period."""
        return self.kind.is_stock

    @cached_property
    def candidates(self) -> Rows:
        """The rows that are not excluded, as `Candidate` has them, of the parameter `subjects`.

        Made once: every write that touches the figure asks for it.
        """
        rows = self.select(bindparam("subjects", expanding=True)).subquery()
        return select(*(rows.c[name] for name in Candidate._fields)).where(rows.c.excluded.is_(None))

    @cached_property
    def definition_hash(self) -> str:
        """SHA-256 over what decides the count; when it changes, the figure has to be rebuilt."""
        sql = str(self.select(None).compile(compile_kwargs={"literal_binds": True}))
        own = f"{self.fold.__module__}.{self.fold.__qualname__}" if self.fold else ""
        told = [self.code, self.version, self.kind.value, FOLD_VERSION, own, " ".join(sql.split())]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def within(column: Any, subjects: Subjects) -> list[ColumnElement[bool]]:
    """The condition that limits a select to subjects; none when all are wanted."""
    return [] if subjects is None else [column.in_(subjects)]
