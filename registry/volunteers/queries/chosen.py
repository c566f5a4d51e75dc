"""The records that somebody ticked in a list."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.core.scope import Scope

T = TypeVar("T")


def chosen(session: Session, model: type[T], scope: Scope, ids: Collection[int]) -> list[T]:
    """Those within reach, in the order of their ids; the others are as if they did not exist."""
    record: Any = model
    rows = select(record).where(record.id.in_(ids), scope.where(record.unit_id)).order_by(record.id)
    return list(session.execute(rows).scalars())
