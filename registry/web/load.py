"""Is it within reach? A record outside it does not exist for who asks."""

from __future__ import annotations

from typing import TypeVar

from flask import g
from sqlalchemy import inspect, select

from registry.core.db import Base, db
from registry.core.errors import RecordNotFoundError
from registry.core.scope import Scope

T = TypeVar("T", bound=Base)


def load(model: type[T], record_id: int, scope: Scope | None = None) -> T:
    """The record, if its unit lies within the scope of the view's permission; else a 404."""
    scope = scope if scope is not None else g.scope
    columns = inspect(model).columns
    column = columns["unit_id"] if "unit_id" in columns else columns["home_unit_id"]
    record = db.session.execute(
        select(model).where(inspect(model).primary_key[0] == record_id, scope.where(column))
    ).scalar()
    if record is None:
        raise RecordNotFoundError(model.__tablename__)
    return record
